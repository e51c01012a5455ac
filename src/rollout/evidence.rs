//! What the guards of a roll-out count, made from outcomes.

mod counter;
mod merging;
mod receipt;
mod reported;
#[cfg(feature = "serde")]
mod stored;

use core::time::Duration;
use std::collections::BTreeMap;

use counter::Counter;
#[cfg(feature = "serde")]
use counter::Counts;
pub(super) use counter::may_be_bad;
pub use receipt::{EvidenceError, Receipt};

use super::{
    Guard, Input, Measured, Phase, Rollout, StepSample, attribution, step_sample::ThinnedUnits,
    units_met::UnitsMet,
};
use crate::{
    assignment::Assignment,
    fingerprint::Fingerprint,
    outcome::Ending,
    share::Share,
    stats::guard::{CandidateShare, Reading, Side},
    timestamp::Timestamp,
};

/// The evidence of one roll-out: its units, and what its guards count.
///
/// It has a counter for each guard of the schedule, and is told of every outcome. The policy that
/// decided gives an outcome its side, its step and its share, also if it comes many steps later.
/// Each unit is counted once: exactly up to the number that the step asks for, and at least 16,384;
/// beyond that by a sample drawn by hash.
///
/// [`Router::begin`](crate::Router::begin) makes it and attaches it. Make it by hand for tests, for
/// answers from elsewhere, and for a fleet: each server [enters](Evidence::enter) the policies that
/// come into force and reports its evidence, and the leader adds the sum of all
/// [`Reports`](crate::fleet::Reports) to its own.
///
/// ```
/// use switchstand::{Ending, Policy, Share, Timestamp};
/// use switchstand::rollout::{Evidence, Guard, Receipt, Rollout, Schedule};
///
/// let policy = Policy::canary("ranker-2026-11", "v2", Share::NONE);
/// let mut rollout = Rollout::new(policy, Schedule::new([Guard::failures()])?)?;
/// let _ = rollout.step(Timestamp::from_secs(0), []);
/// rollout.confirm();
/// let mut evidence = Evidence::of(&rollout);
///
/// let plan = rollout.policy_in_force().ok_or("none")?.compile("v1", ["v2"])?;
/// for user in 0..1_000_u64 {
///     let assignment = plan.assignment(user);
///     assert_eq!(evidence.record(user, &assignment, Ending::Answered, None), Receipt::Counted);
/// }
/// let sample = evidence.sample(&rollout).ok_or("nothing is released")?;
/// assert_eq!(rollout.step(Timestamp::from_secs(60), [sample.into()]), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "stored::Raw", into = "stored::Raw")
)]
pub struct Evidence {
    release: String,
    version: String,
    /// The policies that the roll-out has put in force, or may put in force next.
    policies: Vec<(Fingerprint, Place)>,
    phase: Phase,
    /// When it began.
    since: Timestamp,
    /// The units that a phase asks for; so many are counted exactly.
    asked: u64,
    /// The units of this phase, and of a later phase whose policy is already in force.
    met: BTreeMap<Phase, Met>,
    counters: Vec<Counter>,
}

/// What a policy of the release stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
enum Place {
    Shadowing,
    Step { step: usize, share: CandidateShare },
    Baking,
}

/// The units of one phase.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Met {
    control: UnitsMet,
    candidate: UnitsMet,
    /// Requests that both versions have answered, while the candidate runs unseen.
    pairs: u64,
}

impl Met {
    fn new(asked: u64) -> Met {
        Met {
            control: UnitsMet::new(0),
            candidate: UnitsMet::new(asked),
            pairs: 0,
        }
    }
}

/// What guards need to know about an outcome.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended<'a> {
    pub(crate) unit: u64,
    pub(crate) fingerprint: Fingerprint,
    /// The version that was drawn.
    pub(crate) version: &'a str,
    pub(crate) arm: Option<&'a str>,
    pub(crate) shed: Share,
    pub(crate) ending: Ending,
    pub(crate) took: Option<Duration>,
}

/// Where an outcome belongs.
enum Attributed {
    Drawn {
        step: usize,
        side: Side,
        share: CandidateShare,
    },
    Baking,
    /// Of this release, but no draw has placed the unit.
    Confounded,
}

