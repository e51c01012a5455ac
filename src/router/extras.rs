//! What only some requests need: a second version, or a name for the records.

use std::{collections::VecDeque, sync::Arc};

use super::{cache::ThreadPlan, published::Lease, recording::Running};
use crate::{
    environment::VersionId,
    plan::Plan,
    record::{DropReason, ShadowOutcome},
    route::{Route, ShadowSet},
    shadow::{Desk, Primary, ShadowTask, Stub, contain},
    unit::{Unit, UnitKey},
};

/// Holds what a ticket has where a shadow was sampled, records are kept, or a version may fail.
pub(super) struct Extras<M> {
    /// Held where the policy lets the live version answer for a failing one.
    fallback: Option<Fallback<M>>,
    waiting: VecDeque<Waiting<M>>,
    /// The plan that decided, where records want its name.
    plan: Option<Arc<ThreadPlan>>,
    /// Who asked, where records want it and the request itself is out of reach.
    unit: Option<UnitKey>,
    primary: Option<Primary>,
    /// The request's place in the journal, while a swap is open.
    running: Option<Running>,
}

/// The live version, and the shadows that remain when it answers: it is none of itself.
pub(super) struct Fallback<M> {
    pub(super) lease: Arc<Lease<M>>,
    pub(super) shadows: ShadowSet,
}

struct Waiting<M> {
    lease: Arc<Lease<M>>,
    /// None before the shadow is counted: a ticket that is taken back was never sampled.
    stub: Option<Stub>,
}

impl<M> Extras<M> {
    /// Takes the leases that a route needs beside that of the version that answers.
    #[inline(never)]
    pub(super) fn collect(
        route: &Route,
        plan: &Plan,
        name: Option<Arc<ThreadPlan>>,
        running: Option<Running>,
        take: impl Fn(VersionId) -> Option<Arc<Lease<M>>>,
    ) -> Option<Box<Extras<M>>> {
        let fallback = if plan.falls_back(route) {
            Some(Fallback {
                lease: take(plan.live())?,
                shadows: plan.shadows_without(route.shadows(), plan.live()),
            })
        } else {
            None
        };
        let leases = plan.shadow_ids(route.shadows()).map(take);
        let waiting = leases.map(|lease| {
            Some(Waiting {
                lease: lease?,
                stub: None,
            })
        });
        Some(Box::new(Extras {
            fallback,
            waiting: waiting.collect::<Option<_>>()?,
            plan: name,
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
    pub(super) fn sample(&mut self, desk: &Arc<Desk>, route: Route, unit: &Unit<'_>) {
        if let Some(running) = &mut self.running {
            running.admit();
        }
        for waiting in &mut self.waiting {
            waiting.stub = Some(Stub::sample(
                Arc::clone(desk),
                self.plan.clone(),
                unit.key().to_owned(),
                route,
                waiting.lease.version(),
            ));
        }
    }

    /// Keeps the unit if records will want it.
    pub(super) fn remember(&mut self, unit: &Unit<'_>) {
        if self.plan.is_some() {
            self.unit = Some(unit.key().to_owned());
        }
    }

    pub(super) const fn unit(&self) -> Option<&UnitKey> {
        self.unit.as_ref()
    }

    pub(super) fn plan(&self) -> Option<&Plan> {
        self.plan.as_ref().map(|plan| &***plan)
    }

    #[cfg(feature = "tower")]
    pub(super) const fn has_fallback(&self) -> bool {
        self.fallback.is_some()
    }

    pub(super) const fn take_fallback(&mut self) -> Option<Fallback<M>> {
        self.fallback.take()
    }

    /// Notes that the live version answers; it is then no shadow of itself.
    pub(super) fn reroute(&mut self, route: Route) {
        if let Some(running) = &mut self.running {
            running.fall_back();
        }
        self.waiting
            .retain(|waiting| waiting.lease.version() != route.version());
        for waiting in &mut self.waiting {
            if let Some(stub) = &mut waiting.stub {
                stub.reroute(route);
            }
        }
    }

    pub(super) fn has_shadows(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Keeps the shadows that get a permit; tells whether any does.
    pub(super) fn take_permits(&mut self) -> bool {
        self.waiting.retain_mut(|waiting| {
            let permitted = waiting.stub.as_mut().is_some_and(Stub::permit);
            if !permitted && let Some(stub) = waiting.stub.take() {
                stub.drop_for(DropReason::NoPermit);
            }
            permitted
        });
        self.has_shadows()
    }

    pub(super) fn answered(&mut self, primary: Option<Primary>) {
        self.primary = primary;
    }

    /// Returns the next shadow that gets a permit; only then is the input asked for.
    pub(super) fn next<I>(&mut self, input: impl FnOnce() -> I) -> Option<ShadowTask<M, I>> {
        let (lease, stub) = loop {
            let Waiting { lease, stub } = self.waiting.pop_front()?;
            if let Some(mut stub) = stub {
                if stub.permit() {
                    break (lease, stub);
                }
                stub.drop_for(DropReason::NoPermit);
            }
        };
        match contain(input) {
            Some(input) => Some(ShadowTask::new(stub, lease, self.primary.clone(), input)),
            None => {
                stub.end(ShadowOutcome::Panicked);
                None
            }
        }
    }
}
