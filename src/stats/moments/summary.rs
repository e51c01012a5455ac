//! Moments from aggregated sums.

use super::{Moments, check_count};
use crate::stats::Refusal;
use crate::stats::pair_sums::rounding;

/// Relative uncertainty of a variance above which [`Moments::from_sums`] refuses it.
pub(in crate::stats) const MAX_VARIANCE_ERROR: f64 = 1e-3;

impl Moments {
    /// Returns the moments of `n` values with this mean and sample variance.
    ///
    /// The variance has divisor `n - 1`, as `VAR_SAMP` in SQL, in ClickHouse `varSampStable`; for
    /// `n` = 1 it must be 0.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] for a mean or variance that is not finite, [`Refusal::OutOfRange`]
    /// for a negative variance or one of fewer than two values, [`Refusal::InsufficientData`]
    /// for `n` = 0, [`Refusal::Overflow`] for `n` above 2^53 or an overflowing sum of squares.
    pub fn from_summary(n: u64, mean: f64, variance: f64) -> Result<Moments, Refusal> {
        check_count(n)?;
        Refusal::require_finite("mean", mean)?;
        Refusal::require_finite("variance", variance)?;
        let expected = "a number not below 0";
        Refusal::require(variance >= 0.0, "variance", variance, expected)?;
        let holds = n > 1 || variance == 0.0;
        Refusal::require(holds, "variance of a single value", variance, "0")?;
        let m2 = variance * (n - 1) as f64;
        Moments {
            n,
            mean,
            mean_low: 0.0,
            m2,
            level: 0,
        }
        .checked("sum of squared deviations")
        .map(Moments::on_their_scale)
    }

    /// Returns the moments of `n` values from their sum and sum of squares.
    ///
    /// This reads rows that a database has aggregated. The subtraction
    /// `sum_sq - sum^2 / n` loses digits when the mean is large against the standard deviation;
    /// assuming that the sums carry a relative error of `sqrt(n)` units in the last place, at
    /// least 4, a variance that is uncertain by more than 0.1 % is refused. Both numbers are this
    /// crate's own rule, not a published one: `sqrt(n)` is how rounding errors of a plain sum add
    /// up if they are independent, and 0.1 % of a variance is 0.05 % of a standard error, too
    /// little to change any verdict. Aggregate `x - c` for any constant `c` near the mean then,
    /// or `AVG` and `VAR_SAMP` for [`from_summary`](Moments::from_summary), where the engine
    /// computes that one in a stable way: ClickHouse's gives 0 for a mean of 1e9, its
    /// `varSampStable` does not.
    /// For whole numbers [`from_integer_sums`](Moments::from_integer_sums) is exact.
    ///
    /// # Errors
    /// [`Refusal::LostPrecision`] where cancellation has eaten the variance,
    /// [`Refusal::NonFinite`] for a sum that is not finite, [`Refusal::OutOfRange`] for a
    /// sum of squares that no values have, [`Refusal::InsufficientData`] for `n` = 0,
    /// [`Refusal::Overflow`] for `n` above 2^53 or an overflowing square.
    pub fn from_sums(n: u64, sum: f64, sum_sq: f64) -> Result<Moments, Refusal> {
        Moments::from_rounded_sums(n, sum, sum_sq, sum_sq)
    }

    /// Returns the moments from sums where the squares come from terms of this size.
    pub(in crate::stats) fn from_rounded_sums(
        n: u64,
        sum: f64,
        sum_sq: f64,
        size: f64,
    ) -> Result<Moments, Refusal> {
        check_count(n)?;
        Refusal::require_finite("sum", sum)?;
        Refusal::require_finite("sum of squares", sum_sq)?;
        let expected = "a number not below 0";
        Refusal::require(sum_sq >= 0.0, "sum of squares", sum_sq, expected)?;
        let count = n as f64;
        let mean = sum / count;
        let m2 = sum_sq - sum * mean;
        if !m2.is_finite() {
            return Err(Refusal::overflow("square of the sum"));
        }
        let uncertain = rounding(n) * size;
        let expected = "at least the square of the sum over n";
        Refusal::require(m2 >= -uncertain, "sum of squares", sum_sq, expected)?;
        // The variance of one value is 0 and so is that of zeros: nothing can cancel.
        if n == 1 || size == 0.0 {
            return Ok(Moments {
                n,
                mean,
                mean_low: 0.0,
                m2: 0.0,
                level: 0,
            }
            .on_their_scale());
        }
        if m2 * MAX_VARIANCE_ERROR >= uncertain {
            Ok(Moments {
                n,
                mean,
                mean_low: 0.0,
                m2,
                level: 0,
            }
            .on_their_scale())
        } else {
            Err(Refusal::LostPrecision {
                what: "variance from sums",
                relative_error: uncertain / m2.abs(),
            })
        }
    }

    /// Returns the moments of `n` whole numbers from their exact sums.
    ///
    /// Integer arithmetic loses nothing, so a constant has variance 0 whatever its size.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] if `sum_sq` is less than `sum^2 / n`, which no values have,
    /// [`Refusal::InsufficientData`] for `n` = 0, [`Refusal::Overflow`] for `n` above 2^53 or
    /// `sum_sq` above 2^64.
    pub fn from_integer_sums(n: u64, sum: i64, sum_sq: u64) -> Result<Moments, Refusal> {
        check_count(n)?;
        let scaled = i128::from(n) * i128::from(sum_sq) - i128::from(sum) * i128::from(sum);
        let expected = "at least the square of the sum over n";
        Refusal::require(scaled >= 0, "sum of squares", sum_sq as f64, expected)?;
        let count = n as f64;
        Ok(Moments {
            n,
            mean: sum as f64 / count,
            mean_low: 0.0,
            m2: scaled as f64 / count,
            level: 0,
        })
    }
}
