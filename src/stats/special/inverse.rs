//! Inversion of distribution functions.

use super::tails::Tails;

/// What a distribution tells about one point `w`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Local {
    pub(super) tails: Tails,
    /// Logarithm of the density in `w`.
    pub(super) ln_density: f64,
    /// Derivative of that logarithm.
    pub(super) slope: f64,
}

/// Evaluations after which the search stops; four are usual, and bisection needs no more than
/// this many to exhaust the bracket.
const MAX_STEPS: u32 = 120;

/// Returns the `w` in `[lo, hi]` at which the distribution leaves `lower` below it.
///
/// Halley's method on the logarithm of the smaller one of the two tails, so that relative
/// precision holds in both of them, inside of a bracket. `upper` is `1 - lower`, the smaller of
/// the two is taken as exact. At an end of the bracket the end itself is returned.
pub(super) fn invert(
    local: impl Fn(f64) -> Local,
    lower: f64,
    upper: f64,
    guess: f64,
    (mut lo, mut hi): (f64, f64),
) -> f64 {
    let by_lower = lower <= upper;
    let target = if by_lower { lower.ln() } else { upper.ln() };
    let mut w = if guess > lo && guess < hi {
        guess
    } else {
        0.5 * (lo + hi)
    };
    for _ in 0..MAX_STEPS {
        let Local {
            tails,
            ln_density,
            slope,
        } = local(w);
        let ln_tail = if by_lower {
            tails.ln_lower()
        } else {
            tails.ln_upper()
        };
        // Both are functions that increase with w.
        let (gap, sign) = if by_lower {
            (ln_tail - target, 1.0)
        } else {
            (target - ln_tail, -1.0)
        };
        if gap > 0.0 {
            hi = w;
        } else if gap < 0.0 {
            lo = w;
        } else {
            return w;
        }
        let hazard = (ln_density - ln_tail).exp();
        let newton = gap / hazard;
        let curvature = slope - sign * hazard;
        let bend = (1.0 - 0.5 * newton * curvature).clamp(0.5, 2.0);
        let mut next = w - newton / bend;
        // At the rounding of w there is nothing left to gain; all callers take w's exponential.
        if (next - w).abs() <= 2.0 * f64::EPSILON * w.abs().max(1.0) {
            return w;
        }
        let inside = next > lo && next < hi;
        if !inside {
            next = 0.5 * (lo + hi);
        }
        let step = (next - w).abs();
        // The error after a step is of the order of its cube.
        let done = inside && step * hazard.max(1.0) < 1e-5;
        w = next;
        if done || hi - lo <= f64::EPSILON * w.abs() {
            break;
        }
    }
    w
}
