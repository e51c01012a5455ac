//! Units of a running experiment, in many small sets.
//!
//! A set of some 256 units grows and is thinned in microseconds, whatever the number of all.

use core::{
    hash::BuildHasherDefault,
    sync::atomic::{AtomicU32, Ordering},
};
use std::collections::HashMap;

use parking_lot::{Mutex, MutexGuard};

use super::{
    Apart,
    row::{Belongs, Row, Rows, Slot},
};
use crate::stats::guard::{MAX_LEVEL, MixedAlready, in_sample};

/// The greatest number of sets, and about how many units each has at capacity.
const SETS: usize = 4096;
const UNITS: usize = 256;

/// All sets of one experiment.
pub(super) struct Shards {
    sets: Box<[Padded<Mutex<Shard>>]>,
    /// Slots of a unit.
    width: usize,
    /// How often the sample was halved.
    level: AtomicU32,
    filling: Mutex<Filling>,
}

/// What threads write off each other's cache lines.
#[repr(align(128))]
struct Padded<T>(T);

#[derive(Default)]
pub(super) struct Shard {
    level: u32,
    heads: HashMap<u64, Head, BuildHasherDefault<MixedAlready>>,
    /// Those of all units that have a value, one unit's after another's.
    ///
    /// Where each unit had an allocation of its own, one call of three million took 0.9 s: the
    /// allocator put half a million freed pieces together.
    slots: Vec<Slot>,
    /// How often any unit was exposed.
    pub(super) exposures: u64,
    pub(super) apart: Apart,
}

/// A unit, and where its slots begin.
struct Head {
    exposed: u64,
    told: u64,
    slots: Option<u32>,
    group: u8,
}

/// A unit whose row is being changed.
pub(super) struct Noted<'a> {
    head: &'a mut Head,
    slots: &'a mut Vec<Slot>,
    width: usize,
}

impl Noted<'_> {
    #[inline]
    pub(super) const fn expose(&mut self, arm: usize) {
        self.head.exposed |= 1 << arm;
    }

    /// Takes arms that an outcome's assignment named.
    #[inline]
    pub(super) const fn tell(&mut self, arms: u64) {
        self.head.told |= arms;
    }

    #[inline]
    pub(super) fn slot(&mut self, place: usize) -> Option<&mut Slot> {
        let first = match self.head.slots {
            Some(first) => first as usize,
            None => self.begin(),
        };
        self.slots.get_mut(first + place)
    }

    #[cold]
    fn begin(&mut self) -> usize {
        let first = self.slots.len();
        self.head.slots = u32::try_from(first).ok();
        self.slots.resize(first + self.width, Slot::default());
        first
    }

    #[inline]
    pub(super) const fn belongs(&self) -> Belongs {
        Belongs::of(self.head.exposed, self.head.told)
    }
}

/// How many units there are of which depth in the sample.
struct Filling {
    capacity: usize,
    kept: usize,
    by_depth: [usize; 65],
}

impl Shards {
    pub(super) fn new(capacity: usize, width: usize) -> Shards {
        let sets = (capacity / UNITS).next_power_of_two().clamp(1, SETS);
        Shards {
            sets: (0..sets).map(|_| Padded(Mutex::default())).collect(),
            width,
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
            shard.thin(level, self.width);
        }
        let Shard { heads, slots, .. } = &mut *shard;
        let width = self.width;
        if let Some(head) = heads.get_mut(&key) {
            return Some(change(&mut Noted { head, slots, width }));
        }
        let head = heads.entry(key).or_insert_with(|| Head {
            exposed: 0,
            told: 0,
            slots: None,
            group: group(),
        });
        let changed = change(&mut Noted { head, slots, width });
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
            shard.insert(key, &row);
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
    /// Returns the rows of all units, the values of each in a place of its own.
    pub(super) fn rows(&self, width: usize) -> impl Iterator<Item = (u64, Row)> {
        self.heads.iter().map(move |(&key, head)| {
            let row = Row {
                exposed: head.exposed,
                told: head.told,
                group: head.group,
                slots: self.slots_of(head, width).into(),
            };
            (key, row)
        })
    }

    fn slots_of(&self, head: &Head, width: usize) -> &[Slot] {
        let first = head.slots.map(|first| first as usize);
        let slots = first.and_then(|first| self.slots.get(first..first + width));
        slots.unwrap_or_default()
    }

    fn insert(&mut self, key: u64, row: &Row) {
        let first = u32::try_from(self.slots.len()).ok();
        let head = Head {
            exposed: row.exposed,
            told: row.told,
            slots: first.filter(|_| !row.slots.is_empty()),
            group: row.group,
        };
        self.slots.extend_from_slice(&row.slots);
        self.heads.insert(key, head);
    }

    #[cold]
    fn thin(&mut self, level: u32, width: usize) {
        self.level = level;
        self.heads.retain(|&key, _| in_sample(key, level));
        self.heads.shrink_to(2 * UNITS);
        let all = core::mem::take(&mut self.slots);
        for head in self.heads.values_mut() {
            let Some(first) = head.slots else { continue };
            let slots = all.get(first as usize..first as usize + width);
            head.slots = u32::try_from(self.slots.len()).ok();
            self.slots.extend_from_slice(slots.unwrap_or_default());
        }
    }
}
