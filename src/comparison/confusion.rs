//! Counts of pairs of labels that two versions gave.

#[cfg(feature = "serde")]
mod stored;

use std::collections::{BTreeMap, BTreeSet};

/// The counts of pairs of labels: the primary's and the shadow's of one request.
///
/// The labels are those that were seen. After [`Confusion::MAX_CELLS`] different pairs, further
/// ones are counted together, so that labels that never repeat cannot fill the memory.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "stored::State", into = "stored::State")
)]
pub struct Confusion {
    cells: BTreeMap<(String, String), u64>,
    beyond: u64,
}

impl Confusion {
    /// The maximum number of different pairs of labels that are counted separately.
    pub const MAX_CELLS: usize = 16_384;

    pub(super) fn record(&mut self, primary: String, shadow: String, times: u64) {
        let full = self.cells.len() >= Confusion::MAX_CELLS;
        match self.cells.entry((primary, shadow)) {
            std::collections::btree_map::Entry::Vacant(_) if full => self.beyond += times,
            entry => *entry.or_default() += times,
        }
    }

    pub(super) fn merge(&mut self, other: &Confusion) {
        for ((primary, shadow), &times) in &other.cells {
            self.record(primary.clone(), shadow.clone(), times);
        }
        self.beyond += other.beyond;
    }

    /// Returns how often the primary gave one label and the shadow the other.
    #[must_use]
    pub fn count(&self, primary: &str, shadow: &str) -> u64 {
        let key = (primary.to_owned(), shadow.to_owned());
        self.cells.get(&key).copied().unwrap_or(0)
    }

    /// Returns how many pairs were counted without their labels.
    #[must_use]
    pub const fn beyond(&self) -> u64 {
        self.beyond
    }

    /// Returns the number of pairs.
    #[must_use]
    pub fn pairs(&self) -> u64 {
        self.cells.values().sum::<u64>() + self.beyond
    }

    /// Iterates over the primary's label, the shadow's, and how often both were given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, u64)> {
        self.cells
            .iter()
            .map(|((primary, shadow), &times)| (primary.as_str(), shadow.as_str(), times))
    }

    /// Returns all labels that either gave, in byte order.
    #[must_use]
    pub fn labels(&self) -> BTreeSet<&str> {
        let mut labels = BTreeSet::new();
        for (primary, shadow, _) in self.iter() {
            labels.extend([primary, shadow]);
        }
        labels
    }

    /// Returns the counts as a matrix over [`labels`](Confusion::labels).
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`](crate::stats::Refusal::OutOfRange) for fewer than 2 labels, more
    /// than 1,024, or pairs without their labels.
    pub fn matrix(
        &self,
    ) -> Result<crate::stats::agreement::ConfusionMatrix, crate::stats::Refusal> {
        let (what, expected) = ("number of pairs without labels", "0");
        crate::stats::Refusal::require(self.beyond == 0, what, self.beyond as f64, expected)?;
        let labels = self.labels();
        let mut rows = vec![vec![0; labels.len()]; labels.len().min(1_025)];
        let place = |label| labels.range(..label).count();
        for (primary, shadow, times) in self.iter() {
            let row = rows.get_mut(place(primary));
            if let Some(cell) = row.and_then(|row| row.get_mut(place(shadow))) {
                *cell = times;
            }
        }
        crate::stats::agreement::ConfusionMatrix::from_rows(&rows)
    }

    /// Returns Cohen's kappa of the two versions' labels, which have no order.
    ///
    /// # Errors
    /// As [`matrix`](Confusion::matrix) and
    /// [`cohen_kappa`](crate::stats::agreement::cohen_kappa).
    pub fn kappa(
        &self,
        alpha: crate::stats::Alpha,
    ) -> Result<crate::stats::agreement::Kappa, crate::stats::Refusal> {
        use crate::stats::agreement::{Weights, cohen_kappa};
        cohen_kappa(&self.matrix()?, Weights::Identity, alpha)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_beyond_the_limit_are_counted_without_labels() {
        let mut confusion = Confusion::default();
        for label in 0..Confusion::MAX_CELLS + 3 {
            confusion.record(label.to_string(), String::new(), 1);
        }
        confusion.record("0".to_owned(), String::new(), 2);
        assert_eq!(confusion.beyond(), 3);
        assert_eq!(confusion.count("0", ""), 3);
        assert_eq!(confusion.pairs(), Confusion::MAX_CELLS as u64 + 5);
        assert!(confusion.matrix().is_err());
    }
    #[test]
    fn kappa_is_that_of_the_published_table() {
        // Fleiss, Cohen and Everitt's example: kappa 29 / 59.
        let table = [[44, 5, 1], [7, 20, 3], [9, 5, 6]];
        let mut confusion = Confusion::default();
        for (row, counts) in table.iter().enumerate() {
            for (column, &times) in counts.iter().enumerate() {
                confusion.record(row.to_string(), column.to_string(), times);
            }
        }
        let alpha = crate::stats::Alpha::FIVE_PERCENT;
        let kappa = confusion.kappa(alpha).unwrap().test.effect;
        assert!((kappa - 29.0 / 59.0).abs() < 1e-12);
    }
}
