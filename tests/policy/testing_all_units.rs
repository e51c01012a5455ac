//! What is said of all units holds of all units, and of none that it should not.

#![cfg(feature = "testing")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use std::panic::AssertUnwindSafe;

use super::naive::{any_key, any_pairs, any_tree};
use proptest::prelude::*;
use switchstand::testing::{
    LIVE, TestError, assert_never, assert_only_grows, find_loss_while_live, find_reached,
};
use switchstand::{Audience, Policy, Reason, Router, Secret, Share, Unit, attr};

fn percent(percent: u32) -> Share {
    Share::percent(percent).unwrap()
}

fn canary(share: u32) -> Policy {
    Policy::canary("ranker-2026-11", "v2", percent(share))
}

fn message(failing: impl FnOnce()) -> String {
    let panic = std::panic::catch_unwind(AssertUnwindSafe(failing)).unwrap_err();
    panic.downcast_ref::<String>().unwrap().clone()
}

#[test]
fn never_names_a_unit_that_can_get_the_version_and_the_rule() {
    let free = attr("tier").is("free");
    let reached = |policy: &Policy| {
        let found = find_reached(policy, &free, "v2").unwrap();
        found.map(|found| found.reason)
    };
    let within = |policy: Policy| policy.within(attr("tier").one_of(["internal", "paying"]));
    assert_eq!(reached(&within(canary(50))), None);
    assert_eq!(reached(&canary(0)), None);
    assert_eq!(
        reached(&Policy::ab_test("ab", [("v1", 1), ("v2", 0)])),
        None
    );
    assert_eq!(reached(&canary(1)), Some(Reason::Gate));
    assert_eq!(
        reached(&Policy::ab_test("ab", [("v1", 1), ("v2", 1)])),
        Some(Reason::Split)
    );
    assert_eq!(
        reached(&Policy::ab_test("ab", [("v2", 1)]).gate(Share::NONE)),
        None
    );
    let rule = within(canary(50)).or_for(attr("beta").is(true));
    assert_eq!(reached(&rule), Some(Reason::Audience));
    // An earlier rule keeps them out.
    let kept = Policy::live_only("r").with_rule(attr("tier").exists(), "v1");
    assert_eq!(
        reached(&kept.clone().with_rule(Audience::everyone(), "v2")),
        None
    );
    assert_eq!(
        reached(&kept.clone().with_units("v2", ["ana"])),
        Some(Reason::Listed)
    );
    assert_eq!(
        reached(&kept.clone().with_overrides(["v2"])),
        Some(Reason::Override)
    );
    let staff = attr("tier").is("internal");
    assert_eq!(reached(&kept.with_overrides_within(staff, ["v2"])), None);
    assert_eq!(reached(&canary(50).with_holdout("h", Share::ALL)), None);
    assert_eq!(
        reached(&canary(100).with_holdout("h", percent(99))),
        Some(Reason::Gate)
    );
    assert_eq!(
        reached(&canary(50).with_shadow("v3", Share::ALL)),
        Some(Reason::Gate)
    );

    let told = message(|| assert_never(&rule, &free, "v2"));
    assert_eq!(
        told,
        "version \"v2\" can answer units where tier is free: for example unit unit-1 with beta \
         true, tier \"free\", by the rule \"audience\""
    );
    let bad = Policy::live_only("");
    assert!(matches!(
        find_reached(&bad, &free, "v2"),
        Err(TestError::Form(_))
    ));
    let empty = attr("tier").starts_with("");
    assert!(matches!(
        find_reached(&canary(1), &empty, "v2"),
        Err(TestError::Form(_))
    ));
}

