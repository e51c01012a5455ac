//! What a request gets when the model that was chosen for it fails.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use switchstand::{Model, OnError, Policy, Reason, Router, Share};

/// Answers with its own name, or fails with it.
struct Named {
    name: &'static str,
    fails: bool,
}

impl Model for Named {
    type Input = ();
    type Output = &'static str;
    type Error = &'static str;

    fn predict(&self, (): &()) -> Result<&'static str, &'static str> {
        if self.fails {
            Err(self.name)
        } else {
            Ok(self.name)
        }
    }
}

/// The canary `v2` answers everybody and fails.
fn router(policy: Policy) -> Router<Named> {
    let live = Named {
        name: "v1",
        fails: false,
    };
    let router = Router::new("fallback", "v1", live).unwrap();
    for (name, fails) in [("v2", true), ("v3", false)] {
        router.deploy(name, Named { name, fails }).unwrap();
        router.validate(name, |_| Ok::<_, ()>(())).unwrap();
    }
    router.release(policy).unwrap();
    router
}

fn failing_canary() -> Policy {
    Policy::canary("failing", "v2", Share::ALL)
}

#[test]
fn without_a_fallback_the_error_is_the_answer() {
    let served = router(failing_canary()).predict("user-42", &());
    assert_eq!(served.answer, Err("v2"));
    assert_eq!(served.route.reason(), Reason::Gate);
    assert!(served.route.is_randomised());
}

#[test]
fn r7_a_fallback_is_answered_by_the_live_version_and_is_no_evidence() {
    let router = router(failing_canary().on_error(OnError::Live));
    assert_eq!(router.route("user-42").reason(), Reason::Gate);
    let served = router.predict("user-42", &());
    assert_eq!(served.answer, Ok("v1"));
    assert_eq!(served.route.reason(), Reason::Fallback);
    assert_eq!(router.label(served.route.version()), Some("v1"));
    assert_eq!(served.route.propensity(), None);
    assert_eq!(served.route.arm(), None);
    assert!(!served.route.is_randomised());
}

#[test]
fn r5_the_version_that_steps_in_does_not_shadow_itself() {
    let policy = failing_canary()
        .on_error(OnError::Live)
        .with_shadow("v1", Share::ALL)
        .with_shadow("v3", Share::ALL);
    let served = router(policy).predict("user-42", &());
    assert_eq!(served.answer, Ok("v1"));
    let shadows: Vec<_> = served.shadows.iter().map(|task| task.version()).collect();
    assert_eq!(shadows, ["v3"]);
}

#[test]
fn r5_a_fallback_names_the_shadows_that_run() {
    let policy = failing_canary().on_error(OnError::Live);
    let policy = policy.with_shadow("v1", Share::ALL);
    for (policy, expected) in [
        (policy.clone(), &[][..]),
        (policy.with_shadow("v3", Share::ALL), &["v3"]),
        (failing_canary().with_shadow("v3", Share::ALL), &["v3"]),
    ] {
        let router = router(policy);
        let served = router.predict("user-42", &());
        let plan = router.current();
        let named: Vec<_> = plan.shadows_of(&served.route).collect();
        let run: Vec<_> = served.shadows.iter().map(|task| task.version()).collect();
        assert_eq!(named, expected);
        assert_eq!(run, expected);
    }
}

#[test]
fn a_live_version_that_fails_has_nothing_to_fall_back_on() {
    let policy = Policy::live_only("none").on_error(OnError::Live);
    let router = Router::new(
        "live",
        "v1",
        Named {
            name: "v1",
            fails: true,
        },
    )
    .unwrap();
    router.release(policy).unwrap();
    let served = router.predict("user-42", &());
    assert_eq!(served.answer, Err("v1"));
    assert_eq!(served.route.reason(), Reason::Live);
}
