//! From an audience to its serialised form.

use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::attributes::{Exact, Number};

use super::super::condition::{Condition, Operand};
use super::super::extended::Extended;
use super::super::fold::Piece;
use super::super::listed::Ask;
use super::super::tree::{Join, Step};
use super::super::{Audience, Segments, Test};

/// An audience that a reader would refuse is not written.
impl Serialize for Audience {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The depth is checked before the recursion below begins.
        self.check_form().map_err(S::Error::custom)?;
        Nested(&self.steps(), false).serialize(serializer)
    }
}

/// Writes an audience of a policy, whose segments are written elsewhere.
pub(crate) fn reference<S: Serializer>(
    audience: &Audience,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    audience.check_form().map_err(S::Error::custom)?;
    Nested(&audience.steps(), true).serialize(serializer)
}

/// Writes the segments of a policy.
pub(crate) fn segments<S: Serializer>(
    segments: &Segments,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut table = serializer.serialize_map(Some(segments.len()))?;
    for (name, audience) in segments {
        audience.check_form().map_err(S::Error::custom)?;
        table.serialize_entry(name, &Nested(&audience.steps(), true))?;
    }
    table.end()
}

/// One rule, or one group with all in it, with segments by their names only.
struct Nested<'a>(&'a [Step<'a>], bool);

/// What stands side by side in a group.
struct Parts<'a>(&'a [Step<'a>], bool);

impl Serialize for Nested<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some((first, rest)) = self.0.split_first() else {
            return Err(S::Error::custom("the audience has no rule"));
        };
        match first {
            Step::Test(test) => test.serialize(serializer),
            Step::Group { join, name, .. } => {
                let mut table = serializer.serialize_map(None)?;
                match join {
                    Join::All => table.serialize_entry("all", &Parts(rest, self.1))?,
                    Join::Any => table.serialize_entry("any", &Parts(rest, self.1))?,
                    Join::Not => table.serialize_entry("not", &Nested(rest, self.1))?,
                    Join::Named => {
                        table.serialize_entry("segment", name.map_or("", |name| name))?;
                        if !self.1 {
                            table.serialize_entry("of", &Nested(rest, false))?;
                        }
                    }
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
            list.serialize_element(&Nested(part, self.1))?;
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
            Test::Empty(Join::All) => table.serialize_entry("all", &[(); 0])?,
            Test::Empty(_) => table.serialize_entry("any", &[(); 0])?,
            Test::Unknown(name) => table.serialize_entry("segment", &**name)?,
            Test::Key(condition) => table.serialize_entry("unit", &OfKey(condition))?,
            Test::Attribute { name, condition } => {
                table.serialize_entry("attr", &**name)?;
                write_condition(condition, &mut table)?;
            }
        }
        table.end()
    }
}

/// A condition on the unit's key, in a table of its own.
struct OfKey<'a>(&'a Condition);

impl Serialize for OfKey<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut table = serializer.serialize_map(None)?;
        write_condition(self.0, &mut table)?;
        table.end()
    }
}

fn write_condition<M: SerializeMap>(condition: &Condition, table: &mut M) -> Result<(), M::Error> {
    let operator = condition.operator();
    match condition {
        Condition::Is(operand) | Condition::IsNot(operand) => {
            table.serialize_entry(operator, operand)
        }
        Condition::OneOf(operands) => table.serialize_entry(operator, &**operands),
        Condition::Piece(_, text) => table.serialize_entry(operator, &**text),
        Condition::Bound(_, bound) => table.serialize_entry(operator, &Operand::Number(*bound)),
        Condition::Exists => table.serialize_entry(operator, &true),
        Condition::Extended(extended) => write_extended(extended, operator, table),
    }
}

fn write_extended<M: SerializeMap>(
    extended: &Extended,
    operator: &'static str,
    table: &mut M,
) -> Result<(), M::Error> {
    let (fold, convert) = match extended {
        Extended::Listed(listed) => {
            match (listed.ask, listed.operands()) {
                (Ask::Is | Ask::IsNot, [operand]) => table.serialize_entry(operator, operand)?,
                (_, operands) => table.serialize_entry(operator, operands)?,
            }
            (listed.folds(), false)
        }
        Extended::Pieces { fold, pieces, .. } => {
            let texts: Vec<&str> = pieces.iter().map(Piece::text).collect();
            match texts.as_slice() {
                [text] => table.serialize_entry(operator, text)?,
                texts => table.serialize_entry(operator, texts)?,
            }
            (*fold, false)
        }
        Extended::Converted(condition) => {
            write_condition(condition, table)?;
            (false, true)
        }
        Extended::Versions(versions) => {
            table.serialize_entry(operator, versions.text())?;
            (false, versions.converts())
        }
        Extended::Moment(moment) => {
            table.serialize_entry(operator, moment.text())?;
            (false, false)
        }
        Extended::Networks(networks) => {
            let texts: Vec<&str> = networks.texts().iter().map(|text| &**text).collect();
            table.serialize_entry(operator, &texts)?;
            (false, false)
        }
        Extended::Pattern(pattern) => {
            table.serialize_entry(operator, pattern.text())?;
            (pattern.folds(), false)
        }
        // Refused before anything is written.
        Extended::Misfit { .. } => (false, false),
    };
    if fold {
        table.serialize_entry("fold_case", &true)?;
    }
    if convert {
        table.serialize_entry("convert", &true)?;
    }
    Ok(())
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
