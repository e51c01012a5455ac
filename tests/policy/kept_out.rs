//! Units that a policy keeps out get the version that it names for them.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use switchstand::{
    Policy, Reason, Router, Share, Unit, VersionState, attr, deployment::OperationError,
    release::PolicyError,
};

fn percent(percent: u32) -> Share {
    Share::percent(percent).unwrap()
}

/// A router with v1 live, and v2 and v3 ready.
fn router() -> Router<()> {
    let router = Router::new("ranker", "v1", ()).unwrap();
    for version in ["v2", "v3"] {
        router.deploy(version, ()).unwrap();
        router.validate(version, |()| Ok::<_, String>(())).unwrap();
    }
    router
}

/// The end of a release: v2 for everybody but a tenth and those who pay.
fn ended() -> Policy {
    Policy::canary("release", "v2", Share::ALL)
        .within(attr("tier").is_not("paying"))
        .with_holdout("2026", percent(10))
}

/// Counts who answers 1,000 free units and 1,000 that pay.
fn answered(router: &Router<()>, version: &str) -> [usize; 2] {
    let on = |tier: &'static str| {
        let attributes = [("tier", tier)];
        let on = |&user: &u64| {
            let route = router.route(Unit::from(user).with(&attributes));
            router.label(route.version()) == Some(version)
        };
        (0..1_000).filter(on).count()
    };
    [on("free"), on("paying")]
}

#[test]
fn c13_the_old_version_answers_those_who_are_kept_out_and_is_not_retired() {
    let router = router();
    let policy = ended().with_kept_out("v1");
    router.swap_with("v2", policy.clone()).unwrap();
    let [free, paying] = answered(&router, "v2");
    assert!((860..940).contains(&free), "{free}");
    assert_eq!(
        (paying, answered(&router, "v1")),
        (0, [1_000 - free, 1_000])
    );
    // Kept after the swap, too: it is no stand-by any more, and no model to give back.
    router.accept().unwrap();
    assert_eq!(router.state("v1"), Some(VersionState::Ready));
    let release = "release".to_owned();
    let version = "v1".to_owned();
    assert_eq!(
        router.retire("v1"),
        Err(OperationError::NamedByPolicy { version, release })
    );
    assert_eq!(answered(&router, "v1"), [1_000 - free, 1_000]);
    // Another policy lets it go.
    router.release(Policy::live_only("next")).unwrap();
    router.retire("v1").unwrap();
    // A stand-by that no policy names goes by itself, as ever.
    let router = self::router();
    router.swap("v2").unwrap();
    router.accept().unwrap();
    assert_eq!(router.state("v1"), Some(VersionState::Retiring));
}

#[test]
fn c13_a_version_for_the_kept_out_must_be_able_to_answer_and_a_live_canary_must_name_one() {
    let router = router();
    router.deploy("v4", ()).unwrap();
    let refused = |policy: Policy| match router.release(policy) {
        Err(OperationError::Policy(error)) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        refused(ended().with_kept_out("v4")),
        "kept_out names version \"v4\", which is staged: validate it first"
    );
    assert_eq!(
        refused(ended().with_kept_out("v9")),
        "kept_out names version \"v9\", which is not deployed: deploy it first"
    );
    for policy in [ended(), ended().with_kept_out("v2")] {
        let version = "v2".to_owned();
        assert_eq!(
            router.swap_with("v2", policy),
            Err(PolicyError::CanaryIsLive { version }.into())
        );
    }
    // Whom v2 is kept from may see v2 run unseen, though v2 is live.
    let shadowed = Policy::live_only("release")
        .with_holdout("2026", percent(10))
        .with_shadow("v2", Share::ALL);
    assert!(router.swap_with("v2", shadowed.clone()).is_err());
    router
        .swap_with("v2", shadowed.with_kept_out("v1"))
        .unwrap();
}

#[test]
fn c13_after_a_rejection_the_live_version_answers_those_who_were_kept_out_on_it() {
    let router = router();
    router.release(ended().with_kept_out("v3")).unwrap();
    assert_eq!(answered(&router, "v3")[1], 1_000);
    router.reject("v3", "it is bad").unwrap();
    assert_eq!(answered(&router, "v3"), [0, 0]);
    let paying = [("tier", "paying")];
    let route = router.route(Unit::from("ana").with(&paying));
    assert_eq!(
        (router.label(route.version()), route.reason()),
        (Some("v1"), Reason::Killed)
    );
}

#[test]
fn r5_pins_do_not_override_the_holdout_and_hold_to_the_version_of_the_kept_out() {
    let plan = Policy::canary("release", "v2", percent(50))
        .with_holdout("2026", percent(50))
        .with_kept_out("v3")
        .compile("v1", ["v2", "v3"])
        .unwrap();
    let user = |reason| (0..1_000_u64).find(|&user| plan.route(user).reason() == reason);
    let held_out = user(Reason::Holdout).unwrap();
    let let_in = user(Reason::Gate).unwrap();
    let pin = plan.pin(&plan.route(let_in)).unwrap();
    let pinned = plan.route_pinned(held_out, &pin);
    assert_eq!(plan.version_of(&pinned), Some("v3"));
    let pin = plan.pin(&plan.route(held_out)).unwrap();
    let pinned = plan.route_pinned(let_in, &pin);
    assert_eq!(
        (plan.version_of(&pinned), pinned.reason()),
        (Some("v3"), Reason::Pinned)
    );
}

#[test]
fn a_diff_tells_who_moves_when_the_version_of_the_kept_out_changes() {
    let policy = |kept_out: Option<&str>| match kept_out {
        Some(version) => ended().with_kept_out(version),
        None => ended(),
    };
    let told = |old, new| policy(old).diff(&policy(new)).unwrap().to_string();
    assert_eq!(
        told(None, Some("v1")),
        "everybody else: 100% move from the live version to v1\n\
         tier is there and not paying: 10% move from the live version to v1"
    );
    assert_eq!(
        told(Some("v1"), None),
        "everybody else: 100% move from v1 to the live version\n\
         tier is there and not paying: 10% move from v1 to the live version"
    );
    assert!(told(Some("v1"), Some("v1")).ends_with("nobody moves"));
    let live = policy(None).diff_while_live(&policy(Some("v1")), "v1");
    assert_eq!(live.unwrap().moved().points(), 0);
}

#[cfg(feature = "serde")]
#[test]
fn a_policy_without_the_field_is_written_as_before_and_one_with_it_comes_back() {
    let plain = toml::to_string(&ended()).unwrap();
    assert!(!plain.contains("kept_out"));
    let named = ended().with_kept_out("v1");
    let written = toml::to_string(&named).unwrap();
    assert!(written.contains("kept_out = \"v1\""));
    let read: Policy = toml::from_str(&written).unwrap();
    assert_eq!((&read, read.fingerprint()), (&named, named.fingerprint()));
    let json = serde_json::to_string(&named).unwrap();
    assert_eq!(serde_json::from_str::<Policy>(&json).unwrap(), named);
}
