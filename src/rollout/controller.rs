//! The state machine that drives a release.

use core::time::Duration;

use super::{
    Action, Input, Phase, RolloutError, Schedule, State, StepSample, Tag, Trail,
    attribution::{self, StepShare},
    bounds::check_steps,
    latest::Latest,
    refused::Refused,
    seen::{Seen, Sight},
};
use crate::{fingerprint::Fingerprint, policy::Policy, share::Share, timestamp::Timestamp};

/// The state machine of one release, from its first step to promotion or roll-back.
///
/// It is a value: [`step`](Rollout::step) takes the time and what happened, changes the state and
/// returns what must be done. It can be stored at any moment and continues after a restart. Its
/// schedule, its trail and the latest evidence are stored; the state is computed from them.
///
/// ```
/// use switchstand::rollout::{Guard, Phase, Rollout, Schedule};
/// use switchstand::{Policy, Share};
/// let policy = Policy::canary("ranker-2026-11", "v2", Share::NONE);
/// let rollout = Rollout::new(policy, Schedule::new([Guard::failures()])?)?;
/// assert_eq!(rollout.phase(), Phase::Pending);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// | in the order of use | methods |
/// |---|---|
/// | make one | [`new`](Rollout::new), [`with_revision`](Rollout::with_revision), [`forcing_revision`](Rollout::forcing_revision), [`dropping_kept_out`](Rollout::dropping_kept_out), [`replay`](Rollout::replay) |
/// | drive it by a router | [`Router::begin`](crate::Router::begin), [`Ramp`](crate::ramp::Ramp) |
/// | drive it by hand | [`step`](Rollout::step), [`refused`](Rollout::refused), [`unconfirmed`](Rollout::unconfirmed), [`confirm`](Rollout::confirm), [`action_in_force`](Rollout::action_in_force) |
/// | make its evidence by hand | [`sample`](Rollout::sample), [`tag`](Rollout::tag), [`side_of`](Rollout::side_of), [`candidate_share`](Rollout::candidate_share) |
/// | ask | [`phase`](Rollout::phase), [`share`](Rollout::share), [`state`](Rollout::state), [`waiting_for`](Rollout::waiting_for), [`next_deadline`](Rollout::next_deadline), [`clock`](Rollout::clock), [`trail`](Rollout::trail) |
/// | what it was made of | [`version`](Rollout::version), [`policy`](Rollout::policy), [`policy_in_force`](Rollout::policy_in_force), [`schedule`](Rollout::schedule), [`revision`](Rollout::revision) |
/// | change its policy | [`amend`](Rollout::amend) |
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
    pub(super) evidence: Latest,
    /// The phase whose action was carried out; the state's is the one that was decided.
    pub(super) in_force: Phase,
    /// The policy that was in force before the first action.
    pub(super) found: Option<Fingerprint>,
    /// The version that was live before the candidate is, as of the last look at the router.
    pub(super) replaced: Option<String>,
    /// The steps of earlier policies of the release.
    pub(super) earlier: Vec<(StepShare, Phase)>,
    /// What is in force of the roll-out where its policy has changed since.
    pub(super) amended: Option<Fingerprint>,
    /// The number of the file that it comes from.
    pub(super) revision: Option<u64>,
    /// Whether an older file is meant.
    pub(super) forces_revision: bool,
    /// Whether the release may be silent about who answers the units kept out.
    pub(super) drops_kept_out: bool,
    /// Whether an operator let it act beside another roll-out.
    pub(super) has_taken_over: bool,
    /// What the candidate has shed in this phase, the present share last.
    pub(super) sheds: Vec<Share>,
    /// Whether it was stored and taken up again since the last reading of the clock.
    pub(super) has_restarted: bool,
    pub(super) trail: Trail,
    pub(super) sight: Sight,
}

impl Rollout {
    /// The longest time between two readings of the clock that is accepted at once: two years.
    ///
    /// A reading further ahead is refused, and accepted if the next one agrees with it.
    pub const LONGEST_GAP: Duration = Duration::from_secs(2 * 365 * 86_400);

