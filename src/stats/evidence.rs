//! E-values: evidence that multiplies over stages and averages over methods.
//!
//! An e-value is the wealth of a bettor against a null hypothesis who started with 1. Under the
//! null hypothesis its mean is at most 1, so it reaches `1 / alpha` with probability at most
//! `alpha`. All methods of [`anytime`](super::anytime) and of the [`guard`](super::guard) give one.
//!
//! | how the e-values are related | combine by | example |
//! |---|---|---|
//! | same null, later data or independent data | [`product`] | shadow, then canary; one per process |
//! | same null, any dependence | [`mean`] | two methods on the same requests |
//! | different nulls, no false alarm wanted | [`holm`](super::multiplicity::e_holm) | guardrails |
//! | different nulls, few false findings | [`e-BH`](super::multiplicity::e_benjamini_hochberg) | exploration |
//! | a p-value of one look, to be combined | [`from_p`], [`from_p_mixed`] | a finished experiment |
//!
//! Multiply only e-values of the same null hypothesis.
//!
//! Source: Vovk and Wang (2021), <https://doi.org/10.1214/20-AOS2020>.

mod calibrators;
mod e_value;

pub use calibrators::{from_p, from_p_mixed};
pub use e_value::EValue;

use super::Refusal;
use super::special::ln_add_exp;

/// Multiplies e-values against the same null hypothesis.
///
/// Each must be an e-value whatever the others' data were: from independent data, or from later
/// data, where the decision to go on may depend on what was seen. Two methods on the same data must
/// not be multiplied, see [`mean`]. The product of none is 1, no evidence.
///
/// # Errors
/// [`Refusal::Overflow`] if the sum of the logarithms is not finite.
///
/// ```
/// use switchstand::stats::evidence::{self, EValue};
/// let (shadow, canary) = (EValue::new(8.0)?, EValue::new(16.0)?);
/// let both = evidence::product(&[shadow, canary])?;
/// assert!((both.get() - 128.0).abs() < 1e-12 * 128.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn product(e: &[EValue]) -> Result<EValue, Refusal> {
    let what = "product of e-values";
    EValue::from_ln(e.iter().map(|e| e.ln()).sum()).map_err(|_| Refusal::Overflow { what })
}

/// Averages e-values against the same null hypothesis, however they depend on each other.
///
/// Without knowledge of the dependence no symmetric rule does better (Vovk and Wang 2021,
/// proposition 3.1).
///
/// # Errors
/// [`Refusal::InsufficientData`] if there is none.
pub fn mean(e: &[EValue]) -> Result<EValue, Refusal> {
    if e.is_empty() {
        return Err(Refusal::too_few("mean of e-values", 0, 1));
    }
    EValue::from_ln(ln_mean(e.iter().map(|e| e.ln()), e.len()))
}

/// Returns the logarithm of the mean of `n` numbers, given by their logarithms.
pub(super) fn ln_mean(ln: impl Iterator<Item = f64>, n: usize) -> f64 {
    ln.fold(f64::NEG_INFINITY, ln_add_exp) - (n as f64).ln()
}
