//! The noncentral t law, for the exact power of t tests.

use super::normal::{ln_normal_sf, normal_sf};
use super::quadrature::integrate;
use super::stirling::{log_deviation, stirling_remainder};
use super::student;
use super::tails::at_most_one;
use std::f64::consts::PI;

/// Degrees of freedom beyond which the scale `S` is 1 to the last bit.
const NORMAL_FROM: f64 = 1e32;

/// Returns `P(T > t)` of the noncentral t law with `df` degrees of freedom.
///
/// With `S = χ/√df` it is the mean of `P(Z > t S - delta)`, an integral over `w = ln S` by
/// Gauss-Legendre panels. Values below 1e-3 are found around their own mode. For `t < 0` the
/// complement with both signs turned is taken: there small values are accurate to 1e-15
/// absolutely, not relatively.
pub fn noncentral_t_sf(t: f64, df: f64, delta: f64) -> f64 {
    if t.is_nan() || df.is_nan() || df <= 0.0 || !delta.is_finite() {
        return f64::NAN;
    }
    if delta == 0.0 {
        return student::t_sf(t, df);
    }
    if t.is_infinite() {
        return if t > 0.0 { 0.0 } else { 1.0 };
    }
    if df > NORMAL_FROM {
        return normal_sf(t - delta);
    }
    if t == 0.0 {
        return normal_sf(-delta);
    }
    if t < 0.0 {
        1.0 - upper(-t, df, -delta)
    } else {
        upper(t, df, delta)
    }
}

/// How far the logarithm of an integrand falls until the rest is below the last bit.
const DEPTH: f64 = 40.0;

struct Law {
    t: f64,
    df: f64,
    delta: f64,
}

/// Returns `P(T > t)` for `t > 0`.
fn upper(t: f64, df: f64, delta: f64) -> f64 {
    let law = Law { t, df, delta };
    // Logarithm of the density of w, less its value at the mode w = 0.
    let ln_scale = |w: f64| {
        let u = (2.0 * w).exp_m1();
        -0.5 * df
            * if u.abs() < 0.3 {
                log_deviation(u)
            } else {
                u - 2.0 * w
            }
    };
    // Constant of the density: 2 (df/2)^(df/2) e^(-df/2) / Γ(df/2).
    let constant = (df / PI).sqrt() * (-stirling_remainder(0.5 * df)).exp();
    // The density falls to the left like exp(df w) at most, to the right faster than a normal.
    let sigma = (0.5 / df).sqrt();
    let left = edge(&ln_scale, 0.0, -(10.0 * sigma + (DEPTH + 2.0) / df), -DEPTH);
    let right = edge(&ln_scale, 0.0, 10.0 * sigma, -DEPTH);
    if normal_sf(t - delta) > 1e-3 {
        let integrand = |w: f64| ln_scale(w).exp() * normal_sf(t * w.exp() - delta);
        return at_most_one(constant * over(integrand, left, 0.0, right, &law));
    }
    // The integrand's logarithm is concave with its mode left of 0: there the density rises by
    // df (1 - e^2w) and the normal tail falls by less than t e^w (t + |delta| + 1).
    let ln_integrand = |w: f64| ln_scale(w) + ln_normal_sf(t * w.exp() - delta);
    let floor = (df / t / (1.0 + t + delta.abs())).ln().clamp(-700.0, 0.0) - 3.0;
    let (mut lo, mut hi) = (floor, 0.0);
    for _ in 0..80 {
        let third = (hi - lo) / 3.0;
        if ln_integrand(lo + third) < ln_integrand(hi - third) {
            lo += third;
        } else {
            hi -= third;
        }
        if hi - lo < 0.1 * sigma * (1.0 + t * sigma).recip() {
            break;
        }
    }
    let mode = 0.5 * (lo + hi);
    let peak = ln_integrand(mode);
    if peak.is_nan() || peak == f64::NEG_INFINITY {
        return 0.0;
    }
    let left = edge(
        &ln_integrand,
        mode,
        floor - (DEPTH + 2.0) / df,
        peak - DEPTH,
    );
    let right = edge(&ln_integrand, mode, right.max(mode), peak - DEPTH);
    let area = over(|w| (ln_integrand(w) - peak).exp(), left, mode, right, &law);
    at_most_one(constant * peak.exp() * area)
}

/// Returns a point near where `f` falls to `level` between `inner` and `outer`, not inside it.
fn edge(f: &impl Fn(f64) -> f64, mut inner: f64, mut outer: f64, level: f64) -> f64 {
    for _ in 0..14 {
        let middle = 0.5 * (inner + outer);
        if f(middle) > level {
            inner = middle;
        } else {
            outer = middle;
        }
    }
    outer
}

/// Integrates over `w`, with panels as fine as the density and the normal tail's edge demand.
fn over(f: impl Fn(f64) -> f64, left: f64, mode: f64, right: f64, law: &Law) -> f64 {
    let at = |argument: f64| (argument.max(1e-300) / law.t).ln().clamp(left, right);
    // Left of the first cut the normal tail is constant in effect, and the density exponential;
    // the next three are where the tail is nearly 1, one half and nearly 0.
    let flat = at(0.01);
    let mut cuts = [
        left,
        flat,
        at(law.delta - 9.0),
        at(law.delta),
        at(law.delta + 9.0),
        mode,
        right,
    ];
    cuts.sort_unstable_by(f64::total_cmp);
    let widest = 2.5_f64.min(6.0 * (0.5 / law.df).sqrt());
    let panels = |a: f64, b: f64| {
        if b <= flat {
            (0.1 * law.df * (b - a)).clamp(4.0, 8.0)
        } else {
            (b - a) / widest
        }
    };
    let pairs = cuts.iter().zip(cuts.iter().skip(1)).filter(|(a, b)| a < b);
    pairs
        .map(|(&a, &b)| integrate(&f, a, b, panels(a, b).ceil().clamp(1.0, 16.0) as u32))
        .sum()
}
