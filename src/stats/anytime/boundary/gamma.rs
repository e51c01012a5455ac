//! The gamma mixtures, for sub-exponential and sub-Poisson sums.
//!
//! Both are written with the remainders of Stirling's formula and a deviance, in which the large
//! terms of the log-gammas have cancelled on paper.

use crate::stats::special::{ln_gamma_p, ln_gamma_q, poisson_deviance, stirling_remainder};

/// A mixture of `exp(l s + (ln(1 - c l) + c l) v / c^2)` over a gamma law that is cut off at `l < 1
/// / c`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct GammaExponential {
    pub(super) scale: f64,
    pub(super) rho: f64,
}

impl GammaExponential {
    pub(super) fn ln_e(&self, s: f64, v: f64) -> f64 {
        let c = self.scale;
        let (k, w) = (self.rho / (c * c), (v + self.rho) / (c * c));
        let y = s / c + w;
        if y <= 0.0 {
            return f64::NEG_INFINITY;
        }
        let kept = ln_gamma_p(w, y) - ln_gamma_p(k, k);
        0.5 * (k / w).ln()
            + (stirling_remainder(w) - stirling_remainder(k))
            + poisson_deviance(w, y)
            + kept
    }
}

/// A mixture of `exp(l s - (exp(c l) - c l - 1) v / c^2)` over the law of the logarithm of a gamma
/// variable, where positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct GammaPoisson {
    pub(super) scale: f64,
    pub(super) rho: f64,
}

impl GammaPoisson {
    pub(super) fn ln_e(&self, s: f64, v: f64) -> f64 {
        let c = self.scale;
        let (k, w) = (self.rho / (c * c), (v + self.rho) / (c * c));
        let y = s / c + w;
        if y <= 0.0 {
            return f64::NEG_INFINITY;
        }
        let kept = ln_gamma_q(y, w) - ln_gamma_q(k, k);
        0.5 * (k / y).ln()
            + (stirling_remainder(y) - stirling_remainder(k))
            + poisson_deviance(y, w)
            + kept
    }
}
