//! What comes first, and what cannot be undone.

use core::time::Duration;

use switchstand::rollout::{
    Cause, Command, Input, OnBreach, OnDeadline, PauseCause, Phase, Schedule,
};

use crate::rollout::releases::{
    DWELL, abort, at, bring_to, good, kind, load, memory, ramping, rollout, simple, started, step,
};

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
    let times: Vec<_> = rollout
        .trail()
        .events()
        .iter()
        .map(|event| event.at)
        .collect();
    assert!(times.is_sorted());
}
