//! Quantiles of two arms, valid at every look.

use crate::stats::{Alpha, Counts, Histogram, Interval, Refusal, anytime::rate_interval};

/// Returns the values that may be the quantile of order `p`.
///
/// The number of values up to the true quantile is a count of successes at rate `p`. So its rank
/// is one whose confidence sequence for a rate holds `p`, simultaneously at all looks.
fn interval(values: &Histogram, p: f64, alpha: Alpha) -> Result<Interval, Refusal> {
    let n = values.n();
    let holds = |rank: u64| -> Result<(bool, bool), Refusal> {
        let rate = rate_interval(&Counts::new(rank, n)?, alpha)?;
        Ok((rate.upper >= p, rate.lower <= p))
    };
    // The least rank that p does not exceed, and the greatest that does not exceed p.
    let lowest = search(n, |rank| Ok(holds(rank)?.0))?;
    let beyond = search(n, |rank| Ok(!holds(rank)?.1))?;
    let lower = match lowest {
        0 => f64::NEG_INFINITY,
        rank => values
            .bounds_of_rank(rank)
            .map_or(f64::NEG_INFINITY, |(low, _)| low),
    };
    let upper = values
        .bounds_of_rank(beyond)
        .map_or(f64::INFINITY, |(_, high)| high);
    Ok(Interval::new(lower, upper, alpha))
}

/// Returns the least rank from 0 to n + 1 for which a rising condition holds.
fn search(n: u64, mut holds: impl FnMut(u64) -> Result<bool, Refusal>) -> Result<u64, Refusal> {
    let (mut low, mut high) = (0, n + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle)? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low)
}

/// Returns the differences that may be, with both intervals at half the error rate.
pub(super) fn difference(
    control: &Histogram,
    candidate: &Histogram,
    p: f64,
    alpha: Alpha,
) -> Result<Interval, Refusal> {
    let half = Alpha::new(alpha.get() / 2.0).unwrap_or(alpha);
    let a = interval(control, p, half)?;
    let b = interval(candidate, p, half)?;
    Ok(Interval::new(b.lower - a.upper, b.upper - a.lower, alpha))
}
