//! How rehearsals end, add up, and are refused.

#![cfg(feature = "testing")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use core::time::Duration;

use super::release::{errors, memory, one_step, percent, policy, secs};
use switchstand::rollout::{Before, OnBreach, OnDeadline, RolloutError, Schedule, ShadowStage};
use switchstand::stats::guard::RateTest;
use switchstand::testing::{Effect, Population, Rehearsal, RehearsalEnd, RehearsalError};
use switchstand::{Policy, Share};

#[test]
fn a_step_that_asks_for_more_units_than_it_has_is_never_left() {
    // The default asks for 100 units on each step, and 1 % of 2,000 are 20.
    let schedule = Schedule::new([memory()]).unwrap();
    let result = Rehearsal::new(policy(), schedule, Population::synthetic(2_000, 5))
        .unwrap()
        .with_limit(secs(24 * 3_600))
        .with_look_every(secs(600))
        .unwrap()
        .with_effect("memory", Effect::value(0.5, 0.0))
        .unwrap()
        .simulate(0..3, |_| ())
        .unwrap();
    assert_eq!(result.endings()[&RehearsalEnd::Undecided], 3);
}

#[test]
fn any_split_of_the_replications_gives_the_same_result() {
    let rehearsal = |seed| {
        let schedule = one_step(20, errors(RateTest::default()));
        let population = Population::synthetic(2_000, 6);
        let rehearsal = Rehearsal::new(policy(), schedule, population)
            .unwrap()
            .with_seed(seed);
        let effect = Effect::bad_events(0.01).times(10.0).sticky(5.0);
        rehearsal
            .with_effect("errors", effect)
            .unwrap()
            .with_limit(secs(3_600))
    };
    let whole = rehearsal(9).simulate(0..30, |_| ()).unwrap();
    let parts = [20..30, 0..7, 7..20].map(|range| {
        let rehearsal = rehearsal(9);
        let simulate = || rehearsal.simulate(range, |_| ()).unwrap();
        std::thread::scope(|scope| scope.spawn(simulate).join().unwrap())
    });
    let [mut merged, second, third] = parts;
    merged.merge(second).unwrap();
    merged.merge(third.clone()).unwrap();
    assert_eq!(merged, whole);
    let overlap = merged.merge(third);
    assert_eq!(overlap, Err(RehearsalError::Overlap { number: 7 }));
    assert_eq!(merged, whole);
    let other = rehearsal(10).simulate(0..30, |_| ()).unwrap();
    assert_ne!(other.runs(), whole.runs());
    assert_eq!(merged.merge(other), Err(RehearsalError::Mismatch));
    let told = whole.to_string();
    assert!(
        told.contains("100.00 % rejected by errors (standard error 0.00 points)"),
        "{told}"
    );
}

#[test]
fn pauses_deadlines_and_limits_end_a_rehearsal() {
    let ending = |schedule: Schedule, value: f64| {
        let rehearsal = Rehearsal::new(policy(), schedule, Population::synthetic(100, 7)).unwrap();
        let rehearsal = rehearsal
            .with_effect("memory", Effect::value(value, 0.0))
            .unwrap();
        let rehearsal = rehearsal.with_limit(secs(3_000));
        let result = rehearsal.simulate(0..1, |_| ()).unwrap();
        (result.runs()[0].ending.clone(), result.runs()[0].lasted)
    };
    let pausing = one_step(10, memory().on_breach(OnBreach::Pause));
    assert_eq!(ending(pausing, 0.9), (RehearsalEnd::Paused, secs(30)));
    assert_eq!(
        ending(one_step(10, memory()), 0.5),
        (RehearsalEnd::Undecided, secs(3_000))
    );
    let late = one_step(10, memory()).with_deadline(secs(600), OnDeadline::Reject);
    assert_eq!(ending(late, 0.5), (RehearsalEnd::DeadlinePassed, secs(600)));
    let gated = one_step(10, memory())
        .with_gate("hours", Before::Start)
        .unwrap();
    let breached = RehearsalEnd::Breached {
        guard: "memory".to_owned(),
    };
    assert_eq!(ending(gated, 0.9), (breached, secs(30)));
}

#[test]
fn what_cannot_be_rehearsed_is_refused_by_name() {
    let population = || Population::synthetic(10, 7);
    let new = |policy, schedule| Rehearsal::new(policy, schedule, population());
    let test = Policy::ab_test("ab", [("v1", 1), ("v2", 1)]);
    let limit = || one_step(10, memory());
    assert!(matches!(
        new(test, limit()),
        Err(RehearsalError::Rollout(_))
    ));
    let stage = ShadowStage {
        share: percent(5),
        pairs: 10,
        guards: Vec::new(),
    };
    let shadows = limit().with_shadow(stage).unwrap();
    assert!(matches!(
        new(policy(), shadows),
        Err(RehearsalError::Shadows)
    ));
    let nameless = Policy::canary("", "v2", Share::NONE);
    assert!(matches!(
        new(nameless, limit()),
        Err(RehearsalError::Rollout(RolloutError::Policy(_)))
    ));
    let nobody = Rehearsal::new(policy(), limit(), Population::synthetic(0, 7));
    assert!(matches!(nobody, Err(RehearsalError::NoUnits)));
    let rehearsal = new(policy(), limit()).unwrap();
    let refused = |guard, effect| rehearsal.clone().with_effect(guard, effect).unwrap_err();
    assert!(matches!(
        refused("load", Effect::value(1.0, 0.0)),
        RehearsalError::NoGuard { .. }
    ));
    assert!(matches!(
        refused("memory", Effect::bad_events(0.1)),
        RehearsalError::WrongKind { .. }
    ));
    for effect in [
        Effect::value(f64::NAN, 0.0),
        Effect::value(0.0, -1.0),
        Effect::bad_events(0.0),
        Effect::bad_events(0.1).times(f64::INFINITY),
        Effect::bad_events(0.1).sticky(-1.0),
    ] {
        assert!(matches!(
            refused("memory", effect),
            RehearsalError::OutOfRange { .. }
        ));
    }
    assert!(rehearsal.clone().with_traffic(0.0).is_err());
    assert!(rehearsal.clone().with_look_every(Duration::ZERO).is_err());
    let blind = rehearsal.simulate(0..1, |_| ()).unwrap_err();
    assert_eq!(
        blind,
        RehearsalError::NoEffect {
            guard: "memory".to_owned()
        }
    );
}
