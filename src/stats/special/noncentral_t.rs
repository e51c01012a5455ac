//! The noncentral t law, for the exact power of t tests.

use super::normal;
use super::quadrature::integrate;
use super::stirling::{LN_SQRT_TAU, stirling_remainder};
use super::student;
use std::f64::consts::LN_2;

/// Returns `P(T > t)` of the noncentral t law with noncentrality `delta`.
///
/// With `S = χ/√df` the probability is the mean of `P(Z > t S - delta)` over `S`. In `w = ln S`
/// the logarithm of that integrand is concave for `t >= 0`, so its mode and its two ends are
/// found by bisection and the integral over them is a bounded number of evaluations. For
/// `t < 0` the complement with both signs turned is taken, so there small values are accurate
/// absolutely, not relatively.
pub(crate) fn noncentral_t_sf(t: f64, df: f64, delta: f64) -> f64 {
    if t.is_nan() || df.is_nan() || df <= 0.0 || !delta.is_finite() {
        return f64::NAN;
    }
    if delta == 0.0 {
        return student::t_sf(t, df);
    }
    if t.is_infinite() {
        return if t > 0.0 { 0.0 } else { 1.0 };
    }
    if df > 1e15 {
        return normal::normal_sf(t - delta);
    }
    if t < 0.0 {
        return 1.0 - upper(-t, df, -delta);
    }
    upper(t, df, delta)
}

/// Returns `P(T > t)` for `t >= 0`.
fn upper(t: f64, df: f64, delta: f64) -> f64 {
    // ln of the density of w = ln S, less its value at 0: -df (e^2w - 1 - 2w) / 2.
    let ln_integrand = |w: f64| {
        let square = (2.0 * w).exp_m1();
        -0.5 * df * (square - 2.0 * w) + normal::ln_normal_sf(t * w.exp() - delta)
    };
    let (mut lo, mut hi) = (-60.0 - 60.0 / df, 5.0 + 10.0 / df.sqrt());
    let (start, end) = (lo, hi);
    for _ in 0..90 {
        let third = (hi - lo) / 3.0;
        if ln_integrand(lo + third) < ln_integrand(hi - third) {
            lo += third;
        } else {
            hi -= third;
        }
    }
    let mode = 0.5 * (lo + hi);
    let peak = ln_integrand(mode);
    if peak == f64::NEG_INFINITY {
        return 0.0;
    }
    let edge = |mut inner: f64, mut outer: f64| {
        for _ in 0..60 {
            let middle = 0.5 * (inner + outer);
            if ln_integrand(middle) > peak - 42.0 {
                inner = middle;
            } else {
                outer = middle;
            }
        }
        outer
    };
    let (left, right) = (edge(mode, start), edge(mode, end));
    let area = integrate(|w| (ln_integrand(w) - peak).exp(), left, mode, 3)
        + integrate(|w| (ln_integrand(w) - peak).exp(), mode, right, 3);
    // The density's constant: 2 (df/2)^(df/2) e^(-df/2) / Γ(df/2) = sqrt(df/π) e^-remainder.
    let ln_constant = LN_2 + 0.5 * (0.5 * df).ln() - LN_SQRT_TAU - stirling_remainder(0.5 * df);
    (peak + ln_constant + area.ln()).exp().min(1.0)
}
