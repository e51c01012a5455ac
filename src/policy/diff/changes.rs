//! What a change of policy does to one unit, over all draws.

use super::{Fate, Fates, Joint, Move};
use crate::{
    policy::{Policy, PolicyError},
    unit::Unit,
};

/// Two policies; the second replaces the first.
pub(crate) struct Changes<'a> {
    old: (&'a Policy, Fates<'a>),
    new: (&'a Policy, Fates<'a>),
    joint: Joint<'a>,
}

impl<'a> Changes<'a> {
    pub(crate) fn between(
        old: &'a Policy,
        new: &'a Policy,
        live: Option<&'a str>,
    ) -> Result<Changes<'a>, PolicyError> {
        Ok(Changes {
            old: (old, Fates::of(old)),
            new: (new, Fates::of(new)),
            joint: Joint::new(old, new, live)?,
        })
    }

    /// Returns how units with this key and these attributes move, as shares of their draws.
    pub(crate) fn moves_of(&self, unit: &Unit<'_>) -> Vec<Move> {
        let (before, after) = (fate(&self.old, unit), fate(&self.new, unit));
        self.joint.moves(&before, &after)
    }
}

fn fate<'a>((policy, fates): &(&'a Policy, Fates<'a>), unit: &Unit<'_>) -> Fate<'a> {
    let is_listed =
        |listed: &&crate::policy::Listed| listed.keys.iter().any(|key| key.as_key() == unit.key());
    if let Some(listed) = policy.units.iter().find(is_listed) {
        let version = &listed.version;
        // No rule has this place, because lists come before rules.
        return Fate::Served {
            rule: usize::MAX,
            version,
        };
    }
    let mut rules = fates.rules.iter();
    match rules
        .position(|(rule, _)| rule.matches(unit))
        .and_then(|rule| fates.fates.get(rule))
    {
        Some(served) => *served,
        None if fates
            .within
            .is_some_and(|(within, _)| !within.matches(unit)) =>
        {
            Fate::LeftOut
        }
        None => Fate::Drawn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{audience::attr, share::Share};

    /// Tells whether a unit moves at all from one policy to the other.
    fn moves(old: &Policy, new: &Policy, unit: Unit<'_>) -> bool {
        let changes = Changes::between(old, new, Some("v1")).unwrap();
        !changes.moves_of(&unit).is_empty()
    }

    #[test]
    fn the_end_of_a_list_moves_the_listed_and_nobody_else() {
        let live = Policy::live_only("ranker");
        let listed = Policy::live_only("ranker").with_units("v2", ["ana"]);
        assert!(moves(&listed, &live, Unit::from("ana")));
        assert!(!moves(&listed, &live, Unit::from("bob")));
    }

    #[test]
    fn a_canary_within_an_audience_moves_that_audience_and_nobody_else() {
        let live = Policy::live_only("ranker");
        let canary = Policy::canary("ranker", "v2", Share::ALL);
        let canary = canary.within(attr("tier").is("paid"));
        let paid = [("tier", "paid")];
        assert!(moves(&live, &canary, Unit::from("ana").with(&paid)));
        assert!(!moves(&live, &canary, Unit::from("ana")));
    }
}
