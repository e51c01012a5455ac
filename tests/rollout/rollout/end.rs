//! Who gets the candidate at the end, and who was kept from it until then.

use switchstand::ramp::{BeginError, Ramp};
use switchstand::rollout::{Action, Command, End, Input, Ladder, Phase, Rollout, RolloutError};
use switchstand::{Policy, Router, Share, Unit, VersionState, attr, deployment::OperationError};

use crate::rollout::persons::{quick, router, tick};
use crate::rollout::releases::at;

fn canary() -> Policy {
    Policy::canary("release of v2", "v2", Share::NONE)
}

fn percent(percent: u32) -> Share {
    Share::percent(percent).unwrap()
}

fn paying() -> switchstand::Audience {
    attr("tier").is("paying")
}

/// Every way in which a policy keeps units from its candidate.
fn policies() -> [Policy; 5] {
    [
        canary().within(paying().not()),
        canary().with_holdout("2026", percent(10)),
        canary().with_layer("search", percent(0), percent(50)),
        canary().with_rule(paying(), "v1"),
        canary().with_units("v1", [1_u64, 2, 3]),
    ]
}

/// The units of 2,000, half of whom pay, that a version answers.
fn on(router: &Router<()>, version: &str) -> Vec<u64> {
    let is_on = |&user: &u64| {
        let attributes = [("tier", if user % 2 == 0 { "paying" } else { "free" })];
        let route = router.route(Unit::from(user).with(&attributes));
        router.label(route.version()) == Some(version)
    };
    (0..2_000).filter(is_on).collect()
}

/// Ticks until the phase is reached, and tells at each tick whom the candidate answers.
fn climb(router: &Router<()>, rollout: &Ramp<()>, to: Phase, mut look: impl FnMut(Vec<u64>)) {
    let version = rollout.rollout().version().to_owned();
    for minute in 0..60 {
        if rollout.phase() == to {
            return;
        }
        tick(rollout, minute);
        look(on(router, &version));
    }
    panic!("{} instead of {to}", rollout.phase());
}

#[test]
fn c13_who_is_kept_out_on_the_steps_is_kept_out_at_the_end_too() {
    for policy in policies() {
        let router = router();
        // With nobody drawn out: the candidate's share of those who are let in is all of them.
        let let_in = {
            let whole = canary_at(&policy, Share::ALL);
            router.release(whole).unwrap();
            let let_in = on(&router, "v2");
            router.release(Policy::live_only("before")).unwrap();
            let_in
        };
        assert!(let_in.len() < 2_000, "{policy:?}");
        let rollout = router
            .begin(Rollout::new(policy.clone(), quick()).unwrap())
            .unwrap();
        climb(&router, &rollout, Phase::Promoted, |on_v2| {
            assert!(on_v2.iter().all(|user| let_in.contains(user)), "{policy:?}");
        });
        assert_eq!(on(&router, "v2"), let_in);
        assert_eq!(on(&router, "v1").len(), 2_000 - let_in.len());
        assert_eq!(router.state("v1"), Some(VersionState::Ready));
        let retired = router.retire("v1");
        assert!(matches!(retired, Err(OperationError::NamedByPolicy { .. })));
    }
}

fn canary_at(policy: &Policy, share: Share) -> Policy {
    let mut written = serde_json::to_value(policy).unwrap();
    written["canary"]["share"] = serde_json::to_value(share).unwrap();
    serde_json::from_value(written).unwrap()
}

#[test]
fn c13_everybody_gets_the_candidate_where_the_schedule_says_so() {
    for policy in policies() {
        let router = router();
        let schedule = quick().with_end(End::Everybody);
        let stored = serde_json::to_string(&Rollout::new(policy, schedule).unwrap()).unwrap();
        let rollout: Rollout = serde_json::from_str(&stored).unwrap();
        let rollout = router.begin(rollout).unwrap();
        climb(&router, &rollout, Phase::Promoted, |_| {});
        assert_eq!(on(&router, "v2").len(), 2_000);
        assert_eq!(router.state("v1"), Some(VersionState::Retiring));
    }
    // Those who only get the candidate earlier are kept out of nothing.
    for policy in [
        canary().or_for(paying()),
        canary().with_rule(paying(), "v2"),
        canary().with_units("v2", ["ana"]),
    ] {
        let router = router();
        let rollout = router
            .begin(Rollout::new(policy, quick()).unwrap())
            .unwrap();
        climb(&router, &rollout, Phase::Promoted, |_| {});
        assert_eq!(on(&router, "v2").len(), 2_000);
        assert_eq!(router.current().release(), "release of v2");
        assert_eq!(router.state("v1"), Some(VersionState::Retiring));
    }
}

