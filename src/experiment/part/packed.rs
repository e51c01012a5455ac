//! Units in few bytes.
//!
//! Digests are random, so of a million sorted ones each takes 44 bits as a difference from the one
//! before. The rest of a unit with one rate takes three bytes.

mod bytes;
mod text;

use crate::experiment::{
    items::{Item, Items, ItemsByUnit},
    row::{Row, Rows, Slot},
};
use crate::timestamp::Timestamp;
use bytes::{Reader, Writer};

/// Bytes that are written as they are in a binary format, and as text in one for people.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Packed(pub(super) Vec<u8>);

/// The state of a unit whose arms are written as separate bits.
const ANY: u8 = 30;

/// Packs units in the order of their digests, with `width` slots each.
pub(super) fn rows(rows: &Rows, width: usize) -> Packed {
    let mut out = Writer::default();
    let mut before = 0;
    for key in sorted(rows.keys()) {
        let Some(row) = rows.get(&key) else { continue };
        let gap = key - before;
        before = key;
        let length = (8 - gap.leading_zeros() as usize / 8).max(1);
        let state = state(row);
        out.byte((length - 1) as u8 | state.unwrap_or(ANY) << 3);
        out.low_bytes(gap, length);
        out.byte(row.group);
        if state.is_none() {
            out.number(row.exposed);
            out.number(row.told);
        }
        if width > 0 {
            slots(&mut out, &row.slots, width);
        }
    }
    Packed(out.bytes)
}

/// Reads what [`rows`] has packed; `None` if it is malformed.
pub(super) fn read_rows(packed: &Packed, width: usize) -> Option<Rows> {
    let mut from = Reader(&packed.0);
    let mut rows = Rows::default();
    let mut before = 0_u64;
    while !from.0.is_empty() {
        let head = from.byte()?;
        let gap = from.low_bytes(usize::from(head & 7) + 1)?;
        let key = before.checked_add(gap)?;
        // Two units with one digest are malformed.
        if gap == 0 && !rows.is_empty() {
            return None;
        }
        before = key;
        let group = from.byte()?;
        let (exposed, told) = match head >> 3 {
            ANY => (from.number()?, from.number()?),
            state if state < ANY => {
                let arm = 1 << (state / 2);
                (arm, if state % 2 == 1 { arm } else { 0 })
            }
            _ => return None,
        };
        let slots = match width {
            0 => Box::default(),
            _ => read_slots(&mut from, width)?,
        };
        let row = Row {
            exposed,
            told,
            group,
            slots,
        };
        rows.insert(key, row);
    }
    Some(rows)
}

/// Packs the items, by the place of their unit in the sorted order.
pub(super) fn items(rows: &Rows, items: &ItemsByUnit) -> Packed {
    let mut out = Writer::default();
    if items.is_empty() {
        return Packed(out.bytes);
    }
    let mut next = 0;
    for (place, key) in (0_u64..).zip(sorted(rows.keys())) {
        let Some(unit) = items.get(&key) else {
            continue;
        };
        out.number(place - next);
        next = place + 1;
        time(&mut out, unit.since);
        out.number(unit.late);
        out.number(unit.list.len() as u64);
        for item in &unit.list {
            out.number(item.metric as u64);
            match item.id {
                Some(id) => {
                    out.byte(1);
                    out.low_bytes(id, 8);
                }
                None => out.byte(0),
            }
            time(&mut out, item.at);
            out.float(item.numerator);
            out.float(item.denominator);
            out.number(u64::from(item.repeats));
        }
    }
    Packed(out.bytes)
}

