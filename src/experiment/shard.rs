//! Units of a running experiment, in many small sets.
//!
//! A set of about 256 units grows and is thinned in microseconds, however many units there are in
//! all.

mod table;

use core::sync::atomic::{AtomicU32, Ordering};

use parking_lot::{Mutex, MutexGuard};

use super::{Apart, Part, items::ItemsByUnit, row::Rows};
use crate::stats::guard::{MAX_LEVEL, in_sample};
pub(super) use table::Noted;
use table::{Layout, Table};

/// The greatest number of sets, and about how many units each has at capacity.
const SETS: usize = 4096;
const UNITS: usize = 256;

/// All sets of one experiment.
pub(super) struct Shards {
    sets: Box<[Padded<Mutex<Shard>>]>,
    layout: Layout,
    /// How often the sample was halved.
    level: AtomicU32,
    filling: Mutex<Filling>,
}

/// A value on cache lines of its own, so that threads do not slow each other down.
#[repr(align(128))]
struct Padded<T>(T);

/// The order of the fields keeps what each request writes close together.
#[derive(Default)]
#[repr(C)]
pub(super) struct Shard {
    table: Table,
    /// How often any unit was exposed.
    pub(super) exposures: u64,
    level: u32,
    pub(super) apart: Apart,
    /// What is kept one by one.
    pub(super) items: ItemsByUnit,
}

/// How many units there are at each depth of the sample.
struct Filling {
    capacity: usize,
    kept: usize,
    by_depth: [usize; 65],
}

impl Shards {
    pub(super) fn new(capacity: usize, arms: usize, width: usize) -> Shards {
        let sets = (capacity / UNITS).next_power_of_two().clamp(1, SETS);
        Shards {
            sets: (0..sets).map(|_| Padded(Mutex::default())).collect(),
            layout: Layout::new(arms, width),
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
        change: impl FnOnce(&mut Noted<'_>) -> T,
    ) -> Option<T> {
        let level = self.level();
        let mut shard = self.set(key);
        shard.exposures = shard.exposures.saturating_add(requests);
        if !in_sample(key, level) {
            return None;
        }
        if shard.level < level {
            shard.level = level;
            shard.table.thin(level, self.layout);
            shard.items.retain(|&key, _| in_sample(key, level));
        }
        if let Some(mut row) = shard.table.row(key, self.layout) {
            return Some(change(&mut row));
        }
        let mut row = shard.table.insert(key, group(), self.layout)?;
        let changed = change(&mut row);
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

    /// Adds all that a set holds to a part.
    pub(super) fn copy(&self, set: &Shard, part: &mut Part) {
        part.exposures = part.exposures.saturating_add(set.exposures);
        part.apart.merge(set.apart);
        part.rows.extend(set.table.all(self.layout));
        let items = set.items.iter();
        part.items
            .extend(items.map(|(&key, items)| (key, items.clone())));
    }

    /// Takes in the rows of a part that goes on.
    pub(super) fn fill(&self, level: u32, rows: Rows, items: ItemsByUnit) {
        self.level.store(level, Ordering::Relaxed);
        for (key, row) in rows {
            let mut shard = self.set(key);
            shard.level = level;
            if let Some(mut place) = shard.table.insert(key, row.group, self.layout) {
                place.replace(&row);
            }
            drop(shard);
            self.count(key, level);
        }
        for (key, items) in items {
            self.set(key).items.insert(key, items);
        }
    }

    /// Hands over each set and leaves it empty; nobody else's new units are counted meanwhile.
    pub(super) fn drain(&self, mut taken: impl FnMut(&Shard)) {
        let mut filling = self.filling.lock();
        for set in &self.sets {
            let mut shard = set.0.lock();
            let level = shard.level;
            let full = core::mem::take(&mut *shard);
            shard.level = level;
            drop(shard);
            taken(&full);
        }
        // A unit that was recorded before its set is drained, and is not counted yet, counts once
        // too often until the next drain.
        filling.kept = 0;
        filling.by_depth = [0; 65];
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
