//! What evidence allows, and what its absence does not.

use core::time::Duration;

use switchstand::rollout::{
    BadEvents, Cause, Check, Climb, Command, Guard, Input, Measured, OnBreach, OnNoData,
    PauseCause, Phase, Rollout, Schedule, ScheduleError, StepSample,
};
use switchstand::stats::guard::{
    CandidateShare, Margins, RateGuard, RateMethod, RateTest, RatioGrid, Side, StageTally,
};
use switchstand::stats::{Alpha, Worse};

use crate::rollout::persons::{release, router};
use crate::rollout::releases::{
    DWELL, at, bring_to, errors, good, load, memory, ramping, rollout, simple, started, step,
};

#[test]
fn c5_no_data_never_leads_on() {
    let mut rollout = started(simple());
    let tag = rollout.tag().unwrap();
    let memory = Measured::Value(0.5);
    let without = [
        StepSample::new(tag, 1),
        StepSample::new(tag, 2).exposed(9_900, 100),
        StepSample::new(tag, 3).with("memory", memory.clone()),
        StepSample::new(tag, 4)
            .exposed(9_900, 99)
            .with("memory", memory),
        StepSample::new(tag, 5)
            .exposed(9_900, 100)
            .with("memory", Measured::Value(f64::NAN)),
        StepSample::new(tag, 6)
            .exposed(9_900, 100)
            .with("load", Measured::Value(0.5)),
    ];
    let _ = step(&mut rollout, 10 * DWELL, []);
    for sample in without {
        let _ = step(&mut rollout, 10 * DWELL, [Input::Sample(sample)]);
        assert_eq!(rollout.phase(), ramping(0));
    }
    let sample = load(&rollout, 7, 0.5);
    let _ = step(&mut rollout, 10 * DWELL, [sample]);
    assert_eq!(rollout.phase(), ramping(1));
}

#[test]
fn c5_a_comparison_without_a_control_has_no_data() {
    let mut rollout = started(Schedule::new([errors()]).unwrap());
    let tally = Measured::BadEvents(BadEvents::from(StageTally::new()));
    let tag = rollout.tag().unwrap();
    let sample = |sequence, control| {
        let sample = StepSample::new(tag, sequence).exposed(control, 100);
        Input::Sample(sample.with("errors", tally.clone()))
    };
    let _ = step(&mut rollout, DWELL, [sample(1, 0)]);
    assert_eq!(rollout.phase(), ramping(0));
    let _ = step(&mut rollout, DWELL, [sample(2, 9_900)]);
    assert_eq!(rollout.phase(), ramping(1));
}

#[test]
fn c5_baking_without_data_is_not_accepted() {
    let mut rollout = rollout(simple());
    let now = bring_to(&mut rollout, Phase::Baking);
    let _ = step(&mut rollout, now + 100_000, []);
    assert_eq!(rollout.phase(), Phase::Baking);
    let sample = good(&rollout);
    let _ = step(&mut rollout, now + 100_000, [sample]);
    assert_eq!(rollout.phase(), Phase::Promoted);
}

#[test]
fn c5_what_is_not_reported_any_more_has_no_data_although_its_last_reading_is_known() {
    let after = Duration::from_secs(600);
    let silent = OnNoData::Pause { after };
    let memory = Guard::limit("memory", Worse::Higher, 0.8).on_readings(1, 1);
    let effect = Check::Effect {
        worse: Worse::Lower,
        harm: 0.02,
        safe: 0.02,
    };
    let clicks = Guard::new("clicks", effect);
    let guards = [memory.on_no_data(silent), clicks.on_no_data(silent)];
    let router = router();
    let ramp = release(&router, "v2", Schedule::new(guards).unwrap());
    let missing = || -> Vec<String> {
        let state = ramp.state();
        let missing = state.paused().iter().filter_map(|cause| match cause {
            PauseCause::NoData { guard } => Some(guard.clone()),
            _ => None,
        });
        missing.collect()
    };
    let memory = ramp.evidence("memory").unwrap();
    let clicks = ramp.evidence("clicks").unwrap();
    for minute in 0..60 {
        // The same number again is data; silence is none.
        if !(20..40).contains(&minute) {
            memory.reading(0.4).unwrap();
        }
        if !(30..50).contains(&minute) {
            clicks.effect(Some(-0.01), Some(0.01)).unwrap();
        }
        ramp.tick(at(60 * minute)).unwrap();
        let expected: &[&str] = match minute {
            29..39 => &["memory"],
            39 => &["clicks", "memory"],
            40..50 => &["clicks"],
            _ => &[],
        };
        assert_eq!(missing(), expected, "minute {minute}");
    }
}

