//! Whom a release reaches, step by step.

use switchstand::rollout::{Action, Advance, Command, Input, Phase, Refused, Rollout, StateChange};
use switchstand::{Policy, Share};

use crate::rollout::releases::{
    DWELL, abort, at, bring_to, good, kind, ramping, rollout, simple, started, step,
};

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
    other.confirm();
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
    assert!(matches!(rollout.refused(), [Refused::NotNow { .. }]));
    let because = Advance::Skipped;
    let change = StateChange::Advanced {
        to: ramping(1),
        because,
    };
    let mut events = rollout.trail().events().iter().rev();
    let last = events.find(|event| !matches!(event.change, StateChange::Refused { .. }));
    assert_eq!(last.unwrap().change, change);
}
