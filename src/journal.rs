//! What a newly live version answered while the swap could still be rolled back.

mod page;

use thiserror::Error;

use crate::{fingerprint::Fingerprint, outcome::Ending, unit::UnitKey};

pub(crate) use page::{Budget, Page};

/// A limit on the number of entries of a router's journal.
///
/// The journal is off unless a router is built with a capacity. It records from a swap until
/// that swap is accepted or rolled back.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "usize", into = "usize"))]
pub struct JournalCapacity(usize);

impl JournalCapacity {
    /// The maximum number of entries of a journal.
    pub const MAX: usize = 1 << 32;

    /// Returns the capacity of this many entries.
    ///
    /// Threads reserve places in blocks of a 1,024th of the capacity, at most 64, so that they do
    /// not write to one cache line all the time. So up to a sixteenth of the places may be reserved
    /// and still empty when an entry first finds no place.
    ///
    /// # Errors
    /// [`JournalCapacityError`] for no entry, or more than [`MAX`](JournalCapacity::MAX).
    pub const fn new(entries: usize) -> Result<JournalCapacity, JournalCapacityError> {
        if entries == 0 || entries > JournalCapacity::MAX {
            Err(JournalCapacityError::OutOfRange {
                entries,
                limit: JournalCapacity::MAX,
            })
        } else {
            Ok(JournalCapacity(entries))
        }
    }

    /// Returns the number of entries.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }
}

impl From<JournalCapacity> for usize {
    fn from(capacity: JournalCapacity) -> usize {
        capacity.0
    }
}

impl TryFrom<usize> for JournalCapacity {
    type Error = JournalCapacityError;

    fn try_from(entries: usize) -> Result<JournalCapacity, JournalCapacityError> {
        JournalCapacity::new(entries)
    }
}

/// Why a number is not a journal's capacity.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum JournalCapacityError {
    /// The number is 0 or too large.
    #[error("a journal of {entries} entries, from 1 to {limit} are allowed: take a number between")]
    OutOfRange {
        /// How many entries were asked for.
        entries: usize,
        /// The most entries allowed.
        limit: usize,
    },
}

/// One request that the newly live version answered.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct JournalEntry {
    /// The part of the journal that has it; a thread writes to one part.
    pub stripe: u16,
    /// Its number within the part, from 0 and without a gap, in the order of endings.
    pub sequence: u64,
    /// The key of the unit that was answered.
    pub unit: UnitKey,
    /// The generation that decided.
    pub generation: u64,
    /// The policy that decided.
    pub fingerprint: Fingerprint,
    /// How the request ended for the recorded version.
    ///
    /// An entry of the first edition without an ending is read as given up.
    #[cfg_attr(feature = "serde", serde(rename = "outcome"))]
    pub ending: Ending,
    /// The application's excerpt of input and answer.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "note", skip_serializing_if = "Option::is_none")
    )]
    pub excerpt: Option<Box<[u8]>>,
}

/// The counts of the requests of one recording.
///
/// The sum of the three is the number of requests that the newly live version got. This is true at
/// any moment for each part of the journal. A request that is just being admitted counts as
/// pending, and no longer counts if another snapshot is published meanwhile.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct JournalCounts {
    /// Requests that have an entry, also if the entry was already taken out.
    pub entries: u64,
    /// Requests that ended when the journal was full: they have no entry.
    pub overflow: u64,
    /// Requests that still run.
    pub pending: u64,
}

impl JournalCounts {
    /// Returns the number of requests that the newly live version got.
    #[must_use]
    pub const fn requests(&self) -> u64 {
        self.entries
            .saturating_add(self.overflow)
            .saturating_add(self.pending)
    }

    pub(crate) const fn plus(self, other: JournalCounts) -> JournalCounts {
        JournalCounts {
            entries: self.entries + other.entries,
            overflow: self.overflow + other.overflow,
            pending: self.pending + other.pending,
        }
    }
}

/// How and when a recording ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct JournalSeal {
    /// The generation from which on nothing was recorded.
    pub generation: u64,
    /// How the swap ended.
    pub ending: JournalEnding,
}

/// The ways in which a swap can end.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum JournalEnding {
    /// The version stays live: the swap was accepted, or the stand-by rejected.
    Kept,
    /// The version was rejected; the application may want to repair what it answered.
    RolledBack,
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

    #[test]
    fn a_capacity_is_a_number_in_files() {
        let read = |text: &str| serde_json::from_str::<JournalCapacity>(text);
        let capacity = read("1000").unwrap();
        assert_eq!(capacity.get(), 1000);
        assert_eq!(serde_json::to_string(&capacity).unwrap(), "1000");
        assert!(read("0").is_err());
    }
}