#[test]
fn c5_no_data_pauses_or_rejects_where_asked() {
    let after = Duration::from_secs(100);
    let guard = memory().on_no_data(OnNoData::Pause { after });
    let mut pausing = started(Schedule::new([guard]).unwrap());
    assert_eq!(pausing.next_deadline(), Some(at(100)));
    let sample = good(&pausing);
    let _ = step(&mut pausing, 60, [sample]);
    let _ = step(&mut pausing, 159, []);
    assert!(pausing.state().paused().is_empty());
    let _ = step(&mut pausing, 160, []);
    assert_eq!(pausing.state().paused().len(), 1);
    let sample = load(&pausing, 2, 0.5);
    let _ = step(&mut pausing, 161, [sample]);
    assert!(pausing.state().paused().is_empty());
    // An operator's resumption lets the time begin anew.
    let _ = step(&mut pausing, 300, []);
    let _ = step(&mut pausing, 301, [Input::Command(Command::Resume)]);
    assert!(pausing.state().paused().is_empty());
    let _ = step(&mut pausing, 400, []);
    assert!(pausing.state().paused().is_empty());
    let _ = step(&mut pausing, 401, []);
    assert_eq!(pausing.state().paused().len(), 1);

    let guard = memory().on_no_data(OnNoData::Reject { after });
    let mut rejecting = started(Schedule::new([guard]).unwrap());
    let _ = step(&mut rejecting, 100, []);
    let guard = "memory".to_owned();
    assert_eq!(rejecting.state().cause(), Some(&Cause::NoData { guard }));
}

/// Bad events under 1 % and under 5 % of the traffic.
fn tally(at_one: (u64, u64), at_five: (u64, u64)) -> Measured {
    let mut tally = StageTally::new();
    for (share, (candidate, control)) in [(0.01, at_one), (0.05, at_five)] {
        let share = CandidateShare::new(share).unwrap();
        tally
            .record_many(Side::Candidate, share, candidate)
            .unwrap();
        tally.record_many(Side::Control, share, control).unwrap();
    }
    Measured::BadEvents(BadEvents::from(tally))
}

fn at_second_step(measured: Measured) -> Rollout {
    let mut rollout = started(Schedule::new([errors()]).unwrap());
    let _ = step(
        &mut rollout,
        1,
        [Input::Command(Command::Skip { phase: ramping(0) })],
    );
    let sample = StepSample::new(rollout.tag().unwrap(), 1).exposed(9_500, 500);
    let sample = Input::Sample(sample.with("errors", measured));
    let _ = step(&mut rollout, 2, [sample]);
    rollout
}

#[test]
fn c10_evidence_of_harm_adds_up_over_the_steps() {
    // Enough on neither step, but together.
    assert_eq!(at_second_step(tally((2, 0), (0, 0))).phase(), ramping(1));
    assert_eq!(at_second_step(tally((0, 0), (3, 1))).phase(), ramping(1));
    assert_eq!(
        at_second_step(tally((2, 0), (3, 1))).phase(),
        Phase::RolledBack
    );
    // Enough on the second step, if the first had not spoken for the candidate.
    assert_eq!(
        at_second_step(tally((0, 0), (10, 40))).phase(),
        Phase::RolledBack
    );
    assert_eq!(
        at_second_step(tally((1, 700), (10, 40))).phase(),
        ramping(1)
    );
}

#[test]
fn c10_the_error_rate_is_shared_out_among_the_guards_that_act_and_compare() {
    let rate = |name| Guard::new(name, Check::Rate(RateTest::default()));
    let seen = rate("seen").on_breach(OnBreach::Observe);
    let schedule = Schedule::new([rate("a"), rate("b"), seen, memory()]).unwrap();
    assert_eq!(schedule.alpha_each().get(), 0.005);
    let schedule = schedule.with_alpha(Alpha::new(0.05).unwrap());
    assert_eq!(schedule.alpha_each().get(), 0.025);
}

