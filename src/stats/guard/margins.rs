//! The rate ratios at which harm begins and safety ends.

use super::GuardError;
use super::error::rate_ratio;

/// The two boundaries of a guard, as ratios of rates, candidate to control.
///
/// HARM tests that the ratio is at most `harm`; SAFE tests that it is at least `safe`. The default
/// is 1 and 1.5: any increase is harm, and less than one half more is safe to go on with.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "RawMargins", into = "RawMargins"))]
pub struct Margins {
    harm: f64,
    safe: f64,
}

impl Margins {
    /// Returns the boundaries `harm` and `safe`, each from 1e-9 to 1e9.
    ///
    /// # Errors
    /// [`GuardError::NonFinite`] or [`GuardError::Ratio`], which name the boundary.
    pub fn new(harm: f64, safe: f64) -> Result<Margins, GuardError> {
        rate_ratio("the harm boundary", harm)?;
        rate_ratio("the safe boundary", safe)?;
        Ok(Margins { harm, safe })
    }

    /// Returns the ratio above which the candidate does harm.
    #[must_use]
    pub const fn harm(self) -> f64 {
        self.harm
    }

    /// Returns the ratio below which the candidate is safe to go on with.
    #[must_use]
    pub const fn safe(self) -> f64 {
        self.safe
    }

    /// Returns the boundaries as they are for events that are thinned where they must be.
    pub(super) fn of_thinned(self) -> Margins {
        Margins {
            harm: self.harm.max(1.0),
            safe: self.safe.min(1.0),
        }
    }
}

impl Default for Margins {
    fn default() -> Margins {
        Margins {
            harm: 1.0,
            safe: 1.5,
        }
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMargins {
    harm: f64,
    safe: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<RawMargins> for Margins {
    type Error = GuardError;

    fn try_from(raw: RawMargins) -> Result<Margins, GuardError> {
        Margins::new(raw.harm, raw.safe)
    }
}

#[cfg(feature = "serde")]
impl From<Margins> for RawMargins {
    fn from(margins: Margins) -> RawMargins {
        RawMargins {
            harm: margins.harm,
            safe: margins.safe,
        }
    }
}
