//! The t statistic, valid at every look.

use super::{AnytimeValid, SkewnessRule};
use crate::stats::{Alpha, Alternative, HigherMoments, Interval, Measure, Moments, Refusal};

/// A test of a mean difference with unknown variance at every look: the default for means.
///
/// # Formula
/// With `r = g / (g + n)` and `nu` residual degrees of freedom,
/// `ln e = ln(r) / 2 + (nu + 1) / 2 * (ln(1 + t^2 / nu) - ln(1 + r t^2 / nu))`, the mean of
/// likelihood ratios over a normal prior of the standardised effect with variance `1 / g`. The
/// interval's half width is `se * sqrt(nu (1 - k) / (k - r))`, `k = (r alpha^2)^(1 / (nu + 1))`,
/// infinite while `k <= r`. For two arms `n` is the effective size `1 / (1 / n_a + 1 / n_b)`, so
/// the prior stays the same while the split of the traffic changes.
///
/// # Assumptions
/// Independent units. [`normal_means`](AnytimeT::normal_means) is exact for normal values of
/// equal variance, from the third observation on. [`means`](AnytimeT::means) allows unequal
/// variances and other distributions; it is asymptotic and refuses while a [`SkewnessRule`] does.
/// While the split of the traffic changes, the values of both arms must not drift: the arm that
/// grows has more of the later ones.
///
/// # When not to use it
/// With rare or heavy-tailed values in a small arm: count bad events with a
/// [`guard`](crate::stats::guard), or use a bounded method. While the share rises and values drift:
/// with rates that rise threefold while the candidate climbs to one half, it called all of 1,000
/// harmless releases worse. [`BoundedDifference`](super::BoundedDifference) is valid there.
///
/// Source: Lindon, Ham, Tingley and Bojinov (2022),
/// <https://doi.org/10.48550/arXiv.2210.08589>.
///
/// ```
/// use switchstand::stats::{Alpha, Moments, anytime::AnytimeT};
/// let control = Moments::from_summary(5_000, 0.0, 1.0)?;
/// let candidate = Moments::from_summary(5_000, 0.1, 1.0)?;
/// let test = AnytimeT::tuned_for(2_500.0, Alpha::FIVE_PERCENT)?;
/// let look = test.normal_means(&control, &candidate, Alpha::FIVE_PERCENT)?;
/// assert!(look.is_significant() && look.interval.lower > 0.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnytimeT {
    g: f64,
    rule: SkewnessRule,
}

impl AnytimeT {
    /// Returns the test whose prior of the standardised effect has variance `1 / g`.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] unless `g` is finite and positive.
    pub fn new(g: f64) -> Result<AnytimeT, Refusal> {
        Refusal::require(g.is_finite() && g > 0.0, "g", g, "a positive number")?;
        let rule = SkewnessRule::DEFAULT;
        Ok(AnytimeT { g, rule })
    }

    /// Returns the test whose interval is narrowest at `n` observations.
    ///
    /// For two arms `n` is the effective size: a quarter of all observations under an even split,
    /// nearly the candidate's number if its share is small.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] unless `n` is finite and positive.
    pub fn tuned_for(n: f64, alpha: Alpha) -> Result<AnytimeT, Refusal> {
        let twice = -2.0 * alpha.get().ln();
        AnytimeT::new(n / (twice + twice.ln_1p()))
    }

    /// Returns the same test with another rule for skewed samples.
    #[must_use]
    pub const fn with_skewness_rule(self, rule: SkewnessRule) -> AnytimeT {
        AnytimeT { rule, ..self }
    }

    /// Compares two means, with unequal variances, in samples large enough for their skewness.
    ///
    /// # Errors
    /// What the [`SkewnessRule`] refuses, and [`Refusal::Overflow`] where the evidence has no
    /// representation.
    pub fn means(
        &self,
        a: &HigherMoments,
        b: &HigherMoments,
        alpha: Alpha,
    ) -> Result<AnytimeValid, Refusal> {
        self.rule.check(a, b)?;
        let arm = |what, moments: &HigherMoments| {
            let n = moments.n() as f64;
            match (moments.mean(), moments.variance()) {
                (Some(mean), Some(variance)) => Ok((n, mean, variance / n)),
                _ => Err(insufficient(what, moments.n())),
            }
        };
        let (n_a, mean_a, a) = arm("control", a)?;
        let (n_b, mean_b, b) = arm("candidate", b)?;
        let df = (a + b) * (a + b) / (a * a / (n_a - 1.0) + b * b / (n_b - 1.0));
        let n = effective_size(n_a, n_b);
        self.estimate(mean_b - mean_a, (a + b).sqrt(), n, df, alpha)
    }

