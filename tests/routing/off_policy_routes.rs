//! From logged routes to the value of a policy that was not run.
#![cfg(feature = "stats")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use switchstand::off_policy::{PlanPair, PlanPairError};
use switchstand::stats::Alpha;
use switchstand::stats::off_policy::{OffPolicy, OffPolicyError};
use switchstand::{Arm, Plan, Policy, Reason, Share, Unit, attr};

fn compile(policy: &Policy) -> Plan {
    policy.compile("v1", ["v2", "v3"]).unwrap()
}

fn canary(percent: u32) -> Policy {
    Policy::canary("ranker-7", "v2", Share::percent(percent).unwrap())
}

/// What a version earns of a unit, by its tier; every fifth unit earns nothing.
fn reward(version: &str, tier: &str, user: u64) -> f64 {
    let worth = match (version, tier) {
        ("v1", "free") => 0.5,
        ("v1", _) => 0.9,
        ("v2", "free") => 0.8,
        ("v2", _) => 0.4,
        _ => 0.1,
    };
    if user.is_multiple_of(5) { 0.0 } else { worth }
}

#[test]
fn a_log_of_routes_gives_the_value_of_the_plan_that_was_not_run() {
    // Ran: 20 % canary within a holdout. Target: v2 for the free tier alone.
    let ran = compile(&canary(20).with_holdout("2026-q4", Share::percent(10).unwrap()));
    let target = compile(&Policy::live_only("target").with_rule(attr("tier").is("free"), "v2"));
    let pair = PlanPair::new(&ran, &target);
    let tiers = ["free", "paid"];
    let attributes = tiers.map(|tier| [("tier", tier)]);
    let of = |user: u64| &attributes[usize::from(user.is_multiple_of(3))];
    let weights = attributes
        .each_ref()
        .map(|attributes| pair.max_weight(Unit::from(1_u64).with(attributes)).unwrap());
    let [free, paid] = weights.map(|weight| weight.get());
    assert!((free - 1.0 / 0.18).abs() < 1e-9, "{free}");
    assert!((paid - 1.0 / 0.82).abs() < 1e-9, "{paid}");

    let [free, paid] = weights;
    let mut value = OffPolicy::new(free.or(paid), Alpha::FIVE_PERCENT);
    let (mut truth, mut ran_earned) = (0.0, 0.0);
    let users = 30_000_u64;
    for user in 0..users {
        let attributes = of(user);
        let unit = Unit::from(user).with(attributes);
        let tier = attributes[0].1;
        let assignment = ran.assignment(unit);
        let earned = reward(&assignment.version, tier, user);
        value
            .record(pair.weigh(unit, &assignment, earned).unwrap())
            .unwrap();
        ran_earned += earned / users as f64;
        truth += reward(&target.assignment(unit).version, tier, user) / users as f64;
    }
    let estimate = value.estimate().unwrap();
    // The free tier's rewards of 0.64 weigh 5.6 at a chance of 0.18: sd 1.24 over 30,000 units.
    assert!(
        (estimate.value - truth).abs() < 4.0 * 1.3 / (users as f64).sqrt(),
        "{estimate}"
    );
    assert!((estimate.logged_value - ran_earned).abs() < 1e-9);
    assert!(estimate.interval.contains(truth), "{estimate}");
    assert!(estimate.gain_interval.lower > 0.0, "{estimate}");
    assert!(
        estimate.gain_interval.contains(truth - ran_earned),
        "{estimate}"
    );
}

#[test]
fn a_target_that_gives_what_was_never_given_is_refused_by_version() {
    let ran = compile(&canary(20));
    let arms = [Arm::new("a", "v1", 1), Arm::new("b", "v3", 3)];
    let target = compile(&Policy::ab_test("target", arms));
    let pair = PlanPair::new(&ran, &target);
    let refused = PlanPairError::NotCovered {
        version: "v3".into(),
        target: 0.75,
    };
    assert_eq!(pair.max_weight("user-42"), Err(refused.clone()));
    let assignment = ran.assignment("user-42");
    assert_eq!(pair.weigh("user-42", &assignment, 0.5), Err(refused));
    // The other way round v2 is what was never given.
    let turned = PlanPair::new(&target, &ran).max_weight("user-42");
    assert!(matches!(turned, Err(PlanPairError::NotCovered { version, .. }) if version == "v2"));
}

#[test]
fn only_drawn_assignments_of_the_plan_that_ran_count() {
    let policy = canary(20)
        .with_units("v2", ["tester"])
        .or_for(attr("tier").is("internal"));
    let ran = compile(&policy);
    let target = compile(&canary(50));
    let pair = PlanPair::new(&ran, &target);

    let listed = pair.weigh("tester", &ran.assignment("tester"), 0.5);
    assert_eq!(
        listed,
        Err(PlanPairError::NotDrawn {
            reason: Reason::Listed
        })
    );

    let other = pair.weigh("user-42", &target.assignment("user-42"), 0.5);
    let (found, expected) = (target.fingerprint(), ran.fingerprint());
    assert_eq!(other, Err(PlanPairError::OtherPolicy { found, expected }));

    // Logged for an internal user, weighed as if it were anybody.
    let internal = Unit::from("user-42").with(&[("tier", "internal")]);
    let assignment = ran.assignment(internal);
    let forgotten = pair.weigh("user-42", &assignment, 0.5);
    let expected = PlanPairError::OtherAttributes {
        version: "v2".into(),
        logged: 1.0,
        found: Some(0.2),
    };
    assert_eq!(forgotten, Err(expected));
    // For internal users the live version is never given, so half of the target is unknown.
    assert!(matches!(
        pair.weigh(internal, &assignment, 0.5),
        Err(PlanPairError::NotCovered { .. })
    ));

    let too_much = pair.weigh("user-42", &ran.assignment("user-42"), 1.5);
    let refused = matches!(
        too_much,
        Err(PlanPairError::Refused(OffPolicyError::OutOfRange {
            what: "reward",
            ..
        }))
    );
    assert!(refused, "{too_much:?}");
}

#[cfg(feature = "serde")]
#[test]
fn a_log_that_was_written_and_read_weighs_the_same() {
    let (ran, target) = (compile(&canary(7)), compile(&canary(60)));
    let pair = PlanPair::new(&ran, &target);
    for user in 0..200_u64 {
        let assignment = ran.assignment(user);
        let text = serde_json::to_string(&assignment).unwrap();
        let read: switchstand::Assignment<'_> = serde_json::from_str(&text).unwrap();
        let weighed = [&assignment, &read].map(|a| pair.weigh(user, a, 0.5).unwrap().weight());
        assert!((weighed[0] / weighed[1] - 1.0).abs() < 1e-9, "{weighed:?}");
    }
}
