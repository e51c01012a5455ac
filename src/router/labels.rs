//! The labels of all versions a router ever had, and the counts of their shadows.

use std::sync::OnceLock;

use crate::{environment::VersionId, shadow::Ledger};

/// Entries in the first chunk; each further chunk is twice as long.
const FIRST: usize = 16;
/// Enough chunks for every number that a version can have.
const CHUNKS: usize = 29;

type Chunk = Box<[OnceLock<Entry>]>;

#[derive(Debug)]
struct Entry {
    label: Box<str>,
    ledger: Ledger,
}

/// Keeps entries at fixed places, so that they are read without a lock and never move.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    chunks: [OnceLock<Chunk>; CHUNKS],
}

impl Labels {
    pub(crate) fn set(&self, id: VersionId, label: &str) {
        let (chunk, place) = locate(id);
        if let Some(cell) = self.chunks.get(chunk) {
            let entries =
                cell.get_or_init(|| (0..FIRST << chunk).map(|_| OnceLock::new()).collect());
            if let Some(entry) = entries.get(place) {
                entry.get_or_init(|| Entry {
                    label: label.into(),
                    ledger: Ledger::default(),
                });
            }
        }
    }

    pub(crate) fn get(&self, id: VersionId) -> Option<&str> {
        self.entry(id).map(|entry| &*entry.label)
    }

    pub(crate) fn ledger(&self, id: VersionId) -> Option<&Ledger> {
        self.entry(id).map(|entry| &entry.ledger)
    }

    /// Iterates over the ledgers of all versions there ever were.
    pub(crate) fn ledgers(&self) -> impl Iterator<Item = &Ledger> {
        let chunks = self.chunks.iter().filter_map(OnceLock::get);
        let entries = chunks.flat_map(|chunk| chunk.iter().filter_map(OnceLock::get));
        entries.map(|entry| &entry.ledger)
    }

    fn entry(&self, id: VersionId) -> Option<&Entry> {
        let (chunk, place) = locate(id);
        self.chunks.get(chunk)?.get()?.get(place)?.get()
    }
}

fn locate(id: VersionId) -> (usize, usize) {
    let number = id.0 as usize + FIRST;
    let chunk = (number.ilog2() - FIRST.ilog2()) as usize;
    (chunk, number - (FIRST << chunk))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_a_place_of_its_own() {
        let labels = Labels::default();
        for number in 0..1000 {
            assert_eq!(labels.get(VersionId(number)), None);
            labels.set(VersionId(number), &number.to_string());
        }
        for number in 0..1000 {
            assert_eq!(
                labels.get(VersionId(number)),
                Some(number.to_string().as_str())
            );
        }
        assert_eq!(labels.get(VersionId(u32::MAX)), None);
    }
}
