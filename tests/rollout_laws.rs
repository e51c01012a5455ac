//! The laws of roll-outs, one test or more each.

#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use core::time::Duration;

use switchstand::rollout::{
    Action, Advance, BadEvents, Before, Cause, Change, Check, Climb, Command, Guard, Input, Ladder,
    Measured, OnBreach, OnDeadline, OnNoData, PauseCause, Phase, Rollout, Sample, Schedule,
    ScheduleError, ShadowStage, Worse,
};
use switchstand::stats::guard::{CandidateShare, RateTest, Side, Tally};
use switchstand::{Policy, Share, Timestamp};

const DWELL: u64 = 600;

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn policy() -> Policy {
    Policy::canary("ranker-2026-11", "v2", Share::NONE)
}

fn memory() -> Guard {
    let worse = Worse::Higher;
    Guard::new("memory", Check::Limit { worse, limit: 0.8 })
}

fn errors() -> Guard {
    Guard::new("errors", Check::Rate(RateTest::default()))
}

fn rollout(schedule: Schedule) -> Rollout {
    Rollout::new(policy(), schedule).unwrap()
}

/// A release at its first step, at time 0.
fn started(schedule: Schedule) -> Rollout {
    let mut rollout = rollout(schedule);
    let _ = step(&mut rollout, 0, []);
    rollout
}

fn step(
    rollout: &mut Rollout,
    secs: u64,
    inputs: impl IntoIterator<Item = Input>,
) -> Option<Action> {
    let action = rollout.step(at(secs), inputs);
    rollout.confirm();
    action
}

/// Evidence of the present phase, with this load of memory.
fn load(rollout: &Rollout, sequence: u64, memory: f64) -> Input {
    let sample = Sample::new(rollout.tag().unwrap(), sequence).exposed(9_900, 100);
    Input::Sample(sample.with("memory", Measured::Value(memory)))
}

fn good(rollout: &Rollout) -> Input {
    load(rollout, 1, 0.5)
}

fn abort() -> Input {
    let why = "pager".to_owned();
    Input::Command(Command::Abort { why })
}

fn simple() -> Schedule {
    Schedule::new([memory()]).unwrap()
}

fn ramping(step: usize) -> Phase {
    Phase::Ramping { step }
}

/// Goes on with good evidence until the phase is reached.
fn bring_to(rollout: &mut Rollout, phase: Phase) -> u64 {
    let mut now = 0;
    let _ = step(rollout, now, []);
    while rollout.phase() != phase {
        now += 3600;
        let sample = good(rollout);
        assert!(step(rollout, now, [sample]).is_some());
    }
    now
}

#[test]
fn a_healthy_candidate_climbs_the_default_ladder_and_is_accepted() {
    let mut rollout = rollout(simple());
    let mut shares = Vec::new();
    let mut actions = Vec::new();
    let mut now = 0;
    while !rollout.phase().is_final() {
        let sample = rollout.tag().map(|_| good(&rollout));
        actions.extend(step(&mut rollout, now, sample));
        shares.push(rollout.share().to_string());
        now += 3600;
    }
    assert_eq!(shares, ["1%", "5%", "25%", "50%", "100%", "100%"]);
    let kinds: Vec<_> = actions.iter().map(kind).collect();
    assert_eq!(
        kinds,
        ["release", "release", "release", "release", "swap", "accept"]
    );
}

fn kind(action: &Action) -> &'static str {
    match action {
        Action::Release { .. } => "release",
        Action::Swap { .. } => "swap",
        Action::Accept { .. } => "accept",
        Action::Reject { .. } => "reject",
        _ => "unknown",
    }
}

#[test]
fn c1_exposure_never_decreases_until_roll_back_then_is_none_in_one_step() {
    let mut rollout = rollout(simple());
    let now = bring_to(&mut rollout, Phase::Baking);
    let before = rollout.share();
    assert_eq!(before, Share::ALL);
    let action = step(&mut rollout, now + 1, [abort()]).unwrap();
    assert_eq!(kind(&action), "reject");
    assert_eq!(rollout.share(), Share::NONE);
    assert_eq!(rollout.phase(), Phase::RolledBack);
}

