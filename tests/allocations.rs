//! A decision allocates nothing, nor does a request around a model that does not.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "allocations/audiences.rs"]
mod audiences;

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use allocation_counter::measure;
use switchstand::{
    Arm, Batch, Ending, Model, Observer, Outcome, Policy, Router, Share, Unit, UnitKey, attr,
    decision::Partition, shadow::ShadowBudget, targeting::Value,
};

struct Nothing;

impl Model for Nothing {
    type Input = u64;
    type Output = u64;
    type Error = Infallible;

    fn predict(&self, input: &u64) -> Result<u64, Infallible> {
        Ok(*input)
    }
}

/// Runs once to warm up, then counts the allocations of many runs.
fn allocations(mut run: impl FnMut()) -> u64 {
    run();
    measure(|| (0..3).for_each(|_| run())).count_total
}

fn keys() -> Vec<UnitKey> {
    let mut keys = vec![
        UnitKey::from(""),
        UnitKey::from("listed"),
        UnitKey::from("x".repeat(10_000)),
    ];
    for number in 0..100u64 {
        keys.push(format!("user-{number}").into());
        keys.push(number.into());
        keys.push((u128::from(number) << 64).into());
        keys.push(number.to_be_bytes()[..].into());
    }
    keys
}

/// Hands every key to `ask`, without attributes and with some.
fn every_unit(keys: &[UnitKey], mut ask: impl FnMut(Unit<'_>)) {
    let attributes = [
        ("tier", Value::from("internal")),
        ("age", Value::from(31)),
        ("score", Value::from(0.5)),
    ];
    for key in keys {
        ask(Unit::from(key));
        ask(Unit::from(key).with(&attributes));
    }
}

fn policies() -> Vec<(&'static str, Policy)> {
    let percent = |percent| Share::percent(percent).unwrap();
    let arms = |count| (0..count).map(|number| Arm::new(&format!("arm-{number}"), "v2", 1));
    let rule = attr("tier")
        .one_of(["internal", "beta"])
        .and(attr("age").at_least(18))
        .and(attr("score").less_than(0.75))
        .or(attr("country")
            .starts_with("e")
            .not()
            .and(attr("mail").contains("@")));
    vec![
        ("live only", Policy::live_only("a")),
        ("two arms", Policy::ab_test("a", [("v1", 1), ("v2", 1)])),
        (
            "gate",
            Policy::ab_test("a", [("v1", 1), ("v2", 1)]).gate(percent(40)),
        ),
        ("64 arms", Policy::ab_test("a", arms(64))),
        ("1024 arms", Policy::ab_test("a", arms(1024))),
        (
            "rule and canary",
            Policy::canary("a", "v2", percent(20)).or_for(rule.clone()),
        ),
        (
            "everything",
            Policy::ab_test("a", arms(64))
                .gate(percent(90))
                .within(attr("tier").exists())
                .with_holdout("h", percent(10))
                .with_layer("l", percent(5), percent(95))
                .with_units("v3", ["listed"])
                .with_rule(rule, "v3"),
        ),
    ]
}

fn router(policy: Policy) -> Router<Nothing> {
    let router = Router::new("allocations", "v1", Nothing).unwrap();
    for version in ["v2", "v3"] {
        router.deploy(version, Nothing).unwrap();
        router
            .validate(version, |_| Ok::<_, Infallible>(()))
            .unwrap();
    }
    router.release(policy).unwrap();
    router
}

/// Counts outcomes of one version, and has no need of units.
#[derive(Default)]
struct Counter(AtomicU64);

impl Observer for Counter {
    fn needs_unit(&self) -> bool {
        false
    }

    fn outcome(&self, outcome: &Outcome<'_>) {
        let counts = outcome.version() == "v2" && outcome.ending() == Ending::Answered;
        self.0.fetch_add(u64::from(counts), Ordering::Relaxed);
    }
}

/// As [`Counter`], and looks at the unit.
#[derive(Default)]
struct ByUnit(AtomicU64);

impl Observer for ByUnit {
    fn outcome(&self, outcome: &Outcome<'_>) {
        let group = outcome.group().map(u64::from).unwrap_or_default();
        self.0.fetch_add(group, Ordering::Relaxed);
    }
}

#[test]
fn o3_telling_observers_does_not_allocate_where_the_unit_is_at_hand() {
    let keys = keys();
    let counter = Arc::<Counter>::default();
    let router = router(Policy::canary("a", "v2", Share::ALL));
    router.attach(Arc::clone(&counter)).keep();
    let ask = |unit: Unit<'_>| drop(std::hint::black_box(router.predict(unit, &1)));
    assert_eq!(allocations(|| every_unit(&keys, ask)), 0, "predict");
    assert_eq!(counter.0.load(Ordering::Relaxed), 8 * keys.len() as u64);
    let ask = |unit: Unit<'_>| router.admit(unit).end(Ending::Answered);
    assert_eq!(allocations(|| every_unit(&keys, ask)), 0, "admit");
    let by_unit = Arc::<ByUnit>::default();
    router.attach(Arc::clone(&by_unit)).keep();
    let ask = |unit: Unit<'_>| drop(std::hint::black_box(router.predict(unit, &1)));
    assert_eq!(
        allocations(|| every_unit(&keys, ask)),
        0,
        "predict, by unit"
    );
    assert!(by_unit.0.load(Ordering::Relaxed) > 0);
    let note = |unit: Unit<'_>| {
        let route = router.route(unit);
        router.note(unit, &route, Ending::Answered).unwrap();
    };
    assert_eq!(allocations(|| every_unit(&keys, note)), 0, "note");
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 3);
}

