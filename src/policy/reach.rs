//! Which versions a policy can give to a unit, over all draws.

use super::Policy;
use crate::{
    audience::{Audience, TooMany, Witness, sampled, witnesses},
    route::Reason,
    share::Share,
    unit::{Unit, UnitKey},
};

/// A version that a unit can get (`None` is the live one), and the rule by which it does.
pub(crate) type Reached<'a> = (Option<&'a str>, Reason);

impl Policy {
    /// Returns the versions that a unit with this key and these attributes can get over all
    /// draws, while every version that the policy names may answer.
    pub(crate) fn reach(&self, unit: &Unit<'_>) -> Vec<Reached<'_>> {
        let kept_out = self.kept_out.as_deref();
        let mut reached = Vec::new();
        if let Some(holdout) = &self.holdout {
            reached.extend((holdout.share > Share::NONE).then_some((kept_out, Reason::Holdout)));
            if holdout.share == Share::ALL {
                return reached;
            }
        }
        if let Some(overrides) = &self.overrides
            && overrides
                .within
                .as_ref()
                .is_none_or(|within| within.matches(unit))
        {
            let versions = overrides.versions.iter();
            reached.extend(versions.map(|version| (Some(version.as_str()), Reason::Override)));
        }
        if let Some(version) = self.served_to(unit) {
            reached.push(version);
            return reached;
        }
        if self
            .drawn_within()
            .is_some_and(|within| !within.matches(unit))
        {
            reached.push((kept_out, Reason::Audience));
            return reached;
        }
        if let Some(layer) = &self.layer
            && (layer.from > Share::NONE || layer.to < Share::ALL)
        {
            reached.push((kept_out, Reason::Layer));
        }
        reached.extend(self.drawn());
        reached
    }

    /// Returns the version that a list or a rule gives to the unit.
    fn served_to(&self, unit: &Unit<'_>) -> Option<Reached<'_>> {
        let is_listed = |keys: &[UnitKey]| keys.iter().any(|key| key.as_key() == unit.key());
        let listed = self.units.iter().find(|listed| is_listed(&listed.keys));
        if let Some(listed) = listed {
            return Some((Some(&listed.version), Reason::Listed));
        }
        let (_, version) = self.served().find(|(audience, _)| audience.matches(unit))?;
        Some((Some(version), Reason::Audience))
    }

    /// Returns what gate and split can give.
    fn drawn(&self) -> Vec<Reached<'_>> {
        let (gate, arms): (_, Vec<_>) = match (&self.canary, &self.ab_test) {
            (Some(canary), _) => (canary.share, vec![(canary.version.as_str(), Reason::Gate)]),
            (None, Some(test)) => {
                let arms = test.arms.iter().filter(|arm| arm.weight > 0);
                let arms = arms.map(|arm| (arm.version.as_str(), Reason::Split));
                (test.gate.unwrap_or(Share::ALL), arms.collect())
            }
            (None, None) => return vec![(None, Reason::Live)],
        };
        let passed = arms.into_iter().filter(|_| gate > Share::NONE);
        let passed = passed.map(|(version, reason)| (Some(version), reason));
        let kept_out = (gate < Share::ALL).then_some((None, Reason::Gate));
        passed.chain(kept_out).collect()
    }

    /// Returns all audiences that the policy asks.
    pub(crate) fn audiences(&self) -> Vec<&Audience> {
        let asking = self
            .overrides
            .iter()
            .filter_map(|wish| wish.within.as_ref());
        let served = self.served().map(|(audience, _)| audience);
        served.chain(asking).chain(self.drawn_within()).collect()
    }

    /// Returns the lists of keys of the units that are served by name.
    pub(crate) fn lists(&self) -> impl Iterator<Item = &[UnitKey]> {
        self.units.iter().map(|listed| &*listed.keys)
    }

    /// Returns one unit for each kind of unit that these policies and audiences distinguish.
    pub(crate) fn kinds_of_units<'a>(
        policies: &[&'a Policy],
        audience: Option<&'a Audience>,
        limit: usize,
    ) -> Result<Vec<Witness>, TooMany> {
        let audiences = policies.iter().flat_map(|policy| policy.audiences());
        let audiences: Vec<_> = audiences.chain(audience).collect();
        let lists: Vec<_> = policies.iter().flat_map(|policy| policy.lists()).collect();
        witnesses(&audiences, &lists, limit)
    }

    /// Names a condition for which the kinds of units are only a sample; `None` if they are all.
    pub(crate) fn sampled(policies: &[&Policy], audience: Option<&Audience>) -> Option<String> {
        let audiences = policies.iter().flat_map(|policy| policy.audiences());
        let audiences: Vec<_> = audiences.chain(audience).collect();
        let mut lists = policies.iter().flat_map(|policy| policy.lists());
        sampled(&audiences, lists.next().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canary() -> Policy {
        Policy::canary("ranker", "v2", Share::ALL)
    }

    #[test]
    fn a_holdout_of_nobody_reaches_nobody() {
        let held_out = |share| {
            let policy = canary().with_holdout("holdout", share);
            let reached = policy.reach(&Unit::from("ana"));
            reached.contains(&(None, Reason::Holdout))
        };
        assert!(!held_out(Share::NONE));
        assert!(held_out(Share::percent(1).unwrap()));
        assert!(held_out(Share::ALL));
    }

    #[test]
    fn a_layer_leaves_units_out_on_either_side_of_its_stretch() {
        let left_out = |from: u32, to: u32| {
            let (from, to) = (Share::percent(from).unwrap(), Share::percent(to).unwrap());
            let policy = canary().with_layer("layer", from, to);
            let reached = policy.reach(&Unit::from("ana"));
            reached.contains(&(None, Reason::Layer))
        };
        assert!(!left_out(0, 100));
        assert!(left_out(10, 100));
        assert!(left_out(0, 90));
    }
}