#[test]
fn c1_a_released_policy_differs_from_the_first_in_its_share_alone() {
    let mut rollout = started(simple());
    let sample = good(&rollout);
    let action = step(&mut rollout, DWELL, [sample]).unwrap();
    let policy = Box::new(Policy::canary(
        "ranker-2026-11",
        "v2",
        Share::percent(5).unwrap(),
    ));
    assert_eq!(action, Action::Release { policy });
}

#[test]
fn c2_a_late_tick_makes_one_step() {
    let mut rollout = started(simple());
    let sample = good(&rollout);
    let _ = step(&mut rollout, 1, [sample]);
    let _ = step(&mut rollout, 100 * DWELL, []);
    assert_eq!(rollout.phase(), ramping(1));
    let _ = step(&mut rollout, 100 * DWELL, []);
    assert_eq!(rollout.phase(), ramping(1));
    // Time on the new step counts from its own beginning.
    let sample = good(&rollout);
    let _ = step(&mut rollout, 101 * DWELL - 1, [sample]);
    assert_eq!(rollout.phase(), ramping(1));
    let _ = step(&mut rollout, 101 * DWELL, []);
    assert_eq!(rollout.phase(), ramping(2));
}

#[test]
fn c2_evidence_of_an_earlier_step_does_not_count() {
    let mut rollout = started(simple());
    let old = good(&rollout);
    let _ = step(&mut rollout, DWELL, [old.clone()]);
    assert_eq!(rollout.phase(), ramping(1));
    let _ = step(&mut rollout, 3 * DWELL, [old.clone()]);
    assert_eq!(rollout.phase(), ramping(1));
    // Neither does evidence under another policy.
    let other = Policy::canary("another", "v2", Share::NONE);
    let mut other = Rollout::new(other, simple()).unwrap();
    let _ = other.step(at(0), []);
    other.confirm();
    let sample = good(&other);
    let _ = other.step(at(DWELL), [sample]);
    assert_eq!(other.phase(), rollout.phase());
    let foreign = good(&other);
    let _ = step(&mut rollout, 4 * DWELL, [foreign]);
    assert_eq!(rollout.phase(), ramping(1));
}

#[test]
fn c2_a_skip_that_comes_twice_skips_one_step() {
    let mut rollout = started(simple());
    let skip = Input::Command(Command::Skip { phase: ramping(0) });
    let _ = step(&mut rollout, 1, [skip.clone(), skip.clone()]);
    assert_eq!(rollout.phase(), ramping(1));
    let _ = step(&mut rollout, 2, [skip]);
    assert_eq!(rollout.phase(), ramping(1));
    let because = Advance::Skipped;
    let change = Change::Advanced {
        to: ramping(1),
        because,
    };
    assert_eq!(rollout.trail().last().unwrap().change, change);
}

#[test]
fn c3_nothing_advances_while_paused_and_guards_still_act() {
    let mut rollout = started(simple());
    let pause = Input::Command(Command::Pause);
    let sample = good(&rollout);
    let _ = step(&mut rollout, DWELL - 1, [sample, pause]);
    let promote = Input::Command(Command::Promote);
    let skip = Input::Command(Command::Skip { phase: ramping(0) });
    for command in [promote, skip] {
        let _ = step(&mut rollout, 2 * DWELL, [command]);
        assert_eq!(rollout.phase(), ramping(0));
    }
    let bad = load(&rollout, 2, 0.9);
    let action = step(&mut rollout, 2 * DWELL, [bad]).unwrap();
    assert_eq!(kind(&action), "reject");
}

#[test]
fn c3_a_breach_that_pauses_is_latched_until_an_operator_resumes() {
    let guard = memory().on_breach(OnBreach::Pause);
    let mut rollout = started(Schedule::new([guard]).unwrap());
    let bad = load(&rollout, 1, 0.9);
    let _ = step(&mut rollout, 1, [bad]);
    let cause = PauseCause::Breached {
        guard: "memory".to_owned(),
    };
    assert!(rollout.state().paused().contains(&cause));
    let better = load(&rollout, 2, 0.1);
    let _ = step(&mut rollout, DWELL, [better]);
    assert_eq!(rollout.phase(), ramping(0));
    let _ = step(&mut rollout, DWELL, [Input::Command(Command::Resume)]);
    assert!(rollout.state().paused().is_empty());
    assert_eq!(rollout.phase(), ramping(1));
}