#[test]
fn never_finds_the_only_value_that_meets_several_conditions() {
    let two53 = 1_i128 << 53;
    let name = || attr("name");
    for (conditions, can) in [
        // No float lies between, one whole number does.
        (
            vec![attr("n").more_than(two53), attr("n").less_than(two53 + 2)],
            true,
        ),
        (
            vec![attr("n").more_than(two53), attr("n").less_than(two53 + 1)],
            false,
        ),
        (vec![attr("n").more_than(1), attr("n").less_than(2)], true),
        (
            vec![
                attr("n").more_than(0.5),
                attr("n").less_than(0.5_f64.next_up()),
            ],
            false,
        ),
        (
            vec![
                attr("n").exists(),
                attr("n").is_not(1).not(),
                attr("n").is(1).not(),
            ],
            true,
        ),
        (
            vec![
                name().contains("ab"),
                name().contains("cd"),
                name().contains("abcd").not(),
            ],
            true,
        ),
        (
            vec![
                name().starts_with("ab"),
                name().ends_with("cd"),
                name().contains("b"),
            ],
            true,
        ),
        (
            vec![name().starts_with("ab"), name().contains("b").not()],
            false,
        ),
        (
            vec![
                name().ends_with("/"),
                name().starts_with("/"),
                name().is("/").not(),
            ],
            true,
        ),
        (
            vec![Audience::units(["u", "v"]), Audience::units(["v", "w"])],
            true,
        ),
        (
            vec![Audience::units(["u", "v"]), Audience::units(["w"])],
            false,
        ),
    ] {
        let all = Audience::all(conditions);
        let policy = Policy::live_only("r").with_rule(all.clone(), "v2");
        let found = find_reached(&policy, &Audience::everyone(), "v2").unwrap();
        assert_eq!(found.is_some(), can, "{all}");
    }
}

#[test]
fn the_live_version_is_reached_by_those_whom_a_draw_may_leave_out() {
    let everyone = Audience::everyone();
    let reaches_live = |policy: &Policy| find_reached(policy, &everyone, LIVE).unwrap().is_some();
    assert!(reaches_live(&canary(99)));
    assert!(!reaches_live(&canary(100)));
    assert!(reaches_live(&canary(100).with_holdout("h", percent(1))));
    assert!(reaches_live(&canary(100).with_layer(
        "l",
        percent(0),
        percent(50)
    )));
    assert!(!reaches_live(&canary(100).with_layer(
        "l",
        percent(0),
        percent(100)
    )));
    assert!(reaches_live(&canary(100).within(attr("age").at_least(18))));
    assert!(!reaches_live(&Policy::ab_test(
        "ab",
        [("v1", 1), ("v2", 1)]
    )));
}

#[test]
fn too_many_kinds_of_units_are_refused_and_many_values_of_one_attribute_are_not() {
    let all = |count: usize| Audience::all((0..count).map(|n| attr(format!("a{n}")).is(1)));
    let never =
        |audience: Audience| find_reached(&canary(50).within(audience), &attr("b").is(1), "v3");
    assert!(never(all(10)).unwrap().is_none());
    assert!(matches!(
        never(all(40)),
        Err(TestError::TooManyKinds { limit: 100_000, .. })
    ));
    let parts = Audience::all((0..30).map(|n| attr("name").contains(format!("part {n}"))));
    assert!(matches!(never(parts), Err(TestError::TooManyKinds { .. })));
    let one_of = Audience::any((0..300).map(|n| attr("country").is(format!("c{n}"))));
    let policy = Policy::live_only("r").with_rule(one_of, "v2");
    assert_never(&policy, &attr("country").is("c300"), "v2");
    assert!(
        find_reached(&policy, &attr("country").is("c299"), "v2")
            .unwrap()
            .is_some()
    );
}

#[test]
fn only_growing_policies_pass_and_others_fail_with_who_loses() {
    assert_only_grows(&canary(1), &canary(5));
    assert_only_grows(&canary(5), &canary(5).or_for(attr("tier").is("internal")));
    let adults = |age: i32| Policy::live_only("r").with_rule(attr("age").at_least(age), "v2");
    // Whoever is 21 is 18: no rule of words says so.
    assert_only_grows(&adults(21), &adults(18));
    assert_eq!(
        message(|| assert_only_grows(&adults(18), &adults(21))),
        "of units such as unit unit-1 with age 18: 100% move from v2 to the live version"
    );
    let loses = |before: &Policy, after: &Policy| {
        std::panic::catch_unwind(|| assert_only_grows(before, after)).is_err()
    };
    let other = Policy::canary("another", "v2", percent(50));
    assert!(loses(&canary(5), &canary(4)));
    assert!(loses(&canary(5), &other));
    assert!(loses(&canary(5), &canary(5).with_holdout("h", percent(1))));
    assert!(loses(
        &canary(5),
        &Policy::canary("ranker-2026-11", "v3", percent(5))
    ));
    assert!(loses(&canary(5).with_units("v2", ["ana"]), &canary(5)));
    assert!(loses(&canary(5), &canary(5).with_units("v1", ["ana"])));
    let half = |to| canary(50).with_layer("l", percent(0), percent(to));
    assert_only_grows(&half(40), &half(60));
    assert!(loses(&half(60), &half(40)));
    let even = Policy::ab_test("ab", [("v1", 1), ("v2", 1)]);
    let uneven = even.reweight([("v2", 3)]).unwrap();
    assert!(loses(&even, &uneven));
    assert!(
        find_loss_while_live(&even, &uneven, "v1")
            .unwrap()
            .is_none()
    );
    assert!(
        find_loss_while_live(&uneven, &even, "v1")
            .unwrap()
            .is_some()
    );
}

