//! How far a roll-out has come.

use core::fmt;

use crate::fingerprint::Fingerprint;

/// How far a roll-out has come.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Phase {
    /// Nothing is released yet.
    Pending,
    /// The candidate runs unseen beside the live version.
    Shadowing,
    /// The candidate answers a step's share of the units.
    Ramping {
        /// The step's place on the ladder, from 0.
        step: usize,
    },
    /// The candidate answers everybody, and the old version stands by.
    Baking,
    /// The candidate was accepted. Final.
    Promoted,
    /// The candidate was rejected. Final.
    RolledBack,
}

impl Phase {
    /// Returns the phase's name in logs and metrics, without the step.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Phase::Pending => "pending",
            Phase::Shadowing => "shadowing",
            Phase::Ramping { .. } => "ramping",
            Phase::Baking => "baking",
            Phase::Promoted => "promoted",
            Phase::RolledBack => "rolled_back",
        }
    }

    /// Tells whether nothing can follow.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Phase::Promoted | Phase::RolledBack)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Phase::Pending => f.write_str("pending"),
            Phase::Shadowing => f.write_str("shadowing"),
            Phase::Ramping { step } => write!(f, "ramping, step {step}"),
            Phase::Baking => f.write_str("baking"),
            Phase::Promoted => f.write_str("promoted"),
            Phase::RolledBack => f.write_str("rolled back"),
        }
    }
}

/// A mark on evidence: the policy and the phase to which it belongs.
///
/// Evidence under another policy or from an earlier step is not evidence of this step.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Tag {
    /// The policy in force, as routes and records carry it.
    pub fingerprint: Fingerprint,
    /// The phase of the roll-out.
    pub phase: Phase,
}
