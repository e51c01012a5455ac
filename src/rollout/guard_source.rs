//! Where a guard's numbers come from.

use crate::outcome::Ending;

/// The place where the numbers of a guard come from.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum GuardSource {
    /// From the application: what only it knows, such as late labels or memory.
    #[default]
    Reported,
    /// From outcomes: requests with one of these endings are bad events of the version that was
    /// drawn.
    Endings(Vec<Ending>),
    /// From outcomes: how long each unit's first request of a step took, in seconds.
    Took,
    /// From outcomes: this quantile of how long the candidate's requests took since the last
    /// reading, in seconds.
    TookAt(f64),
}

impl GuardSource {
    /// Says in words what is counted.
    pub(super) fn words(&self) -> &'static str {
        match self {
            GuardSource::Reported => "what the application reports",
            GuardSource::Endings(_) => "endings of requests",
            GuardSource::Took => "how long first requests took",
            GuardSource::TookAt(_) => "a quantile of how long requests took",
        }
    }

    pub(super) fn is_reported(&self) -> bool {
        *self == GuardSource::Reported
    }
}
