//! Policies and environments route every unit as they did when they were stored.
//!
//! A line holds the environments, the secret (16 times one byte), the pin of some units, the
//! distinct answers (version, arm, reason, propensity) and one base-64 digit a unit: the number of
//! its answer.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    library::{DIGITS, deployed, in_order, policy_of_toml, routes_of},
    said::file,
};

fn cases() -> Vec<Value> {
    serde_json::from_str(&file("routes.json")).unwrap()
}

fn named() -> Vec<Value> {
    serde_json::from_str(&file("environments.json")).unwrap()
}

#[track_caller]
fn check(case: &Value) {
    let secret = case["secret"].as_u64().map(|byte| byte.try_into().unwrap());
    let found = routes_of(&case["environments"], secret, case["pin"].as_str());
    let digits = case["routes"].as_str().unwrap().as_bytes();
    assert_eq!(digits.len(), found.len());
    for (i, (found, digit)) in found.iter().zip(digits).enumerate() {
        let place = DIGITS.iter().position(|one| one == digit).unwrap();
        assert_eq!(found, &case["table"][place], "unit {i} of {}", case["name"]);
    }
}

#[test]
fn stored_300_policies_route_every_unit_as_at_first() {
    let cases = cases();
    assert_eq!(cases.len(), 300);
    cases.iter().for_each(check);
}

#[test]
fn stored_environments_mean_what_they_meant_at_first() {
    for case in named() {
        check(&case);
        assert_eq!(
            deployed(&case["environments"]),
            case["deployed"],
            "{}",
            case["name"]
        );
        let policy = policy_of_toml(case["toml"].as_str().unwrap());
        let stored = case["environments"]["policy"].clone();
        assert_eq!(in_order(policy), in_order(stored), "{}", case["name"]);
    }
}

#[test]
fn stored_routes_hold_every_reason_that_a_plan_gives() {
    let mut seen = BTreeSet::new();
    for case in cases().iter().chain(&named()) {
        for answer in case["table"].as_array().unwrap() {
            seen.insert(answer[2].as_str().unwrap().to_owned());
        }
    }
    let all = [
        "audience",
        "gate",
        "holdout",
        "killed",
        "layer",
        "listed",
        "live",
        "override",
        "pin_lapsed",
        "pinned",
        "saturated",
        "split",
    ];
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), all);
}
