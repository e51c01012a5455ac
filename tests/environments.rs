//! The invariants of environments, on a router.

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
    Change, CloseError, Drain, Environments, Model, OnError, Operation, OperationError, Policy,
    PolicyError, ReclaimError, Record, Recorder, RestoreFault, Router, Share, Timestamp, Unit,
    ValidateError, VersionState, attr,
};

fn ready<M: Send + Sync + 'static>(router: &Router<M>, version: &str, model: M) {
    router.deploy(version, model).unwrap();
    router
        .validate(version, |_| Ok::<(), Infallible>(()))
        .unwrap();
}

fn pair() -> Router<&'static str> {
    let router = Router::new("r", "v1", "one").unwrap();
    ready(&router, "v2", "two");
    router
}

fn served<M: Send + Sync + 'static>(router: &Router<M>, unit: u64) -> String {
    let route = router.route(unit);
    router.label(route.version()).unwrap().to_owned()
}

#[test]
fn e1_one_version_is_live_at_every_moment() {
    let router = pair();
    let live = |router: &Router<&'static str>| {
        let environments = router.environments();
        let live: Vec<_> = environments
            .iter()
            .filter(|environment| environment.state() == VersionState::Live)
            .map(|environment| environment.label().to_owned())
            .collect();
        assert_eq!(live.len(), 1);
        assert_eq!(live[0], environments.live().label());
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
    // Steps of a ramp publish the same environments anew.
    for percent in [90, 80, 70] {
        let share = Share::percent(percent).unwrap();
        router.release(Policy::canary("r", "v2", share)).unwrap();
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

/// Counts where it was dropped.
struct Watched {
    dropped: Arc<Mutex<Vec<thread::ThreadId>>>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.dropped.lock().unwrap().push(thread::current().id());
    }
}

#[test]
fn e8_models_are_never_dropped_by_a_living_router() {
    let dropped = Arc::new(Mutex::new(Vec::new()));
    let model = || Watched {
        dropped: Arc::clone(&dropped),
    };
    let count = || dropped.lock().unwrap().len();
    let router = Router::new("r", "v1", model()).unwrap();
    ready(&router, "v2", model());
    router.swap("v2").unwrap();
    let ticket = router.admit(1u64);
    router.rollback("slow").unwrap();
    assert!(router.reclaim("v2").is_err());
    thread::scope(|scope| {
        scope.spawn(move || drop(ticket));
    });
    assert_eq!(count(), 0);
    let back = router.reclaim("v2").unwrap();
    assert_eq!(count(), 0);
    drop(back);
    assert_eq!(*dropped.lock().unwrap(), [thread::current().id()]);
    // A refusal gives the model back as well.
    let refused = router.deploy("v1", model()).unwrap_err();
    assert_eq!(count(), 1);
    drop(refused);
    let refused = Router::builder("r")
        .restore(Environments::new("v1").unwrap(), [("v9", model())])
        .unwrap_err();
    assert_eq!(count(), 2);
    drop(refused.models);
    assert_eq!(count(), 3);
}

#[test]
fn e8_closing_hands_all_models_back() {
    let router = pair();
    ready(&router, "v3", "three");
    router.swap("v2").unwrap();
    router.reject("v3", "x").unwrap();
    let second = router.clone();
    let ticket = second.admit(1u64);
    let router = match router.close() {
        Err(CloseError::Shared { router, handles }) => {
            assert_eq!(handles, 2);
            router
        }
        other => panic!("{other:?}"),
    };
    drop(second);
    assert_eq!(served(&router, 1), "v2");
    let closing = match router.close() {
        Err(CloseError::InUse(closing)) => closing,
        other => panic!("{other:?}"),
    };
    let in_flight: Vec<_> = closing.in_flight().collect();
    assert_eq!(in_flight, [("v2", 1)]);
    let closing = closing.poll().unwrap_err();
    assert_eq!(*ticket.model(), "two");
    drop(ticket);
    let mut models = closing.poll().unwrap();
    models.sort();
    let expected = [("v1", "one"), ("v2", "two"), ("v3", "three")];
    assert_eq!(
        models,
        expected.map(|(label, model)| (label.to_owned(), model))
    );
    let alone = pair();
    alone.admit(1u64);
    assert_eq!(alone.close().unwrap().len(), 2);
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

#[test]
fn the_reverse_shadow_goes_on_until_the_swap_is_accepted() {
    struct Echo(u32);
    impl Model for Echo {
        type Input = ();
        type Output = u32;
        type Error = Infallible;
        fn predict(&self, (): &()) -> Result<u32, Infallible> {
            Ok(self.0)
        }
    }
    let router = Router::new("r", "v1", Echo(1)).unwrap();
    ready(&router, "v2", Echo(2));
    let shadows = |router: &Router<Echo>| -> Vec<String> {
        let served = router.predict("user-42", &());
        let versions = served.shadows.iter().map(|task| task.version().to_owned());
        versions.collect()
    };
    router.swap_and_shadow("v2", Share::ALL).unwrap();
    assert_eq!(router.predict("user-42", &()).answer, Ok(2));
    assert_eq!(shadows(&router), ["v1"]);
    // After a roll-back the old one answers, and shadows nobody.
    router.rollback("slow").unwrap();
    assert_eq!(router.predict("user-42", &()).answer, Ok(1));
    assert_eq!(shadows(&router), [""; 0]);
    ready(&router, "v3", Echo(3));
    router.swap_and_shadow("v3", Share::ALL).unwrap();
    assert_eq!(shadows(&router), ["v1"]);
    router.accept().unwrap();
    assert_eq!(shadows(&router), [""; 0]);
    assert_eq!(router.predict("user-42", &()).answer, Ok(3));
    assert!(router.reclaim("v1").is_ok());
}

#[derive(Default)]
struct Log {
    changes: Mutex<Vec<Change<'static>>>,
    clock: AtomicU64,
}

impl Recorder for Log {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.clock.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, record: Record<'_>) {
        if let Record::Change(change) = record {
            self.changes.lock().unwrap().push(change.into_owned());
        }
    }
}

#[test]
fn the_log_of_changes_is_the_history_of_the_state() {
    let log = Arc::new(Log::default());
    let recorder: Arc<dyn Recorder> = log.clone();
    let router = Router::builder("r")
        .recorder(recorder)
        .build("v1", 1)
        .unwrap();
    let start = router.environments();
    ready(&router, "v2", 2);
    let noon = Timestamp::from_secs(43_200);
    let ana = router.operator().named("ana").because("better").at(noon);
    ana.swap("v2").unwrap();
    router.operator().named("bob").rollback("p99").unwrap();
    assert!(router.swap("v2").is_err());
    router.reclaim("v2").unwrap();
    let changes = log.changes.lock().unwrap();
    let state = start.replay(&*changes).unwrap();
    assert_eq!(state, router.environments());
    let told: Vec<_> = changes
        .iter()
        .map(|change| (change.sequence(), &*change.actor, &*change.cause, change.at))
        .collect();
    let at = Timestamp::from_secs;
    let expected = [
        (1, "", "", at(0)),
        (2, "", "", at(1)),
        (3, "ana", "better", noon),
        (4, "bob", "p99", at(2)),
        (5, "", "", at(3)),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_restored_router_goes_on_where_the_old_one_stopped() {
    let router = pair();
    ready(&router, "v3", "three");
    router
        .release(Policy::canary("r", "v3", Share::ALL))
        .unwrap();
    router.reject("v3", "wrong").unwrap();
    router.deploy("v4", "four").unwrap();
    let state = router.environments();
    let models = || {
        [
            ("v4", "four"),
            ("v2", "two"),
            ("v1", "one"),
            ("v3", "three"),
        ]
    };
    let restored = Router::builder("r")
        .restore(state.clone(), models())
        .unwrap();
    assert_eq!(restored.environments(), state);
    assert_eq!(restored.route(1u64), router.route(1u64));
    for (version, model) in models() {
        let id = state.get(version).unwrap().id();
        assert_eq!(restored.label(id), Some(version));
        restored
            .operator()
            .reject(version, "x")
            .map(|_| assert_eq!(restored.reclaim(version), Ok(model)))
            .unwrap_or_else(|_| assert_eq!(version, "v1"));
    }
    // Numbers go on, so no old route names a new version.
    restored.deploy("v5", "five").unwrap();
    let newest = restored.environments().get("v5").unwrap().id();
    assert!(state.iter().all(|environment| environment.id() < newest));
    assert_eq!(router.label(newest), None);

    let fault = |models: Vec<(&'static str, &'static str)>| {
        let refused = Router::builder("r")
            .restore(state.clone(), models.clone())
            .unwrap_err();
        let back: Vec<_> = refused
            .models
            .iter()
            .map(|(label, model)| (label.as_str(), *model))
            .collect();
        assert_eq!(back, models);
        refused.source
    };
    let version = |version: &str| version.to_owned();
    let [four, two, one, three] = models();
    assert_eq!(
        fault(vec![four, two, three]),
        RestoreFault::Missing {
            version: version("v1")
        }
    );
    assert_eq!(
        fault(vec![four, two, one]),
        RestoreFault::Missing {
            version: version("v3")
        }
    );
    assert_eq!(
        fault(vec![four, two, one, three, ("v9", "?")]),
        RestoreFault::Extra {
            version: version("v9")
        }
    );
    assert_eq!(
        fault(vec![four, two, one, three, two]),
        RestoreFault::Twice {
            version: version("v2")
        }
    );
}

#[test]
fn a_model_under_validation_is_not_taken_away() {
    let router = Router::new("r", "v1", 1).unwrap();
    router.deploy("v2", 2).unwrap();
    let result = router.validate("v2", |model| {
        router.reject("v2", "meanwhile").unwrap();
        let refused = router.reclaim("v2").unwrap_err();
        assert!(matches!(
            refused,
            ReclaimError::StillInUse { in_flight: 0, .. }
        ));
        Ok::<i32, Infallible>(*model)
    });
    let expected = OperationError::WrongState {
        version: "v2".to_owned(),
        state: VersionState::Rejected,
        expected: "staged",
    };
    assert_eq!(result, Err(ValidateError::Operation(expected)));
    assert_eq!(router.reclaim("v2"), Ok(2));
    assert_eq!(
        router.validate("v2", |_| Err::<(), _>("never called")),
        Err(ValidateError::Operation(OperationError::UnknownVersion {
            version: "v2".to_owned()
        }))
    );
    router.deploy("v3", 3).unwrap();
    let failed = router.validate("v3", |_| Err::<(), _>("no answer"));
    let expected = ValidateError::Failed {
        version: "v3".to_owned(),
        cause: "no answer",
    };
    assert_eq!(failed, Err(expected));
    assert_eq!(router.state("v3"), Some(VersionState::Staged));
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
    let mut state = router.environments();
    assert!(state.apply(&operation).is_err());
}
