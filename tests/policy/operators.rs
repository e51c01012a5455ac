//! Every operator against a second evaluator, in memory and stored; any input; linear time.
#![cfg(all(
    feature = "serde",
    feature = "semver",
    feature = "regex",
    feature = "ipnet",
    feature = "jiff"
))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod any_input;
mod generated;
mod linear;
mod naive;
mod patterns;
mod texts;
#[cfg(feature = "testing")]
mod witnesses;

use generated::{any_cond, any_pairs, any_tree, any_value};
use proptest::prelude::*;
use switchstand::{Audience, Policy, Unit};

use super::naive::any_key;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn any_audience_decides_as_the_naive_evaluator_does_also_stored(
        tree in any_tree(), key in any_key(), units in prop::collection::vec(any_pairs(), 1..4)
    ) {
        let audience = tree.build();
        prop_assert_eq!(audience.check(), Ok(()));
        let json = serde_json::to_string(&audience).unwrap();
        let toml = toml::to_string(&audience).unwrap();
        let from_json: Audience = serde_json::from_str(&json).unwrap();
        let from_toml: Audience = toml::from_str(&toml).unwrap();
        prop_assert_eq!(&from_json, &audience, "{}", json);
        prop_assert_eq!(&from_toml, &audience, "{}", toml);
        for pairs in &units {
            let unit = Unit::from(&key).with(pairs);
            let expected = tree.matches(&key, pairs);
            for audience in [&audience, &from_json, &from_toml] {
                prop_assert_eq!(audience.matches(&unit), expected, "{}: {:?}", audience, unit);
            }
        }
    }

    #[test]
    fn any_policy_decides_as_the_naive_evaluator_does_after_a_file(
        first in any_tree(), second in any_tree(), key in any_key(), pairs in any_pairs()
    ) {
        let policy = Policy::live_only("r")
            .with_rule(first.build().named("first"), "v2")
            .with_rule(second.build().named("second").not(), "v3");
        // One name stands for one audience.
        prop_assume!(!first.has_segment() && !second.has_segment());
        let file = toml::to_string(&policy).unwrap();
        let read: Policy = toml::from_str(&file).unwrap();
        prop_assert_eq!(&read, &policy, "{}", file);
        prop_assert_eq!(read.fingerprint(), policy.fingerprint());
        let plan = read.compile("v1", ["v2", "v3"]).unwrap();
        let expected = match (first.matches(&key, &pairs), second.matches(&key, &pairs)) {
            (true, _) => "v2",
            (false, false) => "v3",
            (false, true) => "v1",
        };
        let route = plan.route(Unit::from(&key).with(&pairs));
        prop_assert_eq!(plan.version_of(&route), Some(expected), "{}", file);
    }
}

/// Each operator holds for some values and not for others, or the tests above see nothing.
#[test]
fn the_generated_values_are_on_both_sides_of_every_operator() {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::<&str, [u32; 2]>::new();
    for _ in 0..8_000 {
        let cond = any_cond().new_tree(&mut runner).unwrap().current();
        let value = any_value().new_tree(&mut runner).unwrap().current();
        seen.entry(cond.operator()).or_default()[usize::from(cond.holds(&value))] += 1;
    }
    assert_eq!(seen.len(), 22, "{seen:?}");
    for (operator, counts) in &seen {
        let few = counts.contains(&0) && *operator != "exists";
        assert!(!few, "{operator}: {counts:?}");
    }
}

/// Once `contains_any(["x", "x"])` was another audience than the one that its file read as.
#[test]
fn a_text_that_is_listed_twice_is_one() {
    let a = || switchstand::attr("a");
    assert_eq!(a().contains_any(["x", "x"]), a().contains("x"));
    assert_eq!(
        a().starts_with_any(["x", "y", "x"]),
        a().starts_with_any(["y", "x"])
    );
    let policy = |rule| Policy::live_only("r").with_rule(rule, "v2").fingerprint();
    assert_eq!(
        policy(a().ends_with_any(["x", "x"])),
        policy(a().ends_with("x"))
    );
}
