//! Tests with fewer units, by an adjustment for what was known before the release (CUPED).
//!
//! | question | function |
//! |---|---|
//! | does the candidate's mean differ, given each unit's past? | [`adjust`] |
//! | the same for a ratio of sums | [`adjust_ratios`] |
//!
//! What a unit did before the release often predicts what it does during it. The adjustment
//! subtracts the predicted part. It does not change the effect, and multiplies the variance by `1 -
//! rho^2`, where `rho` is the correlation with the past: at 0.7, half of the units are enough.
//!
//! The covariate **must** come from before the release. A number that the candidate can change,
//! such as the number of requests during the release, would remove a part of the effect, and the
//! result would be biased without any warning. [`PreRelease`] is a type of its own for that reason.
//! For one look at a sample whose size was fixed beforehand.

mod adjusted;
mod adjusted_ratios;
mod ratio_moments;

pub use adjusted::{Adjustment, adjust};
pub use adjusted_ratios::{RatioAdjustment, adjust_ratios};
pub use ratio_moments::{PreReleaseSums, RatioCovariateMoments};

use super::moments::BLOCK;
use super::{Moments, PairedMoments, Refusal};

/// A number of a unit that was known before the release began.
///
/// By [`new`](PreRelease::new) you state that the release cannot have changed the number: it was
/// measured before the unit's arm was drawn or in effect.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct PreRelease(f64);

impl PreRelease {
    /// Returns `value`, which comes from before the release.
    #[must_use]
    pub const fn new(value: f64) -> PreRelease {
        PreRelease(value)
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// The moments of each unit's metric together with a number from before the release.
///
/// Give all units without a past the same value, such as the mean of the others or 0.
///
/// ```
/// use switchstand::stats::covariate::{CovariateMoments, PreRelease};
/// let mut spending = CovariateMoments::new();
/// spending.record(PreRelease::new(10.0), 12.0)?;
/// spending.record(PreRelease::new(20.0), 19.0)?;
/// assert_eq!(spending.metric().mean(), Some(15.5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct CovariateMoments {
    /// The covariate first, the metric second.
    pairs: PairedMoments,
}

impl CovariateMoments {
    /// Returns the moments of no units.
    #[must_use]
    pub const fn new() -> CovariateMoments {
        CovariateMoments {
            pairs: PairedMoments::new(),
        }
    }

    /// Returns the moments of these pairs, the covariate first.
    pub(super) const fn of_pairs(pairs: PairedMoments) -> CovariateMoments {
        CovariateMoments { pairs }
    }

    /// Returns the scales on which covariate and metric are held.
    const fn scales(&self) -> [u8; 2] {
        self.pairs.scales()
    }

    /// Returns the variances of covariate and metric, and the covariance, on these scales.
    fn spread_at(&self, scales: [u8; 2]) -> Option<[f64; 3]> {
        self.pairs.spread_at(scales)
    }

    /// Adds one unit.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] for NaN or an infinity, [`Refusal::Overflow`] where a squared
    /// deviation overflows; the state stays as it was.
    pub fn record(&mut self, before: PreRelease, metric: f64) -> Result<(), Refusal> {
        self.pairs.record(before.0, metric)
    }

    /// Adds the units of two slices of equal length.
    ///
    /// # Errors
    /// [`Refusal::LengthMismatch`] for slices of different length, and as
    /// [`record`](CovariateMoments::record) for any unit; then none is added.
    pub fn extend_from_slices(
        &mut self,
        before: &[PreRelease],
        metric: &[f64],
    ) -> Result<(), Refusal> {
        super::paired_moments::check_lengths(before, metric)?;
        let mut total = *self;
        let mut space = [0.0; BLOCK];
        for (before, metric) in before.chunks(BLOCK).zip(metric.chunks(BLOCK)) {
            for (number, before) in space.iter_mut().zip(before) {
                *number = before.0;
            }
            let numbers = space.get(..before.len()).unwrap_or(&[]);
            total.pairs.extend_from_slices(numbers, metric)?;
        }
        *self = total;
        Ok(())
    }

    /// Adds the units that `other` has seen.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] where the count exceeds 2^53 or a sum of squared deviations
    /// overflows; the state stays as it was.
    pub fn merge(&mut self, other: &CovariateMoments) -> Result<(), Refusal> {
        self.pairs.merge(&other.pairs)
    }

    /// Returns the number of units.
    #[must_use]
    pub const fn n(&self) -> u64 {
        self.pairs.n()
    }

    /// Returns the moments of the metric.
    #[must_use]
    pub const fn metric(&self) -> Moments {
        self.pairs.y()
    }

    /// Returns the moments of the numbers from before the release.
    #[must_use]
    pub const fn covariate(&self) -> Moments {
        self.pairs.x()
    }

    /// Returns the sample covariance (divisor `n - 1`), none before the second unit.
    #[must_use]
    pub fn covariance(&self) -> Option<f64> {
        self.pairs.covariance()
    }

    /// Returns Pearson's correlation of the two; its square is the share of variance to gain.
    ///
    /// There is none before the second unit, nor if either does not vary.
    #[must_use]
    pub fn correlation(&self) -> Option<f64> {
        self.pairs.correlation()
    }
}
