//! The part of a shadow that makes it end in exactly one counted way.

use core::time::Duration;
use std::sync::Arc;

use super::{Desk, Sampled};
use crate::{
    record::{DropReason, ShadowOutcome},
    unit::UnitKey,
    version::VersionId,
};

/// How a shadow ended, and what is known about its run.
pub(crate) struct Ran {
    pub(crate) outcome: ShadowOutcome,
    pub(crate) took: Option<Duration>,
    pub(crate) excerpt: Option<Box<[u8]>>,
}

impl Ran {
    pub(crate) const fn only(outcome: ShadowOutcome) -> Ran {
        Ran {
            outcome,
            took: None,
            excerpt: None,
        }
    }
}

/// A shadow that holds a permit until it has ended; to drop it is also an ending.
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

    /// Keeps the excerpt of the primary's answer.
    #[cfg(feature = "tower")]
    pub(super) fn keep_excerpt(&mut self, excerpt: &[u8]) {
        self.sampled.keep_excerpt(excerpt);
    }

    pub(super) const fn has_excerpt(&self) -> bool {
        self.sampled.has_excerpt()
    }

    pub(super) const fn start(&mut self) {
        self.stage = Stage::Started;
    }

    pub(crate) fn end(mut self, ran: Ran) {
        self.finish(ran);
    }

    pub(super) fn drop_for(self, reason: DropReason) {
        self.end(Ran::only(ShadowOutcome::Dropped(reason)));
    }

    fn finish(&mut self, ran: Ran) {
        self.stage = Stage::Ended;
        self.sampled.end(&self.desk, self.shadow, true, ran);
    }

    fn finish_dropped(&mut self, reason: DropReason) {
        self.finish(Ran::only(ShadowOutcome::Dropped(reason)));
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        match self.stage {
            Stage::Ended => {}
            Stage::Started => self.finish_dropped(DropReason::Cancelled),
            Stage::Permitted => self.finish_dropped(DropReason::Unrun),
        }
    }
}
