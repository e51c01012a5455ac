//! What all shadows of a router share.

use std::{any::Any, sync::Arc};

use super::{AnyComparison, Labels, Ledger, Permits, ShadowBudget, ShadowCounts, contain};
use crate::{
    deployment::VersionId,
    record::{Recorder, ShadowOutcome},
    timestamp::Timestamp,
};

/// Holds what tickets and tasks need of their router after the request has left it.
///
/// Leases carry it, one reference count per stripe, so a request that is not sampled writes
/// nothing that other threads write.
pub(crate) struct Desk {
    pub(crate) labels: Labels,
    pub(crate) recorder: Option<Arc<dyn Recorder>>,
    pub(crate) permits: Permits,
    /// An `Arc<dyn AnyComparison<O, E>>` of the answers of this router's models.
    comparison: Option<Box<dyn Any + Send + Sync>>,
}

impl Desk {
    pub(crate) fn new(
        labels: Labels,
        recorder: Option<Arc<dyn Recorder>>,
        comparison: Option<Box<dyn Any + Send + Sync>>,
        budget: ShadowBudget,
    ) -> Desk {
        Desk {
            labels,
            recorder,
            permits: Permits::new(budget),
            comparison,
        }
    }

    pub(crate) fn label(&self, version: VersionId) -> &str {
        self.labels.get(version).unwrap_or_default()
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

    pub(crate) fn comparison<O: 'static, E: 'static>(&self) -> Option<&dyn AnyComparison<O, E>> {
        let comparison = self
            .comparison
            .as_ref()?
            .downcast_ref::<Arc<dyn AnyComparison<O, E>>>()?;
        Some(&**comparison)
    }

    /// Returns the comparison's present time; a panic of the application's code is no time.
    pub(crate) fn now<O: 'static, E: 'static>(&self) -> Option<Timestamp> {
        let comparison = self.comparison::<O, E>()?;
        contain(|| comparison.now()).flatten()
    }
}

impl core::fmt::Debug for Desk {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Desk")
            .field("permits", &self.permits)
            .finish_non_exhaustive()
    }
}
