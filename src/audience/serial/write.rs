//! From an audience to its serialised form.

use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::attributes::{Exact, Number};

use super::super::condition::{Condition, Operand};
use super::super::tree::{Join, Step};
use super::super::{Audience, Test};

/// An audience that a reader would refuse is not written.
impl Serialize for Audience {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The depth is checked before the recursion below begins.
        self.check().map_err(S::Error::custom)?;
        Nested(&self.steps()).serialize(serializer)
    }
}

/// One rule, or one group with all in it.
struct Nested<'a>(&'a [Step<'a>]);

/// What stands side by side in a group.
struct Parts<'a>(&'a [Step<'a>]);

impl Serialize for Nested<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some((first, rest)) = self.0.split_first() else {
            return Err(S::Error::custom("the audience has no rule"));
        };
        match first {
            Step::Test(test) => test.serialize(serializer),
            Step::Group { join, .. } => {
                let mut table = serializer.serialize_map(Some(1))?;
                match join {
                    Join::All => table.serialize_entry("all", &Parts(rest))?,
                    Join::Any => table.serialize_entry("any", &Parts(rest))?,
                    Join::Not => table.serialize_entry("not", &Nested(rest))?,
                }
                table.end()
            }
        }
    }
}

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut rest = self.0;
        while let Some(first) = rest.first() {
            let Some((part, behind)) = rest.split_at_checked(first.extent()) else {
                return Err(S::Error::custom("a group of the audience is cut short"));
            };
            list.serialize_element(&Nested(part))?;
            rest = behind;
        }
        list.end()
    }
}

impl Serialize for Test {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut table = serializer.serialize_map(None)?;
        match self {
            Test::Everyone => table.serialize_entry("everyone", &true)?,
            Test::Units(units) => table.serialize_entry("units", units.keys())?,
            Test::Empty(_) => return Err(S::Error::custom("the audience is a list of nothing")),
            Test::Attribute { name, condition } => {
                table.serialize_entry("attr", &**name)?;
                let operator = condition.operator();
                match condition {
                    Condition::Is(operand) | Condition::IsNot(operand) => {
                        table.serialize_entry(operator, operand)?;
                    }
                    Condition::OneOf(operands) => table.serialize_entry(operator, &**operands)?,
                    Condition::StartsWith(text)
                    | Condition::EndsWith(text)
                    | Condition::Contains(text) => table.serialize_entry(operator, &**text)?,
                    Condition::AtLeast(bound)
                    | Condition::AtMost(bound)
                    | Condition::MoreThan(bound)
                    | Condition::LessThan(bound) => {
                        table.serialize_entry(operator, &Operand::Number(*bound))?;
                    }
                    Condition::Exists => table.serialize_entry(operator, &true)?,
                }
            }
        }
        table.end()
    }
}

impl Serialize for Operand {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Operand::Bool(truth) => serializer.serialize_bool(*truth),
            Operand::Text(text) => serializer.serialize_str(text),
            Operand::Number(number) => write_number(*number, serializer),
        }
    }
}

fn write_number<S: Serializer>(number: Number, serializer: S) -> Result<S::Ok, S::Error> {
    let field = match number.exact() {
        Exact::Integer(integer) => match i64::try_from(integer) {
            Ok(integer) => return serializer.serialize_i64(integer),
            Err(_) => "integer",
        },
        // A float with a fraction is below 2^53.
        Exact::Float(float) if float.fract() != 0.0 && float.is_finite() => {
            return serializer.serialize_f64(float);
        }
        Exact::Float(_) => "float",
    };
    let mut table = serializer.serialize_map(Some(1))?;
    table.serialize_entry(field, &number.to_string())?;
    table.end()
}
