//! Estimates that weigh all order statistics by a beta law.

use super::{Position, check_order};
use crate::stats::special::{beta_cdf, beta_isf, beta_quantile, beta_sf};
use crate::stats::{Refusal, Sample};

/// Returns the quantile estimate of Harrell and Davis.
///
/// The mean of the order statistics with weights `I(i/n) - I((i-1)/n)`, `I` being the
/// distribution function of `Beta((n+1) p, (n+1) (1-p))`. It varies less than one order
/// statistic does, but an outlier moves it: not for heavy tails near `p`. `O(sqrt(n))`
/// evaluations of the beta law.
///
/// Harrell and Davis (1982), <https://doi.org/10.1093/biomet/69.3.635>.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a `p` that is not strictly between 0 and 1, or so near to one of
/// them that the beta law's weights cannot be held.
pub fn harrell_davis(sample: &Sample, p: f64) -> Result<f64, Refusal> {
    check_order(p)?;
    let n = sample.n() as f64;
    let weights = Weights::new(sample, (n + 1.0) * p, (n + 1.0) * (1.0 - p));
    let mean = weights.mean();
    match mean.is_finite() {
        true => Ok(mean),
        false => Err(Refusal::OutOfRange {
            what: "order of the quantile",
            value: p,
            expected: "a number whose weights an f64 can hold",
        }),
    }
}

/// The beta law that weighs the order statistics.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum OrderLaw {
    /// `Beta(m, n - m + 1)`, the law of the m-th order statistic.
    #[default]
    OrderStatistic,
    /// `Beta(m - 1, n - m)`, as Wilcox's functions and SciPy have it.
    Wilcox,
}

/// Returns Maritz and Jarrett's standard error of a quantile.
///
/// The standard deviation of the values under the law of the order statistic of rank
/// `m = floor(n p + 1/2)`. It is 0 where the values around the quantile are tied, and small by
/// chance near the ends of the sample. `O(sqrt(n))` evaluations of the beta law.
///
/// Maritz and Jarrett (1978), <https://doi.org/10.1080/01621459.1978.10480027>.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a `p` that is not strictly between 0 and 1,
/// [`Refusal::InsufficientData`] if the law has no shape for so few values: Wilcox's needs
/// `2 <= m <= n - 1`, the other `m >= 1`; [`Refusal::Overflow`] for values whose squares an `f64`
/// cannot hold.
pub fn maritz_jarrett(sample: &Sample, p: f64, law: OrderLaw) -> Result<f64, Refusal> {
    let m = Position::new(sample.n(), p).plus(0.5).floor();
    let n = sample.n();
    let m = m.min(n);
    let (a, b) = match law {
        OrderLaw::OrderStatistic => (m, n - m + 1),
        OrderLaw::Wilcox => (m.saturating_sub(1), n - m),
    };
    if a == 0 || b == 0 {
        return Err(Refusal::too_few("sample", n, n + 1));
    }
    let deviation = Weights::new(sample, a as f64, b as f64).deviation();
    match deviation.is_finite() {
        true => Ok(deviation),
        false => Err(Refusal::overflow("standard error of a quantile")),
    }
}

/// The order statistics with weights, those below 1e-60 left out.
struct Weights {
    weighted: Vec<(f64, f64)>,
}

/// Mass on either side that no value of a sample can make count.
const NEGLIGIBLE: f64 = 1e-60;

impl Weights {
    fn new(sample: &Sample, a: f64, b: f64) -> Weights {
        let n = sample.n();
        let at = |rank: u64| rank as f64 / n as f64;
        let ends = (beta_quantile(NEGLIGIBLE, a, b), beta_isf(NEGLIGIBLE, a, b));
        let first = ((ends.0 * n as f64).floor() as u64).min(n);
        let last = ((ends.1 * n as f64).ceil() as u64).min(n);
        // Differences of the smaller tail: weights far out keep their digits.
        let middle = a / (a + b);
        let tail = |rank: u64| {
            let x = at(rank);
            if x <= middle {
                (beta_cdf(x, a, b), true)
            } else {
                (beta_sf(x, a, b), false)
            }
        };
        let mut before = tail(first);
        let mut weighted = Vec::new();
        for rank in first + 1..=last {
            let here = tail(rank);
            let weight = match (before, here) {
                ((low, true), (high, true)) => high - low,
                ((low, false), (high, false)) => low - high,
                ((low, _), (high, _)) => 1.0 - low - high,
            };
            weighted.push((sample.at_rank(rank), weight));
            before = here;
        }
        Weights { weighted }
    }

    fn mean(&self) -> f64 {
        self.weighted.iter().map(|(x, w)| x * w).sum()
    }

    fn deviation(&self) -> f64 {
        let mean = self.mean();
        let squares = self
            .weighted
            .iter()
            .map(|(x, w)| (x - mean) * (x - mean) * w);
        squares.sum::<f64>().sqrt()
    }
}
