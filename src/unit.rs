//! Who is bucketed: a user, an account, a session.

use core::fmt;

use thiserror::Error;

use crate::{attributes::Attributes, fingerprint::Canonical};

/// Holds the borrowed identity of a unit.
///
/// The hash sees these bytes (scheme `v1`): text as UTF-8, integers
/// little-endian, bytes as they are. So `"42"` and `42u64` are different units.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Key<'a> {
    /// A name, an e-mail address, an identifier in text form.
    Text(&'a str),
    /// An identifier in binary form.
    Bytes(&'a [u8]),
    /// A number.
    U64(u64),
    /// A large number, or a UUID as its 128 bits.
    U128(u128),
}

impl Key<'_> {
    /// Hands the key's bytes in scheme `v1` to `read`.
    #[inline(always)]
    pub(crate) fn with_bytes<T>(&self, read: impl Fn(&[u8]) -> T) -> T {
        let (short, long);
        read(match self {
            Key::Text(text) => text.as_bytes(),
            Key::Bytes(bytes) => bytes,
            Key::U64(number) => {
                short = number.to_le_bytes();
                &short
            }
            Key::U128(number) => {
                long = number.to_le_bytes();
                &long
            }
        })
    }

    /// Returns an owned copy of the key.
    #[must_use]
    pub fn to_owned(&self) -> UnitKey {
        match *self {
            Key::Text(text) => UnitKey::Text(text.to_owned()),
            Key::Bytes(bytes) => UnitKey::Bytes(bytes.to_vec()),
            Key::U64(number) => UnitKey::U64(number),
            Key::U128(number) => UnitKey::U128(number),
        }
    }
}

/// Holds the owned identity of a unit, for lists and logs.
///
/// In serialised form text is a string, a `u64` a number; the others are `{ bytes = "00ff" }`
/// and `{ u128 = "12" }`, because not every format has them.
///
/// ```
/// use switchstand::{Unit, UnitKey};
/// assert_eq!(UnitKey::from(b"\x00\xff").to_string(), "00ff");
/// let kept = UnitKey::from(Unit::from("user-42").key());
/// assert_eq!(Unit::from(&kept).key(), Unit::from("user-42").key());
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(into = "serial::Serial", try_from = "serial::Serial")
)]
pub enum UnitKey {
    /// A name, an e-mail address, an identifier in text form.
    Text(String),
    /// An identifier in binary form.
    Bytes(Vec<u8>),
    /// A number.
    U64(u64),
    /// A large number, or a UUID as its 128 bits.
    U128(u128),
}

impl UnitKey {
    /// Returns the borrowed form.
    #[must_use]
    pub fn as_key(&self) -> Key<'_> {
        match self {
            UnitKey::Text(text) => Key::Text(text),
            UnitKey::Bytes(bytes) => Key::Bytes(bytes),
            UnitKey::U64(number) => Key::U64(*number),
            UnitKey::U128(number) => Key::U128(*number),
        }
    }

    pub(crate) fn write_canonical(&self, out: &mut Canonical) {
        match self {
            UnitKey::Text(text) => {
                out.number(0);
                out.text(text);
            }
            UnitKey::Bytes(bytes) => {
                out.number(1);
                out.number(bytes.len() as u64);
                out.raw(bytes);
            }
            UnitKey::U64(number) => {
                out.number(2);
                out.number(*number);
            }
            UnitKey::U128(number) => {
                out.number(3);
                out.raw(&number.to_le_bytes());
            }
        }
    }
}

impl fmt::Display for UnitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnitKey::Text(text) => f.write_str(text),
            UnitKey::U64(number) => write!(f, "{number}"),
            UnitKey::U128(number) => write!(f, "{number}"),
            UnitKey::Bytes(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

macro_rules! unit_key_from {
    ($($variant:ident: $($source:ty),+;)+) => {$($(
        impl From<$source> for UnitKey {
            fn from(source: $source) -> UnitKey {
                UnitKey::$variant(source.into())
            }
        }
    )+)+};
}

unit_key_from! {
    Text: &str, &String, String;
    Bytes: &[u8], Vec<u8>;
    U64: u64;
    U128: u128;
}

impl<const N: usize> From<&[u8; N]> for UnitKey {
    fn from(bytes: &[u8; N]) -> UnitKey {
        UnitKey::Bytes(bytes.into())
    }
}

impl From<Key<'_>> for UnitKey {
    fn from(key: Key<'_>) -> UnitKey {
        key.to_owned()
    }
}

