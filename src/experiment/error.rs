//! Why an experiment cannot be, or takes no value.

use thiserror::Error;

use crate::stats::Refusal;

/// Tells what is wrong with an experiment, or with what it was given.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum ExperimentError {
    /// A name is that of no arm or metric.
    #[error("{what} {name:?} is not part of the experiment")]
    Unknown {
        /// Arm or metric.
        what: &'static str,
        /// The name that was given.
        name: String,
    },
    /// Two arms or metrics have one name.
    #[error("two {what} have the name {name:?}")]
    NameTaken {
        /// Arms or metrics.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// An arm has no weight.
    #[error("arm {name:?} has weight 0")]
    NoWeight {
        /// The arm.
        name: String,
    },
    /// A metric takes another kind of value.
    #[error("metric {name:?} takes {expected}")]
    WrongKind {
        /// The metric.
        name: String,
        /// What it takes, in words.
        expected: &'static str,
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
    /// Two parts are of different experiments.
    #[error("the parts are of different experiments, {left:?} and {right:?}")]
    Mismatch {
        /// Release of the one.
        left: String,
        /// Release of the other.
        right: String,
    },
    /// The numbers became too large.
    #[error(transparent)]
    Refused(#[from] Refusal),
}
