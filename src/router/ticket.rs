//! One admitted request.

#[cfg(feature = "http-body")]
mod body;
mod booking;
#[cfg(any(feature = "futures-core", feature = "http-body"))]
mod held;
#[cfg(feature = "futures-core")]
mod stream;

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
    assignment::Assignment,
    outcome::Ending,
    plan::Plan,
    route::Route,
    shadow::{Desk, Lease, ShadowTask},
    sync::Strong,
    timestamp::Timestamp,
    unit::Unit,
};

#[cfg(feature = "http-body")]
pub use body::{LeasedBody, by_grpc_status};
pub(crate) use booking::Progress;
#[cfg(feature = "futures-core")]
pub use stream::LeasedStream;

/// One admitted request: its route, leases on the models that it may touch, and its end.
///
/// While a ticket lives, its models stay in memory; a version can be reclaimed when its last ticket
/// is gone. A ticket can be sent to another thread or kept across an await.
///
/// When it is dropped, the request has ended in exactly one way: as the call through it ended
/// ([`call`](Ticket::call), [`predict`](Ticket::predict)), as the application said
/// ([`end`](Ticket::end)), as failed if the model panicked, and otherwise as given up. Of several
/// calls through one ticket the worst ending counts. It is counted for the version that was drawn,
/// and observers are told. Shadows that were sampled for the request wait in the ticket; those not
/// taken before it is dropped are counted as unrun.
///
/// ```
/// use switchstand::{Ending, Policy, Router, Share};
/// struct Ranker(u64);
/// impl Ranker {
///     fn rank(&self, items: &[u64]) -> Result<u64, String> {
///         items.iter().max().map(|best| best + self.0).ok_or("no items".to_owned())
///     }
/// }
/// let router = Router::new("ranker", "v1", Ranker(0))?;
/// let items = [3, 9, 4];
/// let answer = router.admit("user-42").call(|ranker| ranker.rank(&items));
/// assert_eq!(answer, Ok(9));
/// // The same by hand, for whatever has a form of its own:
/// let ticket = router.admit("user-43");
/// match ticket.model().rank(&[]) {
///     Ok(_) => ticket.end(Ending::Answered),
///     Err(_) => ticket.end(Ending::Refused),
/// }
/// let counts = router.outcomes("v1").unwrap();
/// assert_eq!((counts.ended(Ending::Answered), counts.ended(Ending::Refused)), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// | in the order of use | methods |
/// |---|---|
/// | ask | [`route`](Ticket::route), [`drawn`](Ticket::drawn), [`assignment`](Ticket::assignment), [`model`](Ticket::model), [`version`](Ticket::version) |
/// | run | [`call`](Ticket::call), [`call_once`](Ticket::call_once), [`call_with`](Ticket::call_with), [`call_fut`](Ticket::call_fut), [`call_fut_once`](Ticket::call_fut_once), [`judge`](Ticket::judge), [`predict`](Ticket::predict), [`predict_blocking`](Ticket::predict_blocking) |
/// | by hand | [`fall_back`](Ticket::fall_back), [`deadline`](Ticket::deadline), [`excerpt`](Ticket::excerpt), [`end`](Ticket::end) |
/// | its shadows | [`shadow_task`](Ticket::shadow_task), [`compare_with`](Ticket::compare_with) |
#[cfg_attr(
    feature = "futures-core",
    doc = "| send a stream | [`stream`](Ticket::stream), [`stream_with`](Ticket::stream_with) |"
)]
#[cfg_attr(
    feature = "http-body",
    doc = "| send an HTTP body | [`body`](Ticket::body), [`body_with`](Ticket::body_with) |"
)]
#[must_use = "a ticket that is dropped unused is a request that was given up"]
pub struct Ticket<M> {
    /// The decision as it was drawn, and the lease on its version, which books the end.
    route: Route,
    lease: Strong<Lease<M>>,
    pub(crate) progress: Progress,
    /// Boxed, because most requests do not need it.
    extras: Option<Box<Extras<M>>>,
}

impl<M> Ticket<M> {
    /// Returns the decision, marked as a fallback once the live version has stepped in.
    #[must_use]
    pub fn route(&self) -> &Route {
        let standing = self.extras().and_then(Extras::standing);
        standing.map_or(&self.route, |standing| &standing.route)
    }

