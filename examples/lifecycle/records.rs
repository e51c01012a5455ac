//! What the application keeps of what the router reports.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use smartcore::error::Failed;
use switchstand::{
    Record, Recorder, Timestamp,
    deployment::Operation,
    shadow::{Comparison, Pair},
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

/// Counts exposures and keeps what operators did.
#[derive(Default)]
pub(crate) struct Log {
    exposures: AtomicUsize,
    shadows: AtomicUsize,
    changes: Mutex<Vec<(u64, String)>>,
}

impl Recorder for Log {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Timestamp::from_secs(since.map_or(0, |since| since.as_secs()))
    }

    fn record(&self, record: Record<'_>) {
        match record {
            Record::Exposure(_) => {
                self.exposures.fetch_add(1, Ordering::Relaxed);
            }
            Record::Shadow(_) => {
                self.shadows.fetch_add(1, Ordering::Relaxed);
            }
            Record::Change(change) => {
                let line = (change.generation, words(&change.operation));
                let changes = self.changes.lock();
                changes.unwrap_or_else(PoisonError::into_inner).push(line);
            }
            _ => {}
        }
    }
}

impl Log {
    pub(crate) fn exposures(&self) -> usize {
        self.exposures.load(Ordering::Relaxed)
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
