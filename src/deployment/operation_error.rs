//! Why an operation is refused.

use thiserror::Error;

use super::{LabelError, VersionState};
use crate::policy::PolicyError;

/// Why an operation is not possible.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum OperationError {
    /// The label names no deployed version.
    #[error("version {version:?} is not deployed: deploy it first")]
    UnknownVersion {
        /// The label that was given.
        version: String,
    },
    /// The label is taken.
    #[error(
        "version {version:?} is deployed already, and {state}: its label is free again after \
         `reclaim`"
    )]
    AlreadyDeployed {
        /// The label that was given.
        version: String,
        /// The state of the version that bears it.
        state: VersionState,
    },
    /// The text cannot be a label.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// More versions are deployed than may be.
    #[error("at most {limit} versions may be deployed: retire and reclaim one first")]
    TooManyVersions {
        /// How many may be.
        limit: usize,
    },
    /// The model takes more memory than is left.
    #[error(
        "version {version:?} takes {size} bytes, and {in_use} of the {budget} that all versions may \
         take are in use: reclaim one first"
    )]
    OverMemory {
        /// The label that was given.
        version: String,
        /// How many bytes its model takes.
        size: u64,
        /// How many bytes the deployed models take.
        in_use: u64,
        /// How many bytes all may take.
        budget: u64,
    },
    /// The version is not in the state that the operation starts from.
    #[error("version {version:?} is {state}, expected {expected}{}", cure(*state, expected))]
    WrongState {
        /// The version's label.
        version: String,
        /// The state it is in.
        state: VersionState,
        /// The states that the operation starts from, in words.
        expected: &'static str,
    },
    /// The last swap was neither accepted nor rolled back.
    #[error(
        "the swap from {standby:?} to {live:?} is open: `accept` or `rollback` must end it first"
    )]
    NotAccepted {
        /// The live version's label.
        live: String,
        /// The stand-by's label.
        standby: String,
    },
    /// There is no stand-by to go back to, or to let go.
    #[error(
        "there is no stand-by beside the live version {version:?}: swap to another version, and \
         then this one can be rejected"
    )]
    NoStandby {
        /// The live version's label.
        version: String,
    },
    /// The policy in force names the version.
    #[error("the policy of release {release:?} names version {version:?}: release another first")]
    NamedByPolicy {
        /// The version's label.
        version: String,
        /// The release's name.
        release: String,
    },
    /// Another operation has succeeded since the operator looked.
    #[error(
        "generation {expected} was expected, {found} is in force: read the state again, and decide \
         anew"
    )]
    Stale {
        /// The generation that the operator saw.
        expected: u64,
        /// The generation in force.
        found: u64,
    },
    /// A person, or another roll-out, has changed the router since a roll-out's last action.
    #[error(
        "{by}, and that stands: bring the roll-out's own policy and live version back, or say in \
         words that it takes over, with `carry_out_over`"
    )]
    Overruled {
        /// Who, what and when.
        by: String,
    },
    /// The policy is refused.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// Returns what brings a version from its state to the expected one, as the end of a sentence.
fn cure(state: VersionState, expected: &str) -> &'static str {
    match (state, expected) {
        (VersionState::Staged, "ready") => ": validate it first",
        (VersionState::Live, _) => ": swap to another version first",
        (VersionState::Standby, _) => ": accept or roll back the open swap first",
        (VersionState::Retiring | VersionState::Rejected, "staged" | "ready") => {
            ": reclaim it and deploy it anew"
        }
        (VersionState::Staged | VersionState::Ready, "retiring or rejected") => {
            ": retire or reject it first"
        }
        _ => "",
    }
}

impl OperationError {
    pub(super) fn wrong_state(
        version: &str,
        state: VersionState,
        expected: &'static str,
    ) -> OperationError {
        OperationError::WrongState {
            version: version.to_owned(),
            state,
            expected,
        }
    }
}
