//! The serialised form of a unit key.

use core::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use thiserror::Error;

use super::UnitKey;

#[derive(serde::Serialize)]
#[serde(untagged)]
pub(super) enum Serial {
    Text(String),
    U64(u64),
    Bytes { bytes: String },
    U128 { u128: String },
}

const EXPECTED: &str = "text, a whole number from 0 to 18446744073709551615, { u128 = \"12\" } or \
                        { bytes = \"00ff\" }";

impl<'de> Deserialize<'de> for Serial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Serial, D::Error> {
        deserializer.deserialize_any(Read)
    }
}

struct Read;

fn unfit<E: serde::de::Error>(found: impl fmt::Display) -> E {
    E::custom(format_args!("a unit key is {found}, expected {EXPECTED}"))
}

impl<'de> Visitor<'de> for Read {
    type Value = Serial;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a unit key: {EXPECTED}")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Serial, E> {
        Ok(Serial::Text(text.to_owned()))
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Serial, E> {
        Ok(Serial::Text(text))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Serial, E> {
        Ok(Serial::U64(number))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Serial, E> {
        u64::try_from(number)
            .map(Serial::U64)
            .map_err(|_| unfit(format_args!("the number {number}")))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Serial, E> {
        Err(unfit(format_args!("the number {number:?}")))
    }

    fn visit_bool<E: serde::de::Error>(self, truth: bool) -> Result<Serial, E> {
        Err(unfit(truth))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, _: A) -> Result<Serial, A::Error> {
        Err(unfit("a list"))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut table: A) -> Result<Serial, A::Error> {
        use serde::de::Error as _;
        let key: String = match table.next_key()? {
            Some(key) => key,
            None => return Err(unfit("an empty table")),
        };
        let serial = match key.as_str() {
            "u128" => Serial::U128 {
                u128: table.next_value()?,
            },
            "bytes" => Serial::Bytes {
                bytes: table.next_value()?,
            },
            _ => return Err(A::Error::unknown_field(&key, &["u128", "bytes"])),
        };
        match table.next_key::<String>()? {
            Some(second) => Err(unfit(format_args!("a table of `{key}` and `{second}`"))),
            None => Ok(serial),
        }
    }
}

#[derive(Debug, Error)]
#[error("unit key {value:?} is not {expected}")]
pub(super) struct SerialError {
    value: String,
    expected: &'static str,
}

impl From<UnitKey> for Serial {
    fn from(key: UnitKey) -> Serial {
        match key {
            UnitKey::Text(text) => Serial::Text(text),
            UnitKey::U64(number) => Serial::U64(number),
            UnitKey::U128(number) => Serial::U128 {
                u128: number.to_string(),
            },
            UnitKey::Bytes(_) => Serial::Bytes {
                bytes: key.to_string(),
            },
        }
    }
}

impl TryFrom<Serial> for UnitKey {
    type Error = SerialError;

    fn try_from(serial: Serial) -> Result<UnitKey, SerialError> {
        match serial {
            Serial::Text(text) => Ok(UnitKey::Text(text)),
            Serial::U64(number) => Ok(UnitKey::U64(number)),
            Serial::U128 { u128 } => match u128.parse() {
                Ok(number) => Ok(UnitKey::U128(number)),
                Err(_) => Err(SerialError {
                    value: u128,
                    expected: "a decimal integer",
                }),
            },
            Serial::Bytes { bytes } => match unhex(&bytes) {
                Some(raw) => Ok(UnitKey::Bytes(raw)),
                None => Err(SerialError {
                    value: bytes,
                    expected: "pairs of hex digits",
                }),
            },
        }
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect();
    let digits = digits?;
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|pair| pair.iter().copied().reduce(|high, low| high << 4 | low))
        .collect()
}
