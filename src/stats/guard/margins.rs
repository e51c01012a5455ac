//! The rate ratios at which harm begins and safety ends.

use crate::stats::Refusal;

/// The two boundaries of a guard, as ratios of rates, candidate to control.
///
/// HARM tests that the ratio is at most `harm`; SAFE tests that it is at least `safe`. The default
/// is 1 and 1.5: any increase is harm, and a rate below 1.5 times the control's is safe.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "RawMargins"))]
pub struct Margins {
    harm: f64,
    safe: f64,
}

impl Margins {
    /// Returns the boundaries `harm` and `safe`, each from 1e-9 to 1e9.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] or [`Refusal::OutOfRange`], which name the boundary.
    pub fn new(harm: f64, safe: f64) -> Result<Margins, Refusal> {
        check_ratio("the harm boundary", harm)?;
        check_ratio("the safe boundary", safe)?;
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

/// Refuses a rate ratio that leaves no room for sums and quotients of such ratios.
pub(super) fn check_ratio(what: &'static str, value: f64) -> Result<(), Refusal> {
    Refusal::require_finite(what, value)?;
    let holds = (1e-9..=1e9).contains(&value);
    Refusal::require(holds, what, value, "a ratio from 1e-9 to 1e9")
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMargins {
    harm: f64,
    safe: f64,
}

#[cfg(feature = "serde")]
impl TryFrom<RawMargins> for Margins {
    type Error = Refusal;

    fn try_from(raw: RawMargins) -> Result<Margins, Refusal> {
        Margins::new(raw.harm, raw.safe)
    }
}
