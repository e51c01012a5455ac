//! Releases of one layer that overlap are refused when they are checked together.

use switchstand::{LayerError, Policy, Share};

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
