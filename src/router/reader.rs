//! A router as one worker thread sees it.

use core::fmt;
use std::sync::{Arc, atomic::Ordering};

use super::{
    Router, Shared, Ticket,
    cache::{self, Leases, ThreadPlan},
};
use crate::{environment::VersionId, plan::Plan, route::Route, unit::Unit};

/// Reads a router from one thread, with the plan at hand.
///
/// It is owned and `'static`, so each worker keeps its own. It gives the same routes and tickets
/// as the router, and spares the look into the thread's memory. It keeps no model alive.
pub struct Reader<M> {
    shared: Arc<Shared<M>>,
    stamp: u64,
    plan: Arc<ThreadPlan>,
    leases: Leases<M>,
}

impl<M: Send + Sync + 'static> Router<M> {
    /// Returns a reader for one worker thread.
    #[must_use]
    pub fn reader(&self) -> Reader<M> {
        let (stamp, plan, leases) = self.shared.snapshot();
        Reader {
            shared: Arc::clone(&self.shared),
            stamp,
            plan: ThreadPlan::new(plan),
            leases,
        }
    }
}

impl<M: Send + Sync + 'static> Reader<M> {
    /// Decides which version answers for a unit.
    #[inline(always)]
    pub fn route<'a>(&mut self, unit: impl Into<Unit<'a>>) -> Route {
        if self.shared.stamp.0.load(Ordering::Acquire) != self.stamp {
            self.refresh();
        }
        self.plan.route(unit)
    }

    /// Admits a request: decides, and holds a lease on the model that will answer.
    #[inline]
    pub fn admit<'a>(&mut self, unit: impl Into<Unit<'a>>) -> Ticket<M> {
        let unit = unit.into();
        if self.shared.stamp.0.load(Ordering::Acquire) != self.stamp {
            self.refresh();
        }
        let mut route = Route::UNSET;
        let Reader {
            shared,
            stamp,
            plan,
            leases,
        } = self;
        let leased = Ticket::lease_out(shared, *stamp, plan, leases, &unit, &mut route);
        Ticket::complete(shared, &unit, route, leased)
    }

    /// Returns the plan that the last request was decided by.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Returns a version's label without a lock, also when the version is gone.
    #[must_use]
    pub fn label(&self, version: VersionId) -> Option<&str> {
        self.shared.desk.labels.get(version)
    }

    #[cold]
    #[inline(never)]
    fn refresh(&mut self) {
        let (stamp, plan, leases) = self.shared.snapshot();
        (self.stamp, self.plan, self.leases) = (stamp, ThreadPlan::new(plan), leases);
    }
}

impl<M: Send + Sync + 'static> Shared<M> {
    /// Returns the published stamp and plan, and weak leases of this thread's stripe.
    pub(super) fn snapshot(&self) -> (u64, Arc<Plan>, Leases<M>) {
        let mut published = self.published.lock();
        let leases = Leases::new(&published.leases(cache::stripe()));
        (published.stamp, Arc::clone(&published.plan), leases)
    }
}

impl<M> fmt::Debug for Reader<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("stamp", &self.stamp)
            .finish_non_exhaustive()
    }
}
