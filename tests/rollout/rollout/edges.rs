//! Where a condition of a roll-out just does not hold.

use switchstand::rollout::{
    Before, Command, Event, Found, Input, Measured, OnBreach, OnDeadline, OnNoData, PauseCause,
    Phase, Rollout, RolloutError, Schedule, StateChange, StepSample,
};
use switchstand::stats::guard::{CandidateShare, RateGuard, RateTest, Side};

use crate::rollout::releases::{
    DWELL, abort, at, errors, memory, policy, rollout, simple, started, step,
};

#[test]
fn the_next_deadline_is_never_a_moment_that_was_evaluated() {
    let mut waiting = started(simple());
    let _ = step(&mut waiting, DWELL, []);
    // The time has come, and there are no data: only an input can change something now.
    assert_eq!(waiting.phase(), Phase::Ramping { step: 0 });
    assert_eq!(waiting.next_deadline(), None);
}

#[test]
fn a_release_that_may_not_start_has_no_deadline() {
    let gated = simple().with_gate("hours", Before::Start).unwrap();
    let mut closed = rollout(gated);
    let _ = step(&mut closed, 5, []);
    assert_eq!(closed.phase(), Phase::Pending);
    assert_eq!(closed.next_deadline(), None);

    let mut paused = rollout(simple());
    let _ = step(&mut paused, 5, [Input::Command(Command::Pause)]);
    assert_eq!(paused.phase(), Phase::Pending);
    assert_eq!(paused.next_deadline(), None);
}

#[test]
fn a_new_phase_ends_the_want_of_data_and_no_other_cause_to_wait() {
    let after = std::time::Duration::from_secs(60);
    let guard = memory().on_no_data(OnNoData::Pause { after });
    let mut rollout = started(Schedule::new([guard]).unwrap());
    let _ = step(&mut rollout, 60, [Input::Command(Command::Pause)]);
    let no_data = PauseCause::NoData {
        guard: "memory".to_owned(),
    };
    let both = [PauseCause::Operator, no_data].into();
    assert_eq!(*rollout.state().paused(), both);
    let _ = step(&mut rollout, 61, [abort()]);
    assert_eq!(rollout.phase(), Phase::RolledBack);
    assert_eq!(*rollout.state().paused(), [PauseCause::Operator].into());
}

#[test]
fn c8_an_event_that_changes_nothing_is_impossible() {
    let day = std::time::Duration::from_secs(86_400);
    let schedule = simple().with_gate("hours", Before::EachStep).unwrap();
    let schedule = schedule.with_deadline(day, OnDeadline::Pause);
    let gate = |name: &str, open| StateChange::Gate {
        name: name.to_owned(),
        open,
    };
    let start = started(schedule.clone()).trail().events().to_vec();
    let impossible = |events: &[Event], change: StateChange| {
        let mut trail = events.to_vec();
        let place = trail.len();
        trail.push(Event {
            at: at(86_400),
            change,
        });
        let refused = Rollout::replay(policy(), schedule.clone(), trail);
        assert_eq!(
            refused.unwrap_err(),
            RolloutError::ImpossibleEvent { place }
        );
    };
    impossible(&start, gate("weekend", true));
    impossible(&start, gate("hours", false));
    impossible(&[], StateChange::DeadlinePassed);
    let mut late = start;
    late.push(Event {
        at: at(86_400),
        change: StateChange::DeadlinePassed,
    });
    assert!(Rollout::replay(policy(), schedule.clone(), late.clone()).is_ok());
    impossible(&late, StateChange::DeadlinePassed);
}

/// A guard whose set of units was full, so that it has staked a part of its evidence.
fn overflown(share: CandidateShare) -> RateGuard {
    let mut guard = RateGuard::by_unit_within(RateTest::default(), 64).unwrap();
    for unit in 0..1_000 {
        guard.record(unit, Side::Candidate, share).unwrap();
    }
    assert!(guard.seen_units().unwrap().ln_stake() < 0.0);
    guard
}

#[test]
fn c10_what_a_full_set_has_staked_is_taken_off_both_kinds_of_evidence() {
    let guard = errors().on_breach(OnBreach::Observe);
    let mut rollout = started(Schedule::new([guard]).unwrap());
    let share = CandidateShare::new(rollout.share().as_fraction()).unwrap();
    let counted = overflown(share);
    let sample = StepSample::new(rollout.tag().unwrap(), 1).exposed(9_900, 100);
    let sample = sample.with("errors", Measured::of(&counted));
    let _ = step(&mut rollout, 1, [Input::Sample(sample)]);
    let Found::Rate(found) = &rollout.state().breached()["errors"] else {
        panic!("a rate guard finds a rate");
    };
    let reading = counted.reading();
    assert_eq!(found.harm.ln_e, reading.harm.ln_e);
    assert_eq!(found.safe.ln_e, reading.safe.ln_e);
}

#[test]
fn evidence_that_claims_to_have_won_by_forgetting_units_is_no_measurement() {
    let share = CandidateShare::new(0.01).unwrap();
    let honest = Measured::of(&overflown(share));
    let mut stored = serde_json::to_value(&honest).unwrap();
    let read = |stored: &serde_json::Value| serde_json::from_value(stored.clone()).unwrap();
    let tag = started(Schedule::new([errors()]).unwrap()).tag().unwrap();
    let empty = StepSample::new(tag, 1);
    assert_ne!(empty.clone().with("errors", read(&stored)), empty);
    stored["bad_events"]["ln_stake"] = 0.5.into();
    assert_eq!(empty.clone().with("errors", read(&stored)), empty);
}
