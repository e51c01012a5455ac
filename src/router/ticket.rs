//! One admitted request.

use core::fmt;
use std::sync::{Arc, atomic::Ordering};

use super::{
    Shared,
    cache::{self, ThreadPlan},
    published::Lease,
};
use crate::{environment::VersionId, plan::Plan, route::Route, unit::Unit};

/// Holds one admitted request: its route, and leases on the models that it may touch.
///
/// While a ticket lives, the models stay; a version is reclaimed when its last ticket is gone.
/// A ticket belongs to nobody: it can be sent to another thread or kept across an await.
pub struct Ticket<M> {
    route: Route,
    lease: Arc<Lease<M>>,
    /// Apart, because most requests need nothing of it.
    extras: Option<Box<Extras<M>>>,
}

/// What only some requests need: a second version, or a name for the records.
struct Extras<M> {
    /// The live version, held where the policy lets it answer for a failing one.
    fallback: Option<Arc<Lease<M>>>,
    shadows: Vec<Arc<Lease<M>>>,
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
        self.extras.as_ref()?.plan.as_ref().map(|plan| &***plan)
    }

    /// Turns to the live version after the chosen one failed, if the policy says so.
    pub(super) fn fall_back(&mut self) -> Option<&M> {
        let extras = self.extras.as_mut()?;
        let lease = extras.fallback.take()?;
        // A version that answers has nothing to be compared with in itself.
        extras
            .shadows
            .retain(|shadow| shadow.version() != lease.version());
        self.route = self.route.fallback(lease.version());
        self.lease = lease;
        Some(self.lease.model())
    }

    /// Tells whether nothing remains to be done once the model has answered.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.extras.is_none()
    }

    pub(super) fn take_shadows(&mut self) -> Vec<Arc<Lease<M>>> {
        self.extras
            .as_mut()
            .map(|extras| core::mem::take(&mut extras.shadows))
            .unwrap_or_default()
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
            let leases = cached.leases::<M>()?;
            let plan: &Plan = &cached.plan;
            let route = plan.route(*unit);
            let lease = leases.take(route.version())?;
            let extras = if plan.needs_more(&route) || shared.recorder.is_some() {
                let plan = shared.recorder.as_ref().map(|_| Arc::clone(&cached.plan));
                Some(Extras::collect(&route, &cached.plan, plan, |id| {
                    leases.take(id)
                })?)
            } else {
                None
            };
            Some(Ticket {
                route,
                lease,
                extras,
            })
        })??;
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
        let stripe = cache::stripe();
        let (plan, live, leases) = {
            let mut published = shared.published.lock();
            let leases = published.leases(stripe);
            (
                Arc::clone(&published.plan),
                published.live_lease(stripe),
                leases,
            )
        };
        let take = |id| {
            leases
                .iter()
                .find(|lease| lease.version() == id)
                .map(Arc::clone)
        };
        let route = plan.route(*unit);
        let name = shared
            .recorder
            .as_ref()
            .map(|_| ThreadPlan::new(Arc::clone(&plan)));
        match (
            take(route.version()),
            Extras::collect(&route, &plan, name, take),
        ) {
            (Some(lease), Some(extras)) => Ticket {
                route,
                lease,
                extras: Some(extras),
            },
            _ => Ticket {
                route: route.killed(live.version()),
                lease: live,
                extras: None,
            },
        }
    }
}

impl<M> Extras<M> {
    /// Takes the leases that a route needs beside that of the version that answers.
    #[inline(never)]
    fn collect(
        route: &Route,
        plan: &Plan,
        name: Option<Arc<ThreadPlan>>,
        take: impl Fn(VersionId) -> Option<Arc<Lease<M>>>,
    ) -> Option<Box<Extras<M>>> {
        let fallback = if plan.falls_back(route) {
            Some(take(plan.live())?)
        } else {
            None
        };
        let shadows = plan
            .shadow_ids(route.shadows())
            .map(take)
            .collect::<Option<_>>()?;
        Some(Box::new(Extras {
            fallback,
            shadows,
            plan: name,
        }))
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
