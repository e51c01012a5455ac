//! E-values.

use core::fmt;

use crate::stats::anytime::{AnytimeValid, p_of};
use crate::stats::guard::LnEvidence;
use crate::stats::measure::significant;
use crate::stats::{Alpha, PValue, Refusal};

/// An e-value by its logarithm, which is always finite.
///
/// Values above `f64::MAX`, about e^709, are allowed. 0 and infinity are refused, because no later
/// evidence could change them.
///
/// ```
/// use switchstand::stats::{Alpha, evidence::EValue};
/// let e = EValue::new(150.0)?;
/// assert!(e.is_significant(Alpha::ONE_PERCENT));
/// assert_eq!(e.to_string(), "e = 150.0");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "stored::Raw", into = "stored::Raw")
)]
pub struct EValue {
    ln: f64,
}

impl EValue {
    /// 1, no evidence either way.
    pub const ONE: EValue = EValue { ln: 0.0 };

    /// Returns the e-value `e`.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] unless `e` is positive and finite.
    pub fn new(e: f64) -> Result<EValue, Refusal> {
        let holds = e > 0.0 && e.is_finite();
        Refusal::require(holds, "e-value", e, "a positive finite number")?;
        Ok(EValue { ln: e.ln() })
    }

    /// Returns the e-value whose natural logarithm is `ln_e`.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] if it is not finite.
    pub const fn from_ln(ln_e: f64) -> Result<EValue, Refusal> {
        if ln_e.is_finite() {
            return Ok(EValue { ln: ln_e });
        }
        Err(Refusal::NonFinite {
            what: "logarithm of the e-value",
            value: ln_e,
        })
    }

    /// Returns the natural logarithm of the e-value.
    #[must_use]
    pub const fn ln(self) -> f64 {
        self.ln
    }

    /// Returns the e-value; infinite where an `f64` cannot hold it, 0 where it underflows.
    #[must_use]
    pub fn get(self) -> f64 {
        self.ln.exp()
    }

    /// Returns the p-value `min(1, 1 / e)`, valid by Markov's inequality.
    #[must_use]
    pub fn p(self) -> PValue {
        p_of(self.ln)
    }

    /// Tells whether the evidence suffices to reject the null hypothesis, `e >= 1 / alpha`.
    #[must_use]
    pub fn is_significant(self, alpha: Alpha) -> bool {
        self.ln >= -alpha.get().ln()
    }
}

impl TryFrom<&AnytimeValid> for EValue {
    type Error = Refusal;

    /// Takes the e-value of one look; it is against the null hypothesis of that method.
    fn try_from(look: &AnytimeValid) -> Result<EValue, Refusal> {
        EValue::from_ln(look.ln_e)
    }
}

impl TryFrom<&LnEvidence> for EValue {
    type Error = Refusal;

    /// Takes the e-value of one side of a guard's reading.
    fn try_from(side: &LnEvidence) -> Result<EValue, Refusal> {
        EValue::from_ln(side.ln_e)
    }
}

impl fmt::Display for EValue {
    /// Writes `e = 41.50`, or a power of ten where the number would be unreadable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let e = self.get();
        if e.is_normal() {
            write!(f, "e = {}", significant(e))
        } else {
            write!(f, "e = 1e{:.0}", self.ln / core::f64::consts::LN_10)
        }
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::EValue;
    use crate::stats::Refusal;

    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Raw {
        ln_e: f64,
    }

    impl From<EValue> for Raw {
        fn from(e: EValue) -> Raw {
            Raw { ln_e: e.ln }
        }
    }

    impl TryFrom<Raw> for EValue {
        type Error = Refusal;

        fn try_from(raw: Raw) -> Result<EValue, Refusal> {
            EValue::from_ln(raw.ln_e)
        }
    }
}
