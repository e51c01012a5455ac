//! How sets of units are merged.

use super::super::kept_events::{KeptEvents, Late};
use super::{Label, SeenUnits, Side, StageTally, index_of};
use crate::stats::Refusal;

impl SeenUnits {
    /// Adds the units and events of `other`, each unit once.
    ///
    /// # Errors
    /// [`Refusal::Mismatch`] if capacities or margins differ, [`Refusal::TooManyShares`] as
    /// [`StageTally::record`]; then `self` is unchanged.
    pub fn merge(&mut self, other: &SeenUnits) -> Result<(), Refusal> {
        if self.capacity != other.capacity {
            let what = "the capacity of the set of units";
            return Err(Refusal::Mismatch { what });
        }
        if self.margins != other.margins {
            let what = "their margins";
            return Err(Refusal::Mismatch { what });
        }
        let mut merged = self.clone();
        merged.level = self.level.max(other.level);
        let level = merged.level;
        merged.units.sweep(level);
        for (key, label) in other.units.sampled(level) {
            let limit = StageTally::MAX_SHARES;
            let share = other
                .share_of(*label)
                .ok_or(Refusal::TooManyShares { limit })?;
            let index = index_of(&mut merged.shares, share)?;
            let theirs = Label {
                share: index,
                ..*label
            };
            let label = match merged.units.get(key) {
                Some(&ours) => Label {
                    // Above 2^32 - 1 a unit's further repeats are not counted.
                    events: ours.events.saturating_add(theirs.events),
                    ..merged.first_of(key, ours, theirs)
                },
                None => theirs,
            };
            merged.units.insert(key, label);
        }
        let late = |set: &SeenUnits, events: &KeptEvents, key| {
            let share = set.share_of(*set.units.get(key)?)?;
            Some((share, events.late(key)?.clone()))
        };
        merged.recount(|key| {
            [(&self.harm, &other.harm), (&self.safe, &other.safe)].map(|(ours, theirs)| {
                match (late(self, ours, key), late(other, theirs, key)) {
                    (Some(ours), Some(theirs)) => Some(Late::merged(ours, theirs)),
                    (ours, theirs) => ours.or(theirs).map(|(_, late)| late),
                }
            })
        })?;
        *self = merged;
        Ok(())
    }

    fn first_of(&self, key: u64, ours: Label, theirs: Label) -> Label {
        use core::cmp::Ordering;
        match self.share_of(theirs).cmp(&self.share_of(ours)) {
            Ordering::Less => theirs,
            Ordering::Greater => ours,
            Ordering::Equal => {
                let kept = if key & 1 == 0 {
                    Side::Control
                } else {
                    Side::Candidate
                };
                if theirs.side == kept { theirs } else { ours }
            }
        }
    }
}
