//! What is left where large terms cancel.

/// What rounding leaves of a few terms, relative to their sum.
pub(super) const ROUNDING: f64 = 1e-15;

/// Returns `sum - taken`, and 0 where no more is left than rounding may have put there.
pub(super) fn less(sum: f64, taken: f64, rounding: f64) -> f64 {
    let left = sum - taken;
    if left <= rounding * sum { 0.0 } else { left }
}