fn any_policy() -> impl Strategy<Value = Policy> {
    let share = || prop::sample::select(vec![0, 25, 50, 100]).prop_map(percent);
    let audience = || any_tree().prop_map(|tree| tree.build());
    let maybe = move || prop::option::weighted(0.4, audience());
    let technique = prop_oneof![
        share().prop_map(|share| Policy::canary("r", "v2", share)),
        prop::array::uniform2(0..3_u32)
            .prop_filter("no weight", |weights| weights.iter().sum::<u32>() > 0)
            .prop_map(|[one, two]| Policy::ab_test("r", [("v1", one), ("v2", two)])),
    ];
    let holdout = prop::option::weighted(0.3, share());
    let layer = prop::option::weighted(0.3, 25..=100_u32);
    let lists = prop::option::weighted(0.3, any_key());
    (
        technique,
        prop::collection::vec(audience(), 0..3),
        maybe(),
        holdout,
        layer,
        lists,
    )
        .prop_map(|(mut policy, rules, within, holdout, layer, listed)| {
            if let Some(within) = within {
                policy = policy.within(within);
            }
            for (rule, version) in rules.into_iter().zip(["v2", "v1"]) {
                policy = policy.with_rule(rule, version);
            }
            if let Some(share) = holdout {
                policy = policy.with_holdout("h", share);
            }
            if let Some(to) = layer {
                policy = policy.with_layer("l", Share::NONE, percent(to));
            }
            if let Some(key) = listed {
                policy = policy.with_units("v2", [key]);
            }
            policy
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn whatever_a_unit_gets_its_audience_can_get(
        policy in any_policy(), tree in any_tree(), key in any_key(), pairs in any_pairs()
    ) {
        let audience = tree.build();
        let unit = Unit::from(&key).with(&pairs);
        let plan = policy.compile(LIVE, ["v1", "v2"]).unwrap();
        let version = plan.version_of(&plan.route(unit)).unwrap();
        match find_reached(&policy, &audience, version) {
            Err(TestError::TooManyKinds { .. }) => {}
            Err(error) => prop_assert!(false, "{error}"),
            Ok(found) => prop_assert!(found.is_some() || !audience.matches(&unit)),
        }
    }

    #[test]
    fn whatever_an_audience_can_get_some_unit_gets(policy in any_policy(), tree in any_tree()) {
        let audience = tree.build();
        if let Ok(Some(found)) = find_reached(&policy, &audience, "v2") {
            prop_assert!(audience.matches(&found.member.unit()));
            let gets_it = (0..=255).any(|byte| {
                let secret = Secret::new([byte; 16]);
                let router = Router::builder("r").secret(secret).build(LIVE, ()).unwrap();
                for version in ["v1", "v2"] {
                    router.deploy(version, ()).unwrap();
                    router.validate(version, |_| Ok::<(), String>(())).unwrap();
                }
                router.release(policy.clone()).unwrap();
                let route = router.route(found.member.unit());
                router.label(route.version()) == Some("v2")
            });
            prop_assert!(gets_it, "{found}");
        }
    }

    #[test]
    fn r2_where_nobody_can_lose_a_version_no_unit_does(
        before in any_policy(), after in any_policy(), key in any_key(), pairs in any_pairs()
    ) {
        let unit = Unit::from(&key).with(&pairs);
        let version = |policy: &Policy| {
            let plan = policy.compile(LIVE, ["v1", "v2"]).unwrap();
            plan.version_of(&plan.route(unit)).unwrap().to_owned()
        };
        let (had, has) = (version(&before), version(&after));
        if let Ok(None) = find_loss_while_live(&before, &after, LIVE) {
            prop_assert!(had == has || had == LIVE, "{had} became {has}");
        }
    }
}
