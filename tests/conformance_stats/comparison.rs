//! Compares what a method produced with what a case expects.

use crate::reading::{self, Case};
use serde_json::Value;
use switchstand::stats::Refusal;

/// What an adapter hands back: values by key, or why the case could not be run at all.
///
/// A refusal of the method is a value: `Produced::refused("zero_variance")`.
pub(crate) type Outcome = Result<Produced, String>;

/// Returns what the files have where a method refuses: the kind of error where the case expects
/// one, nothing where it expects no value at all.
pub(crate) fn refusal(case: &Case, refusal: &Refusal) -> Outcome {
    let kind = match refusal {
        Refusal::InsufficientData { .. } => "insufficient_data",
        Refusal::ZeroVariance { .. } => "zero_variance",
        Refusal::ZeroDenominator { .. } => "zero_denominator",
        _ => return Err(refusal.to_string()),
    };
    match &case.expected {
        Value::Null => Ok(Produced::Undefined),
        Value::Object(keys) if keys.contains_key("error") => Ok(Produced::refused(kind)),
        Value::Object(keys) if keys.values().all(Value::is_null) => {
            let nothing = keys.keys().map(|key| (key.clone(), Produced::Undefined));
            Ok(Produced::Object(nothing.collect()))
        }
        _ => Err(refusal.to_string()),
    }
}

/// A produced value. Build it by `into()` and [`object`].
#[derive(Clone, Debug)]
pub(crate) enum Produced {
    /// A number; compared with tolerance.
    Number(f64),
    /// A count; compared exactly.
    Count(u64),
    /// True or false.
    Flag(bool),
    /// A text.
    Text(String),
    /// No value, `null` in the file: the quantity is undefined here.
    Undefined,
    /// Values in order; the lengths must agree.
    List(Vec<Produced>),
    /// Values by key. Keys that the case does not expect are not compared.
    Object(Vec<(String, Produced)>),
}

