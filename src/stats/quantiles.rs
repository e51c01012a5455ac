//! Quantiles: the latency that 95 or 99 of 100 requests stay under.
//!
//! | question | function |
//! |---|---|
//! | what is the p95? | [`quantile`]; smoother for small samples: [`harrell_davis`] |
//! | how sure is it? | [`quantile_interval`], which assumes nothing on the distribution |
//! | its standard error? | [`maritz_jarrett`] |
//! | is the candidate's p95 higher? | [`difference`] |
//!
//! All of it is for one look at independent values: one per user, not many requests of a few heavy
//! users. High quantiles need many values: an interval for the p99 has two finite ends from 368
//! values on.

mod compared;
mod weighted;

pub use compared::difference;
pub use weighted::{OrderLaw, harrell_davis, maritz_jarrett};

use super::special::{binomial_cdf, binomial_sf};
use super::{Alpha, Interval, Refusal, Sample};

/// The definition of a sample quantile: Hyndman and Fan's types.
///
/// Types 4 to 9 interpolate between the values at the ranks around `n p + m`, clamped to 1 and
/// `n`, and differ in `m`. Type 3 is left out: it rounds to even ranks, which turns on the last
/// bit of `n p`.
///
/// Hyndman and Fan (1996), <https://doi.org/10.1080/00031305.1996.10473566>.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum QuantileType {
    /// Type 1: the smallest value with at least `n p` values up to it.
    InverseCdf,
    /// Type 2: type 1, averaged with the next value where `n p` is whole.
    AveragedInverseCdf,
    /// Type 4: `m = 0`.
    InterpolatedCdf,
    /// Type 5, Hazen's: `m = 1/2`.
    Hazen,
    /// Type 6, Weibull's: `m = p`.
    Weibull,
    /// Type 7, the default of most software: `m = 1 - p`.
    #[default]
    Linear,
    /// Type 8, about median-unbiased: `m = (p + 1) / 3`.
    MedianUnbiased,
    /// Type 9, about unbiased for normal values: `m = p / 4 + 3 / 8`.
    NormalUnbiased,
}

/// Returns the quantile of a sample, of order `p`.
///
/// The value with a share `p` of the values below it, read off by the type that is named.
/// `n p` is whole for types 1 and 2 if it is for some number that `p` may be the rounding of: 0.9
/// of ten values is rank 9, as nine tenths are, though the `f64` nearest to 0.9 is a little more.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a `p` that is not strictly between 0 and 1.
///
/// ```
/// use switchstand::stats::{Sample, quantiles};
/// let latency = Sample::new(&[10.0, 20.0, 30.0, 40.0])?;
/// let median = quantiles::quantile(&latency, 0.5, quantiles::QuantileType::Linear)?;
/// assert_eq!(median, 25.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn quantile(sample: &Sample, p: f64, by: QuantileType) -> Result<f64, Refusal> {
    check_order(p)?;
    let position = Position::new(sample.n(), p);
    let offset = match by {
        QuantileType::InverseCdf | QuantileType::AveragedInverseCdf => {
            let whole = position.whole(slack(sample.n(), p));
            let here = whole.unwrap_or_else(|| position.floor());
            let next = sample.at_rank(here + 1);
            return Ok(match (whole, by) {
                (None, _) => next,
                (Some(_), QuantileType::InverseCdf) => sample.at_rank(here),
                (Some(_), _) => sample.at_rank(here).midpoint(next),
            });
        }
        QuantileType::InterpolatedCdf => 0.0,
        QuantileType::Hazen => 0.5,
        QuantileType::Weibull => p,
        QuantileType::Linear => 1.0 - p,
        QuantileType::MedianUnbiased => (p + 1.0) / 3.0,
        QuantileType::NormalUnbiased => 0.25 * p + 0.375,
    };
    let position = position.plus(offset);
    let rank = position.floor();
    let share = position.above(rank);
    let low = if rank == 0 {
        sample.least()
    } else {
        sample.at_rank(rank)
    };
    let high = sample.at_rank(rank + 1);
    Ok((1.0 - share) * low + share * high)
}

