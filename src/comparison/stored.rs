//! The rules that a stored comparison must satisfy before it is trusted.

use thiserror::Error;

use crate::unit::UnitKey;

/// The layout that this release writes and reads.
pub(super) const VERSION: u32 = 1;
/// Most pairs of a tally, 2^53: every count up to it is exact as an `f64`.
pub(super) const MAX_PAIRS: u64 = 1 << 53;

/// Why a stored comparison is not accepted: no requests lead to it.
#[derive(Clone, Debug, Error, PartialEq)]
pub(super) enum StoredError {
    #[error("{what} has version {found}, this release reads version {expected}")]
    Version {
        what: &'static str,
        found: u32,
        expected: u32,
    },
    #[error("{found} {what}, at most {limit} there can be")]
    TooMany {
        what: &'static str,
        found: u64,
        limit: u64,
    },
    #[error("{what} are kept, but there is none of them")]
    None { what: &'static str },
    #[error("{what}: number {place} from the first is not after the one before it")]
    Order { what: &'static str, place: usize },
    #[error("a difference of {size} is no size from 0 up that is finite")]
    Size { size: f64 },
    #[error("unit {unit:?} is kept, but its answers agree")]
    Agreed { unit: UnitKey },
    #[error("unit {unit:?} is kept twice")]
    Twice { unit: UnitKey },
    #[error("{beyond} pairs have no labels, but only {cells} of {limit} different ones were seen")]
    Beyond { beyond: u64, cells: u64, limit: u64 },
    #[error("no side failed, {times} times")]
    NoError { times: u64 },
    #[error("{primary} latencies of the primary, {shadow} of the shadow, {both} of both")]
    Latencies {
        primary: u64,
        shadow: u64,
        both: u64,
    },
    #[error("latencies with a relative error of {found}, not {expected}")]
    Buckets { found: f64, expected: f64 },
}

/// Refuses any version but the one that is written.
pub(super) fn check_version(what: &'static str, found: u32) -> Result<(), StoredError> {
    if found == VERSION {
        Ok(())
    } else {
        Err(StoredError::Version {
            what,
            found,
            expected: VERSION,
        })
    }
}

/// Refuses more than `limit`.
pub(super) const fn at_most(what: &'static str, found: u64, limit: u64) -> Result<(), StoredError> {
    if found <= limit {
        Ok(())
    } else {
        Err(StoredError::TooMany { what, found, limit })
    }
}

/// Refuses a count of nothing, which is never kept.
pub(super) const fn counted(what: &'static str, times: u64) -> Result<(), StoredError> {
    if times > 0 {
        Ok(())
    } else {
        Err(StoredError::None { what })
    }
}

/// Refuses items that are not in order.
pub(super) fn in_order<T>(
    what: &'static str,
    items: &[T],
    after: impl Fn(&T, &T) -> bool,
) -> Result<(), StoredError> {
    let mut pairs = items.iter().zip(items.iter().skip(1));
    match pairs.position(|(one, next)| !after(next, one)) {
        Some(before) => Err(StoredError::Order {
            what,
            place: before + 1,
        }),
        None => Ok(()),
    }
}
