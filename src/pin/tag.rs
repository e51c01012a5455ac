//! A pin for clients, which they cannot forge or pass on.

use core::{fmt, hash::Hasher as _, hint::black_box, str::FromStr};

use siphasher::sip128::{Hasher128 as _, SipHasher24};
use thiserror::Error;

use super::{Pin, PinError};
use crate::{bucket::Secret, hexadecimal, unit::Key};

/// The pin of one unit, with a tag that only the router's secret can make.
///
/// The tag is `SipHash-2-4-128(secret, lp("pin") lp(scheme) lp(policy) lp(label) kind lp(unit))`,
/// where `lp` puts a text's length in bytes before it as a little-endian `u64`, the policy is
/// its fingerprint in hexadecimal digits, and `kind` is one byte: 0 for a unit that is text, 1
/// for bytes, 2 for a `u64` and 3 for a `u128`. Draws hash other words under the secret, so no
/// draw is a tag.
///
/// In text and in serialised form it is `tag:scheme:policy:label`; where some characters are not
/// allowed, as in a cookie, the application escapes the label. A tag does not expire; the pin
/// lapses with its version, or by a rule of the application.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "String", try_from = "String"))]
pub struct TaggedPin {
    pin: Pin,
    tag: Tag,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Tag([u8; 16]);

impl Tag {
    fn new(secret: &Secret, unit: Key<'_>, pin: &Pin) -> Tag {
        let kind = match unit {
            Key::Text(_) => 0,
            Key::Bytes(_) => 1,
            Key::U64(_) => 2,
            Key::U128(_) => 3,
        };
        let mut hasher = SipHasher24::new_with_key(secret.bytes());
        let add = |hasher: &mut SipHasher24, bytes: &[u8]| {
            hasher.write(&(bytes.len() as u64).to_le_bytes());
            hasher.write(bytes);
        };
        add(&mut hasher, b"pin");
        add(&mut hasher, pin.scheme.name().as_bytes());
        add(&mut hasher, pin.fingerprint.to_string().as_bytes());
        add(&mut hasher, pin.version.as_bytes());
        hasher.write(&[kind]);
        add(&mut hasher, &unit.with_bytes(<[u8]>::to_vec));
        let hash = hasher.finish128();
        Tag((u128::from(hash.h1) | u128::from(hash.h2) << 64).to_le_bytes())
    }

    /// Compares in constant time, so that a forger cannot find a tag byte by byte.
    fn is(&self, other: &Tag) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        let difference = pairs.fold(0, |found, (left, right)| black_box(found | (left ^ right)));
        black_box(difference) == 0
    }
}

impl TaggedPin {
    /// Tags a pin for one unit.
    ///
    /// # Errors
    /// [`TagError::NoSecret`] if the secret is not set: everybody could make the tag.
    pub fn new(secret: &Secret, unit: Key<'_>, pin: Pin) -> Result<TaggedPin, TagError> {
        check_secret(secret)?;
        let tag = Tag::new(secret, unit, &pin);
        Ok(TaggedPin { pin, tag })
    }

    /// Returns the pin, if the tag was made for it and this unit.
    ///
    /// # Errors
    /// [`TagError::Mismatch`] if not; [`TagError::NoSecret`] if the secret is not set.
    pub fn check(&self, secret: &Secret, unit: Key<'_>) -> Result<&Pin, TagError> {
        check_secret(secret)?;
        if Tag::new(secret, unit, &self.pin).is(&self.tag) {
            Ok(&self.pin)
        } else {
            Err(TagError::Mismatch)
        }
    }
}

fn check_secret(secret: &Secret) -> Result<(), TagError> {
    if *secret == Secret::default() {
        Err(TagError::NoSecret)
    } else {
        Ok(())
    }
}

impl fmt::Display for TaggedPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tag = u128::from_be_bytes(self.tag.0);
        write!(f, "{tag:032x}:{}", self.pin)
    }
}

impl FromStr for TaggedPin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<TaggedPin, PinError> {
        let (tag, pin) = text
            .split_once(':')
            .ok_or(PinError::Malformed { length: text.len() })?;
        let tag = hexadecimal::read(tag, 32).ok_or(PinError::Tag)?;
        Ok(TaggedPin {
            pin: pin.parse()?,
            tag: Tag(tag.to_be_bytes()),
        })
    }
}

impl From<TaggedPin> for String {
    fn from(pin: TaggedPin) -> String {
        pin.to_string()
    }
}

impl TryFrom<String> for TaggedPin {
    type Error = PinError;

    fn try_from(text: String) -> Result<TaggedPin, PinError> {
        text.parse()
    }
}

/// Why a pin cannot be tagged, or is refused.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum TagError {
    /// The router has no secret, so a tag would prove nothing.
    #[error("without a secret a tag proves nothing: build the router with one")]
    NoSecret,
    /// The tag was not made for this pin, unit and secret.
    #[error("the tag was not made for this pin and unit: route the unit afresh")]
    Mismatch,
}
