//! Why a method gives no answer.

use thiserror::Error;

/// The reason why a method gives no answer for these data.
///
/// A refusal is a value: lack of data never becomes a p-value of 0 or 1, nor a NaN.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// There are fewer observations than the method needs.
    #[error("{what} has {found} observations, the method needs at least {needed}: record more")]
    InsufficientData {
        /// The sample that is too small.
        what: &'static str,
        /// How many observations it has.
        found: u64,
        /// How many the method needs.
        needed: u64,
    },
    /// Nothing varies, so there is no scale to judge an effect by.
    #[error(
        "{what} does not vary: its variance is zero, so no test can be scaled by it; record values \
         that differ"
    )]
    ZeroVariance {
        /// What does not vary.
        what: &'static str,
    },
    /// A ratio's denominator sums to zero.
    #[error("{what} is zero, and a ratio would divide by it: record until it is not")]
    ZeroDenominator {
        /// The denominator that is zero.
        what: &'static str,
    },
    /// All observations are equal, so ranks carry no information.
    #[error("all observations are tied, so ranks tell nothing: measure more finely")]
    AllTied,
    /// A value is NaN or infinite.
    #[error("{what} is {value}, expected a finite number")]
    NonFinite {
        /// The input that is not finite.
        what: &'static str,
        /// The value that was found.
        value: f64,
    },
    /// A value lies outside of what the method accepts.
    #[error("{what} is {value}, expected {expected}")]
    OutOfRange {
        /// The input that is out of range.
        what: &'static str,
        /// The value that was found.
        value: f64,
        /// The accepted range, in words.
        expected: &'static str,
    },
    /// Two inputs that belong together differ in length.
    #[error("{what} have lengths {left} and {right}, expected equal lengths")]
    LengthMismatch {
        /// The inputs that belong together.
        what: &'static str,
        /// Length of the first.
        left: usize,
        /// Length of the second.
        right: usize,
    },
    /// The summary has too few correct digits of this quantity.
    #[error(
        "{what} is uncertain by a relative {relative_error:.1e}: cancellation ate its digits; \
         subtract a value near the mean before you record"
    )]
    LostPrecision {
        /// The quantity that cannot be recovered.
        what: &'static str,
        /// The relative error that remains, as an order of magnitude.
        relative_error: f64,
    },
    /// A finite input leads to a number that an `f64` or a count cannot hold.
    #[error("{what} is too large to represent: record in a larger unit")]
    Overflow {
        /// The quantity that is too large.
        what: &'static str,
    },
    /// The samples are too small for how skewed they are, so that a mean is not near normal.
    #[error(
        "{what} has {found} observations, at skewness {skewness:.1} it needs {needed}: record \
         more, or cap the values"
    )]
    TooSkewed {
        /// The sample that is too small.
        what: &'static str,
        /// The larger skewness of all samples.
        skewness: f64,
        /// How many observations it has.
        found: u64,
        /// How many it needs.
        needed: f64,
    },
    /// Bad events came under more different shares of the traffic than are counted separately.
    #[error(
        "events came under more than {limit} different shares: change the share less often, or \
         begin a new guard"
    )]
    TooManyShares {
        /// How many different shares are kept apart.
        limit: usize,
    },
    /// Two states that should be merged differ in their settings or in what they count.
    #[error(
        "the two differ in {what}, so their evidence cannot be merged: make both of them with \
         the same settings"
    )]
    Mismatch {
        /// What differs.
        what: &'static str,
    },
    /// The trial has ended, so no further look belongs to it.
    #[error("the trial has ended at look {look}: plan a new one to look again")]
    Concluded {
        /// The look that ended it.
        look: usize,
    },
}

impl Refusal {
    /// Returns the refusal of a sample that is too small.
    pub(crate) const fn too_few(what: &'static str, found: u64, needed: u64) -> Refusal {
        Refusal::InsufficientData {
            what,
            found,
            needed,
        }
    }

    /// Returns the refusal of what does not vary.
    pub(crate) const fn no_variance(what: &'static str) -> Refusal {
        Refusal::ZeroVariance { what }
    }

    /// Returns the refusal of a denominator that is zero.
    pub(crate) const fn zero(what: &'static str) -> Refusal {
        Refusal::ZeroDenominator { what }
    }

    /// Returns the refusal of a number that has no representation.
    pub(crate) const fn overflow(what: &'static str) -> Refusal {
        Refusal::Overflow { what }
    }

    /// Returns the refusal of inputs that differ in length.
    pub(crate) const fn unequal(what: &'static str, left: usize, right: usize) -> Refusal {
        Refusal::LengthMismatch { what, left, right }
    }

    /// Refuses NaN and infinities.
    pub(crate) const fn require_finite(what: &'static str, value: f64) -> Result<(), Refusal> {
        if value.is_finite() {
            Ok(())
        } else {
            Err(Refusal::NonFinite { what, value })
        }
    }

    /// Refuses NaN, infinities, and numbers that are not above 0.
    pub(crate) const fn require_positive(what: &'static str, value: f64) -> Result<(), Refusal> {
        match Refusal::require_finite(what, value) {
            Ok(()) => Refusal::require(value > 0.0, what, value, "a positive number"),
            refused => refused,
        }
    }

    /// Refuses a value as out of range unless `holds`.
    pub(crate) const fn require(
        holds: bool,
        what: &'static str,
        value: f64,
        expected: &'static str,
    ) -> Result<(), Refusal> {
        if holds {
            Ok(())
        } else {
            Err(Refusal::OutOfRange {
                what,
                value,
                expected,
            })
        }
    }
}
