//! The normal mixture, for sub-Gaussian sums.

use crate::stats::planning::Sides;
use crate::stats::special::ln_normal_cdf;

/// A mixture of `exp(l s - l^2 v / 2)` over a normal law of `l` with variance `1 / rho`, or over
/// its positive half.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Normal {
    pub(super) sides: Sides,
    pub(super) rho: f64,
}

impl Normal {
    pub(super) fn ln_e(&self, s: f64, v: f64) -> f64 {
        let total = v + self.rho;
        let z = s / total.sqrt();
        let whole = 0.5 * z * z - 0.5 * (v / self.rho).ln_1p();
        match self.sides {
            Sides::Two => whole,
            Sides::One => whole + core::f64::consts::LN_2 + ln_normal_cdf(z),
        }
    }
}
