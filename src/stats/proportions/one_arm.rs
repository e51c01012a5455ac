//! Intervals for the rate of one arm.

use crate::stats::special::{beta_isf, beta_quantile, normal_isf};
use crate::stats::{Alpha, Counts, Interval, Refusal};

/// Returns Wilson's score interval for a rate.
///
/// With `z` the normal quantile and `p = x / n` its centre is `(p + z^2 / 2n) / (1 + z^2 / n)`.
/// Mean coverage is close to the level for every n: the default for a single rate.
///
/// Wilson (1927), <https://doi.org/10.1080/01621459.1927.10502953>.
///
/// # Errors
/// [`Refusal::InsufficientData`] before the first trial.
pub fn wilson(counts: &Counts, alpha: Alpha) -> Result<Interval, Refusal> {
    check(counts)?;
    let z = normal_isf(alpha.get() / 2.0);
    let (lower, upper) = wilson_bounds(counts.successes() as f64, counts.trials() as f64, z);
    Ok(Interval::new(lower, upper, alpha))
}

/// Returns the exact interval of Clopper and Pearson for a rate.
///
/// Its coverage is at least the level for every rate, so it is wide: use it if the error rate must
/// never be exceeded, such as for a service objective.
///
/// Clopper and Pearson (1934), <https://doi.org/10.1093/biomet/26.4.404>.
///
/// # Errors
/// [`Refusal::InsufficientData`] before the first trial.
pub fn clopper_pearson(counts: &Counts, alpha: Alpha) -> Result<Interval, Refusal> {
    check(counts)?;
    let tail = alpha.get() / 2.0;
    let (x, rest) = (counts.successes() as f64, counts.failures() as f64);
    let lower = match counts.successes() {
        0 => 0.0,
        _ => beta_quantile(tail, x, rest + 1.0),
    };
    let upper = match counts.failures() {
        0 => 1.0,
        _ => beta_isf(tail, x + 1.0, rest),
    };
    Ok(Interval::new(lower, upper, alpha))
}

/// Returns the bounds of Clopper and Pearson as odds, each leaving `tail` outside.
///
/// Each bound's complement is a quantile of its own: odds near 0 and infinity keep their digits.
pub(in crate::stats) fn clopper_pearson_odds(
    successes: u64,
    failures: u64,
    tail: f64,
) -> (f64, f64) {
    let (x, rest) = (successes as f64, failures as f64);
    let lower = match successes {
        0 => 0.0,
        _ => beta_quantile(tail, x, rest + 1.0) / beta_isf(tail, rest + 1.0, x),
    };
    let upper = match failures {
        0 => f64::INFINITY,
        _ => beta_isf(tail, x + 1.0, rest) / beta_quantile(tail, rest, x + 1.0),
    };
    (lower, upper)
}

/// Returns the equal-tailed interval of the posterior under Jeffreys' prior for a rate.
///
/// Quantiles of `Beta(x + 1/2, n - x + 1/2)`, the lower bound 0 without successes, the upper 1
/// without failures. Mean coverage is close to the level.
///
/// Brown, Cai and DasGupta (2001), <https://doi.org/10.1214/ss/1009213286>.
///
/// # Errors
/// [`Refusal::InsufficientData`] before the first trial.
pub fn jeffreys(counts: &Counts, alpha: Alpha) -> Result<Interval, Refusal> {
    check(counts)?;
    let tail = alpha.get() / 2.0;
    let (x, rest) = (
        counts.successes() as f64 + 0.5,
        counts.failures() as f64 + 0.5,
    );
    let lower = match counts.successes() {
        0 => 0.0,
        _ => beta_quantile(tail, x, rest),
    };
    let upper = match counts.failures() {
        0 => 1.0,
        _ => beta_isf(tail, x, rest),
    };
    Ok(Interval::new(lower, upper, alpha))
}

/// Returns Wilson's bounds, exactly 0 without successes and exactly 1 without failures.
pub(super) fn wilson_bounds(x: f64, n: f64, z: f64) -> (f64, f64) {
    let (p, square) = (x / n, z * z / n);
    let root = (square * (p * ((n - x) / n) + 0.25 * square)).sqrt();
    let upper = (p + 0.5 * square + root) / (1.0 + square);
    // The product of the bounds is p^2 / (1 + z^2 / n): no cancellation for rare events.
    let lower = if x == 0.0 {
        0.0
    } else {
        p * p / (1.0 + square) / upper
    };
    (lower, if x == n { 1.0 } else { upper })
}

fn check(counts: &Counts) -> Result<(), Refusal> {
    if counts.trials() == 0 {
        return Err(Refusal::too_few("counts", 0, 1));
    }
    Ok(())
}
