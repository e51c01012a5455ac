//! Whatever a file says in the wrong place, the refusal names the field, and no word of the reader's inside.
#![cfg(feature = "serde")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use switchstand::Policy;

/// A policy in which every field of the reference stands once.
fn whole() -> [Value; 2] {
    let conditions = [
        json!({ "attr": "a", "is": "x", "fold_case": true }),
        json!({ "attr": "a", "is_not": 1.5, "convert": true }),
        json!({ "attr": "a", "one_of": ["x", 1, { "integer": "99999999999999999999" }] }),
        json!({ "attr": "a", "not_one_of": [true] }),
        json!({ "attr": "a", "any_of": ["x"] }),
        json!({ "attr": "a", "all_of": ["x"] }),
        json!({ "attr": "a", "none_of": ["x"] }),
        json!({ "attr": "a", "starts_with": "x" }),
        json!({ "attr": "a", "ends_with": ["x", "y"] }),
        json!({ "attr": "a", "contains": "x" }),
        json!({ "attr": "a", "at_least": 1, "less_than": { "float": "1e300" } }),
        json!({ "attr": "a", "more_than": 1, "at_most": 2 }),
        json!({ "attr": "a", "semver": ">=1.0.0" }),
        json!({ "attr": "a", "after": "2026-11-29", "not_after": "2026-11-30" }),
        json!({ "attr": "a", "not_before": "2026-11-29", "before": "2026-11-30" }),
        json!({ "attr": "a", "in_network": ["10.0.0.0/8"] }),
        json!({ "attr": "a", "regex": "x" }),
        json!({ "attr": "a", "exists": true }),
        json!({ "unit": { "starts_with": "x" } }),
        json!({ "units": ["x", 1, { "u128": "7" }, { "bytes": "00ff" }] }),
        json!({ "not": { "any": [{ "everyone": true }] } }),
        json!({ "segment": "s" }),
    ];
    let test = json!({
        "scheme": "v1", "release": "r", "on_error": "live",
        "ab_test": {
            "gate": "20%", "within": { "attr": "a", "is": "x" },
            "arms": [
                { "label": "a", "version": "v1", "weight": 1 },
                { "label": "b", "version": "v2", "weight": 1 },
            ],
            "layout": [{ "from": "0000000000000000", "arm": "a" }],
        },
        "shadow": [{ "version": "v3", "share": "10%" }],
        "units": [{ "version": "v2", "keys": ["x", 1, { "u128": "7" }, { "bytes": "00ff" }] }],
        "rule": [{ "version": "v2", "audience": { "all": conditions } }],
        "overrides": { "versions": ["v2"], "within": { "attr": "a", "is": "x" } },
        "holdout": { "salt": "h", "share": "1%" },
        "layer": { "salt": "l", "from": "0%", "to": "50%" },
        "segments": { "s": { "attr": "a", "is": "x" } },
    });
    let canary = json!({
        "scheme": "v1", "release": "r",
        "canary": {
            "version": "v2", "share": "5%",
            "within": { "attr": "a", "is": "x" }, "or_for": { "segment": "s" },
        },
        "segments": { "s": { "attr": "a", "is": "x" } },
    });
    [test, canary]
}

/// The paths to all values of a document, with the field that a person would name.
fn places(value: &Value, path: &str, field: &str, found: &mut Vec<(String, String)>) {
    found.push((path.to_owned(), field.to_owned()));
    match value {
        Value::Array(list) => {
            for (place, item) in list.iter().enumerate() {
                places(item, &format!("{path}/{place}"), field, found);
            }
        }
        Value::Object(table) => {
            for (name, item) in table {
                places(item, &format!("{path}/{name}"), name, found);
            }
        }
        _ => {}
    }
}

fn wrong_values() -> [Value; 11] {
    [
        json!(5),
        json!(-5),
        json!(0.5),
        json!(1e300),
        json!(true),
        json!("x"),
        json!(""),
        json!([]),
        json!([5, "x", []]),
        json!({}),
        json!({ "x": 1 }),
    ]
}

/// What each way to break a file is answered with; `None` where it is read all the same.
fn answers(broken: &Value) -> Vec<String> {
    let text = serde_json::from_str::<Policy>(&broken.to_string());
    let toml = toml::to_string(broken).map(|file| toml::from_str::<Policy>(&file));
    let toml = toml
        .ok()
        .and_then(Result::err)
        .map(|error| error.message().to_owned());
    text.err()
        .map(|error| error.to_string())
        .into_iter()
        .chain(toml)
        .collect()
}

/// Words of the reader's own types.
const INSIDE: [&str; 12] = [
    "untagged",
    "variant",
    "sequence",
    "map",
    "struct",
    "enum",
    "tuple",
    "newtype",
    "__toml",
    "serde",
    "invalid length",
    "Option",
];

#[test]
fn a_wrong_value_in_any_place_is_refused_with_the_field_and_without_words_from_inside() {
    let mut faults: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut refused = 0;
    for whole in whole() {
        assert_eq!(answers(&whole), Vec::<String>::new());
        let mut all = Vec::new();
        places(&whole, "", "policy", &mut all);
        for (path, field) in &all {
            for wrong in wrong_values() {
                let mut broken = whole.clone();
                *broken.pointer_mut(path).unwrap() = wrong.clone();
                for told in answers(&broken) {
                    refused += 1;
                    let inside = INSIDE.iter().any(|word| told.contains(word));
                    // A field that is unknown or missing is named, and so is a key of a unit.
                    let other = [
                        "unknown field `x`",
                        "missing field `",
                        "unit key",
                        "`units`",
                        "[segments]",
                    ];
                    let named = told.contains(&format!("{field}`"))
                        || other.iter().any(|words| told.contains(words));
                    if inside || !named {
                        let at = format!("{field}: {told}");
                        faults
                            .entry(at)
                            .or_default()
                            .insert(format!("{path} = {wrong}"));
                    }
                }
            }
        }
    }
    assert!(refused > 2_500, "{refused} files were refused");
    let words: Vec<_> = faults
        .iter()
        .map(|(told, at)| format!("{told}   <- {}", at.first().unwrap()))
        .collect();
    assert!(
        faults.is_empty(),
        "{} of {refused}:\n{}",
        faults.len(),
        words.join("\n")
    );
}

#[test]
fn a_field_that_is_missing_or_unknown_is_named() {
    for whole in whole() {
        let mut all = Vec::new();
        places(&whole, "", "policy", &mut all);
        for (path, _) in &all {
            let Some(Value::Object(table)) = whole.pointer(path) else {
                continue;
            };
            for field in table.keys() {
                let mut broken = whole.clone();
                let table: &mut Map<String, Value> =
                    broken.pointer_mut(path).unwrap().as_object_mut().unwrap();
                let value = table.remove(field).unwrap();
                for told in answers(&broken) {
                    let inside = INSIDE.iter().any(|word| told.contains(word));
                    assert!(!inside, "{path} without {field}: {told}");
                }
                let table: &mut Map<String, Value> =
                    broken.pointer_mut(path).unwrap().as_object_mut().unwrap();
                table.insert(format!("{field}x"), value);
                // Under [segments] any name is a good one, and this one is used.
                let told = answers(&broken);
                assert!(!told.is_empty(), "{path}: {field}x");
                for told in told {
                    let inside = INSIDE.iter().any(|word| told.contains(word));
                    let named = told.contains(&format!("{field}x")) || told.contains("\"s\"");
                    assert!(!inside && named, "{path}: {field}x: {told}");
                }
            }
        }
    }
}
