//! Releases of one layer that overlap are refused when they are checked together.

use switchstand::{Policy, Reason, Share, release::LayerError};

fn policy(release: &str, layer: &str, from: u32, to: u32) -> Policy {
    let percent = |percent| Share::percent(percent).unwrap_or_default();
    Policy::ab_test(release, [("a", 1), ("b", 1)]).with_layer(layer, percent(from), percent(to))
}

#[test]
fn r4_stretches_that_touch_do_not_overlap() {
    let policies = [
        policy("second", "page", 30, 60),
        policy("first", "page", 0, 30),
        policy("third", "page", 60, 100),
        policy("elsewhere", "mail", 0, 100),
        Policy::live_only("no layer"),
    ];
    assert_eq!(Policy::check_together(&policies), Ok(()));
    for unit in 0..2000u64 {
        let takers = policies[..3].iter().filter(|policy| {
            let plan = policy.compile("live", ["a", "b"]);
            plan.is_ok_and(|plan| plan.route(unit).is_randomised())
        });
        assert_eq!(takers.count(), 1, "unit {unit}");
    }
}

#[test]
fn r4_an_overlap_is_named_with_both_releases() {
    let policies = [
        policy("late", "page", 50, 80),
        policy("wide", "page", 0, 60),
        policy("other layer", "mail", 0, 60),
    ];
    let percent = |percent| Share::percent(percent).unwrap_or_default();
    assert_eq!(
        Policy::check_together(&policies),
        Err(LayerError::Overlap {
            layer: "page".into(),
            first: "wide".into(),
            second: "late".into(),
            from: percent(50),
            to: percent(60),
        })
    );
    // One that lies inside of another is found as well, and one release twice.
    let inside = [
        policy("wide", "page", 0, 60),
        policy("inner", "page", 10, 20),
    ];
    assert!(Policy::check_together(&inside).is_err());
    let twice = [policy("same", "page", 0, 60), policy("same", "page", 0, 60)];
    assert!(Policy::check_together(&twice).is_err());
}

#[test]
fn r4_an_empty_stretch_overlaps_nothing() {
    let policies = [
        policy("wide", "page", 0, 60),
        policy("empty", "page", 30, 30),
    ];
    assert_eq!(Policy::check_together(&policies), Ok(()));
}

#[test]
fn r4_a_holdout_keeps_the_same_units_out_of_every_release_of_its_group() {
    let tenth = Share::percent(10).unwrap_or_default();
    let releases = |group: &str| {
        [
            Policy::canary("first", "a", Share::ALL).with_holdout(group, tenth),
            policy("second", "page", 0, 100).with_holdout(group, tenth),
            Policy::live_only("third").with_holdout(group, tenth),
        ]
    };
    let held = |policy: &Policy| -> Vec<u64> {
        let plan = policy.compile("live", ["a", "b"]);
        let is_held = |unit: &u64| {
            let route = plan.as_ref().map(|plan| plan.route(*unit));
            route.is_ok_and(|route| route.reason() == Reason::Holdout)
        };
        (0..2000).filter(is_held).collect()
    };
    let [first, second, third] = releases("2026-q4").map(|policy| held(&policy));
    assert!((100..300).contains(&first.len()), "{} units", first.len());
    assert_eq!(second, first);
    assert_eq!(third, first);
    let [other, ..] = releases("2027-q1").map(|policy| held(&policy));
    assert_ne!(other, first);
}
