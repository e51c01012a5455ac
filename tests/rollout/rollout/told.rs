//! What is handed in and cannot be used says so, where it is handed in.

use switchstand::rollout::{
    Before, Change, Command, Input, Measured, OnBreach, Phase, Refusal, Rollout, Sample, Schedule,
};
use switchstand::stats::Alpha;
use switchstand::stats::guard::{Margins, RateGuard, RateMethod, RateTest, RatioGrid};
use switchstand::{Policy, Router, Share, Timestamp};

use crate::rollout::releases::{
    DWELL, abort, at, bring_to, errors, good, load, memory, policy, ramping, rollout, simple,
    started, step,
};

fn handed(rollout: &mut Rollout, sample: Sample) -> Vec<Refusal> {
    let _ = step(rollout, DWELL, [Input::Sample(sample)]);
    rollout.refused().to_vec()
}

#[test]
fn c14_a_number_for_a_guard_that_there_is_not_or_of_another_kind_is_refused() {
    let both = || started(Schedule::new([memory(), errors()]).unwrap());
    let sample = |rollout: &Rollout| rollout.sample().unwrap().exposed(9_900, 100);
    let mut rollout = both();
    let value = Measured::Value(0.5);
    let misspelt = sample(&rollout).with("memroy", value.clone());
    let refused = handed(&mut rollout, misspelt);
    let known = "\"memory\", \"errors\"".to_owned();
    let guard = "memroy".to_owned();
    assert_eq!(refused, [Refusal::UnknownGuard { guard, known }]);
    assert_eq!(rollout.phase(), ramping(0));

    let mut rollout = both();
    let wrong = sample(&rollout).with("errors", value.clone());
    assert!(matches!(
        handed(&mut rollout, wrong)[..],
        [Refusal::WrongKind { .. }]
    ));

    let mut rollout = both();
    let margins = Margins::new(1.0, 4.0).unwrap();
    let method = RateMethod::Grid(RatioGrid::below(4.0));
    let test = RateTest::new(margins, method, Alpha::ONE_PERCENT, Alpha::ONE_PERCENT).unwrap();
    let other = Measured::of(&RateGuard::by_unit(test));
    let other = sample(&rollout).with("errors", other);
    let guard = "errors".to_owned();
    assert_eq!(handed(&mut rollout, other), [Refusal::OtherTest { guard }]);

    // What came with it counts, a breach above all.
    let mut rollout = both();
    let breach = sample(&rollout).with("memroy", value);
    let breach = breach.with("memory", Measured::Value(0.9));
    assert_eq!(handed(&mut rollout, breach).len(), 1);
    assert_eq!(rollout.phase(), Phase::RolledBack);
}

#[test]
fn c14_a_driven_rollout_returns_what_it_refuses_and_does_the_rest() {
    let router = Router::new("ranker", "v1", ()).unwrap();
    router.deploy("v2", ()).unwrap();
    router.validate("v2", |()| Ok::<(), String>(())).unwrap();
    let rollout = router.begin(rollout(simple())).unwrap();
    rollout.tick_with(at(0), []).unwrap();
    let sample = rollout.rollout().sample().unwrap().exposed(9_900, 100);
    let misspelt = Input::Sample(sample.with("memroy", Measured::Value(0.5)));
    let error = rollout.tick_with(at(1), [misspelt, abort()]).unwrap_err();
    assert_eq!(error.refused.len(), 1);
    assert!(error.done.is_some() && error.operation.is_none());
    assert_eq!(rollout.phase(), Phase::RolledBack);
    assert_eq!(
        error.to_string(),
        "the schedule has no guard \"memroy\", it has \"memory\": take the name from there"
    );
}

#[test]
fn c14_evidence_of_no_such_phase_and_a_gate_of_no_such_name_are_refused() {
    let mut release = started(simple());
    let old = release.sample().unwrap().exposed(9_900, 100);
    let old = old.with("memory", Measured::Value(0.5));
    let _ = step(&mut release, DWELL, [Input::Sample(old.clone())]);
    assert_eq!(release.phase(), ramping(1));
    assert!(matches!(
        handed(&mut release, old)[..],
        [Refusal::Outdated {
            now: Phase::Ramping { step: 1 },
            ..
        }]
    ));

    let gated = simple().with_gate("approved", Before::EachStep).unwrap();
    let mut release = started(gated);
    let gate = "aproved".to_owned();
    let open = Input::Gate {
        name: gate.clone(),
        open: true,
    };
    let _ = step(&mut release, 1, [open]);
    let known = "\"approved\"".to_owned();
    let refusal = Refusal::UnknownGate { gate, known };
    assert_eq!(release.refused(), std::slice::from_ref(&refusal));
    let last = &release.trail().events().last().unwrap().change;
    assert_eq!(*last, Change::Refused { refusal });
}

#[test]
fn c14_a_sample_that_is_numbered_anew_after_a_restart_is_refused_and_numbered_on_it_counts() {
    let mut release = started(simple());
    let sample = load(&release, 59, 0.5);
    let _ = step(&mut release, 1, [sample]);
    let stored = serde_json::to_string(&release).unwrap();
    let mut release: Rollout = serde_json::from_str(&stored).unwrap();
    let anew = load(&release, 0, 0.4);
    let _ = step(&mut release, 2, [anew]);
    let (found, latest) = (0, 59);
    assert_eq!(release.refused(), [Refusal::OutOfOrder { found, latest }]);
    let next = release.sample().unwrap().exposed(9_900, 100);
    let next = Input::Sample(next.with("memory", Measured::Value(0.5)));
    let _ = step(&mut release, 3, [next]);
    assert_eq!(release.refused(), []);
}

