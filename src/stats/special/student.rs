//! Student's t law.
//!
//! All code is our own. statrs 0.19.1 has the tail at 1.96 to 4e-10 at 1e6 degrees of freedom
//! and is 190 % off at 1e15. Its 0.975 quantile is 6.8 % off at 1e7, does not return at 1e8, and
//! panics at a probability of 1e-300.

use super::asymptotic::student_tail;
use super::beta::beta_tails;
use super::inverse::{Local, invert};
use super::log_gamma::ln_beta;
use super::normal;
use super::tails::Tails;
use std::f64::consts::LN_2;

/// Degrees of freedom beyond which t and normal law agree to the last bit wherever they differ
/// from zero.
const NORMAL_FROM: f64 = 1e20;

/// Returns `P(T <= t)` with `df` degrees of freedom; `df` may be infinite.
pub fn t_cdf(t: f64, df: f64) -> f64 {
    t_sf(-t, df)
}

/// Returns `P(T > t)` with `df` degrees of freedom; `df` may be infinite.
pub fn t_sf(t: f64, df: f64) -> f64 {
    if t < 0.0 {
        return 1.0 - t_sf(-t, df);
    }
    if df >= NORMAL_FROM {
        return normal::normal_sf(t);
    }
    0.5 * outside(t, df).lower()
}

/// Returns `ln P(T > t)`, finite where the probability underflows.
pub fn ln_t_sf(t: f64, df: f64) -> f64 {
    if t < 0.0 {
        return (-t_sf(-t, df)).ln_1p();
    }
    if df >= NORMAL_FROM {
        return normal::ln_normal_sf(t);
    }
    outside(t, df).ln_lower() - LN_2
}

/// Returns the `t` with `P(T <= t) = p`.
pub fn t_quantile(p: f64, df: f64) -> f64 {
    if !((0.0..=1.0).contains(&p) && df > 0.0) {
        return f64::NAN;
    }
    if p == 0.5 {
        return 0.0;
    }
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    if p == 1.0 {
        return f64::INFINITY;
    }
    if df >= NORMAL_FROM {
        return normal::normal_quantile(p);
    }
    let (tail, sign) = if p < 0.5 { (p, -1.0) } else { (1.0 - p, 1.0) };
    let ln_constant = -ln_beta(0.5 * df, 0.5) - 0.5 * df.ln() + LN_2;
    let local = |w: f64| {
        let t = w.exp();
        let square = t / df * t;
        let ln_square = if square < 1e30 {
            square.ln_1p()
        } else {
            2.0 * w - df.ln()
        };
        let ln_density = w + ln_constant - 0.5 * (df + 1.0) * ln_square;
        let share = if square < 1.0 {
            square / (1.0 + square)
        } else {
            1.0 / (1.0 + 1.0 / square)
        };
        let slope = 1.0 - (df + 1.0) * share;
        Local {
            tails: outside(t, df).swapped(),
            ln_density,
            slope,
        }
    };
    // What lies between -t and t, and what lies outside.
    let (inner, outer) = (1.0 - 2.0 * tail, 2.0 * tail);
    sign * invert(
        local,
        inner,
        outer,
        guess(tail, df, ln_constant),
        (-750.0, 710.0),
    )
    .exp()
}

/// Returns a first approximation of the logarithm of the positive quantile.
///
/// The Cornish-Fisher expansion, Abramowitz & Stegun 26.7.5, near the middle; the power law of
/// the tail far out.
fn guess(tail: f64, df: f64, ln_constant: f64) -> f64 {
    let z = normal::normal_isf(tail);
    let q = z * z;
    if q < 1.5 * df {
        let r = 0.25 / df;
        let third = ((3.0 * q + 19.0) * q + 17.0) * q - 15.0;
        let fourth = (((79.0 * q + 776.0) * q + 1482.0) * q - 1920.0) * q - 945.0;
        let second = (5.0 * q + 16.0) * q + 3.0;
        let terms = (q + 1.0) + r * (second / 6.0 + r * (third / 6.0 + r * fourth / 360.0));
        return (z * (1.0 + r * terms)).ln();
    }
    // P(|T| > t) ~ exp(ln_constant) df^((df + 1)/2) t^-df / df
    (ln_constant + 0.5 * (df + 1.0) * df.ln() - df.ln() - (2.0 * tail).ln()) / df
}

/// Returns `P(|T| > |t|)` as the lower tail.
fn outside(t: f64, df: f64) -> Tails {
    if t.is_nan() || df.is_nan() || df <= 0.0 {
        return Tails::UNDEFINED;
    }
    let square = t / df * t;
    if t.is_infinite() {
        return Tails::ALL_UPPER;
    }
    if square > 1e20 && square > 1e20 * df {
        // The power law of the tail; the square itself may overflow.
        let half = 0.5 * df;
        let ln_scale = -df * (t.abs().ln() - 0.5 * df.ln()) - ln_beta(half, 0.5) - half.ln();
        return Tails {
            ln_scale,
            factor: 1.0,
            is_lower: true,
        };
    }
    if df >= 20.0 && square < 0.8 {
        let deviance = 0.5 * df * square.ln_1p();
        let factor = 2.0 * student_tail((2.0 * deviance).sqrt(), df);
        return Tails {
            ln_scale: -deviance,
            factor,
            is_lower: true,
        };
    }
    let x = 1.0 / (1.0 + square);
    let y = if square < 1.0 {
        square * x
    } else {
        1.0 / (1.0 + 1.0 / square)
    };
    beta_tails(x, y, 0.5 * df, 0.5)
}
