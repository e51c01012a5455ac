//! Overrides for people who test in production, and versions that are spared.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::convert::Infallible;

use switchstand::{Policy, Reason, Router, Share, Unit, attr, deployment::OperationError};

fn percent(percent: u32) -> Share {
    Share::percent(percent).unwrap()
}

fn router(policy: Policy) -> Router<()> {
    let router = Router::new("test", "v1", ()).unwrap();
    for version in ["v2", "v3"] {
        router.deploy(version, ()).unwrap();
        router
            .validate(version, |()| Ok::<(), Infallible>(()))
            .unwrap();
    }
    router.release(policy).unwrap();
    router
}

#[test]
fn an_override_counts_only_where_the_policy_allows_it() {
    let nobody = Policy::canary("release", "v2", Share::NONE);
    let testers = attr("tier").is("internal");
    let plan = |policy: &Policy| policy.compile("v1", ["v2", "v3"]).unwrap();
    let (closed, open, within) = (
        plan(&nobody),
        plan(&nobody.clone().with_overrides(["v2"])),
        plan(&nobody.clone().with_overrides_within(testers, ["v2"])),
    );
    let tester = [("tier", "internal")];
    let asking = Unit::from("ana").asking_for("v2");
    let reasons = [
        (closed.route(asking), Some("v1"), &closed),
        (open.route(asking), Some("v2"), &open),
        (
            open.route(Unit::from("ana").asking_for("v3")),
            Some("v1"),
            &open,
        ),
        (open.route("ana"), Some("v1"), &open),
        (within.route(asking), Some("v1"), &within),
        (within.route(asking.with(&tester)), Some("v2"), &within),
    ];
    for (place, (route, version, plan)) in reasons.into_iter().enumerate() {
        assert_eq!(plan.version_of(&route), version, "row {place}");
        let asked = route.reason() == Reason::Override;
        assert_eq!(asked, version == Some("v2"), "row {place}");
        if asked {
            assert_eq!(
                (route.propensity(), route.arm()),
                (None, None),
                "row {place}"
            );
        }
    }
    let explained = open.explain(asking).to_string();
    assert!(
        explained.contains("the request asks for v2, which the policy allows"),
        "{explained}"
    );
}

#[test]
fn a_holdout_and_a_rejection_win_over_an_override() {
    let policy = Policy::live_only("release").with_overrides(["v2"]);
    let held = policy
        .clone()
        .with_holdout("group", Share::ALL)
        .compile("v1", ["v2"])
        .unwrap();
    let route = held.route(Unit::from("ana").asking_for("v2"));
    assert_eq!(
        (held.version_of(&route), route.reason()),
        (Some("v1"), Reason::Holdout)
    );
    assert_eq!(route.propensity(), None);
    let router = router(policy);
    router.reject("v2", "wrong answers").unwrap();
    let route = router.route(Unit::from("ana").asking_for("v2"));
    assert_eq!(
        (router.label(route.version()), route.reason()),
        (Some("v1"), Reason::Killed)
    );
}

#[test]
fn an_override_of_an_unknown_version_is_refused_with_its_field() {
    let policy = Policy::live_only("release").with_overrides(["v9"]);
    let error = policy.compile("v1", ["v2"]).unwrap_err().to_string();
    assert_eq!(
        error,
        "overrides.versions names version \"v9\", which is not deployed: deploy it first"
    );
}

#[test]
fn shedding_moves_a_fresh_share_of_one_version_and_nobody_else() {
    let router = router(Policy::ab_test("test", [("v1", 1), ("v2", 1), ("v3", 1)]));
    let units = 0..30_000u64;
    let before: Vec<_> = units.clone().map(|unit| router.route(unit)).collect();
    router.shed("v2", percent(30)).unwrap();
    let (mut had, mut fell) = (0u32, 0u32);
    let mut fell_by_half = [0u32; 2];
    for (unit, old) in units.clone().zip(&before) {
        let new = router.route(unit);
        if router.label(old.version()) != Some("v2") {
            assert_eq!((new.version(), new.arm()), (old.version(), old.arm()));
            assert_eq!(new.propensity(), old.propensity());
            continue;
        }
        had += 1;
        if new.reason() == Reason::Saturated {
            fell += 1;
            fell_by_half[usize::from(unit % 2 == 0)] += 1;
            assert_eq!(router.label(new.version()), Some("v1"));
            assert_eq!((new.propensity(), new.is_randomised()), (None, false));
        } else {
            assert_eq!((new.version(), new.arm()), (old.version(), old.arm()));
            let kept = new.propensity().unwrap().as_fraction();
            assert!((kept - 0.7 / 3.0).abs() < 1e-9, "{kept}");
        }
    }
    // Six standard deviations of a share of 30 % among a third of the units.
    let share = f64::from(fell) / f64::from(had);
    assert!(
        (share - 0.3).abs() < 6.0 * (0.21 / f64::from(had)).sqrt(),
        "{share}"
    );
    assert!(
        fell_by_half.iter().all(|half| *half > fell / 3),
        "{fell_by_half:?}"
    );

    // More of it only adds units; none of it is as before.
    let fallen: Vec<u64> = units
        .clone()
        .filter(|unit| router.route(*unit).reason() == Reason::Saturated)
        .collect();
    router.shed("v2", percent(60)).unwrap();
    assert!(
        fallen
            .iter()
            .all(|unit| router.route(*unit).reason() == Reason::Saturated)
    );
    router.shed("v2", Share::NONE).unwrap();
    for (unit, old) in units.zip(&before) {
        assert_eq!(router.route(unit).version(), old.version());
    }
}

#[test]
fn a_live_version_cannot_shed_and_becoming_live_ends_it() {
    let router = router(Policy::live_only("release"));
    let refused = router.shed("v1", percent(10)).unwrap_err();
    assert!(
        matches!(refused, OperationError::WrongState { .. }),
        "{refused}"
    );
    router.shed("v2", Share::ALL).unwrap();
    #[cfg(feature = "serde")]
    {
        let stored = serde_json::to_string(&router.deployments()).unwrap();
        let read: switchstand::deployment::Deployments = serde_json::from_str(&stored).unwrap();
        assert_eq!(read.get("v2").unwrap().shed(), Share::ALL);
    }
    router.swap("v2").unwrap();
    assert_eq!(router.deployments().get("v2").unwrap().shed(), Share::NONE);
    assert_eq!(router.label(router.route("ana").version()), Some("v2"));
}
