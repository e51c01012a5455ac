//! Stored deployments: what is written, and what is not believed when it is read.

#![cfg(feature = "serde")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation ends a test"
)]

use allocation_counter::measure;
use serde_json::{Value, json};
use switchstand::{
    Policy, Router, Share,
    deployment::{Deployments, Operation, OperationError},
};

/// v1 live, v2 a canary that was rejected, v3 staged and shadowed, v4 ready.
fn state() -> Deployments {
    let mut state = Deployments::new("v1").unwrap();
    let version = |version: &str| version.to_owned();
    for label in ["v2", "v3", "v4"] {
        let version = version(label);
        state.apply(&Operation::Deploy { version }).unwrap();
    }
    for label in ["v2", "v4"] {
        let version = version(label);
        state.apply(&Operation::Validate { version }).unwrap();
    }
    let half = Share::percent(50).unwrap();
    let policy = Box::new(Policy::canary("r", "v2", half).with_shadow("v3", half));
    state.apply(&Operation::Release { policy }).unwrap();
    let (version, cause) = (version("v2"), version("wrong"));
    state.apply(&Operation::Reject { version, cause }).unwrap();
    state
}

#[test]
fn a_state_is_written_in_words_and_with_a_version() {
    let deployed =
        |id: u32, label: &str, state: &str| json!({ "id": id, "label": label, "state": state });
    let expected = json!({
        "version": 2,
        "generation": 7,
        "next": 4,
        "killed": ["v2"],
        "deployed": [
            deployed(0, "v1", "live"),
            deployed(1, "v2", "rejected"),
            deployed(2, "v3", "staged"),
            deployed(3, "v4", "ready"),
        ],
        "policy": serde_json::to_value(state().policy()).unwrap(),
    });
    assert_eq!(serde_json::to_value(state()).unwrap(), expected);
    let read: Deployments = serde_json::from_value(expected).unwrap();
    assert_eq!(read, state());
}

#[test]
fn the_first_form_is_read_and_names_no_router() {
    let mut first = serde_json::to_value(state()).unwrap();
    first["version"] = json!(1);
    let read: Deployments = serde_json::from_value(first.clone()).unwrap();
    assert_eq!(read, state());
    first["origin"] = json!({ "router": "ranker", "secret_check": 7 });
    assert!(serde_json::from_value::<Deployments>(first).is_err());
}

#[test]
fn a_state_that_no_operations_lead_to_is_refused() {
    let good = serde_json::to_value(state()).unwrap();
    let edits: [(&str, Value, &str); 17] = [
        ("/version", json!(3), "version 3"),
        ("/generation", json!(u64::MAX), "beyond"),
        ("/generation", json!(-1), "integer"),
        ("/next", json!(3), "number 3 is not below 3"),
        ("/deployed/1/id", json!(2), "number 2 is not below 2"),
        ("/deployed/0/id", json!(9), "number 9 is not below 1"),
        ("/deployed/0/state", json!("ready"), "0 versions are live"),
        ("/deployed/3/state", json!("live"), "2 versions are live"),
        ("/deployed/3/state", json!("blue"), "unknown variant"),
        ("/deployed/3/label", json!("v1"), "\"v1\" stands twice"),
        ("/deployed/3/label", json!(""), "empty"),
        ("/deployed/3/label", json!("x".repeat(257)), "257 bytes"),
        (
            "/deployed/1/state",
            json!("standby"),
            "\"v2\" cannot have been rejected",
        ),
        (
            "/deployed/2/state",
            json!("retiring"),
            "\"v3\", which is retiring",
        ),
        ("/killed", json!([]), "\"v2\", which is rejected"),
        ("/killed", json!(["v2", "v2"]), "\"v2\" stands twice"),
        (
            "/killed",
            json!(["v2", "v4"]),
            "\"v4\" cannot have been rejected",
        ),
    ];
    for (place, value, why) in edits {
        let mut state = good.clone();
        *state.pointer_mut(place).unwrap() = value.clone();
        let refused = serde_json::from_value::<Deployments>(state)
            .expect_err(&format!("{place} = {value}"))
            .to_string();
        assert!(refused.contains(why), "{place} = {value}: {refused}");
    }
    let mut two = good.clone();
    for place in ["/deployed/2/state", "/deployed/3/state"] {
        *two.pointer_mut(place).unwrap() = json!("standby");
    }
    let refused = serde_json::from_value::<Deployments>(two).unwrap_err();
    assert!(refused.to_string().contains("second stand-by"), "{refused}");

    let mut strange = good.clone();
    strange["blue"] = json!("v1");
    assert!(serde_json::from_value::<Deployments>(strange).is_err());
    for field in [
        "version",
        "generation",
        "next",
        "killed",
        "deployed",
        "policy",
    ] {
        let mut lacking = good.clone();
        lacking.as_object_mut().unwrap().remove(field);
        assert!(serde_json::from_value::<Deployments>(lacking).is_err());
    }
    let mut malformed = good.clone();
    malformed["policy"]["release"] = json!("");
    let refused = serde_json::from_value::<Deployments>(malformed).unwrap_err();
    assert!(refused.to_string().contains("release"), "{refused}");
    // A version that is gone may still be named by the policy it was rejected under.
    let mut gone = good.clone();
    gone["deployed"].as_array_mut().unwrap().remove(1);
    assert!(serde_json::from_value::<Deployments>(gone).is_ok());
    let mut unknown = good;
    unknown["deployed"].as_array_mut().unwrap().remove(2);
    let refused = serde_json::from_value::<Deployments>(unknown).unwrap_err();
    assert!(refused.to_string().contains("not deployed"), "{refused}");
}

