//! Which policy a phase of a roll-out puts in force.

use super::{End, Phase, Rollout, attribution};
use crate::{policy::Policy, share::Share};

impl Rollout {
    /// Returns the candidate's share of the units that the policy lets in.
    #[must_use]
    pub fn share(&self) -> Share {
        self.share_of(self.in_force)
    }

    pub(super) fn share_of(&self, phase: Phase) -> Share {
        match phase {
            Phase::Pending | Phase::Shadowing | Phase::RolledBack => Share::NONE,
            Phase::Ramping { step } => {
                let share = self.schedule.ladder.compared().get(step);
                share.copied().unwrap_or(Share::ALL)
            }
            Phase::Baking | Phase::Promoted => Share::ALL,
        }
    }

    /// Returns the policy that this phase has put in force, if any.
    #[must_use]
    pub fn policy_in_force(&self) -> Option<Policy> {
        self.policy_of(self.in_force)
    }

    /// Returns the policy that a swap puts in force, if the swap's own is not what is meant.
    pub(crate) fn policy_while_baking(&self) -> Option<Policy> {
        self.policy_of(Phase::Baking)
    }

    pub(super) fn policy_of(&self, phase: Phase) -> Option<Policy> {
        let policy = self.policy.clone();
        match (phase, &self.schedule.shadow) {
            (Phase::Shadowing, Some(stage)) => {
                let unseen = attribution::unseen(policy, &self.version);
                Some(unseen.with_shadow(&self.version, stage.share))
            }
            (Phase::Ramping { .. }, _) => Some(attribution::at_share(policy, self.share_of(phase))),
            (Phase::Baking, _) if self.keeps_out() => Some(self.policy_at_the_end()),
            (Phase::Baking, _) => Some(Policy::live_only(policy.release())),
            _ => None,
        }
    }

    /// Tells whether units are kept out at the end, too.
    pub(crate) fn keeps_out(&self) -> bool {
        let is_kept = attribution::keeps_out(&self.policy, &self.version).is_some();
        self.schedule.end == End::LetIn && is_kept
    }

    pub(super) fn policy_at_the_end(&self) -> Policy {
        attribution::at_the_end(self.policy.clone(), self.replaced.as_deref())
    }
}
