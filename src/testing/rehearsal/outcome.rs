//! The results of all replications.

use core::time::Duration;
use std::collections::BTreeMap;

use super::{Effect, Rehearsal, RehearsalEnd, RehearsalError, Spread};
use crate::{sorting::sort_by, stats::Counts};

/// The result of one replication.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Run {
    /// The replication's number.
    pub number: u64,
    /// How it ended.
    pub ending: RehearsalEnd,
    /// Units that the candidate had answered by then.
    pub exposed: u64,
    /// How long it took.
    pub lasted: Duration,
}

/// The results of all replications of a rehearsal.
#[derive(Clone, Debug, PartialEq)]
pub struct Rehearsed {
    pub(super) release: String,
    pub(super) units: usize,
    pub(super) seed: u64,
    pub(super) requests_per_second: f64,
    pub(super) effects: BTreeMap<String, Effect>,
    /// In the order of their numbers.
    runs: Vec<Run>,
}

impl Rehearsed {
    pub(super) fn new(rehearsal: &Rehearsal, runs: Vec<Run>) -> Rehearsed {
        Rehearsed {
            release: rehearsal.policy.release().to_owned(),
            units: rehearsal.population.len(),
            seed: rehearsal.seed,
            requests_per_second: rehearsal.requests_per_second,
            effects: rehearsal.effects.clone(),
            runs,
        }
    }

    /// Adds other replications of the same rehearsal.
    ///
    /// # Errors
    /// [`RehearsalError::Mismatch`] if the rehearsals differ, as far as that can be told, and
    /// [`RehearsalError::Overlap`] if a replication is in both; nothing is added then.
    pub fn merge(&mut self, other: Rehearsed) -> Result<(), RehearsalError> {
        let ours = Rehearsed {
            runs: Vec::new(),
            ..self.clone()
        };
        let theirs = Rehearsed {
            runs: Vec::new(),
            ..other.clone()
        };
        if ours != theirs {
            return Err(RehearsalError::Mismatch);
        }
        let mut runs = self.runs.clone();
        runs.extend(other.runs);
        sort_by(&mut runs, |left, right| left.number.cmp(&right.number));
        let mut neighbours = runs.iter().zip(runs.iter().skip(1));
        if let Some((run, _)) = neighbours.find(|(left, right)| left.number == right.number) {
            return Err(RehearsalError::Overlap { number: run.number });
        }
        self.runs = runs;
        Ok(())
    }

    /// Returns the replications, in the order of their numbers.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Returns how many replications there are of each ending.
    #[must_use]
    pub fn endings(&self) -> BTreeMap<&RehearsalEnd, u64> {
        let mut endings = BTreeMap::new();
        for run in &self.runs {
            *endings.entry(&run.ending).or_default() += 1;
        }
        endings
    }

    /// Returns how many replications rejected the candidate.
    ///
    /// For a harmless candidate their share is the chance of a false rejection, for a harmful one
    /// the chance of detection.
    #[must_use]
    pub fn rejected(&self) -> Counts {
        self.count(RehearsalEnd::is_rejection)
    }

    /// Returns how many replications promoted the candidate.
    #[must_use]
    pub fn promoted(&self) -> Counts {
        self.count(|ending| *ending == RehearsalEnd::Promoted)
    }

    fn count(&self, is_meant: impl Fn(&RehearsalEnd) -> bool) -> Counts {
        let mut counts = Counts::default();
        self.runs
            .iter()
            .for_each(|run| counts.record(is_meant(&run.ending)));
        counts
    }

    /// Returns the chance that the candidate is rejected, with its standard error; `None` without
    /// replications.
    #[must_use]
    pub fn rejection(&self) -> Option<(f64, f64)> {
        chance(&self.rejected())
    }

    /// Returns how many units the candidate answers until it is rejected, if it is.
    #[must_use]
    pub fn exposed_at_rejection(&self) -> Option<Spread> {
        self.spread(RehearsalEnd::is_rejection, |run| run.exposed as f64)
    }

    /// Returns the seconds until the candidate is rejected; `None` if it never is.
    #[must_use]
    pub fn seconds_to_rejection(&self) -> Option<Spread> {
        self.spread(RehearsalEnd::is_rejection, |run| run.lasted.as_secs_f64())
    }

    /// Returns the seconds until the candidate is promoted; `None` if it never is.
    #[must_use]
    pub fn seconds_to_promotion(&self) -> Option<Spread> {
        self.spread(
            |ending| *ending == RehearsalEnd::Promoted,
            |run| run.lasted.as_secs_f64(),
        )
    }

    fn spread(
        &self,
        is_meant: impl Fn(&RehearsalEnd) -> bool,
        number: impl Fn(&Run) -> f64,
    ) -> Option<Spread> {
        let meant = self.runs.iter().filter(|run| is_meant(&run.ending));
        Spread::of(meant.map(number).collect())
    }
}

/// Returns a rate with its standard error.
pub(super) fn chance(counts: &Counts) -> Option<(f64, f64)> {
    let rate = counts.rate()?;
    Some((rate, (rate * (1.0 - rate) / counts.trials() as f64).sqrt()))
}
