//! Why a test cannot be made.

use thiserror::Error;

use crate::{deployment::OperationError, policy::PolicyError, share::ShareError, stats::Refusal};

/// Why a policy cannot be tested in this way; the assertions fail with it.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum TestError {
    /// The policy is refused.
    #[error(transparent)]
    Refused(#[from] OperationError),
    /// The policy is refused whatever is deployed.
    #[error(transparent)]
    Form(#[from] PolicyError),
    /// What was given is no share.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// No number of units would be against the share, so the test could not fail.
    #[error(
        "{units} units cannot tell a share of {share} from {mistaken}: it takes about {needed}, so \
         try the policy on more"
    )]
    TooFewUnits {
        /// The units of the population.
        units: u64,
        /// The share to be told.
        share: crate::Share,
        /// Nobody or everybody.
        mistaken: &'static str,
        /// How many units it takes.
        needed: u64,
    },
    /// The rules tell more kinds of units apart than can be tried one by one.
    #[error(
        "the audiences tell {found} kinds of units apart, at most {limit} are tried: test the \
         rules apart"
    )]
    TooManyKinds {
        /// How many kinds there are.
        found: usize,
        /// How many are tried at the most.
        limit: usize,
    },
    /// No unit was found against it, but not all kinds of units were tried.
    #[error(
        "no unit was found against it, but {condition} was only sampled: no proof; test it with \
         members of your own"
    )]
    Sampled {
        /// The condition, by operator and attribute.
        condition: String,
    },
    /// No value of an attribute that is to be drawn has a weight.
    #[error("attribute {name:?} has no value with a weight above 0: give one a weight")]
    NoWeight {
        /// The attribute.
        name: String,
    },
    /// Some unit has an attribute of the name under which one is to be drawn.
    #[error("attribute {name:?} is there already: draw each attribute once")]
    NameTaken {
        /// The attribute.
        name: String,
    },
    /// The counts allow no test.
    #[error(transparent)]
    Counts(#[from] Refusal),
}

impl From<core::convert::Infallible> for TestError {
    fn from(never: core::convert::Infallible) -> TestError {
        match never {}
    }
}
