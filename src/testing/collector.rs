//! An observer that keeps everything.

use parking_lot::Mutex;

use crate::{
    deployment::Change,
    observer::Observer,
    outcome::{Outcome, OutcomeRecord},
    record::{Record, ShadowRun},
};

/// An observer that keeps what a router tells it, in the order in which it came.
///
/// ```
/// use std::sync::Arc;
/// use switchstand::{Ending, Router, Timestamp};
/// use switchstand::testing::{Collector, ManualClock, ScriptedModel};
/// let clock = ManualClock::at(Timestamp::from_secs(7));
/// let log = Arc::new(Collector::new());
/// let router = Router::builder("ranker")
///     .observer(Arc::clone(&log))
///     .clock(move || clock.now())
///     .build("v1", ScriptedModel::answering(|input: &f64| 2.0 * input))?;
/// router.predict("user-42", &1.0);
/// let outcomes = log.outcomes();
/// assert_eq!((&*outcomes[0].assignment.version, outcomes[0].ending), ("v1", Ending::Answered));
/// assert_eq!(outcomes[0].at, Some(Timestamp::from_secs(7)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Collector {
    records: Mutex<Vec<Record<'static>>>,
}

impl Collector {
    /// Returns an empty collector.
    #[must_use]
    pub const fn new() -> Collector {
        Collector {
            records: Mutex::new(Vec::new()),
        }
    }

    /// Returns all records so far.
    #[must_use]
    pub fn records(&self) -> Vec<Record<'static>> {
        self.records.lock().clone()
    }

    /// Returns all records so far, and forgets them.
    #[must_use]
    pub fn take(&self) -> Vec<Record<'static>> {
        core::mem::take(&mut *self.records.lock())
    }

    /// Returns the outcomes so far.
    #[must_use]
    pub fn outcomes(&self) -> Vec<OutcomeRecord> {
        self.of_kind(|record| match record {
            Record::Outcome(outcome) => Some(outcome),
            _ => None,
        })
    }

    /// Returns the runs of shadows so far.
    #[must_use]
    pub fn shadows(&self) -> Vec<ShadowRun<'static>> {
        self.of_kind(|record| match record {
            Record::Shadow(run) => Some(run),
            _ => None,
        })
    }

    /// Returns the operators' changes so far.
    #[must_use]
    pub fn changes(&self) -> Vec<Change<'static>> {
        self.of_kind(|record| match record {
            Record::Change(change) => Some(change),
            _ => None,
        })
    }

    fn of_kind<T>(&self, kind: impl Fn(Record<'static>) -> Option<T>) -> Vec<T> {
        self.records().into_iter().filter_map(kind).collect()
    }

    fn keep(&self, record: Record<'static>) {
        self.records.lock().push(record);
    }
}

impl Observer for Collector {
    fn outcome(&self, outcome: &Outcome<'_>) {
        self.keep(Record::Outcome(outcome.to_record()));
    }

    fn shadow(&self, run: &ShadowRun<'_>) {
        self.keep(Record::Shadow(run.clone().into_owned()));
    }

    fn change(&self, change: &Change<'_>) {
        self.keep(Record::Change(change.clone().into_owned()));
    }
}
