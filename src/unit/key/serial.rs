//! The serialised form of a unit key.

use thiserror::Error;

use super::UnitKey;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub(super) enum Serial {
    Text(String),
    U64(u64),
    Bytes { bytes: String },
    U128 { u128: String },
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
