//! One value of a rule from its serialised form.

use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::attributes::Number;

use super::super::condition::Operand;
use super::super::moment::Side;

/// A reader of the value of the field named here: text, a number or a truth value.
#[derive(Clone, Copy)]
pub(super) struct OperandOf(pub(super) &'static str);

/// A reader of what the field named here says: a value, a list of values, or a date.
pub(super) struct RawOf(pub(super) &'static str);

/// How TOML hands out its own dates and times: as a table of one text.
const TOML_DATE: &str = "$__toml_private_datetime";

/// From here on the next float differs by 1 or more, and a reader may have rounded.
const ROUNDED: f64 = 9_007_199_254_740_992.0;

impl<'de> DeserializeSeed<'de> for OperandOf {
    type Value = Operand;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Operand, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OperandOf {
    type Value = Operand;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text, a number, true or false for `{}`", self.0)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Operand, E> {
        Ok(Operand::Bool(truth))
    }

    fn visit_i64<E: Error>(self, integer: i64) -> Result<Operand, E> {
        Ok(Operand::Number(integer.into()))
    }

    fn visit_u64<E: Error>(self, integer: u64) -> Result<Operand, E> {
        Ok(Operand::Number(integer.into()))
    }

    fn visit_i128<E: Error>(self, integer: i128) -> Result<Operand, E> {
        Ok(Operand::Number(integer.into()))
    }

    fn visit_u128<E: Error>(self, integer: u128) -> Result<Operand, E> {
        match i128::try_from(integer) {
            Ok(integer) => Ok(Operand::Number(integer.into())),
            Err(_) => Err(E::custom(format_args!(
                "`{}` is {integer}, which exceeds 127 bits",
                self.0
            ))),
        }
    }

    fn visit_f64<E: Error>(self, float: f64) -> Result<Operand, E> {
        if float.is_finite() && float.abs() >= ROUNDED {
            return Err(E::custom(format_args!(
                "`{}` is about {float:e}, which may have been rounded in reading: write \
                 {{ integer = \"...\" }} or {{ float = \"{float:e}\" }}",
                self.0
            )));
        }
        Ok(Operand::Number(float.into()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Operand, E> {
        Ok(Operand::Text(text.into()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Operand, E> {
        Ok(Operand::Text(text.into_boxed_str()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Operand, A::Error> {
        Err(A::Error::custom(format_args!(
            "`{}` has a list in the place of a value",
            self.0
        )))
    }

    /// Reads `{ integer = "..." }` and `{ float = "..." }`.
    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Operand, A::Error> {
        let Some(kind) = table.next_key::<String>()? else {
            return Err(A::Error::custom(format_args!(
                "`{}` is an empty table, expected `integer` or `float`",
                self.0
            )));
        };
        if kind == TOML_DATE {
            let date: String = table.next_value()?;
            return Err(A::Error::custom(format_args!(
                "`{}` is the date or time {date}: compare it with `after`, `before`, `not_before` \
                 or `not_after`",
                self.0
            )));
        }
        if kind != "integer" && kind != "float" {
            return Err(A::Error::unknown_field(&kind, &["integer", "float"]));
        }
        let text: String = table.next_value()?;
        let number = if kind == "integer" {
            text.parse::<i128>().ok().map(Number::from)
        } else {
            text.parse::<f64>().ok().map(Number::from)
        };
        let Some(number) = number else {
            return Err(A::Error::custom(format_args!(
                "`{kind}` of `{}` is {text:?}, which is not one",
                self.0
            )));
        };
        if let Some(second) = table.next_key::<String>()? {
            return Err(A::Error::custom(format_args!(
                "`{kind}` and `{second}` stand in one table of `{}`",
                self.0
            )));
        }
        Ok(Operand::Number(number))
    }
}

/// What a field says before it is known whether it fits.
#[derive(Debug)]
pub(super) enum Raw {
    One(Operand),
    Many(Vec<Operand>),
    Moment(String),
}

impl<'de> DeserializeSeed<'de> for RawOf {
    type Value = Raw;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Reads one value as [`OperandOf`] does.
macro_rules! one_value {
    ($($visit:ident: $value:ty),+ $(,)?) => {$(
        fn $visit<E: Error>(self, value: $value) -> Result<Raw, E> {
            OperandOf(self.0).$visit(value).map(Raw::One)
        }
    )+};
}

impl<'de> Visitor<'de> for RawOf {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        OperandOf(self.0).expecting(f)
    }

    one_value! {
        visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_i128: i128, visit_u128: u128,
        visit_f64: f64, visit_str: &str, visit_string: String,
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Raw, A::Error> {
        if Side::named(self.0).is_some() {
            return MomentOf(self.0).visit_map(table).map(Raw::Moment);
        }
        OperandOf(self.0).visit_map(table).map(Raw::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut operands = Vec::new();
        while let Some(operand) = list.next_element_seed(OperandOf(self.0))? {
            operands.push(operand);
        }
        Ok(Raw::Many(operands))
    }
}

/// A reader of a date or time of TOML's own.
struct MomentOf(&'static str);

impl<'de> Visitor<'de> for MomentOf {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a date or time for `{}`", self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<String, A::Error> {
        match table.next_key::<String>()? {
            Some(kind) if kind == TOML_DATE => table.next_value(),
            _ => Err(A::Error::custom(format_args!(
                "`{}` is a table, expected a date such as 2026-11-29 or a time such as \
                 2026-11-29T08:00:00Z",
                self.0
            ))),
        }
    }
}
