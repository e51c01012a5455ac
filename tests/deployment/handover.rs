//! Models handed in and out: closing, restoring, validating, shadowing in reverse.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a failed expectation ends a test, and threads are what is tested"
)]

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    thread,
};

use switchstand::{
    Model, Policy, Router, Share, VersionState,
    deployment::{Deployments, OperationError},
    operator::{CloseError, ReclaimError, RestoreFault, ValidateError},
};

use super::pair::{pair, ready};

fn served<M: Send + Sync + 'static>(router: &Router<M>, unit: u64) -> String {
    let route = router.route(unit);
    router.label(route.version()).unwrap().to_owned()
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
        .restore(Deployments::new("v1").unwrap(), [("v9", model())])
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
    drop(alone.admit(1u64));
    assert_eq!(alone.close().unwrap().len(), 2);
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

#[test]
fn a_restored_router_goes_on_where_the_old_one_stopped() {
    let router = pair();
    ready(&router, "v3", "three");
    router
        .release(Policy::canary("r", "v3", Share::ALL))
        .unwrap();
    router.reject("v3", "wrong").unwrap();
    router.deploy("v4", "four").unwrap();
    let state = router.deployments();
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
    assert_eq!(restored.deployments(), state);
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
    let newest = restored.deployments().get("v5").unwrap().id();
    assert!(state.iter().all(|deployment| deployment.id() < newest));
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
fn errors_that_hand_something_back_say_what_is_wrong() {
    let router = pair();
    let refused = router.deploy("v2", "again").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "version \"v2\" is deployed already, and ready: its label is free again after `reclaim`"
    );
    let held = router.clone();
    let error = router.close().unwrap_err();
    assert_eq!(error.to_string(), "router \"r\" has 2 handles");
    let CloseError::Shared { router, .. } = error else {
        panic!("{error:?}");
    };
    drop(held);
    let tickets = [router.admit(1u64), router.admit(2u64)];
    let error = router.close().unwrap_err();
    assert_eq!(
        error.to_string(),
        "2 leases are held on models of the closed router"
    );
    drop(tickets);
    let state = Deployments::new("v1").unwrap();
    let none: [(&str, ()); 0] = [];
    let error = Router::builder("r").restore(state, none).unwrap_err();
    assert_eq!(
        error.to_string(),
        "version \"v1\" is deployed, and there is no model for it: hand one over, or restore without \
         that version"
    );
}
