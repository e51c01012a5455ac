//! The assertions about policies: they hold where they should, and fail where they should.

#![cfg(feature = "testing")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

#[expect(dead_code, reason = "a part of it serves here")]
#[path = "audience/naive.rs"]
mod naive;

use std::panic::AssertUnwindSafe;

use naive::{any_key, any_pairs, any_tree};
use proptest::prelude::*;
use switchstand::stats::sample_ratio::exact_binomial;
use switchstand::testing::{
    CountTable, FALSE_ALARM, LIVE, Member, Population, PopulationError, TestError, assert_never,
    assert_only_grows, assert_share, check_share, find_loss_while_live, find_reached,
};
use switchstand::{Audience, Policy, Reason, Router, Secret, Share, Unit, UnitKey, attr};

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
fn shares_that_are_right_pass_and_shares_that_are_not_fail_with_the_counts() {
    let users = Population::synthetic(20_000, 1);
    let test = Policy::ab_test("ab", [("v1", 1), ("v2", 3)]).gate(percent(40));
    assert_share(&test, "v1", "10%", &users);
    assert_share(&test, "v2", percent(30), &users);
    assert_share(&test, LIVE, "60%", &users);
    assert_share(&test, "v3", "0%", &users);
    assert_share(&test.compile("v1", ["v2"]).unwrap(), "v1", "70%", &users);
    for wrong in ["8.5%", "11.5%", "0%", "100%"] {
        let told = message(|| assert_share(&test, "v1", wrong, &users));
        let counted = check_share(&test, "v1", "10%", &users).unwrap().answered;
        assert!(told.contains(&format!(
            "\"v1\" answers {counted} of 20000 units where {wrong}"
        )));
    }
    let told = message(|| assert_share(&test, "v1", "110%", &users));
    assert_eq!(told, "share 110% is over 100%");
}

#[test]
fn what_a_router_has_in_force_is_tested_with_its_secret() {
    let users = Population::synthetic(2_000, 1);
    let secret = Secret::new([9; 16]);
    let router = Router::builder("ranker")
        .secret(secret)
        .build("v1", ())
        .unwrap();
    router.deploy("v2", ()).unwrap();
    router.validate("v2", |_| Ok::<(), String>(())).unwrap();
    router.release(canary(50)).unwrap();
    assert_share(&router, "v2", "50%", &users);
    let table = CountTable::across(&router, &canary(50), &users).unwrap();
    // The secret deals all units anew.
    assert!(
        table.count("v1", "v2") > 400 && table.count("v2", LIVE) > 400,
        "{table}"
    );
}

#[test]
fn the_numbers_that_pass_are_those_that_the_exact_test_does_not_reject() {
    for (units, share) in [(1_500, 1), (300, 37), (40, 50), (1_500, 99)] {
        let users = Population::synthetic(units, 3);
        let finding = check_share(&canary(share), "v2", percent(share), &users).unwrap();
        let is_rejected = |count: u64| {
            let weights = [f64::from(share), f64::from(100 - share)];
            let p = exact_binomial([count, units as u64 - count], weights).unwrap();
            p.p < FALSE_ALARM.get()
        };
        let accepted: Vec<u64> = (0..=units as u64)
            .filter(|&count| !is_rejected(count))
            .collect();
        let (first, last) = (accepted[0], accepted[accepted.len() - 1]);
        assert_eq!(
            (first, last),
            (*finding.accepted.start(), *finding.accepted.end())
        );
        assert_eq!(accepted.len() as u64, last - first + 1);
    }
}

#[test]
fn a_test_of_a_share_that_could_not_fail_is_refused() {
    let too_few = |units, share| {
        let users = Population::synthetic(units, 3);
        check_share(&canary(share), "v2", percent(share), &users).unwrap_err()
    };
    let TestError::TooFewUnits {
        mistaken, needed, ..
    } = too_few(1_000, 1)
    else {
        panic!("it is not refused")
    };
    // 0.99^n = 5e-7, the other half for the other tail.
    assert_eq!((mistaken, needed), ("nobody", 1_444));
    assert!(check_share(&canary(1), "v2", "1%", &Population::synthetic(1_444, 3)).is_ok());
    assert!(matches!(
        too_few(1_000, 99),
        TestError::TooFewUnits {
            mistaken: "everybody",
            ..
        }
    ));
    assert!(matches!(too_few(0, 0), TestError::TooFewUnits { .. }));
}

