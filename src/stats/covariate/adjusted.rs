//! The difference of two means, adjusted by the past.

use super::CovariateMoments;
use crate::stats::fixed_horizon::wald::{UNBOUNDED, Wald};
use crate::stats::moments::scale::times;
use crate::stats::ratios::{ROUNDING, less};
use crate::stats::{Alpha, Alternative, FixedHorizon, Measure, Refusal};

/// Adjusts the metric of both arms by the covariate.
///
/// `y - theta x` with `theta = cov(x, y) / var(x)` over the units of both arms together. Its
/// variance per arm is `var(y) + theta^2 var(x) - 2 theta cov(x, y)`. If the covariate does not
/// vary, nothing changes: `theta = 0`. Test it with [`Adjustment::test`].
///
/// Assumes independent units, and a covariate that the release cannot have changed.
///
/// Deng, Xu, Kohavi and Walker (2013), <https://doi.org/10.1145/2433396.2433413>, section 3.
///
/// # Errors
/// [`Refusal::InsufficientData`] for fewer than two units in an arm, [`Refusal::Overflow`] for
/// a number too large for an `f64`.
///
/// ```
/// use switchstand::stats::covariate::{CovariateMoments, PreRelease, adjust};
/// use switchstand::stats::{Alpha, Alternative};
/// let mut control = CovariateMoments::new();
/// let mut candidate = CovariateMoments::new();
/// for (before, metric) in [(10.0, 11.0), (20.0, 19.0), (30.0, 31.5), (40.0, 39.5)] {
///     control.record(PreRelease::new(before), metric)?;
///     candidate.record(PreRelease::new(before + 1.0), metric + 3.0)?;
/// }
/// let adjusted = adjust(&control, &candidate)?;
/// assert!(adjusted.variance_reduction.is_some_and(|share| share > 0.98));
/// let test = adjusted.test(Alpha::FIVE_PERCENT, Alternative::TwoSided)?;
/// assert!(test.is_significant() && (test.effect - 2.0).abs() < 0.1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn adjust(
    control: &CovariateMoments,
    candidate: &CovariateMoments,
) -> Result<Adjustment, Refusal> {
    for (what, arm) in [("control", control), ("candidate", candidate)] {
        if arm.n() < 2 {
            return Err(Refusal::too_few(what, arm.n(), 2));
        }
    }
    let mut both = *control;
    both.merge(candidate)?;
    // The squares of 1e-170 are 0: variances are formed on the scales on which values are held.
    let scales = both.scales();
    let [of_x, of_y] = scales.map(i32::from);
    let known = |spread: Option<[f64; 3]>| spread.unwrap_or([f64::NAN; 3]);
    let spreads = [control, candidate].map(|arm| known(arm.spread_at(scales)));
    let theta = slope(known(both.spread_at(scales)));
    let (da, db) = (control.n() as f64 - 1.0, candidate.n() as f64 - 1.0);
    let [a, b] = spreads;
    let mut within = a;
    for (sum, of_b) in within.iter_mut().zip(b) {
        *sum = da * *sum + db * of_b;
    }
    let theta_within = slope(within);
    let a = Arm::new(control, a, theta);
    let b = Arm::new(candidate, b, theta);
    let [theta, theta_within] = [theta, theta_within].map(|slope| times(slope, of_x - of_y));
    let raw = control.metric().mean_to(&candidate.metric());
    let past = control.covariate().mean_to(&candidate.covariate());
    let raw_error = a.raw_error.hypot(b.raw_error);
    let standard_error = (a.error_squared + b.error_squared).sqrt();
    let mean = |arm: &CovariateMoments| {
        let known = |mean: Option<f64>| mean.unwrap_or(f64::NAN);
        known(arm.metric().mean()) - theta * known(arm.covariate().mean())
    };
    let adjustment = Adjustment {
        theta,
        theta_within,
        control_mean: mean(control),
        candidate_mean: mean(candidate),
        control_variance: times(a.variance, -2 * of_y),
        candidate_variance: times(b.variance, -2 * of_y),
        raw_effect: raw,
        raw_standard_error: times(raw_error, -of_y),
        effect: raw - theta * past,
        standard_error: times(standard_error, -of_y),
        relative_effect: relative(raw - theta * past, control.metric().mean()),
        variance_reduction: (raw_error > 0.0)
            .then(|| 1.0 - (standard_error / raw_error) * (standard_error / raw_error)),
        arms: [a, b],
    };
    let numbers = [
        adjustment.effect,
        adjustment.theta_within,
        adjustment.control_mean,
        adjustment.candidate_mean,
        raw_error,
        standard_error,
    ];
    if numbers.iter().all(|number| number.is_finite()) {
        Ok(adjustment)
    } else {
        Err(Refusal::overflow("adjusted metric"))
    }
}

