//! Why an experiment, or a value for it, is refused.

use thiserror::Error;

use crate::{fingerprint::Fingerprint, policy::PolicyError, route::Reason, stats::Refusal};

/// The reason why an experiment, or a value for it, is refused.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum ExperimentError {
    /// There is no arm or metric of this name.
    #[error(
        "{what} {name:?} is not part of the experiment, which has {known}: take the name from \
         there"
    )]
    Unknown {
        /// Arm or metric.
        what: &'static str,
        /// The name that was given.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// Two arms or metrics have one name.
    #[error("two {what} have the name {name:?}: give one another name")]
    NameTaken {
        /// Arms or metrics.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// An arm has no weight.
    #[error("arm {name:?} has weight 0: leave it out, or give it a weight")]
    NoWeight {
        /// The arm.
        name: String,
    },
    /// There are too few or too many arms.
    #[error(
        "an experiment on {release:?} has {found} arms, expected 2 to 64: the control comes first, then \
         each candidate"
    )]
    Arms {
        /// The release.
        release: String,
        /// How many arms it has.
        found: usize,
    },
    /// The policy has no A/B test.
    #[error("the policy of {release:?} is no A/B test: name its arms in `Setup::new`")]
    NoAbTest {
        /// The release.
        release: String,
    },
    /// The policy cannot be compiled.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A policy does not continue the experiment.
    #[error(
        "the policy of {release:?} does not continue the experiment: {why}; make a new experiment for it"
    )]
    NotContinued {
        /// The policy's release.
        release: String,
        /// What differs, in words.
        why: String,
    },
    /// A handle was made by another experiment.
    #[error("the handle of {what} is of another experiment: ask this one for its own")]
    Foreign {
        /// An arm or a metric.
        what: &'static str,
    },
    /// An assignment is of another release.
    #[error(
        "the assignment is of release {found:?}, the experiment is on {expected:?}: record it in the \
         experiment of its release"
    )]
    OtherRelease {
        /// The assignment's release.
        found: String,
        /// The experiment's.
        expected: String,
    },
    /// An assignment was made by a policy that the experiment does not know.
    #[error(
        "the assignment was made by policy {found}, which the experiment does not know: hand a \
         changed policy to `Experiment::follow` first"
    )]
    OtherPolicy {
        /// The assignment's fingerprint.
        found: Fingerprint,
    },
    /// An assignment names no arm.
    #[error(
        "the unit was drawn into no arm ({reason:?}), so it has no outcome here: leave such units out"
    )]
    NotDrawn {
        /// The rule that decided.
        reason: Reason,
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
    /// No planned look is due.
    #[error("no look is due: {units} units are there, {next}")]
    NoLookDue {
        /// Units of all arms.
        units: u64,
        /// When the next one is, in words.
        next: String,
    },
    /// Two parts are of different experiments.
    #[error(
        "the parts do not add up: {what} differ, {left} and {right}; merge parts of one experiment"
    )]
    Mismatch {
        /// What differs.
        what: &'static str,
        /// That of the one.
        left: String,
        /// That of the other.
        right: String,
    },
    /// The numbers became too large.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl ExperimentError {
    pub(super) fn require(
        holds: bool,
        what: &'static str,
        value: f64,
        expected: &'static str,
    ) -> Result<(), ExperimentError> {
        match holds {
            true => Ok(()),
            false => Err(ExperimentError::OutOfRange {
                what,
                value,
                expected,
            }),
        }
    }
}