#[test]
fn c3_a_promotion_and_a_skip_while_paused_say_why_they_are_not_obeyed() {
    let mut release = started(simple());
    let _ = step(&mut release, 1, [Input::Command(Command::Pause)]);
    for command in [Command::Promote, Command::Skip { phase: ramping(0) }] {
        let events = release.trail().events().len();
        let _ = step(&mut release, 2, [Input::Command(command.clone())]);
        let why = "the release waits: paused by an operator; resume it first".to_owned();
        let refusal = Refusal::NotNow { command, why };
        assert_eq!(release.refused(), [refusal]);
        assert_eq!(release.trail().events().len(), events + 1);
    }
    let both = [Command::Promote, Command::Resume].map(Input::Command);
    let _ = step(&mut release, 3, both);
    assert_eq!(release.refused(), []);
    assert_eq!(release.phase(), Phase::Baking);
}

#[test]
fn a_gate_before_each_step_lets_one_step_pass_unless_it_is_opened_for_good() {
    let gated = || simple().with_gate("hours", Before::EachStep).unwrap();
    let name = || "hours".to_owned();
    let run = |input: Input| {
        let mut release = started(gated());
        let mut input = Some(input);
        for hour in 1..20 {
            let sample = release.tag().map(|_| good(&release));
            let _ = step(
                &mut release,
                hour * 3600,
                sample.into_iter().chain(input.take()),
            );
        }
        release.phase()
    };
    let open = Input::Gate {
        name: name(),
        open: true,
    };
    assert_eq!(run(open), ramping(1));
    assert_eq!(run(Input::OpenForGood { name: name() }), Phase::Promoted);
}

#[test]
fn a_breach_that_was_overruled_on_one_step_is_watched_again_on_the_next() {
    let guard = memory().on_breach(OnBreach::Pause);
    let mut release = started(Schedule::new([guard]).unwrap());
    let bad = load(&release, 1, 0.81);
    let _ = step(&mut release, 1, [bad]);
    let _ = step(&mut release, DWELL, [Input::Command(Command::Resume)]);
    assert_eq!(release.phase(), ramping(1));
    let worse = load(&release, 1, 50.0);
    let _ = step(&mut release, 3 * DWELL, [worse]);
    assert_eq!(release.phase(), ramping(1));
    assert_eq!(release.state().paused().len(), 1);
}

#[test]
fn c7_one_absurd_reading_of_the_clock_is_refused_and_harms_nothing() {
    let start = 1_000_000_000;
    let policy = policy();
    let mut release = Rollout::new(policy, simple()).unwrap();
    let _ = step(&mut release, start, []);
    for absurd in [
        Timestamp::from_nanos(u64::MAX),
        Timestamp::from_secs(start + 3 * 365 * 86_400),
    ] {
        let _ = release.step(absurd, []);
        let found = absurd;
        let latest = at(start);
        assert_eq!(release.refused(), [Refusal::Clock { found, latest }]);
        let _ = step(&mut release, start, []);
        assert_eq!(release.refused(), []);
    }
    let sample = good(&release);
    let _ = step(&mut release, start + DWELL - 1, [sample]);
    assert_eq!(release.phase(), ramping(0));
    let _ = step(&mut release, start + DWELL, []);
    assert_eq!(release.phase(), ramping(1));
    // Years may have passed in fact: then the next reading agrees.
    let late = start + 3 * 365 * 86_400;
    let _ = step(&mut release, late, []);
    let _ = step(&mut release, late + 60, []);
    assert_eq!(release.refused(), []);
    let sample = good(&release);
    let _ = step(&mut release, late + 61, [sample]);
    assert_eq!(release.phase(), ramping(2));
}

#[test]
fn what_a_release_waits_for_is_said_in_words() {
    let gated = simple().with_gate("hours", Before::EachStep).unwrap();
    let mut release = rollout(gated);
    assert_eq!(release.waiting_for(), [""; 0]);
    let _ = step(&mut release, 0, []);
    let all = [
        "gate \"hours\"",
        "10m on this step, of 10m",
        "100 units of \"v2\", of 100",
        "data of guard \"memory\"",
    ];
    assert_eq!(release.waiting_for(), all);
    let sample = good(&release);
    let _ = step(&mut release, DWELL, [sample]);
    assert_eq!(release.waiting_for(), ["gate \"hours\""]);
    let _ = step(&mut release, DWELL, [Input::Command(Command::Pause)]);
    assert_eq!(release.waiting_for()[0], "paused by an operator");
    let _ = bring_to(&mut rollout(simple()), Phase::Promoted);
    let policy = Policy::canary("x", "v2", Share::NONE);
    let mut refused = Rollout::new(policy, simple()).unwrap();
    let _ = refused.step(at(0), []);
    let router = "the router, which has not carried out what leads to ramping, step 0";
    assert_eq!(refused.waiting_for(), [router]);
}
