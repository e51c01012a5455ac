//! Shadow stages, gates and deadlines.

use core::time::Duration;

use switchstand::rollout::{
    Before, Check, Command, Guard, Input, Ladder, Measured, OnDeadline, PauseCause, Phase, Rollout,
    Schedule, ShadowStage, StepSample,
};
use switchstand::stats::Worse;
use switchstand::{Policy, Share};

use crate::rollout::releases::{DWELL, at, good, memory, ramping, rollout, simple, started, step};

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
        let sample = StepSample::new(rollout.tag().unwrap(), 1).exposed(pairs, pairs);
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
