//! Requests that enter no metric.

use crate::route::Reason;

/// Counts of requests that the experiment did not draw; they enter no metric.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Apart {
    /// The live version answered because the drawn one failed, was rejected or was overloaded.
    pub fallbacks: u64,
    /// The request asked for a version.
    pub overrides: u64,
    /// The session kept the version that it began with.
    pub pinned: u64,
    /// The unit was listed by name.
    pub listed: u64,
    /// An audience rule decided.
    pub audiences: u64,
    /// Outside of the experiment: in the holdout, or outside of its layer or gate, or without a
    /// release.
    pub outside: u64,
    /// Decided by another release, or by a policy that the experiment does not know.
    pub other_policy: u64,
}

impl Apart {
    pub(super) fn count(&mut self, reason: Reason) {
        let count = match reason {
            Reason::Fallback | Reason::Killed | Reason::Saturated => &mut self.fallbacks,
            Reason::Override => &mut self.overrides,
            Reason::Pinned => &mut self.pinned,
            Reason::Listed => &mut self.listed,
            Reason::Audience => &mut self.audiences,
            _ => &mut self.outside,
        };
        *count = count.saturating_add(1);
    }

    pub(super) fn merge(&mut self, other: Apart) {
        let add = |ours: &mut u64, theirs: u64| *ours = ours.saturating_add(theirs);
        add(&mut self.fallbacks, other.fallbacks);
        add(&mut self.overrides, other.overrides);
        add(&mut self.pinned, other.pinned);
        add(&mut self.listed, other.listed);
        add(&mut self.audiences, other.audiences);
        add(&mut self.outside, other.outside);
        add(&mut self.other_policy, other.other_policy);
    }
}
