//! What a request reads.

use std::sync::Arc;

use super::recording::Stripe;
use crate::{
    deployment::VersionId,
    plan::Plan,
    shadow::Lease,
    sync::{Strong, Weak},
};

/// One published snapshot, as a thread or a reader keeps it: it keeps no model alive.
pub(super) struct Snapshot<M> {
    pub(super) stamp: u64,
    pub(super) plan: Arc<Plan>,
    /// Of the stripe of one thread, in the order of the versions' numbers.
    leases: Box<[(VersionId, Weak<Lease<M>>)]>,
    /// Counts requests while a swap is open, if the router has a journal.
    pub(super) journal: Option<Arc<Stripe>>,
}

impl<M> Snapshot<M> {
    pub(super) fn new(
        stamp: u64,
        plan: Arc<Plan>,
        leases: &[Strong<Lease<M>>],
        journal: Option<Arc<Stripe>>,
    ) -> Snapshot<M> {
        let leases = leases
            .iter()
            .map(|lease| (lease.version(), Strong::downgrade(lease)))
            .collect();
        Snapshot {
            stamp,
            plan,
            leases,
            journal,
        }
    }

    /// Returns a snapshot that its first user replaces, so that the leases are of the user's
    /// thread.
    pub(super) fn outdated(self) -> Snapshot<M> {
        // No snapshot has this stamp.
        Snapshot { stamp: 0, ..self }
    }

    /// Takes a lease on a version's model, unless it was given back since.
    #[inline]
    pub(super) fn lease(&self, id: VersionId) -> Option<Strong<Lease<M>>> {
        let place = self
            .leases
            .binary_search_by_key(&id, |(version, _)| *version)
            .ok()?;
        self.leases.get(place)?.1.upgrade()
    }
}
