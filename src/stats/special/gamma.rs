//! The incomplete gamma functions and the chi-square law.
//!
//! All code is our own. statrs 0.19.1 has the chi-square tail to 3e-10 only at a million
//! degrees of freedom. Its quantiles are wrong by a factor of 1e10 and more where the
//! probability or the shape is small: their bisection stops at an absolute distance.
//!
//! Against 40-digit arithmetic all stay within 1e-13 for tails down to 1e-300, except the upper
//! tail of shapes below 0.01, whose absolute error is 1e-15.

use super::asymptotic::gamma_tail;
use super::continued_fraction::Lentz;
use super::inverse::{Local, invert};
use super::normal::{erfcx, normal_isf};
use super::stirling::{poisson_deviance, stirling_remainder};
use super::tails::Tails;
use std::f64::consts::TAU;

/// Returns `P(a, x)`, the lower regularised incomplete gamma function.
pub fn gamma_p(a: f64, x: f64) -> f64 {
    gamma_tails(a, x).lower()
}

/// Returns `Q(a, x)`, the upper regularised incomplete gamma function.
pub fn gamma_q(a: f64, x: f64) -> f64 {
    gamma_tails(a, x).upper()
}

/// Returns `ln P(a, x)`, finite where the probability underflows.
pub fn ln_gamma_p(a: f64, x: f64) -> f64 {
    gamma_tails(a, x).ln_lower()
}

/// Returns `ln Q(a, x)`, finite where the probability underflows.
pub fn ln_gamma_q(a: f64, x: f64) -> f64 {
    gamma_tails(a, x).ln_upper()
}

/// Returns the `x` with `P(a, x) = p`.
pub fn gamma_quantile(p: f64, a: f64) -> f64 {
    if !((0.0..=1.0).contains(&p) && a > 0.0 && a.is_finite()) {
        return f64::NAN;
    }
    if p == 0.0 {
        return 0.0;
    }
    if p == 1.0 {
        return f64::INFINITY;
    }
    let ln_constant = 0.5 * (a / TAU).ln() - stirling_remainder(a);
    let local = |w: f64| {
        let x = w.exp();
        let ln_density = ln_constant - poisson_deviance(a, x);
        Local {
            tails: gamma_tails(a, x),
            ln_density,
            slope: a - x,
        }
    };
    invert(
        local,
        p,
        1.0 - p,
        gamma_guess(p, 1.0 - p, a),
        (-750.0, 710.0),
    )
    .exp()
}

/// Returns a first approximation of the quantile's logarithm.
///
/// Wilson & Hilferty's cube root, or the power law near zero.
pub(super) fn gamma_guess(p: f64, upper: f64, a: f64) -> f64 {
    let z = if p < 0.5 {
        -normal_isf(p)
    } else {
        normal_isf(upper)
    };
    let root = 1.0 - 1.0 / (9.0 * a) + z / (3.0 * a.sqrt());
    let power = (p.ln() + libm::lgamma(a + 1.0)) / a;
    if root < 0.3 || (a < 1.0 && p < 0.7) {
        power.min(a.ln() + 4.0)
    } else {
        a.ln() + 3.0 * root.ln()
    }
}

/// Returns `P(X <= x)` of the chi-square law with `k` degrees of freedom.
pub fn chi2_cdf(x: f64, k: f64) -> f64 {
    gamma_tails(0.5 * k, 0.5 * x).lower()
}

/// Returns `P(X > x)` of the chi-square law with `k` degrees of freedom.
pub fn chi2_sf(x: f64, k: f64) -> f64 {
    gamma_tails(0.5 * k, 0.5 * x).upper()
}

/// Returns `ln P(X > x)` of the chi-square law, finite where the probability underflows.
pub fn ln_chi2_sf(x: f64, k: f64) -> f64 {
    gamma_tails(0.5 * k, 0.5 * x).ln_upper()
}

/// Returns the `x` with `P(X <= x) = p` of the chi-square law with `k` degrees of freedom.
pub fn chi2_quantile(p: f64, k: f64) -> f64 {
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
    if a == 0.5 {
        return of_one_square(x);
    }
    let deviance = poisson_deviance(a, x);
    let ln_scale = -deviance - stirling_remainder(a);
    if a >= 20.0 && deviance <= 0.32 * a {
        let is_lower = x < a;
        let factor = gamma_tail((2.0 * deviance).sqrt(), a, !is_lower);
        return Tails {
            ln_scale,
            factor,
            is_lower,
        };
    }
    // x^a e^-x / Γ(a), less its exponent.
    let scale = (a / TAU).sqrt();
    if x < a + 1.0 + 1.5 * a.sqrt() {
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

/// Returns the tails of half a squared normal variable, shape 1/2.
fn of_one_square(x: f64) -> Tails {
    let root = x.sqrt();
    if x < 0.25 {
        return Tails {
            ln_scale: 0.0,
            factor: libm::erf(root),
            is_lower: true,
        };
    }
    Tails {
        ln_scale: -x,
        factor: erfcx(root),
        is_lower: false,
    }
}

/// Most terms of a series or fraction; used up only by shapes below 1e-3.
const MAX_TERMS: u32 = 500;

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
    let mut beta = x + 1.0 - a;
    let mut fraction = Lentz::reciprocal(beta);
    let mut m = 0.0;
    for _ in 0..MAX_TERMS {
        m += 1.0;
        beta += 2.0;
        if fraction.add(-m * (m - a), beta) {
            break;
        }
    }
    fraction.value()
}