    /// Compares two means of normal values with equal variances, exactly.
    ///
    /// # Errors
    /// [`Refusal::InsufficientData`] below one observation in an arm or three in all,
    /// [`Refusal::ZeroVariance`] if nothing varies.
    pub fn normal_means(
        &self,
        a: &Moments,
        b: &Moments,
        alpha: Alpha,
    ) -> Result<AnytimeValid, Refusal> {
        let (Some(mean_a), Some(mean_b)) = (a.mean(), b.mean()) else {
            let what = if a.n() == 0 { "control" } else { "candidate" };
            return Err(insufficient(what, 0));
        };
        let (n_a, n_b) = (a.n() as f64, b.n() as f64);
        if n_a + n_b < 3.0 {
            return Err(Refusal::too_few("both arms together", a.n() + b.n(), 3));
        }
        let sum_of_squares = |arm: &Moments, n: f64| arm.variance().map_or(0.0, |v| v * (n - 1.0));
        let df = n_a + n_b - 2.0;
        let variance = (sum_of_squares(a, n_a) + sum_of_squares(b, n_b)) / df;
        let n = effective_size(n_a, n_b);
        self.estimate(mean_b - mean_a, (variance / n).sqrt(), n, df, alpha)
    }

    /// Tests that an estimate with standard error `se` estimates 0.
    ///
    /// Their ratio is Student's t with `df` degrees of freedom if it does; `n` is the number of
    /// observations, for two arms the effective size.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] for NaN and infinities, [`Refusal::ZeroVariance`] if `se` is 0,
    /// [`Refusal::OutOfRange`] for a negative `se`, `n` or `df`, [`Refusal::Overflow`] where the
    /// evidence has no representation.
    pub fn estimate(
        &self,
        estimate: f64,
        se: f64,
        n: f64,
        df: f64,
        alpha: Alpha,
    ) -> Result<AnytimeValid, Refusal> {
        check_estimate(estimate, "standard error", se)?;
        Refusal::require_positive("number of observations", n)?;
        Refusal::require_positive("degrees of freedom", df)?;
        let r = self.g / (self.g + n);
        let t_squared = (estimate / se).powi(2);
        let ln_r = -(n / self.g).ln_1p();
        let growth = (t_squared / df).ln_1p() - (r * t_squared / df).ln_1p();
        let ln_e = if t_squared.is_finite() {
            0.5 * ln_r + 0.5 * (df + 1.0) * growth
        } else {
            // Both logarithms grow alike; their difference tends to ln(1 / r).
            -0.5 * df * ln_r
        };
        let ln_k = (ln_r + 2.0 * alpha.get().ln()) / (df + 1.0);
        // k - r and 1 - k, without cancellation where both are near 1.
        let above = r * (ln_k - ln_r).exp_m1();
        let radius = if above > 0.0 {
            se * (df * -ln_k.exp_m1() / above).sqrt()
        } else {
            f64::INFINITY
        };
        AnytimeValid {
            method: "anytime-valid t",
            measure: Measure::MeanDifference,
            effect: estimate,
            interval: Interval::new(estimate - radius, estimate + radius, alpha),
            null: 0.0,
            alternative: Alternative::TwoSided,
            alpha,
            ln_e,
        }
        .checked()
    }

    /// Returns the half width of the interval for a known standard error.
    ///
    /// The limit of many degrees of freedom,
    /// `se * sqrt((g + n) / n * (ln((g + n) / g) + 2 ln(1 / alpha)))`.
    ///
    /// # Errors
    /// As [`estimate`](AnytimeT::estimate).
    pub fn radius_of_known_error(&self, se: f64, n: f64, alpha: Alpha) -> Result<f64, Refusal> {
        check_estimate(0.0, "standard error", se)?;
        Refusal::require_positive("number of observations", n)?;
        let ln_ratio = (n / self.g).ln_1p() - 2.0 * alpha.get().ln();
        Ok(se * ((self.g + n) / n * ln_ratio).sqrt())
    }
}

/// Returns the number of observations whose mean has the variance of a difference of two means.
fn effective_size(n_a: f64, n_b: f64) -> f64 {
    1.0 / (1.0 / n_a + 1.0 / n_b)
}

fn insufficient(what: &'static str, found: u64) -> Refusal {
    let needed = found + 1;
    Refusal::too_few(what, found, needed)
}

/// Refuses an estimate that is not finite, or whose spread is not positive.
pub(super) fn check_estimate(
    estimate: f64,
    spread: &'static str,
    size: f64,
) -> Result<(), Refusal> {
    Refusal::require_finite("estimate", estimate)?;
    if size == 0.0 {
        return Err(Refusal::ZeroVariance { what: "estimate" });
    }
    Refusal::require_positive(spread, size)
}