    /// Prepares the release of a canary policy; the schedule sets its share.
    ///
    /// # Errors
    /// [`RolloutError::NotACanary`] for any other policy, [`RolloutError::Schedule`] for guards
    /// that look at no step of the ladder, and others for a policy that contradicts itself.
    pub fn new(policy: Policy, schedule: Schedule) -> Result<Rollout, RolloutError> {
        let Some(canary) = &policy.canary else {
            let release = policy.release().to_owned();
            return Err(RolloutError::NotACanary { release });
        };
        policy.check_form()?;
        check_steps(&schedule)?;
        let version = canary.version.clone();
        if policy.kept_out.as_ref() == Some(&version) {
            let release = policy.release().to_owned();
            return Err(RolloutError::KeptOutGetTheCandidate { release, version });
        }
        Ok(Rollout {
            version,
            steps: attribution::steps(&policy, &schedule.ladder),
            policy,
            schedule,
            state: State::new(),
            clock: Timestamp::default(),
            evidence: Latest::default(),
            in_force: Phase::Pending,
            found: None,
            replaced: None,
            earlier: Vec::new(),
            amended: None,
            revision: None,
            forces_revision: false,
            drops_kept_out: false,
            has_taken_over: false,
            sheds: Vec::new(),
            has_restarted: false,
            trail: Trail::new(),
            sight: Sight::default(),
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
        let (state, in_force) = State::replay(&schedule, &trail)?;
        let last = trail.events().last().map(|event| event.at);
        Ok(Rollout {
            state,
            clock: last.unwrap_or_default(),
            in_force,
            trail,
            sight: Sight {
                is_replayed: true,
                ..Sight::default()
            },
            ..Rollout::new(policy, schedule)?
        })
    }

    /// Evaluates what happened up to `now`, and returns what must be done.
    ///
    /// A time earlier than one already given counts as that one; a time more than
    /// [`LONGEST_GAP`](Rollout::LONGEST_GAP) ahead is refused. The order of the inputs does not
    /// matter. Inputs that could not be used are in [`refused`](Rollout::refused). Once the phase
    /// is final, nothing more happens. While the last action is unconfirmed nothing advances; see
    /// [`confirm`](Rollout::confirm).
    #[must_use = "the action must be carried out, now or through `unconfirmed`"]
    pub fn step(
        &mut self,
        now: Timestamp,
        inputs: impl IntoIterator<Item = Input>,
    ) -> Option<Action> {
        self.evaluate(now, inputs.into_iter().collect(), None)
    }

    /// Evaluates, where the router that the roll-out acts on is as `seen`.
    pub(crate) fn evaluate(
        &mut self,
        now: Timestamp,
        inputs: Vec<Input>,
        seen: Option<&Seen<'_>>,
    ) -> Option<Action> {
        self.sight.refused.clear();
        self.sight.is_replayed = false;
        if self.in_force.is_final() {
            self.refuse_all(inputs, None);
            return None;
        }
        let before = self.clock;
        self.believe(now);
        self.leave_out_the_restart(before);
        let (earlier, tag) = (self.state.paused.clone(), self.tag());
        if let Some(seen) = seen {
            self.reconcile(seen);
        }
        // A rejection that the router has not carried out yet is treated as final.
        if self.in_force.is_final() || self.state.phase == Phase::RolledBack {
            self.refuse_all(inputs, tag);
            return None;
        }
        let before = self.state.phase;
        let commands = self.take(inputs, tag);
        self.react(&commands, &earlier);
        self.refuse_unheard(&commands, before);
        if let Some((release, version)) = self.sight.another.clone()
            && !self.has_taken_over
        {
            let refusal = Refused::AnotherIsOpen { release, version };
            self.sight.refused.push(refusal);
        }
        match self.state.phase == before && self.amended.is_none() {
            true => None,
            false => self.unconfirmed(),
        }
    }

    /// Returns the inputs that the last evaluation could not use, and why.
    #[must_use]
    pub fn refused(&self) -> &[Refused] {
        &self.sight.refused
    }

    /// Returns the action that was not confirmed yet.
    ///
    /// It stays until it is confirmed, also after a restart, and may be carried out again. While a
    /// person's policy is in force, only a rejection is returned.
    #[must_use]
    pub fn unconfirmed(&self) -> Option<Action> {
        let is_stopped = self.is_stopped() && self.state.phase != Phase::RolledBack;
        if is_stopped {
            return None;
        }
        match self.is_confirmed() {
            true if self.amended.is_some() => {
                let policy = Box::new(self.policy_of(self.in_force)?);
                Some(Action::Release { policy })
            }
            true => None,
            false => self.action_of(self.state.phase),
        }
    }

    /// Returns the action that a router must have carried out to be where the roll-out is.
    ///
    /// It is for a server of a fleet that starts late. `None` while nothing is released.
    #[must_use]
    pub fn action_in_force(&self) -> Option<Action> {
        self.action_of(self.in_force)
    }

    fn action_of(&self, phase: Phase) -> Option<Action> {
        let version = || self.version.clone();
        let release = |policy| Action::Release {
            policy: Box::new(policy),
        };
        let kept_out = || self.keeps_out().then(|| self.policy_at_the_end().into());
        match phase {
            Phase::Pending => None,
            Phase::Shadowing | Phase::Ramping { .. } => self.policy_of(phase).map(release),
            Phase::Baking => Some(Action::Swap {
                version: version(),
                policy: kept_out(),
            }),
            Phase::Promoted => Some(Action::Accept {
                version: version(),
                policy: kept_out(),
            }),
            Phase::RolledBack => self.state.cause.clone().map(|cause| Action::Reject {
                version: version(),
                cause,
            }),
        }
    }

    /// Notes that the last action was carried out, at the time of the last evaluation.
    ///
    /// The phase begins now: its time, its units and its evidence count from here.
    pub fn confirm(&mut self) {
        self.amended = None;
        self.sight.is_lost = false;
        if self.is_confirmed() {
            return;
        }
        self.in_force = self.state.phase;
        self.evidence = Latest::default();
        let earlier = self.sheds.len().saturating_sub(1);
        self.sheds.drain(..earlier);
        let goes_on = core::mem::take(&mut self.sight.goes_on) || self.sight.is_replayed;
        let is_later = self.clock > self.state.since && !goes_on;
        if !self.in_force.is_final() && is_later {
            self.note(super::StateChange::InForce);
        }
    }

    /// Tells whether a step that was decided before a pause must not be taken until that ends.
    pub(crate) fn is_held(&self) -> bool {
        let is_step = !self.is_confirmed() && self.state.phase != Phase::RolledBack;
        is_step && !self.sight.is_lost && !self.state.paused.is_empty()
    }

    pub(super) fn is_confirmed(&self) -> bool {
        self.in_force == self.state.phase
    }

    /// Returns the mark of a sample of this moment; `None` while nothing is released.
    #[must_use]
    pub fn tag(&self) -> Option<Tag> {
        let phase = self.in_force;
        let fingerprint = self.fingerprint_of(phase)?;
        Some(Tag { fingerprint, phase })
    }

    /// Returns an empty sample of this moment, with the next number; `None` while nothing is
    /// released.
    #[must_use]
    pub fn sample(&self) -> Option<StepSample> {
        let latest = self.evidence.sample.as_ref();
        let sequence = latest.map_or(0, |sample| sample.sequence.saturating_add(1));
        Some(StepSample::new(self.tag()?, sequence))
    }

    /// Returns the content hash of the policy that a phase puts in force.
    pub(super) fn fingerprint_of(&self, phase: Phase) -> Option<Fingerprint> {
        let known = match phase {
            Phase::Ramping { step } => self.steps.get(step),
            _ => None,
        };
        match known {
            Some((fingerprint, _)) => Some(*fingerprint),
            None => Some(self.policy_of(phase)?.fingerprint()),
        }
    }

    /// Returns how far the release has come: the last phase that came into force.
    ///
    /// An action that was decided and not yet carried out is in
    /// [`unconfirmed`](Rollout::unconfirmed).
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.in_force
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

    /// Returns the policy that was given; the schedule sets its share.
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
}
