//! Who is bucketed: a user, an account, a session.

mod key;

use core::fmt;

use thiserror::Error;

pub use key::{Key, UnitKey};

use crate::attributes::Attributes;

/// A unit to be routed: a key and, if known, attributes.
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
    /// Makes a unit from text that came from outside, such as a header.
    ///
    /// If an empty key were allowed, all requests without an identity would be one unit.
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

    /// Returns the unit with its attributes.
    #[must_use]
    pub fn with(self, attributes: &'a dyn Attributes) -> Unit<'a> {
        Unit {
            attributes: Some(attributes),
            ..self
        }
    }

    /// Returns the unit asking for a version, for people who test in production.
    ///
    /// It has an effect only if the policy allows it, and such a request is no evidence.
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

    /// Returns the unit's attributes, if any.
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

/// Why outside input is not a unit.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum UnitError {
    /// The key is empty.
    #[error(
        "the unit's key is empty: all requests without an identity would share one bucket; route \
         them by another key, such as the session"
    )]
    EmptyKey,
}
