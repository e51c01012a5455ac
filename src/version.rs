//! Versions by their labels, and the states that decide what a policy may ask of them.

mod deployment;
mod versions;

use core::fmt;

use thiserror::Error;

pub use deployment::Deployment;
pub(crate) use versions::Versions;

/// The maximum length in bytes of the name of a version, a release, an arm or a salt.
pub(crate) const MAX_NAME: usize = 256;

/// A number for one deployment of a version within a router, never used twice.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct VersionId(pub(crate) u32);

/// The state of a deployed version: what it may do.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum VersionState {
    /// Loaded, not yet validated: it may run as a shadow, but answer nobody.
    Staged,
    /// Validated: a policy may let it answer.
    Ready,
    /// Answers all units that the policy gives to no other version.
    Live,
    /// Was live before the last swap, and will be again after a roll-back.
    Standby,
    /// Gets no new requests; it can be reclaimed when the last one has ended.
    Retiring,
    /// Was rejected; gets no new requests.
    Rejected,
}

impl VersionState {
    /// All states. A registry with a gauge for each state sets the others to 0.
    pub const ALL: [VersionState; 6] = [
        VersionState::Staged,
        VersionState::Ready,
        VersionState::Live,
        VersionState::Standby,
        VersionState::Retiring,
        VersionState::Rejected,
    ];

    /// Returns the state's name in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            VersionState::Staged => "staged",
            VersionState::Ready => "ready",
            VersionState::Live => "live",
            VersionState::Standby => "standby",
            VersionState::Retiring => "retiring",
            VersionState::Rejected => "rejected",
        }
    }

    /// Tells whether a version in this state may answer requests.
    #[must_use]
    pub const fn may_answer(self) -> bool {
        matches!(
            self,
            VersionState::Ready | VersionState::Live | VersionState::Standby
        )
    }

    /// Tells whether a version in this state may run as a shadow.
    #[must_use]
    pub const fn may_shadow(self) -> bool {
        matches!(self, VersionState::Staged) || self.may_answer()
    }
}

impl fmt::Display for VersionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Refuses a text that cannot be a version's label.
pub(crate) fn check_label(text: &str) -> Result<(), LabelError> {
    if text.is_empty() {
        return Err(LabelError::Empty);
    }
    if text.len() > MAX_NAME {
        return Err(LabelError::TooLong {
            length: text.len(),
            limit: MAX_NAME,
        });
    }
    Ok(())
}

/// Why a text cannot be a version's label.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum LabelError {
    /// The label is empty.
    #[error("the version's label is empty: give it one")]
    Empty,
    /// The label is longer than allowed.
    #[error("the version's label has {length} bytes, at most {limit} are allowed: shorten it")]
    TooLong {
        /// The label's length in bytes.
        length: usize,
        /// The most bytes allowed.
        limit: usize,
    },
}
