//! The polynomial stitched boundary, a closed formula.

use crate::stats::{Alpha, Refusal};

/// Riemann's zeta function at 1.4.
const ZETA: f64 = 3.105_547_277_977_581;

/// A bound of a sub-gamma sum at all times, by the law of the iterated logarithm.
///
/// # Formula
/// `sqrt(k1^2 V l + k2^2 c^2 l^2) + k2 c l` with `V = max(v, v_min)`,
/// `l = 1.4 ln ln(2 V / v_min) + ln(zeta(1.4) / (alpha ln^1.4 2))`,
/// `k1 = (2^(1/4) + 2^(-1/4)) / sqrt 2` and `k2 = (sqrt 2 + 1) / 2`.
///
/// It grows like `sqrt(v ln ln v)`, slower than any [`MixtureBoundary`](super::MixtureBoundary),
/// and is wider than they are over the range they are tuned for. Assumptions and source as there.
///
/// ```
/// use switchstand::stats::{Alpha, anytime::StitchedBoundary};
/// let boundary = StitchedBoundary::new(2.0, 10.0)?;
/// assert!((boundary.bound(100.0, Alpha::FIVE_PERCENT)? - 53.588).abs() < 1e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StitchedBoundary {
    scale: f64,
    v_min: f64,
}

impl StitchedBoundary {
    /// Returns the boundary for sums of scale `c`, constant up to time `v_min`.
    ///
    /// A tenth of the time that matters is a good `v_min`.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] or [`Refusal::OutOfRange`] unless `c` is at least 0 and `v_min`
    /// positive.
    pub fn new(c: f64, v_min: f64) -> Result<StitchedBoundary, Refusal> {
        if c != 0.0 {
            Refusal::require_positive("scale", c)?;
        }
        Refusal::require_positive("least intrinsic time", v_min)?;
        Ok(StitchedBoundary { scale: c, v_min })
    }

    /// Returns the boundary at intrinsic time `v`.
    ///
    /// The sum exceeds it at any time with probability at most `alpha`.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] or [`Refusal::OutOfRange`] for a `v` that is not finite or below 0.
    pub fn bound(&self, v: f64, alpha: Alpha) -> Result<f64, Refusal> {
        super::check_time(v)?;
        let time = v.max(self.v_min);
        let ln_2 = core::f64::consts::LN_2;
        let l = 1.4 * (ln_2 + (time / self.v_min).ln()).ln() + ZETA.ln()
            - alpha.get().ln()
            - 1.4 * ln_2.ln();
        let root = core::f64::consts::SQRT_2;
        let fourth = root.sqrt();
        let k1 = (fourth + 1.0 / fourth) / root;
        let linear = 0.5 * (root + 1.0) * self.scale * l;
        Ok((k1 * k1 * time * l + linear * linear).sqrt() + linear)
    }

    /// Returns the intrinsic time up to which the boundary is constant.
    #[must_use]
    pub const fn v_min(&self) -> f64 {
        self.v_min
    }
}
