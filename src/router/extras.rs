//! What only some requests need: a second version, a place in the journal, a name for observers.

mod shadows;

use core::time::Duration;
use std::sync::Arc;

use smallvec::SmallVec;

use super::{recording::Running, snapshot::Snapshot};
use crate::{
    outcome::Ending,
    record::DropReason,
    route::{Route, ShadowSet},
    shadow::{Desk, Lease, Primary, Sampled},
    sync::Strong,
    timestamp::Timestamp,
    unit::{Unit, UnitKey},
};

/// What a ticket needs only if a shadow was sampled, observers are told, or the live version may
/// step in.
pub(super) struct Extras<M> {
    stand_in: StandIn<M>,
    /// One shadow has room without an allocation.
    waiting: SmallVec<[Waiting<M>; 1]>,
    /// The request that the waiting shadows belong to. `None` until they are counted: an admission
    /// that is tried again, because a publication came between, must not count them.
    sampled: Option<Sampled>,
    /// The unit's key, if observers need it after the request itself is gone.
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
    /// Its lease, held until it is asked, and the shadows that then remain: a version is never its
    /// own shadow.
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
    /// How the request ended for the version drawn. The live version's ending does not change it.
    pub(super) drawn: Ending,
}

struct Waiting<M> {
    lease: Strong<Lease<M>>,
    is_permitted: bool,
}

impl<M> Extras<M> {
    /// Returns empty extras.
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

    /// Keeps the unit's key and the time for observers, who are told after the request is gone.
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

    /// Lets the live version answer after the one drawn has ended as `ended` says. Then it is no
    /// longer a shadow of this request.
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

    /// Notes that the answer has begun and has not ended.
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

    pub(super) fn keep_primary(&mut self, primary: Option<Primary>) {
        self.primary = primary;
        self.is_not_comparable = false;
    }

    /// Notes that this answer is not compared. A later one may be: for a stream, its transcript.
    pub(super) const fn keep_not_comparable(&mut self) {
        self.is_not_comparable = true;
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
