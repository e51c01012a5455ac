//! One admitted request.

use core::fmt;
use std::sync::Arc;

use super::{
    Shared,
    admission::{Keeper, OfThread},
    cache,
    extras::Extras,
    recording::Running,
    snapshot::Snapshot,
};
use crate::{
    journal::JournalOutcome,
    plan::Plan,
    record::Assignment,
    route::Route,
    shadow::{Desk, Lease},
    sync::Strong,
    unit::Unit,
};

/// Holds one admitted request: its route, and leases on the models that it may touch.
///
/// While a ticket lives, the models stay; a version is reclaimed when its last ticket is gone.
/// A ticket belongs to nobody: it can be sent to another thread or kept across an await.
///
/// Shadows that were sampled for the request wait in the ticket. Those that are still there when
/// it is dropped, because the request was given up, are counted as unrun.
///
/// ```
/// # use core::{convert::Infallible, pin::pin, task::{Context, Poll, Waker}};
/// # use switchstand::{AsyncModel, Policy, Router, Share};
/// # struct Doubler;
/// # impl AsyncModel for Doubler {
/// #     type Input = f64;
/// #     type Output = f64;
/// #     type Error = Infallible;
/// #     async fn predict(&self, input: &f64) -> Result<f64, Infallible> { Ok(input * 2.0) }
/// # }
/// # fn spawn(task: impl Future) {
/// #     assert!(pin!(task).poll(&mut Context::from_waker(Waker::noop())).is_ready());
/// # }
/// # let router = Router::new("ranker", "v1", Doubler)?;
/// # router.deploy("v2", Doubler)?;
/// # router.release(Policy::shadow("look", "v2", Share::ALL))?;
/// use std::future::IntoFuture; // which edition 2024 has in its prelude
/// # spawn(async {
/// let input = 21.0;
/// let mut ticket = router.admit("user-42");
/// let answer = ticket.predict(&input).await;
/// while let Some(task) = ticket.shadow_task(|| input.clone()) {
///     spawn(task.into_future());
/// }
/// # assert_eq!(answer, Ok(42.0));
/// # });
/// # assert_eq!(router.shadow_counts("v2").unwrap().run(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Ticket<M> {
    route: Route,
    lease: Strong<Lease<M>>,
    /// Apart, because most requests need nothing of it.
    extras: Option<Box<Extras<M>>>,
}

impl<M> Ticket<M> {
    /// Returns the decision.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// Returns the route in words that mean the same on every server.
    ///
    /// They are those of the snapshot that decided, however many releases there were since.
    #[must_use]
    pub fn assignment(&self) -> Assignment<'_> {
        self.lease.assignment(&self.route)
    }

    /// Returns the model that answers.
    #[must_use]
    pub fn model(&self) -> &M {
        self.lease.model()
    }

    pub(crate) fn desk(&self) -> &Desk {
        self.lease.desk()
    }

    #[cfg(feature = "tower")]
    pub(crate) fn has_fallback(&self) -> bool {
        self.extras().is_some_and(Extras::has_fallback)
    }

    /// Tells the journal how the request ended, and what to keep of it.
    ///
    /// Nothing happens, and `note` is not called, unless the request is journalled: the journal
    /// is on, a swap is open and the newly live version answers. A ticket that is dropped
    /// without this leaves an entry of unknown outcome. The ticket's own ways of predicting tell
    /// the journal by themselves.
    pub fn settle(&mut self, outcome: JournalOutcome, note: impl FnOnce() -> Vec<u8>) {
        if let Some(running) = self.running() {
            running.settle(outcome, note);
        }
    }

    pub(super) fn running(&mut self) -> Option<&mut Running> {
        self.extras_mut()?.running_mut()
    }

    /// Tells whether nothing remains to be done once the model has answered.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.extras.is_none()
    }

    pub(super) fn extras(&self) -> Option<&Extras<M>> {
        self.extras.as_deref()
    }

    pub(super) fn extras_mut(&mut self) -> Option<&mut Extras<M>> {
        self.extras.as_deref_mut()
    }

    pub(super) fn extras_and_desk(&mut self) -> Option<(&mut Extras<M>, &Arc<Desk>)> {
        Some((self.extras.as_deref_mut()?, self.lease.desk()))
    }

    /// Turns to the live version after the chosen one failed, if the policy says so.
    pub(crate) fn fall_back(&mut self) -> Option<&M> {
        let extras = self.extras.as_mut()?;
        let fallback = extras.take_fallback()?;
        let live = fallback.lease.version();
        self.route = self.route.fallback(live, fallback.shadows);
        self.lease = fallback.lease;
        extras.reroute(self.lease.desk(), self.route);
        Some(self.lease.model())
    }

    /// Keeps the unit for the record of the exposure, which is made when nobody has it any more.
    #[inline]
    pub(super) fn remember(&mut self, unit: &Unit<'_>) {
        if let Some(extras) = self.extras_mut() {
            extras.remember(unit);
        }
    }

    #[inline(never)]
    fn sampled(mut self, unit: &Unit<'_>) -> Ticket<M> {
        if let Some(extras) = &mut self.extras {
            extras.sample(&self.lease, self.route, unit);
        }
        self
    }
}

