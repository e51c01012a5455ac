//! Inversion of distribution functions.

use super::root::find_root;
use super::tails::Tails;

/// Returns the `w` in `[lo, hi]` at which the distribution leaves `lower` below it.
///
/// Compares logarithms of the smaller one of the two tails, so that relative precision holds
/// in both of them. `upper` is `1 - lower`, the smaller of the two is taken as exact.
pub(super) fn invert(
    tails: impl Fn(f64) -> Tails,
    lower: f64,
    upper: f64,
    lo: f64,
    hi: f64,
) -> f64 {
    let by_lower = lower <= upper;
    let target = if by_lower { lower.ln() } else { upper.ln() };
    let gap = |w: f64| {
        let t = tails(w);
        let gap = if by_lower {
            t.ln_lower() - target
        } else {
            target - t.ln_upper()
        };
        gap.clamp(-1e6, 1e6)
    };
    if gap(lo) >= 0.0 {
        return lo;
    }
    if gap(hi) <= 0.0 {
        return hi;
    }
    find_root(gap, lo, hi, 0.0)
}
