//! An explicit list of units.

use core::cmp::Ordering;
use core::hash::Hasher as _;
use std::sync::Arc;

use siphasher::sip::SipHasher13;

use crate::attributes::same_text;
use crate::unit::{Key, UnitKey};

use super::AudienceError;
use super::limits::{check_length, check_long_list};

/// Up to so many keys are compared one by one.
const FEW: usize = 8;

/// Sorted, each key once; a longer list has an index beside it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Units {
    keys: Arc<[UnitKey]>,
    index: Option<Arc<Index>>,
}

/// Keys by the first bits of their hashes, in about one bucket for each key.
///
/// Keys have numbers, and stay where they are. Within a bucket they are in order and are searched,
/// so that keys made to collide cost no more than a search of the whole list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Index {
    bits: u32,
    /// Where each bucket begins in `slots`, and the end of the last.
    starts: Box<[u32]>,
    /// The numbers of keys.
    slots: Box<[u32]>,
}

impl Index {
    /// Returns `None` for a short list, and for one of 2^31 keys or more, far above the limit.
    pub(crate) fn new<'k>(count: u32, key: impl Fn(u32) -> Option<Key<'k>>) -> Option<Index> {
        let bits = count.next_power_of_two().ilog2();
        if count as usize <= FEW || bits > 31 {
            return None;
        }
        let place = |slot| Some((bucket(key(slot)?, bits), slot));
        let mut placed: Vec<(u32, u32)> = (0..count).filter_map(place).collect();
        placed.sort_unstable_by(|left, right| {
            let keys = || order(key(left.1), key(right.1));
            left.0.cmp(&right.0).then_with(keys)
        });
        let mut start = 0;
        let starts = (0..=1_u32 << bits).map(|bucket| {
            let behind = placed.iter().skip(start as usize);
            start += behind.take_while(|place| place.0 < bucket).count() as u32;
            start
        });
        Some(Index {
            bits,
            starts: starts.collect(),
            slots: placed.iter().map(|place| place.1).collect(),
        })
    }

    /// Returns the number of a key.
    #[inline]
    pub(crate) fn find<'k>(
        &self,
        wanted: Key<'_>,
        key: impl Fn(u32) -> Option<Key<'k>>,
    ) -> Option<u32> {
        let bucket = bucket(wanted, self.bits) as usize;
        let slots = match self.starts.get(bucket..) {
            Some([start, end, ..]) => self.slots.get(*start as usize..*end as usize),
            _ => None,
        }?;
        let place = slots
            .binary_search_by(|slot| match key(*slot) {
                Some(listed) => compare(listed, wanted),
                None => Ordering::Less,
            })
            .ok()?;
        slots.get(place).copied()
    }

    /// Returns a key that has two numbers, if there is one.
    pub(crate) fn twice<'k>(&self, key: impl Fn(u32) -> Option<Key<'k>>) -> Option<Key<'k>> {
        // Equal keys are of one bucket and side by side in it.
        let mut pairs = self.slots.iter().zip(self.slots.iter().skip(1));
        let (twice, _) = pairs.find(|(one, next)| key(**one) == key(**next))?;
        key(*twice)
    }
}

fn order(left: Option<Key<'_>>, right: Option<Key<'_>>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => compare(left, right),
        _ => left.is_some().cmp(&right.is_some()),
    }
}

/// Returns the first `bits` bits of the key's hash, under a fixed key for each kind.
#[inline]
fn bucket(key: Key<'_>, bits: u32) -> u32 {
    let kind = u64::from(rank(key));
    let hash = key.with_bytes(|bytes| {
        let mut hasher = SipHasher13::new_with_keys(kind, !kind);
        hasher.write(bytes);
        hasher.finish()
    });
    (hash >> (u64::BITS - bits)) as u32
}

impl Units {
    pub(super) fn new(mut keys: Vec<UnitKey>) -> Units {
        keys.sort_unstable();
        keys.dedup();
        let keys: Arc<[UnitKey]> = keys.into();
        let key = |slot: u32| keys.get(slot as usize).map(UnitKey::as_key);
        let count = u32::try_from(keys.len()).unwrap_or(u32::MAX);
        Units {
            index: Index::new(count, key).map(Arc::new),
            keys,
        }
    }

