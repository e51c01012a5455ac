//! The table of one rule, before it is known what its fields say together.

use serde::de::Error;

use super::operand::Raw;

use super::super::Audience;
use super::super::attribute::Attribute;
use super::super::condition::{Bound, Operand};
use super::super::fold::Place;
use super::super::listed::Ask;
use super::super::moment::Side;

/// The conditions on one attribute, with what modifies them.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    fold: Option<bool>,
    convert: Option<bool>,
    found: Vec<(&'static str, Raw)>,
}

/// Fields that ask something of an attribute.
pub(super) const CONDITIONS: &[&str] = &[
    "is",
    "is_not",
    "one_of",
    "not_one_of",
    "any_of",
    "all_of",
    "none_of",
    "starts_with",
    "ends_with",
    "contains",
    "at_least",
    "at_most",
    "more_than",
    "less_than",
    "semver",
    "after",
    "before",
    "not_before",
    "not_after",
    "in_network",
    "regex",
    "exists",
];
/// Fields that say how it is asked.
pub(super) const MODIFIERS: &[&str] = &["fold_case", "convert"];

/// Bounds from below and from above, which may stand in one table.
const RANGES: [[&[&str]; 2]; 2] = [
    [&["at_least", "more_than"], &["at_most", "less_than"]],
    [&["after", "not_before"], &["before", "not_after"]],
];

impl Conditions {
    pub(super) fn first(&self) -> Option<&'static str> {
        let modifier = |set: Option<bool>, name| set.map(|_| name);
        let found = self.found.first().map(|found| found.0);
        found
            .or(modifier(self.fold, "fold_case"))
            .or(modifier(self.convert, "convert"))
    }

    pub(super) fn has_condition(&self) -> bool {
        !self.found.is_empty()
    }

    /// Adds what a field says.
    pub(super) fn add<E: Error>(&mut self, field: &'static str, raw: Raw) -> Result<(), E> {
        if MODIFIERS.contains(&field) {
            let Raw::One(Operand::Bool(truth)) = raw else {
                return Err(unfit(field, "true or false", &raw));
            };
            let place = if field == "fold_case" {
                &mut self.fold
            } else {
                &mut self.convert
            };
            return match place.replace(truth) {
                Some(_) => Err(E::duplicate_field(field)),
                None => Ok(()),
            };
        }
        if let Some((other, _)) = self.found.first() {
            if *other == field {
                return Err(E::duplicate_field(field));
            }
            let bounds = |[low, high]: &[&[&str]; 2]| {
                low.contains(other) && high.contains(&field)
                    || high.contains(other) && low.contains(&field)
            };
            if self.found.len() > 1 || !RANGES.iter().any(bounds) {
                return Err(together(other, field));
            }
        }
        self.found.push((field, raw));
        Ok(())
    }

    /// Makes the audience of an attribute for which all conditions hold.
    pub(super) fn of<E: Error>(self, attribute: &Attribute) -> Result<Audience, E> {
        let attribute = attribute
            .clone()
            .with_modifiers(self.fold == Some(true), self.convert == Some(true));
        let mut parts = Vec::new();
        for (field, raw) in self.found {
            parts.push(condition(attribute.clone(), field, raw)?);
        }
        match <[Audience; 1]>::try_from(parts) {
            Ok([one]) => Ok(one),
            Err(parts) => Ok(Audience::all(parts)),
        }
    }
}

fn condition<E: Error>(attribute: Attribute, field: &'static str, raw: Raw) -> Result<Audience, E> {
    if let Some(ask) = Ask::named(field) {
        return match (ask, raw) {
            (Ask::Is | Ask::IsNot, Raw::One(operand)) => Ok(attribute.operands(ask, vec![operand])),
            (Ask::Is | Ask::IsNot, raw) => {
                Err(unfit(field, "text, a number or a truth value", &raw))
            }
            (_, Raw::Many(operands)) => Ok(attribute.operands(ask, operands)),
            (_, raw) => Err(unfit(field, "a list of values", &raw)),
        };
    }
    if let Some(bound) = Bound::named(field) {
        return match raw {
            Raw::One(Operand::Number(number)) => Ok(attribute.bound(bound, number)),
            raw => Err(unfit(field, "a number", &raw)),
        };
    }
    if let Some(place) = Place::named(field) {
        return Ok(attribute.pieces(place, texts(field, raw)?));
    }
    if let Some(side) = Side::named(field) {
        let text = match raw {
            Raw::Moment(text) => text,
            Raw::One(Operand::Text(text)) => text.into_string(),
            raw => {
                return Err(unfit(
                    field,
                    "a date such as 2026-11-29 or a time such as 2026-11-29T08:00:00Z",
                    &raw,
                ));
            }
        };
        return Ok(attribute.moment(side, text));
    }
    match (field, raw) {
        ("in_network", raw) => Ok(attribute.in_network(texts(field, raw)?)),
        ("semver", Raw::One(Operand::Text(text))) => Ok(attribute.semver(text)),
        ("regex", Raw::One(Operand::Text(text))) => Ok(attribute.regex(text)),
        ("semver" | "regex", raw) => Err(unfit(field, "text", &raw)),
        (_, Raw::One(Operand::Bool(true))) => Ok(attribute.exists()),
        (_, Raw::One(Operand::Bool(false))) => Ok(attribute.exists().not()),
        (_, raw) => Err(unfit(field, "true or false", &raw)),
    }
}

fn texts<E: Error>(field: &'static str, raw: Raw) -> Result<Vec<String>, E> {
    let operands = match raw {
        Raw::One(operand) => vec![operand],
        Raw::Many(operands) => operands,
        raw @ Raw::Moment(_) => return Err(unfit(field, "text, or a list of texts", &raw)),
    };
    let text = |operand| match operand {
        Operand::Text(text) => Ok(text.into_string()),
        other => Err(unfit(field, "text, or a list of texts", &Raw::One(other))),
    };
    operands.into_iter().map(text).collect()
}

/// Returns the field of this name, of those that may stand in a table.
pub(super) fn known<E: Error>(name: &str, may: &[&[&'static str]]) -> Result<&'static str, E> {
    let mut fields = may.iter().copied().flatten().copied();
    fields.find(|field| *field == name).ok_or_else(|| {
        E::custom(format_args!(
            "unknown field `{name}`, expected one of {}",
            may.concat().join(", ")
        ))
    })
}

pub(super) fn unfit<E: Error>(field: &str, expected: &str, found: &Raw) -> E {
    let found = match found {
        Raw::One(Operand::Bool(truth)) => format!("{truth}"),
        Raw::One(Operand::Number(number)) => format!("the number {number}"),
        Raw::One(Operand::Text(text)) => format!("the text {text:?}"),
        Raw::Many(_) => "a list".to_owned(),
        Raw::Moment(text) => format!("the date or time {text}"),
    };
    E::custom(format_args!("`{field}` needs {expected}, found {found}"))
}

pub(super) fn together<E: Error>(first: &str, second: &str) -> E {
    E::custom(format_args!(
        "`{first}` and `{second}` stand in one table: join rules with `all` or `any`"
    ))
}
