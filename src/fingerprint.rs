//! The content hash by which servers compare policies.

use core::{fmt, hash::Hasher as _, str::FromStr};

use siphasher::sip128::{Hasher128 as _, SipHasher24};
use thiserror::Error;

use crate::hexadecimal;

/// A hash of a policy's content, the same on every server and platform.
///
/// Two policies of the same meaning have the same fingerprint, in whatever order their fields are
/// written. It identifies a policy; it is no signature.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "String", try_from = "String"))]
pub struct Fingerprint(u128);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Fingerprint, FingerprintError> {
        let malformed = || FingerprintError::Malformed {
            text: text.to_owned(),
        };
        hexadecimal::read(text, 32)
            .map(Fingerprint)
            .ok_or_else(malformed)
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> String {
        fingerprint.to_string()
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = FingerprintError;

    fn try_from(text: String) -> Result<Fingerprint, FingerprintError> {
        text.parse()
    }
}

/// Why a text is not a fingerprint.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum FingerprintError {
    /// The text is not 32 lower-case hexadecimal digits.
    #[error(
        "fingerprint {text:?} is not 32 lower-case hexadecimal digits: copy it whole from a log or \
         from `fingerprint()`"
    )]
    Malformed {
        /// The text that was given.
        text: String,
    },
}

/// The hash of a value's canonical bytes, while they are collected.
pub(crate) struct Canonical(SipHasher24);

impl Canonical {
    pub(crate) fn new() -> Canonical {
        Canonical(SipHasher24::new_with_key(b"switchstand.poli"))
    }

    /// Adds bytes whose end is known: of a fixed length, or with their length before them.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    pub(crate) fn number(&mut self, number: u64) {
        self.raw(&number.to_le_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.raw(text.as_bytes());
    }

    pub(crate) fn finish(&self) -> Fingerprint {
        let hash = self.0.finish128();
        Fingerprint(u128::from(hash.h1) | u128::from(hash.h2) << 64)
    }
}