/// The leases of an admitted request, which are joined with its route last.
///
/// A ticket that were moved while it is made would be copied in pieces, each waiting for the
/// other: a third of the whole time.
type Leased<M> = (Strong<Lease<M>>, Option<Box<Extras<M>>>);

impl<M: Send + Sync + 'static> Ticket<M> {
    #[inline(always)]
    pub(super) fn admit(shared: &Shared<M>, unit: &Unit<'_>) -> Ticket<M> {
        let keeper = &mut OfThread(shared.id.number());
        Ticket::admit_by(shared, keeper, unit, |plan| plan.decide(unit))
    }

    /// Admits a request whose route is `decide`d by the plan in force.
    #[inline(always)]
    pub(super) fn admit_by(
        shared: &Shared<M>,
        keeper: &mut impl Keeper<M>,
        unit: &Unit<'_>,
        decide: impl Fn(&Plan) -> Route,
    ) -> Ticket<M> {
        let mut route = Route::UNSET;
        let leased = shared.admit::<true, _>(keeper, |snapshot| {
            route = decide(&snapshot.plan);
            Ticket::lease_out(shared, snapshot, unit, &route)
        });
        match leased {
            Some((lease, None)) => Ticket {
                route,
                lease,
                extras: None,
            },
            Some((lease, extras)) => Ticket {
                route,
                lease,
                extras,
            }
            .sampled(unit),
            None => Ticket::of_the_live(shared, route),
        }
    }

    /// Takes the leases that a route of a snapshot needs.
    #[inline(always)]
    fn lease_out(
        shared: &Shared<M>,
        snapshot: &Snapshot<M>,
        unit: &Unit<'_>,
        route: &Route,
    ) -> Option<Leased<M>> {
        let plan = &*snapshot.plan;
        let lease = snapshot.lease(route.version())?;
        let is_recorded = shared.desk.recorder.is_some();
        let needs_more = plan.needs_more(route) || is_recorded;
        if !needs_more && snapshot.journal.is_none() {
            return Some((lease, None));
        }
        let running = snapshot.journal.as_ref().and_then(|stripe| {
            let concerns = stripe.concerns(route, plan);
            concerns.then(|| Running::begin(stripe).describe(unit, plan, route))
        });
        if !needs_more && running.is_none() {
            return Some((lease, None));
        }
        let extras = Extras::collect(route, snapshot, is_recorded, running)?;
        Some((lease, Some(extras)))
    }

    /// Lets the live version answer where the version of the route is not loaded.
    #[cold]
    #[inline(never)]
    fn of_the_live(shared: &Shared<M>, route: Route) -> Ticket<M> {
        let lease = shared.published.lock().live_lease(cache::stripe());
        Ticket {
            route: route.killed(lease.version()),
            lease,
            extras: None,
        }
    }
}

impl<M> fmt::Debug for Ticket<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}
