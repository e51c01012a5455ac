//! An audience in words.

use core::fmt::{self, Formatter};

use crate::unit::UnitKey;

use super::condition::{Bound, Condition, Operand};
use super::extended::Extended;
use super::fold::Place;
use super::listed::Ask;
use super::moment::Side;
use super::tree::{Join, Step};
use super::{Audience, Test};

/// Entries of a list that are written out.
const SHOWN: usize = 8;

/// Prints the audience in words; long lists are cut and their length is told.
///
/// Text is put in quotes unless it is a plain word of ASCII letters, digits and
/// `-_.@`; so the text `"42"` can be told from the number 42.
impl fmt::Display for Audience {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        struct Open {
            join: Join,
            end: usize,
            begun: bool,
            close: &'static str,
        }
        let mut open: Vec<Open> = Vec::new();
        let mut behind = 0;
        for (at, step) in self.steps().iter().enumerate() {
            // A segment stands for all in it.
            if at < behind {
                continue;
            }
            while let Some(group) = open.pop_if(|group| group.end <= at) {
                f.write_str(group.close)?;
            }
            let within = open.last().map(|group| group.join);
            if let Some(group) = open.last_mut() {
                if group.begun {
                    f.write_str(if group.join == Join::Any {
                        " or "
                    } else {
                        " and "
                    })?;
                }
                group.begun = true;
            }
            match step {
                Step::Test(test) => test.fmt(f)?,
                Step::Group {
                    join: Join::Named,
                    name,
                    steps,
                } => {
                    behind = at + steps;
                    write_segment(f, name.map_or("", |name| name))?;
                }
                Step::Group { join, steps, .. } => {
                    let (begin, close) = match (join, within) {
                        (Join::Not, _) => ("not (", ")"),
                        (_, None | Some(Join::Not)) => ("", ""),
                        (_, Some(_)) => ("(", ")"),
                    };
                    f.write_str(begin)?;
                    open.push(Open {
                        join: *join,
                        end: at + steps,
                        begun: false,
                        close,
                    });
                }
            }
        }
        open.iter()
            .rev()
            .try_for_each(|group| f.write_str(group.close))
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Test::Everyone => f.write_str("everyone"),
            Test::Attribute { name, condition } => {
                write_text(f, name)?;
                condition.fmt(f)
            }
            Test::Units(units) => {
                f.write_str("unit is one of ")?;
                write_list(f, units.keys(), write_unit)
            }
            Test::Key(condition) => {
                f.write_str("unit")?;
                condition.fmt(f)
            }
            Test::Empty(Join::All) => f.write_str("all of nothing"),
            Test::Empty(_) => f.write_str("any of nothing"),
            Test::Unknown(name) => write_segment(f, name),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Is(operand) => write!(f, " is {operand}"),
            Condition::IsNot(operand) => write!(f, " is there and not {operand}"),
            Condition::OneOf(operands) => {
                f.write_str(" is one of ")?;
                write_list(f, operands, |f, operand| operand.fmt(f))
            }
            Condition::Piece(place, text) => {
                write!(f, "{} ", verb(*place))?;
                write_text(f, text)
            }
            Condition::Bound(bound, number) => {
                let words = match bound {
                    Bound::AtLeast => "at least",
                    Bound::AtMost => "at most",
                    Bound::MoreThan => "more than",
                    Bound::LessThan => "less than",
                };
                write!(f, " is {words} {number}")
            }
            Condition::Exists => f.write_str(" exists"),
            Condition::Extended(extended) => extended.fmt(f),
        }
    }
}

impl fmt::Display for Extended {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let fold =
            |f: &mut Formatter<'_>, fold: bool| f.write_str(if fold { " in any case" } else { "" });
        match self {
            Extended::Listed(listed) => {
                f.write_str(match listed.ask {
                    Ask::Is => " is ",
                    Ask::IsNot => " is there and not ",
                    Ask::OneOf => " is one of ",
                    Ask::NotOneOf => " is there and none of ",
                    Ask::AnyOf => " has any of ",
                    Ask::AllOf => " has all of ",
                    Ask::NoneOf => " has none of ",
                })?;
                write_list(f, listed.operands(), |f, operand| operand.fmt(f))?;
                fold(f, listed.folds())
            }
            Extended::Pieces {
                place,
                fold: folds,
                pieces,
            } => {
                let many = if pieces.len() == 1 { "" } else { " one of" };
                write!(f, "{}{many} ", verb(*place))?;
                write_list(f, pieces, |f, piece| write_text(f, piece.text()))?;
                fold(f, *folds)
            }
            Extended::Converted(condition) => write!(f, ", converted,{condition}"),
            Extended::Versions(versions) => {
                let converted = if versions.converts() {
                    ", converted,"
                } else {
                    ""
                };
                write!(f, "{converted} is a version {}", versions.text())
            }
            Extended::Moment(moment) => {
                let side = match moment.side {
                    Side::After => "after",
                    Side::Before => "before",
                    Side::NotBefore => "not before",
                    Side::NotAfter => "not after",
                };
                write!(f, " is {side} {}", moment.text())
            }
            Extended::Networks(networks) => {
                f.write_str(" is in a network of ")?;
                write_list(f, networks.texts(), |f, text| f.write_str(text))
            }
            Extended::Pattern(pattern) => {
                write!(f, " matches {:?}", pattern.text())?;
                fold(f, pattern.folds())
            }
            Extended::Misfit { modifier, operator } => write!(f, " {operator} with {modifier}"),
        }
    }
}

fn verb(place: Place) -> &'static str {
    match place {
        Place::Start => " starts with",
        Place::End => " ends with",
        Place::Anywhere => " contains",
    }
}

fn write_segment(f: &mut Formatter<'_>, name: &str) -> fmt::Result {
    f.write_str("in segment ")?;
    write_text(f, name)
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Operand::Bool(truth) => write!(f, "{truth}"),
            Operand::Number(number) => write!(f, "{number}"),
            Operand::Text(text) => write_text(f, text),
        }
    }
}

fn write_unit(f: &mut Formatter<'_>, unit: &UnitKey) -> fmt::Result {
    match unit {
        UnitKey::Text(text) => write_text(f, text),
        UnitKey::Bytes(_) => write!(f, "bytes {unit}"),
        UnitKey::U64(_) => write!(f, "{unit}"),
        UnitKey::U128(_) => write!(f, "u128 {unit}"),
    }
}

fn write_text(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    let word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte));
    // Words that a number, a truth value or the sentence itself is made of.
    let taken = [
        "true", "false", "inf", "NaN", "and", "or", "not", "is", "unit", "everyone",
    ];
    if word && !taken.contains(&text) {
        f.write_str(text)
    } else {
        write!(f, "{text:?}")
    }
}

fn write_list<T>(
    f: &mut Formatter<'_>,
    entries: &[T],
    write_entry: impl Fn(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (at, entry) in entries.iter().take(SHOWN).enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        write_entry(f, entry)?;
    }
    match entries.len() {
        0 => f.write_str("nothing"),
        length if length > SHOWN => write!(f, " and {} more", length - SHOWN),
        _ => Ok(()),
    }
}
