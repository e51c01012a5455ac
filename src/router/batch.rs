//! Many requests at once, with one lease for each version.

use core::fmt;
use std::sync::{Arc, atomic::Ordering};

use super::{
    Router,
    cache::{self, Leases},
    published::Lease,
    ticket::after_leases_before_stamp,
};
use crate::{
    environment::VersionId,
    plan::{Partition, Plan},
    unit::Unit,
};

/// Holds a batch of admitted requests, sorted by version.
///
/// It is a buffer, to be kept and handed in again. Until it is cleared, refilled or dropped it
/// holds one lease on each version of the batch.
pub struct Batch<M> {
    partition: Partition,
    /// In the order of the partition's groups.
    leases: Vec<Arc<Lease<M>>>,
}

impl<M> Batch<M> {
    /// Returns an empty batch.
    #[must_use]
    pub const fn new() -> Batch<M> {
        Batch {
            partition: Partition::new(),
            leases: Vec::new(),
        }
    }

    /// Returns the routes of the units, and which of them go to which version.
    #[must_use]
    pub fn partition(&self) -> &Partition {
        &self.partition
    }

    /// Iterates over the versions: number, model, and the numbers of the units, ascending.
    pub fn groups(&self) -> impl Iterator<Item = (VersionId, &M, &[usize])> {
        self.partition
            .groups()
            .zip(&self.leases)
            .map(|((version, units), lease)| (version, lease.model(), units))
    }

    /// Gives the leases back and keeps the memory.
    pub fn clear(&mut self) {
        self.leases.clear();
        self.partition.clear();
    }
}

impl<M: Send + Sync + 'static> Router<M> {
    /// Admits a batch of requests by one snapshot: each unit gets the route it gets alone.
    ///
    /// ```
    /// use switchstand::{Batch, Policy, Router};
    /// let router = Router::new("ranker", "v1", 1.0)?;
    /// router.deploy("v2", 2.0)?;
    /// router.validate("v2", |_| Ok::<(), String>(()))?;
    /// router.release(Policy::ab_test("test", [("v1", 1), ("v2", 1)]))?;
    /// let mut batch = Batch::new();
    /// router.partition(["ana", "ben", "cho"], &mut batch);
    /// let answered: usize = batch.groups().map(|(_, _model, units)| units.len()).sum();
    /// assert_eq!(answered, 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn partition<'a, U: Into<Unit<'a>>>(
        &self,
        units: impl IntoIterator<Item = U, IntoIter: ExactSizeIterator> + Clone,
        batch: &mut Batch<M>,
    ) {
        batch.clear();
        let stamp = self.shared.stamp.0.load(Ordering::Acquire);
        if self.fill(stamp, units.clone(), batch) {
            return;
        }
        self.shared.refresh();
        let stamp = self.shared.stamp.0.load(Ordering::Acquire);
        if self.fill(stamp, units.clone(), batch) {
            return;
        }
        // As for a single request: all leases are taken together with the plan.
        let stripe = cache::stripe();
        let (plan, leases) = {
            let mut published = self.shared.published.lock();
            let leases = published.leases(stripe);
            (Arc::clone(&published.plan), leases)
        };
        batch.fill(&plan, units, |id| {
            leases
                .iter()
                .find(|lease| lease.version() == id)
                .map(Arc::clone)
        });
    }

    fn fill<'a, U: Into<Unit<'a>>>(
        &self,
        stamp: u64,
        units: impl IntoIterator<Item = U, IntoIter: ExactSizeIterator>,
        batch: &mut Batch<M>,
    ) -> bool {
        let filled = cache::with_plan(self.shared.slot, stamp, |cached| {
            let leases: Option<&Leases<M>> = cached.leases();
            batch.fill(&cached.plan, units, |id| leases?.take(id))
        });
        after_leases_before_stamp();
        filled == Some(true) && self.shared.stamp.0.load(Ordering::SeqCst) == stamp
    }
}

impl<M> Batch<M> {
    fn fill<'a, U: Into<Unit<'a>>>(
        &mut self,
        plan: &Plan,
        units: impl IntoIterator<Item = U, IntoIter: ExactSizeIterator>,
        take: impl Fn(VersionId) -> Option<Arc<Lease<M>>>,
    ) -> bool {
        self.leases.clear();
        plan.partition(units, &mut self.partition);
        for (version, _) in self.partition.groups() {
            let Some(lease) = take(version) else {
                return false;
            };
            self.leases.push(lease);
        }
        true
    }
}

impl<M> Default for Batch<M> {
    fn default() -> Batch<M> {
        Batch::new()
    }
}

impl<M> fmt::Debug for Batch<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("partition", &self.partition)
            .finish_non_exhaustive()
    }
}
