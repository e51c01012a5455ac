//! R7: the propensity in a route is the probability of its version, and how often it comes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::collections::BTreeMap;

use super::spec::{LIVE, OTHERS, Person, Spec, Technique};
use switchstand::{Arm, Policy, Reason, Router, Share, Unit, decision::Propensity};

const ALL: u128 = 1_000_000_000;

/// The exact probability of `version` for such a person, as a fraction.
fn probability(spec: &Spec, person: &Person, version: &str, rejected: &[&str]) -> (u128, u128) {
    let answers = |named: &str| {
        (if rejected.contains(&named) {
            LIVE
        } else {
            named
        }) == version
    };
    if version == LIVE {
        // Whatever no other version gets.
        let whole = probability(spec, person, "nobody", rejected).1;
        let others = OTHERS.map(|other| {
            let (part, of) = probability(spec, person, other, rejected);
            assert_eq!(of, whole);
            part
        });
        return (whole - others.iter().sum::<u128>(), whole);
    }
    let holdout = spec
        .holdout
        .as_ref()
        .map_or(0, |(_, nanos)| u128::from(*nanos));
    let layer = spec
        .layer
        .as_ref()
        .map_or(ALL, |(_, from, to)| u128::from(to - from));
    let (gate, arms) = match &spec.technique {
        Technique::LiveOnly => (ALL, Vec::new()),
        Technique::Canary { version, nanos, .. } => (u128::from(*nanos), vec![(*version, 1)]),
        Technique::AbTest { gate, arms } => {
            let arms = arms.iter().map(|arm| (arm.1, u128::from(arm.2)));
            (gate.map_or(ALL, u128::from), arms.collect())
        }
    };
    let sum: u128 = arms.iter().map(|arm| arm.1).sum::<u128>().max(1);
    let whole = ALL * ALL * ALL * sum;
    // What a version gets of those who are kept out.
    let kept_out = |points| match answers(spec.kept_out.unwrap_or(LIVE)) {
        true => points,
        false => 0,
    };
    if let Some(named) = spec.rule_for(person) {
        let part = if answers(named) {
            whole / ALL * (ALL - holdout)
        } else {
            0
        };
        return (part + kept_out(whole / ALL * holdout), whole);
    }
    if spec.within.is_some() && spec.within != person.tier {
        return (kept_out(whole), whole);
    }
    let chosen: u128 = arms
        .iter()
        .filter(|arm| answers(arm.0))
        .map(|arm| arm.1)
        .sum();
    let let_in = (ALL - holdout) * layer;
    let drawn = let_in * gate * chosen;
    (drawn + kept_out(whole - let_in * ALL * sum), whole)
}

fn arm(label: &str, version: &'static str, weight: u32) -> (String, &'static str, u32) {
    (label.to_owned(), version, weight)
}

fn percent(percent: u32) -> u32 {
    percent * 10_000_000
}

/// Releases that put every rule before, beside and behind every other.
fn releases(number: usize) -> Vec<(&'static str, Spec)> {
    let base = Spec::live_only(&format!("release-{number}"));
    let holdout = Some((format!("holdout-{number}"), percent(20)));
    let layer = Some((format!("layer-{number}"), percent(25), percent(85)));
    let canary = |nanos, or_for| Technique::Canary {
        version: "v2",
        nanos,
        or_for,
    };
    let arms = || {
        vec![
            arm("a", LIVE, 2),
            arm("b", "v2", 3),
            arm("c", "v3", 4),
            arm("d", "v2", 1),
        ]
    };
    let test = |gate| Technique::AbTest { gate, arms: arms() };
    let rules = vec![("internal", "v4"), ("gold", LIVE)];
    let listed = vec![("listed".into(), "v3")];
    vec![
        (
            "canary",
            Spec {
                technique: canary(percent(30), Some("beta")),
                ..base.clone()
            },
        ),
        (
            "split",
            Spec {
                technique: test(None),
                ..base.clone()
            },
        ),
        (
            "gate and split",
            Spec {
                technique: test(Some(percent(40))),
                ..base.clone()
            },
        ),
        (
            "holdout and live only",
            Spec {
                holdout: holdout.clone(),
                rules: rules.clone(),
                ..base.clone()
            },
        ),
        (
            "holdout and canary for some",
            Spec {
                holdout: holdout.clone(),
                within: Some("gold"),
                technique: canary(percent(50), Some("beta")),
                ..base.clone()
            },
        ),
        (
            "layer and canary",
            Spec {
                layer: layer.clone(),
                technique: canary(percent(60), None),
                ..base.clone()
            },
        ),
        (
            "all together",
            Spec {
                holdout: holdout.clone(),
                layer: layer.clone(),
                listed: listed.clone(),
                rules: rules.clone(),
                within: Some("beta"),
                technique: test(Some(percent(70))),
                shadows: vec![("v4", percent(50))],
                ..base.clone()
            },
        ),
        (
            "kept out on a version of their own",
            Spec {
                holdout: holdout.clone(),
                layer: layer.clone(),
                listed: listed.clone(),
                rules: rules.clone(),
                within: Some("beta"),
                kept_out: Some("v4"),
                technique: test(Some(percent(70))),
                ..base.clone()
            },
        ),
        (
            "kept out on a version that others are drawn into",
            Spec {
                holdout,
                layer,
                listed,
                rules,
                kept_out: Some("v3"),
                technique: test(None),
                ..base
            },
        ),
    ]
}

