//! The conditions that a release must keep.

use core::time::Duration;

use super::Check;

/// Holds a condition that the candidate must keep, and what happens if it does not.
///
/// A breach is latched: it stays one when the number recovers. By default a breach rejects and
/// no data holds.
///
/// ```
/// use switchstand::rollout::{Check, Guard, OnBreach};
/// use switchstand::stats::Worse;
/// let memory = Check::Limit { worse: Worse::Higher, limit: 0.8 };
/// let guard = Guard::new("memory", memory).on_breach(OnBreach::Pause);
/// assert_eq!(guard.name(), "memory");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Guard {
    name: String,
    check: Check,
    #[cfg_attr(feature = "serde", serde(default))]
    on_breach: OnBreach,
    #[cfg_attr(feature = "serde", serde(default))]
    on_no_data: OnNoData,
}

/// Says what a breached guard does.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum OnBreach {
    /// It is recorded, nothing else; nor does it hold the release for want of data.
    Observe,
    /// The release waits for an operator.
    Pause,
    /// The candidate is rejected.
    #[default]
    Reject,
}

/// Says what a guard without data does. In no case does the release advance.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum OnNoData {
    /// The release waits where it is.
    #[default]
    Hold,
    /// The release is paused, until data come or an operator resumes.
    Pause {
        /// Time without data, since the phase began or the last sample that had some.
        after: Duration,
    },
    /// The candidate is rejected.
    Reject {
        /// Time without data, since the phase began or the last sample that had some.
        after: Duration,
    },
}

impl OnNoData {
    pub(super) const fn after(self) -> Option<Duration> {
        match self {
            OnNoData::Hold => None,
            OnNoData::Pause { after } | OnNoData::Reject { after } => Some(after),
        }
    }
}

impl Guard {
    /// Returns a guard whose breach rejects, and whose lack of data holds the release.
    #[must_use]
    pub fn new(name: &str, check: Check) -> Guard {
        Guard {
            name: name.to_owned(),
            check,
            on_breach: OnBreach::default(),
            on_no_data: OnNoData::default(),
        }
    }

    /// Returns the guard with another consequence of a breach.
    #[must_use]
    pub fn on_breach(self, on_breach: OnBreach) -> Guard {
        Guard { on_breach, ..self }
    }

    /// Returns the guard with another consequence of having no data.
    #[must_use]
    pub fn on_no_data(self, on_no_data: OnNoData) -> Guard {
        Guard { on_no_data, ..self }
    }

    /// Returns the name under which samples bring its measurement.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what the guard looks at.
    #[must_use]
    pub const fn check(&self) -> &Check {
        &self.check
    }

    /// Returns what a breach does.
    #[must_use]
    pub const fn breach_response(&self) -> OnBreach {
        self.on_breach
    }

    /// Returns what having no data does.
    #[must_use]
    pub const fn no_data_response(&self) -> OnNoData {
        self.on_no_data
    }

    /// Tells whether the guard can stop a release at all.
    pub(super) const fn acts(&self) -> bool {
        !matches!(self.on_breach, OnBreach::Observe)
    }
}
