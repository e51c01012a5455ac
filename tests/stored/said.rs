//! Reads a file of stored forms and compares what each means with what stands beside it.
//!
//! A line holds a name, the kind of the form (its type in the first edition), the form and its
//! meaning. Where the folder named by `STORED_DIR` is set, its files are read instead.

use std::{env, fs, path::PathBuf};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::library::held;

/// What a form is when it is written again, and what it means.
pub(crate) type Said = (Value, Value);

/// Reads a form, says what it means and writes it again.
pub(crate) fn said<T>(form: &Value, mean: impl FnOnce(&T) -> Value) -> Said
where
    T: Serialize + DeserializeOwned,
{
    let read: T = serde_json::from_value(form.clone()).unwrap();
    (serde_json::to_value(&read).unwrap(), mean(&read))
}

/// Says a number, as text where JSON has none.
pub(crate) fn number(value: f64) -> Value {
    match value.is_finite() {
        true => json!(value),
        false => json!(value.to_string()),
    }
}

pub(crate) fn file(name: &str) -> String {
    let own = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/stored/first");
    let folder = env::var_os("STORED_DIR").map_or_else(own, PathBuf::from);
    fs::read_to_string(folder.join(name)).unwrap()
}

/// Tells whether what a form means now is what it meant; logarithms differ in their last digits by
/// platform, and a refusal may have got its cure behind the words that it had.
fn is_same(left: &Value, right: &Value) -> bool {
    if let (Some(Value::String(now)), Some(Value::String(then))) =
        (left.get("Err"), right.get("Err"))
    {
        let cure = now.strip_prefix(then.as_str());
        return cure.is_some_and(|cure| cure.is_empty() || cure.starts_with([':', ';']));
    }
    match (left, right) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() && b.is_f64() => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let same = |(key, a)| b.get(key).is_some_and(|b| is_same(a, b));
            a.len() == b.len() && a.iter().all(same)
        }
        _ => left == right,
    }
}

/// Checks all cases of a file, and that it has a case of each of these kinds, and so many in all.
#[track_caller]
pub(crate) fn check(name: &str, say: impl Fn(&str, &Value) -> Said, kinds: &[&str], count: usize) {
    let cases: Vec<Value> = serde_json::from_str(&file(name)).unwrap();
    let of = |case: &Value| case["kind"].as_str().unwrap().to_owned();
    let mut wrong = Vec::new();
    for case in &cases {
        let (written, meaning) = say(&of(case), &case["form"]);
        let (kind, case_name) = (of(case), &case["name"]);
        let stored = &held(&kind, &case["form"], &case["meaning"]);
        if !is_same(&meaning, stored) {
            wrong.push(format!("{kind} {case_name} means {meaning}, not {stored}"));
        }
        let form = &case["form"];
        if is_unchanged(name, &kind) && written != *form {
            wrong.push(format!(
                "{kind} {case_name} is written {written}, not {form}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for kind in kinds {
        assert!(cases.iter().any(|case| of(case) == *kind), "no {kind}");
    }
    assert_eq!(cases.len(), count, "cases of {name}");
}

/// Tells whether this kind is still written as the first edition wrote it.
///
/// A kind whose form has got a new version is named here, and is then only read.
fn is_unchanged(file: &str, kind: &str) -> bool {
    const CHANGED: [(&str, &str); 9] = [
        // It is an outcome: it says how the request ended, and who answered.
        ("records.json", "Exposure"),
        ("records.json", "Record"),
        // Whose end nobody knew was given up.
        ("records.json", "JournalEntry"),
        // It names where its values come from.
        ("experiment.json", "Metric"),
        // Its arms hold their weights, and it says how many units it may remember.
        ("experiment.json", "Setup"),
        // It is refused.
        ("experiment.json", "Part"),
        // It counts kinds of errors beyond their limit.
        ("comparison.json", "Tally"),
        // It says which phase is in force, and its schedule who gets the candidate at its end.
        ("rollout.json", "Rollout"),
        // Its durations are text.
        ("rollout.json", "Schedule"),
    ];
    !CHANGED.contains(&(file, kind))
}
