//! Many requests at once, with one lease for each version.

use core::fmt;
use std::sync::Arc;

use super::{
    Router,
    admission::OfThread,
    recording::{Running, Stripe},
    snapshot::Snapshot,
};
use crate::{
    deployment::VersionId,
    journal::JournalOutcome,
    plan::{Partition, Plan},
    shadow::Lease,
    sync::Strong,
    unit::Unit,
};

/// Holds a batch of admitted requests, sorted by version.
///
/// It is a buffer, to be kept and handed in again. Until it is cleared, refilled or dropped it
/// holds one lease on each version of the batch.
pub struct Batch<M> {
    partition: Partition,
    /// In the order of the partition's groups.
    leases: Vec<Strong<Lease<M>>>,
    /// The requests' places in the journal, while a swap is open.
    running: Vec<(usize, Running)>,
}

impl<M> Batch<M> {
    /// Returns an empty batch.
    #[must_use]
    pub const fn new() -> Batch<M> {
        Batch {
            partition: Partition::new(),
            leases: Vec::new(),
            running: Vec::new(),
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

    /// Tells the journal how a request ended, and what to keep of it.
    ///
    /// Nothing happens, and `note` is not called, unless the request is journalled; see
    /// [`Ticket::settle`](crate::Ticket::settle). `unit` is its number in the batch.
    pub fn settle(&mut self, unit: usize, outcome: JournalOutcome, note: impl FnOnce() -> Vec<u8>) {
        let place = self
            .running
            .binary_search_by_key(&unit, |(number, _)| *number);
        let found = place.ok().and_then(|place| self.running.get_mut(place));
        if let Some((_, running)) = found {
            running.settle(outcome, note);
        }
    }

    /// Gives the leases back and keeps the memory.
    ///
    /// What the journal records of the batch ends here, with an unknown outcome.
    pub fn clear(&mut self) {
        self.running.clear();
        self.leases.clear();
        self.partition.clear();
    }
}

impl<M: Send + Sync + 'static> Router<M> {
    /// Admits a batch of requests by one snapshot.
    ///
    /// Each unit gets the route that it gets alone. A batch runs no shadow, lets no other version
    /// step in for one that fails, and records no exposure: for these, requests are admitted one
    /// by one.
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
        let keeper = &mut OfThread(self.shared.id.number());
        let claimed = self
            .shared
            .admit::<true, _>(keeper, |snapshot| batch.claim(snapshot, units.clone()));
        match claimed {
            Some(()) => batch.running.iter_mut().for_each(|(_, it)| it.admit()),
            None => batch.clear(),
        }
    }
}

impl<M> Batch<M> {
    /// Decides for all units and takes a lease on each version, in place of what was claimed before.
    fn claim<'a, U: Into<Unit<'a>>>(
        &mut self,
        snapshot: &Snapshot<M>,
        units: impl IntoIterator<Item = U, IntoIter: ExactSizeIterator> + Clone,
    ) -> Option<()> {
        self.clear();
        snapshot.plan.partition(units.clone(), &mut self.partition);
        for (version, _) in self.partition.groups() {
            self.leases.push(snapshot.lease(version)?);
        }
        if let Some(stripe) = &snapshot.journal {
            self.begin(stripe, &snapshot.plan, units);
        }
        Some(())
    }

    /// Counts the requests that the journal concerns itself with.
    #[cold]
    fn begin<'a, U: Into<Unit<'a>>>(
        &mut self,
        stripe: &Arc<Stripe>,
        plan: &Plan,
        units: impl IntoIterator<Item = U>,
    ) {
        for (number, unit) in units.into_iter().enumerate() {
            let unit = unit.into();
            let route = plan.route(unit);
            if stripe.answers(&route) {
                let running = Running::begin(stripe).describe(&unit, plan, &route);
                self.running.push((number, running));
            }
        }
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
