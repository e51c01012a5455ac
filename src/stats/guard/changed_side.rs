//! Units that guards of several servers have seen on both sides.

use super::{RateGuard, Side};

impl RateGuard {
    /// Returns how many units had first bad events on both sides under one share, by these guards.
    ///
    /// Sticky units never do: more than a few mean that servers use different secrets, or do not
    /// take the side from the decision. A merged guard keeps only one side of each, by a bit of the
    /// unit's hash, so call this with the guards of single servers. Of a unit that was seen on one
    /// server alone only the first event is known.
    #[must_use]
    pub fn changed_side<'a>(guards: impl IntoIterator<Item = &'a RateGuard>) -> u64 {
        let sets: Vec<_> = guards
            .into_iter()
            .filter_map(RateGuard::seen_units)
            .collect();
        let level = sets.iter().map(|set| set.level()).max().unwrap_or_default();
        let mut events: Vec<_> = sets
            .iter()
            .flat_map(|set| set.first_events(level))
            .map(|(key, side, share)| (key, share, side == Side::Candidate))
            .collect();
        // In their order a unit's two sides under one share stand side by side.
        events.sort_unstable();
        let neighbours = events.iter().zip(events.iter().skip(1));
        let changed = neighbours.filter(|((key, share, side), (next, same, other))| {
            (key, share) == (next, same) && side != other
        });
        let mut units: Vec<u64> = changed.map(|((key, ..), _)| *key).collect();
        units.dedup();
        units.len() as u64
    }
}
