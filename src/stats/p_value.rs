//! P-values.

use core::fmt;

use super::Refusal;

/// A p-value and its logarithm, which stays finite when p underflows.
///
/// The p-value is the probability, if the null hypothesis holds, of observations at least as
/// extreme as these. Small p-values are computed from the survival function, never as one minus
/// a number close to one.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct PValue {
    /// The p-value, from 0 to 1.
    #[cfg_attr(feature = "serde", serde(rename = "p"))]
    pub value: f64,
    /// Its natural logarithm, at most 0.
    pub ln_p: f64,
}

/// Probability below which the logarithm is computed on its own.
const LN_FROM: f64 = 1e-290;

impl PValue {
    /// Returns the p-value of which both numbers are known.
    pub(crate) const fn new(p: f64, ln_p: f64) -> PValue {
        PValue { value: p, ln_p }
    }

    /// Takes the logarithm of `p`, or computes it where `p` is about to underflow.
    pub(crate) fn of_one_tail(p: f64, ln_p: impl FnOnce() -> f64) -> PValue {
        let ln_p = if p > LN_FROM { p.ln() } else { ln_p() };
        PValue { value: p, ln_p }
    }

    /// Doubles the smaller tail; where both are a half, or more by ties, p is 1.
    pub(crate) fn of_two_tails(tail: f64, ln_tail: impl FnOnce() -> f64) -> PValue {
        if tail >= 0.5 {
            return PValue {
                value: 1.0,
                ln_p: 0.0,
            };
        }
        let one = PValue::of_one_tail(tail, ln_tail);
        PValue {
            value: 2.0 * one.value,
            ln_p: one.ln_p + core::f64::consts::LN_2,
        }
    }
}

impl TryFrom<f64> for PValue {
    type Error = Refusal;

    /// Takes a p-value that was computed elsewhere.
    fn try_from(p: f64) -> Result<PValue, Refusal> {
        let holds = (0.0..=1.0).contains(&p);
        Refusal::require(holds, "p-value", p, "a number from 0 to 1")?;
        Ok(PValue::new(p, p.ln()))
    }
}

impl fmt::Display for PValue {
    /// Writes `p = 0.0123`, or a power of ten where the fraction would be unreadable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(2);
        if self.value >= 1e-4 {
            let places = (digits as f64 - 1.0 - self.value.log10().floor()).max(0.0) as usize;
            write!(f, "p = {:.places$}", self.value)
        } else if self.value > f64::MIN_POSITIVE {
            write!(f, "p = {:.*e}", digits.saturating_sub(1), self.value)
        } else {
            write!(f, "p = 1e{:.0}", self.ln_p / core::f64::consts::LN_10)
        }
    }
}
