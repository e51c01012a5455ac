//! The operator's books: what workers reported, held against what was allowed and recorded.

use std::{collections::BTreeMap, sync::mpsc::Receiver};

use switchstand::{Ending, deployment::VersionId, operator::Recording};

use super::{
    accounts::{Ended, Kind, Report},
    server::Server,
};

/// Generations, and versions, of which something may still be reported.
pub(crate) const REMEMBERED: usize = 512;

/// How many requests ended in which way, in the order of [`Ending::ALL`].
pub(crate) type Outcomes = [u64; Ending::ALL.len()];

pub(crate) struct Books {
    reports: Receiver<Report>,
    /// The versions that may answer, by generation.
    allowed: BTreeMap<u64, Vec<VersionId>>,
    /// The numbers of the models behind the versions.
    numbers: BTreeMap<VersionId, u64>,
    /// By router, how its requests ended, which its observer must have been told of.
    outcomes: BTreeMap<u32, Outcomes>,
    /// By router, the requests that panicked before anybody saw their route.
    blind: BTreeMap<u32, u64>,
    watched: Vec<Watched>,
    /// Recordings that were held against the reports.
    pub(crate) recordings: u64,
}

/// A recording, and what workers reported of the requests that it is about.
struct Watched {
    epoch: u32,
    version: VersionId,
    recording: Recording,
    known: u64,
    taken: u64,
    /// The step at which it was seen to be complete.
    complete: Option<u64>,
}

impl Watched {
    /// Tells whether the recorded version was given such requests while it was recorded.
    fn concerns(&self, kind: &Kind) -> bool {
        let seal = self.recording.seal().map(|seal| seal.generation);
        let recorded = self.recording.generation()..seal.unwrap_or(u64::MAX);
        self.epoch == kind.epoch
            && self.version == kind.version
            && recorded.contains(&kind.generation)
    }

    fn take(&mut self) {
        self.taken += self.recording.take().len() as u64;
    }

    /// Holds the journal's count against the workers'; `blind` requests may be among it.
    fn check(&mut self, blind: u64) {
        self.take();
        let counts = self.recording.counts();
        assert_eq!(counts.pending, 0, "E9: {:?}", self.recording);
        assert_eq!(counts.entries, self.taken, "E9: {:?}", self.recording);
        let plausible = self.known..=self.known + blind;
        assert!(
            plausible.contains(&counts.requests()),
            "E9: {:?}, {plausible:?}",
            self.recording
        );
    }
}

impl Books {
    pub(crate) const fn new(reports: Receiver<Report>) -> Books {
        Books {
            reports,
            allowed: BTreeMap::new(),
            numbers: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            blind: BTreeMap::new(),
            watched: Vec::new(),
            recordings: 0,
        }
    }

    /// Notes the model behind a version.
    pub(crate) fn learn(&mut self, version: VersionId, number: u64) {
        self.numbers.insert(version, number);
        if self.numbers.len() > REMEMBERED {
            self.numbers.pop_first();
        }
    }

    /// Notes which versions may answer under a generation.
    pub(crate) fn allow(&mut self, generation: u64, versions: impl IntoIterator<Item = VersionId>) {
        let versions = versions.into_iter().collect();
        self.allowed.insert(generation, versions);
        if self.allowed.len() > REMEMBERED {
            self.allowed.pop_first();
        }
    }

    /// Notes what is recorded from now on.
    pub(crate) fn watch(&mut self, epoch: u32, version: VersionId, recording: Recording) {
        self.watched.push(Watched {
            epoch,
            version,
            recording,
            known: 0,
            taken: 0,
            complete: None,
        });
    }

    /// Reads what workers reported until now.
    pub(crate) fn read(&mut self) {
        while let Ok(report) = self.reports.try_recv() {
            for (epoch, times) in report.blind {
                *self.blind.entry(epoch).or_default() += times;
                self.outcomes.entry(epoch).or_default()[Ending::Failed as usize] += times;
            }
            for (kind, times) in report.kinds {
                self.enter(&kind, times);
            }
        }
    }

    fn enter(&mut self, kind: &Kind, times: u64) {
        let allowed = &self.allowed[&kind.generation];
        assert!(allowed.contains(&kind.version), "E3: {kind:?}, {allowed:?}");
        if let Some(model) = kind.model {
            assert_eq!(self.numbers[&kind.version], model, "E3: {kind:?}");
        }
        let ending = match kind.ended {
            Ended::Answered => Ending::Answered,
            Ended::Failed | Ended::Panicked => Ending::Failed,
            Ended::GivenUp => Ending::GivenUp,
        };
        self.outcomes.entry(kind.epoch).or_default()[ending as usize] += times;
        for watched in &mut self.watched {
            if watched.concerns(kind) {
                watched.known += times;
            }
        }
    }

    /// Checks the recordings whose requests have all been reported.
    pub(crate) fn settle(&mut self, server: &Server) {
        // Before the reports are read: what ended until a final recording is among them.
        for watched in &mut self.watched {
            watched.take();
            if watched.complete.is_none() && watched.recording.is_final() {
                watched.complete = Some(server.tick());
            }
        }
        let is_due = |watched: &Watched| {
            watched
                .complete
                .is_some_and(|step| server.has_flushed(step))
        };
        let due: Vec<bool> = self.watched.iter().map(is_due).collect();
        self.read();
        let mut due = due.into_iter();
        for mut watched in core::mem::take(&mut self.watched) {
            if due.next().unwrap() {
                watched.check(self.blind.get(&watched.epoch).copied().unwrap_or(0));
                self.recordings += 1;
            } else {
                self.watched.push(watched);
            }
        }
    }

    /// Ends the books of a closed router, of which nothing more is reported; returns of which
    /// outcomes its observer must have been told.
    ///
    /// A swap that was open when another router took over is never sealed in this one.
    pub(crate) fn close(&mut self, epoch: u32) -> Outcomes {
        let (theirs, others) = core::mem::take(&mut self.watched)
            .into_iter()
            .partition::<Vec<_>, _>(|watched| watched.epoch == epoch);
        self.watched = others;
        let blind = self.blind.remove(&epoch).unwrap_or(0);
        for mut watched in theirs {
            watched.check(blind);
            self.recordings += 1;
        }
        self.outcomes.remove(&epoch).unwrap_or_default()
    }
}
