//! Who was exposed to which arm, each unit once, in bounded memory.

use std::collections::BTreeMap;

use super::groups::{GROUPS, mix};

/// Exposed units; when there are too many, the half with the smaller hashes is kept.
///
/// Whether a unit is kept depends on its hash alone, so arms are thinned alike, and the set after
/// any merges is that of the least level at which all units fit.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Units {
    capacity: usize,
    level: u32,
    /// By mixed digest: 0 control, 1 candidate, 2 both.
    arms: BTreeMap<u64, u8>,
}

/// A unit that was exposed to both arms.
const BOTH: u8 = 2;

impl Units {
    pub(super) const fn new(capacity: usize) -> Units {
        Units {
            capacity,
            level: 0,
            arms: BTreeMap::new(),
        }
    }

    pub(super) fn expose(&mut self, unit: u64, arm: u8) {
        self.insert(mix(unit), arm);
        self.fit();
    }

    pub(super) fn merge(&mut self, other: &Units) {
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
        while self.arms.len() > self.capacity && self.level < 60 {
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
