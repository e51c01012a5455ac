//! What one attribute must be.

use std::sync::Arc;

use crate::attributes::{Exact, Number, Scalar, Value, same_text};

use super::AudienceError;
use super::extended::Extended;
use super::fold::Place;
use super::limits::{check_length, check_long_list, check_piece};

/// An owned value, in the order in which lists are sorted.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Operand {
    Bool(bool),
    Number(Number),
    Text(Box<str>),
}

/// Up to so many texts are compared one by one, which is faster than a search.
pub(super) const FEW: usize = 8;

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Condition {
    Is(Operand),
    IsNot(Operand),
    OneOf(Arc<[Operand]>),
    Piece(Place, Box<str>),
    Bound(Bound, Number),
    Exists,
    Extended(Box<Extended>),
}

/// How a number lies to another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Bound {
    AtLeast,
    AtMost,
    MoreThan,
    LessThan,
}

impl Bound {
    pub(super) fn operator(self) -> &'static str {
        match self {
            Bound::AtLeast => "at_least",
            Bound::AtMost => "at_most",
            Bound::MoreThan => "more_than",
            Bound::LessThan => "less_than",
        }
    }

    #[cfg(feature = "serde")]
    pub(super) fn named(operator: &str) -> Option<Bound> {
        let bounds = [
            Bound::AtLeast,
            Bound::AtMost,
            Bound::MoreThan,
            Bound::LessThan,
        ];
        bounds
            .into_iter()
            .find(|bound| bound.operator() == operator)
    }

    #[inline]
    fn holds<T: PartialOrd>(self, value: T, bound: T) -> bool {
        match self {
            Bound::AtLeast => value >= bound,
            Bound::AtMost => value <= bound,
            Bound::MoreThan => value > bound,
            Bound::LessThan => value < bound,
        }
    }
}

impl Operand {
    /// Returns the value, none for a list, which no condition compares with.
    pub(super) fn new(value: Value<'_>) -> Option<Operand> {
        Some(match value {
            Value::Text(text) => Operand::Text(text.into()),
            Value::Integer(integer) => Operand::Number(integer.into()),
            Value::Float(float) => Operand::Number(float.into()),
            Value::Bool(truth) => Operand::Bool(truth),
            Value::List(_) => return None,
        })
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Operand::Text(text) => Some(text),
            Operand::Bool(_) | Operand::Number(_) => None,
        }
    }

    #[inline]
    pub(super) fn scalar(&self) -> Scalar<'_> {
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
pub(super) fn is_among(operands: &[Operand], value: &Value<'_>) -> bool {
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
        Condition::OneOf(values.into())
    }

    #[inline]
    pub(super) fn matches(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Condition::Is(Operand::Text(text)), Value::Text(value)) => same_text(text, value),
            _ => self.holds(value),
        }
    }

    // A function of its own: inlined, it would cost registers in the most frequent question.
    #[inline(never)]
    fn holds(&self, value: &Value<'_>) -> bool {
        let verdict = match self {
            Condition::Is(operand) => operand.equals(value),
            Condition::IsNot(operand) => operand.equals(value).map(|equal| !equal),
            Condition::OneOf(operands) => Some(is_among(operands, value)),
            Condition::Piece(place, text) => match value {
                Value::Text(value) => Some(place.has(text, value)),
                _ => None,
            },
            Condition::Bound(bound, number) => match (value, number.exact()) {
                // The usual question, without a look at what either number is besides.
                (Value::Integer(value), Exact::Integer(number)) => {
                    Some(bound.holds(*value, number))
                }
                _ => compare(value, *number, |value, number| bound.holds(value, number)),
            },
            Condition::Exists => Some(true),
            Condition::Extended(extended) => Some(extended.matches(value)),
        };
        verdict == Some(true)
    }

    /// Returns the operator's name in the serialised form.
    pub(super) fn operator(&self) -> &'static str {
        match self {
            Condition::Is(_) => "is",
            Condition::IsNot(_) => "is_not",
            Condition::OneOf(_) => "one_of",
            Condition::Piece(place, _) => place.operator(),
            Condition::Bound(bound, _) => bound.operator(),
            Condition::Exists => "exists",
            Condition::Extended(extended) => extended.operator(),
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
                check_long_list(operator, values.len())?;
                values.iter().try_for_each(operand)
            }
            Condition::Piece(_, text) => check_piece(attribute, operator, text),
            Condition::Bound(_, bound) => number(bound),
            Condition::Exists => Ok(()),
            Condition::Extended(extended) => extended.check(attribute),
        }
    }

    /// Returns the feature without which this build cannot judge the condition.
    pub(super) fn lacks(&self) -> Option<&'static str> {
        match self {
            Condition::Extended(extended) => extended.lacks(),
            _ => None,
        }
    }
}