#[test]
fn c13_a_holdout_lasts_over_three_rollouts() {
    let router = Router::new("ranker", "v1", ()).unwrap();
    let versions = ["v2", "v3", "v4"];
    for version in versions {
        router.deploy(version, ()).unwrap();
        router.validate(version, |()| Ok::<_, String>(())).unwrap();
    }
    let policy = |version: &str| {
        let policy = Policy::canary(&format!("release of {version}"), version, Share::NONE);
        policy.with_holdout("2026", percent(10))
    };
    let mut held_out = Vec::new();
    for version in versions {
        let policy = match version {
            // The first finds v1 live, the next are told who answers the holdout.
            "v2" => policy(version),
            _ => policy(version).with_kept_out("v1"),
        };
        let rollout = router
            .begin(Rollout::new(policy, quick()).unwrap())
            .unwrap();
        climb(&router, &rollout, Phase::Promoted, |_| {
            let on_v1 = on(&router, "v1");
            assert!(held_out.iter().all(|user| on_v1.contains(user)));
        });
        let on_v1 = on(&router, "v1");
        assert!((160..240).contains(&on_v1.len()), "{}", on_v1.len());
        assert!(held_out.is_empty() || held_out == on_v1);
        held_out = on_v1;
        assert_eq!(on(&router, version).len(), 2_000 - held_out.len());
    }
    // The versions between have gone.
    assert_eq!(router.state("v3"), Some(VersionState::Retiring));
    // A next release that is silent about them is refused, and what it does is told before.
    let silent = Rollout::new(policy("v2"), quick()).unwrap();
    let _ = router.reclaim("v2").unwrap();
    router.deploy("v2", ()).unwrap();
    router.validate("v2", |()| Ok::<_, String>(())).unwrap();
    let refused = router.begin(silent.clone()).unwrap_err();
    assert!(
        matches!(refused, BeginError::DropsKeptOut { .. }),
        "{refused}"
    );
    drop(router.begin(silent.dropping_kept_out()).unwrap());
    let last = router.deployments().policy().clone();
    let dropped =
        Policy::canary("release of v4", "v4", Share::ALL).with_holdout("2026", percent(10));
    assert_eq!(
        last.diff(&dropped).unwrap().to_string(),
        "everybody: 10% move from v1 to the live version"
    );
}

#[test]
fn c13_a_rollback_while_baking_leaves_everybody_on_the_old_version() {
    let router = router();
    let policy = canary().within(paying().not());
    let rollout = router
        .begin(Rollout::new(policy, quick()).unwrap())
        .unwrap();
    climb(&router, &rollout, Phase::Baking, |_| {});
    let fingerprint = rollout.rollout().tag().unwrap().fingerprint;
    assert_eq!(router.current().fingerprint(), fingerprint);
    assert_eq!(on(&router, "v2").len(), 1_000);
    let why = "p99".to_owned();
    let abort = Input::Command(Command::Abort { why });
    rollout.tick_with(at(3_600), [abort]).unwrap();
    assert_eq!(rollout.phase(), Phase::RolledBack);
    assert_eq!(on(&router, "v1").len(), 2_000);
}

#[test]
fn c13_a_server_that_comes_late_keeps_them_out_too() {
    let first = router();
    let policy = canary().within(paying().not());
    let rollout = first.begin(Rollout::new(policy, quick()).unwrap()).unwrap();
    climb(&first, &rollout, Phase::Baking, |_| {});
    let action = rollout.rollout().action_in_force().unwrap();
    let sent = serde_json::to_string(&action).unwrap();
    let action: Action = serde_json::from_str(&sent).unwrap();
    let late = router();
    late.carry_out(&action).unwrap();
    assert_eq!(on(&late, "v1"), on(&first, "v1"));
    assert_eq!(late.current().fingerprint(), first.current().fingerprint());
    // And so does a roll-out that is stored there and restored on a fresh router.
    let stored = serde_json::to_string(&rollout.store()).unwrap();
    let fresh = router();
    let rollout = fresh
        .resume(serde_json::from_str(&stored).unwrap())
        .unwrap();
    assert_eq!(rollout.phase(), Phase::Baking);
    assert_eq!(on(&fresh, "v1"), on(&first, "v1"));
}

#[test]
fn c13_a_policy_that_contradicts_itself_makes_no_rollout() {
    let refused = Rollout::new(canary().with_kept_out("v2"), quick()).unwrap_err();
    assert!(matches!(
        refused,
        RolloutError::KeptOutGetTheCandidate { .. }
    ));
    assert_eq!(
        refused.to_string(),
        "the policy of release \"release of v2\" keeps units out and lets \"v2\" answer them, \
         which is the candidate: name another version as `kept_out`"
    );
    let twice = canary().within(paying()).within(paying());
    let refused = Rollout::new(twice, quick().with_ladder(Ladder::at_once()));
    assert!(matches!(refused, Err(RolloutError::Policy(_))));
}
