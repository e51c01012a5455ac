//! The labels of all versions a router ever had.

use std::sync::OnceLock;

use crate::environment::VersionId;

/// Entries in the first chunk; each further chunk is twice as long.
const FIRST: usize = 16;
/// Enough chunks for every number that a version can have.
const CHUNKS: usize = 29;

type Chunk = Box<[OnceLock<Box<str>>]>;

/// Keeps labels at fixed places, so that they are read without a lock and never move.
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
                entry.get_or_init(|| label.into());
            }
        }
    }

    pub(crate) fn get(&self, id: VersionId) -> Option<&str> {
        let (chunk, place) = locate(id);
        self.chunks
            .get(chunk)?
            .get()?
            .get(place)?
            .get()
            .map(|label| &**label)
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
