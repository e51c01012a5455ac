//! Runs cases of two public specifications of feature-flag services as policies.
//!
//! The files are `constraints.json` and `json_rules.json` in `tests/vectors/targeting`, or in the
//! folder that `TARGETING_VECTORS_DIR` names. One line per section says how many of its cases can
//! be expressed and how many agree. Each case is a policy that is written to TOML, read again and
//! compiled; whether the flag is on is which version answers.
//!
//! A build without some of the features `semver`, `regex`, `ipnet` and `jiff` runs the cases that
//! need none of those, and says how many do.
#![cfg(feature = "serde")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "conformance_targeting/constraints.rs"]
mod constraints;
#[path = "conformance_targeting/json_rules.rs"]
mod json_rules;

use std::{collections::BTreeMap, io::Write as _, path::PathBuf};

use serde_json::Value;
use switchstand::{
    Policy, Unit, deployment::OperationError, release::PolicyError, targeting::AudienceError,
};

/// What a case came to.
enum Outcome {
    Agrees,
    /// What was expected, and what was found.
    Differs(String, String),
    /// Why it cannot be expressed.
    Inexpressible(&'static str),
    /// The feature without which this build does not judge it.
    NotBuilt(&'static str),
}

/// Whether this build judges every condition.
const IS_WHOLE: bool = cfg!(all(
    feature = "semver",
    feature = "regex",
    feature = "ipnet",
    feature = "jiff"
));

fn cases(file: &str) -> Vec<Value> {
    let folder = std::env::var_os("TARGETING_VECTORS_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/targeting"),
        PathBuf::from,
    );
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Returns the version that the policy gives to the unit, after a way through a file, or the feature
/// that it needs.
fn answered(policy: &Policy, versions: &[&str], unit: Unit<'_>) -> Result<String, &'static str> {
    let file = toml::to_string(policy).unwrap();
    let read: Policy = toml::from_str(&file).unwrap_or_else(|error| panic!("{error}\n{file}"));
    assert_eq!(&read, policy, "{file}");
    let plan = match read.compile("live", versions.iter().copied()) {
        Ok(plan) => plan,
        Err(OperationError::Policy(PolicyError::Audience {
            source: AudienceError::NotBuiltIn { feature, .. },
            ..
        })) => return Err(feature),
        Err(refusal) => panic!("{refusal}\n{file}"),
    };
    let route = plan.route(unit);
    Ok(plan.version_of(&route).unwrap().to_owned())
}

/// Runs all cases of a file, prints a line per section, and returns the words on those that differ
/// and on those that cannot be expressed.
fn run(
    file: &str,
    section: impl Fn(&Value) -> String,
    check: impl Fn(&Value) -> Outcome,
) -> (Vec<String>, Vec<String>) {
    let mut sections: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let (mut differing, mut inexpressible) = (Vec::new(), Vec::new());
    let mut not_built: BTreeMap<&str, usize> = BTreeMap::new();
    let mut agreeing = 0;
    for case in cases(file) {
        let id = case["id"].as_str().unwrap();
        let counts = sections.entry(section(&case)).or_default();
        counts[2] += 1;
        match check(&case) {
            Outcome::Agrees => {
                counts[0] += 1;
                counts[1] += 1;
                agreeing += 1;
            }
            Outcome::Differs(expected, found) => {
                counts[0] += 1;
                differing.push(format!("{id}: expected {expected}, found {found}"));
            }
            Outcome::Inexpressible(reason) => inexpressible.push(format!("{id}: {reason}")),
            Outcome::NotBuilt(feature) => *not_built.entry(feature).or_default() += 1,
        }
    }
    let mut out = std::io::stderr();
    for (section, [expressible, agreeing, all]) in sections {
        writeln!(
            out,
            "{file} {section}: {expressible} expressible, {agreeing} agree, {all} in all"
        )
        .unwrap();
    }
    for line in &inexpressible {
        writeln!(out, "{file} not expressible {line}").unwrap();
    }
    for (feature, count) in &not_built {
        writeln!(out, "{file}: {count} cases need feature {feature}").unwrap();
    }
    assert!(!IS_WHOLE || not_built.is_empty(), "{not_built:?}");
    assert!(agreeing > 0, "no case of {file} was judged");
    (differing, inexpressible)
}

#[test]
fn conditions_of_the_first_specification_agree() {
    let section = |case: &Value| case["id"].as_str().unwrap()[..2].to_owned();
    let (differing, inexpressible) = run("constraints.json", section, constraints::check);
    assert!(differing.is_empty(), "{differing:#?}");
    assert!(inexpressible.len() <= 3, "{inexpressible:#?}");
}

#[test]
fn rules_of_the_second_specification_agree() {
    let section = |case: &Value| json_rules::operators(&case["flag"]["targeting"]);
    let (differing, inexpressible) = run("json_rules.json", section, json_rules::check);
    assert!(differing.is_empty(), "{differing:#?}");
    let other: Vec<_> = inexpressible
        .iter()
        .filter(|line| !line.ends_with(json_rules::MALFORMED))
        .collect();
    assert!(other.is_empty(), "{other:#?}");
}
