//! The identity of a unit, borrowed and owned.

#[cfg(feature = "serde")]
mod serial;

use core::{fmt, hash::Hasher as _};

use siphasher::sip::SipHasher13;

use crate::fingerprint::Canonical;

/// The borrowed identity of a unit.
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
    pub(crate) fn with_bytes<T>(&self, read: impl FnOnce(&[u8]) -> T) -> T {
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

    /// Returns in which of 256 groups the unit is, for variances between groups of units.
    ///
    /// A pure function of the key's bytes, the same on every server and in every release of the
    /// crate: the last eight bits of `SipHash-1-3-64` under the key `"switchstand.unit"`. It is
    /// independent of every draw, so it may be logged together with an arm.
    #[must_use]
    pub fn group(&self) -> u8 {
        self.hashed() as u8
    }

    /// Returns the key's digest without a secret, which anybody can compute.
    #[inline]
    pub(crate) fn hashed(&self) -> u64 {
        self.with_bytes(|bytes| {
            let mut hasher = SipHasher13::new_with_key(b"switchstand.unit");
            hasher.write(bytes);
            hasher.finish()
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

/// The owned identity of a unit, for lists and logs.
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

    /// Returns in which of 256 groups the unit is, as [`Key::group`].
    ///
    /// ```
    /// use switchstand::UnitKey;
    /// assert_eq!(UnitKey::from("user-42").group(), UnitKey::from("user-42").as_key().group());
    /// ```
    #[must_use]
    pub fn group(&self) -> u8 {
        self.as_key().group()
    }

    /// Gives back room that a text or bytes have to grow: lists are kept for long.
    pub(crate) fn shrink_to_fit(&mut self) {
        match self {
            UnitKey::Text(text) => text.shrink_to_fit(),
            UnitKey::Bytes(bytes) => bytes.shrink_to_fit(),
            UnitKey::U64(_) | UnitKey::U128(_) => {}
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