/// Returns an interval for a quantile that holds for every distribution.
///
/// Its ends are order statistics: the largest rank `l` with `P(Bin(n, p) <= l - 1)` and the
/// smallest `u` with `P(Bin(n, p) >= u)` at most half of alpha. An end for which there are too
/// few values is infinite. Ranks are whole, so it covers with more than its level, by
/// [`coverage`](QuantileInterval::coverage) if the distribution is continuous. `O(log n)`.
///
/// Conover (1999), Practical Nonparametric Statistics, 3rd ed., section 3.2.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a `p` that is not strictly between 0 and 1.
pub fn quantile_interval(
    sample: &Sample,
    p: f64,
    alpha: Alpha,
) -> Result<QuantileInterval, Refusal> {
    check_order(p)?;
    let n = sample.n();
    let tail = 0.5 * alpha.get();
    // How many counts lie in the lower tail, and the first that lies in the upper.
    let lower_rank = first(n, |k| binomial_cdf(k, n, p) > tail);
    let upper_rank = 1 + first(n, |k| binomial_sf(k, n, p) <= tail);
    let missed_below = match lower_rank {
        0 => 0.0,
        rank => binomial_cdf(rank - 1, n, p),
    };
    let missed_above = binomial_sf(upper_rank - 1, n, p);
    let lower = match lower_rank {
        0 => f64::NEG_INFINITY,
        rank => sample.at_rank(rank),
    };
    let upper = if upper_rank > n {
        f64::INFINITY
    } else {
        sample.at_rank(upper_rank)
    };
    Ok(QuantileInterval {
        interval: Interval::new(lower, upper, alpha),
        lower_rank,
        upper_rank,
        coverage: 1.0 - missed_below - missed_above,
    })
}

/// A distribution-free interval for a quantile.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct QuantileInterval {
    /// The values at the two ranks; infinite where there is no such rank.
    pub interval: Interval,
    /// Rank of the lower end, counted from 1; 0 if there are too few values.
    pub lower_rank: u64,
    /// Rank of the upper end, counted from 1; `n + 1` if there are too few values.
    pub upper_rank: u64,
    /// Probability of covering the quantile of a continuous distribution.
    pub coverage: f64,
}

/// Returns the first of `0..n` that holds, `n` if none does; once true it stays true.
fn first(n: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// Refuses what is no order of a quantile.
pub(super) fn check_order(p: f64) -> Result<(), Refusal> {
    let expected = "a number strictly between 0 and 1";
    Refusal::require(p > 0.0 && p < 1.0, "order of the quantile", p, expected)
}

/// Returns the least rank, from 0, that is at least `n p`, whole as [`quantile`] says.
pub(super) fn rank_up_to(n: u64, p: f64) -> u64 {
    let position = Position::new(n, p);
    let whole = position.whole(slack(n, p));
    whole.unwrap_or_else(|| position.floor() + 1)
}

/// Returns how far the product of `n` and `p` may be from that of the number that `p` stands for.
fn slack(n: u64, p: f64) -> f64 {
    0.5 * (p.next_up() - p) * n as f64
}

/// A position among the ranks with more digits than an `f64` has.
#[derive(Clone, Copy, Debug)]
struct Position {
    high: f64,
    low: f64,
}

impl Position {
    /// Returns the exact product of the number of values and `p`.
    fn new(n: u64, p: f64) -> Position {
        let n = n as f64;
        let high = n * p;
        Position {
            high,
            low: n.mul_add(p, -high),
        }
    }

    fn plus(self, offset: f64) -> Position {
        let high = self.high + offset;
        let from_offset = high - self.high;
        let lost = (self.high - (high - from_offset)) + (offset - from_offset);
        Position {
            high,
            low: self.low + lost,
        }
    }

    fn floor(self) -> u64 {
        let floor = self.high.floor();
        let below = floor == self.high && self.low < 0.0;
        (floor - if below { 1.0 } else { 0.0 }) as u64
    }

    /// Returns the whole number that is no farther away than this, if any.
    fn whole(self, slack: f64) -> Option<u64> {
        let nearest = self.high.round();
        let distance = (self.high - nearest) + self.low;
        (distance.abs() <= slack).then_some(nearest as u64)
    }

    /// Returns the fraction by which it lies above a rank.
    fn above(self, rank: u64) -> f64 {
        (self.high - rank as f64) + self.low
    }
}
