//! The rows of one set of units.

use super::super::row::{Belongs, Row, Slot};
use crate::stats::guard::in_sample;

/// Rows by their units' keys, each in one piece.
///
/// An open table: if a place is taken, the next one is tried. So a row is found at one place of the
/// memory. A hash map with the slots elsewhere needs three places, and each is a cache miss of
/// about 170 ns once the table is larger than the cache: recording a value among 65,536 units cost
/// 660 ns, not 330.
#[derive(Default)]
pub(super) struct Table {
    words: Vec<u64>,
    /// How many rows there is room for, a power of two; 0 at first.
    places: usize,
    rows: usize,
}

/// How the words of each row of an experiment are laid out.
///
/// A row begins with the unit's key. The next word has its group, a mark, and a bit for each arm to
/// which it was exposed, or that an outcome named; where there are more arms than fit, the bits
/// have two words of their own. With one metric and a few arms, two rows fit into one cache line.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    head: usize,
    row: usize,
}

impl Layout {
    pub(super) const fn new(arms: usize, width: usize) -> Layout {
        let head = if arms <= PACKED { 2 } else { 4 };
        Layout {
            head,
            row: head + SLOT * width,
        }
    }
}

/// So many arms fit twice beside a group and its mark.
const PACKED: usize = 27;
const EXPOSED: usize = 9;
const TOLD: usize = EXPOSED + PACKED;
/// Words of a slot.
const SLOT: usize = 2;
/// Marks a row that is in use, beside its group.
const USED: u64 = 1 << 8;
/// The number of places of the smallest table.
const LEAST: usize = 8;

/// A row that is being changed.
pub(in crate::experiment) struct Noted<'a> {
    head: &'a mut [u64],
    slots: &'a mut [u64],
}

impl Table {
    /// Returns a unit's row, if there is one.
    #[inline]
    pub(super) fn row(&mut self, key: u64, layout: Layout) -> Option<Noted<'_>> {
        let (first, is_known) = self.find(key, layout)?;
        match is_known {
            true => Some(Noted::of(
                self.words.get_mut(first..first + layout.row)?,
                layout,
            )),
            false => None,
        }
    }

    /// Returns the row of a unit that has none yet.
    pub(super) fn insert(&mut self, key: u64, group: u8, layout: Layout) -> Option<Noted<'_>> {
        // At most three quarters are taken, so on average fewer than three places are looked at.
        if 4 * (self.rows + 1) > 3 * self.places {
            self.rebuild((2 * self.places).max(LEAST), layout, |_| true);
        }
        let (first, _) = self.find(key, layout)?;
        self.rows += 1;
        let row = Noted::of(self.words.get_mut(first..first + layout.row)?, layout);
        if let [unit, mark, ..] = &mut *row.head {
            (*unit, *mark) = (key, USED | u64::from(group));
        }
        Some(row)
    }

    /// Forgets the units that are in no sample of this level.
    pub(super) fn thin(&mut self, level: u32, layout: Layout) {
        let is_kept = |row: &[u64]| row.first().is_some_and(|key| in_sample(*key, level));
        let kept = self.rows_in_use(layout).filter(|row| is_kept(row)).count();
        let places = (2 * kept).next_power_of_two().max(LEAST);
        self.rebuild(places, layout, is_kept);
    }

    /// Returns all rows, the values of each in a place of its own.
    pub(super) fn all(&self, layout: Layout) -> impl Iterator<Item = (u64, Row)> {
        self.rows_in_use(layout).filter_map(move |row| {
            let (head, slots) = row.split_at_checked(layout.head)?;
            let &[key, group, ..] = head else { return None };
            let (exposed, told) = arms(head);
            let has_values = slots.iter().any(|word| *word != 0);
            let slots = slots.chunks_exact(SLOT).filter(|_| has_values);
            let row = Row {
                exposed,
                told,
                group: (group & 0xff) as u8,
                slots: slots.map(read).collect(),
            };
            Some((key, row))
        })
    }

    fn rows_in_use(&self, layout: Layout) -> impl Iterator<Item = &[u64]> {
        let rows = self.words.chunks_exact(layout.row);
        rows.filter(|row| matches!(row, [_, mark, ..] if *mark != 0))
    }

    /// Returns where a unit's row begins, or where it would, and whether it is there.
    #[inline]
    fn find(&self, key: u64, layout: Layout) -> Option<(usize, bool)> {
        let last = self.places.checked_sub(1)?;
        // The lower bits chose the set, and sampling makes the highest bits constant, so the middle
        // ones are used.
        let mut place = (key >> 20) as usize & last;
        loop {
            let first = place * layout.row;
            let [known, mark, ..] = self.words.get(first..first + layout.row)? else {
                return None;
            };
            if *mark == 0 || *known == key {
                return Some((first, *mark != 0));
            }
            place = (place + 1) & last;
        }
    }

    #[cold]
    fn rebuild(&mut self, places: usize, layout: Layout, is_kept: impl Fn(&[u64]) -> bool) {
        let after = Table {
            words: vec![0; places * layout.row],
            places,
            rows: 0,
        };
        let before = core::mem::replace(self, after);
        for row in before.rows_in_use(layout).filter(|row| is_kept(row)) {
            let Some(&key) = row.first() else { continue };
            let Some((first, _)) = self.find(key, layout) else {
                continue;
            };
            if let Some(place) = self.words.get_mut(first..first + layout.row) {
                place.copy_from_slice(row);
                self.rows += 1;
            }
        }
    }
}

