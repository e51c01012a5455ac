//! What a policy compiles to: the pure function from a unit to a route.

mod compiler;
mod explain;
mod head;
mod outcomes;
mod partition;
mod pinned;
mod propensities;
mod range;
mod shadows;
mod words;

use std::sync::Arc;

use crate::{
    audience::Audience,
    bucket::Draw,
    fingerprint::Fingerprint,
    policy::{OnError, UnitTable},
    route::{Route, ShadowSet},
    split::Finder,
    unit::Unit,
    version::VersionId,
};

pub use explain::{Explanation, Step};
pub(crate) use head::{Head, HeadKind, is_above};
pub use partition::Partition;
use range::Range;
pub(crate) use words::Words;

/// A compiled policy: the pure function from a unit to a route.
///
/// A plan is immutable and pure: [`route`](Plan::route) depends only on the unit. So a policy can
/// be tested on its plan, with no router, no model and no thread.
///
/// ```
/// use switchstand::Policy;
/// let policy = Policy::canary("ranker-2026-11", "v2", "100%".parse()?);
/// let plan = policy.compile("v1", ["v2"])?; // as if v1 were live, and v2 validated
/// assert_eq!(plan.version_of(&plan.route("user-42")), Some("v2"));
/// println!("{}", plan.explain("user-42"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// | in the order of use | methods |
/// |---|---|
/// | decide | [`route`](Plan::route), [`partition`](Plan::partition) |
/// | in words | [`version_of`](Plan::version_of), [`arm_of`](Plan::arm_of), [`assignment`](Plan::assignment), [`shadows_of`](Plan::shadows_of) |
/// | why, and how probably | [`explain`](Plan::explain), [`propensities`](Plan::propensities) |
/// | keep a session on its version | [`pin`](Plan::pin), [`route_pinned`](Plan::route_pinned) |
/// | which plan it is | [`release`](Plan::release), [`fingerprint`](Plan::fingerprint), [`generation`](Plan::generation) |
#[derive(Clone, Debug)]
pub struct Plan {
    words: Arc<Words>,
    on_error: OnError,
    head: Head,
    holdout: Option<Range>,
    listed: Arc<UnitTable>,
    /// The routes of the units of each list.
    listed_routes: Box<[Route]>,
    rules: Arc<[Audience]>,
    /// The routes of the units of each rule.
    ruled: Box<[Ruled]>,
    within: Option<Audience>,
    layer: Option<Range>,
    gate: Option<Range>,
    /// Whether the gate alone decides between two versions.
    is_canary: bool,
    split: Option<Drawn>,
    overrides: Option<Permitted>,
    sheds: Box<[ShedDraw]>,
    /// Routes of the units that no rule serves and no draw includes.
    left_out: LeftOut,
    shadows: Box<[ShadowDraw]>,
    /// The versions that some unit can get, in the order of their numbers.
    answering: Box<[VersionId]>,
}

/// The routes of the units of one rule.
#[derive(Clone, Copy, Debug)]
struct Ruled {
    served: Route,
    held_out: Route,
}

/// A split's draw and the route of each of its segments.
#[derive(Clone, Debug)]
struct Drawn {
    draw: Draw,
    finder: Arc<Finder>,
    segments: Box<[Route]>,
}

impl Drawn {
    #[inline]
    fn route(&self, unit: &Unit<'_>) -> Option<&Route> {
        self.segments
            .get(self.finder.segment_at(self.draw.point(unit.key())))
    }
}

/// The routes of units that take no part: of the live version, or of the version for units that are
/// kept out.
#[derive(Clone, Copy, Debug)]
struct LeftOut {
    live: Route,
    held_out: Route,
    not_within: Route,
    not_within_held_out: Route,
    out_of_layer: Route,
    out_of_gate: Route,
}

/// The versions that a request may ask for, and their routes.
#[derive(Clone, Debug)]
struct Permitted {
    within: Option<Audience>,
    routes: Box<[(String, Route)]>,
}

