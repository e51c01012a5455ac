//! Checks that bad policies change nothing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use switchstand::{
    Policy, Route, Router, Share, VersionState, deployment::OperationError, release::PolicyError,
};

/// A router with a version in each state, and a policy in force.
fn router() -> Router<()> {
    let router = Router::new("bad", "v1", ()).unwrap();
    for version in ["v2", "v3", "rejected", "retiring", "staged"] {
        router.deploy(version, ()).unwrap();
        if version != "staged" {
            router.validate(version, |()| Ok::<_, ()>(())).unwrap();
        }
    }
    router.reject("rejected", "it is bad").unwrap();
    router.retire("retiring").unwrap();
    let half = Share::percent(50).unwrap();
    router.release(Policy::canary("good", "v2", half)).unwrap();
    router
}

fn routes(router: &Router<()>) -> Vec<Route> {
    (0..200u64).map(|number| router.route(number)).collect()
}

/// A policy, the error it gives, and what the error's message must name.
pub(crate) type Case = (Policy, PolicyError, &'static [&'static str]);

/// Checks that each policy is refused by every way in, and that nothing changes.
pub(crate) fn all_are_refused(cases: Vec<Case>) {
    let router = router();
    let fingerprint = router.current().fingerprint();
    let generation = router.generation();
    let before = routes(&router);
    for (policy, error, named) in cases {
        let message = error.to_string();
        for name in named {
            assert!(message.contains(name), "{message:?} does not name {name:?}");
        }
        assert_eq!(router.check(&policy), Err(error.clone()), "{message}");
        let refused = Err(OperationError::Policy(error.clone()));
        assert_eq!(router.release(policy.clone()), refused, "{message}");
        // After a swap another version is live, for which the policy may be good.
        let of_live = matches!(
            error,
            PolicyError::CanaryIsLive { .. } | PolicyError::ShadowOfItself { .. }
        );
        if !of_live {
            assert_eq!(router.swap_with("v3", policy.clone()), refused, "{message}");
        }
        assert_eq!(router.current().fingerprint(), fingerprint, "{message}");
        assert_eq!(router.generation(), generation, "{message}");
        assert_eq!(router.state("v3"), Some(VersionState::Ready), "{message}");
        assert_eq!(routes(&router), before, "{message}");
    }
    // The table proves nothing if the router refuses everything.
    assert!(router.release(Policy::live_only("good again")).is_ok());
}
