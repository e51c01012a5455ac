//! The incomplete gamma functions and the chi-square law.

use super::inverse::invert;
use super::stirling::{poisson_deviance, stirling_remainder};
use super::tails::Tails;
use std::f64::consts::TAU;

/// Returns `P(a, x)`, the lower regularised incomplete gamma function.
pub(crate) fn gamma_p(a: f64, x: f64) -> f64 {
    gamma_tails(a, x).lower()
}

/// Returns `Q(a, x)`, the upper regularised incomplete gamma function.
pub(crate) fn gamma_q(a: f64, x: f64) -> f64 {
    gamma_tails(a, x).upper()
}

/// Returns `ln P(a, x)`, finite where the probability underflows.
pub(crate) fn ln_gamma_p(a: f64, x: f64) -> f64 {
    gamma_tails(a, x).ln_lower()
}

/// Returns `ln Q(a, x)`, finite where the probability underflows.
pub(crate) fn ln_gamma_q(a: f64, x: f64) -> f64 {
    gamma_tails(a, x).ln_upper()
}

/// Returns the `x` with `P(a, x) = p`.
pub(crate) fn gamma_quantile(p: f64, a: f64) -> f64 {
    if !((0.0..=1.0).contains(&p) && a > 0.0 && a.is_finite()) {
        return f64::NAN;
    }
    if p == 0.0 {
        return 0.0;
    }
    if p == 1.0 {
        return f64::INFINITY;
    }
    invert(|w| gamma_tails(a, w.exp()), p, 1.0 - p, -745.0, 709.0).exp()
}

/// Returns `P(X <= x)` of the chi-square law with `k` degrees of freedom.
pub(crate) fn chi2_cdf(x: f64, k: f64) -> f64 {
    gamma_tails(0.5 * k, 0.5 * x).lower()
}

/// Returns `P(X > x)` of the chi-square law with `k` degrees of freedom.
pub(crate) fn chi2_sf(x: f64, k: f64) -> f64 {
    gamma_tails(0.5 * k, 0.5 * x).upper()
}

/// Returns `ln P(X > x)` of the chi-square law, finite where the probability underflows.
pub(crate) fn ln_chi2_sf(x: f64, k: f64) -> f64 {
    gamma_tails(0.5 * k, 0.5 * x).ln_upper()
}

/// Returns the `x` with `P(X <= x) = p` of the chi-square law with `k` degrees of freedom.
pub(crate) fn chi2_quantile(p: f64, k: f64) -> f64 {
    2.0 * gamma_quantile(p, 0.5 * k)
}

/// Returns both tails of the gamma law of shape `a` at `x`.
pub(super) fn gamma_tails(a: f64, x: f64) -> Tails {
    if !(a > 0.0 && a.is_finite() && x >= 0.0) {
        return Tails::UNDEFINED;
    }
    if x == 0.0 {
        return Tails::ALL_UPPER;
    }
    if x == f64::INFINITY {
        return Tails::ALL_LOWER;
    }
    // x^a e^-x / Γ(a)
    let ln_scale = -poisson_deviance(a, x) - stirling_remainder(a);
    let scale = (a / TAU).sqrt();
    if x < a + 1.0 {
        Tails {
            ln_scale,
            factor: scale * series(a, x),
            is_lower: true,
        }
    } else {
        Tails {
            ln_scale,
            factor: scale * fraction(a, x),
            is_lower: false,
        }
    }
}

const MAX_TERMS: u32 = 20_000;

/// Returns `Σ x^n / (a (a + 1) ... (a + n))`, DLMF 8.7.1.
fn series(a: f64, x: f64) -> f64 {
    let mut term = 1.0 / a;
    let mut sum = term;
    let mut m = a;
    for _ in 0..MAX_TERMS {
        m += 1.0;
        term *= x / m;
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    sum
}

/// Returns Legendre's continued fraction of `Γ(a, x) e^x / x^a`, DLMF 8.9.2.
fn fraction(a: f64, x: f64) -> f64 {
    let tiny = 1e-300;
    let mut beta = x + 1.0 - a;
    let mut c = 1.0 / tiny;
    let mut d = 1.0 / if beta.abs() < tiny { tiny } else { beta };
    let mut h = d;
    let mut m = 0.0;
    for _ in 0..MAX_TERMS {
        m += 1.0;
        let alpha = -m * (m - a);
        beta += 2.0;
        d = alpha * d + beta;
        if d.abs() < tiny {
            d = tiny;
        }
        c = beta + alpha / c;
        if c.abs() < tiny {
            c = tiny;
        }
        d = 1.0 / d;
        let delta = c * d;
        h *= delta;
        if (delta - 1.0).abs() < 1e-16 {
            break;
        }
    }
    h
}
