//! Sums over pairs of values, as a database adds them up.

use super::covariate::CovariateMoments;
use super::moments::MAX_VARIANCE_ERROR;
use super::{Moments, PairedMoments, RatioMoments, Refusal};

/// The sums over units with two values each, as a database adds them up.
///
/// What is read from them obeys the rule of [`Moments::from_sums`]: the sums carry a relative
/// error of `sqrt(n)` units in the last place, at least 4, and what that leaves uncertain by more
/// than 0.1 % is refused. Add up `x - c` and `y - d` for constants near the means then.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct PairSums {
    /// Number of units.
    pub n: u64,
    /// Sum of the first values: numerators, control's scores or covariates.
    pub x: f64,
    /// Sum of the second values: denominators, candidate's scores or metrics.
    pub y: f64,
    /// Sum of the squared first values.
    pub xx: f64,
    /// Sum of the squared second values.
    pub yy: f64,
    /// Sum of the products.
    pub xy: f64,
}

impl PairSums {
    fn parts(&self) -> Result<(Moments, Moments, f64), Refusal> {
        let x = Moments::from_sums(self.n, self.x, self.xx)?;
        let y = Moments::from_sums(self.n, self.y, self.yy)?;
        Ok((x, y, self.cross(&x, &y)?))
    }

    /// Returns the sum of products of deviations.
    fn cross(&self, x: &Moments, y: &Moments) -> Result<f64, Refusal> {
        Refusal::require_finite("sum of products", self.xy)?;
        let count = self.n as f64;
        let cross = self.xy - self.x / count * self.y;
        let uncertain = rounding(self.n) * self.xx.sqrt() * self.yy.sqrt();
        let deviation = |moments: &Moments| moments.standard_deviation().unwrap_or(0.0);
        let most = deviation(x) * deviation(y) * (count - 1.0);
        let expected = "a sum that values with these squares have";
        let holds = cross.abs() <= most * (1.0 + 1e-9) + uncertain;
        Refusal::require(holds, "sum of products", self.xy, expected)?;
        if most > 0.0 && uncertain > MAX_VARIANCE_ERROR * most {
            return Err(Refusal::LostPrecision {
                what: "covariance from sums",
                relative_error: uncertain / most,
            });
        }
        Ok(cross.clamp(-most, most))
    }
}

impl RatioMoments {
    /// Returns the moments of units from the sums of their numerators `x` and denominators `y`.
    ///
    /// # Errors
    /// As [`Moments::from_sums`] for either part, and for the covariance.
    pub fn from_sums(sums: &PairSums) -> Result<RatioMoments, Refusal> {
        let (numerator, denominator, cross) = sums.parts()?;
        Ok(RatioMoments::of_parts(numerator, denominator, cross))
    }
}

impl PairedMoments {
    /// Returns the moments of pairs from the sums of their values.
    ///
    /// The squared differences follow from the sums, too, and are refused sooner than the rest:
    /// scores that agree well cancel.
    ///
    /// # Errors
    /// As [`Moments::from_sums`] for either part, for the covariance and for the differences.
    pub fn from_sums(sums: &PairSums) -> Result<PairedMoments, Refusal> {
        let (x, y, cross) = sums.parts()?;
        let squares = sums.xx - 2.0 * sums.xy + sums.yy;
        let difference = Moments::from_rounded_sums(
            sums.n,
            sums.y - sums.x,
            squares.max(0.0),
            2.0 * (sums.xx + sums.yy),
        )?;
        Ok(PairedMoments::of_parts(x, y, difference, cross))
    }
}

impl CovariateMoments {
    /// Returns the moments of units from sums, of numbers `x` from before the release and of the
    /// metric `y`.
    ///
    /// # Errors
    /// As [`PairedMoments::from_sums`].
    pub fn from_sums(sums: &PairSums) -> Result<CovariateMoments, Refusal> {
        PairedMoments::from_sums(sums).map(CovariateMoments::of_pairs)
    }
}

/// Returns what a sum of `n` numbers may be off by, relative to the sum of their sizes.
pub(super) fn rounding(n: u64) -> f64 {
    f64::EPSILON * (n as f64).sqrt().max(4.0)
}
