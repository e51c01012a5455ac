//! The reasons for which a guard cannot be set up or fed.

use thiserror::Error;

/// Which input of a guard is wrong, and what was found.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum GuardError {
    /// A number is NaN or infinite.
    #[error("{what} is {value}, expected a finite number")]
    NonFinite {
        /// The input that is not finite.
        what: &'static str,
        /// The number that was found.
        value: f64,
    },
    /// The candidate's share of the traffic is 0 or 1, or as good as that.
    #[error("the candidate's share is {value}, expected a number from 1e-12 to 1 - 1e-12")]
    Share {
        /// The share that was given.
        value: f64,
    },
    /// A rate ratio is not on its side of the boundary.
    #[error("{what} is {value}, expected {expected}")]
    Ratio {
        /// The ratio that is out of place.
        what: &'static str,
        /// The ratio that was found.
        value: f64,
        /// Where it may lie, in words.
        expected: &'static str,
    },
    /// A grid holds no ratio, or more than the limit.
    #[error("{what} has {found} ratios, expected 1 to {limit}")]
    GridSize {
        /// The grid.
        what: &'static str,
        /// How many ratios it has.
        found: usize,
        /// How many it may have.
        limit: usize,
    },
    /// A prior's parameter, an event rate or a probability is out of its range.
    #[error("{what} is {value}, expected {expected}")]
    OutOfRange {
        /// The number that is out of range.
        what: &'static str,
        /// The number that was found.
        value: f64,
        /// The accepted range, in words.
        expected: &'static str,
    },
    /// A set of units may not hold this many.
    #[error("the capacity is {found} units, expected 16 to 16,777,216")]
    Capacity {
        /// The capacity that was given.
        found: usize,
    },
    /// The events came under more different shares than are kept apart.
    #[error(
        "events came under more than {limit} different shares: change the share less often, or \
         begin a new guard"
    )]
    TooManyShares {
        /// How many different shares are kept apart.
        limit: usize,
    },
    /// A count of events exceeds 64 bits.
    #[error("a count of events exceeds 64 bits: begin a new guard")]
    CountOverflow,
    /// Two guards that should be merged differ in their test or in what they count.
    #[error(
        "the guards differ in {what}, so their evidence cannot be merged: make all of them with \
         the same settings"
    )]
    Mismatch {
        /// What differs.
        what: &'static str,
    },
}

pub(crate) fn finite(what: &'static str, value: f64) -> Result<f64, GuardError> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(GuardError::NonFinite { what, value })
    }
}

/// Returns a rate ratio that leaves room for sums and quotients of such ratios.
pub(crate) fn rate_ratio(what: &'static str, value: f64) -> Result<f64, GuardError> {
    finite(what, value)?;
    if (1e-9..=1e9).contains(&value) {
        Ok(value)
    } else {
        let expected = "a ratio from 1e-9 to 1e9";
        Err(GuardError::Ratio {
            what,
            value,
            expected,
        })
    }
}
