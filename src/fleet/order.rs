//! An order of a leader, and its place among all orders.

use crate::rollout::Action;

/// The place of an order among all of its release: first the leader's term, then its number.
///
/// It names the release, so that what was said of an earlier one, and comes late, is known for it.
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
/// A leader says the one in force again and again: it is the word that a follower waits for.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct FleetOrder {
    /// Its place.
    pub mark: Mark,
    /// What must hold afterwards.
    pub action: Action,
}

impl FleetOrder {
    /// Returns what a router must carry out, one after the other, wherever it stands.
    ///
    /// Mostly the action itself. A server that comes late to an acceptance must swap before, with the policy
    /// of the swap; where that holds already, [`Router::carry_out`](crate::Router::carry_out) leaves
    /// it as it is.
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

    /// Returns the version that the order lets users get, if it is one of a roll-out's.
    pub(super) fn lets_in(&self) -> Option<&str> {
        match &self.action {
            Action::Release { policy } => Some(&policy.canary.as_ref()?.version),
            Action::Swap { version, .. } | Action::Accept { version, .. } => Some(version),
            Action::Reject { .. } => None,
        }
    }
}