fn people() -> Vec<Person> {
    let mut people = vec![Person::anonymous("somebody"), Person::anonymous("listed")];
    for tier in ["internal", "beta", "gold"] {
        people.push(Person {
            key: 42u64.into(),
            tier: Some(tier),
        });
    }
    people
}

#[test]
fn r7_the_propensity_is_the_measured_frequency_over_many_draws() {
    const DRAWS: usize = 4_000;
    let people = people();
    let mut counts: BTreeMap<(usize, usize, String), (usize, f64)> = BTreeMap::new();
    for number in 0..DRAWS {
        for (kind, (name, spec)) in releases(number).into_iter().enumerate() {
            let plan = spec.plan();
            for (who, person) in people.iter().enumerate() {
                let route = person.as_unit(|unit| plan.route(unit));
                if spec.listed.iter().any(|(key, _)| *key == person.key) {
                    assert_eq!(route.propensity(), None, "{name} {person:?}");
                    continue;
                }
                let stated = route.propensity().unwrap().as_fraction();
                let version = plan.version_of(&route).unwrap().to_owned();
                let entry = counts.entry((kind, who, version)).or_insert((0, stated));
                entry.0 += 1;
                assert_eq!(entry.1, stated, "{name} {person:?}: not one probability");
            }
        }
    }
    let mut compared = 0;
    for (kind, (name, spec)) in releases(0).into_iter().enumerate() {
        for (who, person) in people.iter().enumerate() {
            for version in [LIVE, "v2", "v3", "v4"] {
                if spec.listed.iter().any(|(key, _)| *key == person.key) {
                    continue;
                }
                let what = format!("{name}, {person:?}, {version}");
                let (part, whole) = probability(&spec, person, version, &[]);
                let expected = part as f64 / whole as f64;
                match counts.get(&(kind, who, version.to_owned())) {
                    None => assert!(part == 0, "{what}: never came"),
                    Some((count, stated)) => {
                        assert!(part > 0, "{what}: impossible");
                        assert!((stated - expected).abs() < 1e-15, "{what}: {stated}");
                        let draws = DRAWS as f64;
                        let spread = (draws * expected * (1.0 - expected)).sqrt();
                        let off = (*count as f64 - draws * expected).abs();
                        assert!(off <= 5.0 * spread, "{what}: {count} of {DRAWS}");
                        compared += 1;
                    }
                }
            }
        }
    }
    assert!(compared > 50, "only {compared} versions came");
}

#[test]
fn r7_the_list_of_propensities_is_that_of_every_version_a_unit_may_get() {
    let mut checked = 0;
    for (name, spec) in releases(0) {
        let plan = spec.plan();
        for person in people() {
            let list = person.as_unit(|unit| plan.propensities(unit));
            let what = format!("{name}, {person:?}: {list:?}");
            let is_listed = spec.listed.iter().any(|(key, _)| *key == person.key);
            for version in [LIVE, "v2", "v3", "v4"] {
                let (part, whole) = match is_listed {
                    // Listed units get v3, unless they are among the held-out fifth.
                    true => {
                        let held_out = spec.kept_out.unwrap_or(LIVE);
                        let served = if version == "v3" { 80 } else { 0 };
                        (served + if version == held_out { 20 } else { 0 }, 100)
                    }
                    false => probability(&spec, &person, version, &[]),
                };
                let expected = part as f64 / whole as f64;
                let found = list.iter().find(|(label, _)| *label == version);
                assert_eq!(found.is_some(), part > 0, "{what} {version}");
                let found = found.map_or(0.0, |(_, propensity)| propensity.as_fraction());
                assert!(
                    (found - expected).abs() < 1e-15,
                    "{what} {version} {expected}"
                );
                checked += usize::from(part > 0);
            }
            let route = person.as_unit(|unit| plan.route(unit));
            let version = plan.version_of(&route).unwrap();
            if let Some(propensity) = route.propensity() {
                assert!(list.contains(&(version, propensity)), "{what}");
            }
        }
    }
    assert!(checked > 60, "only {checked} versions are possible");
}

