//! A roll-out that drives a router.

use switchstand::rollout::{Action, Cause, Command, Input, Phase, Rollout};
use switchstand::stats::guard::Side;
use switchstand::{Assignment, Policy, Router, Share, Unit, VersionState, attr};

use crate::rollout::releases::{DWELL, abort, at, good, policy, ramping, simple};

fn router() -> Router<()> {
    let router = Router::new("ranker", "v1", ()).unwrap();
    router.deploy("v2", ()).unwrap();
    router.validate("v2", |()| Ok::<(), String>(())).unwrap();
    router
}

fn on_v2(router: &Router<()>) -> u64 {
    let is_on_v2 = |&user: &u64| router.label(router.route(user).version()) == Some("v2");
    (0..2_000).filter(is_on_v2).count() as u64
}

#[test]
fn a_driven_router_has_the_policy_of_every_phase() {
    let router = router();
    let rollout = router
        .begin(Rollout::new(policy(), simple()).unwrap())
        .unwrap();
    let mut reached = Vec::new();
    let mut now = 0;
    while !rollout.phase().is_final() {
        let sample = rollout.rollout().tag().map(|_| good(&rollout.rollout()));
        let action = rollout.tick_with(at(now), sample).unwrap();
        assert!(action.is_some() && rollout.rollout().unconfirmed().is_none());
        if let Some(tag) = rollout.rollout().tag() {
            assert_eq!(router.current().fingerprint(), tag.fingerprint);
        }
        reached.push(on_v2(&router));
        now += 3600;
    }
    // 1, 5, 25 and 50 % of 2,000, within four standard deviations; then everybody.
    let expected = [
        (20, 18),
        (100, 39),
        (500, 78),
        (1_000, 90),
        (2_000, 0),
        (2_000, 0),
    ];
    assert_eq!(reached.len(), expected.len());
    for (reached, (mean, width)) in reached.iter().zip(expected) {
        assert!(reached.abs_diff(mean) <= width, "{reached} of about {mean}");
    }
    assert_eq!(router.state("v2"), Some(VersionState::Live));
}

#[test]
fn c1_an_aborted_release_reaches_nobody_after_one_call() {
    let router = router();
    let rollout = router
        .begin(Rollout::new(policy(), simple()).unwrap())
        .unwrap();
    rollout.tick_with(at(0), []).unwrap();
    assert!(on_v2(&router) > 0);
    let action = rollout.tick_with(at(1), [abort()]).unwrap();
    assert!(matches!(action, Some(Action::Reject { .. })));
    assert_eq!(on_v2(&router), 0);
    assert_eq!(router.state("v2"), Some(VersionState::Rejected));
}

#[test]
fn an_action_that_the_router_refuses_is_tried_again_and_holds_the_release() {
    let router = router();
    let rollout = router
        .begin(Rollout::new(policy(), simple()).unwrap())
        .unwrap();
    // v2 is loaded once more, and not validated yet.
    router.reject("v2", "one more change").unwrap();
    router.reclaim("v2").unwrap();
    router.deploy("v2", ()).unwrap();
    assert!(rollout.tick(at(0)).is_err());
    let skip = Input::Command(Command::Skip { phase: ramping(0) });
    assert!(rollout.tick_with(at(1), [skip]).is_err());
    assert_eq!(rollout.phase(), Phase::Pending);
    router.validate("v2", |()| Ok::<(), String>(())).unwrap();
    let action = rollout.tick(at(2)).unwrap();
    assert!(matches!(action, Some(Action::Release { .. })));
    assert_eq!(rollout.tick(at(3)).unwrap(), None);
}

/// Returns the assignment of a user, as it comes back from a log.
fn logged(router: &Router<()>, unit: Unit<'_>) -> Assignment<'static> {
    let assignment = router.assignment(&router.route(unit)).unwrap();
    let line = serde_json::to_string(&assignment).unwrap();
    serde_json::from_str::<Assignment<'_>>(&line)
        .unwrap()
        .into_owned()
}

#[test]
fn an_outcome_counts_under_the_policy_that_decided_however_late_it_comes() {
    let router = router();
    let policy = policy().or_for(attr("tier").is("internal"));
    let rollout = router
        .begin(Rollout::new(policy, simple()).unwrap())
        .unwrap();
    assert_eq!(
        rollout
            .rollout()
            .side_of(&logged(&router, Unit::from(1_u64))),
        None
    );
    rollout.tick_with(at(0), []).unwrap();
    let early: Vec<_> = (0..2_000_u64)
        .map(|user| logged(&router, Unit::from(user)))
        .collect();
    let sample = good(&rollout.rollout());
    rollout.tick_with(at(DWELL), [sample]).unwrap();
    assert_eq!(rollout.phase(), ramping(1));

    let mut candidates = 0;
    for assignment in &early {
        let (side, share) = rollout.rollout().side_of(assignment).unwrap();
        assert_eq!(share.get(), 0.01);
        assert_eq!(side == Side::Candidate, assignment.version == "v2");
        candidates += u64::from(side == Side::Candidate);
    }
    assert!((1..60).contains(&candidates));
    let late = rollout
        .rollout()
        .side_of(&logged(&router, Unit::from(7_u64)))
        .unwrap();
    assert_eq!(late.1.get(), 0.05);
    // Audience rules confound, and another release is another release.
    let internal = [("tier", "internal")];
    let colleague = logged(&router, Unit::from(8_u64).with(&internal));
    assert_eq!(colleague.version, "v2");
    assert_eq!(rollout.rollout().side_of(&colleague), None);
    let other = Policy::canary("another", "v2", Share::percent(5).unwrap());
    router.release(other).unwrap();
    assert_eq!(
        rollout
            .rollout()
            .side_of(&logged(&router, Unit::from(9_u64))),
        None
    );
    assert_ne!(rollout.phase(), Phase::RolledBack);
}

#[test]
fn a_route_of_long_ago_cannot_be_put_into_words() {
    let router = router();
    let route = router.route(7_u64);
    // Each under another name: a policy that is in force already makes no generation.
    for release in 0..16 {
        let freeze = Policy::live_only(&format!("freeze-{release}"));
        router.release(freeze).unwrap();
    }
    let assignment = router.assignment(&route).unwrap();
    assert_eq!(assignment.generation, route.generation());
    router.release(Policy::live_only("freeze")).unwrap();
    assert!(router.assignment(&route).is_err());
}

#[test]
fn an_action_that_holds_already_is_left_as_it_is() {
    let version = || "v2".to_owned();
    let swap = Action::Swap {
        version: version(),
        policy: None,
    };
    let accept = Action::Accept {
        version: version(),
        policy: None,
    };
    let cause = Cause::DeadlinePassed;
    let reject = Action::Reject {
        version: version(),
        cause,
    };
    let accepted = router();
    // Nothing was swapped: there is nothing to accept, and nothing holds yet.
    assert!(accepted.carry_out(&accept).is_err());
    for (action, generation) in [(&swap, 3), (&accept, 4)] {
        for _again in 0..2 {
            assert_eq!(accepted.carry_out(action), Ok(generation), "{action:?}");
        }
    }
    assert_eq!(accepted.state("v1"), Some(VersionState::Retiring));
    let rejected = router();
    for (action, generation) in [(&swap, 3), (&reject, 4)] {
        for _again in 0..2 {
            assert_eq!(rejected.carry_out(action), Ok(generation), "{action:?}");
        }
    }
    assert_eq!(rejected.state("v1"), Some(VersionState::Live));
}