impl Evidence {
    /// Returns empty evidence of a roll-out, with a counter for each of its guards.
    #[must_use]
    pub fn of(rollout: &Rollout) -> Evidence {
        let schedule = rollout.schedule();
        let steps = schedule.ladder().compared().len().max(1);
        let counter = |guard: &Guard| Counter::of(guard, schedule.alpha_each(), steps);
        let mut evidence = Evidence {
            release: rollout.policy().release().to_owned(),
            version: rollout.version().to_owned(),
            policies: Vec::new(),
            phase: rollout.phase(),
            since: rollout.state().since(),
            asked: rollout.most_asked_for(),
            met: BTreeMap::new(),
            counters: schedule.all_guards().map(counter).collect(),
        };
        evidence.follow(rollout);
        evidence
    }

    /// Counts how a request ended for the version that was drawn for the unit.
    ///
    /// `assignment` is that of the decision. If the evidence is attached to a router, the router
    /// does this.
    pub fn record<'a>(
        &mut self,
        unit: impl Into<crate::Unit<'a>>,
        assignment: &Assignment<'_>,
        ending: Ending,
        took: Option<Duration>,
    ) -> Receipt {
        self.take(&Ended {
            unit: unit.into().key().hashed(),
            fingerprint: assignment.fingerprint,
            version: &assignment.version,
            arm: assignment.arm.as_deref(),
            shed: assignment.shed,
            ending,
            took,
        })
    }

    pub(crate) fn take(&mut self, ended: &Ended<'_>) -> Receipt {
        let Some(attributed) =
            self.attribute(ended.fingerprint, ended.arm, ended.version, ended.shed)
        else {
            return Receipt::NotOfThisRelease;
        };
        let (phase, side) = match attributed {
            Attributed::Drawn { step, side, .. } => (Phase::Ramping { step }, side),
            Attributed::Baking => (Phase::Baking, Side::Candidate),
            Attributed::Confounded => return Receipt::Confounded,
        };
        let is_first = phase >= self.phase && {
            let asked = self.asked;
            let met = self.met.entry(phase).or_insert_with(|| Met::new(asked));
            match side {
                Side::Control => met.control.add(ended.unit),
                Side::Candidate => met.candidate.add(ended.unit),
            }
        };
        let placed = match attributed {
            Attributed::Drawn { step, side, share } => Some((step, side, share)),
            _ => None,
        };
        let mut counts = is_first;
        for counter in &mut self.counters {
            counts |= counter.outcome(ended, placed, is_first);
        }
        match counts {
            true => Receipt::Counted,
            false => Receipt::Repeated,
        }
    }

    /// Counts that the candidate ran as a shadow of an answered request, and answered as well.
    pub(crate) fn pair(&mut self, fingerprint: Fingerprint, shadow: &str) {
        let is_stage = |known: &&(Fingerprint, Place)| {
            known.0 == fingerprint && known.1 == Place::Shadowing && shadow == self.version
        };
        if self.policies.iter().any(|known| is_stage(&known)) && self.phase <= Phase::Shadowing {
            let met = self.met.entry(Phase::Shadowing);
            let met = met.or_insert_with(|| Met::new(0));
            met.pairs = met.pairs.saturating_add(1);
        }
    }

    #[inline]
    fn attribute(
        &self,
        fingerprint: Fingerprint,
        arm: Option<&str>,
        version: &str,
        shed: Share,
    ) -> Option<Attributed> {
        let mut known = self.policies.iter();
        let (_, place) = known.find(|(known, _)| *known == fingerprint)?;
        Some(match (*place, arm) {
            (Place::Step { step, share }, Some(arm)) => {
                let side = match arm == self.version {
                    true => Side::Candidate,
                    false => Side::Control,
                };
                match attribution::effective(share, shed) {
                    Some(share) => Attributed::Drawn { step, side, share },
                    None => Attributed::Confounded,
                }
            }
            (Place::Baking, _) if version == self.version => Attributed::Baking,
            _ => Attributed::Confounded,
        })
    }

    /// Returns the sample of this moment; `None` while nothing is released, and for a roll-out of
    /// another release.
    pub fn sample(&mut self, rollout: &Rollout) -> Option<StepSample> {
        if rollout.policy().release() != self.release {
            return None;
        }
        self.follow(rollout);
        let sample = rollout.sample()?;
        let mut sample = match (rollout.phase(), self.met.get(&rollout.phase())) {
            (_, None) => sample,
            (Phase::Shadowing, Some(met)) => sample.exposed(met.pairs, met.pairs),
            (Phase::Baking, Some(met)) => sample.exposed(0, met.candidate.number()),
            (
                _,
                Some(Met {
                    control, candidate, ..
                }),
            ) => {
                let level = control.level().max(candidate.level());
                let thinned = (level > 0).then(|| ThinnedUnits {
                    control: control.number_at(level),
                    candidate: candidate.number_at(level),
                    level,
                });
                let sample = sample.exposed(control.number(), candidate.number());
                StepSample { thinned, ..sample }
            }
        };
        for counter in &mut self.counters {
            let is_watched = rollout.guards().any(|it| it.name() == counter.name());
            if let (true, Some(measured)) = (is_watched, counter.measured(rollout.phase())) {
                sample = sample.with(counter.name(), measured);
                sample.reported.extend(counter.reported());
            }
        }
        Some(sample)
    }

    /// Takes over the roll-out's policies and its phase.
    pub(crate) fn follow(&mut self, rollout: &Rollout) {
        for (fingerprint, place) in rollout.known_policies() {
            let place = match place {
                Phase::Shadowing => Place::Shadowing,
                Phase::Ramping { step } => match rollout.share_at(step) {
                    Some(share) => Place::Step { step, share },
                    None => continue,
                },
                _ => Place::Baking,
            };
            match self
                .policies
                .iter_mut()
                .find(|known| known.0 == fingerprint)
            {
                Some(known) => known.1 = place,
                None => self.policies.push((fingerprint, place)),
            }
        }
        let (phase, since) = (rollout.phase(), rollout.state().since());
        if phase < self.phase
            || phase == self.phase && since != self.since && rollout.is_confirmed()
        {
            self.begin_anew();
        }
        if rollout.is_confirmed() {
            self.since = since;
        }
        self.begin(phase);
    }

    /// Notes that this policy is in force, on a server whose roll-out is led by another process.
    /// Units and readings of earlier phases no longer count.
    ///
    /// Returns whether the policy is one of the release.
    #[must_use = "another release's policy leaves the evidence where it is"]
    pub fn enter(&mut self, policy: Fingerprint) -> bool {
        let mut known = self.policies.iter();
        let place = known.find(|(fingerprint, _)| *fingerprint == policy);
        let Some((_, place)) = place else {
            return false;
        };
        let phase = match *place {
            Place::Shadowing => Phase::Shadowing,
            Place::Step { step, .. } => Phase::Ramping { step },
            Place::Baking => Phase::Baking,
        };
        self.begin(self.phase.max(phase));
        true
    }

    /// Begins a later phase.
    fn begin(&mut self, phase: Phase) {
        if phase != self.phase {
            // Units that came under the phase's policy before the roll-out noticed it belong to it.
            self.phase = phase;
            self.met.retain(|known, _| *known >= phase);
            self.counters
                .iter_mut()
                .for_each(|counter| counter.begin(phase));
        }
    }

    /// Returns the units of the control and of the candidate that have met the present phase.
    #[must_use]
    pub fn units(&self) -> [u64; 2] {
        let met = self.met.get(&self.phase);
        met.map_or([0, 0], |met| [met.control.number(), met.candidate.number()])
    }

    /// Returns the reading of a guard of a rate over the whole release; `None` for any other guard.
    #[must_use]
    pub fn rate_of(&self, guard: &str) -> Option<Reading> {
        let mut counters = self.counters.iter();
        counters.find(|counter| counter.name() == guard)?.rate()
    }

    /// Keeps what was counted in the phase although its time begins again.
    pub(crate) fn keep_over(&mut self, rollout: &Rollout) {
        self.since = rollout.state().since();
    }

    /// Tells whether any unit has met this phase.
    pub(crate) fn has_met_anybody(&self) -> bool {
        self.units() != [0, 0]
    }

    /// Begins the present phase again: units and readings count from here.
    pub(crate) fn begin_anew(&mut self) {
        self.met.clear();
        self.counters.iter_mut().for_each(Counter::begin_again);
    }

    /// Returns what a guard has counted, as in the next sample; `None` without data.
    #[must_use]
    pub fn measured(&self, guard: &str) -> Option<Measured> {
        let mut counters = self.counters.iter();
        let counter = counters.find(|counter| counter.name() == guard)?;
        counter.clone().measured(self.phase)
    }
}

impl From<StepSample> for Input {
    fn from(sample: StepSample) -> Input {
        Input::Sample(sample)
    }
}
