//! The difference of a quantile between two arms.

use super::{QuantileType, quantile, quantile_interval};
use crate::stats::fixed_horizon::law::normal_reach;
use crate::stats::fixed_horizon::wald::{UNBOUNDED, Wald};
use crate::stats::{Alpha, Alternative, FixedHorizon, Measure, Refusal, Sample};

/// Tests the difference of a quantile, and gives its interval.
///
/// The effect is the difference of the type 7 quantiles. Each arm's standard error is the width of
/// its distribution-free 95 % interval divided by that of a standard normal one,
/// `(x_u - x_l) / 3.92`, so no density is estimated; the statistic is compared with the normal
/// distribution. p is below alpha exactly if the interval excludes 0.
///
/// Assumes independent values and a density around the quantile. With few distinct values, or ranks
/// near the end of the sample, it is only rough: then compare the arms' intervals. The interval is
/// that of [`quantile_interval`](super::quantile_interval).
///
/// # Errors
/// [`Refusal::OutOfRange`] for a `p` that is not strictly between 0 and 1,
/// [`Refusal::InsufficientData`] if an arm is too small for an interval with two finite ends,
/// [`Refusal::ZeroVariance`] if both intervals have width 0, [`Refusal::Overflow`] if a
/// difference is too large for an `f64`.
///
/// ```
/// use switchstand::stats::{Alpha, Alternative, Sample, quantiles};
/// let control: Vec<f64> = (0..500).map(|i| f64::from(i % 100)).collect();
/// let candidate: Vec<f64> = control.iter().map(|latency| 1.3 * latency).collect();
/// let test = quantiles::difference(
///     &Sample::new(&control)?, &Sample::new(&candidate)?, 0.95,
///     Alpha::FIVE_PERCENT, Alternative::TwoSided,
/// )?;
/// assert!(test.effect > 28.0 && test.is_significant());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn difference(
    control: &Sample,
    candidate: &Sample,
    p: f64,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let error_a = standard_error("control", control, p)?;
    let error_b = standard_error("candidate", candidate, p)?;
    let low = quantile(control, p, QuantileType::Linear)?;
    let effect = quantile(candidate, p, QuantileType::Linear)? - low;
    let standard_error = error_a.hypot(error_b);
    if standard_error == 0.0 {
        return Err(Refusal::no_variance(
            "neighbourhood of the quantile in both arms",
        ));
    }
    Wald {
        method: "quantile z test, order-statistic errors",
        measure: Measure::QuantileDifference,
        what: "difference of the quantiles",
        effect,
        standard_error,
        null: 0.0,
        range: UNBOUNDED,
    }
    .normal(alpha, alternative)
}

/// Returns the standard error that the arm's 95 % interval amounts to.
fn standard_error(what: &'static str, sample: &Sample, p: f64) -> Result<f64, Refusal> {
    let alpha = Alpha::FIVE_PERCENT;
    let interval = quantile_interval(sample, p, alpha)?.interval;
    if interval.lower.is_infinite() || interval.upper.is_infinite() {
        // Both ends are finite once neither all values nor none may lie below.
        let rarest = p.max(1.0 - p);
        let needed = (0.5 * alpha.get()).ln() / rarest.ln();
        return Err(Refusal::too_few(what, sample.n(), needed.ceil() as u64));
    }
    let reach = normal_reach(alpha, Alternative::TwoSided);
    Ok((0.5 * interval.upper - 0.5 * interval.lower) / reach)
}