#[test]
fn c4_abort_breach_deadline_pause_promote_advance_in_this_order() {
    let deadline = |then| simple().with_deadline(Duration::from_secs(DWELL), then);
    let promote = || Input::Command(Command::Promote);
    let pause = || Input::Command(Command::Pause);
    let resume = || Input::Command(Command::Resume);
    let run = |inputs: Vec<Input>, then| {
        let mut forward = started(deadline(then));
        let _ = step(&mut forward, DWELL, inputs.clone());
        let mut backward = started(deadline(then));
        let _ = step(&mut backward, DWELL, inputs.into_iter().rev());
        assert_eq!(forward, backward);
        forward
    };
    let sample = |memory| load(&started(simple()), 1, memory);

    let all = vec![promote(), resume(), sample(0.9), pause(), abort()];
    let aborted = run(all, OnDeadline::Reject);
    assert!(matches!(
        aborted.state().cause(),
        Some(Cause::Aborted { .. })
    ));

    let breached = run(vec![promote(), sample(0.9), pause()], OnDeadline::Reject);
    assert!(matches!(
        breached.state().cause(),
        Some(Cause::Breached { .. })
    ));

    let late = run(vec![promote(), sample(0.1), pause()], OnDeadline::Reject);
    assert_eq!(late.state().cause(), Some(&Cause::DeadlinePassed));

    // A resumption does not end what comes up with it.
    let late = run(vec![promote(), resume()], OnDeadline::Pause);
    assert_eq!(late.phase(), ramping(0));
    assert!(late.state().paused().contains(&PauseCause::DeadlinePassed));

    let mut paused = started(simple());
    let _ = step(&mut paused, 1, [promote(), resume(), pause()]);
    assert_eq!(paused.phase(), ramping(0));

    let mut promoted = started(simple());
    let _ = step(&mut promoted, DWELL, [sample(0.1), promote()]);
    assert_eq!(promoted.phase(), Phase::Baking);
}

#[test]
fn c4_an_abort_wins_after_a_promotion_too() {
    let mut rollout = started(simple());
    let _ = step(&mut rollout, 1, [Input::Command(Command::Promote)]);
    assert_eq!(rollout.phase(), Phase::Baking);
    let action = step(&mut rollout, 2, [abort()]).unwrap();
    assert_eq!(kind(&action), "reject");
}

