//! A router as one worker thread sees it.

use core::fmt;
use std::sync::Arc;

use super::{
    Router, Shared, Ticket,
    cache::{self, Leases, ThreadPlan},
};
use crate::{deployment::VersionId, plan::Plan, route::Route, unit::Unit};

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
        let (_, plan, leases) = self.shared.snapshot();
        Reader {
            shared: Arc::clone(&self.shared),
            // No snapshot's: the first use takes leases of the stripe of the thread that uses it.
            stamp: 0,
            plan: ThreadPlan::new(plan),
            leases,
        }
    }
}

impl<M: Send + Sync + 'static> Reader<M> {
    /// Decides which version answers for a unit.
    #[inline(always)]
    pub fn route<'a>(&mut self, unit: impl Into<Unit<'a>>) -> Route {
        if self.shared.stamp.seen() != self.stamp {
            self.refresh();
        }
        self.plan.route(unit)
    }

    /// Admits a request: decides, and holds a lease on the model that will answer.
    #[inline]
    pub fn admit<'a>(&mut self, unit: impl Into<Unit<'a>>) -> Ticket<M> {
        let unit = unit.into();
        if self.shared.stamp.seen() != self.stamp {
            self.refresh();
        }
        let mut route = Route::UNSET;
        let Reader {
            shared,
            stamp,
            plan,
            leases,
        } = self;
        let decide = |plan: &Plan| plan.decide(&unit);
        let at_hand = (*stamp, &*plan, &*leases);
        let leased = Ticket::lease_out(shared, at_hand, &unit, &mut route, &decide);
        let mut ticket = Ticket::complete(shared, &unit, route, leased, &decide);
        ticket.remember(&unit);
        ticket
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
        let stripe = cache::stripe();
        let leases = Leases::new(&published.leases(stripe), published.journal(stripe));
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
