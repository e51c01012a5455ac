//! What only some requests need: a second version, a place in the journal, a name for observers.

use core::time::Duration;
use std::sync::Arc;

use smallvec::SmallVec;

use super::{recording::Running, snapshot::Snapshot};
use crate::{
    contain::contain,
    outcome::Ending,
    record::{DropReason, ShadowOutcome},
    route::{Route, ShadowSet},
    shadow::{Desk, Lease, Primary, Ran, Sampled, ShadowTask, Stub},
    sync::Strong,
    timestamp::Timestamp,
    unit::{Unit, UnitKey},
};

/// What a ticket has where a shadow was sampled, observers are told, or a version may fail.
pub(super) struct Extras<M> {
    stand_in: StandIn<M>,
    /// One has room without an allocation of its own.
    waiting: SmallVec<[Waiting<M>; 1]>,
    /// The request that the waiting shadows belong to. `None` until they are counted: an admission
    /// that is tried again, because a publication came between, must not count them.
    sampled: Option<Sampled>,
    /// Who asked, where observers need it and the request itself is out of reach.
    unit: Option<UnitKey>,
    primary: Option<Primary>,
    /// Whether there was an answer, of types that nothing compares.
    is_not_comparable: bool,
    /// The request's place in the journal, while a swap is open.
    running: Option<Running>,
    excerpt: Option<Box<[u8]>>,
    wants_excerpt: bool,
    watch: Watch,
    /// When the model was called, where its latency is compared with a shadow's.
    called: Option<Timestamp>,
    /// After which the live version is not asked any more.
    deadline: Option<Timestamp>,
}

/// When a request was admitted and when it was answered, where anybody wants to know.
#[derive(Clone, Copy, Default)]
pub(super) struct Watch {
    pub(super) started: Option<Timestamp>,
    pub(super) ended: Option<Timestamp>,
}

impl Watch {
    pub(super) fn start(desk: &Desk) -> Watch {
        Watch {
            started: desk.now(),
            ended: None,
        }
    }

    pub(super) fn end(&mut self, desk: &Desk) {
        if self.started.is_some() {
            self.ended = desk.now();
        }
    }
}

/// The live version, where the policy lets it answer for a failing one.
enum StandIn<M> {
    None,
    /// Held until it is asked, with the shadows that remain then: it is none of itself.
    Ready {
        lease: Strong<Lease<M>>,
        shadows: ShadowSet,
    },
    Standing(Standing<M>),
}

/// The live version after it has stepped in.
pub(super) struct Standing<M> {
    pub(super) lease: Strong<Lease<M>>,
    pub(super) route: Route,
    /// How the request ended for the version drawn: whatever the live one does changes it no more.
    pub(super) drawn: Ending,
}

struct Waiting<M> {
    lease: Strong<Lease<M>>,
    is_permitted: bool,
}

impl<M> Extras<M> {
    /// Returns extras of which nothing is needed yet.
    pub(super) fn none() -> Extras<M> {
        Extras {
            stand_in: StandIn::None,
            waiting: SmallVec::new(),
            sampled: None,
            unit: None,
            primary: None,
            is_not_comparable: false,
            running: None,
            excerpt: None,
            wants_excerpt: false,
            watch: Watch::default(),
            called: None,
            deadline: None,
        }
    }

    /// Takes the leases that a route needs beside that of the version that answers.
    #[inline(never)]
    pub(super) fn collect(
        route: &Route,
        snapshot: &Snapshot<M>,
        wants_excerpt: bool,
        running: Option<Running>,
    ) -> Option<Box<Extras<M>>> {
        let plan = &*snapshot.plan;
        let stand_in = if plan.falls_back(route) {
            StandIn::Ready {
                lease: snapshot.lease(plan.live())?,
                shadows: plan.shadows_without(route.shadows(), plan.live()),
            }
        } else {
            StandIn::None
        };
        let mut waiting = SmallVec::new();
        for id in plan.shadow_ids(route.shadows()) {
            waiting.push(Waiting {
                lease: snapshot.lease(id)?,
                is_permitted: false,
            });
        }
        let mut extras = Box::new(Extras::none());
        extras.stand_in = stand_in;
        extras.waiting = waiting;
        extras.wants_excerpt = wants_excerpt;
        extras.running = running;
        Some(extras)
    }