#[test]
fn c5_no_data_never_leads_on() {
    let mut rollout = started(simple());
    let tag = rollout.tag().unwrap();
    let memory = Measured::Value(0.5);
    let without = [
        Sample::new(tag, 1),
        Sample::new(tag, 2).exposed(9_900, 100),
        Sample::new(tag, 3).with("memory", memory.clone()),
        Sample::new(tag, 4)
            .exposed(9_900, 99)
            .with("memory", memory),
        Sample::new(tag, 5)
            .exposed(9_900, 100)
            .with("memory", Measured::Value(f64::NAN)),
        Sample::new(tag, 6)
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
    let tally = Measured::BadEvents(BadEvents::from(Tally::new()));
    let tag = rollout.tag().unwrap();
    let sample = |sequence, control| {
        let sample = Sample::new(tag, sequence).exposed(control, 100);
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

#[test]
fn c6_promoted_and_rolled_back_are_final() {
    let mut promoted = rollout(simple());
    let now = bring_to(&mut promoted, Phase::Promoted);
    let mut rejected = started(simple());
    let _ = step(&mut rejected, 1, [abort()]);
    for mut rollout in [promoted, rejected] {
        let before = rollout.clone();
        let promote = Input::Command(Command::Promote);
        let resume = Input::Command(Command::Resume);
        assert_eq!(rollout.step(at(now + 1), [abort(), promote, resume]), None);
        assert_eq!(rollout, before);
        assert_eq!(rollout.next_deadline(), None);
    }
}

#[test]
fn c7_a_clock_that_goes_back_changes_nothing() {
    let mut rollout = started(simple());
    let sample = good(&rollout);
    let _ = step(&mut rollout, DWELL - 1, [sample]);
    let before = rollout.clone();
    assert_eq!(rollout.step(at(3), []), None);
    assert_eq!(rollout, before);
    // The time that had passed has passed, and the trail's times never fall.
    let _ = step(&mut rollout, DWELL, []);
    assert_eq!(rollout.phase(), ramping(1));
    let _ = step(&mut rollout, 0, [abort()]);
    let times: Vec<_> = rollout.trail().iter().map(|event| event.at).collect();
    assert!(times.is_sorted());
}

#[test]
fn c8_the_trail_replays_to_the_state() {
    let guard = memory().on_breach(OnBreach::Pause);
    let schedule = Schedule::new([guard]).unwrap();
    let schedule = schedule.with_gate("hours", Before::EachStep).unwrap();
    let mut rollout = started(schedule.clone());
    let gate = |open| Input::Gate {
        name: "hours".to_owned(),
        open,
    };
    let bad = load(&rollout, 1, 0.9);
    let _ = step(&mut rollout, 5, [gate(true), bad]);
    let better = load(&rollout, 2, 0.1);
    let _ = step(
        &mut rollout,
        DWELL,
        [Input::Command(Command::Resume), better],
    );
    let _ = step(
        &mut rollout,
        DWELL + 5,
        [gate(false), Input::Command(Command::Pause)],
    );
    assert_eq!(rollout.phase(), ramping(1));
    for length in 0..=rollout.trail().len() {
        let trail = rollout.trail()[..length].to_vec();
        let replayed = Rollout::replay(policy(), schedule.clone(), trail).unwrap();
        let is_whole = length == rollout.trail().len();
        assert_eq!(replayed.state() == rollout.state(), is_whole);
    }
    let mut torn = rollout.trail().to_vec();
    torn.remove(0);
    assert!(Rollout::replay(policy(), schedule, torn).is_err());
}

#[test]
fn c9_a_stored_release_goes_on_after_a_restart() {
    let mut rollout = started(simple());
    let sample = good(&rollout);
    let _ = step(&mut rollout, DWELL - 1, [sample]);
    let stored = serde_json::to_string(&rollout).unwrap();
    let mut resumed: Rollout = serde_json::from_str(&stored).unwrap();
    assert_eq!(resumed, rollout);
    assert_eq!(step(&mut resumed, DWELL, []), step(&mut rollout, DWELL, []));
    assert_eq!(resumed, rollout);

    let mut value: serde_json::Value = serde_json::from_str(&stored).unwrap();
    value["version"] = 2.into();
    assert!(serde_json::from_value::<Rollout>(value.clone()).is_err());
    value["version"] = 1.into();
    value["surplus"] = 1.into();
    assert!(serde_json::from_value::<Rollout>(value).is_err());
}

#[test]
fn c9_an_action_that_was_not_confirmed_is_there_after_a_restart_and_holds_the_release() {
    let mut rollout = rollout(simple());
    let action = rollout.step(at(0), []);
    assert!(action.is_some());
    let stored = serde_json::to_string(&rollout).unwrap();
    let mut resumed: Rollout = serde_json::from_str(&stored).unwrap();
    assert_eq!(resumed.unconfirmed(), action);
    let sample = good(&resumed);
    assert_eq!(resumed.step(at(DWELL), [sample]), None);
    resumed.confirm();
    assert_eq!(resumed.unconfirmed(), None);
    assert!(resumed.step(at(DWELL), []).is_some());
}

/// Bad events under 1 % and under 5 % of the traffic.
fn tally(at_one: (u64, u64), at_five: (u64, u64)) -> Measured {
    let mut tally = Tally::new();
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
    let sample = Sample::new(rollout.tag().unwrap(), 1).exposed(9_500, 500);
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
    let mut events = Tally::new();
    let mut control = 0;
    while rollout.phase() == ramping(0) {
        assert!(!test.safe(&events).suffices());
        control += 1;
        events.record(Side::Control, share).unwrap();
        let sample = Sample::new(rollout.tag().unwrap(), control).exposed(99_000, 1_000);
        let measured = Measured::BadEvents(BadEvents::from(events.clone()));
        let _ = step(
            &mut rollout,
            control,
            [Input::Sample(sample.with("errors", measured))],
        );
    }
    assert!(test.safe(&events).suffices());
    assert_eq!(rollout.phase(), ramping(1));
    // What was shown at 1 % says nothing about 5 %.
    let sample = Sample::new(rollout.tag().unwrap(), 1).exposed(95_000, 5_000);
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

#[test]
fn a_shadow_stage_ends_with_enough_pairs_that_show_safety() {
    let accuracy = |worse| Check::Effect {
        worse,
        harm: 0.0,
        safe: 0.02,
    };
    let stage = ShadowStage {
        share: Share::percent(25).unwrap(),
        pairs: 1_000,
        guards: vec![Guard::new("accuracy", accuracy(Worse::Lower))],
    };
    let schedule = Schedule::new([memory()]).unwrap();
    let schedule = schedule
        .with_ladder(Ladder::at_once())
        .with_shadow(stage)
        .unwrap();
    let release = |lower: f64, upper: f64, pairs| {
        let mut rollout = started(schedule.clone());
        assert_eq!(rollout.phase(), Phase::Shadowing);
        assert_eq!(rollout.share(), Share::NONE);
        let sample = Sample::new(rollout.tag().unwrap(), 1).exposed(pairs, pairs);
        let (lower, upper) = (Some(lower), Some(upper));
        let effect = Measured::Effect { lower, upper };
        let _ = step(
            &mut rollout,
            1,
            [Input::Sample(sample.with("accuracy", effect))],
        );
        rollout.phase()
    };
    assert_eq!(release(-0.01, 0.05, 999), Phase::Shadowing);
    assert_eq!(release(-0.03, 0.05, 1_000), Phase::Shadowing);
    assert_eq!(release(-0.03, -0.01, 10), Phase::RolledBack);
    // B takes A's place at once.
    assert_eq!(release(-0.01, 0.05, 1_000), Phase::Baking);
}

#[test]
fn a_closed_gate_holds() {
    for before in [Before::Start, Before::EachStep, Before::Acceptance] {
        let schedule = simple().with_gate("hours", before).unwrap();
        let mut rollout = rollout(schedule);
        let mut now = 0;
        let mut held = None;
        while held != Some(rollout.phase()) {
            held = Some(rollout.phase());
            now += 3600;
            let sample = rollout.tag().map(|_| good(&rollout));
            let _ = step(&mut rollout, now, sample);
        }
        let expected = match before {
            Before::Start => Phase::Pending,
            Before::EachStep => ramping(0),
            Before::Acceptance => Phase::Baking,
        };
        assert_eq!(held, Some(expected));
        let name = || "hours".to_owned();
        let both = [true, false].map(|open| Input::Gate { name: name(), open });
        let _ = step(&mut rollout, now, both);
        assert_eq!(held, Some(rollout.phase()));
        let _ = step(
            &mut rollout,
            now,
            [Input::Gate {
                name: name(),
                open: true,
            }],
        );
        assert_ne!(held, Some(rollout.phase()));
    }
}

#[test]
fn the_next_deadline_is_when_a_tick_would_matter() {
    let deadline = Duration::from_secs(5_000);
    let mut rollout = rollout(simple().with_deadline(deadline, OnDeadline::Pause));
    assert_eq!(rollout.next_deadline(), Some(at(0)));
    let _ = step(&mut rollout, 7, []);
    assert_eq!(rollout.next_deadline(), Some(at(7 + DWELL)));
    let _ = step(&mut rollout, 7 + DWELL, [Input::Command(Command::Pause)]);
    assert_eq!(rollout.next_deadline(), Some(at(5_007)));
    let _ = step(&mut rollout, 5_007, []);
    assert_eq!(rollout.next_deadline(), None);
    assert!(
        rollout
            .state()
            .paused()
            .contains(&PauseCause::DeadlinePassed)
    );
}

#[test]
fn only_a_canary_has_a_share_to_raise() {
    let test = Policy::ab_test("ranker-ab-7", [("v1", 1), ("v2", 1)]);
    assert!(Rollout::new(test, simple()).is_err());
}
