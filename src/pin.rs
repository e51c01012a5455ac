//! Pins, which keep a conversation or a retry on one version while the policy changes.

mod tag;

use core::{fmt, str::FromStr};

use thiserror::Error;

pub use tag::{TagError, TaggedPin};

use crate::{
    bucket::{Scheme, SchemeError},
    fingerprint::{Fingerprint, FingerprintError},
    version::LabelError,
};

/// The version that a session began with, and the policy that gave it.
///
/// A pin is valid while its version may still answer under the policy in force, and lapses when it
/// may not. In text and in serialised form it is `scheme:policy:label`, about 40 bytes. Keep it in
/// the server's own session store, because anybody can write one. Give clients a [`TaggedPin`].
///
/// ```
/// use switchstand::{pin::Pin, Policy, Reason, Share};
/// let step = |share| Policy::canary("r", "v2", share).compile("v1", ["v2"]);
/// let plan = step(Share::ALL)?;
/// let pin: Pin = plan.pin(&plan.route("user-42")).ok_or("an old route")?;
/// // The ramp goes back to a tenth, and the session stays where it is.
/// let plan = step(Share::percent(10)?)?;
/// let route = plan.route_pinned("user-42", &pin);
/// assert_eq!((plan.version_of(&route), route.reason()), (Some("v2"), Reason::Pinned));
/// // At 0 %, the version may answer nobody.
/// let route = step(Share::NONE)?.route_pinned("user-42", &pin);
/// assert_eq!(route.reason(), Reason::PinLapsed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "String", try_from = "String"))]
pub struct Pin {
    scheme: Scheme,
    fingerprint: Fingerprint,
    version: String,
}

impl Pin {
    pub(crate) fn new(fingerprint: Fingerprint, version: &str) -> Pin {
        Pin {
            scheme: Scheme::V1,
            fingerprint,
            version: version.to_owned(),
        }
    }

    /// Returns the label of the version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns the content hash of the policy that gave the version.
    #[must_use]
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Returns the scheme by which units were bucketed.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.scheme.name();
        write!(f, "{scheme}:{}:{}", self.fingerprint, self.version)
    }
}

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Pin, PinError> {
        // The label comes last, because it may hold anything.
        let mut parts = text.splitn(3, ':');
        let (Some(scheme), Some(fingerprint), Some(version)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(PinError::Malformed { length: text.len() });
        };
        crate::version::check_label(version)?;
        Ok(Pin {
            scheme: Scheme::try_from(scheme.to_owned())?,
            fingerprint: fingerprint.parse()?,
            version: version.to_owned(),
        })
    }
}

impl From<Pin> for String {
    fn from(pin: Pin) -> String {
        pin.to_string()
    }
}

impl TryFrom<String> for Pin {
    type Error = PinError;

    fn try_from(text: String) -> Result<Pin, PinError> {
        text.parse()
    }
}

/// Why a text is not a pin.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum PinError {
    /// The text does not have the three parts of a pin, or the four of one with a tag.
    #[error(
        "a text of {length} bytes is no pin: parts are missing; hand back the whole text that \
         `Display` wrote"
    )]
    Malformed {
        /// The text's length in bytes; what a client sent is not repeated.
        length: usize,
    },
    /// The scheme is unknown.
    #[error(transparent)]
    Scheme(#[from] SchemeError),
    /// The part for the policy's content hash is malformed.
    #[error(transparent)]
    Fingerprint(#[from] FingerprintError),
    /// The part for the version's label is malformed.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// The tag is not 32 lower-case hexadecimal digits.
    #[error(
        "the tag is not 32 lower-case hexadecimal digits: hand back the whole text that was \
         written"
    )]
    Tag,
}
