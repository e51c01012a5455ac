//! Sums and differences of numbers that are known by their logarithm.

/// Returns `ln(exp(a) + exp(b))` without overflow.
pub fn ln_add_exp(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if high.is_infinite() {
        return high;
    }
    high + (low - high).exp().ln_1p()
}

/// Returns `ln(exp(a) - exp(b))` without overflow; NaN where `b > a`.
pub fn ln_sub_exp(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() || b > a {
        return f64::NAN;
    }
    if b == f64::NEG_INFINITY {
        return a;
    }
    if a == b {
        return f64::NEG_INFINITY;
    }
    let gap = b - a;
    // Both forms are exact to an ulp on their side of ln(1/2).
    if gap > -std::f64::consts::LN_2 {
        a + (-gap.exp_m1()).ln()
    } else {
        a + (-gap.exp()).ln_1p()
    }
}
