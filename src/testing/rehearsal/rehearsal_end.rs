//! How a rehearsed release ends.

use core::fmt;

use crate::rollout::{Cause, Phase, Rollout};

/// How a rehearsed release ended.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum RehearsalEnd {
    /// The candidate took over.
    Promoted,
    /// A guard was breached and the candidate rejected.
    Breached {
        /// The guard.
        guard: String,
    },
    /// A guard had no data for too long and the candidate was rejected.
    NoData {
        /// The guard.
        guard: String,
    },
    /// The deadline passed and the candidate was rejected.
    DeadlinePassed,
    /// It waits for an operator.
    Paused,
    /// It had not come to an end when the rehearsal's limit was reached.
    Undecided,
}

impl RehearsalEnd {
    /// Returns the ending of a roll-out that has come to one.
    pub(super) fn of(rollout: &Rollout) -> Option<RehearsalEnd> {
        match (rollout.phase(), rollout.state().cause()) {
            (Phase::Promoted, _) => Some(RehearsalEnd::Promoted),
            (Phase::RolledBack, Some(Cause::Breached { guard, .. })) => {
                Some(RehearsalEnd::Breached {
                    guard: guard.clone(),
                })
            }
            (Phase::RolledBack, Some(Cause::NoData { guard })) => Some(RehearsalEnd::NoData {
                guard: guard.clone(),
            }),
            (Phase::RolledBack, _) => Some(RehearsalEnd::DeadlinePassed),
            _ if !rollout.state().paused().is_empty() => Some(RehearsalEnd::Paused),
            _ => None,
        }
    }

    /// Tells whether the candidate was rejected.
    #[must_use]
    pub const fn is_rejection(&self) -> bool {
        matches!(
            self,
            RehearsalEnd::Breached { .. }
                | RehearsalEnd::NoData { .. }
                | RehearsalEnd::DeadlinePassed
        )
    }
}

impl fmt::Display for RehearsalEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RehearsalEnd::Promoted => f.write_str("promoted"),
            RehearsalEnd::Breached { guard } => write!(f, "rejected by {guard}"),
            RehearsalEnd::NoData { guard } => write!(f, "rejected for want of data of {guard}"),
            RehearsalEnd::DeadlinePassed => f.write_str("rejected at the deadline"),
            RehearsalEnd::Paused => f.write_str("paused"),
            RehearsalEnd::Undecided => f.write_str("undecided"),
        }
    }
}
