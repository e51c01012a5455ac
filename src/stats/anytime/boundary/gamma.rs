//! The gamma mixtures, for sub-exponential and sub-Poisson sums.
//!
//! Both are written with the remainders of Stirling's formula and a deviance, in which the large
//! terms of the log-gammas have cancelled on paper.

use crate::stats::special::{ln_gamma_p, ln_gamma_q, poisson_deviance, stirling_remainder};

/// A mixture, over a law of the bet `l`, for sums of scale `c`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Gamma {
    pub(super) sums: Sums,
    pub(super) scale: f64,
    pub(super) rho: f64,
}

/// The kind of sums, and what is averaged over which law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sums {
    /// `exp(l s + (ln(1 - c l) + c l) v / c^2)` over a gamma law that is cut off at `l < 1 / c`.
    Exponential,
    /// `exp(l s - (exp(c l) - c l - 1) v / c^2)` over the law of the logarithm of a gamma
    /// variable, where positive.
    Poisson,
}

impl Gamma {
    pub(super) fn ln_e(&self, s: f64, v: f64) -> f64 {
        let c = self.scale;
        let (k, w) = (self.rho / (c * c), (v + self.rho) / (c * c));
        let y = s / c + w;
        if y <= 0.0 {
            return f64::NEG_INFINITY;
        }
        let (shape, other, kept) = match self.sums {
            Sums::Exponential => (w, y, ln_gamma_p(w, y) - ln_gamma_p(k, k)),
            Sums::Poisson => (y, w, ln_gamma_q(y, w) - ln_gamma_q(k, k)),
        };
        0.5 * (k / shape).ln()
            + (stirling_remainder(shape) - stirling_remainder(k))
            + poisson_deviance(shape, other)
            + kept
    }
}
