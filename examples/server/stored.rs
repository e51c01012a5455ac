//! What is kept over a restart: deployments, the roll-out with its evidence, the release file.

use std::{
    error::Error,
    fs::{self, File},
    io::{self, Write as _},
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use switchstand::{
    VersionState,
    deployment::{Deployments, Operation},
    ramp::StoredRamp,
};

use crate::app::App;

/// While a roll-out runs its evidence is written so often, in ticks; a change at once.
const EVIDENCE: u32 = 10;

/// What is kept over a restart.
#[derive(Deserialize, Serialize)]
pub(crate) struct Stored {
    pub(crate) deployments: Deployments,
    pub(crate) ramp: Option<StoredRamp>,
    /// The text of the release file that is in force: an equal file is then no order.
    pub(crate) release_file: Option<String>,
}

/// The file in which it is kept.
pub(crate) struct Store {
    path: PathBuf,
    /// The generation that was written last, and how many ticks ago.
    written: Mutex<(Option<u64>, u32)>,
}

impl Store {
    pub(crate) fn new(path: PathBuf) -> Store {
        let written = Mutex::new((None, 0));
        Store { path, written }
    }

    /// Returns what was kept; nothing where there is no file yet.
    pub(crate) fn read(&self) -> Result<Option<Stored>, Box<dyn Error + Send + Sync>> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{}: {error}", self.path.display()).into()),
        };
        let stored = serde_json::from_str::<Stored>(&text);
        let mut stored = stored.map_err(|error| format!("{}: {error}", self.path.display()))?;
        forget_what_answers_nobody(&mut stored.deployments);
        Ok(Some(stored))
    }

    /// Writes the state where it has changed, or where evidence was not written for long.
    ///
    /// The file is replaced as a whole: whoever reads it sees the old state or the new one.
    pub(crate) fn write(&self, app: &App, is_last: bool) -> io::Result<()> {
        // Held to the end, so that an older state never replaces a newer one.
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let (generation, ticks) = *written;
        let ramp = app.ramp();
        let is_running = ramp.as_ref().is_some_and(|ramp| !ramp.phase().is_final());
        let has_changed = generation != Some(app.router.generation());
        let is_due = is_last || has_changed || (is_running && ticks >= EVIDENCE);
        if !is_due {
            written.1 = ticks.saturating_add(1);
            return Ok(());
        }
        let deployments = app.router.deployments();
        let generation = deployments.generation();
        let release_file = app.release_file.as_ref().and_then(|file| file.good());
        let ramp = ramp.map(|ramp| ramp.store());
        let stored = Stored {
            deployments,
            ramp,
            release_file,
        };
        let new = self.path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(&stored)?)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        *written = (Some(generation), 0);
        Ok(())
    }
}

/// Gives up versions that were rejected or retired: after a restart nothing reaches them, and
/// their models need not be loaded.
fn forget_what_answers_nobody(deployments: &mut Deployments) {
    let is_gone = |state| matches!(state, VersionState::Retiring | VersionState::Rejected);
    let gone = deployments.iter().filter(|it| is_gone(it.state()));
    let gone: Vec<String> = gone.map(|it| it.label().to_owned()).collect();
    for version in gone {
        // One that the policy still names stays, and its model is loaded.
        let _ = deployments.apply(&Operation::Reclaim { version });
    }
}
