//! The state machine that drives a release.

use super::{
    Action, Input, Phase, RolloutError, Schedule, State, Tag, Trail,
    attribution::{self, StepShare},
    evidence::Evidence,
};
use crate::{policy::Policy, share::Share, timestamp::Timestamp};

/// Drives one release from its first step to promotion or roll-back.
///
/// It is a value: [`step`](Rollout::step) takes the time and what happened, changes the state and
/// returns what must be done. It can be stored at any moment and goes on after a restart: stored
/// are its schedule, its trail and the latest evidence, and the state is computed from them.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        try_from = "super::stored::RawRollout",
        into = "super::stored::RawRollout"
    )
)]
pub struct Rollout {
    pub(super) policy: Policy,
    pub(super) version: String,
    pub(super) schedule: Schedule,
    pub(super) steps: Vec<StepShare>,
    pub(super) state: State,
    /// The latest time that was ever given.
    pub(super) clock: Timestamp,
    pub(super) evidence: Evidence,
    pub(super) is_confirmed: bool,
    pub(super) trail: Trail,
}

impl Rollout {
    /// Prepares the release of a canary policy; its share is the schedule's to choose.
    ///
    /// # Errors
    /// [`RolloutError::NotACanary`] for any other policy.
    pub fn new(policy: Policy, schedule: Schedule) -> Result<Rollout, RolloutError> {
        let Some(canary) = &policy.canary else {
            let release = policy.release().to_owned();
            return Err(RolloutError::NotACanary { release });
        };
        Ok(Rollout {
            version: canary.version.clone(),
            steps: attribution::steps(&policy, &schedule.ladder),
            policy,
            schedule,
            state: State::new(),
            clock: Timestamp::default(),
            evidence: Evidence::default(),
            is_confirmed: true,
            trail: Trail::new(),
        })
    }

    /// Rebuilds a roll-out from its audit trail; evidence of the present phase is missing.
    ///
    /// # Errors
    /// [`RolloutError::ImpossibleStart`] and [`RolloutError::ImpossibleEvent`] for a trail that
    /// this schedule could not have left, and as [`new`](Rollout::new).
    pub fn replay(
        policy: Policy,
        schedule: Schedule,
        trail: impl Into<Trail>,
    ) -> Result<Rollout, RolloutError> {
        let trail = trail.into();
        let state = State::replay(&schedule, &trail)?;
        let last = trail.events().last().map(|event| event.at);
        Ok(Rollout {
            state,
            clock: last.unwrap_or_default(),
            is_confirmed: trail.events().is_empty(),
            trail,
            ..Rollout::new(policy, schedule)?
        })
    }

    /// Evaluates what happened up to `now`, and returns what must be done.
    ///
    /// A time before one that was given already counts as that one. The order of the inputs does
    /// not matter. Once the phase is final nothing happens any more. While the last action is
    /// unconfirmed nothing advances; see [`confirm`](Rollout::confirm).
    #[must_use = "the action must be carried out, now or through `unconfirmed`"]
    pub fn step(
        &mut self,
        now: Timestamp,
        inputs: impl IntoIterator<Item = Input>,
    ) -> Option<Action> {
        if self.state.phase.is_final() {
            return None;
        }
        self.clock = self.clock.max(now);
        let before = self.state.phase;
        let earlier = self.state.paused.clone();
        let commands = self.take(inputs);
        self.react(&commands, &earlier);
        if self.state.phase == before {
            return None;
        }
        self.evidence = Evidence::default();
        self.is_confirmed = false;
        self.unconfirmed()
    }

    /// Returns the action that was not confirmed yet.
    ///
    /// It is there until it is confirmed, also after a restart, and may be carried out again.
    #[must_use]
    pub fn unconfirmed(&self) -> Option<Action> {
        let version = || self.version.clone();
        let release = |policy| Action::Release {
            policy: Box::new(policy),
        };
        match self.state.phase {
            _ if self.is_confirmed => None,
            Phase::Pending => None,
            Phase::Shadowing | Phase::Ramping { .. } => self.policy_in_force().map(release),
            Phase::Baking => Some(Action::Swap { version: version() }),
            Phase::Promoted => Some(Action::Accept { version: version() }),
            Phase::RolledBack => self.state.cause.clone().map(|cause| Action::Reject {
                version: version(),
                cause,
            }),
        }
    }

    /// Notes that the last action was carried out.
    pub const fn confirm(&mut self) {
        self.is_confirmed = true;
    }

    /// Returns the mark that a sample of this moment bears, none while nothing is released.
    #[must_use]
    pub fn tag(&self) -> Option<Tag> {
        let phase = self.state.phase;
        let known = match phase {
            Phase::Ramping { step } => self.steps.get(step),
            _ => None,
        };
        let fingerprint = match known {
            Some((fingerprint, _)) => *fingerprint,
            None => self.policy_in_force()?.fingerprint(),
        };
        Some(Tag { fingerprint, phase })
    }

    /// Returns how far the release has come.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.state.phase
    }

    /// Returns where the release stands.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Returns the rules of the release.
    #[must_use]
    pub const fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Returns the policy that was given; its share is the schedule's to choose.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Returns the candidate's label.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns what has changed the state so far, in order.
    #[must_use]
    pub const fn trail(&self) -> &Trail {
        &self.trail
    }

    /// Returns the share of the units that the candidate answers by the draw.
    #[must_use]
    pub fn share(&self) -> Share {
        match self.state.phase {
            Phase::Pending | Phase::Shadowing | Phase::RolledBack => Share::NONE,
            Phase::Ramping { step } => {
                let share = self.schedule.ladder.compared().get(step);
                share.copied().unwrap_or(Share::ALL)
            }
            Phase::Baking | Phase::Promoted => Share::ALL,
        }
    }

    /// Returns the policy that this phase puts in force, if it puts one.
    #[must_use]
    pub fn policy_in_force(&self) -> Option<Policy> {
        let mut policy = self.policy.clone();
        match (self.state.phase, &self.schedule.shadow) {
            (Phase::Shadowing, Some(stage)) => {
                policy.canary = None;
                Some(policy.with_shadow(&self.version, stage.share))
            }
            (Phase::Ramping { .. }, _) => Some(attribution::at_share(policy, self.share())),
            (Phase::Baking, _) => Some(Policy::live_only(policy.release())),
            _ => None,
        }
    }
}
