//! Keys that stand for all keys.

use std::collections::BTreeSet;

use super::super::condition::Condition;
use super::super::matches_key;
use super::{TooMany, Witnessed, around, pack, tried_values};
use crate::unit::UnitKey;

/// Returns a key of no list, and one for each combination of lists that share a key and of answers
/// to the conditions on the key.
pub(super) fn keys(
    lists: &[BTreeSet<&UnitKey>],
    conditions: &[&Condition],
) -> Result<Vec<UnitKey>, TooMany> {
    let all: BTreeSet<&UnitKey> = lists.iter().flatten().copied().collect();
    let names = (1_u64..).map(|number| UnitKey::from(format!("unit-{number}")));
    let unlisted = names.into_iter().find(|key| !all.contains(key));
    let mut tried: Vec<UnitKey> = unlisted.into_iter().collect();
    tried.extend(all.iter().copied().cloned());
    if !conditions.is_empty() {
        let bytes = (1..).map(|length| UnitKey::Bytes(vec![0; length]));
        tried.extend(bytes.into_iter().find(|key| !all.contains(key)));
        // Beside a key that is listed stands one of the same answers that is not.
        let beside = all.iter().filter_map(|key| match key {
            UnitKey::U64(number) => Some(i128::from(*number)),
            UnitKey::U128(number) => i128::try_from(*number).ok(),
            UnitKey::Text(_) | UnitKey::Bytes(_) => None,
        });
        let beside = beside.flat_map(|number| around(number.into()));
        let listed = all.iter().filter_map(|key| match key {
            UnitKey::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let values = tried_values(conditions, &listed.collect::<Vec<_>>())?;
        for value in values.into_iter().chain(beside) {
            match value {
                Witnessed::Text(text) => tried.push(UnitKey::Text(text)),
                Witnessed::Integer(number) => {
                    tried.extend(u64::try_from(number).map(UnitKey::U64));
                    tried.extend(u128::try_from(number).map(UnitKey::U128));
                }
                _ => {}
            }
        }
    }
    let mut known = BTreeSet::new();
    tried.retain(|key| {
        let asked = conditions
            .iter()
            .map(|condition| matches_key(condition, key.as_key()));
        known.insert(pack(
            lists.iter().map(|list| list.contains(key)).chain(asked),
        ))
    });
    Ok(tried)
}
