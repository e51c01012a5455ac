//! Why a log cannot be used for a target policy.

use thiserror::Error;

use crate::stats::Refusal;

/// Why a log cannot be used for a target policy.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum OffPolicyError {
    /// The target policy takes an action that the policy that ran never took.
    #[error(
        "the target takes with probability {target} an action that was never taken: no reward of \
         it is known; log a policy that takes it sometimes"
    )]
    NotCovered {
        /// The probability with which the target takes it.
        target: f64,
    },
    /// A number is out of its range.
    #[error("{what} is {value}, expected {expected}")]
    OutOfRange {
        /// The number that is out of range.
        what: &'static str,
        /// The number that was found.
        value: f64,
        /// The accepted range, in words.
        expected: &'static str,
    },
    /// A weight exceeds what the two policies allow, so one of them is not what was said.
    #[error(
        "a decision has weight {weight}, the two policies allow at most {greatest}: its logged \
         propensity is not the one it was made with"
    )]
    TooHeavy {
        /// The weight that was found.
        weight: f64,
        /// The greatest weight.
        greatest: f64,
    },
    /// Weights average 1 if the propensities are right and cover the target; these do not.
    #[error(
        "the weights average {mean_weight}, which right propensities that cover the target hardly \
         ever do: check what was logged"
    )]
    WrongPropensities {
        /// The mean of the weights.
        mean_weight: f64,
    },
    /// No decision was logged that the target might have made.
    #[error(
        "none of {found} logged decisions is one that the target makes: take a log of a policy \
         that makes them too"
    )]
    NoOverlap {
        /// How many decisions there are.
        found: u64,
    },
    /// A value was refused by the interval.
    #[error(transparent)]
    Refused(#[from] Refusal),
}
