//! A roll-out whose policy changes while it runs.

use super::{PauseCause, Phase, Rollout, RolloutError, StateChange, attribution};
use crate::policy::Policy;

impl Rollout {
    /// Changes the policy of the release without stopping it, for example by one more listed unit
    /// or a shadow.
    ///
    /// The schedule still sets the share, and what was counted stays counted. The new policy comes
    /// into force by the next evaluation that acts. If a person has already put exactly this policy
    /// in force, the roll-out continues with it, and time and units of the step count from zero.
    ///
    /// # Errors
    /// [`RolloutError::OtherRelease`] for a policy of another release or candidate, and as for
    /// [`new`](Rollout::new); nothing changes then. [`RolloutError::Ended`] once it has ended.
    pub fn amend(&mut self, policy: Policy) -> Result<(), RolloutError> {
        if self.in_force.is_final() || self.state.phase.is_final() {
            let phase = self.state.phase;
            return Err(RolloutError::Ended { phase });
        }
        let amended = Rollout::new(policy.clone(), self.schedule.clone())?;
        if amended.version != self.version || policy.release() != self.policy.release() {
            return Err(RolloutError::OtherRelease {
                release: self.policy.release().to_owned(),
                version: self.version.clone(),
                found: format!("{:?} of {:?}", amended.version, policy.release()),
            });
        }
        let overruled = |cause: &&PauseCause| matches!(cause, PauseCause::Overruled { .. });
        let overruled: Vec<_> = self
            .state
            .paused
            .iter()
            .filter(overruled)
            .cloned()
            .collect();
        let there = match overruled.is_empty() {
            true => self.amended.or_else(|| self.fingerprint_of(self.in_force)),
            // A person's policy is in force. It becomes the roll-out's own only if it equals this
            // policy.
            false => Some(policy.fingerprint()),
        };
        let fingerprint = policy.fingerprint();
        let earlier = self.steps.iter().enumerate();
        let earlier = earlier.map(|(step, known)| (*known, Phase::Ramping { step }));
        let unlike = |(known, _): &((_, _), Phase)| !amended.steps.contains(known);
        self.earlier.extend(earlier.filter(unlike));
        let surplus = self.earlier.len().saturating_sub(EARLIER);
        self.earlier.drain(..surplus);
        self.policy = attribution::at_share(policy, self.policy_share());
        self.steps = amended.steps;
        self.amended = there.filter(|_| self.in_force != Phase::Pending);
        self.note(StateChange::Amended { fingerprint });
        for cause in overruled {
            self.note(StateChange::Resumed { cause });
        }
        Ok(())
    }

    fn policy_share(&self) -> crate::share::Share {
        let canary = self.policy.canary.as_ref();
        canary.map(|canary| canary.share).unwrap_or_default()
    }
}

/// How many steps of earlier policies are remembered, for outcomes that come late.
const EARLIER: usize = 4_096;
