//! Explanations, batches and readers agree with single decisions.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use std::convert::Infallible;

use proptest::prelude::*;
use switchstand::{Batch, Plan, Policy, Reason, Router, Share, Unit, attr, decision::Partition};

fn share() -> impl Strategy<Value = Share> {
    prop_oneof![
        Just(Share::NONE),
        Just(Share::ALL),
        (0..=1_000_000_000u32).prop_map(|nanos| Share::from_nanos(nanos).unwrap())
    ]
}

/// Policies with any mixture of rules over v1 (live), v2 and v3.
fn policy() -> impl Strategy<Value = Policy> {
    let technique = prop_oneof![
        Just(Policy::live_only("release")),
        share().prop_map(|share| Policy::canary("release", "v2", share)),
        share().prop_map(|share| {
            let inside = attr("tier").is("paying");
            Policy::canary("release", "v2", share)
                .or_for(attr("tier").is("internal"))
                .within(inside)
        }),
        (0..5u32, 1..5u32, 0..5u32)
            .prop_map(|(a, b, c)| Policy::ab_test("release", [("v1", a), ("v2", b), ("v3", c)])),
        share().prop_map(|gate| Policy::ab_test("release", [("v1", 1), ("v2", 1)]).gate(gate)),
    ];
    (technique, any::<[bool; 5]>(), share(), 0..9u32).prop_map(|(policy, with, share, tenth)| {
        let percent = |percent| Share::percent(percent).unwrap();
        let mut policy = policy;
        if with[0] {
            policy = policy.with_holdout("group", share);
        }
        if with[1] {
            policy = policy.with_layer("page", percent(tenth * 10), percent(tenth * 10 + 20));
        }
        if with[2] {
            policy = policy.with_units("v3", [3u64, 5, 7]);
        }
        if with[3] {
            policy = policy.with_rule(attr("tier").is("free"), "v3");
        }
        if with[4] {
            policy = policy.with_shadow("v2", share);
        }
        policy
    })
}

fn plan(policy: &Policy) -> Plan {
    policy.compile("v1", ["v2", "v3"]).unwrap()
}

const TIERS: [[(&str, &str); 1]; 3] = [
    [("tier", "internal")],
    [("tier", "paying")],
    [("tier", "free")],
];

fn units(count: u64) -> impl ExactSizeIterator<Item = Unit<'static>> + Clone {
    (0..count as usize).map(|number| Unit::from(number as u64).with(&TIERS[number % TIERS.len()]))
}

fn router(policy: Policy) -> Router<&'static str> {
    let router = Router::new("test", "v1", "model of v1").unwrap();
    for (version, model) in [("v2", "model of v2"), ("v3", "model of v3")] {
        router.deploy(version, model).unwrap();
        router
            .validate(version, |_| Ok::<(), Infallible>(()))
            .unwrap();
    }
    router.release(policy).unwrap();
    router
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn r1_an_explanation_ends_where_the_route_does(policy in policy()) {
        let plan = plan(&policy);
        for unit in units(40) {
            let route = plan.route(unit);
            let explanation = plan.explain(unit);
            prop_assert_eq!(explanation.route, route);
            prop_assert_eq!(Some(explanation.version.as_str()), plan.version_of(&route));
            let (last, before) = explanation.steps.split_last().unwrap();
            prop_assert_eq!(last.rule, route.reason());
            prop_assert!(last.decided && before.iter().all(|step| !step.decided));
        }
    }

    #[test]
    fn r1_a_batch_is_its_units_one_by_one(policy in policy(), count in 0..70u64) {
        let plan = plan(&policy);
        let mut partition = Partition::new();
        // A buffer that held another batch before gives the same.
        plan.partition(units(9), &mut partition);
        plan.partition(units(count), &mut partition);
        prop_assert_eq!(partition.len(), count as usize);
        prop_assert_eq!(partition.is_empty(), count == 0);
        plan.partition(units(0), &mut partition);
        prop_assert!(partition.is_empty());
        plan.partition(units(count), &mut partition);
        let mut seen = vec![false; count as usize];
        for (version, indices) in partition.groups() {
            prop_assert!(indices.is_sorted());
            for index in indices {
                prop_assert!(!std::mem::replace(&mut seen[*index], true));
                let alone = plan.route(units(count).nth(*index).unwrap());
                prop_assert_eq!(alone.version(), version);
                prop_assert_eq!(partition.route(*index), Some(alone));
            }
        }
        prop_assert!(seen.iter().all(|seen| *seen));
        let mut versions: Vec<_> = partition.groups().map(|(version, _)| version).collect();
        versions.dedup();
        prop_assert_eq!(versions.len(), partition.groups().count());
    }

    #[test]
    fn e3_a_router_and_its_reader_decide_alike(policy in policy()) {
        let router = router(policy);
        let mut reader = router.reader();
        let mut batch = Batch::new();
        router.partition(units(40), &mut batch);
        for (number, unit) in units(40).enumerate() {
            let route = router.route(unit);
            prop_assert_eq!(reader.route(unit), route);
            prop_assert_eq!(*reader.admit(unit).route(), route);
            prop_assert_eq!(batch.partition().route(number), Some(route));
        }
        for (version, model, units) in batch.groups() {
            let label = router.label(version).unwrap();
            prop_assert_eq!(*model, format!("model of {label}"));
            // Units beside which a shadow runs hold a lease each, the others one together.
            prop_assert!(router.in_flight(label) >= Some(1));
            let counts = router.outcomes(label).unwrap();
            prop_assert_eq!(counts.in_flight(), units.len() as u64);
        }
        batch.clear();
        prop_assert_eq!(router.in_flight("v1"), Some(0));
        prop_assert_eq!(router.outcomes("v1").unwrap().in_flight(), 0);
    }
}

#[test]
fn e4_a_reader_sees_a_rejection_at_once() {
    let router = router(Policy::canary("release", "v2", Share::ALL));
    let mut reader = router.reader();
    assert_eq!(router.label(reader.route("user").version()), Some("v2"));
    router.reject("v2", "too slow").unwrap();
    let route = reader.route("user");
    assert_eq!(
        (reader.label(route.version()), route.reason()),
        (Some("v1"), Reason::Killed)
    );
    assert_eq!(*reader.admit("user").model(), "model of v1");
    // The plan at hand is that of the last request, also of one that was only admitted.
    router.release(Policy::live_only("next")).unwrap();
    drop(reader.admit("user"));
    assert_eq!(reader.plan().generation(), router.generation());
    assert_eq!(router.reclaim("v2").unwrap(), "model of v2");
    assert_eq!(
        reader.label(router.current().route("x").version()),
        Some("v1")
    );
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a worker keeps its reader on a thread of its own"
)]
fn the_label_of_a_route_is_known_when_its_version_is_gone() {
    let router = router(Policy::canary("release", "v2", Share::ALL));
    let mut reader = router.reader();
    let route = reader.route("user");
    router.reject("v2", "too slow").unwrap();
    assert_eq!(router.reclaim("v2").unwrap(), "model of v2");
    // The same label deployed again is another version.
    router.deploy("v2", "another model").unwrap();
    let anew = router.deployments().get("v2").unwrap().id();
    assert_ne!(anew, route.version());
    for version in [route.version(), anew] {
        assert_eq!(router.label(version), Some("v2"));
        assert_eq!(reader.label(version), Some("v2"));
    }
    let label = move || reader.label(route.version()).map(str::to_owned);
    let told = std::thread::spawn(label).join().unwrap();
    assert_eq!(told.as_deref(), Some("v2"));
}