#[test]
fn routing_by_a_plan_does_not_allocate() {
    let keys = keys();
    for (name, policy) in policies() {
        let policy = policy.with_shadow("v3", Share::ALL);
        let plan = policy.compile("v1", ["v2", "v3"]).unwrap();
        let count = allocations(|| {
            every_unit(&keys, |unit| {
                let route = plan.route(unit);
                std::hint::black_box(plan.shadows_of(&route).count());
            });
        });
        assert_eq!(count, 0, "{name}");
    }
}

#[test]
fn routing_by_a_router_does_not_allocate() {
    let keys = keys();
    for (name, policy) in policies() {
        let router = router(policy.with_shadow("v3", Share::ALL));
        let count = allocations(|| {
            every_unit(&keys, |unit| {
                std::hint::black_box(router.label(router.route(unit).version()));
            });
        });
        assert_eq!(count, 0, "{name}");
    }
}

#[test]
fn predicting_and_admitting_do_not_allocate() {
    let keys = keys();
    for (name, policy) in policies() {
        let router = router(policy);
        let predicted = allocations(|| {
            every_unit(&keys, |unit| {
                assert_eq!(router.predict(unit, &1).answer, Ok(1))
            });
        });
        assert_eq!(predicted, 0, "predict, {name}");
        let admitted = allocations(|| every_unit(&keys, |unit| drop(router.admit(unit))));
        assert_eq!(admitted, 0, "admit, {name}");
    }
}

#[test]
fn a_shadow_that_is_not_drawn_allocates_nothing() {
    let keys = keys();
    let shadow =
        Policy::ab_test("a", [("v1", 1), ("v2", 1)]).with_shadow("v3", Share::percent(1).unwrap());
    let router = router(shadow);
    let (without, with): (Vec<_>, Vec<_>) = keys
        .into_iter()
        .partition(|key| router.route(key).shadows().is_empty());
    assert!(!with.is_empty(), "no unit is shadowed");
    let ask = |keys: &[UnitKey]| allocations(|| every_unit(keys, |unit| drop(router.admit(unit))));
    assert_eq!(ask(&without), 0);
    assert!(ask(&with) > 0, "a drawn shadow holds a lease");
}

