//! An observer that keeps outcomes, and a clock that is set by hand.
#![allow(clippy::unwrap_used, reason = "a failed expectation ends a test")]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use switchstand::{Observer, Outcome, Timestamp, outcomes::OutcomeRecord};

#[derive(Default)]
pub(crate) struct Log(Mutex<Vec<OutcomeRecord>>);

impl Log {
    pub(crate) fn outcomes(&self) -> Vec<OutcomeRecord> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn take(&self) -> Vec<OutcomeRecord> {
        core::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Observer for Log {
    fn outcome(&self, outcome: &Outcome<'_>) {
        self.0.lock().unwrap().push(outcome.to_record());
    }
}

#[derive(Clone, Default)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn set(&self, secs: u64) {
        self.0.store(secs, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.0.load(Ordering::SeqCst))
    }
}
