//! Equivalence: whether the candidate is close enough, in both directions.
//!
//! | question | function |
//! |---|---|
//! | are two means within a margin? | [`of_means`] |
//! | are the scores of a shadow and the live version? | [`of_differences`] |
//! | are two rates? | [`of_rates`] |
//!
//! A difference that is not significant is no evidence of equality: with few units nothing is
//! significant. These tests reverse the burden of proof. The null hypothesis is that the difference
//! is as large as the margin or larger, and a small p shows that it is not. The margin is fixed
//! before looking, from what a difference costs. For one look at a sample whose size was fixed
//! beforehand.

use super::fixed_horizon::law::{student_p, student_reach};
use super::{
    Alpha, Alternative, Counts, FixedHorizon, Interval, Measure, Moments, PValue, Refusal,
    Statistic, means, paired, proportions,
};

/// The differences that do not matter, on both sides of zero.
///
/// ```
/// use switchstand::stats::equivalence::Margin;
/// let margin = Margin::new(-5.0, 20.0)?;
/// assert!(Margin::symmetric(0.0).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Margin {
    lower: f64,
    upper: f64,
}

impl Margin {
    /// Returns the margin between `lower`, below zero, and `upper`, above zero.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for a `lower` that is not negative and finite, or an `upper` that
    /// is not positive and finite.
    pub fn new(lower: f64, upper: f64) -> Result<Margin, Refusal> {
        let (what, holds) = ("lower equivalence margin", lower < 0.0 && lower.is_finite());
        Refusal::require(holds, what, lower, "a finite number below 0")?;
        let (what, holds) = ("upper equivalence margin", upper > 0.0 && upper.is_finite());
        Refusal::require(holds, what, upper, "a finite number above 0")?;
        Ok(Margin { lower, upper })
    }

    /// Returns the margin from `-size` to `size`.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for a size that is not positive and finite.
    pub fn symmetric(size: f64) -> Result<Margin, Refusal> {
        Margin::new(-size, size)
    }
}

/// The outcome of two one-sided tests against a margin.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Equivalence {
    /// Name of the method.
    pub method: &'static str,
    /// What the effect measures.
    pub measure: Measure,
    /// The estimate, candidate against control.
    pub effect: f64,
    /// The differences that do not matter.
    pub margin: Margin,
    /// Interval of level `1 - 2 alpha`; each of the two tests looks at one of its ends.
    pub interval: Interval,
    /// Error rate of claiming equivalence.
    pub alpha: Alpha,
    /// How surprising the observations are if the effect is at most the lower margin.
    pub p_above_lower: PValue,
    /// How surprising the observations are if the effect is at least the upper margin.
    pub p_below_upper: PValue,
}

impl Equivalence {
    /// Returns the p-value of the claim of equivalence, the larger of the two.
    #[must_use]
    pub fn p(&self) -> PValue {
        if self.p_above_lower.ln_p > self.p_below_upper.ln_p {
            self.p_above_lower
        } else {
            self.p_below_upper
        }
    }

    /// Tells whether the difference is shown to lie within the margin.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        self.p().value < self.alpha.get()
    }
}

/// Tests whether two means differ by less than a margin.
///
/// Two one-sided Welch tests at `alpha` each, against either end of the margin. Equivalence is
/// shown exactly if the interval of level `1 - 2 alpha` lies inside of the margin.
///
/// Schuirmann (1987), <https://doi.org/10.1007/BF01068419>.
///
/// # Errors
/// As [`means::welch`], and [`Refusal::OutOfRange`] for an alpha of 1/2 or more.
///
/// ```
/// use switchstand::stats::equivalence::{self, Margin};
/// use switchstand::stats::{Alpha, Moments};
/// let control = Moments::from_summary(400, 120.0, 900.0)?;
/// let candidate = Moments::from_summary(380, 121.0, 850.0)?;
/// let margin = Margin::symmetric(6.0)?;
/// let outcome = equivalence::of_means(&control, &candidate, margin, Alpha::FIVE_PERCENT)?;
/// assert!(outcome.is_shown());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn of_means(
    control: &Moments,
    candidate: &Moments,
    margin: Margin,
    alpha: Alpha,
) -> Result<Equivalence, Refusal> {
    check(alpha)?;
    let test = means::welch(control, candidate, alpha, Alternative::TwoSided)?;
    Ok(by_student("two one-sided Welch t tests", &test, margin))
}

