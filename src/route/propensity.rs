//! The probability with which a unit gets a version.

use core::num::NonZeroU64;

use thiserror::Error;

/// The probability of a version for a unit, in units of 2^-63.
///
/// In serialised form it is the probability as a number above 0 and at most 1.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "f64", try_from = "f64"))]
pub struct Propensity(NonZeroU64);

impl Propensity {
    const ONE: u64 = 1 << 63;

    /// Certainty.
    pub const CERTAIN: Propensity = Propensity(NonZeroU64::MIN.saturating_add(Propensity::ONE - 1));

    /// Returns the probability of `points` among 2^64, rounded to 2^-63, as a raw number.
    pub(crate) const fn raw_of_points(points: u128) -> u64 {
        (points.div_ceil(2)) as u64
    }

    /// Returns the product of two raw probabilities.
    pub(crate) const fn raw_product(left: u64, right: u64) -> u64 {
        ((left as u128 * right as u128 + (1 << 62)) >> 63) as u64
    }

    /// Returns the complement of a raw probability.
    pub(crate) const fn raw_complement(raw: u64) -> u64 {
        Propensity::ONE.saturating_sub(raw)
    }

    /// Makes a probability of a raw number; 0 is rounded up, because a chosen version is never
    /// impossible.
    pub(crate) const fn from_raw(raw: u64) -> Propensity {
        match NonZeroU64::new(raw) {
            Some(raw) => Propensity(raw),
            None => Propensity(NonZeroU64::MIN),
        }
    }

    /// Returns the probability as a number above 0 and at most 1.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "the nearest double is what is promised"
    )]
    pub fn as_fraction(self) -> f64 {
        self.0.get() as f64 / Propensity::ONE as f64
    }
}

impl From<Propensity> for f64 {
    fn from(propensity: Propensity) -> f64 {
        propensity.as_fraction()
    }
}

impl TryFrom<f64> for Propensity {
    type Error = PropensityError;

    #[expect(clippy::cast_precision_loss, reason = "a power of two is exact")]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked before"
    )]
    fn try_from(fraction: f64) -> Result<Propensity, PropensityError> {
        if fraction > 0.0 && fraction <= 1.0 {
            Ok(Propensity::from_raw(
                (fraction * Propensity::ONE as f64) as u64,
            ))
        } else {
            Err(PropensityError::OutOfRange { fraction })
        }
    }
}

/// Why a number is not a propensity.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum PropensityError {
    /// The number is not above 0 and at most 1.
    #[error(
        "propensity {fraction} is not above 0 and at most 1: give the probability with which it was drawn"
    )]
    OutOfRange {
        /// The number that was given.
        fraction: f64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_of_probabilities_is_rounded_to_the_nearest() {
        let one = Propensity::raw_complement(0);
        assert_eq!(one, 1 << 63);
        for (left, right, product) in [
            (one, one, one),
            (one, 7, 7),
            (0, one, 0),
            (one / 2, one / 2, one / 4),
            // One and a half, a quarter, three quarters.
            (one / 2, 3, 2),
            (one / 4, 1, 0),
            (one / 4, 3, 1),
        ] {
            assert_eq!(Propensity::raw_product(left, right), product);
            assert_eq!(Propensity::raw_product(right, left), product);
        }
        assert_eq!(Propensity::raw_of_points(1 << 64), one);
        assert_eq!(Propensity::raw_of_points(5), 3);
    }
}
