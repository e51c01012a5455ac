//! What a roll-out asks for.

use super::Cause;
use crate::policy::Policy;

/// An action that must be done to a router now.
///
/// An action may be carried out twice, because it says what must be true afterwards.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Action {
    /// Put this policy in force.
    Release {
        /// The policy.
        policy: Box<Policy>,
    },
    /// Make the candidate live for everybody, and let the old version stand by.
    Swap {
        /// The candidate's label.
        version: String,
        /// The policy that comes into force with the swap; `None`: the candidate answers all. If
        /// the policy keeps units out and does not say who answers them, the old version does.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
        policy: Option<Box<Policy>>,
    },
    /// Keep the candidate, which is live, and let the old version go.
    Accept {
        /// The candidate's label.
        version: String,
        /// The policy in force since the swap, for a server that starts late; as for a swap.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
        policy: Option<Box<Policy>>,
    },
    /// Take the candidate from everybody.
    Reject {
        /// The candidate's label.
        version: String,
        /// Why.
        cause: Cause,
    },
}
