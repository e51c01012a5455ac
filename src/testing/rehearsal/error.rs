//! Why something cannot be rehearsed.

use thiserror::Error;

use crate::{deployment::OperationError, rollout::RolloutError, stats::Refusal};

/// Why a release cannot be rehearsed.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum RehearsalError {
    /// The policy is no canary.
    #[error(transparent)]
    Rollout(#[from] RolloutError),
    /// The policy is refused.
    #[error(transparent)]
    Policy(#[from] OperationError),
    /// A guard cannot count what happens.
    #[error(transparent)]
    Guard(#[from] Refusal),
    /// The schedule has a stage of shadows.
    #[error(
        "the schedule has a stage of shadows, which cannot be rehearsed: leave it out of the \
         rehearsed schedule"
    )]
    Shadows,
    /// The population is empty.
    #[error("the population has no unit: add some")]
    NoUnits,
    /// The schedule has no guard of that name.
    #[error("the schedule has no guard {guard:?}: take the name from there")]
    NoGuard {
        /// The name that was given.
        guard: String,
    },
    /// The guard looks at another kind of number.
    #[error(
        "guard {guard:?} looks at another kind of number, or at one that cannot be rehearsed: give \
         it an effect of its kind"
    )]
    WrongKind {
        /// The guard.
        guard: String,
    },
    /// A guard has nothing to look at.
    #[error("nothing says what guard {guard:?} finds: give it an effect")]
    NoEffect {
        /// The guard.
        guard: String,
    },
    /// A number is out of its range.
    #[error("{what} is {value}, expected {expected}")]
    OutOfRange {
        /// The number.
        what: &'static str,
        /// Its value.
        value: f64,
        /// The range, in words.
        expected: &'static str,
    },
    /// Two results are of different rehearsals.
    #[error("the results are of different rehearsals: merge those of one")]
    Mismatch,
    /// Two results have a replication in common.
    #[error("replication {number} is in both results: run other numbers on each machine")]
    Overlap {
        /// The replication.
        number: u64,
    },
}

pub(super) fn positive(what: &'static str, value: f64) -> Result<(), RehearsalError> {
    match value > 0.0 && value.is_finite() {
        true => Ok(()),
        false => Err(RehearsalError::OutOfRange {
            what,
            value,
            expected: "a positive finite number",
        }),
    }
}
