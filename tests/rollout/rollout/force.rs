//! A phase is what the router does, and its time is the time that the router does it.

use core::time::Duration;

use switchstand::ramp::{BeginError, Ramp, StoredRamp};
use switchstand::rollout::{
    Action, Climb, Command, Guard, Input, Ladder, OnNoData, Phase, Rollout, Schedule, ShadowStage,
};
use switchstand::stats::Worse;
use switchstand::{Policy, Router, Share, Unit, VersionState, attr, deployment::Deployments};

use crate::rollout::outcomes::ladder;
use crate::rollout::persons::{quick, release, router, tick};
use crate::rollout::releases::{at, ramping};

/// Takes a stored roll-out up on a router.
fn resumed(router: &Router<()>, stored: &str) -> Result<Ramp<()>, BeginError> {
    router.resume(serde_json::from_str::<StoredRamp>(stored).unwrap())
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
    let early = Rollout::new(Policy::canary("r", "v2", Share::NONE), quick()).unwrap();
    let refused = router.begin(early).unwrap_err().to_string();
    assert!(
        refused.ends_with("which is staged: validate it first"),
        "{refused}"
    );
    router.validate("v2", |()| Ok::<(), String>(())).unwrap();
    let rollout = release(&router, "v2", schedule);
    router.reject("v2", "one more change").unwrap();
    router.reclaim("v2").unwrap();
    router.deploy("v2", ()).unwrap();
    for minute in 0..30 {
        // It is not validated any more.
        assert!(rollout.tick_with(at(60 * minute), []).is_err());
        assert_eq!(
            (rollout.phase(), rollout.share()),
            (Phase::Pending, Share::NONE)
        );
    }
    router.validate("v2", |()| Ok::<(), String>(())).unwrap();
    for minute in 30..40 {
        tick(&rollout, minute);
        assert_eq!(rollout.phase(), ramping(0), "minute {minute}");
    }
    tick(&rollout, 40);
    assert_eq!(rollout.phase(), ramping(1));
    let trail = rollout.rollout().trail().clone();
    let mut again = Rollout::replay(
        rollout.rollout().policy().clone(),
        rollout.rollout().schedule().clone(),
        trail,
    );
    assert_eq!(again.as_mut().unwrap().state(), &rollout.state());
}

#[test]
fn c11_the_bake_counts_from_the_swap() {
    let router = router();
    let shares = ["10%".parse().unwrap(), Share::ALL];
    let schedule = quick().with_ladder(Ladder::custom(shares).unwrap());
    let rollout = release(
        &router,
        "v2",
        schedule.with_bake(Duration::from_secs(3600), 10),
    );
    tick(&rollout, 0);
    // Somebody's swap is open for two hours; it comes with the policy of the step.
    let own = router.deployments().policy().clone();
    router.swap_with("v3", own.clone()).unwrap();
    for minute in 1..120 {
        tick(&rollout, minute);
        assert_eq!(rollout.phase(), ramping(0));
    }
    router.rollback("not now").unwrap();
    let why = "v1 is live again".to_owned();
    let resume = switchstand::rollout::Command::TakeOver { why };
    rollout
        .tick_with(at(60 * 120), [Input::Command(resume)])
        .unwrap();
    // The step anew, then the swap at minute 121 and the whole hour.
    for minute in 121..181 {
        tick(&rollout, minute);
        assert_eq!(rollout.phase(), Phase::Baking, "minute {minute}");
        assert_eq!(router.state("v1"), Some(VersionState::Standby));
    }
    tick(&rollout, 181);
    assert_eq!(rollout.phase(), Phase::Promoted);
}

#[test]
fn c11_exposures_before_the_step_was_in_force_do_not_count() {
    let policy = Policy::canary("release of v2", "v2", Share::NONE);
    let mut rollout = Rollout::new(policy, quick()).unwrap();
    let sample = |rollout: &Rollout| {
        let sample = rollout.sample()?.exposed(100, 100);
        Some(Input::Sample(sample))
    };
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
    let rollout = Rollout::new(policy, quick().with_shadow(stage).unwrap()).unwrap();
    let rollout = router.begin(rollout).unwrap();
    rollout.tick_with(at(0), []).unwrap();
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
    tick(&rollout, 1);
    assert_eq!(rollout.phase(), ramping(0));
    for unit in units() {
        assert_eq!(version(unit), "v2");
    }
}