/// Tests whether paired scores differ by less than a margin on average.
///
/// Two one-sided paired t tests on the differences, candidate minus control. Equal means do not
/// say that single requests agree: see [`paired::bland_altman`] for that.
///
/// Schuirmann (1987), <https://doi.org/10.1007/BF01068419>.
///
/// # Errors
/// As [`paired::paired_t`], and [`Refusal::OutOfRange`] for an alpha of 1/2 or more.
pub fn of_differences(
    differences: &Moments,
    margin: Margin,
    alpha: Alpha,
) -> Result<Equivalence, Refusal> {
    check(alpha)?;
    let test = paired::paired_t(differences, alpha, Alternative::TwoSided)?;
    Ok(by_student("two one-sided paired t tests", &test, margin))
}

/// Tests whether two rates differ by less than a margin.
///
/// Two one-sided score tests of Farrington and Manning. The interval is of the same score, and
/// lies inside of the margin exactly if equivalence is shown.
///
/// Farrington and Manning (1990), <https://doi.org/10.1002/sim.4780091208>.
///
/// # Errors
/// [`Refusal::OutOfRange`] for a margin that reaches -1 or 1 and for an alpha of 1/2 or more,
/// [`Refusal::InsufficientData`] for an arm without trials.
pub fn of_rates(
    control: &Counts,
    candidate: &Counts,
    margin: Margin,
    alpha: Alpha,
) -> Result<Equivalence, Refusal> {
    check(alpha)?;
    let above = proportions::non_inferiority(control, candidate, -margin.lower, alpha)?;
    // From the other side the control must not be worse than the candidate by the margin.
    let below = proportions::non_inferiority(candidate, control, margin.upper, alpha)?;
    Ok(Equivalence {
        method: "two one-sided Farrington-Manning tests",
        measure: Measure::RateDifference,
        effect: above.effect,
        margin,
        interval: twice(above.interval.lower, -below.interval.lower, alpha),
        alpha,
        p_above_lower: above.p,
        p_below_upper: below.p,
    })
}

/// Turns a t test of no difference into two against the ends of a margin.
fn by_student(method: &'static str, test: &FixedHorizon, margin: Margin) -> Equivalence {
    let df = match test.statistic {
        Statistic::StudentT {
            degrees_of_freedom, ..
        } => degrees_of_freedom,
        // Both callers pass a t test; the normal law is its limit.
        _ => f64::MAX,
    };
    let (effect, error) = (test.effect, test.standard_error);
    let reach = student_reach(test.alpha, df, Alternative::Greater) * error;
    let p = |end: f64, alternative| student_p((effect - end) / error, df, alternative);
    Equivalence {
        method,
        measure: test.measure,
        effect,
        margin,
        interval: twice(effect - reach, effect + reach, test.alpha),
        alpha: test.alpha,
        p_above_lower: p(margin.lower, Alternative::Greater),
        p_below_upper: p(margin.upper, Alternative::Less),
    }
}

/// Refuses an error rate for which there is no interval of level `1 - 2 alpha`.
fn check(alpha: Alpha) -> Result<(), Refusal> {
    let (what, alpha) = ("alpha of a claim of equivalence", alpha.get());
    Refusal::require(alpha < 0.5, what, alpha, "a number below 1/2")
}

/// Returns an interval of level `1 - 2 alpha`.
fn twice(lower: f64, upper: f64, alpha: Alpha) -> Interval {
    Interval {
        lower,
        upper,
        level: 1.0 - 2.0 * alpha.get(),
    }
}
