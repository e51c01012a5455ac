//! What a roll-out says of its beginning on a router.

use super::{Phase, Rollout, StateChange};
use crate::policy::Policy;

impl Rollout {
    /// Returns the roll-out with permission to drop `kept_out`.
    ///
    /// If the policy in force has `kept_out`, [`Router::begin`](crate::Router::begin) refuses a
    /// policy without it, unless this is set. [`Policy::diff`] says whom that moves.
    #[must_use]
    pub fn dropping_kept_out(self) -> Rollout {
        Rollout {
            drops_kept_out: true,
            ..self
        }
    }

    /// Returns the roll-out with the number of the file that it comes from.
    ///
    /// A router refuses to begin one with a lower number than the last that began on it, unless
    /// [`forcing_revision`](Rollout::forcing_revision) is set. The number is not part of the
    /// policy's fingerprint.
    #[must_use]
    pub fn with_revision(self, revision: Option<u64>) -> Rollout {
        Rollout { revision, ..self }
    }

    /// Returns the roll-out with permission to use an older file than the one in force.
    #[must_use]
    pub fn forcing_revision(self) -> Rollout {
        Rollout {
            forces_revision: true,
            ..self
        }
    }

    /// Returns the number of the file that the roll-out comes from, if it has one.
    #[must_use]
    pub const fn revision(&self) -> Option<u64> {
        self.revision
    }

    pub(crate) const fn forces_revision(&self) -> bool {
        self.forces_revision
    }

    pub(crate) fn says_who_is_kept_out(&self) -> bool {
        self.drops_kept_out || self.policy.kept_out.is_some()
    }

    /// Returns the policy of the first phase.
    pub(crate) fn policy_to_begin_with(&self) -> Policy {
        let first = self.schedule.after(Phase::Pending);
        let policy = self.policy_of(first).filter(|_| first != Phase::Baking);
        policy.unwrap_or_else(|| self.policy.clone())
    }

    /// Begins beside another roll-out, or over a person's policy.
    pub(crate) fn take_over_from_the_start(&mut self, why: &str) {
        self.has_taken_over = true;
        let why = why.to_owned();
        self.note(StateChange::TookOver { why });
    }
}