    /// Counts the shadows: from here on each ends in exactly one counted way.
    ///
    /// The same holds for the request's place in the journal.
    pub(super) fn sample(&mut self, lease: &Lease<M>, route: Route, unit: &Unit<'_>) {
        if let Some(running) = &mut self.running {
            running.admit();
        }
        if self.has_shadows() {
            let observers = lease.observers();
            self.sampled = Some(Sampled::new(
                observers.map(|all| (Arc::clone(all), Arc::clone(lease.words()))),
                unit.key().to_owned(),
                route,
            ));
            for waiting in &self.waiting {
                lease.desk().sample(waiting.lease.version());
            }
        }
    }

    /// Keeps who asked and when, for observers who are told when nobody knows any more.
    pub(super) fn remember(&mut self, unit: Option<UnitKey>, watch: Watch) {
        self.unit = unit;
        self.watch = watch;
    }

    pub(super) const fn unit(&self) -> Option<&UnitKey> {
        self.unit.as_ref()
    }

    pub(super) const fn watch(&self) -> Watch {
        self.watch
    }

    pub(super) const fn set_deadline(&mut self, deadline: Timestamp) {
        self.deadline = Some(deadline);
    }

    /// Tells whether an excerpt of the request is kept.
    pub(super) fn wants_excerpt(&self) -> bool {
        self.wants_excerpt || self.running.is_some()
    }

    pub(super) fn keep_excerpt(&mut self, excerpt: Option<Box<[u8]>>) {
        if let (Some(sampled), Some(excerpt)) = (&mut self.sampled, &excerpt) {
            sampled.keep_excerpt(excerpt);
        }
        self.excerpt = excerpt;
    }

    pub(super) fn excerpt(&self) -> Option<&[u8]> {
        self.excerpt.as_deref()
    }

    /// Tells the journal how the request ended for the version that answered.
    pub(super) fn end_running(&mut self, ending: Ending) {
        if let Some(running) = &mut self.running {
            running.end(ending, self.excerpt.as_deref());
        }
    }

    pub(super) const fn has_stand_in(&self) -> bool {
        matches!(self.stand_in, StandIn::Ready { .. })
    }

    /// Returns the live version, if it has stepped in.
    #[inline]
    pub(super) const fn standing(&self) -> Option<&Standing<M>> {
        match &self.stand_in {
            StandIn::Standing(standing) => Some(standing),
            StandIn::None | StandIn::Ready { .. } => None,
        }
    }

    /// Lets the live version answer after the one drawn has `ended` so; it is then no shadow of
    /// itself.
    pub(super) fn fall_back(&mut self, desk: &Desk, drawn: &Route, ended: Ending) -> bool {
        if !self.has_stand_in() || self.is_late(desk) {
            return false;
        }
        let StandIn::Ready { lease, shadows } =
            core::mem::replace(&mut self.stand_in, StandIn::None)
        else {
            return false;
        };
        let route = drawn.fallback(lease.version(), shadows);
        if let Some(running) = &mut self.running {
            running.fall_back();
        }
        self.end_unless(desk, DropReason::Unrun, |waiting| {
            waiting.lease.version() != route.version()
        });
        if let Some(sampled) = &mut self.sampled {
            sampled.reroute(route);
        }
        self.stand_in = StandIn::Standing(Standing {
            lease,
            route,
            drawn: ended,
        });
        true
    }

    fn is_late(&self, desk: &Desk) -> bool {
        let now = || desk.now();
        self.deadline
            .is_some_and(|deadline| now().is_some_and(|now| now > deadline))
    }

    /// Notes that the model is called, where its latency will be compared.
    pub(super) fn call(&mut self, desk: &Desk) {
        if self.has_shadows() {
            self.called = desk.now();
        }
    }

    /// Notes that the end of the answer is still to come.
    #[cfg(any(feature = "futures-core", feature = "http-body"))]
    pub(super) const fn go_on(&mut self) {
        self.watch.ended = None;
    }

    /// Notes that the answer is there.
    pub(super) fn stop(&mut self, desk: &Desk) {
        self.watch.end(desk);
    }

    /// Returns how long the primary took, from its call to its answer.
    pub(super) fn latency(&self, desk: &Desk) -> Option<Duration> {
        let ended = self.watch.ended.or_else(|| desk.now())?;
        Some(ended.since(self.called?))
    }