#[test]
fn an_observing_guard_is_recorded_and_holds_nothing() {
    let guard = memory().on_breach(OnBreach::Observe);
    let mut rollout = started(Schedule::new([guard]).unwrap());
    let bad = load(&rollout, 1, 0.9);
    let _ = step(&mut rollout, DWELL, [bad]);
    assert_eq!(rollout.phase(), ramping(1));
    assert!(rollout.state().breached().contains_key("memory"));
}

#[test]
fn a_ladder_on_evidence_climbs_as_soon_as_safety_is_shown_and_no_sooner() {
    let schedule = Schedule::new([errors()]).unwrap();
    let mut rollout = started(schedule.with_climb(Climb::OnEvidence).unwrap());
    let test = RateTest::default();
    let share = rollout.candidate_share().unwrap();
    assert_eq!(share.get(), 0.01);
    let mut events = StageTally::new();
    let mut control = 0;
    while rollout.phase() == ramping(0) {
        assert!(!test.safe(&events).is_significant());
        control += 1;
        events.record(Side::Control, share).unwrap();
        let sample = StepSample::new(rollout.tag().unwrap(), control).exposed(99_000, 1_000);
        let measured = Measured::BadEvents(BadEvents::from(events.clone()));
        let _ = step(
            &mut rollout,
            control,
            [Input::Sample(sample.with("errors", measured))],
        );
    }
    assert!(test.safe(&events).is_significant());
    assert_eq!(rollout.phase(), ramping(1));
    // What was shown at 1 % says nothing about 5 %.
    let sample = StepSample::new(rollout.tag().unwrap(), 1).exposed(95_000, 5_000);
    let measured = Measured::BadEvents(BadEvents::from(events));
    let _ = step(
        &mut rollout,
        100_000,
        [Input::Sample(sample.with("errors", measured))],
    );
    assert_eq!(rollout.phase(), ramping(1));
    let alone = Schedule::new([memory()])
        .unwrap()
        .with_climb(Climb::OnEvidence);
    assert_eq!(alone, Err(ScheduleError::NothingToClimbOn));
}

/// Feeds units of the control, one bad event each, until the roll-out climbs or 4,000 have come;
/// tells whether it climbed.
fn climbs_on(guard: &mut RateGuard) -> bool {
    let schedule = Schedule::new([errors()]).unwrap();
    let mut rollout = started(schedule.with_climb(Climb::OnEvidence).unwrap());
    let share = rollout.candidate_share().unwrap();
    for unit in 1..4_000 {
        guard.record(unit, Side::Control, share).unwrap();
        let sample = StepSample::new(rollout.tag().unwrap(), unit).exposed(99_000, 1_000);
        let sample = sample.with("errors", Measured::of(guard));
        let _ = step(&mut rollout, unit, [Input::Sample(sample)]);
        if rollout.phase() == ramping(1) {
            return true;
        }
    }
    false
}

#[test]
fn t6_a_step_is_safe_when_the_guard_of_its_units_says_so_and_no_sooner() {
    let mut guard = RateGuard::by_unit(RateTest::default());
    assert!(climbs_on(&mut guard));
    let reading = guard.reading();
    assert!(reading.safe.is_significant());
    let mut earlier = RateGuard::by_unit(RateTest::default());
    let share = CandidateShare::new(0.01).unwrap();
    for unit in 1..reading.control_events {
        earlier.record(unit, Side::Control, share).unwrap();
    }
    assert!(!earlier.reading().safe.is_significant());
}

#[test]
fn t6_units_counted_for_other_margins_never_show_a_step_safe() {
    let margins = Margins::new(1.0, 4.0).unwrap();
    let method = RateMethod::Grid(RatioGrid::below(4.0));
    let test = RateTest::new(margins, method, Alpha::ONE_PERCENT, Alpha::ONE_PERCENT).unwrap();
    let mut guard = RateGuard::by_unit(test);
    assert!(!climbs_on(&mut guard));
    assert!(guard.reading().safe.is_significant());
}
