//! The bytes of an audience that a fingerprint is made of.
//!
//! Frozen: fingerprints are compared between servers and kept in records. Tags
//! are one byte; lengths and counts are `u64`, whole numbers `i128` and floats
//! their bits, all little-endian; text is preceded by its length in bytes.

use crate::attributes::{Exact, Number};
use crate::unit::UnitKey;

use super::condition::{Condition, Operand};
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
                Step::Group { join, steps } => {
                    out(&[match join {
                        Join::All => 1,
                        Join::Any => 2,
                        Join::Not => 3,
                    }]);
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
        Test::Empty(Join::Any | Join::Not) => out(&[6]),
        Test::Attribute { name, condition } => {
            out(&[7]);
            write_text(name.as_bytes(), out);
            write_condition(condition, out);
        }
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
                let bytes = key.as_key().with_bytes(<[u8]>::to_vec);
                write_text(&bytes, out);
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
            for operand in operands {
                write_operand(operand, out);
            }
        }
        Condition::StartsWith(text) => {
            out(&[4]);
            write_text(text.as_bytes(), out);
        }
        Condition::EndsWith(text) => {
            out(&[5]);
            write_text(text.as_bytes(), out);
        }
        Condition::Contains(text) => {
            out(&[6]);
            write_text(text.as_bytes(), out);
        }
        Condition::AtLeast(bound) => {
            out(&[7]);
            write_number(*bound, out);
        }
        Condition::AtMost(bound) => {
            out(&[8]);
            write_number(*bound, out);
        }
        Condition::MoreThan(bound) => {
            out(&[9]);
            write_number(*bound, out);
        }
        Condition::LessThan(bound) => {
            out(&[10]);
            write_number(*bound, out);
        }
        Condition::Exists => out(&[11]),
    }
}

fn write_operand(operand: &Operand, out: &mut impl FnMut(&[u8])) {
    match operand {
        Operand::Bool(truth) => out(&[1, u8::from(*truth)]),
        Operand::Number(number) => write_number(*number, out),
        Operand::Text(text) => {
            out(&[4]);
            write_text(text.as_bytes(), out);
        }
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

fn write_text(text: &[u8], out: &mut impl FnMut(&[u8])) {
    write_length(text.len(), out);
    out(text);
}

fn write_length(length: usize, out: &mut impl FnMut(&[u8])) {
    // No platform has a wider `usize`.
    out(&(length as u64).to_le_bytes());
}