/// Reads what [`items`] has packed; `None` if it is malformed.
pub(super) fn read_items(packed: &Packed, rows: &Rows) -> Option<ItemsByUnit> {
    let mut from = Reader(&packed.0);
    let mut items = ItemsByUnit::default();
    if from.0.is_empty() {
        return Some(items);
    }
    let keys = sorted(rows.keys());
    let mut next = 0_usize;
    while !from.0.is_empty() {
        let place = next.checked_add(usize::try_from(from.number()?).ok()?)?;
        next = place.checked_add(1)?;
        let key = *keys.get(place)?;
        let since = read_time(&mut from)?;
        let late = from.number()?;
        let mut list = Vec::new();
        for _ in 0..from.number()? {
            let metric = usize::try_from(from.number()?).ok()?;
            let id = match from.byte()? {
                0 => None,
                1 => Some(from.low_bytes(8)?),
                _ => return None,
            };
            list.push(Item {
                metric,
                id,
                at: read_time(&mut from)?,
                numerator: from.float()?,
                denominator: from.float()?,
                repeats: u32::try_from(from.number()?).ok()?,
            });
        }
        let unit = Items {
            group: rows.get(&key)?.group,
            since,
            list,
            late,
        };
        items.insert(key, unit);
    }
    Some(items)
}

fn sorted<'a>(keys: impl Iterator<Item = &'a u64>) -> Vec<u64> {
    let mut keys: Vec<u64> = keys.copied().collect();
    keys.sort_unstable();
    keys
}

/// Returns the five bits that describe the arms of nearly all units.
fn state(row: &Row) -> Option<u8> {
    let arm = row.exposed.trailing_zeros() as u8;
    let is_usual = row.exposed.is_power_of_two() && arm < ANY / 2;
    match is_usual {
        true if row.told == 0 => Some(2 * arm),
        true if row.told == row.exposed => Some(2 * arm + 1),
        _ => None,
    }
}

/// A slot's byte has its number of values in four bits, its sum in three, and whether outcomes were
/// announced; or the number of empty slots.
const EMPTY: u8 = 5;
const MANY: u8 = 15;

fn slots(out: &mut Writer, slots: &[Slot], width: usize) {
    let mut place = 0;
    while place < width {
        let rest = slots.get(place..).unwrap_or_default();
        let empty = match rest.iter().position(|slot| *slot != Slot::default()) {
            Some(empty) => empty,
            None => width - place,
        };
        if empty > 0 {
            let empty = empty.min(usize::from(MANY) + 1);
            out.byte(EMPTY << 4 | (empty - 1) as u8);
            place += empty;
            continue;
        }
        let Some(slot) = rest.first() else { return };
        place += 1;
        let count = u8::try_from(slot.values).map_or(MANY, |count| count.min(MANY));
        let kind = Writer::kind(slot.sum, f64::from(slot.values));
        let announced = u8::from(slot.announced > 0);
        out.byte(announced << 7 | kind << 4 | count);
        if count == MANY {
            out.number(u64::from(slot.values));
        }
        out.of_kind(kind, slot.sum);
        if slot.announced > 0 {
            out.number(u64::from(slot.announced));
        }
    }
}

/// Reads the slots of a unit; an empty list if all are empty.
fn read_slots(from: &mut Reader<'_>, width: usize) -> Option<Box<[Slot]>> {
    let mut slots = Vec::new();
    let mut place = 0;
    while place < width {
        let head = from.byte()?;
        let (kind, count) = (head >> 4 & 7, head & MANY);
        if kind == EMPTY {
            place += usize::from(count) + 1;
            continue;
        }
        let values = match count {
            MANY => u32::try_from(from.number()?).ok()?,
            count => u32::from(count),
        };
        let sum = from.of_kind(kind, f64::from(values))?;
        let announced = match head >> 7 {
            0 => 0,
            _ => u32::try_from(from.number()?).ok()?,
        };
        slots.resize(width, Slot::default());
        *slots.get_mut(place)? = Slot {
            sum,
            values,
            announced,
        };
        place += 1;
    }
    (place == width).then(|| slots.into())
}

fn time(out: &mut Writer, at: Option<Timestamp>) {
    match at {
        Some(at) => {
            out.byte(1);
            out.low_bytes(at.as_nanos(), 8);
        }
        None => out.byte(0),
    }
}

fn read_time(from: &mut Reader<'_>) -> Option<Option<Timestamp>> {
    match from.byte()? {
        0 => Some(None),
        1 => Some(Some(Timestamp::from_nanos(from.low_bytes(8)?))),
        _ => None,
    }
}
