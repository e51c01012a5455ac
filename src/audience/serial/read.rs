//! From the serialised form to an audience.

use core::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::unit::UnitKey;

use super::super::attribute::{Attribute, attr};
use super::super::condition::Operand;
use super::super::limits::{check_depth, check_rules};
use super::super::tree::Join;
use super::super::{Audience, Test};
use super::operand::{Raw, RawOf};
use super::table::{CONDITIONS, Conditions, MODIFIERS, known, together, unfit};

/// Fields of an audience beside [`CONDITIONS`] and [`MODIFIERS`].
const WHOLE: &[&str] = &[
    "attr", "all", "any", "not", "units", "everyone", "unit", "segment", "of",
];

/// Segments may be defined elsewhere, and conditions judged by other builds.
impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Audience, D::Error> {
        let audience = Nested { depth: 0 }.deserialize(deserializer)?;
        audience.check_form().map_err(D::Error::custom)?;
        Ok(audience)
    }
}

/// A reader of one audience that stands in `depth` others; it refuses to go too deep.
#[derive(Clone, Copy)]
struct Nested {
    depth: usize,
}

/// A reader of the parts of the field named here, `all` or `any`.
struct Parts {
    field: &'static str,
    depth: usize,
}

/// A reader of the conditions on the unit's key.
struct OfKey;

impl Nested {
    fn inside<E: Error>(self) -> Result<usize, E> {
        let depth = self.depth + 1;
        check_depth(depth).map_err(E::custom)?;
        Ok(depth)
    }

    fn whole<'de, A>(self, field: &'static str, table: &mut A) -> Result<Audience, A::Error>
    where
        A: MapAccess<'de>,
    {
        Ok(match field {
            "all" | "any" => {
                let join = if field == "all" { Join::All } else { Join::Any };
                let depth = self.inside()?;
                Audience::group(join, table.next_value_seed(Parts { field, depth })?)
            }
            "not" => {
                let depth = self.inside()?;
                table.next_value_seed(Nested { depth })?.not()
            }
            "units" => Audience::units(table.next_value::<Keys>()?.0),
            "unit" => table.next_value_seed(OfKey)?,
            "segment" => match table.next_value_seed(RawOf(field))? {
                Raw::One(Operand::Text(name)) => Audience::of(Test::Unknown(name.into())),
                other => return Err(unfit(field, "the name of a segment", &other)),
            },
            _ => match table.next_value_seed(RawOf(field))? {
                Raw::One(Operand::Bool(true)) => Audience::everyone(),
                other => return Err(unfit(field, "true", &other)),
            },
        })
    }
}

impl<'de> DeserializeSeed<'de> for Nested {
    type Value = Audience;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Audience, D::Error> {
        deserializer.deserialize_map(self)
    }
}

const AN_AUDIENCE: &str = "a table with `attr` and a condition, or `all`, `any`, `not`, `units`, \
                           `unit` or `segment`";

impl<'de> Visitor<'de> for Nested {
    type Value = Audience;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(AN_AUDIENCE)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Audience, A::Error> {
        Err(A::Error::custom(format_args!(
            "an audience is a list: expected {AN_AUDIENCE}"
        )))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Audience, A::Error> {
        let mut attribute: Option<Attribute> = None;
        let mut conditions = Conditions::default();
        let mut whole: Option<(&'static str, Audience)> = None;
        let mut definition: Option<Audience> = None;
        while let Some(key) = table.next_key::<String>()? {
            let field = known(&key, &[WHOLE, CONDITIONS, MODIFIERS])?;
            let other = whole.as_ref().map(|whole| whole.0).or(conditions.first());
            match field {
                "attr" if attribute.is_some() => return Err(A::Error::duplicate_field("attr")),
                "attr" => match table.next_value_seed(RawOf(field))? {
                    Raw::One(Operand::Text(name)) => attribute = Some(attr(name)),
                    other => return Err(unfit(field, "the name of an attribute", &other)),
                },
                "of" if definition.is_some() => return Err(A::Error::duplicate_field("of")),
                "of" => {
                    let depth = self.inside()?;
                    definition = Some(table.next_value_seed(Nested { depth })?);
                }
                field if CONDITIONS.contains(&field) || MODIFIERS.contains(&field) => {
                    if let Some((whole, _)) = &whole {
                        return Err(together(whole, field));
                    }
                    conditions.add(field, table.next_value_seed(RawOf(field))?)?;
                }
                field => match other {
                    Some(other) if other == field => return Err(A::Error::duplicate_field(field)),
                    Some(other) => return Err(together(other, field)),
                    None => whole = Some((field, self.whole(field, &mut table)?)),
                },
            }
        }
        if let Some(definition) = definition {
            return match (attribute, whole) {
                (None, Some(("segment", audience))) => defined(&audience, definition),
                _ => Err(A::Error::custom(
                    "`of` stands without `segment`, the name that it defines",
                )),
            };
        }
        match (attribute, whole) {
            (Some(_), Some((field, _))) => Err(together("attr", field)),
            (None, Some((_, audience))) => Ok(audience),
            (Some(attribute), None) if conditions.has_condition() => conditions.of(&attribute),
            (Some(attribute), None) => Err(A::Error::custom(format_args!(
                "attribute {:?} stands without a condition, such as `is` or `at_least`",
                attribute.name()
            ))),
            (None, None) => Err(match conditions.first() {
                Some(field) => A::Error::custom(format_args!(
                    "`{field}` stands without `attr`, the name of the attribute"
                )),
                None => A::Error::custom(format_args!(
                    "an audience is an empty table: expected {AN_AUDIENCE}"
                )),
            }),
        }
    }
}

/// Names an audience that is defined where it is used.
fn defined<E: Error>(reference: &Audience, definition: Audience) -> Result<Audience, E> {
    match reference.rules.first().map(|rule| &rule.test) {
        Some(Test::Unknown(name)) => Ok(definition.named(name)),
        _ => Err(E::custom(
            "`of` stands without `segment`, the name that it defines",
        )),
    }
}

impl<'de> DeserializeSeed<'de> for OfKey {
    type Value = Audience;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Audience, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OfKey {
    type Value = Audience;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a table with a condition on the unit's key, such as { starts_with = \"staff-\" }",
        )
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Audience, A::Error> {
        Err(A::Error::custom(
            "`unit` is a list: write `units = [..]` for a list of keys, `unit = { .. }` for a condition",
        ))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Audience, A::Error> {
        let mut conditions = Conditions::default();
        while let Some(key) = table.next_key::<String>()? {
            let field = known(&key, &[CONDITIONS, MODIFIERS])?;
            conditions.add(field, table.next_value_seed(RawOf(field))?)?;
        }
        if !conditions.has_condition() {
            return Err(A::Error::custom(
                "`unit` stands without a condition, such as `starts_with`",
            ));
        }
        conditions.of(&Audience::key())
    }
}

/// The keys of `units`.
struct Keys(Vec<UnitKey>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Keys, D::Error> {
        crate::listing::Entries("units", "write units = [\"user-1\", 42]")
            .deserialize(deserializer)
            .map(Keys)
    }
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
        write!(f, "a list of audiences for `{}`", self.field)
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Vec<Audience>, A::Error> {
        Err(A::Error::custom(format_args!(
            "`{0}` is a table, expected a list of audiences: {0} = [{{ .. }}, {{ .. }}]",
            self.field
        )))
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
