//! What the application keeps of what the router reports.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use smartcore::error::Failed;
use switchstand::{
    Observer, Outcome,
    deployment::{Change, Operation},
    shadow::{Comparison, Pair, ShadowRun},
};

/// Counts the requests on which a shadow read the same digit as the model that answered.
#[derive(Default)]
pub(crate) struct Agreement {
    same: AtomicUsize,
    different: AtomicUsize,
}

impl Comparison<u32, Failed> for Agreement {
    type Projection = Option<u32>;

    fn project(&self, answer: &Result<u32, Failed>) -> Option<u32> {
        answer.as_ref().ok().copied()
    }

    fn compare(&self, pair: Pair<'_, Option<u32>>) {
        let counter = if pair.primary == pair.shadow {
            &self.same
        } else {
            &self.different
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Agreement {
    /// Returns how many pairs were the same, and how many there were.
    pub(crate) fn same_of_all(&self) -> (usize, usize) {
        let same = self.same.load(Ordering::Relaxed);
        (same, same + self.different.load(Ordering::Relaxed))
    }
}

/// Counts outcomes and keeps what operators did.
#[derive(Default)]
pub(crate) struct Log {
    outcomes: AtomicUsize,
    shadows: AtomicUsize,
    changes: Mutex<Vec<(u64, String)>>,
}

impl Observer for Log {
    fn outcome(&self, _: &Outcome<'_>) {
        self.outcomes.fetch_add(1, Ordering::Relaxed);
    }

    fn shadow(&self, _: &ShadowRun<'_>) {
        self.shadows.fetch_add(1, Ordering::Relaxed);
    }

    fn change(&self, change: &Change<'_>) {
        let line = (change.generation, words(&change.operation));
        let changes = self.changes.lock();
        changes.unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

impl Log {
    pub(crate) fn outcomes(&self) -> usize {
        self.outcomes.load(Ordering::Relaxed)
    }

    pub(crate) fn shadows(&self) -> usize {
        self.shadows.load(Ordering::Relaxed)
    }

    /// Returns what operators did, with the generation that each step made.
    pub(crate) fn changes(&self) -> Vec<(u64, String)> {
        let changes = self.changes.lock();
        changes.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn words(operation: &Operation) -> String {
    match operation {
        Operation::Deploy { version } => format!("deploy {version}"),
        Operation::Validate { version } => format!("validate {version}"),
        Operation::Release { policy } => {
            let fingerprint = policy.fingerprint().to_string();
            let short = fingerprint.get(..8).unwrap_or(&fingerprint);
            format!("release {}, policy {short}", policy.release())
        }
        Operation::Swap { version, .. } => format!("swap to {version}"),
        Operation::Accept => "accept".to_owned(),
        Operation::Reject { version, cause } => format!("reject {version}: {cause}"),
        Operation::Retire { version } => format!("retire {version}"),
        Operation::Reclaim { version } => format!("reclaim {version}"),
        other => format!("{other:?}"),
    }
}
