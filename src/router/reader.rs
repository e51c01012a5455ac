//! A router as one worker thread sees it.

use core::fmt;
use std::sync::Arc;

use super::{Router, Shared, Ticket, snapshot::Snapshot};
use crate::{deployment::VersionId, plan::Plan, route::Route, unit::Unit};

/// A view of a router for one thread, with the plan at hand.
///
/// It is owned and `'static`, so each worker keeps its own. It gives the same routes and tickets as
/// the router, and does not need the thread's memory. It keeps no model alive.
pub struct Reader<M> {
    shared: Arc<Shared<M>>,
    snapshot: Snapshot<M>,
}

impl<M: Send + Sync + 'static> Router<M> {
    /// Returns a reader for one worker thread.
    #[must_use]
    pub fn reader(&self) -> Reader<M> {
        Reader {
            shared: Arc::clone(&self.shared),
            snapshot: self.shared.snapshot().outdated(),
        }
    }
}

impl<M: Send + Sync + 'static> Reader<M> {
    /// Decides which version answers for a unit.
    #[inline(always)]
    pub fn route<'a>(&mut self, unit: impl Into<Unit<'a>>) -> Route {
        let unit = unit.into();
        self.shared
            .decide(&mut self.snapshot, |plan| plan.decide(&unit))
    }

    /// Admits a request: decides, and holds a lease on the model that will answer.
    #[inline]
    pub fn admit<'a>(&mut self, unit: impl Into<Unit<'a>>) -> Ticket<M> {
        let unit = unit.into();
        let Reader { shared, snapshot } = self;
        let mut ticket = Ticket::admit_by(shared, snapshot, &unit, |plan| plan.decide(&unit));
        ticket.remember(&unit);
        ticket
    }

    /// Returns the plan that the last request was decided by.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.snapshot.plan
    }

    /// Returns a version's label without a lock, also when the version is gone.
    #[must_use]
    pub fn label(&self, version: VersionId) -> Option<&str> {
        self.shared.desk.labels.get(version)
    }
}

impl<M> fmt::Debug for Reader<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("stamp", &self.snapshot.stamp)
            .finish_non_exhaustive()
    }
}
