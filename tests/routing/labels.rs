//! Names that become labels of metrics.
#![allow(clippy::unwrap_used, reason = "a failed expectation ends a test")]

use std::collections::BTreeSet;

use switchstand::{
    Ending, Policy, Reason, Router, Share, VersionState,
    deployment::Operation,
    shadow::{DropReason, ShadowOutcome},
};

#[test]
fn each_list_names_each_member_once() {
    let names = |all: &[&'static str]| {
        let distinct: BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "{all:?}");
        assert!(
            all.iter()
                .all(|name| !name.is_empty() && *name == name.to_lowercase())
        );
    };
    names(&VersionState::ALL.map(VersionState::as_str));
    names(&Reason::ALL.map(Reason::as_str));
    names(&Ending::ALL.map(Ending::as_str));
    names(&ShadowOutcome::ALL.map(ShadowOutcome::as_str));
}

#[test]
fn counts_are_printed_with_their_names() {
    let router = Router::new("ranker", "v1", ()).unwrap();
    router.deploy("v2", ()).unwrap();
    router
        .release(Policy::shadow("look", "v2", Share::ALL))
        .unwrap();
    router.admit("ana").end(Ending::Refused);
    let printed = format!("{:?}", router.outcomes("v1").unwrap());
    assert_eq!(printed, r#"{"admitted": 1, "ended: refused": 1}"#);
    let printed = format!("{:?}", router.shadow_counts("v2").unwrap());
    assert_eq!(printed, r#"{"sampled": 1, "dropped: unrun": 1}"#);
}

#[test]
fn a_dropped_shadow_is_named_by_its_reason() {
    for outcome in ShadowOutcome::ALL {
        if let ShadowOutcome::Dropped(reason) = outcome {
            assert_eq!(outcome.to_string(), format!("dropped: {reason}"));
        }
    }
    assert_eq!(DropReason::Cut.as_str(), "cut");
}

#[cfg(feature = "serde")]
#[test]
fn names_in_metrics_are_those_of_stored_forms() {
    fn stored(value: &impl serde::Serialize) -> String {
        match serde_json::to_value(value).unwrap() {
            serde_json::Value::String(name) => name,
            serde_json::Value::Object(fields) => fields.keys().next().unwrap().clone(),
            other => other.to_string(),
        }
    }
    for state in VersionState::ALL {
        assert_eq!(stored(&state), state.as_str());
    }
    for reason in Reason::ALL {
        assert_eq!(stored(&reason), reason.as_str());
    }
    let version = || "v2".to_owned();
    for operation in [
        Operation::Deploy { version: version() },
        Operation::Validate { version: version() },
        Operation::Swap {
            version: version(),
            policy: None,
        },
        Operation::Accept,
        Operation::Reject {
            version: version(),
            cause: String::new(),
        },
        Operation::Retire { version: version() },
        Operation::Reclaim { version: version() },
    ] {
        assert_eq!(stored(&operation), operation.as_str());
    }
    #[cfg(feature = "stats")]
    {
        use switchstand::{rollout::Phase, stats::guard::Side};
        for phase in [
            Phase::Pending,
            Phase::Shadowing,
            Phase::Ramping { step: 3 },
            Phase::Baking,
            Phase::Promoted,
            Phase::RolledBack,
        ] {
            assert_eq!(stored(&phase), phase.as_str());
        }
        for side in [Side::Control, Side::Candidate] {
            assert_eq!(stored(&side), side.as_str());
        }
    }
}
