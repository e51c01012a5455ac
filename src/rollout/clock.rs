//! Which readings of the clock a roll-out accepts.

use super::{Phase, Refused, Rollout, StateChange};
use crate::timestamp::Timestamp;

impl Rollout {
    /// Takes a reading of the clock, unless it is impossible.
    pub(super) fn believe(&mut self, now: Timestamp) {
        let is_first = self.state.started.is_none() && self.clock == Timestamp::default();
        let is_far = |from: Timestamp| now.since(from) > Rollout::LONGEST_GAP;
        let agrees = |suspect: Timestamp| now >= suspect && !is_far(suspect);
        let is_absurd = match is_first {
            true => now > LATEST,
            false => is_far(self.clock) && !self.sight.suspect.is_some_and(agrees),
        };
        if is_absurd {
            self.sight.suspect = (now <= LATEST).then_some(now);
            let (found, latest) = (now, self.clock);
            self.sight.refused.push(Refused::Clock { found, latest });
        } else {
            self.sight.suspect = None;
            self.clock = self.clock.max(now);
        }
    }

    /// Notes that the server was started anew, at a time that the next reading tells.
    pub(crate) const fn restart(&mut self) {
        self.has_restarted = true;
    }

    pub(crate) const fn has_restarted(&self) -> bool {
        self.has_restarted
    }

    /// Tells whether the phase began again since the last call.
    pub(crate) const fn begins_anew(&mut self) -> bool {
        core::mem::replace(&mut self.sight.begins_anew, false)
    }

    /// Leaves out the time in which the server was not running.
    ///
    /// It ends with the first later reading; an order brings none.
    pub(super) fn leave_out_the_restart(&mut self, from: Timestamp) {
        if !self.has_restarted || self.clock <= from {
            return;
        }
        self.has_restarted = false;
        if self.state.started.is_some() && self.state.phase != Phase::RolledBack {
            self.note(StateChange::Interrupted { from });
            self.evidence.leave_out(self.clock.since(from));
        }
    }

    /// Returns the latest time that was given and accepted.
    #[must_use]
    pub const fn clock(&self) -> Timestamp {
        self.clock
    }
}

/// The first second of the year 2200; a later reading is wrong.
const LATEST: Timestamp = Timestamp::from_secs(7_258_118_400);