/// A roll-out that was brought so far on a router of its own, and then stored.
fn stored_at(phase: Phase, schedule: Schedule) -> (Router<()>, String, u64) {
    let router = router();
    let rollout = release(&router, "v2", schedule);
    let mut minute = 0;
    while rollout.phase() != phase {
        tick(&rollout, minute);
        minute += 1;
    }
    (
        router,
        serde_json::to_string(&rollout.store()).unwrap(),
        minute,
    )
}

#[test]
fn c16_a_fresh_router_is_brought_where_the_rollout_was() {
    for phase in [ramping(0), ramping(2), Phase::Baking] {
        let (_, stored, minute) = stored_at(phase, quick());
        let router = router();
        let rollout = resumed(&router, &stored).unwrap();
        assert_eq!(rollout.phase(), phase);
        assert_eq!(
            Some(router.current().fingerprint()),
            rollout.rollout().tag().map(|tag| tag.fingerprint)
        );
        // Two hours later: while the server was down no time has passed on the step.
        tick(&rollout, minute + 120);
        assert_eq!(
            (rollout.phase(), rollout.state().since()),
            (phase, at(60 * (minute + 120)))
        );
        for minute in minute + 121..minute + 140 {
            if !rollout.phase().is_final() {
                tick(&rollout, minute);
            }
        }
        assert_eq!(rollout.phase(), Phase::Promoted);
    }
}

#[test]
fn c16_the_time_on_a_step_stands_still_while_the_server_is_down_whatever_comes_before_its_first_tick()
 {
    let time = Duration::from_secs(3600);
    let climb = Climb::Dwell {
        time,
        exposures: 10,
    };
    let schedule = quick().with_climb(climb).unwrap();
    let restored = |before: &Router<()>| {
        let state = serde_json::to_string(&before.deployments()).unwrap();
        let models = ["v1", "v2", "v3"].map(|label| (label, ()));
        let state: Deployments = serde_json::from_str(&state).unwrap();
        Router::builder("ranker").restore(state, models).unwrap()
    };
    // Half of the hour, ten hours down, the other half.
    for is_fresh in [true, false] {
        for orders in [0, 1] {
            for restarts in [1, 3] {
                let mut server = router();
                let mut ramp = release(&server, "v2", schedule.clone());
                for minute in 0..=30 {
                    tick(&ramp, minute);
                }
                for _ in 0..restarts {
                    let stored = serde_json::to_string(&ramp.store()).unwrap();
                    let next = match is_fresh {
                        true => router(),
                        false => restored(&server),
                    };
                    drop(ramp);
                    server = next;
                    ramp = resumed(&server, &stored).unwrap();
                }
                for _ in 0..orders {
                    ramp.order(Command::pause("ana", "after the restart"))
                        .unwrap();
                    ramp.order(Command::resume("ana", "it is well")).unwrap();
                }
                for minute in 630..660 {
                    tick(&ramp, minute);
                    assert_eq!(
                        ramp.phase(),
                        ramping(0),
                        "{is_fresh} {orders} {restarts} {minute}"
                    );
                }
                tick(&ramp, 660);
                assert_eq!(ramp.phase(), ramping(1), "{is_fresh} {orders} {restarts}");
                let rollout = ramp.rollout();
                let trail = rollout.trail().clone();
                let (policy, schedule) = (rollout.policy().clone(), rollout.schedule().clone());
                let again = Rollout::replay(policy, schedule, trail).unwrap();
                assert_eq!(again.state(), &ramp.state());
            }
        }
    }
}

#[test]
fn c16_a_guard_is_not_without_data_for_the_time_that_the_server_was_down() {
    let after = Duration::from_secs(600);
    let limit = Guard::limit("memory", Worse::Higher, 0.8).on_readings(1, 1);
    let schedule = Schedule::new([limit.on_no_data(OnNoData::Reject { after })]).unwrap();
    let server = router();
    let ramp = release(&server, "v2", schedule);
    ramp.tick(at(0)).unwrap();
    ramp.evidence("memory").unwrap().reading(0.4).unwrap();
    ramp.tick(at(60)).unwrap();
    let stored = serde_json::to_string(&ramp.store()).unwrap();
    drop(ramp);
    let ramp = resumed(&server, &stored).unwrap();
    // Nine hours down: the ten minutes go on where they stood.
    for minute in [541, 550] {
        ramp.tick(at(60 * minute)).unwrap();
        assert_eq!(ramp.phase(), ramping(0), "minute {minute}");
    }
    ramp.tick(at(60 * 552)).unwrap();
    assert_eq!(ramp.phase(), Phase::RolledBack);
}

