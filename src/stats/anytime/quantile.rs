//! Quantiles, such as the p99 of a latency, followed at every look.

mod difference;
mod ranked;

pub use ranked::Ranked;

use super::boundary::{BetaBinomial, rho};
use crate::stats::planning::Sides;
use crate::stats::quantiles::check_order;
use crate::stats::{Alpha, Interval, Refusal};
use ranked::View;

/// A confidence sequence of a quantile, whatever the distribution.
///
/// # Formula
/// If `q` is the `p` quantile, each value lies at or below it with chance `p`; how many of `n` do
/// is judged by the beta-binomial mixture, `ln e(k) = ln B(r / p + n - k, r / (1 - p) + k) - ln B(r
/// / p, r / (1 - p)) - k ln p - (n - k) ln(1 - p)`, with `r` such that the interval is narrowest at
/// `n_best` values. Its ends are the values at the ranks `l` and `u + 1`, where `l..=u` are the
/// counts with `e < 1 / alpha`; infinite where there is no such rank. Ties are allowed: an atom can
/// be split so that the chance is exactly `p`.
///
/// # Assumptions
/// Independent values of one distribution: one per unit, not many of a few heavy units. Nothing
/// else; no moments, no density.
///
/// From a [`Sample`](crate::stats::Sample) the ends are observed values. From a
/// [`Histogram`](crate::stats::Histogram) they are the outer bounds of the buckets that hold
/// those values, so the interval is wider by at most twice the relative error, and covers as
/// surely. A histogram merges, so this sequence needs no order and merges with it.
///
/// # When not to use it
/// For one look at the end, [`quantile_interval`](crate::stats::quantiles::quantile_interval) is
/// narrower. A p99 needs about 1,000 values before its upper end is finite.
///
/// Source: Howard and Ramdas (2022), Bernoulli 28, 1704-1728,
/// <https://doi.org/10.48550/arXiv.1906.09712>.
///
/// ```
/// use switchstand::stats::{Alpha, Histogram, anytime::QuantileSequence};
/// let (mut control, mut candidate) = (Histogram::new(), Histogram::new());
/// for i in 0..10_000 {
///     let latency = 20.0 + f64::from(i * 7919 % 10_000) / 100.0;
///     control.record(latency)?;
///     candidate.record(1.2 * latency)?;
/// }
/// let p90 = QuantileSequence::new(0.9, 5_000, Alpha::FIVE_PERCENT)?;
/// assert!(p90.interval(&control).contains(110.0));
/// let look = p90.difference(&control, &candidate)?;
/// assert!(look.is_significant() && look.interval.contains(22.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantileSequence {
    p: f64,
    alpha: Alpha,
    mixture: BetaBinomial,
}

impl QuantileSequence {
    /// Returns the sequence of the `p` quantile that is narrowest at `n_best` values.
    ///
    /// For a [`difference`](QuantileSequence::difference) these are the values of one arm.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] if `p` does not lie strictly between 0 and 1, or `n_best` is 0.
    pub fn new(p: f64, n_best: u64, alpha: Alpha) -> Result<QuantileSequence, Refusal> {
        check_order(p)?;
        let range = [p, 1.0 - p];
        let rho = rho(Sides::Two, n_best as f64 * p * (1.0 - p), alpha)?;
        Ok(QuantileSequence {
            p,
            alpha,
            mixture: BetaBinomial::new(Sides::Two, range, rho),
        })
    }

    /// Returns the interval of the quantile, valid at every look.
    ///
    /// It is infinite before there are enough values.
    #[must_use]
    pub fn interval(&self, values: &impl Ranked) -> Interval {
        let arm = self.arm(values.view());
        let most = -self.alpha.get().ln();
        let (least, greatest) = (arm.least_count(most), arm.greatest_count(most));
        Interval::new(
            arm.view.at_rank(least).low,
            arm.view.at_rank(greatest + 1).high,
            self.alpha,
        )
    }

    fn arm<'a>(&self, view: View<'a>) -> Arm<'a> {
        let n = view.n();
        // The count with the least evidence, where the mixture's terms balance.
        let likeliest = (self.p * n as f64 - self.p).ceil().max(0.0) as u64;
        Arm {
            view,
            n,
            p: self.p,
            mixture: self.mixture,
            likeliest: likeliest.min(n),
        }
    }
}

/// The values of one arm, and the evidence that so many of them lie below the quantile.
struct Arm<'a> {
    view: View<'a>,
    n: u64,
    p: f64,
    mixture: BetaBinomial,
    likeliest: u64,
}

impl Arm<'_> {
    /// Returns the log evidence against the quantile's having `count` values at or below it.
    fn ln_e(&self, count: u64) -> f64 {
        let n = self.n as f64;
        let v = n * self.p * (1.0 - self.p);
        self.mixture.ln_e(count as f64 - n * self.p, v)
    }

    /// Returns the least log evidence of any count from `least` to `most`.
    fn least_ln_e(&self, (least, most): (u64, u64)) -> f64 {
        self.ln_e(self.likeliest.clamp(least, most.max(least)))
    }

    /// Returns the least count, up to the likeliest, whose log evidence is below `most`.
    ///
    /// The likeliest one if no count's is.
    fn least_count(&self, most: f64) -> u64 {
        let (mut low, mut high) = (0, self.likeliest);
        while low < high {
            let middle = low.midpoint(high);
            if self.ln_e(middle) < most {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }

    /// Returns the greatest count, from the likeliest on, whose log evidence is below `most`.
    ///
    /// The likeliest one if no count's is.
    fn greatest_count(&self, most: f64) -> u64 {
        let (mut low, mut high) = (self.likeliest, self.n);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if self.ln_e(middle) < most {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        low
    }
}
