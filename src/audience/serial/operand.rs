//! One value of a rule from its serialised form.

use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::attributes::Number;

use super::super::condition::Operand;

/// Reads the value of the field named here: text, a number or a truth value.
#[derive(Clone, Copy)]
pub(super) struct OperandOf(pub(super) &'static str);

/// Reads the list of values of the field named here.
pub(super) struct OperandsOf(pub(super) &'static str);

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

    /// Reads `{ integer = "..." }` and `{ float = "..." }`.
    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Operand, A::Error> {
        let Some(kind) = table.next_key::<String>()? else {
            return Err(A::Error::custom(format_args!(
                "`{}` is an empty table, expected `integer` or `float`",
                self.0
            )));
        };
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

impl<'de> DeserializeSeed<'de> for OperandsOf {
    type Value = Vec<Operand>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Operand>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for OperandsOf {
    type Value = Vec<Operand>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of values for `{}`", self.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Operand>, A::Error> {
        let mut operands = Vec::new();
        while let Some(operand) = list.next_element_seed(OperandOf(self.0))? {
            operands.push(operand);
        }
        Ok(operands)
    }
}
