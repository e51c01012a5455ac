//! The bytes of an audience that a fingerprint is made of.
//!
//! Frozen: fingerprints are compared between servers and kept in records. Tags
//! are one byte; lengths and counts are `u64`, whole numbers `i128` and floats
//! their bits, all little-endian; text is preceded by its length in bytes.

use crate::attributes::{Exact, Number};
use crate::unit::UnitKey;

use super::condition::{Bound, Condition, Operand};
use super::extended::Extended;
use super::fold::Place;
use super::listed::Ask;
use super::moment::Side;
use super::tree::{Join, Step};
use super::{Audience, Test};

impl Audience {
    /// Hands the canonical bytes to `out`, in pieces.
    ///
    /// They are self-delimiting, so two audiences can be written one after the other. Lists
    /// are sorted, so their order and duplicates do not count; the order of rules does.
    pub(crate) fn write_canonical(&self, out: &mut impl FnMut(&[u8])) {
        for step in self.steps() {
            match step {
                Step::Group { join, name, steps } => {
                    out(&[match join {
                        Join::All => 1,
                        Join::Any => 2,
                        Join::Not => 3,
                        Join::Named => 10,
                    }]);
                    if let Some(name) = name {
                        write_text(name.as_bytes(), out);
                    }
                    write_length(steps, out);
                }
                Step::Test(test) => write_test(test, out),
            }
        }
    }
}

fn write_test(test: &Test, out: &mut impl FnMut(&[u8])) {
    match test {
        Test::Everyone => out(&[4]),
        Test::Empty(Join::All) => out(&[5]),
        Test::Empty(_) => out(&[6]),
        Test::Attribute { name, condition } => {
            write_after(&[7], name, out);
            write_condition(condition, out);
        }
        Test::Key(condition) => {
            out(&[9]);
            write_condition(condition, out);
        }
        Test::Unknown(name) => write_after(&[11], name, out),
        Test::Units(units) => {
            out(&[8]);
            write_length(units.keys().len(), out);
            for key in units.keys() {
                out(&[match key {
                    UnitKey::Text(_) => 1,
                    UnitKey::Bytes(_) => 2,
                    UnitKey::U64(_) => 3,
                    UnitKey::U128(_) => 4,
                }]);
                key.as_key().with_bytes(|bytes| write_text(bytes, out));
            }
        }
    }
}

fn write_condition(condition: &Condition, out: &mut impl FnMut(&[u8])) {
    match condition {
        Condition::Is(operand) => {
            out(&[1]);
            write_operand(operand, out);
        }
        Condition::IsNot(operand) => {
            out(&[2]);
            write_operand(operand, out);
        }
        Condition::OneOf(operands) => {
            out(&[3]);
            write_length(operands.len(), out);
            for operand in operands.iter() {
                write_operand(operand, out);
            }
        }
        Condition::Piece(place, text) => {
            let tag = match place {
                Place::Start => 4,
                Place::End => 5,
                Place::Anywhere => 6,
            };
            write_after(&[tag], text, out);
        }
        Condition::Bound(bound, number) => {
            out(&[match bound {
                Bound::AtLeast => 7,
                Bound::AtMost => 8,
                Bound::MoreThan => 9,
                Bound::LessThan => 10,
            }]);
            write_number(*number, out);
        }
        Condition::Exists => out(&[11]),
        Condition::Extended(extended) => write_extended(extended, out),
    }
}

