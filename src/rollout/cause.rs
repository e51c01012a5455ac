//! Why a roll-out ended or waits.

use core::fmt;

use super::{ByHand, Found};

/// The reason why a candidate was rejected.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Cause {
    /// Somebody asked for it.
    Aborted {
        /// Why, in the operator's words.
        why: String,
    },
    /// A guard was breached.
    Breached {
        /// The guard's name.
        guard: String,
        /// The evidence that breached it.
        found: Found,
    },
    /// A guard was without data for too long.
    NoData {
        /// The guard's name.
        guard: String,
    },
    /// The release took too long.
    DeadlinePassed,
    /// A person took the candidate away.
    ByHand {
        /// Who, how and when.
        by: ByHand,
    },
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Aborted { why } => write!(f, "aborted: {why}"),
            Cause::Breached { guard, found } => write!(f, "guard {guard:?} breached: {found}"),
            Cause::NoData { guard } => write!(f, "guard {guard:?} has no data"),
            Cause::DeadlinePassed => f.write_str("the deadline has passed"),
            Cause::ByHand { by } => write!(f, "{by}"),
        }
    }
}

/// A reason why a roll-out waits; there may be several at once.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum PauseCause {
    /// Somebody asked for it.
    Operator,
    /// Somebody who gave their name asked for it.
    Ordered {
        /// Who.
        who: String,
        /// Why, in the operator's words.
        why: String,
    },
    /// A guard was breached. The pause lasts until an operator resumes.
    Breached {
        /// The guard's name.
        guard: String,
    },
    /// A guard was without data for too long. The pause ends when data come.
    NoData {
        /// The guard's name.
        guard: String,
    },
    /// The release takes too long.
    DeadlinePassed,
    /// A person has put another policy in force, or swapped. The pause lasts until an operator puts
    /// the roll-out's own policy back and resumes, or takes over.
    Overruled {
        /// Who, how and when.
        by: ByHand,
    },
}

impl fmt::Display for PauseCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PauseCause::Operator => f.write_str("paused by an operator"),
            PauseCause::Ordered { who, why } if why.is_empty() => write!(f, "paused by {who:?}"),
            PauseCause::Ordered { who, why } => write!(f, "paused by {who:?}: {why}"),
            PauseCause::Breached { guard } => write!(f, "guard {guard:?} was breached"),
            PauseCause::NoData { guard } => write!(f, "guard {guard:?} has no data"),
            PauseCause::DeadlinePassed => f.write_str("the deadline has passed"),
            PauseCause::Overruled { by } => write!(f, "{by}"),
        }
    }
}
