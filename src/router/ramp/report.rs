//! What an application reports to a roll-out, and what the router tells it.

use core::fmt;
use std::sync::Arc;

use crate::{
    assignment::Assignment,
    observer::Observer,
    outcome::Outcome,
    record::{ShadowOutcome, ShadowRun},
    rollout::{Ended, Evidence, EvidenceError, Receipt},
    sync::{Mutex, MutexGuard},
    unit::Unit,
};

/// The evidence of a roll-out, where the router's outcomes are told to it.
pub(super) struct Watch(Mutex<Evidence>);

impl Watch {
    pub(super) fn new(evidence: Evidence) -> Watch {
        Watch(Mutex::new(evidence))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Evidence> {
        self.0.lock()
    }
}

impl Observer for Watch {
    fn outcome(&self, outcome: &Outcome<'_>) {
        let Some(unit) = outcome.unit() else {
            return;
        };
        let ended = Ended {
            unit: unit.hashed(),
            fingerprint: outcome.fingerprint(),
            version: outcome.version(),
            arm: outcome.arm(),
            shed: outcome.shed(),
            ending: outcome.ending(),
            took: outcome.took(),
        };
        // The receipt is for applications that hand outcomes in themselves.
        let _ = self.lock().take(&ended);
    }

    fn shadow(&self, run: &ShadowRun<'_>) {
        if run.outcome == ShadowOutcome::Answered {
            self.lock().pair(run.assignment.fingerprint, &run.shadow);
        }
    }
}

/// A handle that reports to one guard of a roll-out what only the application knows.
///
/// It is made by [`Ramp::evidence`](super::Ramp::evidence), is cheap to clone, and may outlive the
/// roll-out; later reports then count nowhere.
#[derive(Clone)]
pub struct Report {
    evidence: Arc<Watch>,
    place: usize,
    guard: Arc<str>,
}

impl Report {
    pub(super) fn new(evidence: &Arc<Watch>, guard: &str) -> Result<Report, EvidenceError> {
        let place = evidence.lock().place_of(guard)?;
        Ok(Report {
            evidence: Arc::clone(evidence),
            place,
            guard: guard.into(),
        })
    }

    /// Reports a bad event of a unit, such as a late label, with the decision under which it
    /// happened.
    ///
    /// # Errors
    /// [`EvidenceError`] for a guard of another kind.
    pub fn bad<'a>(
        &self,
        unit: impl Into<Unit<'a>>,
        assignment: &Assignment<'_>,
    ) -> Result<Receipt, EvidenceError> {
        let key = unit.into().key();
        self.evidence.lock().bad_at(self.place, key, assignment)
    }

    /// Reports a number of a unit, not below 0; the first one on a step counts.
    ///
    /// # Errors
    /// [`EvidenceError`] for a guard of another kind, and for a number that is not finite or below
    /// 0.
    pub fn value<'a>(
        &self,
        unit: impl Into<Unit<'a>>,
        assignment: &Assignment<'_>,
        value: f64,
    ) -> Result<Receipt, EvidenceError> {
        let key = unit.into().key();
        let mut evidence = self.evidence.lock();
        evidence.value_at(self.place, key, assignment, value)
    }

    /// Reports a reading of a number of the candidate, such as its memory or a queue's length.
    ///
    /// # Errors
    /// [`EvidenceError`] for a guard of another kind, and for a number that is not finite.
    pub fn reading(&self, value: f64) -> Result<(), EvidenceError> {
        self.evidence.lock().reading_at(self.place, value)
    }

    /// Reports the bounds of an effect that the application has computed; `None` for no bound.
    ///
    /// # Errors
    /// As [`reading`](Report::reading).
    pub fn effect(&self, lower: Option<f64>, upper: Option<f64>) -> Result<(), EvidenceError> {
        self.evidence.lock().effect_at(self.place, lower, upper)
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}