fn write_extended(extended: &Extended, out: &mut impl FnMut(&[u8])) {
    match extended {
        Extended::Listed(listed) => {
            let ask = match listed.ask {
                Ask::Is => 1,
                Ask::IsNot => 2,
                Ask::OneOf => 3,
                Ask::NotOneOf => 4,
                Ask::AnyOf => 5,
                Ask::AllOf => 6,
                Ask::NoneOf => 7,
            };
            out(&[12, ask, u8::from(listed.folds())]);
            write_length(listed.operands().len(), out);
            for operand in listed.operands() {
                write_operand(operand, out);
            }
        }
        Extended::Pieces {
            place,
            fold,
            pieces,
        } => {
            let place = match place {
                Place::Start => 1,
                Place::End => 2,
                Place::Anywhere => 3,
            };
            out(&[13, place, u8::from(*fold)]);
            write_length(pieces.len(), out);
            for piece in pieces {
                write_text(piece.text().as_bytes(), out);
            }
        }
        Extended::Converted(condition) => {
            out(&[14]);
            write_condition(condition, out);
        }
        Extended::Versions(versions) => {
            write_after(&[15, versions.converts().into()], versions.text(), out);
        }
        Extended::Moment(moment) => {
            let side = match moment.side {
                Side::After => 1,
                Side::Before => 2,
                Side::NotBefore => 3,
                Side::NotAfter => 4,
            };
            write_after(&[16, side], moment.text(), out);
        }
        Extended::Networks(networks) => {
            out(&[17]);
            write_length(networks.texts().len(), out);
            for text in networks.texts() {
                write_text(text.as_bytes(), out);
            }
        }
        Extended::Pattern(pattern) => {
            write_after(&[18, pattern.folds().into()], pattern.text(), out);
        }
        Extended::Misfit { modifier, operator } => {
            write_after(&[19], modifier, out);
            write_text(operator.as_bytes(), out);
        }
    }
}

fn write_operand(operand: &Operand, out: &mut impl FnMut(&[u8])) {
    match operand {
        Operand::Bool(truth) => out(&[1, u8::from(*truth)]),
        Operand::Number(number) => write_number(*number, out),
        Operand::Text(text) => write_after(&[4], text, out),
    }
}

fn write_number(number: Number, out: &mut impl FnMut(&[u8])) {
    match number.exact() {
        Exact::Integer(integer) => {
            out(&[2]);
            out(&integer.to_le_bytes());
        }
        Exact::Float(float) => {
            out(&[3]);
            out(&float.to_bits().to_le_bytes());
        }
    }
}

/// Writes what stands before a text, and the text.
fn write_after(tags: &[u8], text: &str, out: &mut impl FnMut(&[u8])) {
    out(tags);
    write_text(text.as_bytes(), out);
}

fn write_text(text: &[u8], out: &mut impl FnMut(&[u8])) {
    write_length(text.len(), out);
    out(text);
}

