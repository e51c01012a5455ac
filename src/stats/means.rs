//! Two means: latency, revenue, score, one number per unit.
//!
//! | question | function |
//! |---|---|
//! | does the candidate's mean differ? | [`welch`] |
//! | by how many percent? | [`relative_lift`]; [`fieller`] where the control's mean is uncertain |
//! | in standard deviations? | [`cohen_d`] |
//!
//! All of it is for one look at a sample whose size was fixed beforehand, and for units that
//! are independent: one number per user, not one per request of a few heavy users. Means of
//! very skewed numbers need many units: a rule of thumb is 355 times the squared skewness per
//! arm.

mod relative;

pub use relative::{FiellerSet, fieller, relative_lift};

use super::fixed_horizon::wald::{UNBOUNDED, Wald};
use super::{Alpha, Alternative, FixedHorizon, Measure, Moments, Refusal};

/// Tests a difference of means with Welch's t test, and gives its interval.
///
/// `t = (m_b - m_a) / sqrt(A + B)` with `A = v_a / n_a`, `B = v_b / n_b`, compared with Student's
/// distribution with `(A + B)^2 / (A^2 / (n_a - 1) + B^2 / (n_b - 1))` degrees of freedom. The arms
/// may differ in variance and size; that is why it is the default rather than [`student`]. One arm
/// may be constant. p is below alpha exactly if the interval excludes 0.
///
/// Assumes independent units and means that are about normal, which the central limit theorem
/// gives unless a few units carry most of the sum.
///
/// Welch (1947), <https://doi.org/10.1093/biomet/34.1-2.28>.
///
/// # Errors
/// [`Refusal::InsufficientData`] for fewer than two values in an arm,
/// [`Refusal::ZeroVariance`] if neither arm varies, [`Refusal::Overflow`] if the difference is
/// too large beside its error for an `f64`.
///
/// ```
/// use switchstand::stats::{Alpha, Alternative, Moments, means};
/// let control = Moments::from_summary(100, 10.0, 4.0)?;
/// let candidate = Moments::from_summary(110, 10.7, 4.5)?;
/// let test = means::welch(&control, &candidate, Alpha::FIVE_PERCENT, Alternative::TwoSided)?;
/// assert!((test.p.value - 0.01467).abs() < 1e-5);
/// assert!(!test.interval.contains(0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn welch(
    control: &Moments,
    candidate: &Moments,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let (a, b) = arms(control, candidate)?;
    let total = a.error.hypot(b.error);
    if total == 0.0 {
        return Err(NEITHER_VARIES);
    }
    // By shares of the squared error, so that squares of it neither over- nor underflow.
    let (u, v) = ((a.error / total).powi(2), (b.error / total).powi(2));
    let df = 1.0 / (u * u / (a.n - 1.0) + v * v / (b.n - 1.0));
    result("Welch t test", a, b, total, df, alpha, alternative)
}

/// Tests a difference of means with Student's t test for arms of equal variance.
///
/// The variance is pooled over both arms, with `n_a + n_b - 2` degrees of freedom. If the
/// variances differ and so do the sizes, as in a canary, it errs more often than alpha: take
/// [`welch`].
///
/// Student (1908), <https://doi.org/10.1093/biomet/6.1.1>.
///
/// # Errors
/// [`Refusal::InsufficientData`] for fewer than two values in an arm,
/// [`Refusal::ZeroVariance`] if neither arm varies.
pub fn student(
    control: &Moments,
    candidate: &Moments,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let (a, b) = arms(control, candidate)?;
    let df = a.n + b.n - 2.0;
    let pooled = pooled_deviation(&a, &b);
    if pooled == 0.0 {
        return Err(NEITHER_VARIES);
    }
    let error = pooled * (1.0 / a.n + 1.0 / b.n).sqrt();
    result("Student t test", a, b, error, df, alpha, alternative)
}

/// Returns Cohen's d, the difference of means in pooled standard deviations.
///
/// Cohen (1988), <https://doi.org/10.4324/9780203771587>, chapter 2.
///
/// # Errors
/// [`Refusal::InsufficientData`] for fewer than two values in an arm,
/// [`Refusal::ZeroVariance`] if neither arm varies, [`Refusal::Overflow`] if they vary so
/// little that an `f64` cannot hold the ratio.
pub fn cohen_d(control: &Moments, candidate: &Moments) -> Result<f64, Refusal> {
    let (a, b) = arms(control, candidate)?;
    let pooled = pooled_deviation(&a, &b);
    if pooled == 0.0 {
        return Err(NEITHER_VARIES);
    }
    finite(control.mean_to(candidate) / pooled)
}

/// Returns the standard deviation that both arms have together, without squares of it.
fn pooled_deviation(a: &Arm, b: &Arm) -> f64 {
    let df = a.n + b.n - 2.0;
    let part = |arm: &Arm| arm.error * (arm.n * ((arm.n - 1.0) / df)).sqrt();
    part(a).hypot(part(b))
}

/// Refuses a standardised difference that an `f64` cannot hold.
pub(super) fn finite(difference: f64) -> Result<f64, Refusal> {
    match difference.is_finite() {
        true => Ok(difference),
        false => Err(Refusal::overflow("difference in standard deviations")),
    }
}

const NEITHER_VARIES: Refusal = Refusal::no_variance("metric of both arms");

/// What a test on means needs of an arm.
#[derive(Clone, Copy, Debug)]
struct Arm {
    n: f64,
    moments: Moments,
    mean: f64,
    /// Standard error of the mean.
    error: f64,
}

fn arms(control: &Moments, candidate: &Moments) -> Result<(Arm, Arm), Refusal> {
    let arm = |what, moments: &Moments| match (moments.mean(), moments.standard_error()) {
        (Some(mean), Some(error)) => Ok(Arm {
            n: moments.n() as f64,
            moments: *moments,
            mean,
            error,
        }),
        _ => Err(Refusal::too_few(what, moments.n(), 2)),
    };
    Ok((arm("control", control)?, arm("candidate", candidate)?))
}

fn result(
    method: &'static str,
    a: Arm,
    b: Arm,
    standard_error: f64,
    degrees_of_freedom: f64,
    alpha: Alpha,
    alternative: Alternative,
) -> Result<FixedHorizon, Refusal> {
    let effect = a.moments.mean_to(&b.moments);
    Wald {
        method,
        measure: Measure::MeanDifference,
        what: "difference of the means in standard errors",
        effect,
        standard_error,
        null: 0.0,
        range: UNBOUNDED,
    }
    .student(degrees_of_freedom, alpha, alternative)
}