    pub(super) fn has_shadows(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Keeps the shadows that get a permit; tells whether any does.
    pub(super) fn take_permits(&mut self, desk: &Desk) -> bool {
        self.end_unless(desk, DropReason::NoPermit, |waiting| waiting.permit(desk));
        self.has_shadows()
    }

    /// Ends those shadows for `reason` that are not to be kept.
    fn end_unless(
        &mut self,
        desk: &Desk,
        reason: DropReason,
        keep: impl Fn(&mut Waiting<M>) -> bool,
    ) {
        let mut place = 0;
        while let Some(waiting) = self.waiting.get_mut(place) {
            if keep(waiting) {
                place += 1;
            } else {
                let waiting = self.waiting.remove(place);
                self.end(desk, waiting, reason);
            }
        }
    }

    fn take_first(&mut self) -> Option<Waiting<M>> {
        (!self.waiting.is_empty()).then(|| self.waiting.remove(0))
    }

    /// Ends a shadow after its lease was given back, and with it perhaps the model dropped.
    fn end(&self, desk: &Desk, waiting: Waiting<M>, reason: DropReason) {
        let Waiting {
            lease,
            is_permitted,
        } = waiting;
        let version = lease.version();
        contain(|| drop(lease));
        if let Some(sampled) = &self.sampled {
            let outcome = ShadowOutcome::Dropped(reason);
            sampled.drop_for(desk, version, is_permitted, outcome);
        }
    }

    pub(super) fn keep_primary(&mut self, primary: Option<Primary>) {
        self.primary = primary;
        self.is_not_comparable = false;
    }

    /// Notes that nothing compares the answer, unless another one follows that something does: a
    /// stream is no answer yet, its transcript is.
    pub(super) const fn keep_not_comparable(&mut self) {
        self.is_not_comparable = true;
    }

    /// Returns the next shadow that gets a permit; only then is the input asked for.
    pub(super) fn next<I>(
        &mut self,
        desk: &Arc<Desk>,
        input: impl FnOnce() -> I,
    ) -> Option<ShadowTask<M, I>> {
        let lease = self.next_lease(desk)?;
        let stub = self.next_stub(desk, &lease)?;
        match contain(input) {
            Some(input) => Some(ShadowTask::new(stub, lease, self.primary.clone(), input)),
            None => {
                contain(|| drop(lease));
                stub.end(Ran::only(ShadowOutcome::Panicked));
                None
            }
        }
    }

    /// Returns the next shadow of a request that may be impossible to copy.
    #[cfg(feature = "tower")]
    pub(super) fn next_copied<I>(
        &mut self,
        desk: &Arc<Desk>,
        mut copy: impl FnMut() -> Option<I>,
    ) -> Option<ShadowTask<M, I>> {
        loop {
            let lease = self.next_lease(desk)?;
            let stub = self.next_stub(desk, &lease)?;
            let reason = match contain(&mut copy) {
                Some(Some(input)) => {
                    return Some(ShadowTask::new(stub, lease, self.primary.clone(), input));
                }
                Some(None) => ShadowOutcome::Dropped(DropReason::NotCopied),
                None => ShadowOutcome::Panicked,
            };
            contain(|| drop(lease));
            stub.end(Ran::only(reason));
        }
    }

    /// Returns the lease of the next shadow that gets a permit.
    fn next_lease(&mut self, desk: &Arc<Desk>) -> Option<Strong<Lease<M>>> {
        self.sampled.as_ref()?;
        loop {
            let mut waiting = self.take_first()?;
            if waiting.permit(desk) {
                if core::mem::take(&mut self.is_not_comparable) {
                    desk.count_not_comparable();
                }
                return Some(waiting.lease);
            }
            self.end(desk, waiting, DropReason::NoPermit);
        }
    }

    /// Returns what ends the shadow that has got this lease.
    fn next_stub(&mut self, desk: &Arc<Desk>, lease: &Lease<M>) -> Option<Stub> {
        let sampled = if self.has_shadows() {
            self.sampled.clone()
        } else {
            self.sampled.take()
        };
        Some(Stub::permitted(Arc::clone(desk), sampled?, lease.version()))
    }
}

impl<M> Waiting<M> {
    /// Takes a permit if the shadow has none; tells whether it has one.
    fn permit(&mut self, desk: &Desk) -> bool {
        self.is_permitted = self.is_permitted || desk.permits.take();
        self.is_permitted
    }
}

impl<M> Drop for Extras<M> {
    fn drop(&mut self) {
        while let Some(waiting) = self.take_first() {
            let desk = Arc::clone(waiting.lease.desk());
            self.end(&desk, waiting, DropReason::Unrun);
        }
    }
}
