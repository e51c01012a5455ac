//! Snapshots, requests and leases: E1 to E5.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a failed expectation ends a test, and threads are what is tested"
)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use switchstand::{
    Attributes, Model, OnError, Policy, Router, Share, Unit, VersionState, attr,
    deployment::OperationError,
    journal::JournalCapacity,
    operator::{Drain, ReclaimError},
    release::PolicyError,
    targeting::Value,
};

use super::pair::{pair, ready};

#[test]
fn e1_one_version_is_live_at_every_moment() {
    let router = pair();
    let live = |router: &Router<&'static str>| {
        let deployments = router.deployments();
        let live: Vec<_> = deployments
            .iter()
            .filter(|deployment| deployment.state() == VersionState::Live)
            .map(|deployment| deployment.label().to_owned())
            .collect();
        assert_eq!(live.len(), 1);
        assert_eq!(live[0], deployments.live().label());
        live[0].clone()
    };
    assert_eq!(live(&router), "v1");
    router.swap("v2").unwrap();
    assert_eq!(live(&router), "v2");
    assert_eq!(router.state("v1"), Some(VersionState::Standby));
    router.rollback("slow").unwrap();
    assert_eq!(live(&router), "v1");
    assert_eq!(router.state("v2"), Some(VersionState::Rejected));
}

#[test]
fn e1_the_live_version_stands_first_among_all() {
    let deployments = pair().deployments();
    assert_eq!(deployments.iter().size_hint(), (2, Some(2)));
    let mut labels = Vec::new();
    for deployment in &deployments {
        labels.push(deployment.label());
    }
    assert_eq!(labels, ["v1", "v2"]);
}

#[test]
fn e2_the_generation_rises_by_one_and_refusals_leave_it() {
    let router = pair();
    let before = router.generation();
    assert_eq!(router.release(Policy::live_only("x")).unwrap(), before + 1);
    assert!(router.swap("v9").is_err());
    assert!(router.accept().is_err());
    assert_eq!(router.generation(), before + 1);
    assert_eq!(router.route(1u64).generation(), before + 1);
    assert_eq!(router.admit(1u64).route().generation(), before + 1);
    assert_eq!(router.swap("v2").unwrap(), before + 2);
    assert_eq!(router.rollback("slow").unwrap(), before + 3);
    assert_eq!(router.reclaim("v2").unwrap(), "two");
    assert_eq!(router.generation(), before + 4);
}

#[test]
fn e3_a_request_keeps_the_model_it_was_admitted_to() {
    let router = pair();
    let old = router.admit("user-42");
    router.swap("v2").unwrap();
    let new = router.admit("user-42");
    assert_eq!((*old.model(), *new.model()), ("one", "two"));
    assert_eq!(router.label(old.route().version()), Some("v1"));
    assert_eq!(router.label(new.route().version()), Some("v2"));
    assert!(old.route().generation() < new.route().generation());
}

#[test]
fn e4_after_a_rejection_no_way_leads_to_the_version() {
    let router = pair();
    let everybody = attr("any").is("x").or(attr("any").is("y"));
    let policy = Policy::canary("r", "v2", Share::ALL)
        .or_for(everybody)
        .with_units("v2", ["listed"])
        .with_shadow("v2", Share::ALL);
    router.release(policy).unwrap();
    let known = [("any", "x")];
    let units = || {
        let numbered = (0..100u64).map(Unit::from);
        numbered.chain([Unit::from("listed"), Unit::from("u").with(&known)])
    };
    for unit in units() {
        assert_eq!(router.label(router.route(unit).version()), Some("v2"));
    }
    router.reject("v2", "wrong").unwrap();
    for unit in units() {
        let route = router.route(unit);
        assert_eq!(router.label(route.version()), Some("v1"));
        assert!(route.shadows().is_empty());
        assert_eq!(*router.admit(unit).model(), "one");
    }
    // It cannot be released again as it is.
    let again = router.release(Policy::canary("r", "v2", Share::ALL));
    let expected = PolicyError::NotReady {
        field: "canary.version",
        version: "v2".to_owned(),
        state: VersionState::Rejected,
    };
    assert_eq!(again, Err(OperationError::Policy(expected)));
    // Another model under the same label does not come back by the policy in force.
    assert_eq!(router.reclaim("v2"), Ok("two"));
    ready(&router, "v2", "another two");
    for unit in units() {
        let route = router.route(unit);
        assert_eq!(router.label(route.version()), Some("v1"));
        assert!(route.shadows().is_empty());
    }
}