fn write_length(length: usize, out: &mut impl FnMut(&[u8])) {
    // No platform has a wider `usize`.
    out(&(length as u64).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use crate::attributes::Number;
    use crate::audience::{Attribute, attr};

    use super::*;

    fn bytes(audience: &Audience) -> Vec<u8> {
        let mut bytes = Vec::new();
        audience.write_canonical(&mut |piece| bytes.extend_from_slice(piece));
        bytes
    }

    fn joined(pieces: &[&[u8]]) -> Vec<u8> {
        pieces.concat()
    }

    const ONE: [u8; 8] = [1, 0, 0, 0, 0, 0, 0, 0];
    const TWO: [u8; 8] = [2, 0, 0, 0, 0, 0, 0, 0];
    const THREE: [u8; 8] = [3, 0, 0, 0, 0, 0, 0, 0];

    #[test]
    fn the_bytes_of_groups_are_frozen() {
        let everyone = Audience::everyone;
        for (audience, frozen) in [
            (everyone(), joined(&[&[4]])),
            (everyone().not(), joined(&[&[3], &TWO, &[4]])),
            (everyone().and(everyone()), joined(&[&[1], &THREE, &[4, 4]])),
            (everyone().or(everyone()), joined(&[&[2], &THREE, &[4, 4]])),
            (
                Audience::any([everyone().not()]),
                joined(&[&[2], &THREE, &[3], &TWO, &[4]]),
            ),
            (Audience::all([]), joined(&[&[5]])),
            (Audience::any([]), joined(&[&[6]])),
        ] {
            assert_eq!(bytes(&audience), frozen, "{audience}");
        }
    }

    #[test]
    fn the_bytes_of_conditions_are_frozen() {
        let minus_two = [&[0xfe][..], &[0xff; 15]].concat();
        let one_half = [0, 0, 0, 0, 0, 0, 0xe0, 0x3f];
        type Row = (fn(Attribute) -> Audience, Vec<u8>);
        let rows: [Row; 12] = [
            (|a| a.is("x"), joined(&[&[1, 4], &ONE, b"x"])),
            (|a| a.is(-2), joined(&[&[1, 2], &minus_two])),
            (|a| a.is(0.5), joined(&[&[1, 3], &one_half])),
            (|a| a.is_not(true), joined(&[&[2, 1, 1]])),
            (
                |a| {
                    a.one_of([
                        crate::attributes::Value::from("x"),
                        false.into(),
                        "x".into(),
                    ])
                },
                joined(&[&[3], &TWO, &[1, 0], &[4], &ONE, b"x"]),
            ),
            (|a| a.starts_with("x"), joined(&[&[4], &ONE, b"x"])),
            (|a| a.ends_with("x"), joined(&[&[5], &ONE, b"x"])),
            (|a| a.contains("x"), joined(&[&[6], &ONE, b"x"])),
            (|a| a.at_least(-2), joined(&[&[7, 2], &minus_two])),
            (|a| a.at_most(-2.0), joined(&[&[8, 2], &minus_two])),
            (|a| a.more_than(0.5), joined(&[&[9, 3], &one_half])),
            (
                |a| a.less_than(Number::from(-2)),
                joined(&[&[10, 2], &minus_two]),
            ),
        ];
        let head = joined(&[&[7], &TWO, b"ab"]);
        for (make, frozen) in rows {
            let audience = make(attr("ab"));
            assert_eq!(bytes(&audience), joined(&[&head, &frozen]), "{audience}");
        }
        assert_eq!(bytes(&attr("ab").exists()), joined(&[&head, &[11]]));
    }

    #[test]
    fn the_bytes_of_units_are_frozen_and_do_not_know_the_order_of_the_list() {
        let mut keys: Vec<UnitKey> = vec![
            "b".into(),
            "a".into(),
            b"a"[..].into(),
            1u64.into(),
            2u128.into(),
            "b".into(),
        ];
        let sixteen = [&[2][..], &[0; 15]].concat();
        let frozen = joined(&[
            &[8, 5, 0, 0, 0, 0, 0, 0, 0],
            &[1],
            &ONE,
            b"a",
            &[1],
            &ONE,
            b"b",
            &[2],
            &ONE,
            b"a",
            &[3, 8, 0, 0, 0, 0, 0, 0, 0],
            &ONE,
            &[4, 16, 0, 0, 0, 0, 0, 0, 0],
            &sixteen,
        ]);
        assert_eq!(bytes(&Audience::units(keys.clone())), frozen);
        keys.reverse();
        assert_eq!(bytes(&Audience::units(keys)), frozen);
    }

    #[test]
    fn different_audiences_have_different_bytes_and_none_begins_another() {
        let a = || attr("a");
        let all = [
            Audience::everyone(),
            a().is("bc"),
            attr("ab").is("c"),
            a().is(1),
            a().is("1"),
            a().is(true),
            a().is_not(1),
            a().one_of([1]),
            a().one_of([1, 2]),
            a().exists(),
            a().exists().not(),
            a().exists().or(a().is(1)),
            a().exists().and(a().is(1)),
            a().is(1).or(a().exists()),
            Audience::any([a().exists().or(a().is(1)), a().is(2)]),
            Audience::any([a().exists(), a().is(1), a().is(2)]),
            Audience::any([a().exists(), a().is(1).or(a().is(2))]),
            Audience::units(["42"]),
            Audience::units([42u64]),
            Audience::units([42u128]),
            Audience::units([42u64.to_le_bytes().to_vec()]),
        ];
        for (at, left) in all.iter().enumerate() {
            for (other, right) in all.iter().enumerate() {
                let begins = bytes(left).starts_with(&bytes(right));
                assert_eq!(begins, at == other, "{left}; {right}");
            }
        }
    }
}
