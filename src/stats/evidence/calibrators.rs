//! From a p-value of one look to an e-value.

use super::EValue;
use crate::stats::{PValue, Refusal};

/// Calibrates a p-value by `kappa p^(kappa - 1)`.
///
/// A small `kappa` bets on very small p-values, one near 1 risks little. It must be chosen before
/// p is known; [`from_p_mixed`] needs no choice. Every calibrator loses evidence: 1 / p is no
/// e-value.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a `kappa` that is not strictly between 0 and 1, and for a p-value
/// of 0, whose e-value would be infinite.
///
/// ```
/// use switchstand::stats::{PValue, evidence};
/// let e = evidence::from_p(PValue::try_from(0.01)?, 0.5)?;
/// assert!((e.get() - 5.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn from_p(p: PValue, kappa: f64) -> Result<EValue, Refusal> {
    let holds = kappa > 0.0 && kappa < 1.0;
    Refusal::require(holds, "kappa", kappa, "a number strictly between 0 and 1")?;
    EValue::from_ln(kappa.ln() + (1.0 - kappa) * surprise(p)?)
}

/// Calibrates a p-value by `(1 - p + p ln p) / (p (ln p)^2)`.
///
/// The mean of [`from_p`] over all `kappa` from 0 to 1.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a p-value of 0, whose e-value would be infinite.
pub fn from_p_mixed(p: PValue) -> Result<EValue, Refusal> {
    // With u = -ln p it is (e^u - 1 - u) / u^2, the sum of u^k / (k + 2)!.
    let u = surprise(p)?;
    let ln_e = if u < 1.0 {
        let terms = (2..=TERMS).rev();
        let series = terms.fold(1.0, |sum, k| 1.0 + sum * u / (f64::from(k) + 1.0));
        (series / 2.0).ln()
    } else {
        u + (-(1.0 + u) * (-u).exp()).ln_1p() - 2.0 * u.ln()
    };
    EValue::from_ln(ln_e)
}

/// 1 / 20! is below the precision of a sum near 1.
const TERMS: u8 = 20;

/// Returns `-ln p`, at least 0.
fn surprise(p: PValue) -> Result<f64, Refusal> {
    let surprise = -p.ln_p;
    let holds = surprise >= 0.0 && surprise.is_finite();
    Refusal::require(holds, "p-value", p.value, "a number above 0 and at most 1").map(|()| surprise)
}
