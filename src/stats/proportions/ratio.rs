//! Relative effects of two rates.

use super::Pair;
use crate::stats::fixed_horizon::law::{interval, normal_p, normal_reach};
use crate::stats::{
    Alpha, Alternative, Counts, FixedHorizon, Interval, Measure, Refusal, Statistic,
};

/// An estimated ratio whose logarithm is about normal.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RatioEstimate {
    /// Name of the method.
    pub method: &'static str,
    /// Whether rates or odds are compared.
    pub measure: Measure,
    /// Candidate over control.
    pub ratio: f64,
    /// Standard error of the ratio's natural logarithm.
    pub ln_standard_error: f64,
    /// Ratios that the observations do not contradict.
    pub interval: Interval,
    /// Error rate of the interval.
    pub alpha: Alpha,
}

impl RatioEstimate {
    pub(in crate::stats) fn new(
        method: &'static str,
        measure: Measure,
        ratio: f64,
        ln_standard_error: f64,
        alpha: Alpha,
    ) -> RatioEstimate {
        let reach = (normal_reach(alpha, Alternative::TwoSided) * ln_standard_error).exp();
        RatioEstimate {
            method,
            measure,
            ratio,
            ln_standard_error,
            interval: Interval::new(ratio / reach, ratio * reach, alpha),
            alpha,
        }
    }

    /// Tests whether the ratio differs from 1, by its logarithm over its standard error.
    ///
    /// # Errors
    /// [`Refusal::ZeroVariance`] if the standard error is zero: neither arm has a failure.
    pub fn test(&self, alternative: Alternative) -> Result<FixedHorizon, Refusal> {
        if self.ln_standard_error == 0.0 {
            return Err(Refusal::no_variance("outcome of both arms"));
        }
        let z = self.ratio.ln() / self.ln_standard_error;
        let reach = (normal_reach(self.alpha, alternative) * self.ln_standard_error).exp();
        let bounds = (self.ratio / reach, self.ratio * reach);
        Ok(FixedHorizon {
            method: self.method,
            measure: self.measure,
            effect: self.ratio,
            standard_error: self.ln_standard_error,
            interval: interval(bounds, (0.0, f64::INFINITY), self.alpha, alternative),
            null: 1.0,
            alternative,
            alpha: self.alpha,
            statistic: Statistic::Normal { z },
            p: normal_p(z, alternative),
        })
    }
}

/// Returns the ratio of the candidate's rate to the control's, with Katz's interval.
///
/// `p_b / p_a`; the standard error of its logarithm is `sqrt(1/x_a - 1/n_a + 1/x_b - 1/n_b)`. Not
/// for a few successes, and undefined without any.
///
/// Katz, Baptista, Azen and Pike (1978), <https://doi.org/10.2307/2530610>.
///
/// # Errors
/// [`Refusal::ZeroDenominator`] for an arm without successes, [`Refusal::InsufficientData`] for
/// one without trials.
///
/// ```
/// use switchstand::stats::{Alpha, Counts, proportions};
/// let ratio = proportions::risk_ratio(
///     &Counts::new(48, 1_000)?, &Counts::new(62, 1_000)?, Alpha::FIVE_PERCENT,
/// )?;
/// assert!((ratio.ratio - 1.2917).abs() < 1e-4);
/// assert!(ratio.interval.contains(1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn risk_ratio(
    control: &Counts,
    candidate: &Counts,
    alpha: Alpha,
) -> Result<RatioEstimate, Refusal> {
    let pair = Pair::new(control, candidate)?;
    check_successes(&pair)?;
    let ratio = pair.xb * pair.na / (pair.xa * pair.nb);
    let ln_standard_error = (pair.fa / (pair.xa * pair.na) + pair.fb / (pair.xb * pair.nb)).sqrt();
    Ok(RatioEstimate::new(
        "Katz log interval",
        Measure::RateRatio,
        ratio,
        ln_standard_error,
        alpha,
    ))
}

/// Returns the ratio of the candidate's odds to the control's, with Woolf's interval.
///
/// `x_b f_a / (x_a f_b)` of successes and failures; the standard error of its logarithm is the root
/// of the summed reciprocals of the four counts. Odds ratios are more extreme than ratios of rates
/// unless events are rare: report [`risk_ratio`] to people.
///
/// Woolf (1955), <https://doi.org/10.1111/j.1469-1809.1955.tb01348.x>.
///
/// # Errors
/// [`Refusal::ZeroDenominator`] for an arm without successes or failures,
/// [`Refusal::InsufficientData`] for one without trials.
pub fn odds_ratio(
    control: &Counts,
    candidate: &Counts,
    alpha: Alpha,
) -> Result<RatioEstimate, Refusal> {
    let pair = Pair::new(control, candidate)?;
    check_successes(&pair)?;
    if pair.fa == 0.0 || pair.fb == 0.0 {
        return Err(Refusal::zero("number of failures of an arm"));
    }
    let ratio = pair.xb / pair.xa * (pair.fa / pair.fb);
    let cells = [pair.xa, pair.fa, pair.xb, pair.fb];
    let ln_standard_error = cells.iter().map(|cell| 1.0 / cell).sum::<f64>().sqrt();
    Ok(RatioEstimate::new(
        "Woolf log interval",
        Measure::OddsRatio,
        ratio,
        ln_standard_error,
        alpha,
    ))
}

/// Returns Cohen's h, the difference of rates on a scale of constant variance.
///
/// `2 asin sqrt(p_b) - 2 asin sqrt(p_a)`, from -π to π; 0.2 is customarily called small, 0.5
/// medium, 0.8 large. Useful for planning, not for people.
///
/// Cohen (1988), <https://doi.org/10.4324/9780203771587>, chapter 6.
///
/// # Errors
/// [`Refusal::InsufficientData`] for an arm without trials.
pub fn cohen_h(control: &Counts, candidate: &Counts) -> Result<f64, Refusal> {
    let pair = Pair::new(control, candidate)?;
    let (pa, qa) = (pair.xa / pair.na, pair.fa / pair.na);
    let (pb, qb) = (pair.xb / pair.nb, pair.fb / pair.nb);
    Ok(arcsine_difference(pa, qa, pb, qb, pair.difference))
}

/// Returns `2 asin sqrt(pb) - 2 asin sqrt(pa)` from their difference, without cancellation.
pub(in crate::stats) fn arcsine_difference(
    pa: f64,
    qa: f64,
    pb: f64,
    qb: f64,
    difference: f64,
) -> f64 {
    let spread = (pb * qa).sqrt() + (pa * qb).sqrt();
    if spread == 0.0 {
        return 0.0;
    }
    2.0 * (difference / spread).atan2((pa * pb).sqrt() + (qa * qb).sqrt())
}

fn check_successes(pair: &Pair) -> Result<(), Refusal> {
    if pair.xa == 0.0 || pair.xb == 0.0 {
        return Err(Refusal::zero("number of successes of an arm"));
    }
    Ok(())
}
