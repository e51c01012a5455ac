//! What operators may do, and who wins: E6, E7 and E10.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a failed expectation ends a test, and threads are what is tested"
)]

use std::{
    convert::Infallible,
    sync::{
        Arc, Barrier, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use switchstand::{
    Model, Observer, Policy, Router, Share, Timestamp, VersionState,
    deployment::{Change, LabelError, Operation, OperationError},
    operator::{ReclaimError, ValidateError},
};

use super::pair::{pair, ready};

#[test]
fn e6_of_many_operators_who_saw_the_same_one_wins() {
    let router = pair();
    for round in 0..50 {
        let seen = router.generation();
        let barrier = Barrier::new(4);
        let act = |operator: u32| {
            let operator = router
                .operator()
                .named(["a", "b", "c", "d"][operator as usize])
                .expecting(seen);
            barrier.wait();
            operator.release(Policy::live_only(&format!("round-{round}")))
        };
        let results: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|n| scope.spawn(move || act(n))).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let won: Vec<_> = results.iter().flatten().collect();
        assert_eq!(won, [&(seen + 1)]);
        for lost in results.iter().filter_map(|result| result.as_ref().err()) {
            let stale = OperationError::Stale {
                expected: seen,
                found: seen + 1,
            };
            assert_eq!(*lost, stale);
        }
    }
}

#[test]
fn e6_every_operation_but_an_abort_can_be_made_void() {
    let router = Router::new("r", "v1", 1).unwrap();
    let late = || router.operator().expecting(99);
    let stale = |found| OperationError::Stale {
        expected: 99,
        found,
    };
    let refused = late().deploy("v2", 2).unwrap_err();
    assert_eq!((refused.source, refused.model), (stale(0), 2));
    router.deploy("v2", 2).unwrap();
    let checked = AtomicBool::new(false);
    let refused = late().validate("v2", |_| {
        checked.store(true, Ordering::Relaxed);
        Ok::<(), Infallible>(())
    });
    assert_eq!(refused, Err(ValidateError::Operation(stale(1))));
    assert!(!checked.load(Ordering::Relaxed));
    router.validate("v2", |_| Ok::<(), Infallible>(())).unwrap();
    let policy = || Policy::live_only("x");
    assert_eq!(late().release(policy()), Err(stale(2)));
    assert_eq!(late().swap("v2"), Err(stale(2)));
    assert_eq!(late().swap_with("v2", policy()), Err(stale(2)));
    assert_eq!(late().swap_and_shadow("v2", Share::ALL), Err(stale(2)));
    assert_eq!(late().shed("v2", Share::ALL), Err(stale(2)));
    assert_eq!(late().retire("v2"), Err(stale(2)));
    router.swap("v2").unwrap();
    assert_eq!(late().accept(), Err(stale(3)));
    assert_eq!(late().rollback("slow"), Ok(4));
    assert_eq!(late().reject("v2", "slow"), Ok(5));
    let refused = late().reclaim("v2");
    assert_eq!(refused, Err(ReclaimError::Operation(stale(5))));
}

#[test]
fn e6_an_abort_wins_against_a_promotion_at_the_same_moment() {
    for _ in 0..200 {
        let router = pair();
        ready(&router, "v3", "three");
        router
            .release(Policy::canary("r", "v2", Share::ALL))
            .unwrap();
        let seen = router.generation();
        let barrier = Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| {
                barrier.wait();
                let promoted = router.operator().expecting(seen).swap("v2");
                assert!(matches!(
                    promoted,
                    Ok(_) | Err(OperationError::Stale { .. })
                ));
            });
            barrier.wait();
            router
                .operator()
                .expecting(seen)
                .reject("v2", "wrong")
                .unwrap();
            assert_eq!(*router.admit(7u64).model(), "one");
        });
        assert_eq!(router.state("v2"), Some(VersionState::Rejected));
        assert_eq!(*router.admit(7u64).model(), "one");
    }
}

#[test]
fn e7_a_rollback_needs_a_standby_and_a_candidate_can_always_be_rejected() {
    let router = pair();
    let none = |version: &str| {
        Err(OperationError::NoStandby {
            version: version.to_owned(),
        })
    };
    assert_eq!(router.rollback("x"), none("v1"));
    assert_eq!(router.reject("v1", "x"), none("v1"));
    router.swap("v2").unwrap();
    router.accept().unwrap();
    assert_eq!(router.rollback("x"), none("v2"));
    // Staged, ready, retiring and rejected versions can all be rejected.
    router.deploy("staged", "s").unwrap();
    ready(&router, "ready", "r");
    for version in ["staged", "ready", "v1", "v1"] {
        router.reject(version, "x").unwrap();
        assert_eq!(router.state(version), Some(VersionState::Rejected));
    }
    // A rejected stand-by leaves nothing to go back to.
    ready(&router, "v3", "three");
    router.swap("v3").unwrap();
    router.reject("v2", "x").unwrap();
    assert_eq!(router.rollback("x"), none("v3"));
    ready(&router, "v4", "four");
    router.swap("v4").unwrap();
}

