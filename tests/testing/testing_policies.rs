//! Populations, shares and tables of counts: what should pass passes, what should fail fails.

#![cfg(feature = "testing")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use std::panic::AssertUnwindSafe;

use switchstand::stats::sample_ratio::exact_binomial;
use switchstand::testing::{
    CountTable, FALSE_ALARM, LIVE, Member, Population, TestError, assert_share, check_share,
};
use switchstand::{Audience, Policy, Router, Secret, Share, UnitKey, attr};

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
    assert_eq!(told, "share 110% is over 100%: write 100% or less");
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
            p.value < FALSE_ALARM.get()
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
    let none = TestError::NoWeight {
        name: "x".to_owned(),
    };
    assert_eq!(users.clone().with("x", [(1, 0)]).unwrap_err(), none);
    let taken = TestError::NameTaken {
        name: "tier".to_owned(),
    };
    assert_eq!(users.with("tier", [(1, 1)]).unwrap_err(), taken);
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
        apart.independence().unwrap().p.value > FALSE_ALARM.get(),
        "{apart}"
    );
    let same = CountTable::across(&test("ctr-v1"), &test("ctr-v1"), &users).unwrap();
    assert!(
        same.independence().unwrap().p.value < FALSE_ALARM.get(),
        "{same}"
    );
    assert!(
        same.to_string()
            .contains("rows differ: chi-squared 20000.00 on 4 degrees")
    );
}
