//! Texts read as numbers and truth values, where a condition asks for it.

use crate::attributes::Value;

use super::AudienceError;
use super::condition::{Condition, Operand};
use super::extended::Extended;
use super::listed::Ask;

/// Most bytes of a text that is read as a number.
const MAX_NUMBER: usize = 400;

/// Tells whether the value matches, or what it says as a number or a truth value.
pub(super) fn matches(condition: &Condition, value: &Value<'_>) -> bool {
    let Value::Text(text) = value else {
        return condition.matches(value);
    };
    match *text {
        "true" => condition.matches(&Value::Bool(true)),
        "false" => condition.matches(&Value::Bool(false)),
        text => number(text).is_some_and(|number| condition.matches(&number)),
    }
}

/// Reads a decimal number: `-12`, `12.5`, `1.25e3`; whole numbers exactly, others to the nearest
/// float.
fn number(text: &str) -> Option<Value<'static>> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = digits.starts_with(|sign: char| sign.is_ascii_digit())
        && digits.ends_with(|sign: char| sign.is_ascii_digit())
        && digits.len() <= MAX_NUMBER;
    if !is_number {
        return None;
    }
    if let Ok(integer) = text.parse::<i128>() {
        return Some(Value::Integer(integer));
    }
    let float: f64 = text.parse().ok()?;
    float.is_finite().then_some(Value::Float(float))
}

/// Refuses a condition on texts, or on numbers and truth values at once.
pub(super) fn check(condition: &Condition, attribute: &str) -> Result<(), AudienceError> {
    let kinds = |operands: &[Operand]| {
        let kind = |operand: &Operand| match operand {
            Operand::Bool(_) => 1_u8,
            Operand::Number(_) => 2,
            Operand::Text(_) => 4,
        };
        operands
            .iter()
            .map(kind)
            .fold(0, |kinds, kind| kinds | kind)
    };
    let fits = match condition {
        Condition::Is(operand) | Condition::IsNot(operand) => {
            kinds(core::slice::from_ref(operand)) < 3
        }
        Condition::OneOf(operands) => kinds(operands) < 3,
        Condition::Bound(..) => true,
        Condition::Extended(extended) => match &**extended {
            Extended::Listed(listed) => {
                listed.ask == Ask::NotOneOf && !listed.folds() && kinds(listed.operands()) < 3
            }
            _ => false,
        },
        _ => false,
    };
    if fits {
        return condition.check(attribute);
    }
    Err(AudienceError::Misfit {
        attribute: attribute.to_owned(),
        modifier: "convert",
        operator: condition.operator(),
        allowed: "numbers, or truth values, or semver",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_numbers_are_read_and_nothing_that_looks_like_one() {
        for (text, expected) in [
            ("25", 25.0),
            ("-3", -3.0),
            ("12.0", 12.0),
            ("1.5e3", 1500.0),
            ("007", 7.0),
        ] {
            assert_eq!(number(text), Some(Value::Float(expected)), "{text}");
        }
        for text in [
            "", "-", "+1", " 1", "1 ", "1.", ".5", "inf", "NaN", "0x10", "1_000", "1e999", "1,5",
            "--1",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
        let exact = Some(Value::Integer(9_007_199_254_740_993));
        assert_eq!(number("9007199254740993"), exact);
    }
}
