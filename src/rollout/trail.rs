//! The audit trail: everything that changed a roll-out.

use super::{ByHand, Cause, Found, Ordered, PauseCause, Phase, Refused, State};
use crate::{fingerprint::Fingerprint, timestamp::Timestamp};

/// The ordered list of events that changed a roll-out's state. Replaying it gives that state.
///
/// Its length is bounded. A release has about ten events, but a guard that loses its data again and
/// again, or an operator's script, may pause it very often. Beyond
/// [`MAX_EVENTS`](Trail::MAX_EVENTS) events the older half is folded into the state that it led to,
/// and counted. The replay stays exact. An application that needs every event must log them.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Trail {
    folded: u64,
    /// What the folded events led to.
    start: State,
    events: Vec<Event>,
}

impl Trail {
    /// The maximum number of events that are kept.
    pub const MAX_EVENTS: usize = 1024;

    pub(super) const fn new() -> Trail {
        Trail {
            folded: 0,
            start: State::new(),
            events: Vec::new(),
        }
    }

    /// Returns the latest events, in order: all of them unless some were folded.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns how many older events were folded into the state that they led to.
    #[must_use]
    pub const fn folded(&self) -> u64 {
        self.folded
    }

    pub(super) const fn start(&self) -> &State {
        &self.start
    }

    pub(super) fn push(&mut self, event: Event) {
        if self.events.len() >= Trail::MAX_EVENTS {
            for event in self.events.drain(..Trail::MAX_EVENTS / 2) {
                self.start.apply(&event);
                self.folded = self.folded.saturating_add(1);
            }
        }
        self.events.push(event);
    }
}

impl From<Vec<Event>> for Trail {
    /// Takes all events of a release, from its first.
    fn from(events: Vec<Event>) -> Trail {
        let mut trail = Trail::new();
        for event in events {
            trail.push(event);
        }
        trail
    }
}

/// One change of a roll-out's state, and when it was made.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Event {
    /// When it was decided, never before the event that precedes it.
    pub at: Timestamp,
    /// What changed.
    pub change: StateChange,
}

/// What changed.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum StateChange {
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
    /// A gate was opened for all steps to come.
    OpenForGood {
        /// The gate's name.
        name: String,
    },
    /// The decided action came into force later than it was decided; the phase begins now.
    InForce,
    /// The server was not running, and the time of the phase stood still.
    Interrupted {
        /// Since when, as far as is known: the last reading of the clock before.
        from: Timestamp,
    },
    /// A person has changed the candidate's state, and the release has followed.
    Followed {
        /// The phase now.
        to: Phase,
        /// Who did what, and when.
        by: ByHand,
    },
    /// An operator let the roll-out take the router over.
    TookOver {
        /// Why, in the operator's words.
        why: String,
    },
    /// The policy of the release has changed.
    Amended {
        /// The content hash of the policy that was given.
        fingerprint: Fingerprint,
    },
    /// An operator who gave their name has given an order.
    Ordered {
        /// What, by whom, and why.
        order: Ordered,
    },
    /// A command or a gate was not obeyed.
    Refused {
        /// What, and why.
        refusal: Refused,
    },
}

/// Why a release went on.
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
