//! The releases that the tests begin with.

use switchstand::rollout::{
    Action, Check, Command, Guard, Input, Measured, Phase, Rollout, Schedule, StepSample,
};
use switchstand::stats::Worse;
use switchstand::stats::guard::RateTest;
use switchstand::{Policy, Share, Timestamp};

pub(crate) const DWELL: u64 = 600;

pub(crate) fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

pub(crate) fn policy() -> Policy {
    Policy::canary("ranker-2026-11", "v2", Share::NONE)
}

pub(crate) fn memory() -> Guard {
    let worse = Worse::Higher;
    Guard::new("memory", Check::Limit { worse, limit: 0.8 })
}

pub(crate) fn errors() -> Guard {
    Guard::new("errors", Check::Rate(RateTest::default()))
}

pub(crate) fn rollout(schedule: Schedule) -> Rollout {
    Rollout::new(policy(), schedule).unwrap()
}

/// A release at its first step, at time 0.
pub(crate) fn started(schedule: Schedule) -> Rollout {
    let mut rollout = rollout(schedule);
    let _ = step(&mut rollout, 0, []);
    rollout
}

pub(crate) fn step(
    rollout: &mut Rollout,
    secs: u64,
    inputs: impl IntoIterator<Item = Input>,
) -> Option<Action> {
    let action = rollout.step(at(secs), inputs);
    rollout.confirm();
    action
}

/// Evidence of the present phase, with this load of memory.
pub(crate) fn load(rollout: &Rollout, sequence: u64, memory: f64) -> Input {
    let sample = StepSample::new(rollout.tag().unwrap(), sequence).exposed(9_900, 100);
    Input::Sample(sample.with("memory", Measured::Value(memory)))
}

pub(crate) fn good(rollout: &Rollout) -> Input {
    load(rollout, 1, 0.5)
}

pub(crate) fn abort() -> Input {
    let why = "pager".to_owned();
    Input::Command(Command::Abort { why })
}

pub(crate) fn simple() -> Schedule {
    Schedule::new([memory()]).unwrap()
}

pub(crate) fn ramping(step: usize) -> Phase {
    Phase::Ramping { step }
}

/// Goes on with good evidence until the phase is reached.
pub(crate) fn bring_to(rollout: &mut Rollout, phase: Phase) -> u64 {
    let mut now = 0;
    let _ = step(rollout, now, []);
    while rollout.phase() != phase {
        now += 3600;
        let sample = good(rollout);
        assert!(step(rollout, now, [sample]).is_some());
    }
    now
}

pub(crate) fn kind(action: &Action) -> &'static str {
    match action {
        Action::Release { .. } => "release",
        Action::Swap { .. } => "swap",
        Action::Accept { .. } => "accept",
        Action::Reject { .. } => "reject",
        _ => "unknown",
    }
}