#[test]
fn e10_what_the_policy_names_is_not_retired() {
    let router = pair();
    ready(&router, "v3", "three");
    let policy = Policy::canary("r", "v2", Share::percent(1).unwrap())
        .with_shadow("v3", Share::percent(1).unwrap());
    router.release(policy).unwrap();
    for version in ["v2", "v3"] {
        let refused = router.retire(version).unwrap_err();
        assert!(matches!(refused, OperationError::NamedByPolicy { .. }));
    }
    // What was rejected is out of the policy.
    router.reject("v3", "x").unwrap();
    router.retire("v3").unwrap();
    router.release(Policy::live_only("r")).unwrap();
    router.retire("v2").unwrap();
    // A stand-by that still answers for somebody cannot be let go.
    ready(&router, "v4", "four");
    router
        .swap_with("v4", Policy::canary("r", "v1", Share::percent(5).unwrap()))
        .unwrap();
    let refused = router.accept().unwrap_err();
    assert!(matches!(refused, OperationError::NamedByPolicy { .. }));
    router.release(Policy::live_only("r")).unwrap();
    router.accept().unwrap();
    assert_eq!(router.state("v1"), Some(VersionState::Retiring));
}

#[derive(Default)]
struct Log {
    changes: Mutex<Vec<Change<'static>>>,
    clock: AtomicU64,
}

impl Observer for Log {
    fn change(&self, change: &Change<'_>) {
        self.changes
            .lock()
            .unwrap()
            .push(change.clone().into_owned());
    }
}

#[test]
fn the_log_of_changes_is_the_history_of_the_state() {
    let log = Arc::new(Log::default());
    let ticks = Arc::clone(&log);
    let router = Router::builder("r")
        .observer(Arc::clone(&log))
        .clock(move || Timestamp::from_secs(ticks.clock.fetch_add(1, Ordering::Relaxed)))
        .build("v1", 1)
        .unwrap();
    let start = router.deployments();
    ready(&router, "v2", 2);
    let noon = Timestamp::from_secs(43_200);
    let ana = router.operator().named("ana").because("better").at(noon);
    ana.swap("v2").unwrap();
    router.operator().named("bob").rollback("p99").unwrap();
    assert!(router.swap("v2").is_err());
    router.reclaim("v2").unwrap();
    let changes = log.changes.lock().unwrap();
    let state = start.replay(&*changes).unwrap();
    assert_eq!(state, router.deployments());
    let told: Vec<_> = changes
        .iter()
        .map(|change| (change.sequence(), &*change.actor, &*change.cause, change.at))
        .collect();
    let at = |secs| Some(Timestamp::from_secs(secs));
    let expected = [
        (1, "", "", at(0)),
        (2, "", "", at(1)),
        (3, "ana", "better", Some(noon)),
        (4, "bob", "p99", at(2)),
        (5, "", "", at(3)),
    ];
    assert_eq!(told, expected);
}

#[test]
fn an_operation_from_within_a_request_does_not_hang() {
    struct Meddles(Mutex<Option<Router<Meddles>>>);
    impl Model for Meddles {
        type Input = ();
        type Output = u64;
        type Error = OperationError;
        fn predict(&self, (): &()) -> Result<u64, OperationError> {
            match &*self.0.lock().unwrap() {
                Some(router) => router.release(Policy::live_only("from within")),
                None => Ok(0),
            }
        }
    }
    let router = Router::new("r", "v1", Meddles(Mutex::new(None))).unwrap();
    let handle = router.clone();
    *router.admit(1u64).model().0.lock().unwrap() = Some(handle);
    assert_eq!(router.predict(1u64, &()).answer, Ok(1));
    router.admit(1u64).model().0.lock().unwrap().take();
    let operation = Operation::Accept;
    let mut state = router.deployments();
    assert!(state.apply(&operation).is_err());
}

#[test]
fn a_label_has_between_1_and_256_bytes() {
    let start = |label: &str| Router::new("ranker", label, 1).map(|router| router.generation());
    let (longest, too_long) = ("é".repeat(128), "x".repeat(257));
    let refusal = LabelError::TooLong {
        length: 257,
        limit: 256,
    };
    assert_eq!(start(""), Err(LabelError::Empty));
    assert_eq!(start(&too_long), Err(refusal.clone()));
    assert_eq!(start(&longest), Ok(0));
    let router = Router::new("ranker", "v1", 1).unwrap();
    assert_eq!(router.name(), "ranker");
    assert_eq!(router.deploy(&longest, 2).unwrap(), 1);
    for (label, refusal) in [("", LabelError::Empty), (&too_long, refusal)] {
        let refused = router.deploy(label, 3).unwrap_err();
        assert_eq!(refused.source, OperationError::Label(refusal));
        assert_eq!(refused.model, 3);
    }
}
