//! The labels of all versions a router ever had, and the counts of their shadows.

use std::sync::OnceLock;

use super::Ledger;
use crate::{
    deployment::{Deployments, VersionId},
    sorting::sort_by,
};

/// Entries in the first chunk; each further chunk is twice as long.
const FIRST: usize = 16;
/// Enough chunks for every number that a version can have.
const CHUNKS: usize = 29;

/// Entries are boxed separately, so that places without a version cost little.
type Chunk = Box<[OnceLock<Box<Entry>>]>;

#[derive(Debug)]
struct Entry {
    label: Box<str>,
    ledger: Ledger,
}

impl Entry {
    fn new(label: &str) -> Entry {
        Entry {
            label: label.into(),
            ledger: Ledger::default(),
        }
    }
}

/// A table whose entries stay at fixed places, so that they are read without a lock.
///
/// Its memory grows with the number of versions of this router, not with their numbers: a restored
/// router continues the numbers of another one.
#[derive(Debug)]
pub(crate) struct Labels {
    /// The versions that the router began with, in the order of their numbers.
    begun: Box<[(VersionId, Entry)]>,
    /// The number of the first version after them.
    next: u32,
    chunks: [OnceLock<Chunk>; CHUNKS],
}

impl Labels {
    pub(crate) fn new(deployments: &Deployments) -> Labels {
        let begun = deployments.iter();
        let mut begun: Box<[_]> = begun
            .map(|deployment| (deployment.id(), Entry::new(deployment.label())))
            .collect();
        sort_by(&mut begun, |(left, _), (right, _)| left.cmp(right));
        Labels {
            begun,
            next: deployments.next(),
            chunks: [const { OnceLock::new() }; CHUNKS],
        }
    }

    /// Notes the label of a version that was deployed after the beginning.
    pub(crate) fn set(&self, id: VersionId, label: &str) {
        let Some((chunk, place)) = self.locate(id) else {
            return;
        };
        if let Some(cell) = self.chunks.get(chunk) {
            let entries =
                cell.get_or_init(|| (0..FIRST << chunk).map(|_| OnceLock::new()).collect());
            if let Some(entry) = entries.get(place) {
                entry.get_or_init(|| Box::new(Entry::new(label)));
            }
        }
    }

    pub(crate) fn get(&self, id: VersionId) -> Option<&str> {
        self.entry(id).map(|entry| &*entry.label)
    }

    pub(crate) fn ledger(&self, id: VersionId) -> Option<&Ledger> {
        self.entry(id).map(|entry| &entry.ledger)
    }

    fn entry(&self, id: VersionId) -> Option<&Entry> {
        match self.locate(id) {
            Some((chunk, place)) => {
                let entry = self.chunks.get(chunk)?.get()?.get(place)?.get()?;
                Some(entry)
            }
            None => {
                let place = self.begun.binary_search_by_key(&id, |(begun, _)| *begun);
                self.begun.get(place.ok()?).map(|(_, entry)| entry)
            }
        }
    }

    /// Returns the chunk and the place in it of a version that was deployed since the beginning.
    fn locate(&self, id: VersionId) -> Option<(usize, usize)> {
        let number = id.0.checked_sub(self.next)? as usize + FIRST;
        let chunk = (number.ilog2() - FIRST.ilog2()) as usize;
        Some((chunk, number - (FIRST << chunk)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_a_place_of_its_own() {
        let labels = Labels::new(&Deployments::new("0").unwrap());
        assert_eq!(labels.get(VersionId(0)), Some("0"));
        for number in 1..1000 {
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

    #[test]
    fn a_version_takes_no_more_than_the_documentation_says() {
        // Its place may stand in a chunk of which half is empty.
        let places = 2 * size_of::<OnceLock<Box<Entry>>>();
        assert!(size_of::<Entry>() + places <= 300);
    }
}
