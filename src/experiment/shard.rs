//! Units of a running experiment, in many small sets.
//!
//! A set of some 256 units grows and is thinned in microseconds, whatever the number of all.

use core::sync::atomic::{AtomicU32, Ordering};

use parking_lot::{Mutex, MutexGuard};

use super::{
    Apart,
    row::{Row, Rows},
};
use crate::stats::guard::{MAX_LEVEL, in_sample};

/// The greatest number of sets, and about how many units each has at capacity.
const SETS: usize = 4096;
const UNITS: usize = 256;

/// All sets of one experiment.
pub(super) struct Shards {
    sets: Box<[Padded<Mutex<Shard>>]>,
    /// How often the sample was halved.
    level: AtomicU32,
    filling: Mutex<Filling>,
}

/// Keeps what threads write off each other's cache lines.
#[repr(align(128))]
struct Padded<T>(T);

#[derive(Default)]
pub(super) struct Shard {
    level: u32,
    rows: Rows,
    /// How often any unit was exposed.
    pub(super) exposures: u64,
    pub(super) apart: Apart,
}

/// How many units there are of which depth in the sample.
struct Filling {
    capacity: usize,
    kept: usize,
    by_depth: [usize; 65],
}

impl Shards {
    pub(super) fn new(capacity: usize) -> Shards {
        let sets = (capacity / UNITS).next_power_of_two().clamp(1, SETS);
        Shards {
            sets: (0..sets).map(|_| Padded(Mutex::default())).collect(),
            level: AtomicU32::new(0),
            filling: Mutex::new(Filling {
                capacity,
                kept: 0,
                by_depth: [0; 65],
            }),
        }
    }

    pub(super) fn level(&self) -> u32 {
        self.level.load(Ordering::Relaxed)
    }

    /// Hands the unit's row to `change`, unless the unit is not in the sample.
    ///
    /// It counts as so many `requests` in either case.
    #[inline]
    pub(super) fn with_row<T>(
        &self,
        key: u64,
        requests: u64,
        group: impl FnOnce() -> u8,
        change: impl FnOnce(&mut Row) -> T,
    ) -> Option<T> {
        let level = self.level();
        let mut shard = self.set(key);
        shard.exposures = shard.exposures.saturating_add(requests);
        if !in_sample(key, level) {
            return None;
        }
        if shard.level < level {
            shard.thin(level);
        }
        if let Some(row) = shard.rows.get_mut(&key) {
            return Some(change(row));
        }
        let row = shard.rows.entry(key);
        let changed = change(row.or_insert_with(|| Row::of_group(group())));
        drop(shard);
        self.count(key, level);
        Some(changed)
    }

    /// Returns the set of this unit, also of one that is not in the sample.
    #[inline]
    #[expect(
        clippy::indexing_slicing,
        reason = "their number is a power of two, so the mask is below it"
    )]
    pub(super) fn set(&self, key: u64) -> MutexGuard<'_, Shard> {
        let place = (key >> 8) as usize & (self.sets.len() - 1);
        self.sets[place].0.lock()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = MutexGuard<'_, Shard>> {
        self.sets.iter().map(|set| set.0.lock())
    }

    /// Takes in the rows of a part that goes on.
    pub(super) fn fill(&self, level: u32, rows: Rows) {
        self.level.store(level, Ordering::Relaxed);
        for (key, row) in rows {
            let mut shard = self.set(key);
            shard.level = level;
            shard.rows.insert(key, row);
            drop(shard);
            self.count(key, level);
        }
    }

    /// Counts a new unit, and halves the sample when there are too many.
    #[cold]
    fn count(&self, key: u64, level: u32) {
        let mut filling = self.filling.lock();
        let mut now = self.level();
        if level < now && !in_sample(key, now) {
            return;
        }
        let depth = key.leading_zeros() as usize;
        if let Some(units) = filling.by_depth.get_mut(depth) {
            *units += 1;
        }
        filling.kept += 1;
        while filling.kept > filling.capacity && now < MAX_LEVEL {
            let lost = filling.by_depth.get(now as usize).copied();
            filling.kept -= lost.unwrap_or_default();
            now += 1;
        }
        self.level.store(now, Ordering::Relaxed);
    }
}

impl Shard {
    pub(super) const fn rows(&self) -> &Rows {
        &self.rows
    }

    #[cold]
    fn thin(&mut self, level: u32) {
        self.level = level;
        self.rows.retain(|&key, _| in_sample(key, level));
        self.rows.shrink_to(2 * UNITS);
    }
}
