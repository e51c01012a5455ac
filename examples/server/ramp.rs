//! A roll-out that the server's timer drives, and what it is judged by.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
};

use serde_json::{Map, Value, json};
use switchstand::{
    Assignment, Policy, Router, Timestamp,
    bucketing::Key,
    experiment::digest,
    rollout::{Check, Command, Guard, Input, Measured, Phase, Rollout, Sample, Schedule},
    stats::guard::{RateGuard, RateTest, Side},
};

use crate::app::Reader;

/// Answers that clients have found wrong.
pub(crate) const WRONG: &str = "wrong";
/// Requests that got no answer.
pub(crate) const FAILED: &str = "failed";

/// What a client asks for.
#[derive(serde::Deserialize)]
struct Asked {
    policy: Policy,
    schedule: Map<String, Value>,
}

/// One release, and what was counted for its guards.
pub(crate) struct Ramp {
    rollout: Rollout,
    counted: BTreeMap<&'static str, RateGuard>,
    /// Units that the control and the candidate have answered in this phase.
    exposed: [BTreeSet<u64>; 2],
    /// Why the router does not do what the roll-out asks for.
    refused: Option<String>,
}

impl Ramp {
    /// Reads what a client asks for: a canary policy, and a schedule without guards.
    pub(crate) fn read(body: &str) -> Result<Ramp, Box<dyn Error>> {
        let Asked {
            policy,
            mut schedule,
        } = serde_json::from_str(body)?;
        // The server knows what it can measure, so the guards are its own.
        let test = RateTest::default();
        let guards = [WRONG, FAILED].map(|name| Guard::new(name, Check::Rate(test.clone())));
        schedule.insert("guards".to_owned(), json!(guards));
        let schedule: Schedule = serde_json::from_value(Value::Object(schedule))?;
        let counter = |name| (name, RateGuard::by_unit(test.clone()));
        Ok(Ramp {
            rollout: Rollout::new(policy, schedule)?,
            counted: [WRONG, FAILED].map(counter).into(),
            exposed: Default::default(),
            refused: None,
        })
    }

    pub(crate) fn is_running(&self) -> bool {
        !self.rollout.phase().is_final()
    }

    /// Is what the timer calls, and every operator with a command.
    pub(crate) fn tick(
        &mut self,
        router: &Router<Reader>,
        now: Timestamp,
        command: Option<Command>,
    ) {
        let [control, candidate] = self.exposed.each_ref().map(|units| units.len() as u64);
        let sample = self.rollout.sample().map(|sample| {
            let sample = sample.exposed(control, candidate);
            let with =
                |sample: Sample, (name, guard): (&&str, _)| sample.with(name, Measured::of(guard));
            Input::Sample(self.counted.iter().fold(sample, with))
        });
        let inputs = sample.into_iter().chain(command.map(Input::Command));
        match router.drive(&mut self.rollout, now, inputs) {
            Ok(None) => self.refused = None,
            Ok(Some(_)) => {
                self.exposed = Default::default();
                self.refused = None;
            }
            Err(refusal) => {
                if refusal.done.is_some() {
                    self.exposed = Default::default();
                }
                self.refused = Some(refusal.to_string());
            }
        }
    }

    /// Notes that a unit was answered, or was not.
    pub(crate) fn note(&mut self, unit: &str, assignment: &Assignment<'_>, failed: bool) {
        let unit = digest(Key::Text(unit));
        let [control, candidate] = &mut self.exposed;
        match self.rollout.side_of(assignment) {
            Some((Side::Control, _)) => control.insert(unit),
            Some((Side::Candidate, _)) => candidate.insert(unit),
            // At 100 % nobody is drawn any more.
            None if self.rollout.phase() == Phase::Baking => {
                assignment.version == self.rollout.version() && candidate.insert(unit)
            }
            None => false,
        };
        if failed {
            self.count(FAILED, unit, assignment);
        }
    }

    /// Notes an outcome that came later, and tells whether it counts.
    pub(crate) fn outcome(&mut self, unit: &str, assignment: &Assignment<'_>, right: bool) -> bool {
        let unit = digest(Key::Text(unit));
        let counts = self.is_running() && self.rollout.side_of(assignment).is_some();
        counts && (right || self.count(WRONG, unit, assignment))
    }

    fn count(&mut self, name: &str, unit: u64, assignment: &Assignment<'_>) -> bool {
        let (Some((side, share)), Some(guard)) =
            (self.rollout.side_of(assignment), self.counted.get_mut(name))
        else {
            return false;
        };
        guard.record(unit, side, share).is_ok()
    }

    /// Says where the release stands.
    pub(crate) fn status(&self) -> Value {
        let state = self.rollout.state();
        let paused: Vec<_> = state.paused().iter().map(ToString::to_string).collect();
        let breached = state.breached().iter();
        let breached: BTreeMap<_, _> = breached
            .map(|(guard, found)| (guard, found.to_string()))
            .collect();
        let evidence = self.counted.iter();
        let evidence: BTreeMap<_, _> = evidence
            .map(|(guard, counted)| (guard, counted.reading().to_string()))
            .collect();
        let next = self.rollout.next_deadline();
        json!({
            "release": self.rollout.policy().release(),
            "version": self.rollout.version(),
            "phase": self.rollout.phase().to_string(),
            "share": self.rollout.share(),
            "units": self.exposed.each_ref().map(BTreeSet::len),
            "paused": paused,
            "breached": breached,
            "evidence": evidence,
            "cause": state.cause().map(ToString::to_string),
            "refused": self.refused,
            "waiting_for": self.rollout.waiting_for(),
            "next": next.map(|next| next.as_nanos() / 1_000_000_000),
            "trail": self.rollout.trail().events(),
        })
    }
}
