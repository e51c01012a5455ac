//! The audit trail: everything that changed a roll-out.

use super::{Cause, Found, PauseCause, Phase};
use crate::timestamp::Timestamp;

/// Records one change of a roll-out's state.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Event {
    /// When it was decided, never before the event that precedes it.
    pub at: Timestamp,
    /// What changed.
    pub change: Change,
}

/// Names what changed.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Change {
    /// A gate opened or closed.
    Gate {
        /// The gate's name.
        name: String,
        /// Whether it is open now.
        open: bool,
    },
    /// A guard was breached for the first time.
    Breached {
        /// The guard's name.
        guard: String,
        /// The evidence.
        found: Found,
    },
    /// The deadline passed.
    DeadlinePassed,
    /// A cause to wait came up.
    Paused {
        /// The cause.
        cause: PauseCause,
    },
    /// A cause to wait ended.
    Resumed {
        /// The cause.
        cause: PauseCause,
    },
    /// The release went on.
    Advanced {
        /// Where to.
        to: Phase,
        /// Why.
        because: Advance,
    },
    /// The candidate was rejected.
    RolledBack {
        /// Why.
        cause: Cause,
    },
}

/// Says why a release went on.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Advance {
    /// All conditions of the schedule held.
    Scheduled,
    /// An operator skipped the rest of the phase.
    Skipped,
    /// An operator promoted the candidate.
    Promoted,
}
