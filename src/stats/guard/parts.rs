//! A map of units in many parts, so that no single call takes long.
//!
//! If one table of 16 million units grows, or drops half of them, this takes half a second on the
//! thread of some request. Parts of about 3,000 units grow one by one, in less than 0.1 ms each,
//! and forget units one part per call.

use core::hash::BuildHasherDefault;
use std::collections::HashMap;

use super::digest::{MixedAlready, in_sample};

/// Units in a full part: nine deviations below what a table of 4,096 places takes.
const UNITS_PER_PART: usize = 3_072;

type Part<V> = HashMap<u64, V, BuildHasherDefault<MixedAlready>>;

/// A map by mixed digests that may still hold some that are not sampled any more.
#[derive(Clone, Debug)]
pub(super) struct Parts<V> {
    parts: Vec<Part<V>>,
    /// Parts from here on may hold units that are to be forgotten.
    to_sweep: usize,
}

impl<V> Parts<V> {
    /// Returns an empty map for so many units.
    pub(super) fn new(capacity: usize) -> Parts<V> {
        let parts = capacity / UNITS_PER_PART + 1;
        Parts {
            parts: core::iter::repeat_with(HashMap::default)
                .take(parts)
                .collect(),
            to_sweep: parts,
        }
    }

    #[inline]
    pub(super) fn of(&self, key: u64) -> Option<&Part<V>> {
        self.parts.get(self.index(key))
    }

    /// Returns the part of this unit, with room for one more.
    #[inline]
    pub(super) fn of_mut(&mut self, key: u64) -> Option<&mut Part<V>> {
        let index = self.index(key);
        let part = self.parts.get_mut(index)?;
        if part.len() == part.capacity() {
            grow(part);
        }
        Some(part)
    }

    pub(super) fn get(&self, key: u64) -> Option<&V> {
        self.of(key)?.get(&key)
    }

    pub(super) fn insert(&mut self, key: u64, value: V) -> Option<V> {
        self.of_mut(key)?.insert(key, value)
    }

    /// Returns the units that are sampled at this level.
    pub(super) fn sampled(&self, level: u32) -> impl Iterator<Item = (u64, &V)> {
        let all = self
            .parts
            .iter()
            .flatten()
            .map(|(&key, value)| (key, value));
        all.filter(move |&(key, _)| in_sample(key, level))
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = (u64, &mut V)> {
        let all = self.parts.iter_mut().flatten();
        all.map(|(&key, value)| (key, value))
    }

    /// Makes every part due to be swept.
    pub(super) fn begin_sweep(&mut self) {
        self.to_sweep = 0;
    }

    #[inline]
    pub(super) fn is_swept(&self) -> bool {
        self.to_sweep >= self.parts.len()
    }

    /// Forgets the units of one part that are not sampled at this level.
    #[cold]
    pub(super) fn sweep_one(&mut self, level: u32) {
        if let Some(part) = self.parts.get_mut(self.to_sweep) {
            part.retain(|&key, _| in_sample(key, level));
            self.to_sweep += 1;
        }
    }

    /// Forgets all units that are not sampled at this level.
    pub(super) fn sweep(&mut self, level: u32) {
        self.begin_sweep();
        while !self.is_swept() {
            self.sweep_one(level);
        }
    }

    // By bits that neither the sample nor, in a part, the table looks at.
    fn index(&self, key: u64) -> usize {
        let low = key & u64::from(u32::MAX);
        ((low * self.parts.len() as u64) >> 32) as usize
    }
}

/// Makes room for four times as many units, up to a full part: growing is what takes longest.
#[cold]
fn grow<V>(part: &mut Part<V>) {
    let wanted = (4 * part.len()).clamp(16, UNITS_PER_PART);
    part.reserve(wanted.saturating_sub(part.len()).max(1));
}
