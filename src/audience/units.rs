//! An explicit list of units.

use core::cmp::Ordering;

use crate::unit::{Key, UnitKey};

use super::AudienceError;
use super::limits::{check_length, check_list};

/// Sorted, each key once, so that a look-up is a binary search.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Units {
    keys: Box<[UnitKey]>,
}

impl Units {
    pub(super) fn new(mut keys: Vec<UnitKey>) -> Units {
        keys.sort_unstable();
        keys.dedup();
        Units {
            keys: keys.into_boxed_slice(),
        }
    }

    pub(super) fn keys(&self) -> &[UnitKey] {
        &self.keys
    }

    #[inline]
    pub(super) fn contains(&self, key: Key<'_>) -> bool {
        self.keys
            .binary_search_by(|listed| compare(listed.as_key(), key))
            .is_ok()
    }

    pub(super) fn check(&self) -> Result<(), AudienceError> {
        check_list("units", self.keys.len())?;
        self.keys.iter().try_for_each(|key| {
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
