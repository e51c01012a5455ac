//! Roots of a function on an interval.

/// Steps after which the search stops; every fifth of them at least halves the bracket.
const MAX_STEPS: u32 = 200;

/// Returns a zero of `f` between `lo` and `hi`, to within `tolerance`.
///
/// Secants in the Illinois form, kept inside of a bracket, with a bisection whenever three of
/// them did not halve it. With a `tolerance` of 0 it continues to the spacing of `f64`. Where `f`
/// has the same sign at both ends, or is NaN, the result is NaN. At most 202 evaluations.
pub fn find_root(f: impl Fn(f64) -> f64, lo: f64, hi: f64, tolerance: f64) -> f64 {
    search(&f, lo, hi, tolerance)
}

/// Compiled once for all functions: a step costs little next to an evaluation of `f`.
fn search(f: &dyn Fn(f64) -> f64, lo: f64, hi: f64, tolerance: f64) -> f64 {
    let (mut a, mut b) = (lo, hi);
    let (mut fa, mut fb) = (f(a), f(b));
    if fa == 0.0 {
        return a;
    }
    if fb == 0.0 {
        return b;
    }
    if fa.is_nan() || fb.is_nan() || (fa > 0.0) == (fb > 0.0) {
        return f64::NAN;
    }
    let mut width = (b - a).abs();
    let mut slow = 0;
    for _ in 0..MAX_STEPS {
        let middle = 0.5 * a + 0.5 * b;
        let spacing = f64::EPSILON * a.abs().max(b.abs());
        if (b - a).abs() <= tolerance.max(spacing) {
            return middle;
        }
        let secant = b - fb * ((b - a) / (fb - fa));
        let inside = secant > a.min(b) && secant < a.max(b);
        let x = if inside && slow < 3 { secant } else { middle };
        let fx = f(x);
        if fx == 0.0 {
            return x;
        }
        if fx.is_nan() {
            return f64::NAN;
        }
        if (fx > 0.0) == (fb > 0.0) {
            fa *= 0.5;
        } else {
            a = b;
            fa = fb;
        }
        b = x;
        fb = fx;
        let now = (b - a).abs();
        if now <= 0.5 * width {
            width = now;
            slow = 0;
        } else if slow >= 3 {
            slow = 0;
            width = now;
        } else {
            slow += 1;
        }
    }
    0.5 * a + 0.5 * b
}
