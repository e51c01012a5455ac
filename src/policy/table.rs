//! All listed units of a policy, in a form in which one is found fast.

use super::section::{Keys, Listed};
use crate::{
    audience::Index,
    unit::{Key, UnitKey},
};

/// The listed units of a policy, found by the hash of their keys.
///
/// The keys stay where the policy has them. A unit costs at most 12 bytes more here.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnitTable {
    lists: Box<[Keys]>,
    /// How many units the lists up to this one have together.
    ends: Box<[u32]>,
    index: Option<Index>,
}

impl UnitTable {
    /// Returns the table of these lists, or a unit that stands twice.
    pub(super) fn new(listed: &[Listed]) -> Result<UnitTable, UnitKey> {
        let mut end = 0u32;
        let ends = listed.iter().map(|listed| {
            end = end.saturating_add(u32::try_from(listed.keys.len()).unwrap_or(u32::MAX));
            end
        });
        let mut table = UnitTable {
            ends: ends.collect(),
            lists: listed.iter().map(|listed| listed.keys.clone()).collect(),
            index: None,
        };
        table.index = Index::new(end, |slot| table.key(slot));
        match table.twice() {
            Some(key) => Err(key.to_owned()),
            None => Ok(table),
        }
    }

    /// Tells whether the table was made of these lists.
    pub(super) fn is_of(&self, listed: &[Listed]) -> bool {
        self.lists.len() == listed.len()
            && (self.lists.iter().zip(listed)).all(|(own, other)| own.is_same(&other.keys))
    }

    /// Tells whether no unit is listed.
    pub(crate) fn is_empty(&self) -> bool {
        self.lists.iter().all(|keys| keys.is_empty())
    }

    /// Tells whether the list at a place has units.
    pub(crate) fn has_units(&self, list: usize) -> bool {
        self.lists.get(list).is_some_and(|keys| !keys.is_empty())
    }

    /// Returns the place of the list that has the unit.
    pub(crate) fn list_of(&self, key: Key<'_>) -> Option<usize> {
        match &self.index {
            Some(index) => {
                let slot = index.find(key, |slot| self.key(slot))?;
                Some(self.ends.partition_point(|end| *end <= slot))
            }
            None => self
                .lists
                .iter()
                .position(|keys| keys.iter().any(|listed| listed.as_key() == key)),
        }
    }

    /// Returns the key with this number, counted over all lists.
    fn key(&self, slot: u32) -> Option<Key<'_>> {
        let list = self.ends.partition_point(|end| *end <= slot);
        let begin = match list.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        let place = slot.checked_sub(begin)?;
        Some(self.lists.get(list)?.get(place as usize)?.as_key())
    }

    /// Returns a key that stands twice, if there is one.
    fn twice(&self) -> Option<Key<'_>> {
        if let Some(index) = &self.index {
            return index.twice(|slot| self.key(slot));
        }
        let mut keys: Vec<_> = self.lists.iter().flat_map(|keys| keys.iter()).collect();
        keys.sort_unstable();
        let mut pairs = keys.iter().zip(keys.iter().skip(1));
        let (twice, _) = pairs.find(|(one, next)| one == next)?;
        Some(twice.as_key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(version: &str, keys: impl Iterator<Item = u64>) -> Listed {
        Listed {
            version: version.to_owned(),
            keys: keys
                .map(|key| UnitKey::from(format!("user-{key}")))
                .collect::<Vec<_>>()
                .into(),
        }
    }

    #[test]
    fn a_unit_is_found_in_its_own_list_whatever_their_lengths() {
        for (first, second) in [(0, 1), (1, 1), (3, 4), (4, 5), (1, 100), (1_000, 1_025)] {
            let all = first + second;
            let lists = [listed("v2", 0..first), listed("v3", first..all)];
            let table = UnitTable::new(&lists).unwrap();
            for key in 0..all + 5 {
                let text = format!("user-{key}");
                let expected = (key < all).then_some(usize::from(key >= first));
                assert_eq!(
                    table.list_of(Key::Text(&text)),
                    expected,
                    "{first} {second} {key}"
                );
                assert_eq!(table.list_of(Key::U64(key)), None);
            }
        }
    }

    #[test]
    fn a_unit_that_stands_twice_is_named() {
        for (first, second) in [(1, 1), (3, 3), (8, 9), (500, 2_000)] {
            let twice = [
                listed("v2", 0..first),
                listed("v3", first - 1..first + second),
            ];
            let expected = UnitKey::from(format!("user-{}", first - 1));
            assert_eq!(UnitTable::new(&twice).unwrap_err(), expected);
            let within = listed("v2", (0..first).chain([0]));
            assert_eq!(
                UnitTable::new(&[within]).unwrap_err(),
                UnitKey::from("user-0")
            );
        }
    }
}