/// Returns an object from its keys and values.
pub(crate) fn object<const N: usize>(entries: [(&str, Produced); N]) -> Produced {
    Produced::Object(
        entries
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}

impl Produced {
    /// Returns what a refusal looks like in the files: an object with the key `error`.
    pub(crate) fn refused(kind: &str) -> Self {
        object([("error", kind.into())])
    }

    /// Adds a key to an object.
    #[must_use]
    pub(crate) fn with(mut self, key: &str, value: impl Into<Self>) -> Self {
        if let Self::Object(entries) = &mut self {
            entries.push((key.to_owned(), value.into()));
        }
        self
    }
}

impl From<f64> for Produced {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<u64> for Produced {
    fn from(value: u64) -> Self {
        Self::Count(value)
    }
}

impl From<usize> for Produced {
    fn from(value: usize) -> Self {
        Self::Count(value as u64)
    }
}

impl From<bool> for Produced {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}

impl From<&str> for Produced {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl<T: Into<Produced>> From<Option<T>> for Produced {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Undefined, Into::into)
    }
}

impl<T: Into<Produced>> From<Vec<T>> for Produced {
    fn from(values: Vec<T>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Produced>, const N: usize> From<[T; N]> for Produced {
    fn from(values: [T; N]) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

impl From<(f64, f64)> for Produced {
    fn from((low, high): (f64, f64)) -> Self {
        [low, high].into()
    }
}

/// How far a number may be from the expected one: within either of the two.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tolerance {
    pub(crate) relative: f64,
    pub(crate) absolute: f64,
}

impl Tolerance {
    /// Allows a difference in proportion to the expected value.
    pub(crate) const fn relative(relative: f64) -> Self {
        Self {
            relative,
            absolute: 0.0,
        }
    }

    /// Allows a fixed difference.
    pub(crate) const fn absolute(absolute: f64) -> Self {
        Self {
            relative: 0.0,
            absolute,
        }
    }

    /// Allows a fixed difference as well.
    pub(crate) const fn or_absolute(self, absolute: f64) -> Self {
        Self { absolute, ..self }
    }

    fn allows(self, found: f64, expected: f64) -> bool {
        if expected.is_nan() {
            return found.is_nan();
        }
        if expected.is_infinite() {
            return found == expected;
        }
        let difference = (found - expected).abs();
        difference <= self.absolute || difference <= self.relative * expected.abs()
    }
}

/// Returns a message for every expected value that was not produced.
///
/// `tolerance` is asked with the value's path, such as `welch.ci[0]`.
pub(crate) fn mismatches(
    expected: &Value,
    produced: &Produced,
    tolerance: &dyn Fn(&str) -> Tolerance,
) -> Vec<(String, String)> {
    let mut found = Vec::new();
    compare(expected, produced, "", tolerance, &mut found);
    found
}

fn compare(
    expected: &Value,
    produced: &Produced,
    path: &str,
    tolerance: &dyn Fn(&str) -> Tolerance,
    found: &mut Vec<(String, String)>,
) {
    let mut fail = |message: String| found.push((path.to_owned(), message));
    match (expected, produced) {
        (Value::Object(map), Produced::Object(entries)) => {
            for (key, value) in map {
                let at = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                match entries.iter().find(|(name, _)| name == key) {
                    Some((_, entry)) => compare(value, entry, &at, tolerance, found),
                    None => found.push((at, format!("expected {value}, nothing was produced"))),
                }
            }
            let error = entries.iter().find(|(name, _)| name == "error");
            if let (false, Some((_, error))) = (map.contains_key("error"), error) {
                found.push((
                    path.to_owned(),
                    format!("refused with {error:?}, expected values"),
                ));
            }
        }
        (Value::Array(values), Produced::List(entries)) => {
            if values.len() != entries.len() {
                fail(format!(
                    "expected {} values, found {}",
                    values.len(),
                    entries.len()
                ));
                return;
            }
            for (index, (value, entry)) in values.iter().zip(entries).enumerate() {
                compare(value, entry, &format!("{path}[{index}]"), tolerance, found);
            }
        }
        (Value::Null, Produced::Undefined) => {}
        (Value::Bool(value), Produced::Flag(flag)) if value == flag => {}
        (Value::String(value), Produced::Text(text)) if value == text => {}
        (Value::Number(value), Produced::Count(count)) => {
            let same = value.as_u64() == Some(*count) || value.as_f64() == Some(*count as f64);
            if !same {
                fail(format!("expected {value}, found {count}"));
            }
        }
        (Value::Number(_) | Value::String(_), Produced::Number(number)) => {
            let allowed = tolerance(path);
            match reading::number(expected) {
                Some(value) if allowed.allows(*number, value) => {}
                Some(value) => fail(format!(
                    "expected {value:e}, found {number:e}, off by {:.2e} relative, {:.2e} absolute",
                    ((number - value) / value).abs(),
                    (number - value).abs()
                )),
                None => fail(format!("expected {expected}, found {number:e}")),
            }
        }
        _ => fail(format!("expected {expected}, found {produced:?}")),
    }
}

#[test]
fn a_difference_beyond_the_tolerance_is_a_mismatch() {
    let expected = serde_json::json!({"x": 1.0, "ci": [0.5, "inf"], "p": null});
    let tolerance = |_: &str| Tolerance::relative(1e-12);
    let produced = |x: f64, high: f64| {
        object([
            ("x", x.into()),
            ("ci", (0.5, high).into()),
            ("p", Produced::Undefined),
        ])
    };
    let count = |produced: &Produced| mismatches(&expected, produced, &tolerance).len();
    assert_eq!(count(&produced(1.0 + 5e-13, f64::INFINITY)), 0);
    assert_eq!(count(&produced(1.0 + 5e-12, f64::INFINITY)), 1);
    assert_eq!(count(&produced(f64::NAN, f64::INFINITY)), 1);
    assert_eq!(count(&produced(1.0, f64::MAX)), 1);
}

#[test]
fn an_expected_key_that_is_not_produced_is_a_mismatch() {
    let tolerance = |_: &str| Tolerance::relative(1e-12);
    let expected = serde_json::json!({"x": 1.0, "y": null});
    let produced = object([("x", 1.0.into())]);
    assert_eq!(mismatches(&expected, &produced, &tolerance).len(), 1);
    let undefined = object([("x", Produced::Undefined), ("y", 0.0.into())]);
    assert_eq!(mismatches(&expected, &undefined, &tolerance).len(), 2);
}

#[test]
fn a_refusal_matches_its_own_kind_only() {
    let tolerance = |_: &str| Tolerance::relative(1e-12);
    let expected = serde_json::json!({"error": "zero_variance"});
    let count =
        |expected: &Value, produced: &Produced| mismatches(expected, produced, &tolerance).len();
    assert_eq!(count(&expected, &Produced::refused("zero_variance")), 0);
    assert_eq!(count(&expected, &Produced::refused("all_tied")), 1);
    assert_eq!(count(&expected, &object([("p", 1.0.into())])), 1);
    assert_eq!(
        count(&serde_json::json!({}), &Produced::refused("all_tied")),
        1
    );
}
