//! Lists of units are held once, whatever operators do beside them.
#![cfg(not(loom))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot be set up fails, and threads are what some test"
)]

use std::hint::black_box;

use allocation_counter::{AllocationInfo, measure};
use switchstand::{Audience, OnError, Policy, Reason, Router, Share};

const MILLION: u64 = 1_000_000;

/// Sixteen bytes each.
fn keys(count: u64) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("user-{number:011}"))
}

fn listed(count: u64) -> Policy {
    canary().with_units("v2", keys(count))
}

fn ruled(count: u64) -> Policy {
    canary().with_rule(Audience::units(keys(count)), "v2")
}

fn canary() -> Policy {
    Policy::canary("lists", "v2", Share::percent(5).unwrap())
}

fn router(policy: &Policy) -> Router<()> {
    let router = Router::new("lists", "v1", ()).unwrap();
    for version in ["v2", "v3"] {
        router.deploy(version, ()).unwrap();
        router.validate(version, |()| Ok::<_, String>(())).unwrap();
    }
    router.release(policy.clone()).unwrap();
    router
}

/// Returns how often, and how many bytes, each step takes in turn.
fn steps(policy: &Policy) -> Vec<(&'static str, u64, u64)> {
    let router = router(policy);
    let share = Share::percent(10).unwrap();
    let took = |step, run: &dyn Fn()| {
        let AllocationInfo {
            count_total,
            bytes_total,
            ..
        } = measure(run);
        (step, count_total, bytes_total)
    };
    vec![
        took("shed", &|| {
            router.shed("v2", share).unwrap();
        }),
        took("deploy", &|| {
            router.deploy("v4", ()).unwrap();
        }),
        took("release", &|| {
            let next = policy.clone().on_error(OnError::Live);
            router.release(next).unwrap();
        }),
        took("shadow", &|| {
            let next = policy.clone().with_shadow("v3", share);
            router.release(next).unwrap();
        }),
        took("reject", &|| {
            router.reject("v2", "wrong").unwrap();
        }),
    ]
}

fn copy_no_list(count: u64) {
    for make in [listed, ruled] {
        assert_eq!(steps(&make(1)), steps(&make(count)));
    }
}

#[test]
fn operators_copy_no_list_of_units() {
    copy_no_list(50_000);
}

#[test]
#[ignore = "a minute in an unoptimised build"]
fn operators_copy_no_list_of_a_million_units() {
    copy_no_list(MILLION);
}

fn take_little(count: u64) {
    for make in [listed, ruled] {
        let mut kept = None;
        let held = measure(|| {
            let policy = make(count);
            let plan = policy.compile("v1", ["v2"]).unwrap();
            kept = Some((policy, plan));
        });
        let (_, plan) = black_box(kept.unwrap());
        let per_unit = held.bytes_current as f64 / count as f64;
        assert!(per_unit <= 64.0, "{per_unit} bytes for each listed unit");
        for number in [0, count - 1] {
            let key = format!("user-{number:011}");
            let route = plan.route(&key);
            assert_eq!(plan.version_of(&route), Some("v2"));
            assert!(matches!(route.reason(), Reason::Listed | Reason::Audience));
        }
    }
}

#[test]
fn a_listed_unit_takes_at_most_64_bytes() {
    // Just above a power of two the table has most room to spare.
    take_little(66_000);
}

#[test]
#[ignore = "a minute in an unoptimised build"]
fn a_listed_unit_of_a_million_takes_at_most_64_bytes() {
    take_little(MILLION);
}
