//! The units that one side has met in one phase.

use core::hash::BuildHasherDefault;
use std::collections::HashSet;

use crate::stats::{
    guard::{MAX_LEVEL, MixedAlready, in_sample, mix},
    state::MAX_COUNT,
};

/// Units, each counted once: exactly up to a number, beyond that by a sample drawn by hash.
///
/// The sample is halved whenever it is full. Which units are in it depends only on their digests,
/// which are independent of the draw.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "stored::Raw", into = "stored::Raw")
)]
pub(super) struct UnitsMet {
    capacity: usize,
    level: u32,
    known: HashSet<u64, BuildHasherDefault<MixedAlready>>,
    /// How many units were known before the sample was halved.
    at_least: u64,
}

impl UnitsMet {
    /// At least so many units are counted exactly, also if a step asks for fewer. They take half a
    /// megabyte.
    pub(super) const LEAST_CAPACITY: usize = 16_384;

    /// Returns no units, of which `asked` will be counted exactly.
    pub(super) fn new(asked: u64) -> UnitsMet {
        let asked = usize::try_from(asked).unwrap_or(usize::MAX);
        UnitsMet {
            capacity: asked.clamp(UnitsMet::LEAST_CAPACITY, 1 << 24),
            level: 0,
            known: HashSet::default(),
            at_least: 0,
        }
    }

    /// Adds a unit by its digest, and tells whether it is new and counts.
    #[inline]
    pub(super) fn add(&mut self, digest: u64) -> bool {
        let key = mix(digest);
        if !in_sample(key, self.level) || !self.known.insert(key) {
            return false;
        }
        if self.known.len() > self.capacity {
            self.halve();
        }
        true
    }

    #[cold]
    fn halve(&mut self) {
        while self.known.len() > self.capacity && self.level < MAX_LEVEL {
            self.at_least = self.at_least.max(self.number());
            self.level += 1;
            let level = self.level;
            self.known.retain(|key| in_sample(*key, level));
        }
    }

    /// Returns how many units there were: exact while all are kept, then an estimate.
    pub(super) fn number(&self) -> u64 {
        let kept = self.known.len() as u64;
        let all = kept.saturating_mul(1 << self.level.min(32));
        all.clamp(self.at_least, MAX_COUNT)
    }

    /// Returns how often the sample was halved.
    pub(super) const fn level(&self) -> u32 {
        self.level
    }

    /// Returns how many units are in a sample that was halved so often, or more.
    pub(super) fn number_at(&self, level: u32) -> u64 {
        match level <= self.level {
            true => self.known.len() as u64,
            false => {
                let kept = self.known.iter().filter(|key| in_sample(**key, level));
                kept.count() as u64
            }
        }
    }

    /// Adds the units that another server has met.
    pub(super) fn merge(&mut self, other: &UnitsMet) {
        self.capacity = self.capacity.max(other.capacity);
        self.at_least = self.at_least.max(other.at_least);
        self.level = self.level.max(other.level);
        let level = self.level;
        self.known.extend(&other.known);
        self.known.retain(|key| in_sample(*key, level));
        self.halve();
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::{MAX_LEVEL, UnitsMet, in_sample};
    use crate::stats::state::StateError;

    /// The units in order, so that equal sets are written alike.
    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Raw {
        capacity: usize,
        #[serde(default, skip_serializing_if = "is_zero")]
        level: u32,
        #[serde(default, skip_serializing_if = "is_none")]
        at_least: u64,
        known: Vec<u64>,
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes fields by reference"
    )]
    fn is_zero(level: &u32) -> bool {
        *level == 0
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes fields by reference"
    )]
    fn is_none(at_least: &u64) -> bool {
        *at_least == 0
    }

    impl From<UnitsMet> for Raw {
        fn from(units: UnitsMet) -> Raw {
            let mut known: Vec<u64> = units.known.into_iter().collect();
            known.sort_unstable();
            Raw {
                capacity: units.capacity,
                level: units.level,
                at_least: units.at_least,
                known,
            }
        }
    }

    impl TryFrom<Raw> for UnitsMet {
        type Error = StateError;

        fn try_from(raw: Raw) -> Result<UnitsMet, StateError> {
            const NAME: &str = "the units of a phase";
            let is_bounded = raw.capacity <= 1 << 24 && raw.known.len() <= raw.capacity;
            StateError::require(is_bounded, NAME, "there are more units than room")?;
            let mut known = raw.known.iter();
            let is_of_level = raw.level <= MAX_LEVEL && known.all(|key| in_sample(*key, raw.level));
            StateError::require(is_of_level, NAME, "a unit is not in the sample")?;
            Ok(UnitsMet {
                capacity: raw.capacity.max(1),
                level: raw.level,
                at_least: raw.at_least,
                known: raw.known.into_iter().collect(),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_counted_exactly_up_to_what_is_asked_for_and_estimated_after_it() {
        let asked = 20_000;
        let mut units = UnitsMet::new(asked);
        for unit in 0..asked {
            assert!(units.add(unit));
            assert!(!units.add(unit));
            assert_eq!(units.number(), unit + 1);
        }
        for unit in asked..1_000_000 {
            let before = units.number();
            units.add(unit);
            // Never below what was known for certain.
            assert!(units.number() >= asked, "{before}");
        }
        // Twelve standard deviations of a sample of at least 10,000.
        let off = units.number() as f64 / 1_000_000.0 - 1.0;
        assert!(off.abs() < 0.12, "{off}");
        assert!(units.known.len() <= 20_000 && units.level() > 4);
    }

    #[test]
    fn two_servers_that_know_the_same_units_count_them_once() {
        let of = |units: core::ops::Range<u64>| {
            let mut met = UnitsMet::new(1);
            units.for_each(|unit| {
                met.add(unit);
            });
            met
        };
        let mut merged = of(0..3_000);
        merged.merge(&of(1_000..5_000));
        assert_eq!(merged.number(), 5_000);
        let mut merged = of(0..30_000);
        merged.merge(&of(10_000..50_000));
        let whole = of(0..50_000);
        assert_eq!((merged.level(), merged.known), (whole.level(), whole.known));
    }
}
