//! The value of one attribute.

use std::borrow::Cow;
use std::sync::Arc;

use super::{number::Number, values::Values};

/// The value of one attribute, borrowed from the request.
///
/// Two values are equal when they are the same text byte for byte, the same
/// number exactly (`Integer(1)` and `Float(1.0)` are one number), or the same
/// truth value. NaN and lists equal nothing. Values of two types are never equal.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Text.
    Text(&'a str),
    /// A whole number.
    Integer(i128),
    /// A number with a fraction; NaN never matches.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A list of values, which only `any_of`, `all_of`, `none_of` and `exists` ask.
    List(&'a dyn Values),
}

/// A value other than NaN, in the order in which lists are sorted.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Scalar<'a> {
    Bool(bool),
    Number(Number),
    Text(&'a str),
}

impl<'a> Value<'a> {
    #[inline]
    pub(crate) fn scalar(self) -> Option<Scalar<'a>> {
        match self {
            Value::Text(text) => Some(Scalar::Text(text)),
            Value::Integer(integer) => Some(Scalar::Number(Number::from(integer))),
            Value::Float(float) if float.is_nan() => None,
            Value::Float(float) => Some(Scalar::Number(Number::from(float))),
            Value::Bool(truth) => Some(Scalar::Bool(truth)),
            Value::List(_) => None,
        }
    }
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Value<'_>) -> bool {
        self.scalar()
            .is_some_and(|scalar| other.scalar() == Some(scalar))
    }
}

/// A type whose values can be those of an attribute.
///
/// Implement it for your own types to put them into lists of pairs and maps.
/// There is no implementation for `u128`, which may exceed [`Value::Integer`].
///
/// ```
/// use switchstand::targeting::{AsValue, Value};
///
/// enum Tier { Free, Paid }
///
/// impl AsValue for Tier {
///     fn as_value(&self) -> Value<'_> {
///         match self {
///             Tier::Free => Value::Text("free"),
///             Tier::Paid => Value::Text("paid"),
///         }
///     }
/// }
/// assert_eq!(Tier::Paid.as_value(), Value::from("paid"));
/// # assert_ne!(Tier::Free.as_value(), Value::from("paid"));
/// ```
pub trait AsValue {
    /// Returns the value.
    fn as_value(&self) -> Value<'_>;
}

impl AsValue for Value<'_> {
    #[inline]
    fn as_value(&self) -> Value<'_> {
        *self
    }
}

impl AsValue for str {
    #[inline]
    fn as_value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl AsValue for String {
    #[inline]
    fn as_value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl AsValue for Cow<'_, str> {
    #[inline]
    fn as_value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

macro_rules! as_value_through {
    ($($pointer:ty),+) => {$(
        impl<T: AsValue + ?Sized> AsValue for $pointer {
            #[inline]
            fn as_value(&self) -> Value<'_> {
                (**self).as_value()
            }
        }
    )+};
}

as_value_through!(&T, Box<T>, Arc<T>);

impl<'a> From<&'a str> for Value<'a> {
    #[inline]
    fn from(text: &'a str) -> Value<'a> {
        Value::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    #[inline]
    fn from(text: &'a String) -> Value<'a> {
        Value::Text(text)
    }
}

macro_rules! value_from {
    ($($variant:ident($target:ty): $($source:ty),+;)+) => {$($(
        impl From<$source> for Value<'_> {
            #[inline]
            fn from(source: $source) -> Self {
                Value::$variant(<$target>::from(source))
            }
        }

        impl AsValue for $source {
            #[inline]
            fn as_value(&self) -> Value<'_> {
                Value::$variant(<$target>::from(*self))
            }
        }
    )+)+};
}

value_from! {
    Integer(i128): i8, i16, i32, i64, i128, u8, u16, u32, u64;
    Float(f64): f32, f64;
    Bool(bool): bool;
}

macro_rules! value_from_size {
    ($($source:ty),+) => {$(
        impl From<$source> for Value<'_> {
            #[inline]
            fn from(source: $source) -> Self {
                // No platform has a wider one.
                Value::Integer(source as i128)
            }
        }

        impl AsValue for $source {
            #[inline]
            fn as_value(&self) -> Value<'_> {
                Value::Integer(*self as i128)
            }
        }
    )+};
}

value_from_size!(usize, isize);
