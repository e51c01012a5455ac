//! State shared by all requests and shadows of a router.

use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{AnyComparison, Excerpts, Labels, Ledger, Permits, ShadowBudget, ShadowCounts};
use crate::{contain::contain, record::ShadowOutcome, timestamp::Timestamp, version::VersionId};

/// The application's clock.
pub(crate) type Clock = dyn Fn() -> Timestamp + Send + Sync;

/// What tickets and tasks need of their router after the request has left it.
///
/// Leases carry it, one reference count per stripe, so a request that is not sampled writes
/// nothing that other threads write.
pub(crate) struct Desk {
    pub(crate) labels: Labels,
    pub(crate) permits: Permits,
    pub(crate) clock: Option<Box<Clock>>,
    pub(crate) excerpts: Excerpts,
    /// An `Arc<dyn AnyComparison<O, E>>` of the answers that are compared.
    comparison: Option<Box<dyn Any + Send + Sync>>,
    /// Answers with a sampled shadow whose types are not compared.
    not_comparable: AtomicU64,
    /// Requests that failed, and of which there was no copy for the live version.
    not_copied: AtomicU64,
    /// Deadlines that were set on a router that has no clock.
    deadlines_without_clock: AtomicU64,
}

impl Desk {
    pub(crate) fn new(
        labels: Labels,
        clock: Option<Box<Clock>>,
        excerpts: Excerpts,
        comparison: Option<Box<dyn Any + Send + Sync>>,
        budget: ShadowBudget,
    ) -> Desk {
        Desk {
            labels,
            permits: Permits::new(budget),
            clock,
            excerpts,
            comparison,
            not_comparable: AtomicU64::new(0),
            not_copied: AtomicU64::new(0),
            deadlines_without_clock: AtomicU64::new(0),
        }
    }

    pub(crate) fn label(&self, version: VersionId) -> &str {
        self.labels.get(version).unwrap_or_default()
    }

    /// Returns the present time; `None` if the application's clock panics.
    pub(crate) fn now(&self) -> Option<Timestamp> {
        let clock = self.clock.as_ref()?;
        contain(clock)
    }

    /// Counts how the sampled shadows of this version ended.
    pub(crate) fn shadow_counts(&self, version: VersionId) -> ShadowCounts {
        let ledger = self.labels.ledger(version);
        ledger.map(Ledger::read).unwrap_or_default()
    }

    /// Counts a shadow of this version as sampled.
    pub(crate) fn sample(&self, version: VersionId) {
        if let Some(ledger) = self.labels.ledger(version) {
            ledger.sample();
        }
    }

    /// Counts how a sampled shadow of this version ended.
    pub(super) fn count_end(&self, version: VersionId, outcome: ShadowOutcome) {
        if let Some(ledger) = self.labels.ledger(version) {
            ledger.end(outcome);
        }
    }

    /// Returns the comparison of such answers.
    pub(crate) fn comparison<O: 'static, E: 'static>(&self) -> Option<&dyn AnyComparison<O, E>> {
        let comparison = self
            .comparison
            .as_ref()?
            .downcast_ref::<Arc<dyn AnyComparison<O, E>>>()?;
        Some(&**comparison)
    }

    /// Counts an answer whose types the router's comparison does not know.
    pub(crate) fn count_not_comparable(&self) {
        if self.comparison.is_some() {
            self.not_comparable.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn not_comparable(&self) -> u64 {
        self.not_comparable.load(Ordering::Relaxed)
    }

    #[cfg(feature = "tower")]
    pub(crate) fn count_not_copied(&self) {
        self.not_copied.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn not_copied(&self) -> u64 {
        self.not_copied.load(Ordering::Relaxed)
    }

    pub(crate) fn count_deadline_without_clock(&self) {
        self.deadlines_without_clock.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn deadlines_without_clock(&self) -> u64 {
        self.deadlines_without_clock.load(Ordering::Relaxed)
    }
}

impl core::fmt::Debug for Desk {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Desk")
            .field("permits", &self.permits)
            .finish_non_exhaustive()
    }
}
