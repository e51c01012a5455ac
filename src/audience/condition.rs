//! What one attribute must be.

use crate::attributes::{AsValue, Number, Scalar, Value, same_text};

use super::limits::{check_length, check_list};
use super::{Audience, AudienceError, Test};

/// Names an attribute, to say what it must be.
///
/// Returned by [`attr`]. A missing attribute, one of another type and NaN match
/// none of the conditions (but NaN is there: [`exists`](Attribute::exists)
/// matches it). Whole numbers and floats are one type.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct Attribute {
    name: Box<str>,
}

/// Names an attribute of the unit, to build a rule.
///
/// ```
/// use switchstand::{Unit, attr};
/// let adults = attr("age").at_least(18).and(attr("country").one_of(["es", "pt"]));
/// let attributes = [("age", 31.into()), ("country", switchstand::Value::from("pt"))];
/// assert!(adults.matches(&Unit::from("user-42").with(&attributes)));
/// assert!(!adults.matches(&Unit::from("user-42")));
/// ```
pub fn attr(name: impl Into<String>) -> Attribute {
    Attribute {
        name: name.into().into_boxed_str(),
    }
}

/// An owned value, in the order in which lists are sorted.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Operand {
    Bool(bool),
    Number(Number),
    Text(Box<str>),
}

/// Up to so many texts are compared one by one, which is faster than a search.
const FEW: usize = 8;

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Condition {
    Is(Operand),
    IsNot(Operand),
    OneOf(Box<[Operand]>),
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    Contains(Box<str>),
    AtLeast(Number),
    AtMost(Number),
    MoreThan(Number),
    LessThan(Number),
    Exists,
}

impl Attribute {
    /// Matches if the attribute equals `value`: text byte for byte, numbers exactly.
    pub fn is(self, value: impl AsValue) -> Audience {
        self.must(Condition::Is(Operand::new(value.as_value())))
    }

    /// Matches if the attribute is there, of the type of `value`, and differs from it.
    ///
    /// To match units without the attribute as well, write `attr(..).is(..).not()`.
    pub fn is_not(self, value: impl AsValue) -> Audience {
        self.must(Condition::IsNot(Operand::new(value.as_value())))
    }

    /// Matches if the attribute equals one of `values`; duplicates count once.
    pub fn one_of<V: AsValue>(self, values: impl IntoIterator<Item = V>) -> Audience {
        let values = values
            .into_iter()
            .map(|value| Operand::new(value.as_value()));
        self.must(Condition::one_of(values.collect()))
    }

    /// Matches if the attribute is text that begins with `text`, byte for byte.
    pub fn starts_with(self, text: impl Into<String>) -> Audience {
        self.must(Condition::StartsWith(text.into().into_boxed_str()))
    }

    /// Matches if the attribute is text that ends with `text`, byte for byte.
    pub fn ends_with(self, text: impl Into<String>) -> Audience {
        self.must(Condition::EndsWith(text.into().into_boxed_str()))
    }

    /// Matches if the attribute is text that contains `text`, byte for byte.
    pub fn contains(self, text: impl Into<String>) -> Audience {
        self.must(Condition::Contains(text.into().into_boxed_str()))
    }

    /// Matches if the attribute is a number not below `number`.
    pub fn at_least(self, number: impl Into<Number>) -> Audience {
        self.must(Condition::AtLeast(number.into()))
    }

    /// Matches if the attribute is a number not above `number`.
    pub fn at_most(self, number: impl Into<Number>) -> Audience {
        self.must(Condition::AtMost(number.into()))
    }

    /// Matches if the attribute is a number above `number`.
    pub fn more_than(self, number: impl Into<Number>) -> Audience {
        self.must(Condition::MoreThan(number.into()))
    }

    /// Matches if the attribute is a number below `number`.
    pub fn less_than(self, number: impl Into<Number>) -> Audience {
        self.must(Condition::LessThan(number.into()))
    }

    /// Matches if the attribute is there, whatever its type and value.
    pub fn exists(self) -> Audience {
        self.must(Condition::Exists)
    }

    #[cfg(feature = "serde")]
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn must(self, condition: Condition) -> Audience {
        Audience::of(Test::Attribute {
            name: self.name,
            condition,
        })
    }
}

impl Operand {
    fn new(value: Value<'_>) -> Operand {
        match value {
            Value::Text(text) => Operand::Text(text.into()),
            Value::Integer(integer) => Operand::Number(integer.into()),
            Value::Float(float) => Operand::Number(float.into()),
            Value::Bool(truth) => Operand::Bool(truth),
        }
    }

