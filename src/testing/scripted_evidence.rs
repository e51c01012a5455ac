//! Scripted evidence for a roll-out.

use core::time::Duration;
use std::collections::BTreeMap;

use super::ManualClock;
use crate::{
    Timestamp,
    rollout::{Action, BadEvents, Input, Measured, Rollout, StepSample},
    stats::{
        Refusal,
        guard::{Side, StageTally},
    },
};

/// Scripted evidence, look after look, for the roll-out's present phase.
///
/// ```
/// use core::time::Duration;
/// use switchstand::{Policy, Share};
/// use switchstand::rollout::{Check, Guard, Phase, Rollout, Schedule};
/// use switchstand::stats::Worse;
/// use switchstand::testing::{ManualClock, ScriptedEvidence};
/// let memory = Guard::new("memory", Check::Limit { worse: Worse::Higher, limit: 0.8 });
/// let policy = Policy::canary("ranker-2026-11", "v2", Share::NONE);
/// let mut rollout = Rollout::new(policy, Schedule::new([memory])?)?;
/// let mut evidence = ScriptedEvidence::new()
///     .exposed(9_900, 100)
///     .value("memory", 0.5)
///     .from_look(15, |evidence| evidence.value("memory", 0.9));
/// let clock = ManualClock::default();
/// let actions = evidence.drive(&mut rollout, &clock, Duration::from_secs(60), 100)?;
/// assert_eq!(rollout.phase(), Phase::RolledBack);
/// // 1 %, 5 %, and back at the 15th minute.
/// assert_eq!(actions.len(), 3);
/// assert_eq!(clock.now(), switchstand::Timestamp::from_secs(15 * 60));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct ScriptedEvidence {
    looks: u64,
    control: u64,
    candidate: u64,
    measured: BTreeMap<String, Measured>,
    events: BTreeMap<String, Events>,
    /// What changes at which look.
    later: Vec<(u64, Change)>,
}

type Change = fn(ScriptedEvidence) -> ScriptedEvidence;

/// Bad events of each look, and all of them so far.
#[derive(Debug, Default)]
struct Events {
    candidate: u64,
    control: u64,
    tally: StageTally,
}

impl ScriptedEvidence {
    /// Returns evidence that has no data.
    #[must_use]
    pub fn new() -> ScriptedEvidence {
        ScriptedEvidence::default()
    }

    /// Says how many units both sides have answered in each phase.
    #[must_use]
    pub fn exposed(self, control: u64, candidate: u64) -> ScriptedEvidence {
        ScriptedEvidence {
            control,
            candidate,
            ..self
        }
    }

    /// Says what a guard that looks at a number measures.
    #[must_use]
    pub fn value(self, guard: &str, value: f64) -> ScriptedEvidence {
        self.measured(guard, Measured::Value(value))
    }

    /// Says what a guard that looks at an effect measures; none stands for no bound.
    #[must_use]
    pub fn effect(self, guard: &str, lower: Option<f64>, upper: Option<f64>) -> ScriptedEvidence {
        self.measured(guard, Measured::Effect { lower, upper })
    }

    /// Says how many bad events a guard that counts them sees between two looks.
    #[must_use]
    pub fn bad_events(mut self, guard: &str, candidate: u64, control: u64) -> ScriptedEvidence {
        let events = self.events.entry(guard.to_owned()).or_default();
        (events.candidate, events.control) = (candidate, control);
        self
    }

    /// Says that a guard has no data any more.
    #[must_use]
    pub fn nothing(mut self, guard: &str) -> ScriptedEvidence {
        self.measured.remove(guard);
        self.events.remove(guard);
        self
    }

    /// Changes the evidence from a look on; looks are counted from 1.
    #[must_use]
    pub fn from_look(
        mut self,
        look: u64,
        change: fn(ScriptedEvidence) -> ScriptedEvidence,
    ) -> ScriptedEvidence {
        self.later.push((look, change));
        self
    }

    fn measured(mut self, guard: &str, measured: Measured) -> ScriptedEvidence {
        self.measured.insert(guard.to_owned(), measured);
        self
    }

    /// Returns the evidence of the next look, none while nothing is released.
    ///
    /// # Errors
    /// [`Refusal::TooManyShares`] if the ramp has more shares than a tally can tell apart.
    pub fn look(&mut self, rollout: &Rollout) -> Result<Option<Input>, Refusal> {
        self.looks += 1;
        let looks = self.looks;
        let due: Vec<_> = self
            .later
            .extract_if(.., |(look, _)| *look <= looks)
            .collect();
        for (_, change) in due {
            *self = change(core::mem::take(self));
        }
        let Some(tag) = rollout.tag() else {
            return Ok(None);
        };
        let mut sample = StepSample::new(tag, self.looks).exposed(self.control, self.candidate);
        for (guard, measured) in &self.measured {
            sample = sample.with(guard, measured.clone());
        }
        for (guard, events) in &mut self.events {
            if let Some(share) = rollout.candidate_share() {
                events
                    .tally
                    .record_many(Side::Candidate, share, events.candidate)?;
                events
                    .tally
                    .record_many(Side::Control, share, events.control)?;
            }
            let measured = Measured::BadEvents(BadEvents::from(events.tally.clone()));
            sample = sample.with(guard, measured);
        }
        Ok(Some(Input::Sample(sample)))
    }

    /// Looks every so often until the roll-out is over, at most `looks` times.
    ///
    /// Each action is confirmed. Returns what the roll-out asked for, and when. The first step is
    /// taken at the clock's present time, the first look one interval later.
    ///
    /// # Errors
    /// As [`look`](ScriptedEvidence::look).
    pub fn drive(
        &mut self,
        rollout: &mut Rollout,
        clock: &ManualClock,
        every: Duration,
        looks: u64,
    ) -> Result<Vec<(Timestamp, Action)>, Refusal> {
        let mut actions = Vec::new();
        let mut take = |rollout: &mut Rollout, now, input: Option<Input>| {
            if let Some(action) = rollout.step(now, input) {
                rollout.confirm();
                actions.push((now, action));
            }
        };
        take(rollout, clock.now(), None);
        for _ in 0..looks {
            if rollout.phase().is_final() {
                break;
            }
            let now = clock.advance(every);
            let input = self.look(rollout)?;
            take(rollout, now, input);
        }
        Ok(actions)
    }
}
