//! One admitted request.

use core::fmt;
use std::sync::{Arc, atomic::Ordering};

use super::{
    Shared,
    cache::{self, ThreadPlan},
    published::Lease,
};
use crate::{environment::VersionId, plan::Plan, policy::OnError, route::Route, unit::Unit};

/// Holds one admitted request: its route, and leases on the models that it may touch.
///
/// While a ticket lives, the models stay; a version is reclaimed when its last ticket is gone.
/// A ticket belongs to nobody: it can be sent to another thread or kept across an await.
pub struct Ticket<M> {
    route: Route,
    lease: Arc<Lease<M>>,
    /// The live version, held where the policy lets it answer for a failing one.
    fallback: Option<(VersionId, Arc<Lease<M>>)>,
    shadows: Vec<(VersionId, Arc<Lease<M>>)>,
    /// The plan that decided, where records want its name.
    plan: Option<Arc<ThreadPlan>>,
}

impl<M> Ticket<M> {
    /// Returns the decision.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// Returns the model that answers.
    #[must_use]
    pub fn model(&self) -> &M {
        self.lease.model()
    }

    pub(super) fn plan(&self) -> Option<&Plan> {
        self.plan.as_ref().map(|plan| &***plan)
    }

    /// Turns to the live version after the chosen one failed, if the policy says so.
    pub(super) fn fall_back(&mut self) -> Option<&M> {
        let (version, lease) = self.fallback.take()?;
        self.route = self.route.fallback(version);
        self.lease = lease;
        Some(self.lease.model())
    }

    pub(super) fn take_shadows(&mut self) -> Vec<(VersionId, Arc<Lease<M>>)> {
        core::mem::take(&mut self.shadows)
    }
}

impl<M: Send + Sync + 'static> Ticket<M> {
    #[inline]
    pub(super) fn admit(shared: &Shared<M>, unit: &Unit<'_>) -> Ticket<M> {
        let stamp = shared.stamp.0.load(Ordering::Acquire);
        match Ticket::admit_cached(shared, stamp, unit) {
            Some(ticket) => ticket,
            None => Ticket::admit_anew(shared, unit),
        }
    }

    /// Admits by what this thread remembers; fails if a new snapshot was published.
    #[inline]
    fn admit_cached(shared: &Shared<M>, stamp: u64, unit: &Unit<'_>) -> Option<Ticket<M>> {
        let ticket = cache::with_plan(shared.slot, stamp, |cached| {
            let plan: &Plan = &cached.plan;
            let take = |id| cached.lease(id)?.downcast::<Lease<M>>().ok();
            Ticket::collect(plan.route(*unit), plan, take).map(|ticket| Ticket {
                plan: shared.recorder.as_ref().map(|_| Arc::clone(&cached.plan)),
                ..ticket
            })
        })?;
        after_leases_before_stamp();
        (shared.stamp.0.load(Ordering::SeqCst) == stamp).then_some(ticket)
    }

    #[cold]
    #[inline(never)]
    fn admit_anew(shared: &Shared<M>, unit: &Unit<'_>) -> Ticket<M> {
        shared.refresh();
        let stamp = shared.stamp.0.load(Ordering::Acquire);
        if let Some(ticket) = Ticket::admit_cached(shared, stamp, unit) {
            return ticket;
        }
        // Operators publish faster than this thread reads, or the thread is reading a plan
        // further up. All leases of the plan are taken with it, so it cannot be outdated; the
        // attributes are read afterwards, when no lock is held.
        let (plan, live, leases) = {
            let mut published = shared.published.lock();
            let leases = published.leases(cache::stripe());
            (
                Arc::clone(&published.plan),
                published.live_lease(cache::stripe()),
                leases,
            )
        };
        let take = |id| {
            let found = leases.iter().find(|(version, _)| *version == id);
            found.map(|(_, lease)| Arc::clone(lease))
        };
        let route = plan.route(*unit);
        let ticket = Ticket::collect(route, &plan, take).unwrap_or_else(|| Ticket {
            route: route.killed(plan.live()),
            lease: live,
            fallback: None,
            shadows: Vec::new(),
            plan: None,
        });
        Ticket {
            plan: shared.recorder.as_ref().map(|_| ThreadPlan::new(plan)),
            ..ticket
        }
    }

    /// Takes the leases that a route needs.
    #[inline]
    fn collect(
        route: Route,
        plan: &Plan,
        take: impl Fn(VersionId) -> Option<Arc<Lease<M>>>,
    ) -> Option<Ticket<M>> {
        let lease = take(route.version())?;
        let live = plan.live();
        let fallback = if plan.on_error() == OnError::Live && live != route.version() {
            Some((live, take(live)?))
        } else {
            None
        };
        let shadows = if route.shadows().is_empty() {
            Vec::new()
        } else {
            plan.shadow_ids(route.shadows())
                .map(|id| take(id).map(|lease| (id, lease)))
                .collect::<Option<_>>()?
        };
        Some(Ticket {
            route,
            lease,
            fallback,
            shadows,
            plan: None,
        })
    }
}

/// Keeps the taking of leases before the second look at the stamp.
///
/// An operator publishes the stamp and then counts the leases; a request takes a lease and then
/// reads the stamp. One of the two must see the other. On x86-64 the lease's locked increment is
/// a full barrier already, and a fence would cost more than the lease.
#[inline(always)]
fn after_leases_before_stamp() {
    #[cfg(not(target_arch = "x86_64"))]
    std::sync::atomic::fence(Ordering::SeqCst);
    #[cfg(target_arch = "x86_64")]
    std::sync::atomic::compiler_fence(Ordering::SeqCst);
}

impl<M> fmt::Debug for Ticket<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}