impl<'a> Noted<'a> {
    #[inline]
    fn of(row: &'a mut [u64], layout: Layout) -> Noted<'a> {
        let (head, slots) = row.split_at_mut(layout.head);
        Noted { head, slots }
    }
}

impl Noted<'_> {
    #[inline]
    pub(in crate::experiment) const fn expose(&mut self, arm: usize) {
        match self.head {
            [_, packed] => *packed |= 1 << arm << EXPOSED,
            [_, _, exposed, _] => *exposed |= 1 << arm,
            _ => {}
        }
    }

    /// Takes arms that an outcome's assignment named.
    #[inline]
    pub(in crate::experiment) const fn tell(&mut self, arms: u64) {
        match self.head {
            [_, packed] => *packed |= arms << TOLD,
            [_, _, _, told] => *told |= arms,
            _ => {}
        }
    }

    /// Changes one of the row's slots.
    #[inline]
    pub(in crate::experiment) fn change(&mut self, slot: usize, change: impl FnOnce(&mut Slot)) {
        if let Some(words) = self.slots.get_mut(SLOT * slot..SLOT * slot + SLOT) {
            let mut slot = read(words);
            change(&mut slot);
            write(words, &slot);
        }
    }

    /// Takes over a whole row.
    pub(super) fn replace(&mut self, row: &Row) {
        match self.head {
            [_, packed] => *packed |= row.exposed << EXPOSED | row.told << TOLD,
            [_, _, exposed, told] => (*exposed, *told) = (row.exposed, row.told),
            _ => {}
        }
        for (words, slot) in self.slots.chunks_exact_mut(SLOT).zip(&row.slots) {
            write(words, slot);
        }
    }

    #[inline]
    pub(in crate::experiment) const fn belongs(&self) -> Belongs {
        let (exposed, told) = arms(self.head);
        Belongs::of(exposed, told)
    }
}

/// Returns the arms to which a unit was exposed, and those that outcomes named.
#[inline]
const fn arms(head: &[u64]) -> (u64, u64) {
    match head {
        [_, packed] => (*packed >> EXPOSED & ((1 << PACKED) - 1), *packed >> TOLD),
        [_, _, exposed, told] => (*exposed, *told),
        _ => (0, 0),
    }
}

#[inline]
fn read(words: &[u64]) -> Slot {
    match words {
        [sum, counts, ..] => Slot {
            sum: f64::from_bits(*sum),
            values: *counts as u32,
            announced: (counts >> 32) as u32,
        },
        _ => Slot::default(),
    }
}

#[inline]
fn write(words: &mut [u64], slot: &Slot) {
    if let [sum, counts, ..] = words {
        *sum = slot.sum.to_bits();
        *counts = u64::from(slot.values) | u64::from(slot.announced) << 32;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::stats::guard::mix;

    /// Holds the rows of a table against those of a map, while it grows and is thinned.
    fn agrees(arms: usize, width: usize) {
        let layout = Layout::new(arms, width);
        let mut table = Table::default();
        let mut rows = BTreeMap::<u64, Row>::new();
        for step in 0..40_000_u64 {
            let draw = mix(step);
            // Each unit comes some eight times; the bits that choose a set are those of one set.
            let key = mix(draw % 5_000) << 20;
            let row = rows.entry(key).or_insert_with(|| Row {
                group: (key >> 30) as u8,
                slots: vec![Slot::default(); width].into(),
                ..Row::default()
            });
            if table.row(key, layout).is_none() {
                let _ = table.insert(key, row.group, layout);
            }
            let mut noted = table.row(key, layout).expect("it was put in");
            let arm = (draw >> 20) as usize % arms;
            match draw >> 40 & 3 {
                0 => {
                    noted.tell(1 << arm);
                    row.told |= 1 << arm;
                }
                1 => {
                    noted.expose(arm);
                    row.exposed |= 1 << arm;
                }
                _ if width > 0 => {
                    let slot = (draw >> 50) as usize % width;
                    let change = |slot: &mut Slot| {
                        slot.sum += step as f64;
                        slot.values += 1;
                        slot.announced = u32::MAX - slot.values;
                    };
                    noted.change(slot, change);
                    row.slots.get_mut(slot).map(change);
                }
                _ => {}
            }
            assert_eq!(noted.belongs(), row.belongs());
            if step == 30_000 {
                table.thin(2, layout);
                rows.retain(|key, _| in_sample(*key, 2));
            }
        }
        for row in rows.values_mut() {
            if row.slots.iter().all(|slot| *slot == Slot::default()) {
                row.slots = Box::default();
            }
        }
        assert!(rows.len() > 1_000);
        assert_eq!(table.rows, rows.len());
        assert_eq!(table.all(layout).collect::<BTreeMap<_, _>>(), rows);
    }

    #[test]
    fn a_table_holds_what_a_map_holds_however_many_arms_and_metrics_there_are() {
        for (arms, width) in [(2, 1), (27, 0), (27, 3), (28, 0), (28, 5), (64, 2)] {
            agrees(arms, width);
        }
    }
}
