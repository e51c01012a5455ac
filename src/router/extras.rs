//! What only some requests need: a second version, or a name for the records.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{recording::Running, snapshot::Snapshot};
use crate::{
    record::{DropReason, ShadowOutcome},
    route::{Route, ShadowSet},
    shadow::{Desk, Lease, Primary, Sampled, ShadowTask, Stub, contain},
    sync::Strong,
    unit::{Unit, UnitKey},
};

/// Holds what a ticket has where a shadow was sampled, records are kept, or a version may fail.
pub(super) struct Extras<M> {
    /// Held where the policy lets the live version answer for a failing one.
    fallback: Option<Fallback<M>>,
    /// One has room without an allocation of its own.
    waiting: SmallVec<[Waiting<M>; 1]>,
    /// What all waiting shadows run beside; none before they are counted, for a ticket that is
    /// taken back was never sampled.
    sampled: Option<Sampled>,
    /// Whether records are kept of the request.
    is_recorded: bool,
    /// Who asked, where records want it and the request itself is out of reach.
    unit: Option<UnitKey>,
    primary: Option<Primary>,
    /// The request's place in the journal, while a swap is open.
    running: Option<Running>,
}

/// The live version, and the shadows that remain when it answers: it is none of itself.
pub(super) struct Fallback<M> {
    pub(super) lease: Strong<Lease<M>>,
    pub(super) shadows: ShadowSet,
}

struct Waiting<M> {
    lease: Strong<Lease<M>>,
    is_permitted: bool,
}

impl<M> Extras<M> {
    /// Takes the leases that a route needs beside that of the version that answers.
    #[inline(never)]
    pub(super) fn collect(
        route: &Route,
        snapshot: &Snapshot<M>,
        is_recorded: bool,
        running: Option<Running>,
    ) -> Option<Box<Extras<M>>> {
        let plan = &*snapshot.plan;
        let fallback = if plan.falls_back(route) {
            Some(Fallback {
                lease: snapshot.lease(plan.live())?,
                shadows: plan.shadows_without(route.shadows(), plan.live()),
            })
        } else {
            None
        };
        let mut waiting = SmallVec::new();
        for id in plan.shadow_ids(route.shadows()) {
            waiting.push(Waiting {
                lease: snapshot.lease(id)?,
                is_permitted: false,
            });
        }
        Some(Box::new(Extras {
            fallback,
            waiting,
            sampled: None,
            is_recorded,
            unit: None,
            primary: None,
            running,
        }))
    }

    pub(super) const fn running_mut(&mut self) -> Option<&mut Running> {
        self.running.as_mut()
    }

    /// Counts the shadows: from here on each ends in exactly one counted way.
    ///
    /// The same holds for the request's place in the journal.
    pub(super) fn sample(&mut self, lease: &Lease<M>, route: Route, unit: &Unit<'_>) {
        if let Some(running) = &mut self.running {
            running.admit();
        }
        if self.has_shadows() {
            self.sampled = Some(Sampled::new(
                self.is_recorded.then(|| Arc::clone(lease.words())),
                unit.key().to_owned(),
                route,
            ));
            for waiting in &self.waiting {
                lease.desk().sample(waiting.lease.version());
            }
        }
    }

    /// Keeps the unit if records will want it.
    pub(super) fn remember(&mut self, unit: &Unit<'_>) {
        if self.is_recorded {
            self.unit = Some(unit.key().to_owned());
        }
    }

    pub(super) const fn unit(&self) -> Option<&UnitKey> {
        self.unit.as_ref()
    }

    #[cfg(feature = "tower")]
    pub(super) const fn has_fallback(&self) -> bool {
        self.fallback.is_some()
    }

    pub(super) const fn take_fallback(&mut self) -> Option<Fallback<M>> {
        self.fallback.take()
    }

    /// Notes that the live version answers; it is then no shadow of itself.
    pub(super) fn reroute(&mut self, desk: &Desk, route: Route) {
        if let Some(running) = &mut self.running {
            running.fall_back();
        }
        self.end_unless(desk, DropReason::Unrun, |waiting| {
            waiting.lease.version() != route.version()
        });
        if let Some(sampled) = &mut self.sampled {
            sampled.reroute(route);
        }
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
            sampled.end(desk, version, is_permitted, ShadowOutcome::Dropped(reason));
        }
    }

    pub(super) fn answered(&mut self, primary: Option<Primary>) {
        self.primary = primary;
    }

    /// Returns the next shadow that gets a permit; only then is the input asked for.
    pub(super) fn next<I>(
        &mut self,
        desk: &Arc<Desk>,
        input: impl FnOnce() -> I,
    ) -> Option<ShadowTask<M, I>> {
        self.sampled.as_ref()?;
        let lease = loop {
            let mut waiting = self.take_first()?;
            if waiting.permit(desk) {
                break waiting.lease;
            }
            self.end(desk, waiting, DropReason::NoPermit);
        };
        let sampled = if self.has_shadows() {
            self.sampled.clone()
        } else {
            self.sampled.take()
        };
        let stub = Stub::permitted(Arc::clone(desk), sampled?, lease.version());
        match contain(input) {
            Some(input) => Some(ShadowTask::new(stub, lease, self.primary.clone(), input)),
            None => {
                contain(|| drop(lease));
                stub.end(ShadowOutcome::Panicked);
                None
            }
        }
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
