//! Integrals over what is believed of several arms.
//!
//! Every arm has a place and a scale of its own, and may be a thousand times narrower than the
//! next. The line is cut at multiples of each scale around each place, so that no cut is wider
//! than what happens in it, and a 20-point rule is used between the cuts.

use crate::stats::special::{gauss_legendre_20, integrate};

/// A law of one arm's value on a scale where its density is log-concave.
pub(super) trait Belief {
    /// Returns the points beyond which the law is nothing beside its centre.
    fn ends(&self) -> (f64, f64);
    fn centre(&self) -> f64;
    fn scale(&self) -> f64;
    /// Returns the logarithm of the density on the scale.
    fn ln_density(&self, at: f64) -> f64;
    /// Returns the logarithms of the probabilities of at most and more than this.
    fn ln_tails(&self, at: f64) -> (f64, f64);
    /// Returns the arm's value at a point of the scale.
    fn value(&self, at: f64) -> f64;
    /// Returns the logarithm of the value's derivative.
    fn ln_slope(&self, at: f64) -> f64;
}

/// Logarithm of what is left out beside the largest part of an integral.
const LEFT_OUT: f64 = 45.0;

/// Returns cuts from `low` to `high` for the features `(place, scale)`.
///
/// A gap is as wide as the scale of a feature and half of the distance to its near end, for
/// whichever feature allows least: many arms that lie together need no more gaps than one.
pub(super) fn cuts(features: &[(f64, f64)], low: f64, high: f64) -> Vec<f64> {
    let mut cuts = vec![low];
    let mut at = low;
    while at < high {
        let width = features
            .iter()
            .map(|&(place, scale)| match place > at {
                // The near end is the gap's own far one: h = scale + (distance - h) / 2.
                true => (scale + 0.5 * (place - at)) / 1.5,
                false => scale + 0.5 * (at - place),
            })
            .fold(f64::INFINITY, f64::min);
        at = (at + width).max(at.next_up()).min(high);
        cuts.push(at);
    }
    cuts
}

/// Returns the integral between the cuts.
pub(super) fn between_cuts(cuts: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let gaps = cuts.windows(2).map(|gap| match gap {
        &[low, high] => integrate(&f, low, high, 1),
        _ => 0.0,
    });
    gaps.sum()
}

/// Calls `at` with every node between the cuts and its weight.
pub(super) fn nodes(cuts: &[f64], mut at: impl FnMut(f64, f64)) {
    for gap in cuts.windows(2) {
        let &[low, high] = gap else { continue };
        let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
        for (node, weight) in gauss_legendre_20() {
            at(middle - half * node, half * weight);
            at(middle + half * node, half * weight);
        }
    }
}

/// Returns the integral of a log-concave function by its logarithm, however small it is.
///
/// Its peak is searched by golden sections, its window by bisections.
pub(super) fn log_concave(
    ln_f: impl Fn(f64) -> f64,
    features: &[(f64, f64)],
    (low, high): (f64, f64),
) -> f64 {
    let peak = peak(&ln_f, low, high);
    let top = ln_f(peak);
    if !top.is_finite() {
        return 0.0;
    }
    let falls = |end: f64, depth: f64| falls(&ln_f, peak, top - depth, end);
    let window = (falls(low, LEFT_OUT), falls(high, LEFT_OUT));
    let width = (peak - falls(low, 0.5)).min(falls(high, 0.5) - peak);
    let own = (peak, width.max(1e-12 * (high - low)));
    let features: Vec<(f64, f64)> = features.iter().copied().chain([own]).collect();
    let cuts = cuts(&features, window.0, window.1);
    top.exp() * between_cuts(&cuts, |at| (ln_f(at) - top).exp())
}

/// Returns about where a concave function is largest.
fn peak(f: &impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    let ratio = 0.618_033_988_749_894_9;
    let (mut a, mut b) = (low, high);
    let (mut x, mut y) = (b - ratio * (b - a), a + ratio * (b - a));
    let (mut fx, mut fy) = (f(x), f(y));
    for _ in 0..60 {
        if fx >= fy {
            (b, y, fy) = (y, x, fx);
            x = b - ratio * (b - a);
            fx = f(x);
        } else {
            (a, x, fx) = (x, y, fy);
            y = a + ratio * (b - a);
            fy = f(y);
        }
    }
    0.5 * (a + b)
}

/// Returns where, from the peak towards an end, the function falls below a level.
fn falls(f: &impl Fn(f64) -> f64, peak: f64, level: f64, end: f64) -> f64 {
    if f(end) >= level {
        return end;
    }
    let (mut above, mut below) = (peak, end);
    for _ in 0..40 {
        let middle = 0.5 * (above + below);
        if f(middle) >= level {
            above = middle
        } else {
            below = middle
        }
    }
    below
}