#[test]
fn too_many_versions_are_refused() {
    let mut state = serde_json::to_value(Deployments::new("v0").unwrap()).unwrap();
    let deployed = |id: usize| {
        let state = if id == 0 { "live" } else { "staged" };
        json!({ "id": id, "label": format!("v{id}"), "state": state })
    };
    let mut read = |count: usize| {
        state["deployed"] = (0..count).map(deployed).collect();
        state["next"] = json!(count);
        serde_json::from_value::<Deployments>(state.clone())
    };
    let mut full = read(Deployments::MAX_DEPLOYED).unwrap();
    let mut one_less = read(Deployments::MAX_DEPLOYED - 1).unwrap();
    let refused = read(Deployments::MAX_DEPLOYED + 1).unwrap_err();
    assert!(refused.to_string().contains("1025"), "{refused}");
    let one_more = Operation::Deploy {
        version: "one more".to_owned(),
    };
    assert_eq!(one_less.apply(&one_more), Ok(()));
    let limit = Deployments::MAX_DEPLOYED;
    let refused = Err(OperationError::TooManyVersions { limit });
    assert_eq!(full.apply(&one_more), refused);
}

#[test]
fn the_number_of_versions_has_an_end_and_no_overflow() {
    let mut stored = serde_json::to_value(Deployments::new("v1").unwrap()).unwrap();
    stored["next"] = json!(u32::MAX);
    let mut state: Deployments = serde_json::from_value(stored.clone()).unwrap();
    let version = "v2".to_owned();
    assert!(state.apply(&Operation::Deploy { version }).is_err());
    stored["generation"] = json!(i64::MAX);
    let mut state: Deployments = serde_json::from_value(stored).unwrap();
    let policy = Box::new(Policy::live_only("last"));
    state.apply(&Operation::Release { policy }).unwrap();
    assert_eq!(state.generation(), (1 << 63));
}

#[test]
fn a_restored_router_needs_no_memory_for_the_versions_before_it() {
    let restored = |next: u32| {
        let mut stored = serde_json::to_value(state()).unwrap();
        stored["next"] = json!(next);
        stored["deployed"][3]["id"] = json!(next - 1);
        let state: Deployments = serde_json::from_value(stored).unwrap();
        let models = ["v1", "v2", "v3", "v4"].map(|label| (label, ()));
        let mut router = None;
        let memory = measure(|| {
            let builder = Router::builder("r");
            router = Some(builder.restore(state.clone(), models).unwrap());
            let router = router.as_ref().unwrap();
            for version in ["v5", "v6"] {
                router.deploy(version, ()).unwrap();
            }
        });
        let router = router.unwrap();
        let deployments = router.deployments();
        for deployment in deployments.iter() {
            let label = router.label(deployment.id());
            assert_eq!(label, Some(deployment.label()));
            assert!(router.shadow_counts(deployment.label()).is_some());
        }
        (memory.bytes_total, memory.count_total)
    };
    let first = restored(4);
    assert_eq!(restored(1_000_000), first);
    assert_eq!(restored(u32::MAX - 2), first);
}
