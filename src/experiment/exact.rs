//! Numbers that every reader reads back to the last bit.
//!
//! Binary formats store the bits. In JSON, a reader with a fast path for decimals is wrong by one
//! bit in some numbers of 16 and 17 digits. So such numbers are written as the hexadecimal bits of
//! the `f64`, and all others as decimals.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A number in its stored form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Exact(pub(super) f64);

/// Every reader reads so many digits correctly, with an exponent of at most 22.
const DIGITS: usize = 15;

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Exact, D::Error> {
        deserialize(deserializer).map(Exact)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    let value = *value;
    if !serializer.is_human_readable() {
        return serializer.serialize_f64(value);
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, ""));
    let digits = digits.bytes().filter(u8::is_ascii_digit).count();
    let exponent: i32 = exponent.parse().unwrap_or(i32::MAX);
    // Written as an integer of so many digits, the exponent is even smaller.
    let is_plain = digits <= DIGITS && (-7..=22).contains(&exponent);
    if is_plain && value.fract() == 0.0 && value.abs() < 1e15 {
        serializer.serialize_i64(value as i64)
    } else if is_plain {
        serializer.serialize_f64(value)
    } else {
        serializer.serialize_str(&format!("{:016x}", value.to_bits()))
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Integer(i64),
        Number(f64),
        Bits(String),
    }
    let stored = match deserializer.is_human_readable() {
        true => Stored::deserialize(deserializer)?,
        false => Stored::Number(f64::deserialize(deserializer)?),
    };
    let value = match stored {
        Stored::Integer(value) => value as f64,
        Stored::Number(value) => value,
        Stored::Bits(text) if text.len() == 16 => u64::from_str_radix(&text, 16)
            .map(f64::from_bits)
            .map_err(|_| D::Error::custom("the bits of a number are no hexadecimal digits"))?,
        Stored::Bits(_) => return Err(D::Error::custom("the bits of a number are 16 digits")),
    };
    match value.is_finite() {
        true => Ok(value),
        false => Err(D::Error::custom("a number is not finite")),
    }
}
