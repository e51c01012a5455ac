//! The difference of two ratios of sums, adjusted by the past.

use super::RatioCovariateMoments;
use crate::stats::fixed_horizon::wald::{UNBOUNDED, Wald};
use crate::stats::ratios::{ROUNDING, less};
use crate::stats::{Alpha, Alternative, FixedHorizon, Measure, Refusal, ratios};

/// Adjusts the difference of two ratios by the same ratios before the release.
///
/// A ratio varies as the mean of `(x - R y) / y_mean` over units does, during the release and
/// before it. With `theta` the slope of the one on the other within the arms, the effect is `(R_b -
/// R_a) - theta (R_b' - R_a')`, primes standing for before. If the ratio before was the same for
/// all units, nothing changes: `theta = 0`.
///
/// Deng, Xu, Kohavi and Walker (2013), <https://doi.org/10.1145/2433396.2433413>, appendix B;
/// the linear form is that of Deng, Knoblich and Lu (2018),
/// <https://doi.org/10.1145/3219819.3219919>.
///
/// # Errors
/// [`Refusal::InsufficientData`] for fewer than two units in an arm,
/// [`Refusal::ZeroDenominator`] if an arm's denominators sum to zero, before or during the
/// release, [`Refusal::Overflow`] for a number too large for an `f64`.
pub fn adjust_ratios(
    control: &RatioCovariateMoments,
    candidate: &RatioCovariateMoments,
) -> Result<RatioAdjustment, Refusal> {
    let (a, b) = (Arm::new(control)?, Arm::new(candidate)?);
    let past = a.past * (a.n - 1.0) + b.past * (b.n - 1.0);
    let both = a.covariance * (a.n - 1.0) + b.covariance * (b.n - 1.0);
    let theta = if past > 0.0 { both / past } else { 0.0 };
    let raw_effect = b.ratio - a.ratio;
    let raw_standard_error = (a.present / a.n + b.present / b.n).sqrt();
    let adjusted = RatioAdjustment {
        theta,
        raw_effect,
        raw_standard_error,
        effect: raw_effect - theta * (b.past_ratio - a.past_ratio),
        standard_error: (a.adjusted(theta) / a.n + b.adjusted(theta) / b.n).sqrt(),
    };
    let numbers = [adjusted.effect, adjusted.standard_error, raw_standard_error];
    if numbers.iter().all(|number| number.is_finite()) {
        Ok(adjusted)
    } else {
        Err(Refusal::overflow("adjusted ratio"))
    }
}

/// The difference of two ratios, adjusted by the past.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RatioAdjustment {
    /// The slope: how much the ratio changes with one unit of the past ratio.
    pub theta: f64,
    /// Difference of the ratios without adjustment.
    pub raw_effect: f64,
    /// Standard error of the difference without adjustment.
    pub raw_standard_error: f64,
    /// Adjusted difference, candidate minus control.
    pub effect: f64,
    /// Standard error of the adjusted difference.
    pub standard_error: f64,
}

impl RatioAdjustment {
    /// Tests the adjusted difference, and gives its interval.
    ///
    /// Referred to the normal law: for arms of a few hundred units or more. p is below alpha
    /// exactly if the interval excludes 0.
    ///
    /// # Errors
    /// [`Refusal::ZeroVariance`] if the past explains all of both arms' variance.
    pub fn test(&self, alpha: Alpha, alternative: Alternative) -> Result<FixedHorizon, Refusal> {
        if self.standard_error == 0.0 {
            return Err(Refusal::no_variance("adjusted ratio of both arms' units"));
        }
        Wald {
            method: "ratio z test, delta method, adjusted by the past (CUPED)",
            measure: Measure::RatioDifference,
            what: "adjusted difference of the ratios",
            effect: self.effect,
            standard_error: self.standard_error,
            null: 0.0,
            range: UNBOUNDED,
        }
        .normal(alpha, alternative)
    }
}

/// Variances of an arm's linear forms, during the release and before it.
struct Arm {
    n: f64,
    ratio: f64,
    past_ratio: f64,
    present: f64,
    past: f64,
    covariance: f64,
}

impl Arm {
    fn new(arm: &RatioCovariateMoments) -> Result<Arm, Refusal> {
        let n = arm.n() as f64;
        let (during, before) = (arm.during(), arm.before());
        let present = ratios::variance(&during)? * n;
        let past = ratios::variance(&before)? * n;
        let (ratio, past_ratio) = (during.ratio()?, before.ratio()?);
        let scale = |part: Option<f64>| part.unwrap_or(f64::NAN);
        let (y, past_y) = (
            scale(during.denominator().mean()),
            scale(before.denominator().mean()),
        );
        let cross = arm.cross();
        let products = cross.numerators
            - ratio * cross.numerator_denominator
            - past_ratio * cross.denominator_numerator
            + ratio * past_ratio * cross.denominators;
        Ok(Arm {
            n,
            ratio,
            past_ratio,
            present,
            past,
            covariance: products / (n - 1.0) / y / past_y,
        })
    }

    fn adjusted(&self, theta: f64) -> f64 {
        let squares = self.present + theta * (theta * self.past);
        less(squares, 2.0 * (theta * self.covariance), ROUNDING)
    }
}
