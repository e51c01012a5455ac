//! A phase is what the router does, and its time is the time that the router does it.

use core::time::Duration;

use switchstand::rollout::{Action, Climb, Input, Ladder, Phase, Rollout, Schedule, ShadowStage};
use switchstand::{Policy, Router, Share, Unit, VersionState, attr, deployment::Deployments};

use crate::rollout::persons::{quick, release, router, tick};
use crate::rollout::releases::{at, ramping};

fn sample(rollout: &Rollout) -> Option<Input> {
    let sample = rollout.sample()?.exposed(100, 100);
    Some(Input::Sample(sample))
}

fn on_v2(router: &Router<()>) -> usize {
    let is_on = |&user: &u64| router.label(router.route(user).version()) == Some("v2");
    (0..1_000).filter(is_on).count()
}

#[test]
fn c11_the_time_on_a_step_counts_from_when_it_was_in_force() {
    let router = Router::new("ranker", "v1", ()).unwrap();
    router.deploy("v2", ()).unwrap();
    let climb = Climb::Dwell {
        time: Duration::from_secs(600),
        exposures: 10,
    };
    let schedule = Schedule::new([]).unwrap().with_climb(climb).unwrap();
    let mut rollout = release("v2", schedule);
    for minute in 0..30 {
        assert_eq!(sample(&rollout), None);
        // It is not validated yet.
        assert!(router.drive(&mut rollout, at(60 * minute), []).is_err());
        assert_eq!(
            (rollout.phase(), rollout.share()),
            (Phase::Pending, Share::NONE)
        );
    }
    router.validate("v2", |()| Ok::<(), String>(())).unwrap();
    for minute in 30..40 {
        tick(&router, &mut rollout, minute);
        assert_eq!(rollout.phase(), ramping(0), "minute {minute}");
    }
    tick(&router, &mut rollout, 40);
    assert_eq!(rollout.phase(), ramping(1));
    let trail = rollout.trail().clone();
    let mut again = Rollout::replay(rollout.policy().clone(), rollout.schedule().clone(), trail);
    assert_eq!(again.as_mut().unwrap().state(), rollout.state());
}

#[test]
fn c11_the_bake_counts_from_the_swap() {
    let router = router();
    let shares = ["10%".parse().unwrap(), Share::ALL];
    let schedule = quick().with_ladder(Ladder::custom(shares).unwrap());
    let mut rollout = release("v2", schedule.with_bake(Duration::from_secs(3600), 10));
    tick(&router, &mut rollout, 0);
    // Somebody's swap is open for two hours; it comes with the policy of the step.
    let own = router.deployments().policy().clone();
    router.swap_with("v3", own.clone()).unwrap();
    for minute in 1..120 {
        tick(&router, &mut rollout, minute);
        assert_eq!(rollout.phase(), ramping(0));
    }
    router.rollback("not now").unwrap();
    let why = "v1 is live again".to_owned();
    let resume = switchstand::rollout::Command::TakeOver { why };
    router
        .drive(&mut rollout, at(60 * 120), [Input::Command(resume)])
        .unwrap();
    // The step anew, then the swap at minute 121 and the whole hour.
    for minute in 121..181 {
        tick(&router, &mut rollout, minute);
        assert_eq!(rollout.phase(), Phase::Baking, "minute {minute}");
        assert_eq!(router.state("v1"), Some(VersionState::Standby));
    }
    tick(&router, &mut rollout, 181);
    assert_eq!(rollout.phase(), Phase::Promoted);
}

#[test]
fn c11_exposures_before_the_step_was_in_force_do_not_count() {
    let mut rollout = release("v2", quick());
    let _ = rollout.step(at(0), []);
    rollout.confirm();
    let evidence = sample(&rollout);
    assert!(rollout.step(at(60), evidence.clone()).is_some());
    // The step is decided, and the router has not made it: evidence is of the step before.
    assert_eq!(rollout.phase(), ramping(0));
    let _ = rollout.step(at(300), sample(&rollout));
    rollout.confirm();
    assert_eq!(
        (rollout.phase(), rollout.state().since()),
        (ramping(1), at(300))
    );
    assert!(rollout.step(at(360), []).is_none());
    assert!(
        rollout
            .waiting_for()
            .contains(&"10 units of \"v2\", of 10".to_owned())
    );
}