    #[inline]
    fn scalar(&self) -> Scalar<'_> {
        match self {
            Operand::Bool(truth) => Scalar::Bool(*truth),
            Operand::Number(number) => Scalar::Number(*number),
            Operand::Text(text) => Scalar::Text(text),
        }
    }

    /// Tells whether a value of the operand's type equals it; `None` for another type.
    #[inline]
    fn equals(&self, value: &Value<'_>) -> Option<bool> {
        match (self, value) {
            (Operand::Text(text), Value::Text(value)) => Some(same_text(text, value)),
            (Operand::Bool(truth), Value::Bool(value)) => Some(truth == value),
            (Operand::Number(number), value) => {
                compare(value, *number, |value, number| value == number)
            }
            _ => None,
        }
    }
}

/// Looks a value up in a sorted list.
fn is_among(operands: &[Operand], value: &Value<'_>) -> bool {
    match value {
        Value::Text(text) if operands.len() <= FEW => operands
            .iter()
            .any(|operand| matches!(operand, Operand::Text(listed) if same_text(listed, text))),
        value => value.scalar().is_some_and(|scalar| {
            operands
                .binary_search_by(|operand| operand.scalar().cmp(&scalar))
                .is_ok()
        }),
    }
}

#[inline]
fn in_text(value: &Value<'_>, holds: impl Fn(&str) -> bool) -> Option<bool> {
    match value {
        Value::Text(text) => Some(holds(text)),
        _ => None,
    }
}

/// Compares a value with a bound; `None` if the value is no number or one of the two is NaN.
#[inline]
fn compare(
    value: &Value<'_>,
    bound: Number,
    holds: impl Fn(&Number, &Number) -> bool,
) -> Option<bool> {
    match value.scalar() {
        Some(Scalar::Number(number)) if !bound.is_nan() => Some(holds(&number, &bound)),
        _ => None,
    }
}

impl Condition {
    pub(super) fn one_of(mut values: Vec<Operand>) -> Condition {
        values.sort_unstable();
        values.dedup();
        Condition::OneOf(values.into_boxed_slice())
    }

    #[inline]
    pub(super) fn matches(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Condition::Is(Operand::Text(text)), Value::Text(value)) => same_text(text, value),
            _ => self.holds(value),
        }
    }

    // Apart, so that the most frequent question saves no registers for the others.
    #[inline(never)]
    fn holds(&self, value: &Value<'_>) -> bool {
        let verdict = match self {
            Condition::Is(operand) => operand.equals(value),
            Condition::IsNot(operand) => operand.equals(value).map(|equal| !equal),
            Condition::OneOf(operands) => Some(is_among(operands, value)),
            Condition::StartsWith(text) => in_text(value, |value| value.starts_with(&**text)),
            Condition::EndsWith(text) => in_text(value, |value| value.ends_with(&**text)),
            Condition::Contains(text) => in_text(value, |value| value.contains(&**text)),
            Condition::AtLeast(bound) => compare(value, *bound, Number::ge),
            Condition::AtMost(bound) => compare(value, *bound, Number::le),
            Condition::MoreThan(bound) => compare(value, *bound, Number::gt),
            Condition::LessThan(bound) => compare(value, *bound, Number::lt),
            Condition::Exists => Some(true),
        };
        verdict == Some(true)
    }

    /// Returns the operator's name in the serialised form.
    pub(super) fn operator(&self) -> &'static str {
        match self {
            Condition::Is(_) => "is",
            Condition::IsNot(_) => "is_not",
            Condition::OneOf(_) => "one_of",
            Condition::StartsWith(_) => "starts_with",
            Condition::EndsWith(_) => "ends_with",
            Condition::Contains(_) => "contains",
            Condition::AtLeast(_) => "at_least",
            Condition::AtMost(_) => "at_most",
            Condition::MoreThan(_) => "more_than",
            Condition::LessThan(_) => "less_than",
            Condition::Exists => "exists",
        }
    }

    pub(super) fn check(&self, attribute: &str) -> Result<(), AudienceError> {
        let operator = self.operator();
        let number = |number: &Number| {
            if number.is_nan() {
                return Err(AudienceError::NanOperand {
                    attribute: attribute.to_owned(),
                    operator,
                });
            }
            Ok(())
        };
        let operand = |operand: &Operand| match operand {
            Operand::Text(text) => check_length(operator, text.len()),
            Operand::Number(value) => number(value),
            Operand::Bool(_) => Ok(()),
        };
        match self {
            Condition::Is(value) | Condition::IsNot(value) => operand(value),
            Condition::OneOf(values) => {
                check_list(operator, values.len())?;
                values.iter().try_for_each(operand)
            }
            Condition::StartsWith(text) | Condition::EndsWith(text) | Condition::Contains(text) => {
                if text.is_empty() {
                    return Err(AudienceError::EmptyText {
                        attribute: attribute.to_owned(),
                        operator,
                    });
                }
                check_length(operator, text.len())
            }
            Condition::AtLeast(bound)
            | Condition::AtMost(bound)
            | Condition::MoreThan(bound)
            | Condition::LessThan(bound) => number(bound),
            Condition::Exists => Ok(()),
        }
    }
}
