//! The values of one metric, in ascending order.

use super::Refusal;

/// The finite values of one metric in one arm, sorted once.
///
/// Methods on quantiles, ranks and whole distributions need every value, not only its moments.
/// Where memory matters, count values into a [`Histogram`](crate::stats::Histogram) instead.
///
/// ```
/// use switchstand::stats::Sample;
/// let latency = Sample::new(&[31.0, 12.5, 18.0])?;
/// assert_eq!(latency.sorted(), [12.5, 18.0, 31.0]);
/// assert!(Sample::new(&[f64::NAN]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    sorted: Vec<f64>,
}

impl Sample {
    /// Returns the sample of these values, in `O(n log n)`.
    ///
    /// # Errors
    /// [`Refusal::InsufficientData`] without any value, [`Refusal::NonFinite`] for NaN or an
    /// infinity.
    pub fn new(values: &[f64]) -> Result<Sample, Refusal> {
        if values.is_empty() {
            return Err(Refusal::too_few("sample", 0, 1));
        }
        if let Some(&value) = values.iter().find(|value| !value.is_finite()) {
            return Err(Refusal::NonFinite {
                what: "value of the sample",
                value,
            });
        }
        // The sum turns -0 into 0, so that equal values are equal bit by bit.
        let mut sorted: Vec<f64> = values.iter().map(|value| value + 0.0).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Ok(Sample { sorted })
    }

    /// Returns the number of values, at least 1.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.sorted.len() as u64
    }

    /// Returns the values in ascending order.
    #[must_use]
    pub fn sorted(&self) -> &[f64] {
        &self.sorted
    }

    /// Returns the smallest value.
    pub(crate) fn least(&self) -> f64 {
        self.sorted.first().copied().unwrap_or(f64::NAN)
    }

    /// Returns the value of this rank, counted from 1; the nearest one for other ranks.
    pub(crate) fn at_rank(&self, rank: u64) -> f64 {
        let index = (rank.clamp(1, self.n()) - 1) as usize;
        self.sorted.get(index).copied().unwrap_or(f64::NAN)
    }
}
