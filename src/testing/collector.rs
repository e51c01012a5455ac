//! A recorder that keeps everything.

use parking_lot::Mutex;

use super::ManualClock;
use crate::{Exposure, Record, Recorder, Timestamp, deployment::Change, record::ShadowRun};

/// Keeps the records that a router hands it, in the order in which they came.
///
/// ```
/// use std::sync::Arc;
/// use switchstand::{Recorder, Router, Timestamp};
/// use switchstand::testing::{Collector, ManualClock, ScriptedModel};
/// let clock = ManualClock::at(Timestamp::from_secs(7));
/// let records = Arc::new(Collector::new(clock));
/// let router = Router::builder("ranker")
///     .recorder(Arc::clone(&records) as Arc<dyn Recorder>)
///     .build("v1", ScriptedModel::answering(|input: &f64| 2.0 * input))?;
/// router.predict("user-42", &1.0);
/// let exposures = records.exposures();
/// assert_eq!((&*exposures[0].assignment.version, exposures[0].at), ("v1", Timestamp::from_secs(7)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Collector {
    clock: ManualClock,
    records: Mutex<Vec<Record<'static>>>,
}

impl Collector {
    /// Returns an empty collector, whose records bear the clock's time.
    #[must_use]
    pub const fn new(clock: ManualClock) -> Collector {
        Collector {
            clock,
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

    /// Returns the exposures so far.
    #[must_use]
    pub fn exposures(&self) -> Vec<Exposure<'static>> {
        self.of_kind(|record| match record {
            Record::Exposure(exposure) => Some(exposure),
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
}

impl Recorder for Collector {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn record(&self, record: Record<'_>) {
        self.records.lock().push(record.into_owned());
    }
}