#[test]
fn c13_the_shadow_stage_shows_the_candidate_to_nobody() {
    let router = router();
    let stage = ShadowStage {
        share: Share::ALL,
        pairs: 10,
        guards: Vec::new(),
    };
    let policy = Policy::canary("release of v2", "v2", Share::NONE)
        .with_rule(attr("tier").is("internal"), "v2")
        .with_units("v2", ["ana"])
        .with_overrides(["v2"]);
    let mut rollout = Rollout::new(policy, quick().with_shadow(stage).unwrap()).unwrap();
    router.drive(&mut rollout, at(0), []).unwrap();
    assert_eq!(rollout.phase(), Phase::Shadowing);
    let internal = [("tier", "internal")];
    let version = |unit: Unit<'_>| {
        router
            .label(router.route(unit).version())
            .unwrap()
            .to_owned()
    };
    let units = || {
        [
            Unit::from("bob").with(&internal),
            Unit::from("ana"),
            Unit::from("eve").asking_for("v2"),
        ]
    };
    for unit in units() {
        assert_eq!(version(unit), "v1");
    }
    tick(&router, &mut rollout, 1);
    assert_eq!(rollout.phase(), ramping(0));
    for unit in units() {
        assert_eq!(version(unit), "v2");
    }
}

/// A roll-out that was brought so far on a router of its own, and then stored.
fn stored_at(phase: Phase, schedule: Schedule) -> (Router<()>, String, u64) {
    let router = router();
    let mut rollout = release("v2", schedule);
    let mut minute = 0;
    while rollout.phase() != phase {
        tick(&router, &mut rollout, minute);
        minute += 1;
    }
    (router, serde_json::to_string(&rollout).unwrap(), minute)
}

#[test]
fn c16_a_fresh_router_is_brought_where_the_rollout_was() {
    for phase in [ramping(0), ramping(2), Phase::Baking] {
        let (_, stored, minute) = stored_at(phase, quick());
        let router = router();
        let mut rollout: Rollout = serde_json::from_str(&stored).unwrap();
        let done = router.drive(&mut rollout, at(60 * minute), []).unwrap();
        assert!(done.is_some(), "{phase}");
        assert_eq!(
            (rollout.phase(), rollout.state().since()),
            (phase, at(60 * minute))
        );
        assert_eq!(
            Some(router.current().fingerprint()),
            rollout.tag().map(|tag| tag.fingerprint)
        );
        for minute in minute + 1..minute + 20 {
            if !rollout.phase().is_final() {
                tick(&router, &mut rollout, minute);
            }
        }
        assert_eq!(rollout.phase(), Phase::Promoted);
    }
}

#[test]
fn c16_a_fresh_router_that_lacks_the_candidate_says_so_and_the_phase_claims_nothing() {
    let (_, stored, minute) = stored_at(ramping(2), quick());
    let router = Router::new("ranker", "v1", ()).unwrap();
    let mut rollout: Rollout = serde_json::from_str(&stored).unwrap();
    for minute in minute..minute + 3 {
        let error = router.drive(&mut rollout, at(60 * minute), []).unwrap_err();
        assert!(
            error.to_string().contains("\"v2\", which is not deployed"),
            "{error}"
        );
        assert_eq!(
            (rollout.phase(), rollout.share()),
            (Phase::Pending, Share::NONE)
        );
    }
    router.deploy("v2", ()).unwrap();
    router.validate("v2", |()| Ok::<(), String>(())).unwrap();
    router
        .drive(&mut rollout, at(60 * minute + 200), [])
        .unwrap();
    assert_eq!(rollout.phase(), ramping(2));
    assert!(on_v2(&router) > 150);
}

#[test]
fn c16_a_restored_router_goes_on_and_one_with_a_persons_policy_stands() {
    let (router, stored, minute) = stored_at(ramping(1), quick());
    let state = serde_json::to_string(&router.deployments()).unwrap();
    let models = || ["v1", "v2", "v3"].map(|label| (label, ()));
    let restored = || {
        let state: Deployments = serde_json::from_str(&state).unwrap();
        Router::builder("ranker").restore(state, models()).unwrap()
    };
    let router = restored();
    let mut rollout: Rollout = serde_json::from_str(&stored).unwrap();
    tick(&router, &mut rollout, minute);
    assert_eq!(rollout.phase(), ramping(2));

    let router = restored();
    router.release(Policy::live_only("hotfix")).unwrap();
    let mut rollout: Rollout = serde_json::from_str(&stored).unwrap();
    for minute in minute..minute + 5 {
        tick(&router, &mut rollout, minute);
    }
    assert_eq!(
        (router.current().release(), rollout.phase()),
        ("hotfix", ramping(1))
    );
}

#[test]
fn c16_a_late_server_can_ask_for_the_action_in_force() {
    let (first, stored, _) = stored_at(ramping(2), quick());
    let rollout: Rollout = serde_json::from_str(&stored).unwrap();
    let late = router();
    late.carry_out(&rollout.action_in_force().unwrap()).unwrap();
    assert_eq!(late.current().fingerprint(), first.current().fingerprint());
    let (_, stored, _) = stored_at(Phase::Baking, quick());
    let rollout: Rollout = serde_json::from_str(&stored).unwrap();
    let version = "v2".to_owned();
    assert_eq!(
        rollout.action_in_force(),
        Some(Action::Swap {
            version,
            policy: None
        })
    );
    let pending = release("v2", quick());
    assert_eq!(pending.action_in_force(), None);
}