    /// Returns the decision as it was drawn, also after the live version has stepped in.
    #[must_use]
    pub const fn drawn(&self) -> &Route {
        &self.route
    }

    /// Returns the decision as it was drawn, in words that mean the same on every server.
    ///
    /// The words are those of the snapshot that decided, also if there were releases since.
    #[must_use]
    pub fn assignment(&self) -> Assignment<'_> {
        self.lease.assignment(&self.route)
    }

    /// Returns the model that answers: the one drawn, or the live one once it has stepped in.
    #[must_use]
    #[inline]
    pub fn model(&self) -> &M {
        self.answering().model()
    }

    /// Returns the label of the version that answers: see [`model`](Ticket::model).
    #[must_use]
    pub fn version(&self) -> &str {
        self.answering().label()
    }

    #[inline]
    pub(super) fn answering(&self) -> &Lease<M> {
        let standing = self.extras().and_then(Extras::standing);
        standing.map_or(&self.lease, |standing| &standing.lease)
    }

    /// Lets the live version step in for the one drawn, if the policy says so.
    ///
    /// The request counts as failed for the version drawn, whatever the live version answers. It
    /// returns `None` if the policy returns errors, if the live version was drawn or has already
    /// stepped in, and after the [deadline](Ticket::deadline).
    pub fn fall_back(&mut self) -> Option<&M> {
        let drawn = match self.progress {
            Progress::Ended(Ending::Refused) => Ending::Refused,
            _ => Ending::Failed,
        };
        let extras = self.extras.as_mut()?;
        if !extras.fall_back(self.lease.desk(), &self.route, drawn) {
            return None;
        }
        self.progress = Progress::Open;
        Some(self.model())
    }

    /// Sets the time after which the live version no longer steps in.
    ///
    /// A second try does not help a unit that has waited too long. The deadline is compared with
    /// the router's clock ([`Builder::clock`](crate::Builder::clock)); without one there is no
    /// deadline, and [`wiring`](crate::Router::wiring) says so.
    pub fn deadline(mut self, deadline: Timestamp) -> Ticket<M> {
        if self.desk().clock.is_none() {
            self.desk().count_deadline_without_clock();
        }
        self.extras
            .get_or_insert_with(|| Box::new(Extras::none()))
            .set_deadline(deadline);
        self
    }

    /// Ends the request with this ending, for the version that answers it now.
    #[inline]
    pub fn end(mut self, ending: Ending) {
        self.progress = Progress::Ended(ending);
    }

    /// Keeps what `make` makes of the input and the answer, for observers and the journal.
    ///
    /// It is for calls whose input or answer the router's own hook
    /// ([`Builder::excerpt`](crate::Builder::excerpt)) does not know. `make` is called only if an
    /// observer or the journal gets the request and excerpts of this unit are kept. If it panics
    /// there is no excerpt, and the panic is counted.
    pub fn excerpt(&mut self, make: impl FnOnce() -> Vec<u8>) {
        let (Some(extras), desk) = (self.extras.as_deref_mut(), self.lease.desk()) else {
            return;
        };
        if extras.wants_excerpt() {
            let excerpt = desk.excerpts.contained(make);
            extras.keep_excerpt(excerpt);
        }
    }

    /// Takes the next shadow of the request, to be run on any thread.
    ///
    /// Call it until it returns `None`, also if the primary failed, because such pairs tell the
    /// most. `input` is called only after the shadow got a permit; a shadow without a permit is
    /// counted as dropped. A shadow that is taken before the primary has answered is counted but
    /// not compared.
    #[must_use]
    pub fn shadow_task<I>(&mut self, input: impl FnOnce() -> I) -> Option<ShadowTask<M, I>> {
        let (extras, desk) = self.extras_and_desk()?;
        extras.next(desk, input)
    }

    /// Takes the next shadow of a request that cannot always be copied; shadows without a copy are
    /// counted as dropped.
    #[cfg(feature = "tower")]
    pub(crate) fn copied_shadow_task<I>(
        &mut self,
        copy: impl FnMut() -> Option<I>,
    ) -> Option<ShadowTask<M, I>> {
        let (extras, desk) = self.extras_and_desk()?;
        extras.next_copied(desk, copy)
    }

    /// Tells whether an excerpt of the request is kept.
    #[cfg(feature = "tower")]
    pub(crate) fn wants_excerpt(&self) -> bool {
        self.extras().is_some_and(Extras::wants_excerpt)
    }

    /// Returns the excerpt that was kept.
    #[cfg(feature = "tower")]
    pub(crate) fn kept_excerpt(&self) -> Option<&[u8]> {
        self.extras()?.excerpt()
    }

    #[inline]
    pub(crate) fn desk(&self) -> &Desk {
        self.lease.desk()
    }

    /// Tells whether, once the model has answered, only the count remains to be done.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.extras.is_none() && self.lease.observers().is_none()
    }

    #[inline]
    pub(super) fn extras(&self) -> Option<&Extras<M>> {
        self.extras.as_deref()
    }

    pub(super) fn extras_and_desk(&mut self) -> Option<(&mut Extras<M>, &Arc<Desk>)> {
        Some((self.extras.as_deref_mut()?, self.lease.desk()))
    }

    /// Returns the model that answers beside the request's progress.
    pub(crate) fn model_and_progress(&mut self) -> (&M, &mut Progress) {
        let standing = self.extras.as_deref().and_then(Extras::standing);
        let lease = standing.map_or(&self.lease, |standing| &standing.lease);
        (lease.model(), &mut self.progress)
    }

    /// Keeps the unit's key and the start for observers, who are told after the request is gone.
    #[inline]
    pub(super) fn remember(&mut self, unit: &Unit<'_>) {
        if self.lease.observers().is_some() {
            self.remember_for_observers(unit);
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
/// Why apart: a ticket is built in place, once. To move a half-built ticket through these functions
/// copies it in pieces right after they were stored, and each copy waits for its store. That took a
/// third of the time of `admit`.
pub(super) type Leased<M> = (Strong<Lease<M>>, Option<Box<Extras<M>>>);

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
        // Why the route is set from inside and not returned: see `Leased`.
        let mut route = Route::UNSET;
        let leased = shared.admit::<true, _>(keeper, |snapshot| {
            route = decide(&snapshot.plan);
            Ticket::lease_out(shared, snapshot, unit, &route)
        });
        match leased {
            Some(leased) => Ticket::of(route, leased, unit),
            None => Ticket::of_the_live(shared, route),
        }
    }

    /// Joins a route with its leases after the request was admitted.
    #[inline(always)]
    pub(super) fn of(route: Route, leased: Leased<M>, unit: &Unit<'_>) -> Ticket<M> {
        leased.0.admit(1);
        match leased {
            (lease, None) => Ticket {
                route,
                lease,
                progress: Progress::Open,
                extras: None,
            },
            (lease, extras) => Ticket {
                route,
                lease,
                progress: Progress::Open,
                extras,
            }
            .sampled(unit),
        }
    }

    /// Takes the leases that a route of a snapshot needs.
    #[inline(always)]
    pub(super) fn lease_out(
        shared: &Shared<M>,
        snapshot: &Snapshot<M>,
        unit: &Unit<'_>,
        route: &Route,
    ) -> Option<Leased<M>> {
        let plan = &*snapshot.plan;
        let lease = snapshot.lease(route.version())?;
        let needs_more = plan.needs_more(route);
        if !needs_more && snapshot.journal.is_none() && lease.observers().is_none() {
            return Some((lease, None));
        }
        let running = snapshot.journal.as_ref().and_then(|stripe| {
            let concerns = stripe.concerns(route, plan);
            concerns.then(|| Running::begin(stripe).describe(unit, plan, route))
        });
        let is_told = lease.observers().is_some() || running.is_some();
        let wants_excerpt = is_told && shared.desk.excerpts.keeps(unit.key());
        if !needs_more && running.is_none() && !wants_excerpt {
            return Some((lease, None));
        }
        let extras = Extras::collect(route, snapshot, wants_excerpt, running)?;
        Some((lease, Some(extras)))
    }

    /// Lets the live version answer where the version of the route is not loaded.
    #[cold]
    #[inline(never)]
    fn of_the_live(shared: &Shared<M>, route: Route) -> Ticket<M> {
        let lease = shared.published.lock().live_lease(cache::stripe());
        lease.admit(1);
        Ticket {
            route: route.killed(lease.version()),
            lease,
            progress: Progress::Open,
            extras: None,
        }
    }
}

impl<M> fmt::Debug for Ticket<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("route", self.route())
            .finish_non_exhaustive()
    }
}
