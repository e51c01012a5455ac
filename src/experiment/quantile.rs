//! Quantiles of two arms, valid at every look.

use super::{
    Missing,
    compare::{Evidence, Pair, p_of_intervals},
};
use crate::stats::{
    Alpha, Counts, Histogram, Interval, PValue, Refusal, anytime::rate_interval,
    proportions::clopper_pearson,
};

/// The interval for the rate of a count.
type RateInterval = fn(&Counts, Alpha) -> Result<Interval, Refusal>;

/// The quantiles of two arms, of one value of each unit.
pub(super) struct Quantiles<'a> {
    order: f64,
    control: &'a Histogram,
    candidate: &'a Histogram,
    effect: f64,
}

impl<'a> Quantiles<'a> {
    pub(super) fn new(pair: &Pair<'a>, order: f64) -> Result<Quantiles<'a>, Missing> {
        let [control, candidate] = pair.cells.map(|cell| cell.units);
        if control.min(candidate) == 0 {
            return Err(Missing::TooFewUnits {
                control,
                candidate,
                needed: 1,
            });
        }
        let [control, candidate] = pair.cells.map(|cell| &cell.values);
        Ok(Quantiles {
            effect: candidate.quantile(order)? - control.quantile(order)?,
            order,
            control,
            candidate,
        })
    }
}

impl Evidence for Quantiles<'_> {
    fn is_exact(&self) -> bool {
        true
    }

    fn effect(&self) -> f64 {
        self.effect
    }

    fn interval(&self, alpha: Alpha) -> Result<Interval, Refusal> {
        self.difference(alpha, rate_interval)
    }

    fn interval_once(&self, alpha: Alpha) -> Result<Interval, Refusal> {
        self.difference(alpha, clopper_pearson)
    }

    fn p_against(&self, effect: f64) -> Result<PValue, Refusal> {
        p_of_intervals(&|alpha| self.interval(alpha), effect)
    }
}

impl Quantiles<'_> {
    /// Returns the interval of the difference, from both arms' intervals at half the error rate
    /// each.
    fn difference(&self, alpha: Alpha, of_rate: RateInterval) -> Result<Interval, Refusal> {
        let half = Alpha::new(alpha.get() / 2.0).unwrap_or(alpha);
        let [a, b] = [self.control, self.candidate];
        let a = interval(a, self.order, half, of_rate)?;
        let b = interval(b, self.order, half, of_rate)?;
        Ok(Interval::new(b.lower - a.upper, b.upper - a.lower, alpha))
    }
}

/// Returns the interval of the quantile of order `p`.
///
/// The number of values up to the true quantile is a count of successes at rate `p`. So its rank is
/// one whose interval for a rate contains `p`: a confidence sequence, valid at all looks together.
fn interval(
    values: &Histogram,
    p: f64,
    alpha: Alpha,
    of_rate: RateInterval,
) -> Result<Interval, Refusal> {
    let n = values.n();
    let holds = |rank: u64| -> Result<(bool, bool), Refusal> {
        let rate = of_rate(&Counts::new(rank, n)?, alpha)?;
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
