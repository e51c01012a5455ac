//! A belief about a rate.

use super::quadrature::Belief;
use crate::stats::special::{
    beta_cdf, beta_isf, beta_quantile, beta_sf, ln_beta_kernel, ln_beta_tails,
};
use crate::stats::{Alpha, Counts, Interval, Refusal};

/// A belief about a rate: a beta distribution.
///
/// Its shapes count successes and failures, including those of the prior.
///
/// ```
/// use switchstand::stats::{Counts, bayes::BetaLaw};
/// let rate = BetaLaw::UNIFORM.updated(&Counts::new(3, 10)?);
/// assert_eq!(rate.mean(), 4.0 / 12.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BetaLaw {
    successes: f64,
    failures: f64,
}

impl BetaLaw {
    /// The belief that all rates are equally likely.
    pub const UNIFORM: BetaLaw = BetaLaw {
        successes: 1.0,
        failures: 1.0,
    };
    /// Jeffreys' prior, which does not depend on the scale of the rate.
    pub const JEFFREYS: BetaLaw = BetaLaw {
        successes: 0.5,
        failures: 0.5,
    };

    /// Returns the law with these shapes.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for a shape outside of 0.001 to 10^12.
    pub fn new(successes: f64, failures: f64) -> Result<BetaLaw, Refusal> {
        for (what, value) in [
            ("successes of a belief", successes),
            ("failures of a belief", failures),
        ] {
            let holds = (1e-3..=1e12).contains(&value);
            Refusal::require(holds, what, value, "a number from 0.001 to 1e12")?;
        }
        Ok(BetaLaw {
            successes,
            failures,
        })
    }

    /// Returns the belief after these trials, the posterior.
    #[must_use]
    pub fn updated(self, counts: &Counts) -> BetaLaw {
        BetaLaw {
            successes: self.successes + counts.successes() as f64,
            failures: self.failures + counts.failures() as f64,
        }
    }

    /// Returns the mean of the rate.
    #[must_use]
    pub fn mean(self) -> f64 {
        self.successes / (self.successes + self.failures)
    }

    /// Returns the standard deviation of the rate.
    #[must_use]
    pub fn standard_deviation(self) -> f64 {
        let n = self.successes + self.failures;
        (self.mean() * (self.failures / n) / (n + 1.0)).sqrt()
    }

    /// Returns the interval that leaves half of alpha on either side.
    #[must_use]
    pub fn credible_interval(self, alpha: Alpha) -> Interval {
        let tail = 0.5 * alpha.get();
        let (a, b) = (self.successes, self.failures);
        Interval::new(beta_quantile(tail, a, b), beta_isf(tail, a, b), alpha)
    }

    /// Returns `P(rate <= x)`, also beyond 0 and 1.
    pub(super) fn cdf(self, x: f64) -> f64 {
        if x <= 0.0 {
            0.0
        } else if x >= 1.0 {
            1.0
        } else {
            beta_cdf(x, self.successes, self.failures)
        }
    }

    /// Returns `P(rate > x)` for `x` between 0 and 1.
    pub(super) fn sf(self, x: f64) -> f64 {
        beta_sf(x, self.successes, self.failures)
    }
}

/// Returns the rate of a log-odds and its complement, each with all digits.
pub(super) fn rate(log_odds: f64) -> (f64, f64) {
    (
        (1.0 + (-log_odds).exp()).recip(),
        (1.0 + log_odds.exp()).recip(),
    )
}

/// On the scale of log-odds, where the law has no singular ends.
impl Belief for BetaLaw {
    fn ends(&self) -> (f64, f64) {
        // The tails fall with the shapes as rates; e^-45 is nothing beside the centre.
        let reach = |shape: f64| 45.0 / shape.min(1.0) + 45.0 / shape.sqrt();
        let centre = self.centre();
        (
            (centre - reach(self.successes)).max(-700.0),
            (centre + reach(self.failures)).min(700.0),
        )
    }

    fn centre(&self) -> f64 {
        (self.successes / self.failures).ln()
    }

    fn scale(&self) -> f64 {
        (1.0 / self.successes + 1.0 / self.failures).sqrt()
    }

    fn ln_density(&self, at: f64) -> f64 {
        let (x, y) = rate(at);
        ln_beta_kernel(x, y, self.successes, self.failures)
    }

    fn ln_tails(&self, at: f64) -> (f64, f64) {
        let (x, y) = rate(at);
        ln_beta_tails(x, y, self.successes, self.failures)
    }

    fn value(&self, at: f64) -> f64 {
        rate(at).0
    }

    fn ln_slope(&self, at: f64) -> f64 {
        let (x, y) = rate(at);
        x.ln() + y.ln()
    }
}
