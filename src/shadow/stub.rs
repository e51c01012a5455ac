//! What makes every sampled shadow end in exactly one counted way.

use std::{borrow::Cow, sync::Arc};

use super::{Desk, contain};
use crate::{
    environment::VersionId,
    record::{Assignment, DropReason, Record, ShadowOutcome, ShadowRun},
    route::Route,
    router::ThreadPlan,
    unit::UnitKey,
};

/// Stands for one sampled shadow until it has ended; dropping it is an ending.
pub(crate) struct Stub {
    desk: Arc<Desk>,
    /// The plan that decided, where records want its name.
    plan: Option<Arc<ThreadPlan>>,
    unit: UnitKey,
    route: Route,
    shadow: VersionId,
    stage: Stage,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Stage {
    /// Sampled; nothing is held for it.
    Sampled,
    /// Holds a permit.
    Permitted,
    /// Holds a permit and runs.
    Started,
    Ended,
}

impl Stub {
    /// Counts a shadow as sampled.
    pub(crate) fn sample(
        desk: Arc<Desk>,
        plan: Option<Arc<ThreadPlan>>,
        unit: UnitKey,
        route: Route,
        shadow: VersionId,
    ) -> Stub {
        if let Some(ledger) = desk.ledger(shadow) {
            ledger.sample();
        }
        Stub {
            desk,
            plan,
            unit,
            route,
            shadow,
            stage: Stage::Sampled,
        }
    }

    pub(crate) const fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    pub(super) const fn unit(&self) -> &UnitKey {
        &self.unit
    }

    pub(super) fn primary_version(&self) -> &str {
        self.desk.label(self.route.version())
    }

    pub(super) fn version(&self) -> &str {
        self.desk.label(self.shadow)
    }

    /// Notes that another version answered than the one that was chosen.
    pub(crate) const fn reroute(&mut self, route: Route) {
        self.route = route;
    }

    /// Takes a permit if the shadow has none; tells whether it has one.
    pub(crate) fn permit(&mut self) -> bool {
        if self.stage == Stage::Sampled && self.desk.permits.take() {
            self.stage = Stage::Permitted;
        }
        self.stage != Stage::Sampled
    }

    pub(super) const fn start(&mut self) {
        self.stage = Stage::Started;
    }

    pub(crate) fn end(mut self, outcome: ShadowOutcome) {
        self.finish(outcome);
    }

    pub(crate) fn drop_for(self, reason: DropReason) {
        self.end(ShadowOutcome::Dropped(reason));
    }

    /// Records, gives the permit back, and counts: in this order, so that who sees nothing
    /// pending also sees all records made and all permits back.
    fn finish(&mut self, outcome: ShadowOutcome) {
        let permitted = matches!(self.stage, Stage::Permitted | Stage::Started);
        self.stage = Stage::Ended;
        contain(|| self.record(outcome));
        if permitted {
            self.desk.permits.give_back();
        }
        if let Some(ledger) = self.desk.ledger(self.shadow) {
            ledger.end(outcome);
        }
    }

    fn record(&self, outcome: ShadowOutcome) {
        if let (Some(recorder), Some(plan)) = (&self.desk.recorder, &self.plan) {
            recorder.record(Record::Shadow(ShadowRun {
                at: recorder.now(),
                unit: self.unit.clone(),
                assignment: Assignment::of(plan, &self.route, self.primary_version()),
                shadow: Cow::Borrowed(self.version()),
                outcome,
            }));
        }
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        match self.stage {
            Stage::Ended => {}
            Stage::Started => self.finish(ShadowOutcome::Dropped(DropReason::Cancelled)),
            Stage::Sampled | Stage::Permitted => {
                self.finish(ShadowOutcome::Dropped(DropReason::Unrun));
            }
        }
    }
}