#[test]
fn c16_a_fresh_router_that_lacks_the_candidate_says_so_and_the_phase_claims_nothing() {
    let (_, stored, minute) = stored_at(ramping(2), quick());
    let router = Router::new("ranker", "v1", ()).unwrap();
    for _ in 0..3 {
        let error = resumed(&router, &stored).unwrap_err().to_string();
        assert!(error.contains("\"v2\", which is not deployed"), "{error}");
        assert_eq!(on_v2(&router), 0);
    }
    router.deploy("v2", ()).unwrap();
    router.validate("v2", |()| Ok::<(), String>(())).unwrap();
    let rollout = resumed(&router, &stored).unwrap();
    tick(&rollout, minute + 3);
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
    let rollout = resumed(&router, &stored).unwrap();
    for (minute, step) in [(minute, 1), (minute + 1, 2)] {
        tick(&rollout, minute);
        assert_eq!(rollout.phase(), ramping(step));
    }

    let router = restored();
    router.release(Policy::live_only("hotfix")).unwrap();
    let rollout = resumed(&router, &stored).unwrap();
    for minute in minute..minute + 5 {
        tick(&rollout, minute);
    }
    assert_eq!(
        (router.current().release(), rollout.phase()),
        ("hotfix", ramping(1))
    );
}

#[test]
fn c16_a_late_server_can_ask_for_the_action_in_force() {
    let (first, stored, _) = stored_at(ramping(2), quick());
    let stored: StoredRamp = serde_json::from_str(&stored).unwrap();
    let rollout = stored.rollout();
    let late = router();
    late.carry_out(&rollout.action_in_force().unwrap()).unwrap();
    assert_eq!(late.current().fingerprint(), first.current().fingerprint());
    let (_, stored, _) = stored_at(Phase::Baking, quick());
    let stored: StoredRamp = serde_json::from_str(&stored).unwrap();
    let rollout = stored.rollout();
    let version = "v2".to_owned();
    assert_eq!(
        rollout.action_in_force(),
        Some(Action::Swap {
            version,
            policy: None
        })
    );
    let pending = release(&late, "v3", quick());
    assert_eq!(pending.rollout().action_in_force(), None);
}

#[test]
fn c3_a_step_that_was_refused_before_a_pause_is_not_taken_until_it_ends() {
    let router = Router::new("ranker", "v0", ()).unwrap();
    for version in ["v1", "v2"] {
        router.deploy(version, ()).unwrap();
        router.validate(version, |()| Ok::<(), String>(())).unwrap();
    }
    // Until somebody accepts it, no other swap can be.
    router.swap("v1").unwrap();
    let ramp = release(&router, "v2", quick().with_ladder(ladder(&["10%", "100%"])));
    let sampled = |minute: u64| {
        let sample = ramp
            .rollout()
            .sample()
            .map(|sample| sample.exposed(900, 100));
        ramp.tick_with(at(60 * minute), sample.map(Input::Sample))
    };
    sampled(0).unwrap();
    let refused = sampled(1).unwrap_err().to_string();
    assert!(
        refused.contains("the swap from \"v0\" to \"v1\" is open"),
        "{refused}"
    );
    ramp.order(Command::pause("ana", "lunch")).unwrap();
    router.accept().unwrap();
    for minute in 2..5 {
        sampled(minute).unwrap();
        assert_eq!((ramp.phase(), on_v2(&router) < 1_000), (ramping(0), true));
    }
    assert_eq!(ramp.waiting_for()[0], "paused by \"ana\": lunch");
    ramp.order(Command::resume("ana", "")).unwrap();
    assert_eq!(ramp.phase(), Phase::Baking);
    assert_eq!(ramp.state().since(), at(60 * 4));
}
