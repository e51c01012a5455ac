//! From the serialised form to an audience.

use core::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::attributes::Number;
use crate::unit::UnitKey;

use super::super::Audience;
use super::super::condition::{Attribute, Condition, Operand, attr};
use super::super::limits::{check_depth, check_rules};
use super::super::tree::Join;
use super::operand::{OperandOf, OperandsOf};

const FIELDS: &[&str] = &[
    "attr",
    "is",
    "is_not",
    "one_of",
    "starts_with",
    "ends_with",
    "contains",
    "at_least",
    "at_most",
    "more_than",
    "less_than",
    "exists",
    "all",
    "any",
    "not",
    "units",
    "everyone",
];

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Audience, D::Error> {
        let audience = Nested { depth: 0 }.deserialize(deserializer)?;
        audience.check().map_err(D::Error::custom)?;
        Ok(audience)
    }
}

/// Reads one audience that stands in `depth` others, and refuses to go too deep.
#[derive(Clone, Copy)]
struct Nested {
    depth: usize,
}

/// Reads the parts of `all` or `any`.
struct Parts {
    depth: usize,
}

/// What a table says beside the attribute's name.
enum Body {
    Condition(Condition),
    /// `exists = false`.
    Missing,
    Whole(Audience),
}

impl Nested {
    fn inside<E: Error>(self) -> Result<usize, E> {
        let depth = self.depth + 1;
        check_depth(depth).map_err(E::custom)?;
        Ok(depth)
    }

    fn body<'de, A>(self, field: &'static str, table: &mut A) -> Result<Body, A::Error>
    where
        A: MapAccess<'de>,
    {
        let whole = match field {
            "all" | "any" => {
                let join = if field == "all" { Join::All } else { Join::Any };
                let depth = self.inside()?;
                Audience::group(join, table.next_value_seed(Parts { depth })?)
            }
            "not" => {
                let depth = self.inside()?;
                table.next_value_seed(Nested { depth })?.not()
            }
            "units" => Audience::units(table.next_value::<Vec<UnitKey>>()?),
            "everyone" => match table.next_value_seed(OperandOf(field))? {
                Operand::Bool(true) => Audience::everyone(),
                other => return Err(unfit(field, "true", &other)),
            },
            "exists" => {
                return match table.next_value_seed(OperandOf(field))? {
                    Operand::Bool(true) => Ok(Body::Condition(Condition::Exists)),
                    Operand::Bool(false) => Ok(Body::Missing),
                    other => Err(unfit(field, "true or false", &other)),
                };
            }
            "one_of" => {
                let values = table.next_value_seed(OperandsOf(field))?;
                return Ok(Body::Condition(Condition::one_of(values)));
            }
            _ => {
                let operand = table.next_value_seed(OperandOf(field))?;
                return condition(field, operand).map(Body::Condition);
            }
        };
        Ok(Body::Whole(whole))
    }
}

/// Makes the condition of an operator with one value.
fn condition<E: Error>(field: &'static str, operand: Operand) -> Result<Condition, E> {
    let of_text: Option<fn(Box<str>) -> Condition> = match field {
        "starts_with" => Some(Condition::StartsWith),
        "ends_with" => Some(Condition::EndsWith),
        "contains" => Some(Condition::Contains),
        _ => None,
    };
    let of_number: Option<fn(Number) -> Condition> = match field {
        "at_least" => Some(Condition::AtLeast),
        "at_most" => Some(Condition::AtMost),
        "more_than" => Some(Condition::MoreThan),
        "less_than" => Some(Condition::LessThan),
        _ => None,
    };
    match (field, of_text, of_number, operand) {
        (_, Some(make), _, Operand::Text(text)) => Ok(make(text)),
        (_, Some(_), _, other) => Err(unfit(field, "text", &other)),
        (_, _, Some(make), Operand::Number(number)) => Ok(make(number)),
        (_, _, Some(_), other) => Err(unfit(field, "a number", &other)),
        ("is", _, _, operand) => Ok(Condition::Is(operand)),
        ("is_not", _, _, operand) => Ok(Condition::IsNot(operand)),
        _ => Err(E::unknown_field(field, FIELDS)),
    }
}

fn unfit<E: Error>(field: &str, expected: &str, found: &Operand) -> E {
    let found = match found {
        Operand::Bool(truth) => format!("{truth}"),
        Operand::Number(number) => format!("the number {number}"),
        Operand::Text(text) => format!("the text {text:?}"),
    };
    E::custom(format_args!("`{field}` needs {expected}, found {found}"))
}

impl<'de> DeserializeSeed<'de> for Nested {
    type Value = Audience;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Audience, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Nested {
    type Value = Audience;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table with `attr` and a condition, or `all`, `any`, `not` or `units`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Audience, A::Error> {
        let mut attribute: Option<Attribute> = None;
        let mut body: Option<(&'static str, Body)> = None;
        while let Some(key) = table.next_key::<String>()? {
            let Some(field) = FIELDS.iter().find(|field| **field == key) else {
                return Err(A::Error::unknown_field(&key, FIELDS));
            };
            if *field == "attr" {
                if attribute.is_some() {
                    return Err(A::Error::duplicate_field("attr"));
                }
                attribute = Some(attr(table.next_value::<String>()?));
                continue;
            }
            match body {
                Some((other, _)) if other == *field => {
                    return Err(A::Error::duplicate_field(field));
                }
                Some((other, _)) => return Err(together(other, field)),
                None => body = Some((*field, self.body(field, &mut table)?)),
            }
        }
        match (attribute, body) {
            (Some(attribute), Some((_, Body::Condition(condition)))) => {
                Ok(attribute.must(condition))
            }
            (Some(attribute), Some((_, Body::Missing))) => Ok(attribute.exists().not()),
            (None, Some((_, Body::Whole(audience)))) => Ok(audience),
            (Some(_), Some((field, Body::Whole(_)))) => Err(together("attr", field)),
            (None, Some((field, _))) => Err(A::Error::custom(format_args!(
                "`{field}` stands without `attr`, the name of the attribute"
            ))),
            (Some(attribute), None) => Err(A::Error::custom(format_args!(
                "attribute {:?} stands without a condition, such as `is` or `at_least`",
                attribute.name()
            ))),
            (None, None) => Err(A::Error::custom(
                "the audience is an empty table: expected `attr` and a condition, or `all`, \
                 `any`, `not` or `units`",
            )),
        }
    }
}

fn together<E: Error>(first: &str, second: &str) -> E {
    E::custom(format_args!(
        "`{first}` and `{second}` stand in one table: join rules with `all` or `any`"
    ))
}

impl<'de> DeserializeSeed<'de> for Parts {
    type Value = Vec<Audience>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Audience>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Parts {
    type Value = Vec<Audience>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of audiences")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Audience>, A::Error> {
        let mut parts = Vec::new();
        let part = Nested { depth: self.depth };
        while let Some(audience) = list.next_element_seed(part)? {
            parts.push(audience);
            check_rules(parts.len()).map_err(A::Error::custom)?;
        }
        Ok(parts)
    }
}
