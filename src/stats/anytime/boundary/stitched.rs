//! The polynomial stitched boundary, a closed formula.

use crate::stats::{Alpha, Refusal};

/// Riemann's zeta function at 1.4.
const ZETA: f64 = 3.105_547_277_977_581;

/// Returns a bound of a sub-gamma sum of scale `c`, by the law of the iterated logarithm.
///
/// The sum exceeds it at any intrinsic time `v` with probability at most `alpha`. It is constant
/// up to time `v_min`; a tenth of the time that matters is a good one.
///
/// # Formula
/// `sqrt(k1^2 V l + k2^2 c^2 l^2) + k2 c l` with `V = max(v, v_min)`,
/// `l = 1.4 ln ln(2 V / v_min) + ln(zeta(1.4) / (alpha ln^1.4 2))`,
/// `k1 = (2^(1/4) + 2^(-1/4)) / sqrt 2` and `k2 = (sqrt 2 + 1) / 2`.
///
/// It grows like `sqrt(v ln ln v)`, slower than any [`MixtureBoundary`](super::MixtureBoundary),
/// and is wider than they are over the range they are tuned for. Assumptions and source as there.
///
/// # Errors
/// [`Refusal::NonFinite`] or [`Refusal::OutOfRange`] unless `c` and `v` are at least 0 and `v_min`
/// positive.
///
/// ```
/// use switchstand::stats::{Alpha, anytime::stitched_bound};
/// let bound = stitched_bound(100.0, 2.0, 10.0, Alpha::FIVE_PERCENT)?;
/// assert!((bound - 53.588).abs() < 1e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn stitched_bound(v: f64, c: f64, v_min: f64, alpha: Alpha) -> Result<f64, Refusal> {
    if c != 0.0 {
        Refusal::require_positive("scale", c)?;
    }
    Refusal::require_positive("least intrinsic time", v_min)?;
    super::check_time(v)?;
    let time = v.max(v_min);
    let ln_2 = core::f64::consts::LN_2;
    let l =
        1.4 * (ln_2 + (time / v_min).ln()).ln() + ZETA.ln() - alpha.get().ln() - 1.4 * ln_2.ln();
    let root = core::f64::consts::SQRT_2;
    let fourth = root.sqrt();
    let k1 = (fourth + 1.0 / fourth) / root;
    let linear = 0.5 * (root + 1.0) * c * l;
    Ok((k1 * k1 * time * l + linear * linear).sqrt() + linear)
}
