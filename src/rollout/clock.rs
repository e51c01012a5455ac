//! Which readings of the clock a roll-out believes.

use super::{Refused, Rollout};
use crate::timestamp::Timestamp;

impl Rollout {
    /// Takes a reading of the clock, unless it is absurd.
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

    /// Lets the time of the phase count from the next evaluation.
    pub(crate) const fn count_from_the_next_look(&mut self) {
        self.sight.is_brought = true;
    }

    pub(crate) const fn counts_from_the_next_look(&self) -> bool {
        self.sight.is_brought
    }

    /// Returns the latest time that was given and believed.
    #[must_use]
    pub const fn clock(&self) -> Timestamp {
        self.clock
    }
}

/// The first second of the year 2200: a clock that says more is wrong.
const LATEST: Timestamp = Timestamp::from_secs(7_258_118_400);
