//! Why a roll-out does not begin, or does not go on.

use thiserror::Error;

use crate::{
    deployment::OperationError,
    policy::PolicyError,
    rollout::{Phase, RolloutError},
};

/// Why a roll-out does not begin, does not go on, or is not changed.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum BeginError {
    /// Another roll-out is open on this router.
    #[error(
        "the roll-out of {version:?} in release {release:?} is open on this router: end it, or \
         say in words that this one takes over, with `begin_over`"
    )]
    AnotherIsOpen {
        /// The other's release.
        release: String,
        /// The other's candidate.
        version: String,
    },
    /// Another candidate's release of this name has begun on this router.
    #[error(
        "release {release:?} was that of {earlier:?} on this router: under its name {version:?} \
         would get the same users first. Give it a name of its own, or say in words that the same \
         users are meant, with `begin_over`"
    )]
    NameOfAnother {
        /// The release.
        release: String,
        /// The candidate.
        version: String,
        /// The earlier candidate.
        earlier: String,
    },
    /// The roll-out has begun already.
    #[error("the roll-out has begun, it is {phase}: `resume` takes it up with its evidence")]
    HasBegun {
        /// How far it has come.
        phase: Phase,
    },
    /// The router could not put the policy in force.
    #[error(transparent)]
    Policy(PolicyError),
    /// The policy in force keeps units on a version of their own, and the new one is silent.
    #[error(
        "release {release:?} keeps units out on {version:?}, and this policy does not say who \
         answers them: carry `kept_out` on, or drop it with `Rollout::dropping_kept_out`"
    )]
    DropsKeptOut {
        /// The release in force.
        release: String,
        /// The version that answers them now.
        version: String,
    },
    /// The file is older than the one in force.
    #[error(
        "the release file has revision {found}, {in_force} is in force: if the older one is meant, \
         say so with `Rollout::forcing_revision`"
    )]
    OlderRevision {
        /// The file's number.
        found: u64,
        /// The number in force.
        in_force: u64,
    },
    /// The router lacks what the roll-out needs to be where it was.
    #[error("the router cannot be brought where the roll-out is: {0}")]
    Missing(OperationError),
    /// The roll-out cannot be made or changed in this way.
    #[error(transparent)]
    Rollout(RolloutError),
}
