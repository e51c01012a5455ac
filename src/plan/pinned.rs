//! Routes of sessions that keep the version they began with.

use super::{LeftOut, Plan};
use crate::{
    pin::Pin,
    route::{NO_ARM, Reason, ReasonCode, Route},
    unit::Unit,
    version::VersionId,
};

impl Plan {
    /// Returns the pin that keeps a session on the version of a route.
    ///
    /// `None` for the route of another generation, whose policy this plan does not know.
    #[must_use]
    pub fn pin(&self, route: &Route) -> Option<Pin> {
        let version = self.version_of(route)?;
        Some(Pin::new(self.fingerprint(), version))
    }

    /// Decides for a unit whose session began with a version.
    ///
    /// The pin is valid if its version is live, or if the policy can give it to at least one unit.
    /// Otherwise the policy decides, with [`Reason::PinLapsed`]. A unit in the holdout gets what it
    /// would get without a pin. Shadows are drawn as for any unit. In every case the request is no
    /// evidence: its route has no arm and no propensity.
    pub fn route_pinned<'a>(&self, unit: impl Into<Unit<'a>>, pin: &Pin) -> Route {
        let unit = unit.into();
        let (route, reason) = match self.pinned_version(pin) {
            _ if self.holds_out(&unit) => (self.route(unit), Reason::Holdout),
            Some(version) => {
                let live = Route {
                    version,
                    ..self.left_out.live
                };
                let route = self.spare(&unit, live);
                let spared = route.version() != version;
                let reason = if spared {
                    Reason::Saturated
                } else {
                    Reason::Pinned
                };
                (self.add_shadows(&unit, route), reason)
            }
            None => (self.route(unit), Reason::PinLapsed),
        };
        Route {
            propensity: None,
            arm: NO_ARM,
            reason: ReasonCode::of(reason),
            ..route
        }
    }

    fn holds_out(&self, unit: &Unit<'_>) -> bool {
        self.holdout.is_some_and(|holdout| holdout.contains(unit))
    }

    fn pinned_version(&self, pin: &Pin) -> Option<VersionId> {
        self.words
            .versions
            .iter()
            .find(|named| named.label == pin.version())
            .map(|named| named.version)
            .filter(|version| self.answering.binary_search(version).is_ok())
    }

    /// Returns the versions that some unit can get under this plan, and the live one.
    pub(super) fn find_answering(&self) -> Box<[VersionId]> {
        let listed = self.listed_routes.iter().enumerate();
        let listed = listed.filter(|(list, _)| self.listed.has_units(*list));
        let listed = listed.map(|(_, route)| route.version());
        let ruled = self.ruled.iter().map(|rule| rule.served.version());
        let is_open = self.gate.is_none_or(|gate| gate.points() > 0);
        let drawn = self
            .split
            .iter()
            .filter(|_| is_open)
            .flat_map(|split| &split.segments)
            .map(Route::version);
        let LeftOut {
            held_out,
            not_within,
            out_of_layer,
            ..
        } = &self.left_out;
        let is_held_out = self.holdout.is_some_and(|holdout| holdout.points() > 0);
        let left_out = [
            is_held_out.then_some(held_out),
            self.within.as_ref().map(|_| not_within),
            self.layer.map(|_| out_of_layer),
        ];
        let left_out = left_out.into_iter().flatten().map(Route::version);
        let mut answering: Vec<_> = [self.live()]
            .into_iter()
            .chain(left_out)
            .chain(listed)
            .chain(ruled)
            .chain(drawn)
            .collect();
        answering.sort_unstable();
        answering.dedup();
        answering.into()
    }
}
