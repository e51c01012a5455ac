//! The ways in which a policy can be wrong.

use thiserror::Error;

use super::Policy;
use crate::{audience::AudienceError, share::Share, split::SplitError, version::VersionState};

/// The reason why a policy is refused, with the field and the value.
///
/// The policy in force stays in force.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum PolicyError {
    /// A name is empty.
    #[error("{field} is empty: give it a name")]
    EmptyName {
        /// The field without a name.
        field: &'static str,
    },
    /// A name is longer than allowed.
    #[error("{field} has {length} bytes, at most {limit} are allowed: shorten it")]
    NameTooLong {
        /// The field with the long name.
        field: &'static str,
        /// Its length in bytes.
        length: usize,
        /// The most bytes allowed.
        limit: usize,
    },
    /// A version is not deployed here.
    #[error("{field} names version {version:?}, which is not deployed: deploy it first")]
    UnknownVersion {
        /// The field that names the version.
        field: &'static str,
        /// The version's label.
        version: String,
    },
    /// A version is deployed, but may not do what the policy asks of it.
    #[error("{field} names version {version:?}, which is {state}{}", cure(*state))]
    NotReady {
        /// The field that names the version.
        field: &'static str,
        /// The version's label.
        version: String,
        /// The state that the version is in.
        state: VersionState,
    },
    /// The canary is the version that answers everybody already.
    #[error(
        "canary.version is {version:?}, which is live already: swap to another version, or release \
         a policy without it"
    )]
    CanaryIsLive {
        /// The version's label.
        version: String,
    },
    /// A policy is a canary and an A/B test at once.
    #[error(
        "canary and ab_test exclude one another, release {release:?} has both: take one of them"
    )]
    TwoTechniques {
        /// The release's name.
        release: String,
    },
    /// A builder method does not fit this kind of policy.
    #[error("{field} is for {kinds}; release {release:?} is {found}: leave it out")]
    Misplaced {
        /// The method that was called.
        field: &'static str,
        /// The kinds of policy that have it.
        kinds: &'static str,
        /// The release's name.
        release: String,
        /// The kind of policy that it is.
        found: &'static str,
    },
    /// A builder method set a second time what a policy has only one of.
    #[error("{field} is set twice for release {release:?}: a policy has one, so say it once")]
    SetTwice {
        /// What is set twice.
        field: &'static str,
        /// The release's name.
        release: String,
    },
    /// The arms of an A/B test do not make a split.
    #[error("ab_test.arms: {source}")]
    Split {
        /// What is wrong with the arms.
        #[from]
        source: SplitError,
    },
    /// An audience cannot be matched against.
    #[error("{field}: {source}")]
    Audience {
        /// The field with the audience.
        field: &'static str,
        /// What is wrong with it.
        source: AudienceError,
    },
    /// A layer's stretch is empty or reversed.
    #[error("layer runs from {from} to {to}: it must hold something, so `from` must be below `to`")]
    EmptyLayer {
        /// Where the stretch begins.
        from: Share,
        /// Where it ends.
        to: Share,
    },
    /// A version shadows only itself: no other version can answer.
    #[error("shadow.version is {version:?}, the only version that answers: shadow another one")]
    ShadowOfItself {
        /// The version's label.
        version: String,
    },
    /// A version is named by two shadows.
    #[error("shadow.version {version:?} stands twice: name it once, with one share")]
    DuplicateShadow {
        /// The version's label.
        version: String,
    },
    /// A unit is listed twice.
    #[error("units.keys has {key:?} twice: list it once")]
    DuplicateUnit {
        /// The key that stands twice.
        key: String,
    },
    /// There are more entries than allowed.
    #[error("{field} has {found} entries, at most {limit} are allowed: join or leave out some")]
    TooMany {
        /// The field with too many entries.
        field: &'static str,
        /// How many entries it has.
        found: usize,
        /// How many it may have.
        limit: usize,
    },
}

/// Returns what makes a version in this state fit for a policy, as the end of a sentence.
const fn cure(state: VersionState) -> &'static str {
    match state {
        VersionState::Staged => ": validate it first",
        VersionState::Retiring | VersionState::Rejected => {
            ": reclaim it, then deploy and validate it anew"
        }
        VersionState::Ready | VersionState::Live | VersionState::Standby => "",
    }
}

/// A call of a builder method that does not fit the policy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// The method is for other kinds of policy: these.
    Misplaced(&'static str, &'static str),
    /// Something of which a policy has only one was set a second time.
    Twice(&'static str),
}

impl Fault {
    pub(super) fn in_policy(self, policy: &Policy) -> PolicyError {
        let release = policy.release.clone();
        match self {
            Fault::Misplaced(field, kinds) => PolicyError::Misplaced {
                field,
                kinds,
                release,
                found: policy.kind(),
            },
            Fault::Twice(field) => PolicyError::SetTwice { field, release },
        }
    }
}

/// Refuses to write a policy with such a fault: read back, it would be accepted, but without the
/// faulty call.
#[cfg(feature = "serde")]
pub(super) fn refuse_fault<S: serde::Serializer>(
    fault: &Option<Fault>,
    _: S,
) -> Result<S::Ok, S::Error> {
    Err(serde::ser::Error::custom(match fault {
        Some(Fault::Misplaced(field, kinds)) => format!("{field} is for {kinds}: leave it out"),
        Some(Fault::Twice(field)) => format!("{field} is set twice: say it once"),
        None => "no fault is never written".to_owned(),
    }))
}
