//! Ratios of sums: clicks per view, tokens per request, errors per session.
//!
//! | question | function |
//! |---|---|
//! | does the candidate's ratio differ? | [`difference`] |
//! | by how many percent? | [`relative_lift`] |
//!
//! The unit is what was randomised, such as a user, with a numerator and a denominator. Events of
//! one user are not independent, so a test that counts events errs far more often than it says. The
//! delta method on the units' sums is right; it is the same as a mean with errors clustered by
//! unit. All of it is for one look at a sample whose size was fixed beforehand.

use super::fixed_horizon::wald::{UNBOUNDED, Wald};
use super::{Alpha, Alternative, FixedHorizon, Measure, RatioMoments, Refusal};

/// Tests a difference of two ratios by the delta method, and gives its interval.
///
/// `R = sum(x) / sum(y)` per arm with [`variance`]; `z` is the difference in standard errors,
/// referred to the normal law: for arms of a few hundred units or more. p is below alpha
/// exactly if the interval excludes 0.
///
/// Assumes independent units and a mean denominator that is many standard errors from zero.
///
/// Deng, Knoblich and Lu (2018), <https://doi.org/10.1145/3219819.3219919>, section 2.
///
/// # Errors
/// [`Refusal::InsufficientData`] for fewer than two units in an arm,
/// [`Refusal::ZeroDenominator`] if an arm's denominators sum to zero,
/// [`Refusal::ZeroVariance`] if the units of each arm all have its ratio,
/// [`Refusal::Overflow`] for a number too large for an `f64`.
///
/// ```
/// use switchstand::stats::{Alpha, Alternative, RatioMoments, ratios};
/// let mut control = RatioMoments::new();
/// let mut candidate = RatioMoments::new();
/// control.extend_from_slices(&[1.0, 2.0, 0.0, 3.0], &[10.0, 12.0, 5.0, 20.0])?;
/// candidate.extend_from_slices(&[4.0, 3.0, 1.0, 6.0], &[11.0, 9.0, 6.0, 18.0])?;
/// let test = ratios::difference(
///     &control, &candidate, Alpha::FIVE_PERCENT, Alternative::TwoSided,
/// )?;
/// assert!((test.effect - (14.0 / 44.0 - 6.0 / 47.0)).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn difference(
    control: &RatioMoments,
    candidate: &RatioMoments,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let (a, b) = (
        Arm::new("control", control)?,
        Arm::new("candidate", candidate)?,
    );
    result(
        "ratio z test, delta method",
        Measure::RatioDifference,
        b.ratio - a.ratio,
        a.error.hypot(b.error),
        alpha,
        alternative,
    )
}

/// Tests the relative difference of two ratios, `(R_b - R_a) / |R_a|`.
///
/// For a control's ratio above zero this is `R_b / R_a - 1`. Below zero its sign is still that of
/// the difference.
///
/// `se^2 = var(R_b) / R_a^2 + R_b^2 var(R_a) / R_a^4`, referred to the normal law. It is unstable
/// while the control's ratio is within about four standard errors of zero. Source: as
/// [`difference`].
///
/// # Errors
/// As [`difference`], and [`Refusal::ZeroDenominator`] if the control's ratio is zero.
pub fn relative_lift(
    control: &RatioMoments,
    candidate: &RatioMoments,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let (a, b) = (
        Arm::new("control", control)?,
        Arm::new("candidate", candidate)?,
    );
    if a.ratio == 0.0 {
        return Err(Refusal::zero("ratio of the control"));
    }
    let ratio = b.ratio / a.ratio;
    let standard_error = (b.error / a.ratio).hypot(ratio * (a.error / a.ratio));
    result(
        "relative ratio z test, delta method",
        Measure::RelativeDifference,
        (b.ratio - a.ratio) / a.ratio.abs(),
        standard_error,
        alpha,
        alternative,
    )
}

/// Returns the variance of a ratio of sums by the delta method.
///
/// `(s_x^2 - 2 R s_xy + R^2 s_y^2) / (n y_mean^2)`, which is the variance of the mean of
/// `(x - R y) / y_mean`. What is left of units that all have the same ratio is rounding, and
/// counts as 0.
///
/// Deng, Knoblich and Lu (2018), <https://doi.org/10.1145/3219819.3219919>, equation 3.
///
/// # Errors
/// [`Refusal::InsufficientData`] for fewer than two units, [`Refusal::ZeroDenominator`] if the
/// denominators sum to zero.
pub fn variance(units: &RatioMoments) -> Result<f64, Refusal> {
    Arm::new("ratio", units).map(|arm| arm.error * arm.error)
}

/// A ratio and its standard error.
#[derive(Clone, Copy, Debug)]
struct Arm {
    ratio: f64,
    error: f64,
}

impl Arm {
    fn new(what: &'static str, units: &RatioMoments) -> Result<Arm, Refusal> {
        let parts = (
            units.numerator().standard_deviation(),
            units.denominator().standard_deviation(),
            units.covariance(),
            units.denominator().mean(),
        );
        let (Some(sx), Some(sy), Some(covariance), Some(mean)) = parts else {
            return Err(Refusal::too_few(what, units.n(), 2));
        };
        let ratio = units.ratio()?;
        // In units of the denominator's mean, so that squares neither over- nor underflow.
        let (u, v) = (sx / mean, ratio * (sy / mean));
        // The covariance of tiny units is 0 as an `f64`, their correlation is not.
        let cross = match covariance == 0.0 {
            true => 2.0 * u * v * units.correlation().unwrap_or(0.0),
            false => 2.0 * ratio * (covariance / mean / mean),
        };
        let variance = less(u * u + v * v, cross, ROUNDING);
        let error = (variance / units.n() as f64).sqrt();
        if ratio.is_finite() && error.is_finite() {
            Ok(Arm { ratio, error })
        } else {
            Err(Refusal::Overflow { what })
        }
    }
}

fn result(
    method: &'static str,
    measure: Measure,
    effect: f64,
    standard_error: f64,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    if standard_error == 0.0 {
        return Err(Refusal::no_variance("ratio of both arms' units"));
    }
    Wald {
        method,
        measure,
        what: "difference of the ratios",
        effect,
        standard_error,
        null: 0.0,
        range: UNBOUNDED,
    }
    .normal(alpha, alternative)
}

/// What rounding leaves of a few terms, relative to their sum.
pub(in crate::stats) const ROUNDING: f64 = 1e-15;

/// Returns `sum - taken`, and 0 where no more is left than rounding may have put there.
pub(in crate::stats) fn less(sum: f64, taken: f64, rounding: f64) -> f64 {
    let left = sum - taken;
    if left <= rounding * sum { 0.0 } else { left }
}
