//! An order of a leader, and its place among all orders.

use crate::rollout::Action;

/// The place of an order among all orders of its release: first the leader's term, then its number.
///
/// It names the release, so that late orders of an earlier release are recognised.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Mark {
    /// The release.
    pub release: String,
    /// The leader's term: above that of every earlier leader.
    pub term: u64,
    /// The order's number.
    pub number: u64,
}

/// An action of a roll-out, with its place among the orders of all leaders.
///
/// A leader repeats the one in force, also as a sign that it lives.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct FleetOrder {
    /// Its place.
    pub mark: Mark,
    /// What must be true afterwards.
    pub action: Action,
}

impl FleetOrder {
    /// Returns the actions that a router must carry out, one after the other, whatever its state.
    ///
    /// Mostly it is the action itself. A server that was not there for the swap before an
    /// acceptance must swap first, with the policy of the swap; if that is already done,
    /// [`Router::carry_out`](crate::Router::carry_out) changes nothing.
    #[must_use]
    pub fn actions(&self) -> Vec<Action> {
        let action = self.action.clone();
        match &self.action {
            Action::Accept { version, policy } => vec![
                Action::Swap {
                    version: version.clone(),
                    policy: policy.clone(),
                },
                action,
            ],
            _ => vec![action],
        }
    }

    /// Returns the version that the order rejects, if it does.
    #[must_use]
    pub fn rejects(&self) -> Option<&str> {
        match &self.action {
            Action::Reject { version, .. } => Some(version),
            _ => None,
        }
    }

    /// Returns the candidate that the order lets users get, if any.
    pub(super) fn lets_in(&self) -> Option<&str> {
        match &self.action {
            Action::Release { policy } => Some(&policy.canary.as_ref()?.version),
            Action::Swap { version, .. } | Action::Accept { version, .. } => Some(version),
            Action::Reject { .. } => None,
        }
    }
}
