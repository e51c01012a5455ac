//! The mixture sequential probability ratio test of an estimate.

use super::anytime_t::check_estimate;
use super::{AnytimeValid, SkewnessRule};
use crate::stats::{Alpha, Alternative, HigherMoments, Interval, Measure, Refusal};

/// A test of an estimate of known variance at every look, by a normal prior.
///
/// # Formula
/// For an estimate `d` with variance `v` and effects `N(null, tau^2)`,
/// `ln e = ln(v / (v + tau^2)) / 2 + tau^2 (d - null)^2 / (2 v (v + tau^2))`; the half width is
/// `sqrt(v (v + tau^2) / tau^2 * (2 ln(1 / alpha) + ln((v + tau^2) / v)))`.
///
/// # Assumptions
/// Independent units; the estimate is normal and its variance known. With estimated variances it
/// is asymptotic, and [`means`](MixtureSprt::means) refuses while a [`SkewnessRule`] does. While
/// the split of the traffic changes, the values of both arms must not drift.
///
/// # When not to use it
/// Without an idea of the effect: `tau` should be about the smallest effect worth finding. With a
/// tenth of that it has no power, with ten times that it loses a third.
/// [`AnytimeT`](super::AnytimeT) needs no unit of the effect and takes the variance as unknown.
///
/// Source: Johari, Koomen, Pekelis and Walsh (2022), <https://doi.org/10.1287/opre.2021.2135>.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MixtureSprt {
    tau: f64,
    rule: SkewnessRule,
}

impl MixtureSprt {
    /// Returns the test whose prior of the effect has standard deviation `tau`.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] or [`Refusal::NonFinite`] unless `tau^2` is finite and positive.
    pub fn new(tau: f64) -> Result<MixtureSprt, Refusal> {
        Refusal::require_positive("tau", tau)?;
        Refusal::require_positive("square of tau", tau * tau)?;
        let rule = SkewnessRule::DEFAULT;
        Ok(MixtureSprt { tau, rule })
    }

    /// Returns the same test with another rule for skewed samples.
    #[must_use]
    pub const fn with_skewness_rule(self, rule: SkewnessRule) -> MixtureSprt {
        MixtureSprt { rule, ..self }
    }

    /// Compares two means in samples large enough for their skewness.
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
        let (difference, variance) = difference(a, b)?;
        self.estimate(difference, variance, 0.0, alpha)
    }

    /// Tests that an estimate with this variance estimates `null`.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] for NaN and infinities, [`Refusal::ZeroVariance`] if the variance
    /// is 0, [`Refusal::OutOfRange`] if it is negative, [`Refusal::Overflow`] where the evidence
    /// has no representation.
    pub fn estimate(
        &self,
        estimate: f64,
        variance: f64,
        null: f64,
        alpha: Alpha,
    ) -> Result<AnytimeValid, Refusal> {
        check_estimate(estimate - null, "variance of the estimate", variance)?;
        let prior = self.tau * self.tau;
        let total = variance + prior;
        let ln_ratio = match prior / variance {
            ratio if ratio.is_finite() => ratio.ln_1p(),
            _ => prior.ln() - variance.ln(),
        };
        let distance = estimate - null;
        let ln_e = -0.5 * ln_ratio + (prior / total) * (distance * distance / (2.0 * variance));
        let width = 2.0 * -alpha.get().ln() + ln_ratio;
        let radius = (variance * (total / prior) * width).sqrt();
        AnytimeValid {
            method: "mixture sequential probability ratio test",
            measure: Measure::MeanDifference,
            effect: estimate,
            interval: Interval::new(estimate - radius, estimate + radius, alpha),
            null,
            alternative: Alternative::TwoSided,
            alpha,
            ln_e,
        }
        .checked()
    }
}

/// Returns the difference of two means and the variance of that difference.
pub(super) fn difference(a: &HigherMoments, b: &HigherMoments) -> Result<(f64, f64), Refusal> {
    let arm = |what, moments: &HigherMoments| match (moments.mean(), moments.variance()) {
        (Some(mean), Some(variance)) => Ok((mean, variance / moments.n() as f64)),
        _ => Err(Refusal::too_few(what, moments.n(), 2)),
    };
    let (mean_a, variance_a) = arm("control", a)?;
    let (mean_b, variance_b) = arm("candidate", b)?;
    Ok((mean_b - mean_a, variance_a + variance_b))
}
