//! The file that says what is released, read again whenever it changes.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use switchstand::{Policy, rollout::ReleaseFile};

use crate::app::App;

/// A file that was changed so lately may be changed once more within the same time stamp.
const FRESH: Duration = Duration::from_secs(2);
const NAME: &str = "release file";

/// A policy, or a whole release with schedule and guards, in a file that is watched.
///
/// What was good last stays in force, whatever becomes of the file. A text that is in force is no
/// order: an operator's roll-back is not undone because the file still says otherwise.
pub(crate) struct Watched {
    path: PathBuf,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    stamp: Option<(SystemTime, u64)>,
    text: Option<String>,
    good: Option<String>,
    fault: Option<Fault>,
}

struct Fault {
    why: String,
    /// The text is good, but not yet: a version is not deployed, another roll-out is open.
    may_pass: bool,
}

impl Watched {
    /// Returns a file of which this text is in force.
    pub(crate) fn new(path: PathBuf, good: Option<String>) -> Watched {
        let seen = Seen {
            good,
            ..Seen::default()
        };
        Watched {
            path,
            seen: Mutex::new(seen),
        }
    }

    /// Returns the text that is in force.
    pub(crate) fn good(&self) -> Option<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.good.clone()
    }

    /// Returns why the file as it stands is not in force.
    pub(crate) fn fault(&self) -> Option<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.fault.as_ref().map(|fault| fault.why.clone())
    }

    pub(crate) fn said(&self) -> Value {
        json!({ "path": self.path.display().to_string(), "fault": self.fault() })
    }

    /// Looks at the file, and puts it in force if it has changed.
    ///
    /// What the router refuses is tried again each time: the version that the file names may be
    /// deployed by then.
    pub(crate) fn look(&self, app: &App, now: SystemTime) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = seen.fault.as_ref().map(|fault| fault.why.clone());
        let is_read = match seen.read(&self.path, now) {
            Ok(is_new) => is_new || seen.fault.as_ref().is_some_and(|fault| fault.may_pass),
            Err(why) => {
                seen.fault = Some(Fault {
                    why,
                    may_pass: false,
                });
                false
            }
        };
        if is_read {
            seen.fault = seen.apply(app).err();
        }
        match (&seen.fault, before) {
            (Some(fault), before) if before.as_ref() != Some(&fault.why) => {
                tracing::warn!(path = %self.path.display(), "release file refused, the last good one stays: {}", fault.why);
            }
            (None, _) if is_read => {
                tracing::info!(path = %self.path.display(), generation = app.router.generation(), "release file in force");
            }
            _ => {}
        }
    }
}

impl Seen {
    /// Reads the file where it may have changed, and tells whether its text has.
    fn read(&mut self, path: &Path, now: SystemTime) -> Result<bool, String> {
        let read = || -> std::io::Result<_> {
            let metadata = fs::metadata(path)?;
            Ok((metadata.modified()?, metadata.len()))
        };
        let stamp = read().inspect_err(|_| self.stamp = None);
        let stamp = stamp.map_err(|error| format!("cannot be read: {error}"))?;
        let is_fresh = now.duration_since(stamp.0).is_ok_and(|age| age > FRESH);
        if self.stamp == Some(stamp) && is_fresh {
            return Ok(false);
        }
        let text = fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
        self.stamp = Some(stamp);
        let is_new = self.text.as_ref() != Some(&text);
        self.text = Some(text);
        Ok(is_new)
    }

    /// Puts the text in force, unless it is.
    fn apply(&mut self, app: &App) -> Result<(), Fault> {
        let Some(text) = &self.text else {
            return Ok(());
        };
        if self.good.as_ref() == Some(text) {
            return Ok(());
        }
        let never = |why: String| Fault {
            why,
            may_pass: false,
        };
        let later = |why: String| Fault {
            why,
            may_pass: true,
        };
        let table: toml::Table = toml::from_str(text).map_err(|error| never(error.to_string()))?;
        if table.contains_key("policy") {
            let file = toml::from_str(text).map_err(|error| never(error.to_string()))?;
            begin(app, file).map_err(later)?;
        } else {
            let policy: Policy = toml::from_str(text).map_err(|error| never(error.to_string()))?;
            let released = app.router.operator().named(NAME).release(policy);
            released.map_err(|error| later(error.to_string()))?;
        }
        self.good = Some(text.clone());
        Ok(())
    }
}

/// Begins the release of a file, or changes the policy of the one that runs.
fn begin(app: &App, file: ReleaseFile) -> Result<(), String> {
    let running = app.ramp().filter(|ramp| !ramp.phase().is_final());
    let same = running.filter(|ramp| ramp.rollout().policy().release() == file.policy.release());
    let Some(ramp) = same else {
        let rollout = file.into_rollout().map_err(|error| error.to_string())?;
        let ramp = app
            .router
            .begin(rollout)
            .map_err(|error| error.to_string())?;
        app.keep_ramp(ramp);
        return Ok(());
    };
    if *ramp.rollout().schedule() != file.schedule {
        let release = file.policy.release();
        return Err(format!(
            "release {release:?} runs under another schedule, which cannot change on the way: \
             give the release a new name"
        ));
    }
    ramp.amend(file.policy).map_err(|error| error.to_string())
}
