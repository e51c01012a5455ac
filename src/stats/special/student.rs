//! Student's t law.

use super::beta::beta_tails;
use super::inverse::invert;
use super::normal;
use super::tails::Tails;

/// Degrees of freedom beyond which t and normal law agree to the last bit wherever they differ
/// from zero.
const NORMAL_FROM: f64 = 1e20;

/// Returns `P(T <= t)` with `df` degrees of freedom; `df` may be infinite.
pub(crate) fn t_cdf(t: f64, df: f64) -> f64 {
    t_sf(-t, df)
}

/// Returns `P(T > t)` with `df` degrees of freedom; `df` may be infinite.
pub(crate) fn t_sf(t: f64, df: f64) -> f64 {
    if df >= NORMAL_FROM {
        return normal::normal_sf(t);
    }
    let half = 0.5 * outside(t, df).lower();
    if t < 0.0 { 1.0 - half } else { half }
}

/// Returns `ln P(T > t)`, finite where the probability underflows.
pub(crate) fn ln_t_sf(t: f64, df: f64) -> f64 {
    if df >= NORMAL_FROM {
        return normal::ln_normal_sf(t);
    }
    let outside = outside(t, df);
    if t < 0.0 {
        (-0.5 * outside.lower()).ln_1p()
    } else {
        outside.ln_lower() - std::f64::consts::LN_2
    }
}

/// Returns the `t` with `P(T <= t) = p`.
pub(crate) fn t_quantile(p: f64, df: f64) -> f64 {
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
    // |t| from its square's logarithm, by what lies outside of it on both sides.
    let w = invert(
        |w| outside(w.exp(), df).swapped(),
        1.0 - 2.0 * tail,
        2.0 * tail,
        -745.0,
        709.0,
    );
    sign * w.exp()
}

/// Returns `P(|T| > |t|)` as the lower tail.
fn outside(t: f64, df: f64) -> Tails {
    if t.is_nan() || df.is_nan() || df <= 0.0 {
        return Tails::UNDEFINED;
    }
    let scaled = t / df.sqrt();
    let square = scaled * scaled;
    if square == f64::INFINITY {
        return Tails::ALL_UPPER;
    }
    let x = 1.0 / (1.0 + square);
    let y = if square < 1.0 {
        square * x
    } else {
        1.0 / (1.0 + 1.0 / square)
    };
    beta_tails(x, y, 0.5 * df, 0.5)
}