#[test]
fn a_population_has_the_frequencies_that_were_asked_for_and_comes_from_the_seed() {
    let tiers = [("internal", 1), ("paying", 9), ("free", 90)];
    let build = |seed| {
        Population::synthetic(20_000, seed)
            .with("tier", tiers)
            .unwrap()
    };
    let users = build(7)
        .with_some("age", percent(80), [(17, 1), (31, 3)])
        .unwrap();
    let share_of = |audience: Audience, share: Share| {
        let everyone = Policy::live_only("count").with_rule(audience, "in");
        assert_share(&everyone, "in", share, &users);
    };
    share_of(attr("tier").is("internal"), percent(1));
    share_of(attr("tier").is("paying"), percent(9));
    share_of(attr("age").exists(), percent(80));
    share_of(attr("age").is(17), percent(20));
    share_of(attr("age").is(17).and(attr("tier").is("free")), percent(18));
    let text = |users: &Population| format!("{:?}", users.members());
    assert_eq!(text(&build(7)), text(&build(7)));
    assert_ne!(text(&build(7)), text(&build(8)));
    // In whatever order attributes are added, each has the same values.
    let other = Population::synthetic(20_000, 7);
    let other = other
        .with_some("age", percent(80), [(17, 1), (31, 3)])
        .unwrap();
    assert_eq!(text(&other.with("tier", tiers).unwrap()), text(&users));
    let none = PopulationError::NoWeight {
        name: "x".to_owned(),
    };
    assert_eq!(users.clone().with("x", [(1, 0)]).unwrap_err(), none);
    let taken = PopulationError::NameTaken {
        name: "tier".to_owned(),
    };
    assert_eq!(users.with("tier", [(1, 1)]).unwrap_err(), taken);
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

/// Counts by lists, so that each number is known.
fn table(counts: [[u64; 2]; 2]) -> CountTable {
    let mut members = Vec::new();
    let mut policy = Policy::live_only("count");
    for (row, counts) in counts.iter().enumerate() {
        for (column, &count) in counts.iter().enumerate() {
            let keys = (0..count).map(|n| format!("{row}-{column}-{n}"));
            let keys: Vec<UnitKey> = keys.map(UnitKey::from).collect();
            members.extend(
                keys.iter()
                    .map(|key| Member::new(key.clone()).with("row", row)),
            );
            policy = policy.with_units(["a", "b"][column], keys);
        }
    }
    CountTable::by(&policy, &members.into_iter().collect(), "row").unwrap()
}

#[test]
fn a_table_of_four_cells_has_the_statistic_of_its_closed_form() {
    for counts in [
        [[10, 20], [30, 40]],
        [[100, 7], [6, 90]],
        [[50, 50], [25, 25]],
    ] {
        let [[a, b], [c, d]] = counts.map(|row| row.map(|count| count as f64));
        let n = a + b + c + d;
        let expected = n * (a * d - b * c).powi(2) / ((a + b) * (c + d) * (a + c) * (b + d));
        let table = table(counts);
        let test = table.independence().unwrap();
        assert!((test.statistic - expected).abs() <= 1e-12 * expected.max(1.0));
        assert_eq!((test.degrees_of_freedom, table.total()), (1, n as u64));
        assert_eq!(table.count("1", "a"), c as u64);
        assert_eq!(table.count_of("b"), (b + d) as u64);
    }
    assert!(matches!(
        table([[9, 1], [9, 1]]).independence(),
        Err(TestError::Counts(_))
    ));
    let fit = table([[10, 20], [30, 40]])
        .goodness_of_fit([("a", "50%"), ("b", "50%")])
        .unwrap();
    // (40 - 50)^2 / 50, twice.
    assert!((fit.statistic - 4.0).abs() < 1e-12);
    assert!(
        table([[10, 20], [30, 40]])
            .goodness_of_fit([("a", "100%")])
            .is_err()
    );
}

#[test]
fn r4_two_releases_are_independent_and_one_release_is_not_of_itself() {
    let users = Population::synthetic(10_000, 5);
    let test = |release| Policy::ab_test(release, [("v1", 1), ("v2", 1), ("v3", 2)]);
    let apart = CountTable::across(&test("ctr-v1"), &test("ctr-v2"), &users).unwrap();
    assert!(
        apart.independence().unwrap().p.p > FALSE_ALARM.get(),
        "{apart}"
    );
    let same = CountTable::across(&test("ctr-v1"), &test("ctr-v1"), &users).unwrap();
    assert!(
        same.independence().unwrap().p.p < FALSE_ALARM.get(),
        "{same}"
    );
    assert!(
        same.to_string()
            .contains("rows differ: chi-squared 20000.00 on 4 degrees")
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
