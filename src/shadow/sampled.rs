//! What the sampled shadows of one request have in common.

use std::{borrow::Cow, sync::Arc};

use super::{Desk, Ran};
use crate::{
    assignment::Assignment,
    observer::Observers,
    plan::Words,
    record::{ShadowOutcome, ShadowRun},
    route::Route,
    unit::UnitKey,
    version::VersionId,
};

/// A request with sampled shadows: who asked, and which version answers.
#[derive(Clone)]
pub(crate) struct Sampled {
    /// The observers to be told, and the words in which they are told the route.
    observers: Option<(Arc<Observers>, Arc<Words>)>,
    unit: UnitKey,
    route: Route,
    /// The excerpt of the primary's answer.
    excerpt: Option<Arc<[u8]>>,
}

impl Sampled {
    pub(crate) const fn new(
        observers: Option<(Arc<Observers>, Arc<Words>)>,
        unit: UnitKey,
        route: Route,
    ) -> Sampled {
        Sampled {
            observers,
            unit,
            route,
            excerpt: None,
        }
    }

    pub(super) const fn unit(&self) -> &UnitKey {
        &self.unit
    }

    pub(super) const fn primary(&self) -> VersionId {
        self.route.version()
    }

    /// Tells whether an excerpt of the primary's answer is kept, and so one of the shadow's.
    pub(super) const fn has_excerpt(&self) -> bool {
        self.excerpt.is_some()
    }

    /// Notes that another version answered than the one that was chosen.
    pub(crate) const fn reroute(&mut self, route: Route) {
        self.route = route;
    }

    /// Keeps the excerpt of the primary's answer, for observers of the shadow.
    pub(crate) fn keep_excerpt(&mut self, excerpt: &[u8]) {
        if self.observers.is_some() {
            self.excerpt = Some(Arc::from(excerpt));
        }
    }

    /// Tells the observers, gives the permit back, and counts.
    ///
    /// Why in this order: other threads wait for the count. When a thread reads 0 pending, all
    /// observers have been told and all permits are back (law S3). In any other order it could see
    /// up to one unfinished shadow of each thread.
    pub(crate) fn end(&self, desk: &Desk, shadow: VersionId, is_permitted: bool, ran: Ran) {
        if let Some((observers, words)) = &self.observers {
            let run = ShadowRun {
                at: desk.now(),
                unit: Cow::Borrowed(&self.unit),
                assignment: Assignment::of(words, &self.route, desk.label(self.primary())),
                shadow: Cow::Borrowed(desk.label(shadow)),
                outcome: ran.outcome,
                took: ran.took,
                primary_excerpt: self.excerpt.as_deref().map(Cow::Borrowed),
                excerpt: ran.excerpt.as_deref().map(Cow::Borrowed),
            };
            observers.tell(|observer| observer.shadow(&run));
        }
        if is_permitted {
            desk.permits.give_back();
        }
        desk.count_end(shadow, ran.outcome);
    }

    /// Ends a shadow that was never run.
    pub(crate) fn drop_for(
        &self,
        desk: &Desk,
        shadow: VersionId,
        is_permitted: bool,
        outcome: ShadowOutcome,
    ) {
        self.end(desk, shadow, is_permitted, Ran::only(outcome));
    }
}
