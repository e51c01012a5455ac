//! Which versions a unit might get, over all draws.

use super::{Plan, Range, Ruled};
use crate::{
    route::{Propensity, Route},
    sorting::sort_by,
    unit::Unit,
    version::VersionId,
};

impl Plan {
    /// Lists the versions that a unit with these attributes may get, with their propensities.
    ///
    /// They are over all draws; [`route`](Plan::route) says which version this unit gets. A version
    /// that is not in the list has a probability of 0, or below 2^-62. The probabilities add up to
    /// 1, less what overloaded versions shed: shed units get the live version, without a
    /// propensity. An override or a list makes a version certain.
    ///
    /// ```
    /// use switchstand::{Policy, Share};
    /// let canary = Policy::canary("ranker-2026-11", "v2", Share::percent(25)?);
    /// let plan = canary.compile("v1", ["v2"])?;
    /// let chances: Vec<_> = plan
    ///     .propensities("user-42")
    ///     .into_iter()
    ///     .map(|(version, propensity)| (version, propensity.as_fraction()))
    ///     .collect();
    /// assert_eq!(chances, [("v1", 0.75), ("v2", 0.25)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn propensities<'a>(&self, unit: impl Into<Unit<'a>>) -> Vec<(&str, Propensity)> {
        let unit = unit.into();
        let rule = self.rule(&unit);
        let chosen = unit.wanted().and_then(|wanted| self.permit(&unit, wanted));
        let mut chances: Vec<(VersionId, Propensity)> = Vec::new();
        let mut add = |route: &Route| {
            let Some(propensity) = route.propensity.filter(|&p| p > NEVER) else {
                return;
            };
            if chances.iter().all(|(version, _)| *version != route.version) {
                chances.push((route.version, propensity));
            }
        };
        if let Some(certain) = chosen.or_else(|| self.listed(&unit)) {
            self.certain(certain.version).iter().for_each(add);
        } else if let Some(Ruled {
            served, held_out, ..
        }) = rule
        {
            [held_out, served].into_iter().for_each(add);
        } else if self.is_kept_out(&unit) {
            add(&self.left_out.not_within);
        } else {
            add(&self.left_out.out_of_gate);
            add(&self.left_out.held_out);
            let split = self.split.iter().flat_map(|split| &split.segments);
            split.for_each(add);
        }
        sort_by(&mut chances, |(left, _), (right, _)| left.cmp(right));
        chances
            .into_iter()
            .filter_map(|(version, propensity)| Some((self.words.label_of(version)?, propensity)))
            .collect()
    }

    /// Returns the routes of a unit that gets this version for certain, unless it is held out.
    fn certain(&self, version: VersionId) -> [Route; 2] {
        let of = |range: &Option<Range>| {
            range.map_or(0, |range| Propensity::raw_of_points(range.points()))
        };
        let live = self.left_out.live;
        let out = self.left_out.held_out.version;
        let held_out = if version == out { 0 } else { of(&self.holdout) };
        let shed = self.sheds.iter().find(|shed| shed.version == version);
        let kept = Propensity::raw_complement(of(&shed.map(|shed| shed.range)));
        let served = Propensity::raw_product(Propensity::raw_complement(held_out), kept);
        [(out, held_out), (version, served)].map(|(version, raw)| Route {
            version,
            propensity: Some(Propensity::from_raw(raw)),
            ..live
        })
    }
}

/// The propensity to which that of an impossible version is rounded up.
const NEVER: Propensity = Propensity::from_raw(1);