    pub(super) fn keys(&self) -> &[UnitKey] {
        &self.keys
    }

    // A function of its own: inlined, it would cost registers in every question about an attribute.
    #[inline(never)]
    pub(super) fn contains(&self, key: Key<'_>) -> bool {
        match (&self.index, key) {
            (Some(index), _) => {
                let listed = |slot: u32| self.keys.get(slot as usize).map(UnitKey::as_key);
                index.find(key, listed).is_some()
            }
            (None, Key::Text(text)) => self
                .keys
                .iter()
                .any(|listed| matches!(listed, UnitKey::Text(listed) if same_text(listed, text))),
            (None, _) => self.keys.iter().any(|listed| listed.as_key() == key),
        }
    }

    pub(super) fn check(&self) -> Result<(), AudienceError> {
        check_keys(&self.keys)
    }
}

/// Checks the length of a list, or of several together.
pub(crate) fn check_length_of_list(list: &'static str, found: usize) -> Result<(), AudienceError> {
    check_long_list(list, found)
}

/// Checks the length of a list of units, and that none of them is there by accident.
pub(crate) fn check_keys(keys: &[UnitKey]) -> Result<(), AudienceError> {
    check_long_list("units", keys.len())?;
    keys.iter().try_for_each(|key| {
        let length = match key {
            UnitKey::Text(text) => text.len(),
            UnitKey::Bytes(bytes) => bytes.len(),
            UnitKey::U64(_) | UnitKey::U128(_) => return Ok(()),
        };
        if length == 0 {
            return Err(AudienceError::EmptyUnit);
        }
        check_length("units", length)
    })
}

/// Compares as the derived order of [`UnitKey`] does.
#[inline]
fn compare(left: Key<'_>, right: Key<'_>) -> Ordering {
    match (left, right) {
        (Key::Text(left), Key::Text(right)) => left.cmp(right),
        (Key::Bytes(left), Key::Bytes(right)) => left.cmp(right),
        (Key::U64(left), Key::U64(right)) => left.cmp(&right),
        (Key::U128(left), Key::U128(right)) => left.cmp(&right),
        _ => rank(left).cmp(&rank(right)),
    }
}

fn rank(key: Key<'_>) -> u8 {
    match key {
        Key::Text(_) => 0,
        Key::Bytes(_) => 1,
        Key::U64(_) => 2,
        Key::U128(_) => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_each_length_contain_their_keys_and_no_others() {
        for length in (0..40).chain([1_000, 1_024, 1_025]) {
            let even = (0..length).map(|n| n * 2);
            let texts = Units::new(even.clone().map(|n| format!("user-{n}").into()).collect());
            let numbers = Units::new(even.map(UnitKey::from).collect());
            assert_eq!(numbers.index.is_some(), length > FEW as u64);
            for n in 0..length * 2 {
                let listed = n % 2 == 0;
                assert_eq!(texts.contains(Key::Text(&format!("user-{n}"))), listed);
                assert_eq!(numbers.contains(Key::U64(n)), listed);
                assert!(!numbers.contains(Key::U128(n.into())));
                assert!(!numbers.contains(Key::Bytes(&n.to_le_bytes())));
            }
        }
    }

    #[test]
    fn an_index_spreads_its_keys_over_the_buckets() {
        let units = Units::new((0..10_000u64).map(|n| format!("user-{n}").into()).collect());
        let index = units.index.unwrap();
        let mut sizes = index.starts.windows(2).map(|edge| edge[1] - edge[0]);
        assert_eq!(sizes.clone().sum::<u32>(), 10_000);
        assert!(sizes.all(|size| size < 10));
    }

    #[test]
    fn borrowed_keys_are_ordered_as_owned_keys_are() {
        let keys = [
            UnitKey::from(""),
            UnitKey::from("42"),
            UnitKey::from("user"),
            UnitKey::from(&b"42"[..]),
            UnitKey::from(&b"\xff"[..]),
            UnitKey::from(0u64),
            UnitKey::from(42u64),
            UnitKey::from(42u128),
            UnitKey::from(u128::MAX),
        ];
        for left in &keys {
            for right in &keys {
                assert_eq!(compare(left.as_key(), right.as_key()), left.cmp(right));
            }
        }
    }
}
