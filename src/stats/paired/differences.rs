//! Paired scores, by their differences.

use crate::stats::fixed_horizon::wald::{UNBOUNDED, Wald};
use crate::stats::{Alpha, Alternative, FixedHorizon, Measure, Moments, Refusal, means};

/// Normal quantile of the limits of agreement, a literal in their definition.
const LIMITS: f64 = 1.96;

/// Tests whether two models score equally on the same requests, by the paired t test.
///
/// `t = m / (s / sqrt(n))` of the differences, candidate minus control, on `n - 1` degrees of
/// freedom. p is below alpha exactly if the interval excludes 0. Take the differences from
/// [`PairedMoments::difference`](crate::stats::PairedMoments::difference).
///
/// Assumes independent requests and a mean difference that is about normal.
///
/// Student (1908), <https://doi.org/10.1093/biomet/6.1.1>.
///
/// # Errors
/// [`Refusal::InsufficientData`] for fewer than two differences, [`Refusal::ZeroVariance`] if
/// they are all equal, [`Refusal::Overflow`] if the mean is too large beside its error for an
/// `f64`.
///
/// ```
/// use switchstand::stats::{Alpha, Alternative, PairedMoments, paired};
/// let mut scores = PairedMoments::new();
/// scores.extend_from_slices(&[0.71, 0.64, 0.80, 0.55], &[0.74, 0.66, 0.85, 0.56])?;
/// let test = paired::paired_t(
///     &scores.difference(), Alpha::FIVE_PERCENT, Alternative::TwoSided,
/// )?;
/// assert!((test.effect - 0.0275).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn paired_t(
    differences: &Moments,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let (effect, deviation) = summary(differences)?;
    let n = differences.n() as f64;
    let standard_error = deviation / n.sqrt();
    Wald {
        method: "paired t test",
        measure: Measure::MeanDifference,
        what: "mean difference in standard errors",
        effect,
        standard_error,
        null: 0.0,
        range: UNBOUNDED,
    }
    .student(n - 1.0, alpha, alternative)
}

/// Returns the mean difference in standard deviations of the differences, Cohen's d_z.
///
/// Cohen (1988), <https://doi.org/10.4324/9780203771587>, chapter 2.
///
/// # Errors
/// As [`paired_t`].
pub fn cohen_dz(differences: &Moments) -> Result<f64, Refusal> {
    let (mean, deviation) = summary(differences)?;
    means::finite(mean / deviation)
}

/// Returns the limits of agreement of two scores.
///
/// The bias is the mean difference; 95 % of differences of single requests lie within
/// `bias ± 1.96 s` if they are about normal. This answers whether two models are
/// interchangeable request by request, which equal means do not show.
///
/// Bland and Altman (1986), <https://doi.org/10.1016/S0140-6736(86)90837-8>.
///
/// # Errors
/// As [`paired_t`].
pub fn bland_altman(differences: &Moments) -> Result<BlandAltman, Refusal> {
    let (bias, deviation) = summary(differences)?;
    let n = differences.n() as f64;
    let reach = LIMITS * deviation;
    let spread = 1.0 / n + LIMITS * LIMITS / (2.0 * (n - 1.0));
    Ok(BlandAltman {
        bias,
        lower_limit: bias - reach,
        upper_limit: bias + reach,
        // Apart, as the product of the variances may overflow.
        limit_standard_error: deviation * spread.sqrt(),
    })
}

/// Bias and limits of agreement of two scores.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BlandAltman {
    /// Mean difference, candidate minus control.
    pub bias: f64,
    /// Below this lie about 2.5 % of single differences.
    pub lower_limit: f64,
    /// Above this lie about 2.5 % of single differences.
    pub upper_limit: f64,
    /// Approximate standard error of either limit.
    pub limit_standard_error: f64,
}

fn summary(differences: &Moments) -> Result<(f64, f64), Refusal> {
    match (differences.mean(), differences.standard_deviation()) {
        (Some(mean), Some(deviation)) if deviation > 0.0 => Ok((mean, deviation)),
        (Some(_), Some(_)) => Err(Refusal::no_variance("paired difference")),
        _ => Err(Refusal::too_few("paired differences", differences.n(), 2)),
    }
}
