//! Units that guards of several servers have seen on both sides.

use std::collections::{BTreeMap, BTreeSet};

use super::RateGuard;

impl RateGuard {
    /// Returns how many units had first bad events on both sides under one share, by these guards.
    ///
    /// Sticky units have none: more than a few mean that servers decide by different secrets, or
    /// take the side from elsewhere than the decision. A merged guard keeps one side of each, by a
    /// bit of the unit's hash, so this must be asked of the guards as they were handed in. Of a
    /// unit that was seen on one server alone only the first event is known.
    #[must_use]
    pub fn changed_side<'a>(guards: impl IntoIterator<Item = &'a RateGuard>) -> u64 {
        let sets: Vec<_> = guards
            .into_iter()
            .filter_map(RateGuard::seen_units)
            .collect();
        let level = sets.iter().map(|set| set.level()).max().unwrap_or_default();
        let mut seen = BTreeMap::new();
        let mut changed = BTreeSet::new();
        for (key, side, share) in sets.iter().flat_map(|set| set.first_events(level)) {
            if *seen.entry((key, share)).or_insert(side) != side {
                changed.insert(key);
            }
        }
        changed.len() as u64
    }
}
