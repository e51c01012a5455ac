//! What a change of policy does to one unit, over all draws.

use super::{Fate, Fates, Joint, Move};
use crate::{
    policy::{Policy, PolicyError},
    unit::Unit,
};

/// Two policies of which one follows the other.
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
        // No rule has this place: lists go before rules.
        return Fate::Served {
            rule: usize::MAX,
            version,
        };
    }
    let mut rules = fates.rules.iter();
    match rules
        .position(|rule| rule.matches(unit))
        .and_then(|rule| fates.fates.get(rule))
    {
        Some(served) => *served,
        None if fates.within.is_some_and(|within| !within.matches(unit)) => Fate::LeftOut,
        None => Fate::Drawn,
    }
}