/// The metric of both arms, adjusted by the past.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Adjustment {
    /// The slope: how much the metric changes with one unit of the covariate, over both arms
    /// together.
    pub theta: f64,
    /// The same, from deviations within the arms; it is not used, and should be close.
    pub theta_within: f64,
    /// Mean of the control's adjusted metric, not centred.
    pub control_mean: f64,
    /// Mean of the candidate's adjusted metric, not centred.
    pub candidate_mean: f64,
    /// Sample variance of the control's adjusted metric.
    pub control_variance: f64,
    /// Sample variance of the candidate's adjusted metric.
    pub candidate_variance: f64,
    /// Difference of the metric's means without adjustment.
    pub raw_effect: f64,
    /// Standard error of the difference without adjustment.
    pub raw_standard_error: f64,
    /// Difference of the adjusted means, candidate minus control.
    pub effect: f64,
    /// Standard error of the adjusted difference.
    pub standard_error: f64,
    /// Adjusted difference divided by the control's unadjusted mean; `None` if that is zero.
    pub relative_effect: Option<f64>,
    /// Fraction of the squared standard error that the adjustment removed; `None` if that error is
    /// 0.
    pub variance_reduction: Option<f64>,
    #[cfg_attr(feature = "serde", serde(skip))]
    arms: [Arm; 2],
}

impl Adjustment {
    /// Tests the adjusted difference with Welch's t test, and gives its interval.
    ///
    /// Degrees of freedom follow from the adjusted variances; `theta` costs none. p is below
    /// alpha exactly if the interval excludes 0.
    ///
    /// # Errors
    /// [`Refusal::ZeroVariance`] if the past explains all of both arms' variance.
    pub fn test(&self, alpha: Alpha, alternative: Alternative) -> Result<FixedHorizon, Refusal> {
        let [a, b] = self.arms;
        let total = a.error_squared + b.error_squared;
        if total == 0.0 {
            return Err(Refusal::no_variance("adjusted metric of both arms"));
        }
        let (u, v) = (a.error_squared / total, b.error_squared / total);
        let degrees_of_freedom = 1.0 / (u * u / (a.n - 1.0) + v * v / (b.n - 1.0));
        Wald {
            method: "Welch t test, adjusted by the past (CUPED)",
            measure: Measure::MeanDifference,
            what: "adjusted difference of the means",
            effect: self.effect,
            standard_error: self.standard_error,
            null: 0.0,
            range: UNBOUNDED,
        }
        .student(degrees_of_freedom, alpha, alternative)
    }
}

/// An arm's adjusted metric, on the scale on which the metric is held.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Arm {
    n: f64,
    variance: f64,
    error_squared: f64,
    raw_error: f64,
}

impl Arm {
    fn new(arm: &CovariateMoments, [vx, vy, covariance]: [f64; 3], theta: f64) -> Arm {
        let n = arm.n() as f64;
        let squares = vy + theta * (theta * vx);
        let explained = 2.0 * (theta * covariance);
        let variance = less(squares, explained, ROUNDING);
        Arm {
            n,
            variance,
            error_squared: variance / n,
            raw_error: (vy / n).sqrt(),
        }
    }
}

/// Returns covariance over the covariate's variance, 0 where that does not vary.
fn slope([vx, _, covariance]: [f64; 3]) -> f64 {
    if vx > 0.0 { covariance / vx } else { 0.0 }
}

fn relative(effect: f64, mean: Option<f64>) -> Option<f64> {
    mean.filter(|mean| *mean != 0.0)
        .map(|mean| effect / mean.abs())
        .filter(|lift| lift.is_finite())
}
