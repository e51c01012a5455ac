//! Sums over units whose ratio is the metric.

use super::moments::BLOCK;
use super::paired_moments::{
    check_cross, check_lengths, correlation, covariance, cross_of_block, cross_with, merged_cross,
    scaled_cross,
};
use super::{Moments, Refusal};

/// The moments of a numerator and a denominator per unit, for a ratio of sums.
///
/// Clicks per page view, tokens per request, errors per session: the unit is what was randomised,
/// with a sum of each. Units are independent; events within a unit are not, so sum them up per unit
/// before you record them.
///
/// ```
/// use switchstand::stats::RatioMoments;
/// let mut clicks_per_view = RatioMoments::new();
/// clicks_per_view.record(1.0, 4.0)?;
/// clicks_per_view.record(2.0, 8.0)?;
/// assert_eq!(clicks_per_view.ratio()?, 0.25);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RatioMoments {
    numerator: Moments,
    denominator: Moments,
    cross: f64,
}

impl RatioMoments {
    /// Returns the moments of no units.
    #[must_use]
    pub const fn new() -> RatioMoments {
        RatioMoments {
            numerator: Moments::new(),
            denominator: Moments::new(),
            cross: 0.0,
        }
    }

    /// Returns the moments with these parts, whose cross products are not scaled.
    pub(super) fn of_parts(numerator: Moments, denominator: Moments, cross: f64) -> RatioMoments {
        RatioMoments {
            cross: scaled_cross(cross, (&numerator, &denominator)),
            numerator,
            denominator,
        }
    }

    /// Adds one unit's numerator and denominator.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] for NaN or an infinity, [`Refusal::Overflow`] where a squared
    /// deviation overflows; the state stays as it was.
    pub fn record(&mut self, numerator: f64, denominator: f64) -> Result<(), Refusal> {
        let mut next = *self;
        next.numerator.record(numerator)?;
        next.denominator.record(denominator)?;
        let before = (&self.numerator, &self.denominator);
        let after = (&next.numerator, &next.denominator);
        next.cross = cross_with(self.cross, before, after, (numerator, denominator));
        check_cross(next.cross)?;
        *self = next;
        Ok(())
    }

    /// Adds the units of two slices of equal length.
    ///
    /// # Errors
    /// [`Refusal::LengthMismatch`] for slices of different length, and as
    /// [`record`](RatioMoments::record) for any unit; then none is added.
    pub fn extend_from_slices(
        &mut self,
        numerators: &[f64],
        denominators: &[f64],
    ) -> Result<(), Refusal> {
        check_lengths(numerators, denominators)?;
        let mut total = *self;
        let blocks = numerators.chunks(BLOCK).zip(denominators.chunks(BLOCK));
        for (numerators, denominators) in blocks {
            let numerator = Moments::of_block(numerators)?;
            let denominator = Moments::of_block(denominators)?;
            if numerator.level() != 0 || denominator.level() != 0 {
                let mut units = numerators.iter().zip(denominators);
                units.try_for_each(|(&numerator, &denominator)| {
                    total.record(numerator, denominator)
                })?;
                continue;
            }
            total.merge(&RatioMoments {
                numerator,
                denominator,
                cross: cross_of_block(numerators, denominators, &numerator, &denominator),
            })?;
        }
        *self = total;
        Ok(())
    }

    /// Adds the units that `other` has seen.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] where the count exceeds 2^53 or a sum of squared deviations
    /// overflows; the state stays as it was.
    pub fn merge(&mut self, other: &RatioMoments) -> Result<(), Refusal> {
        let mut next = *self;
        next.numerator.merge(&other.numerator)?;
        next.denominator.merge(&other.denominator)?;
        let parts = [
            (self.cross, &self.numerator, &self.denominator),
            (other.cross, &other.numerator, &other.denominator),
        ];
        next.cross = merged_cross(parts, (&next.numerator, &next.denominator));
        check_cross(next.cross)?;
        *self = next;
        Ok(())
    }

    /// Returns the number of units.
    #[must_use]
    pub const fn n(&self) -> u64 {
        self.numerator.n()
    }

    /// Returns the moments of the numerators.
    #[must_use]
    pub const fn numerator(&self) -> Moments {
        self.numerator
    }

    /// Returns the moments of the denominators.
    #[must_use]
    pub const fn denominator(&self) -> Moments {
        self.denominator
    }

    /// Returns the sum of numerators over the sum of denominators.
    ///
    /// # Errors
    /// [`Refusal::InsufficientData`] before the first unit, [`Refusal::ZeroDenominator`] if the
    /// denominators sum to zero.
    pub fn ratio(&self) -> Result<f64, Refusal> {
        let (Some(top), Some(bottom)) = (self.numerator.mean(), self.denominator.mean()) else {
            return Err(Refusal::too_few("ratio", 0, 1));
        };
        if bottom == 0.0 {
            return Err(Refusal::zero("sum of the denominators"));
        }
        Ok(top / bottom)
    }

    /// Returns the sample covariance (divisor `n - 1`), none before the second unit.
    #[must_use]
    pub fn covariance(&self) -> Option<f64> {
        covariance(&self.numerator, &self.denominator, self.cross)
    }

    /// Returns Pearson's correlation of the two, between -1 and 1.
    ///
    /// There is none before the second unit, nor if either does not vary.
    #[must_use]
    pub fn correlation(&self) -> Option<f64> {
        correlation(&self.numerator, &self.denominator, self.cross)
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::RatioMoments;
    use crate::stats::Moments;
    use crate::stats::state::{StateError, stored_form};

    const NAME: &str = "ratio moments";

    stored_form!(
        NAME,
        version 1,
        RatioMoments {
            numerator: Moments,
            denominator: Moments,
            cross: f64,
        },
        |moments| {
            let (x, y) = (&moments.numerator, &moments.denominator);
            StateError::require(x.n() == y.n(), NAME, "the counts of its parts differ")?;
            StateError::require_cross(NAME, x, y, moments.cross)
        },
    );
}
