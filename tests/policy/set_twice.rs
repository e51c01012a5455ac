//! What builder methods do when they are called twice: add, or refuse.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot be set up fails, and threads are what some test"
)]

use switchstand::{
    Audience, OnError, Policy, Share, Unit, attr, deployment::OperationError, release::PolicyError,
};

fn canary() -> Policy {
    Policy::canary("r", "v2", half())
}

fn half() -> Share {
    Share::percent(50).unwrap()
}

fn tier(tier: &str) -> Audience {
    attr("tier").is(tier)
}

fn refusal(policy: &Policy) -> PolicyError {
    match policy.compile("v1", ["v2", "v3"]) {
        Err(OperationError::Policy(error)) => error,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn what_a_policy_has_one_of_is_refused_when_it_is_set_twice() {
    let test = || Policy::ab_test("r", [("v1", 1), ("v2", 1)]);
    let asking = || canary().with_overrides_within(tier("a"), ["v2"]);
    for (twice, field) in [
        (canary().within(tier("a")).within(tier("b")), "within"),
        (test().within(tier("a")).within(tier("b")), "within"),
        (test().gate(half()).gate(half()), "gate"),
        (
            canary().with_holdout("h", half()).with_holdout("g", half()),
            "holdout",
        ),
        (
            canary()
                .with_layer("l", Share::NONE, half())
                .with_layer("m", Share::NONE, half()),
            "layer",
        ),
        (canary().with_kept_out("v1").with_kept_out("v3"), "kept_out"),
        (
            asking().with_overrides_within(tier("b"), ["v3"]),
            "overrides.within",
        ),
        (asking().with_overrides(["v3"]), "overrides.within"),
    ] {
        let release = "r".to_owned();
        let expected = PolicyError::SetTwice { field, release };
        assert_eq!(refusal(&twice), expected);
        assert!(expected.to_string().ends_with("say it once"));
    }
}

#[test]
fn what_a_policy_has_many_of_is_added() {
    let asked = canary().with_overrides(["v2"]).with_overrides(["v3"]);
    let plan = asked.compile("v1", ["v2", "v3"]).unwrap();
    for version in ["v2", "v3"] {
        let route = plan.route(Unit::from("ana").asking_for(version));
        assert_eq!(plan.version_of(&route), Some(version));
    }
    let again = canary()
        .with_overrides_within(tier("a"), ["v2"])
        .with_overrides_within(tier("a"), ["v3"]);
    let once = canary().with_overrides_within(tier("a"), ["v2", "v3"]);
    assert_eq!(again, once);
}

#[test]
fn the_first_of_several_faults_is_named() {
    let live = Policy::live_only("r").or_for(tier("a")).gate(half());
    let error = refusal(&live);
    assert!(
        matches!(
            error,
            PolicyError::Misplaced {
                field: "or_for",
                ..
            }
        ),
        "{error}"
    );
    let twice = canary().within(tier("a")).within(tier("b")).gate(half());
    assert!(matches!(refusal(&twice), PolicyError::SetTwice { .. }));
}

#[test]
fn a_policy_that_says_what_to_do_on_an_error_keeps_the_last_word() {
    let policy = canary().on_error(OnError::Live).on_error(OnError::Return);
    assert_eq!(policy, canary());
}

#[test]
fn a_version_that_only_overrides_answer_can_be_shadowed_by_the_live_one() {
    let policy = |versions: &[&str]| {
        Policy::live_only("r")
            .with_overrides(versions.iter().copied())
            .with_shadow("v1", Share::ALL)
    };
    let plan = policy(&["v2"]).compile("v1", ["v2"]).unwrap();
    let route = plan.route(Unit::from("ana").asking_for("v2"));
    assert_eq!(plan.shadows_of(&route).collect::<Vec<_>>(), ["v1"]);
    let nobody = refusal(&policy(&["v1"]));
    assert!(
        matches!(nobody, PolicyError::ShadowOfItself { .. }),
        "{nobody}"
    );
}
