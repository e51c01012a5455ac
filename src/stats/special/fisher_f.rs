//! Fisher's F law.

use super::beta::beta_tails;

/// Returns `P(F > x)` with `d1` and `d2` degrees of freedom; 1 for `x <= 0`.
pub(crate) fn f_sf(x: f64, d1: f64, d2: f64) -> f64 {
    if x.is_nan() || !(d1 > 0.0 && d2 > 0.0 && d1.is_finite() && d2.is_finite()) {
        return f64::NAN;
    }
    if x <= 0.0 {
        return 1.0;
    }
    let odds = x * (d1 / d2);
    if odds == f64::INFINITY {
        return 0.0;
    }
    beta_tails(odds / (1.0 + odds), 1.0 / (1.0 + odds), 0.5 * d1, 0.5 * d2).upper()
}