#[test]
fn r7_what_a_request_asks_for_is_certain_and_what_is_shed_is_lost() {
    let router = Router::new("propensity", LIVE, ()).unwrap();
    for version in ["v2", "v3"] {
        router.deploy(version, ()).unwrap();
        router.validate(version, |()| Ok::<_, ()>(())).unwrap();
    }
    let test = Policy::ab_test("test", [("v2", 3), (LIVE, 1)]);
    router.release(test.with_overrides(["v3"])).unwrap();
    router.shed("v2", Share::percent(20).unwrap()).unwrap();
    router.shed("v3", Share::percent(10).unwrap()).unwrap();
    let reader = router.reader();
    let list = |unit: Unit<'_>| -> Vec<(String, f64)> {
        let list = reader.plan().propensities(unit).into_iter();
        let rounded = |p: Propensity| (p.as_fraction() * 1e9).round() / 1e9;
        list.map(|(version, propensity)| (version.to_owned(), rounded(propensity)))
            .collect()
    };
    let unit = Unit::from("user-42");
    assert_eq!(
        list(unit),
        [(LIVE.to_owned(), 0.25), ("v2".to_owned(), 0.6)]
    );
    assert_eq!(list(unit.asking_for("v3")), [("v3".to_owned(), 0.9)]);
}

#[test]
fn r7_after_a_rejection_the_propensity_is_that_of_what_is_left() {
    for (name, spec) in releases(0) {
        let router = Router::new("propensity", LIVE, ()).unwrap();
        for version in OTHERS {
            router.deploy(version, ()).unwrap();
            router.validate(version, |()| Ok::<_, ()>(())).unwrap();
        }
        router.release(spec.policy()).unwrap();
        router.reject("v2", "it is bad").unwrap();
        for number in 0..500u64 {
            for tier in [None, Some("internal"), Some("beta"), Some("gold")] {
                let person = Person {
                    key: number.into(),
                    tier,
                };
                let route = person.as_unit(|unit| router.route(unit));
                let version = router.label(route.version()).unwrap();
                let (part, whole) = probability(&spec, &person, version, &["v2"]);
                let stated = route.propensity().unwrap().as_fraction();
                let off = (stated - part as f64 / whole as f64).abs();
                assert!(off < 1e-15, "{name}, {person:?}, {version}: {stated}");
            }
        }
    }
}

#[test]
fn r7_the_arms_of_one_version_add_up_to_certainty() {
    for arms in [3, 7, 64, 1000] {
        let arm = |number| Arm::new(&format!("arm-{number:04}"), "v2", 1);
        let plan = Policy::ab_test("sum", (0..arms).map(arm))
            .compile("v1", ["v2"])
            .unwrap();
        let route = plan.route("user-42");
        assert_eq!(route.propensity(), Some(Propensity::CERTAIN), "{arms} arms");
    }
}

#[test]
fn r7_a_canary_that_a_roll_back_made_live_is_no_evidence() {
    let router = Router::new("evidence", "old", ()).unwrap();
    router.deploy("new", ()).unwrap();
    router.validate("new", |()| Ok::<_, ()>(())).unwrap();
    // The old version is the canary beside the new one, which is rolled back.
    let half = Share::percent(50).unwrap();
    let policy = Policy::canary("reversed", "old", half);
    router.swap_with("new", policy).unwrap();
    let randomised = |unit| router.route(unit).is_randomised();
    assert!((0..100u64).all(randomised));
    router.rollback("it is bad").unwrap();
    for unit in 0..100u64 {
        let route = router.route(unit);
        assert_eq!(router.label(route.version()), Some("old"));
        assert_eq!(route.propensity(), Some(Propensity::CERTAIN));
        assert!(!route.is_randomised(), "unit {unit}: {route:?}");
        let explanation = router.current().explain(unit);
        let last = explanation.steps.last().unwrap();
        assert_eq!((last.rule, route.reason()), (Reason::Gate, Reason::Gate));
    }
}

#[test]
fn a_propensity_is_a_number_above_nothing_and_at_most_certainty() {
    for fraction in [f64::from_bits(1), 2f64.powi(-63), 0.25, 0.75, 1.0] {
        let read = Propensity::try_from(fraction).unwrap();
        // One that is smaller than the smallest propensity is that one: never impossible.
        let smallest = 2f64.powi(-63);
        assert_eq!(f64::from(read), fraction.max(smallest), "{fraction}");
    }
    assert_eq!(Propensity::try_from(1.0), Ok(Propensity::CERTAIN));
    for fraction in [0.0, -0.25, 1.0 + f64::EPSILON, f64::INFINITY, f64::NAN] {
        let refused = Propensity::try_from(fraction).unwrap_err();
        let expected = format!("propensity {fraction} is not above 0 and at most 1: ");
        assert!(refused.to_string().starts_with(&expected), "{refused}");
    }
}
