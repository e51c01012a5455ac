//! What the sampled shadows of one request have in common.

use std::{borrow::Cow, sync::Arc};

use super::{Desk, contain};
use crate::{
    deployment::VersionId,
    plan::Words,
    record::{Assignment, Record, ShadowOutcome, ShadowRun},
    route::Route,
    unit::UnitKey,
};

/// Holds who asked and which version answers, beside which shadows were sampled.
#[derive(Clone)]
pub(crate) struct Sampled {
    /// What the route means, where records want to know.
    words: Option<Arc<Words>>,
    unit: UnitKey,
    route: Route,
}

impl Sampled {
    pub(crate) const fn new(words: Option<Arc<Words>>, unit: UnitKey, route: Route) -> Sampled {
        Sampled { words, unit, route }
    }

    pub(super) const fn unit(&self) -> &UnitKey {
        &self.unit
    }

    pub(super) const fn primary(&self) -> VersionId {
        self.route.version()
    }

    /// Notes that another version answered than the one that was chosen.
    pub(crate) const fn reroute(&mut self, route: Route) {
        self.route = route;
    }

    /// Records, gives the permit back, and counts: in this order, so that who sees nothing
    /// pending also sees all records made and all permits back.
    pub(crate) fn end(
        &self,
        desk: &Desk,
        shadow: VersionId,
        is_permitted: bool,
        outcome: ShadowOutcome,
    ) {
        if let (Some(recorder), Some(words)) = (&desk.recorder, &self.words) {
            contain(|| {
                recorder.record(Record::Shadow(ShadowRun {
                    at: recorder.now(),
                    unit: self.unit.clone(),
                    assignment: Assignment::of(words, &self.route, desk.label(self.primary())),
                    shadow: Cow::Borrowed(desk.label(shadow)),
                    outcome,
                }));
            });
        }
        if is_permitted {
            desk.permits.give_back();
        }
        desk.count_end(shadow, outcome);
    }
}
