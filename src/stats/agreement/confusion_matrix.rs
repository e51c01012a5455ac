//! Answers of two sides to the same requests, by category.

use crate::stats::Refusal;
use crate::stats::state::MAX_COUNT;

/// The most categories: beyond it the matrix alone takes megabytes.
const MAX_CATEGORIES: usize = 1024;

/// The numbers of requests by the category that each of two sides answered.
///
/// Rows are the first side, the control, columns the second, the candidate. Matrices of equal
/// size merge by addition.
///
/// ```
/// use switchstand::stats::agreement::ConfusionMatrix;
/// let mut matrix = ConfusionMatrix::new(2)?;
/// matrix.record(0, 1)?;
/// assert_eq!((matrix.n(), matrix.count(0, 1)), (1, Some(1)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "stored::State", into = "stored::State")
)]
pub struct ConfusionMatrix {
    categories: usize,
    /// Row by row.
    counts: Vec<u64>,
}

impl ConfusionMatrix {
    /// Returns an empty matrix of so many categories, from 2 to 1024.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for any other number.
    pub fn new(categories: usize) -> Result<ConfusionMatrix, Refusal> {
        let (what, expected) = ("number of categories", "from 2 to 1024");
        Refusal::require(
            (2..=MAX_CATEGORIES).contains(&categories),
            what,
            categories as f64,
            expected,
        )?;
        Ok(ConfusionMatrix {
            categories,
            counts: vec![0; categories * categories],
        })
    }

    /// Returns the matrix with these rows, as many as they are long.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for fewer than 2 or more than 1024 rows,
    /// [`Refusal::LengthMismatch`] for a row of another length, [`Refusal::Overflow`] above 2^53
    /// requests.
    pub fn from_rows<R: AsRef<[u64]>>(rows: &[R]) -> Result<ConfusionMatrix, Refusal> {
        let mut matrix = ConfusionMatrix::new(rows.len())?;
        for (row, target) in rows.iter().zip(matrix.counts.chunks_mut(matrix.categories)) {
            let row = row.as_ref();
            if row.len() != target.len() {
                return Err(Refusal::unequal(
                    "row and column of a square matrix",
                    row.len(),
                    target.len(),
                ));
            }
            target.copy_from_slice(row);
        }
        matrix.checked()
    }

    /// Counts one request by both answers, counted from 0.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for an answer that is no category; nothing is counted then.
    pub fn record(&mut self, control: usize, candidate: usize) -> Result<(), Refusal> {
        for answer in [control, candidate] {
            let (what, expected) = ("category", "less than the number of categories");
            Refusal::require(answer < self.categories, what, answer as f64, expected)?;
        }
        let at = control * self.categories + candidate;
        if let Some(count) = self.counts.get_mut(at) {
            *count += 1;
        }
        Ok(())
    }

    /// Adds the requests of `other`.
    ///
    /// # Errors
    /// [`Refusal::LengthMismatch`] for another number of categories, [`Refusal::Overflow`] above
    /// 2^53 requests; nothing is added then.
    pub fn merge(&mut self, other: &ConfusionMatrix) -> Result<(), Refusal> {
        if self.categories != other.categories {
            return Err(Refusal::unequal(
                "two confusion matrices",
                self.categories,
                other.categories,
            ));
        }
        let sums = self.counts.iter().zip(&other.counts);
        *self = ConfusionMatrix {
            categories: self.categories,
            counts: sums.map(|(a, b)| a.saturating_add(*b)).collect(),
        }
        .checked()?;
        Ok(())
    }

    /// Returns the number of categories.
    #[must_use]
    pub const fn categories(&self) -> usize {
        self.categories
    }

    /// Returns the number of requests.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns how often the two sides gave these answers, none if either is no category.
    #[must_use]
    pub fn count(&self, control: usize, candidate: usize) -> Option<u64> {
        let row = self.counts.chunks(self.categories).nth(control)?;
        row.get(candidate).copied()
    }

    pub(super) fn row_sums(&self) -> Vec<u64> {
        let rows = self.counts.chunks(self.categories);
        rows.map(|row| row.iter().sum()).collect()
    }

    pub(super) fn column_sums(&self) -> Vec<u64> {
        let mut sums = vec![0; self.categories];
        for row in self.counts.chunks(self.categories) {
            for (sum, count) in sums.iter_mut().zip(row) {
                *sum += count;
            }
        }
        sums
    }

    /// Yields row, column and count of every cell.
    pub(super) fn cells(&self) -> impl Iterator<Item = (usize, usize, u64)> + '_ {
        let rows = self.counts.chunks(self.categories).enumerate();
        rows.flat_map(|(i, row)| row.iter().enumerate().map(move |(j, &count)| (i, j, count)))
    }

    fn checked(self) -> Result<ConfusionMatrix, Refusal> {
        let total = self
            .counts
            .iter()
            .fold(0_u64, |sum, &count| sum.saturating_add(count));
        if total > MAX_COUNT {
            return Err(Refusal::overflow("number of requests"));
        }
        Ok(self)
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::ConfusionMatrix;
    use crate::stats::state::StateError;

    const NAME: &str = "confusion matrix";
    const VERSION: u32 = 1;

    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in crate::stats) struct State {
        version: u32,
        rows: Vec<Vec<u64>>,
    }

    impl From<ConfusionMatrix> for State {
        fn from(matrix: ConfusionMatrix) -> State {
            let rows = matrix.counts.chunks(matrix.categories);
            State {
                version: VERSION,
                rows: rows.map(<[u64]>::to_vec).collect(),
            }
        }
    }

    impl TryFrom<State> for ConfusionMatrix {
        type Error = StateError;

        fn try_from(state: State) -> Result<ConfusionMatrix, StateError> {
            StateError::check_version(NAME, state.version, VERSION)?;
            ConfusionMatrix::from_rows(&state.rows).map_err(|_| StateError::Inconsistent {
                what: NAME,
                why: "the rows are no square matrix of counts",
            })
        }
    }
}
