//! Who was exposed to which arm, each unit once, in bounded memory.

use std::collections::BTreeMap;

use super::groups::GROUPS;
use crate::stats::guard::mix;

/// Exposed units; when there are too many, the half with the smaller hashes is kept.
///
/// Whether a unit is kept depends on its hash alone, so arms are thinned alike, and the set after
/// any merges is that of the least level at which all units fit.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "RawUnits", into = "RawUnits"))]
pub(super) struct Units {
    /// How often any unit was exposed.
    exposures: u64,
    capacity: usize,
    level: u32,
    /// By mixed digest: 0 control, 1 candidate, 2 both.
    arms: BTreeMap<u64, u8>,
}

/// A unit that was exposed to both arms.
const BOTH: u8 = 2;

/// So many halvings leave hardly one of all 64-bit digests.
const MAX_LEVEL: u32 = 60;

impl Units {
    pub(super) const fn new(capacity: usize) -> Units {
        Units {
            exposures: 0,
            capacity,
            level: 0,
            arms: BTreeMap::new(),
        }
    }

    pub(super) fn expose(&mut self, unit: u64, arm: u8) {
        self.exposures = self.exposures.saturating_add(1);
        self.insert(mix(unit), arm);
        self.fit();
    }

    pub(super) fn merge(&mut self, other: &Units) {
        self.exposures = self.exposures.saturating_add(other.exposures);
        self.capacity = self.capacity.max(other.capacity);
        if self.level < other.level {
            self.level = other.level;
            self.thin();
        }
        for (&key, &arm) in &other.arms {
            self.insert(key, arm);
        }
        self.fit();
    }

    /// Returns the set with room for more.
    pub(super) fn with_capacity(self, capacity: usize) -> Units {
        Units { capacity, ..self }
    }

    fn insert(&mut self, key: u64, arm: u8) {
        if key.leading_zeros() >= self.level {
            let known = self.arms.entry(key).or_insert(arm);
            if *known != arm {
                *known = BOTH;
            }
        }
    }

    /// Raises the level until all units fit.
    fn fit(&mut self) {
        while self.arms.len() > self.capacity && self.level < MAX_LEVEL {
            self.level += 1;
            self.thin();
        }
    }

    /// Leaves the units of the level: the keys with so many zeros in front are the smallest.
    fn thin(&mut self) {
        if let Some(beyond) = (u64::MAX >> self.level).checked_add(1) {
            drop(self.arms.split_off(&beyond));
        }
    }

    /// Returns how often any unit was exposed: the requests.
    pub(super) const fn exposures(&self) -> u64 {
        self.exposures
    }

    /// Returns the units kept of control, candidate, and both.
    pub(super) fn counts(&self) -> [u64; 3] {
        let mut counts = [0; 3];
        for &arm in self.arms.values() {
            if let Some(count) = counts.get_mut(usize::from(arm)) {
                *count += 1;
            }
        }
        counts
    }

    /// Returns the fraction of all units that are kept.
    pub(super) fn sampled(&self) -> f64 {
        (-f64::from(self.level)).exp2()
    }

    /// Returns the exposed units of an arm by group, scaled up to all units.
    pub(super) fn by_group(&self, arm: u8) -> [f64; GROUPS] {
        let mut groups = [0.0; GROUPS];
        for (key, _) in self.arms.iter().filter(|(_, known)| **known == arm) {
            if let Some(group) = groups.get_mut((key & 255) as usize) {
                *group += 1.0 / self.sampled();
            }
        }
        groups
    }
}

#[cfg(feature = "serde")]
use crate::stats::state::StateError;

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUnits {
    exposures: u64,
    capacity: usize,
    level: u32,
    arms: BTreeMap<u64, u8>,
}

#[cfg(feature = "serde")]
impl From<Units> for RawUnits {
    fn from(units: Units) -> RawUnits {
        RawUnits {
            exposures: units.exposures,
            capacity: units.capacity,
            level: units.level,
            arms: units.arms,
        }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<RawUnits> for Units {
    type Error = StateError;

    fn try_from(raw: RawUnits) -> Result<Units, StateError> {
        const NAME: &str = "exposed units";
        let is_level = raw.level <= MAX_LEVEL;
        StateError::require(is_level, NAME, "they were halved too often")?;
        let mut arms = raw.arms.iter();
        let is_kept = |(key, arm): (&u64, &u8)| key.leading_zeros() >= raw.level && *arm <= BOTH;
        StateError::require(arms.all(is_kept), NAME, "a unit is none of its level")?;
        let is_enough = raw.arms.len() as u64 <= raw.exposures;
        StateError::require(is_enough, NAME, "more units than exposures")?;
        Ok(Units {
            exposures: raw.exposures,
            capacity: raw.capacity,
            level: raw.level,
            arms: raw.arms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t2_full_sets_in_any_partition_and_order_are_the_set_of_the_whole() {
        let mut whole = Units::new(64);
        let mut parts = vec![Units::new(64); 4];
        for unit in 0..2_000_u64 {
            let arm = u8::from(unit % 3 == 0);
            whole.expose(unit, arm);
            if let Some(part) = parts.get_mut((unit * 7 % 4) as usize) {
                part.expose(unit, arm);
            }
        }
        assert!(whole.level > 0 && whole.arms.len() <= 64);
        assert!(parts.iter().any(|part| part.level < whole.level));
        for first in 0..4 {
            let mut sum = Units::new(64);
            parts
                .iter()
                .cycle()
                .skip(first)
                .take(4)
                .for_each(|part| sum.merge(part));
            assert_eq!(sum, whole);
        }
        // A set with room to spare keeps no more of its units than the fuller one did.
        let mut roomy = Units::new(1_024);
        (0..500).for_each(|unit| roomy.expose(unit, 0));
        let (mut left, mut right) = (roomy.clone(), whole.clone());
        left.merge(&whole);
        right.merge(&roomy);
        assert_eq!(left, right);
        let kept = |&key: &u64| key.leading_zeros() >= whole.level;
        assert!(left.level == whole.level && left.arms.keys().all(kept));
        // A unit that comes again is no other unit, and another request.
        let before = whole.clone();
        whole.expose(0, 1);
        assert_eq!((&whole.arms, whole.level), (&before.arms, before.level));
        assert_eq!(whole.exposures(), before.exposures() + 1);
    }
}
