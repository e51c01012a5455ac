//! An exact fraction of a population.

use core::{fmt, str::FromStr};

use thiserror::Error;

/// Nano-shares in the whole.
const WHOLE: u32 = 1_000_000_000;
/// Decimals of a percentage that one nano-share resolves.
const DECIMALS: usize = 7;

/// An exact fraction, from 0 % to 100 % in steps of 10^-9.
///
/// It reads and prints as a percentage with up to seven decimals.
///
/// ```
/// use switchstand::Share;
/// let share: Share = "2.5%".parse()?;
/// assert_eq!(share.nanos(), 25_000_000);
/// assert_eq!(share.to_string(), "2.5%");
/// assert_eq!(Share::percent(10)?, "10%".parse()?);
/// assert!("100.1%".parse::<Share>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(into = "String"))]
pub struct Share(u32);

impl Share {
    /// Nobody.
    pub const NONE: Share = Share(0);
    /// Everybody.
    pub const ALL: Share = Share(WHOLE);

    /// Returns the share of `percent` hundredths.
    ///
    /// # Errors
    /// [`ShareError::OverWhole`] above 100.
    pub const fn percent(percent: u32) -> Result<Share, ShareError> {
        if percent <= 100 {
            Ok(Share(percent * (WHOLE / 100)))
        } else {
            Err(ShareError::OverWhole {
                nanos: percent as u64 * (WHOLE / 100) as u64,
            })
        }
    }

    /// Returns the share of `nanos` parts in 10^9.
    ///
    /// # Errors
    /// [`ShareError::OverWhole`] above 10^9.
    pub const fn from_nanos(nanos: u32) -> Result<Share, ShareError> {
        if nanos <= WHOLE {
            Ok(Share(nanos))
        } else {
            Err(ShareError::OverWhole {
                nanos: nanos as u64,
            })
        }
    }

    /// Returns the share in parts of 10^9.
    #[must_use]
    pub const fn nanos(self) -> u32 {
        self.0
    }

    /// Returns the share that is left, `100 % - self`.
    #[must_use]
    pub const fn complement(self) -> Share {
        Share(WHOLE - self.0)
    }

    /// Returns the share as a number from 0 to 1, rounded to the nearest double.
    #[must_use]
    pub fn as_fraction(self) -> f64 {
        f64::from(self.0) / f64::from(WHOLE)
    }

    /// Returns how many of the 2^64 points, counted from 0, lie in the share.
    pub(crate) const fn points(self) -> u128 {
        ((self.0 as u128) << 64).div_ceil(WHOLE as u128)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&percentage(u64::from(self.0)))
    }
}

/// Writes parts of 10^9 as an exact percentage.
pub(crate) fn percentage(nanos: u64) -> String {
    let unit = u64::from(WHOLE / 100);
    let (whole, rest) = (nanos / unit, nanos % unit);
    if rest == 0 {
        return format!("{whole}%");
    }
    let decimals = format!("{rest:0DECIMALS$}");
    format!("{whole}.{}%", decimals.trim_end_matches('0'))
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Share, ShareError> {
        let malformed = || ShareError::Malformed {
            text: text.to_owned(),
        };
        let number = text.strip_suffix('%').ok_or_else(malformed)?;
        let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(decimals) {
            return Err(malformed());
        }
        let significant = decimals.trim_end_matches('0');
        if significant.len() > DECIMALS {
            return Err(ShareError::TooPrecise {
                text: text.to_owned(),
            });
        }
        let whole: u64 = whole.parse().map_err(|_| malformed())?;
        let decimals: u64 = format!("{significant:0<DECIMALS$}")
            .parse()
            .map_err(|_| malformed())?;
        let nanos = whole
            .saturating_mul(u64::from(WHOLE / 100))
            .saturating_add(decimals);
        match u32::try_from(nanos) {
            Ok(nanos) => Share::from_nanos(nanos),
            Err(_) => Err(ShareError::OverWhole { nanos }),
        }
    }
}

impl From<Share> for String {
    fn from(share: Share) -> String {
        share.to_string()
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Share {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Share, D::Error> {
        deserializer.deserialize_any(Read)
    }
}

#[cfg(feature = "serde")]
struct Read;

#[cfg(feature = "serde")]
impl serde::de::Visitor<'_> for Read {
    type Value = Share;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a percentage such as \"5%\"")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Share, E> {
        text.parse().map_err(E::custom)
    }
}

impl TryFrom<String> for Share {
    type Error = ShareError;

    fn try_from(text: String) -> Result<Share, ShareError> {
        text.parse()
    }
}

impl TryFrom<&str> for Share {
    type Error = ShareError;

    fn try_from(text: &str) -> Result<Share, ShareError> {
        text.parse()
    }
}

/// Why something is not a share.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum ShareError {
    /// The share is more than everybody.
    #[error("share {} is over 100%: write 100% or less", percentage(*nanos))]
    OverWhole {
        /// The share in parts of 10^9, or the largest number if it is larger.
        nanos: u64,
    },
    /// The text is not a percentage.
    #[error("share {text:?} is not a percentage such as \"2.5%\"")]
    Malformed {
        /// The text that was given.
        text: String,
    },
    /// The text has more decimals than a share can hold exactly.
    #[error("share {text:?} has more than seven decimals and cannot be held exactly: round it")]
    TooPrecise {
        /// The text that was given.
        text: String,
    },
}
