//! Comparing policies of many rules takes time in proportion to their number.
#![cfg(not(loom))]

use allocation_counter::measure;
use switchstand::{Policy, attr};

fn rules(count: u32, version: &str) -> Policy {
    let live = Policy::live_only("rules");
    (0..count).fold(live, |policy, number| {
        policy.with_rule(attr("number").is(number), version)
    })
}

#[test]
fn four_times_the_rules_take_four_times_as_much() {
    let took = |count| {
        let (old, new) = (rules(count, "v2"), rules(count, "v3"));
        measure(|| drop(std::hint::black_box(old.diff(&new).unwrap()))).count_total
    };
    let (few, many) = (took(250), took(1_000));
    assert!(
        many < few * 5,
        "{few} allocations, {many} for four times the rules"
    );
}

#[test]
fn a_rule_that_an_earlier_one_shadows_makes_no_class() {
    let rule = |number: u32| attr("number").is(number);
    let old = Policy::live_only("rules")
        .with_rule(rule(1), "v2")
        .with_rule(rule(2), "v2")
        .with_rule(rule(1), "v3");
    let new = old.clone().with_shadow("v3", switchstand::Share::ALL);
    let diff = old.diff(&new).unwrap();
    let classes: Vec<_> = diff.classes.iter().map(|class| &*class.audience).collect();
    assert_eq!(classes, ["number is 1", "number is 2", "everybody else"]);
}