/// The draw by which an overloaded version gives units to the live one.
#[derive(Clone, Copy, Debug)]
struct ShedDraw {
    version: VersionId,
    range: Range,
}

/// The draw of a version that runs as a shadow.
#[derive(Clone, Copy, Debug)]
struct ShadowDraw {
    version: VersionId,
    range: Range,
}

/// A label and the version behind it.
#[derive(Clone, Debug)]
struct Named {
    label: String,
    version: VersionId,
}

impl Plan {
    /// Decides which version answers for a unit.
    ///
    /// The same unit gets the same route from every plan of the same policy, on every server.
    #[inline(always)]
    pub fn route<'a>(&self, unit: impl Into<Unit<'a>>) -> Route {
        self.decide(&unit.into())
    }

    /// Decides for a borrowed unit, because a copy of it costs as much as a rule.
    #[inline(always)]
    pub(crate) fn decide(&self, unit: &Unit<'_>) -> Route {
        let route = match self.head.kind {
            HeadKind::Cut | HeadKind::Constant => self.head.route(unit),
            HeadKind::Split => self.route_by_split(unit),
            HeadKind::Beyond => self.route_by_rules(unit),
        };
        if self.shadows.is_empty() {
            route
        } else {
            self.add_shadows(unit, route)
        }
    }

    #[inline(never)]
    fn route_by_split(&self, unit: &Unit<'_>) -> Route {
        let split = self.split.as_ref();
        *split
            .and_then(|split| split.route(unit))
            .unwrap_or(&self.left_out.live)
    }

    #[inline(never)]
    fn route_by_rules(&self, unit: &Unit<'_>) -> Route {
        let route = match &self.holdout {
            Some(holdout) if holdout.contains(unit) => self.hold_out(unit),
            _ => *self.serve(unit),
        };
        if self.sheds.is_empty() {
            route
        } else {
            self.spare(unit, route)
        }
    }

    /// Returns the route with the shadows of its unit.
    ///
    /// Why a match: if one byte is stored into a route just before the whole route is loaded, store
    /// forwarding fails, and the load waits until the store has left the buffer. If the byte were
    /// always written, it would cost 0.55 times the hash. Most units have no shadow, and then
    /// nothing is written.
    #[inline(always)]
    fn add_shadows(&self, unit: &Unit<'_>, route: Route) -> Route {
        match self.shadows_beside(unit, route.version) {
            ShadowSet(0) => route,
            ShadowSet(shadows) => Route { shadows, ..route },
        }
    }

    /// Lets the live version answer for an overloaded one, by a draw of its own.
    #[inline(never)]
    fn spare(&self, unit: &Unit<'_>, route: Route) -> Route {
        let mut sheds = self.sheds.iter();
        match sheds.find(|shed| shed.version == route.version) {
            Some(shed) if shed.range.contains(unit) => route.saturated(self.live()),
            _ => route,
        }
    }

    /// Returns the route of the version that the request asks for, where the policy allows it.
    #[inline(never)]
    fn permit(&self, unit: &Unit<'_>, wanted: &str) -> Option<&Route> {
        let overrides = self.overrides.as_ref()?;
        if overrides
            .within
            .as_ref()
            .is_some_and(|within| !within.matches(unit))
        {
            return None;
        }
        overrides
            .routes
            .iter()
            .find(|(label, _)| label == wanted)
            .map(|(_, route)| route)
    }

    fn serve(&self, unit: &Unit<'_>) -> &Route {
        if let Some(wanted) = unit.wanted()
            && let Some(route) = self.permit(unit, wanted)
        {
            return route;
        }
        if !self.listed_routes.is_empty()
            && let Some(route) = self.listed(unit)
        {
            return route;
        }
        if let Some(rule) = self.rule(unit) {
            return &rule.served;
        }
        if self.is_kept_out(unit) {
            return &self.left_out.not_within;
        }
        if self
            .layer
            .as_ref()
            .is_some_and(|layer| !layer.contains(unit))
        {
            return &self.left_out.out_of_layer;
        }
        let is_in = self.gate.as_ref().is_none_or(|gate| gate.contains(unit));
        match &self.split {
            None => &self.left_out.live,
            Some(split) => match &*split.segments {
                // All units that pass get the same route. It is selected without a branch, because
                // the processor mispredicts a branch on a random draw.
                [only] => core::hint::select_unpredictable(is_in, only, &self.left_out.out_of_gate),
                _ if !is_in => &self.left_out.out_of_gate,
                _ => split.route(unit).unwrap_or(&self.left_out.live),
            },
        }
    }

    /// Tells whether the unit is outside of the audience among which is drawn.
    #[inline]
    fn is_kept_out(&self, unit: &Unit<'_>) -> bool {
        // A function of its own: inlined, it would cost registers in plans without such an
        // audience.
        #[inline(never)]
        fn is_outside(within: &Audience, unit: &Unit<'_>) -> bool {
            !within.matches(unit)
        }
        let within = self.within.as_ref();
        within.is_some_and(|within| is_outside(within, unit))
    }

    /// Returns the route of a unit that is listed by name.
    #[inline(never)]
    fn listed(&self, unit: &Unit<'_>) -> Option<&Route> {
        self.listed_routes.get(self.listed.list_of(unit.key())?)
    }

    /// Returns the routes of the first rule that matches the unit.
    #[inline(always)]
    fn rule(&self, unit: &Unit<'_>) -> Option<&Ruled> {
        // Not `find` with a closure: that would be a call.
        for (rule, ruled) in self.rules.iter().zip(&self.ruled) {
            if rule.matches(unit) {
                return Some(ruled);
            }
        }
        None
    }

    /// Returns the route of a held-out unit; its propensity depends on the rule that would have
    /// served it.
    #[cold]
    #[inline(never)]
    fn hold_out(&self, unit: &Unit<'_>) -> Route {
        let route = match self.rule(unit) {
            Some(rule) => rule.held_out,
            None if self.is_kept_out(unit) => self.left_out.not_within_held_out,
            None => self.left_out.held_out,
        };
        let asked = unit
            .wanted()
            .is_some_and(|wanted| self.permit(unit, wanted).is_some());
        if asked || self.listed(unit).is_some() {
            Route {
                propensity: None,
                ..route
            }
        } else {
            route
        }
    }

    /// Returns the content hash of the policy, equal on every server.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.words.fingerprint()
    }

    /// Returns the generation at which the plan was published; 0 if it never was.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.words.generation()
    }

    /// Returns the release's name.
    #[must_use]
    pub fn release(&self) -> &str {
        self.words.release()
    }

    /// Returns the words, which are kept when another plan is in force.
    pub(crate) const fn words(&self) -> &Arc<Words> {
        &self.words
    }

    /// Iterates over the versions that a request may need, in the order of their numbers.
    pub(crate) fn version_ids(&self) -> impl Iterator<Item = VersionId> {
        self.words.versions.iter().map(|named| named.version)
    }

    /// Returns the head if it alone makes the whole route.
    pub(crate) const fn whole(&self) -> Option<&Head> {
        if self.shadows.is_empty() {
            Some(&self.head)
        } else {
            None
        }
    }

    /// Tells whether the live version answers if the route's own fails.
    pub(crate) fn falls_back(&self, route: &Route) -> bool {
        self.on_error == OnError::Live && route.version != self.live()
    }

    /// Tells whether a request may touch more versions than the one that answers.
    #[inline]
    pub(crate) fn needs_more(&self, route: &Route) -> bool {
        !route.shadows().is_empty() || self.falls_back(route)
    }

    pub(crate) const fn live(&self) -> VersionId {
        self.left_out.live.version
    }
}
