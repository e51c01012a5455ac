//! What makes every shadow that got a permit end in exactly one counted way.

use std::sync::Arc;

use super::{Desk, Sampled};
use crate::{
    deployment::VersionId,
    record::{DropReason, ShadowOutcome},
    unit::UnitKey,
};

/// Stands for one shadow that holds a permit, until it has ended; dropping it is an ending.
pub(crate) struct Stub {
    desk: Arc<Desk>,
    sampled: Sampled,
    shadow: VersionId,
    stage: Stage,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Stage {
    Permitted,
    Started,
    Ended,
}

impl Stub {
    /// Takes over the permit that the shadow holds.
    pub(crate) const fn permitted(desk: Arc<Desk>, sampled: Sampled, shadow: VersionId) -> Stub {
        Stub {
            desk,
            sampled,
            shadow,
            stage: Stage::Permitted,
        }
    }

    pub(crate) const fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    pub(super) const fn unit(&self) -> &UnitKey {
        self.sampled.unit()
    }

    pub(super) fn primary_version(&self) -> &str {
        self.desk.label(self.sampled.primary())
    }

    pub(super) fn version(&self) -> &str {
        self.desk.label(self.shadow)
    }

    /// Notes that another version answered than the one that was chosen.
    #[cfg(feature = "tower")]
    pub(super) const fn reroute(&mut self, route: crate::route::Route) {
        self.sampled.reroute(route);
    }

    pub(super) const fn start(&mut self) {
        self.stage = Stage::Started;
    }

    pub(crate) fn end(mut self, outcome: ShadowOutcome) {
        self.finish(outcome);
    }

    pub(super) fn drop_for(self, reason: DropReason) {
        self.end(ShadowOutcome::Dropped(reason));
    }

    fn finish(&mut self, outcome: ShadowOutcome) {
        self.stage = Stage::Ended;
        self.sampled.end(&self.desk, self.shadow, true, outcome);
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        match self.stage {
            Stage::Ended => {}
            Stage::Started => self.finish(ShadowOutcome::Dropped(DropReason::Cancelled)),
            Stage::Permitted => self.finish(ShadowOutcome::Dropped(DropReason::Unrun)),
        }
    }
}
