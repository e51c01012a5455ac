//! The hash that turns a unit's key into a point on a line of 2^64.

use core::fmt;

use siphasher::{sip::SipHasher13, sip128};
use thiserror::Error;

use crate::{share::Share, unit::Key};

/// A bucketing scheme: how a unit's key becomes a point.
///
/// A scheme never changes; another way of bucketing gets another name. An unknown name is
/// refused when a policy is read.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "String", try_from = "String"))]
#[non_exhaustive]
pub enum Scheme {
    /// SipHash-1-3 of the unit under a key that SipHash-2-4-128 derives from the draw's name.
    #[default]
    V1,
}

impl Scheme {
    /// Returns the scheme's name in serialised form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Scheme::V1 => "v1",
        }
    }
}

impl From<Scheme> for String {
    fn from(scheme: Scheme) -> String {
        scheme.name().to_owned()
    }
}

impl TryFrom<String> for Scheme {
    type Error = SchemeError;

    fn try_from(name: String) -> Result<Scheme, SchemeError> {
        match name.as_str() {
            "v1" => Ok(Scheme::V1),
            _ => Err(SchemeError::Unknown { name }),
        }
    }
}

/// Why a name is not a bucketing scheme.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum SchemeError {
    /// The name belongs to no scheme of this build.
    #[error(
        "scheme {name:?} is unknown, this build knows \"v1\": write that, or build with a release \
         that knows it"
    )]
    Unknown {
        /// The name that was given.
        name: String,
    },
}

/// A secret of sixteen bytes, without which users cannot compute their own bucket.
///
/// Without a secret (all bytes zero, the default) anybody who knows the release's name can look for
/// an identifier that lands in the canary. All servers of a fleet share one secret. The chapter
/// [`guide::security`](crate::guide::security) says what it protects from and what not.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub struct Secret([u8; 16]);

impl Secret {
    /// Returns the secret with these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Secret {
        Secret(bytes)
    }

    pub(crate) const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Returns a check value of four bytes: it distinguishes two secrets and reveals neither.
    pub(crate) fn check_value(&self) -> u32 {
        use core::hash::Hasher as _;
        use sip128::Hasher128 as _;
        let mut hasher = sip128::SipHasher24::new_with_key(&self.0);
        // No draw's text begins in this way: its first four bytes are a length.
        hasher.write(b"switchstand: check of a secret");
        (hasher.finish128().h1 >> 32) as u32
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The purpose of a draw, so that no two decisions share a hash.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Purpose {
    /// Which arm.
    Split,
    /// Whether a unit takes part: a canary's share, an experiment's gate.
    Canary,
    /// Whether a unit is held out of every release.
    Holdout,
    /// Where in a layer a unit is.
    Layer,
    /// Whether a shadow runs; the label is the shadow's version.
    Shadow,
    /// Whether an overloaded version gives the unit to the live one; the label is the version.
    Shed,
}

impl Purpose {
    /// Returns the purpose's name in the hash.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Split => "split",
            Purpose::Canary => "canary",
            Purpose::Holdout => "holdout",
            Purpose::Layer => "layer",
            Purpose::Shadow => "shadow",
            Purpose::Shed => "shed",
        }
    }
}

/// A unit's place in one draw, from 0 to 2^64 - 1.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Point(u64);

impl Point {
    /// Returns the point at `place`.
    #[must_use]
    pub const fn new(place: u64) -> Point {
        Point(place)
    }

    /// Returns the place on the line.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Tells whether the point lies in `share`, which starts at 0.
    ///
    /// It does if, and only if, `floor(point * 10^9 / 2^64)` is less than the share's parts.
    #[must_use]
    pub const fn is_in(self, share: Share) -> bool {
        (self.0 as u128) < share.points()
    }
}

/// One derived hash key: a source of independent points.
///
/// The key is `SipHash-2-4-128(secret, lp(purpose) lp(salt) lp(label))`, where `lp` puts a
/// text's length in bytes before it as a little-endian `u32`; a unit's point is
/// `SipHash-1-3-64(key, unit)`. Salt and unit are never concatenated.
#[derive(Clone, Copy)]
pub struct Draw {
    key: [u8; 16],
    /// The hash with the key already set, which saves the set-up on every request.
    hasher: SipHasher13,
}

impl Draw {
    /// Derives the draw of this purpose, salt and label in scheme `v1`.
    ///
    /// # Errors
    /// [`DrawError::TooLong`] if a text has more than 2^32 - 1 bytes.
    pub fn new(
        secret: &Secret,
        purpose: Purpose,
        salt: &str,
        label: &str,
    ) -> Result<Draw, DrawError> {
        for (what, text) in [("salt", salt), ("label", label)] {
            if u32::try_from(text.len()).is_err() {
                return Err(DrawError::TooLong {
                    what,
                    length: text.len(),
                });
            }
        }
        Ok(Draw::derive(secret, purpose, salt, label))
    }

    /// Derives the draw of names whose lengths were checked.
    pub(crate) fn derive(secret: &Secret, purpose: Purpose, salt: &str, label: &str) -> Draw {
        use core::hash::Hasher as _;
        use sip128::Hasher128 as _;
        let mut hasher = sip128::SipHasher24::new_with_key(secret.bytes());
        for text in [purpose.name(), salt, label] {
            hasher.write(&(text.len() as u32).to_le_bytes());
            hasher.write(text.as_bytes());
        }
        let hash = hasher.finish128();
        let key = (u128::from(hash.h1) | u128::from(hash.h2) << 64).to_le_bytes();
        Draw {
            key,
            hasher: SipHasher13::new_with_key(&key),
        }
    }

    /// Returns the derived key, to check another implementation against this one.
    #[must_use]
    pub fn key(&self) -> [u8; 16] {
        self.key
    }

    /// Returns the derived key as the two words that the hash takes.
    pub(crate) fn keys(&self) -> (u64, u64) {
        let key = u128::from_le_bytes(self.key);
        (key as u64, (key >> 64) as u64)
    }

    /// Returns the unit's point under a derived key.
    #[inline(always)]
    pub(crate) fn point_under(first: u64, second: u64, unit: Key<'_>) -> Point {
        let hasher = SipHasher13::new_with_keys(first, second);
        Point(unit.with_bytes(|bytes| hasher.hash(bytes)))
    }

    /// Returns the unit's point in this draw.
    #[inline(always)]
    #[must_use]
    pub fn point(&self, unit: Key<'_>) -> Point {
        Point(unit.with_bytes(|bytes| self.hasher.hash(bytes)))
    }
}

impl fmt::Debug for Draw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Draw(..)")
    }
}

/// Why a draw cannot be derived.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum DrawError {
    /// A text is too long for its length prefix.
    #[error("{what} has {length} bytes, the hash takes up to 4294967295: shorten it")]
    TooLong {
        /// The text that is too long.
        what: &'static str,
        /// Its length in bytes.
        length: usize,
    },
}