/// Holds who is to be routed: a key and, optionally, attributes.
///
/// A unit is borrowed from the request and costs nothing to make.
///
/// ```
/// use switchstand::Unit;
/// let anonymous = Unit::from("user-42");
/// let known = Unit::from("user-42").with(&[("tier", "internal")]);
/// assert_eq!(anonymous.key(), known.key());
/// assert_ne!(Unit::from("42").key(), Unit::from(42u64).key());
/// assert!(Unit::try_from_input("").is_err());
/// ```
#[derive(Clone, Copy)]
pub struct Unit<'a> {
    key: Key<'a>,
    attributes: Option<&'a dyn Attributes>,
    wanted: Option<&'a str>,
}

impl<'a> Unit<'a> {
    /// Builds a unit from text that came from outside, such as a header.
    ///
    /// All requests without an identity would otherwise share one bucket.
    ///
    /// # Errors
    /// [`UnitError::EmptyKey`] if the text is empty.
    pub fn try_from_input(text: &'a str) -> Result<Unit<'a>, UnitError> {
        if text.is_empty() {
            Err(UnitError::EmptyKey)
        } else {
            Ok(Unit::from(text))
        }
    }

    /// Returns the unit with what is known of it.
    #[must_use]
    pub fn with(self, attributes: &'a dyn Attributes) -> Unit<'a> {
        Unit {
            attributes: Some(attributes),
            ..self
        }
    }

    /// Returns the unit asking for a version, for people who test in production.
    ///
    /// The wish counts only where the policy allows it, and is no evidence of anything.
    #[must_use]
    pub fn asking_for(self, version: &'a str) -> Unit<'a> {
        Unit {
            wanted: Some(version),
            ..self
        }
    }

    /// Returns the version that the request asks for, if any.
    #[must_use]
    pub fn wanted(&self) -> Option<&'a str> {
        self.wanted
    }

    /// Returns the unit's identity.
    #[must_use]
    pub fn key(&self) -> Key<'a> {
        self.key
    }

    /// Returns what is known of the unit, if anything.
    #[must_use]
    pub fn attributes(&self) -> Option<&'a dyn Attributes> {
        self.attributes
    }
}

impl fmt::Debug for Unit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unit")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl<'a> From<Key<'a>> for Unit<'a> {
    #[inline(always)]
    fn from(key: Key<'a>) -> Unit<'a> {
        Unit {
            key,
            attributes: None,
            wanted: None,
        }
    }
}

impl<'a> From<&'a str> for Unit<'a> {
    #[inline(always)]
    fn from(text: &'a str) -> Unit<'a> {
        Unit::from(Key::Text(text))
    }
}

impl<'a> From<&'a String> for Unit<'a> {
    #[inline(always)]
    fn from(text: &'a String) -> Unit<'a> {
        Unit::from(Key::Text(text))
    }
}

impl<'a> From<&'a [u8]> for Unit<'a> {
    #[inline(always)]
    fn from(bytes: &'a [u8]) -> Unit<'a> {
        Unit::from(Key::Bytes(bytes))
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Unit<'a> {
    #[inline(always)]
    fn from(bytes: &'a [u8; N]) -> Unit<'a> {
        Unit::from(Key::Bytes(bytes))
    }
}

impl From<u64> for Unit<'_> {
    #[inline(always)]
    fn from(number: u64) -> Self {
        Unit::from(Key::U64(number))
    }
}

impl From<u128> for Unit<'_> {
    #[inline(always)]
    fn from(number: u128) -> Self {
        Unit::from(Key::U128(number))
    }
}

impl<'a> From<&'a UnitKey> for Unit<'a> {
    fn from(key: &'a UnitKey) -> Unit<'a> {
        Unit::from(key.as_key())
    }
}

/// Tells why outside input is not a unit.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum UnitError {
    /// The key is empty.
    #[error("the unit's key is empty: all requests without an identity would share one bucket")]
    EmptyKey,
}

#[cfg(feature = "serde")]
mod serial {
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
}
