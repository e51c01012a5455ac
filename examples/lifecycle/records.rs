//! What the application keeps of what the router reports.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use digits::Failed;
use switchstand::{
    Ending, Observer, Outcome,
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

/// What an application would log: outcomes per version, ends of shadows, and what operators did.
#[derive(Default)]
pub(crate) struct Log {
    outcomes: Mutex<BTreeMap<String, [usize; Ending::ALL.len()]>>,
    shadows: AtomicUsize,
    /// Shadows that read the same digit as the primary, and all that read one, by the excerpts.
    alike: AtomicUsize,
    read: AtomicUsize,
    changes: Mutex<Vec<(u64, String)>>,
}

impl Observer for Log {
    fn outcome(&self, outcome: &Outcome<'_>) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        let of_version = outcomes.entry(outcome.version().to_owned()).or_default();
        let place = Ending::ALL.iter().position(|it| *it == outcome.ending());
        if let Some(count) = place.and_then(|place| of_version.get_mut(place)) {
            *count += 1;
        }
    }

    fn shadow(&self, run: &ShadowRun<'_>) {
        self.shadows.fetch_add(1, Ordering::Relaxed);
        if let (Some(primary), Some(shadow)) = (&run.primary_excerpt, &run.excerpt) {
            self.read.fetch_add(1, Ordering::Relaxed);
            let is_alike = usize::from(primary == shadow);
            self.alike.fetch_add(is_alike, Ordering::Relaxed);
        }
    }

    fn change(&self, change: &Change<'_>) {
        let line = (change.generation, words(&change.operation));
        let changes = self.changes.lock();
        changes.unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

impl Log {
    /// Returns how the requests of each version ended, in the order of [`Ending::ALL`].
    pub(crate) fn outcomes(&self) -> BTreeMap<String, [usize; Ending::ALL.len()]> {
        let outcomes = self.outcomes.lock();
        outcomes.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns on how many requests the shadow read the same digit, and of how many, by the log
    /// alone.
    pub(crate) fn alike_of_all(&self) -> (usize, usize) {
        let of = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        (of(&self.alike), of(&self.read))
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