#[test]
fn s4_a_shadow_without_a_permit_allocates_for_itself_and_for_a_key_of_text() {
    let shadowed = Router::builder("a")
        .shadow_budget(ShadowBudget::in_flight(0))
        .build("v1", Nothing)
        .unwrap();
    shadowed.deploy("v2", Nothing).unwrap();
    shadowed
        .release(Policy::shadow("a", "v2", Share::ALL))
        .unwrap();
    for (key, each) in [(UnitKey::from(7u64), 1), (UnitKey::from("user-7"), 2)] {
        let found = allocations(|| {
            let mut ticket = shadowed.admit(&key);
            assert_eq!(ticket.predict_blocking(&1), Ok(1));
            assert!(ticket.shadow_task(|| 1).is_none());
        });
        assert_eq!(found, 3 * each, "{key:?}");
    }
}

#[test]
fn only_the_first_request_after_a_publication_allocates() {
    let router = router(Policy::canary("a", "v2", Share::NONE));
    let ask = || measure(|| drop(router.admit("user-42"))).count_total;
    for percent in 1..=100 {
        let policy = Policy::canary("a", "v2", Share::percent(percent).unwrap());
        router.release(policy).unwrap();
        assert!(ask() > 0);
        assert_eq!(ask(), 0, "{percent} %");
    }
}

#[test]
fn a_batch_allocates_only_where_it_is_larger_than_before() {
    let keys = keys();
    for (name, policy) in policies() {
        let router = router(policy);
        let plan = router.current();
        let (mut batch, mut partition) = (Batch::new(), Partition::new());
        let count = allocations(|| {
            for length in [keys.len(), 1, 0, keys.len()] {
                let units = keys.iter().take(length);
                router.partition(units.clone(), &mut batch);
                plan.partition(units, &mut partition);
                assert_eq!(batch.partition().len(), partition.len());
            }
        });
        assert_eq!(count, 0, "{name}");
    }
}

#[test]
fn o7_two_routers_set_up_as_the_readme_does_cost_each_other_nothing() {
    let routers = [
        router(Policy::canary("a", "v2", Share::percent(10).unwrap())),
        router(Policy::canary("b", "v2", Share::percent(10).unwrap())),
    ];
    assert_eq!(in_turn(&routers), [0, 0, 0]);
}

#[test]
fn o7_routers_asked_in_turn_cost_each_other_nothing() {
    let percent = Share::percent(50).unwrap();
    let simple = |number| Policy::canary(&format!("release-{number}"), "v2", percent);
    let routers: Vec<_> = (0..64).map(|number| router(simple(number))).collect();
    assert_eq!(in_turn(&routers), [0, 0, 0]);
    // More than a thread has heads for, and with rules, which no head holds.
    let rule = || attr("tier").is("internal");
    let more: Vec<_> = (0..200)
        .map(|number| router(simple(number).or_for(rule())))
        .chain(routers)
        .collect();
    assert_eq!(in_turn(&more), [0, 0, 0]);
}

#[test]
fn o7_a_router_that_takes_the_place_of_a_dead_one_is_remembered_alike() {
    for _ in 0..3 {
        let routers = [
            router(Policy::live_only("a")),
            router(Policy::live_only("b")),
        ];
        assert_eq!(in_turn(&routers), [0, 0, 0]);
    }
}

/// Counts what routing, admitting and predicting allocate once a thread has seen every router.
fn in_turn(routers: &[Router<Nothing>]) -> [u64; 3] {
    let units = ["ana", "ben", "cho", "dov", "eva"];
    let each = |ask: &dyn Fn(&Router<Nothing>, &str)| {
        allocations(|| {
            for unit in units {
                routers.iter().for_each(|router| ask(router, unit));
            }
        })
    };
    [
        each(&|router, unit| {
            std::hint::black_box(router.route(unit));
        }),
        each(&|router, unit| drop(router.admit(unit))),
        each(&|router, unit| assert_eq!(router.predict(unit, &1).answer, Ok(1))),
    ]
}
