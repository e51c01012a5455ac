//! Two versions on one machine: a budget of memory, and models that load on first use.
#![allow(clippy::unwrap_used, reason = "a failed expectation ends a test")]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use switchstand::{Ending, Policy, Router, Share, deployment::OperationError};

/// A handle on weights that are loaded on first use, and can be given up.
#[derive(Debug, Default)]
struct Lazy {
    weights: Mutex<Option<Vec<u8>>>,
    loads: AtomicU64,
}

impl Lazy {
    /// What the weights take once they are loaded, which a handle knows from its file.
    const LOADED: u64 = 100;

    fn answer(&self) -> usize {
        let mut weights = self.weights.lock().unwrap();
        let loaded = weights.get_or_insert_with(|| {
            self.loads.fetch_add(1, Ordering::SeqCst);
            vec![1; Lazy::LOADED as usize]
        });
        loaded.len()
    }

    fn give_up(&self) {
        *self.weights.lock().unwrap() = None;
    }

    fn size(&self) -> u64 {
        let weights = self.weights.lock().unwrap();
        weights.as_ref().map_or(0, |weights| weights.len() as u64)
    }
}

#[test]
fn a_deployment_above_the_budget_is_refused_and_gives_the_model_back() {
    let router = Router::builder("ranker")
        .memory_budget(100, |size: &u64| *size)
        .build("v1", 60)
        .unwrap();
    assert_eq!(router.memory_left(), Some(40));
    let refused = router.deploy("v2", 41).unwrap_err();
    assert_eq!(refused.model, 41);
    let said = "version \"v2\" takes 41 bytes, and 60 of the 100 that all versions may take are in \
                use: reclaim one first";
    assert_eq!(refused.to_string(), said);
    assert_eq!((router.generation(), router.state("v2")), (0, None));
    router.deploy("v2", 40).unwrap();
    assert_eq!(router.memory_left(), Some(0));
    // A version takes its memory until it is reclaimed, and no longer.
    router.retire("v2").unwrap();
    assert!(router.deploy("v3", 1).is_err());
    router.reclaim("v2").unwrap();
    router.deploy("v3", 40).unwrap();
    // What overflows is above any budget.
    router.retire("v3").unwrap();
    router.reclaim("v3").unwrap();
    let refused = router.deploy("v4", u64::MAX).unwrap_err();
    assert!(matches!(
        refused.source,
        OperationError::OverMemory {
            size: u64::MAX,
            in_use: 60,
            budget: 100,
            ..
        }
    ));
    let unbounded = Router::new("ranker", "v1", 60_u64).unwrap();
    unbounded.deploy("v2", u64::MAX).unwrap();
    assert_eq!(unbounded.memory_left(), None);
}

#[test]
fn a_handle_loads_on_first_use_and_gives_the_stand_by_s_memory_up() {
    // The application keeps the handles; the router has clones of them.
    let (first, second) = (Arc::new(Lazy::default()), Arc::new(Lazy::default()));
    let router = Router::builder("ranker")
        .memory_budget(2 * Lazy::LOADED, |handle: &Arc<Lazy>| handle.size())
        .build("v1", Arc::clone(&first))
        .unwrap();
    router.deploy("v2", Arc::clone(&second)).unwrap();
    assert_eq!(router.memory_left(), Some(200), "nothing is loaded yet");
    // The first request pays for the load, unless validation does.
    router
        .validate("v2", |handle| {
            if handle.answer() == 100 {
                Ok(())
            } else {
                Err("short")
            }
        })
        .unwrap();
    for user in ["ana", "ben"] {
        let answer = router
            .admit(user)
            .call(|handle| Ok::<_, ()>(handle.answer()));
        assert_eq!(answer, Ok(100));
    }
    let loads = |handle: &Lazy| handle.loads.load(Ordering::SeqCst);
    assert_eq!((loads(&first), loads(&second)), (1, 1));
    assert_eq!(router.memory_left(), Some(0));

    router.swap("v2").unwrap();
    assert!(
        router
            .deploy(
                "v3",
                Arc::new(Lazy {
                    weights: Mutex::new(Some(vec![0])),
                    loads: AtomicU64::new(1)
                })
            )
            .is_err()
    );
    // The stand-by's memory is given up; it stands by all the same, and loads when it is asked.
    first.give_up();
    assert_eq!(router.memory_left(), Some(100));
    router.rollback("p99 doubled").unwrap();
    assert_eq!(
        router
            .admit("ana")
            .call(|handle| Ok::<_, ()>(handle.answer())),
        Ok(100)
    );
    assert_eq!(loads(&first), 2);
    assert_eq!(router.outcomes("v1").unwrap().ended(Ending::Answered), 3);
}

#[test]
fn a_policy_in_mid_ramp_waits_for_its_candidate() {
    // A server that starts while others ramp: it is ready when the policy may be released.
    let policy = Policy::canary("ranker-2", "v2", Share::percent(10).unwrap());
    let router = Router::new("ranker", "v1", 1_u64).unwrap();
    let is_ready = || router.check(&policy).is_ok();
    assert!(!is_ready(), "the candidate is not loaded yet");
    router.deploy("v2", 2).unwrap();
    assert!(!is_ready(), "it is not validated yet");
    router.validate("v2", |_| Ok::<(), ()>(())).unwrap();
    assert!(is_ready());
    router.release(policy.clone()).unwrap();
}