#[test]
fn e5_a_model_comes_back_after_its_last_lease() {
    let router = pair();
    router.swap("v2").unwrap();
    let (first, second) = (router.admit(1u64), router.admit(2u64));
    assert_eq!(router.in_flight("v2"), Some(2));
    let open = Drain::Open {
        state: VersionState::Live,
        in_flight: 2,
    };
    assert_eq!(router.drain("v2"), Ok(open));
    let early = router.reclaim("v2").unwrap_err();
    assert!(matches!(early, ReclaimError::Operation(_)));
    assert!(!early.will_pass());
    router.rollback("slow").unwrap();
    for (ticket, in_flight) in [(first, 2), (second, 1)] {
        let still = router.reclaim("v2").unwrap_err();
        let expected = ReclaimError::StillInUse {
            version: "v2".to_owned(),
            in_flight,
        };
        assert_eq!(still, expected);
        assert!(still.will_pass());
        assert_eq!(router.drain("v2"), Ok(Drain::Draining { in_flight }));
        assert_eq!(*ticket.model(), "two");
        drop(ticket);
    }
    assert_eq!(router.drain("v2"), Ok(Drain::Quiesced));
    assert_eq!(router.reclaim("v2"), Ok("two"));
    assert_eq!(router.in_flight("v2"), None);
    assert!(matches!(
        router.drain("v2"),
        Err(OperationError::UnknownVersion { .. })
    ));
}

#[test]
fn e5_leases_of_older_generations_count() {
    let router = pair();
    router
        .release(Policy::canary("r", "v2", Share::ALL))
        .unwrap();
    let ticket = router.admit(1u64);
    // Steps of a ramp publish the same deployments anew.
    for percent in [90, 80, 70] {
        let share = Share::percent(percent).unwrap();
        router.release(Policy::canary("r", "v2", share)).unwrap();
        // The thread takes its leases anew; those that were taken before still count.
        drop(router.admit(1u64));
        assert_eq!(router.in_flight("v2"), Some(1));
    }
    router.release(Policy::live_only("r")).unwrap();
    router.retire("v2").unwrap();
    let still = router.reclaim("v2").unwrap_err();
    assert!(matches!(
        still,
        ReclaimError::StillInUse { in_flight: 1, .. }
    ));
    drop(ticket);
    assert_eq!(router.reclaim("v2"), Ok("two"));
}

#[test]
fn e5_a_lease_for_a_fallback_or_a_shadow_counts() {
    struct Fails(bool);
    impl Model for Fails {
        type Input = ();
        type Output = bool;
        type Error = bool;
        fn predict(&self, (): &()) -> Result<bool, bool> {
            if self.0 { Err(true) } else { Ok(false) }
        }
    }
    let router = Router::new("r", "v1", Fails(false)).unwrap();
    ready(&router, "v2", Fails(true));
    ready(&router, "v3", Fails(false));
    let policy = Policy::canary("r", "v2", Share::ALL)
        .on_error(OnError::Live)
        .with_shadow("v3", Share::ALL);
    router.release(policy).unwrap();
    let ticket = router.admit(1u64);
    let leases = ["v1", "v2", "v3"].map(|version| router.in_flight(version));
    assert_eq!(leases, [Some(1), Some(1), Some(1)]);
    drop(ticket);
    let served = router.predict(1u64, &());
    assert_eq!(served.answer, Ok(false));
    let leases = ["v1", "v2", "v3"].map(|version| router.in_flight(version));
    assert_eq!(leases, [Some(0), Some(0), Some(1)]);
    router.reject("v3", "not needed").unwrap();
    assert!(router.reclaim("v3").is_err());
    drop(served);
    assert!(router.reclaim("v3").is_ok());
}

/// Does something the first time that the router asks for an attribute.
struct Meanwhile<'a> {
    once: AtomicBool,
    act: &'a dyn Fn(),
}

impl Attributes for Meanwhile<'_> {
    fn get(&self, _: &str) -> Option<Value<'_>> {
        if !self.once.swap(true, Ordering::Relaxed) {
            (self.act)();
        }
        Some("internal".into())
    }
}

#[test]
fn e4_a_rejection_in_the_middle_of_an_admission_is_seen() {
    let router = Router::builder("r")
        .journal(JournalCapacity::new(10).unwrap())
        .build("v1", "one")
        .unwrap();
    ready(&router, "v2", "two");
    let staff = || Policy::live_only("r").with_rule(attr("tier").is("internal"), "v2");
    router.swap_with("v2", staff()).unwrap();
    let recording = router.recording().unwrap();
    // The thread knows the snapshot by heart.
    drop(router.admit(0u64));
    let rolled_back = AtomicU64::new(0);
    let act = || {
        let generation = router.rollback("wrong").unwrap();
        rolled_back.store(generation, Ordering::Relaxed);
    };
    let attributes = Meanwhile {
        once: AtomicBool::new(false),
        act: &act,
    };
    let ticket = router.admit(Unit::from(1u64).with(&attributes));
    assert_eq!(*ticket.model(), "one");
    assert_eq!(
        ticket.route().generation(),
        rolled_back.load(Ordering::Relaxed)
    );
    // The reader of the older generation left neither a lease nor an entry.
    assert_eq!(router.drain("v2"), Ok(Drain::Quiesced));
    assert!(recording.is_final());
    assert_eq!(recording.counts().requests(), 1);
    assert_eq!(router.reclaim("v2"), Ok("two"));
}
