//! A belief about an effect that is estimated with a standard error.

use super::quadrature::Belief;
use crate::stats::special::{
    SQRT_TAU, ln_normal_cdf, ln_normal_sf, normal_cdf, normal_isf, normal_pdf, normal_sf,
};
use crate::stats::{Alpha, Interval, Refusal};

/// A belief about an effect: a normal distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct NormalLaw {
    mean: f64,
    standard_deviation: f64,
}

impl NormalLaw {
    /// Returns the distribution with this mean and standard deviation; 0 means certainty.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] for a mean that is not finite, [`Refusal::OutOfRange`] for a
    /// standard deviation that is negative or not finite.
    pub fn new(mean: f64, standard_deviation: f64) -> Result<NormalLaw, Refusal> {
        Refusal::require_finite("mean of a belief", mean)?;
        let holds = standard_deviation >= 0.0 && standard_deviation.is_finite();
        let what = "standard deviation of a belief";
        Refusal::require(
            holds,
            what,
            standard_deviation,
            "a finite number not below 0",
        )?;
        Ok(NormalLaw {
            mean,
            standard_deviation,
        })
    }

    /// Returns the mean.
    #[must_use]
    pub const fn mean(self) -> f64 {
        self.mean
    }

    /// Returns the standard deviation.
    #[must_use]
    pub const fn standard_deviation(self) -> f64 {
        self.standard_deviation
    }

    /// Returns the probabilities, the interval and the losses that follow from the belief.
    ///
    /// `rope` is the size of effects that do not matter, 0 for none. The interval is
    /// equal-tailed; the loss of a choice is `s phi(m/s) - m Phi(-m/s)`, or with the sign of `m`
    /// turned.
    ///
    /// Do **not** stop because the probability passes 95 % if you look repeatedly: see the
    /// [module](super).
    ///
    /// # Errors
    /// [`Refusal::ZeroVariance`] for a certain belief, [`Refusal::OutOfRange`] for a `rope` that
    /// is negative or not finite.
    pub fn summary(self, alpha: Alpha, rope: f64) -> Result<EffectBelief, Refusal> {
        let holds = rope >= 0.0 && rope.is_finite();
        let what = "size of effects that do not matter";
        Refusal::require(holds, what, rope, "a finite number not below 0")?;
        let (m, s) = (self.mean, self.standard_deviation);
        if s == 0.0 {
            return Err(Refusal::no_variance("belief about the effect"));
        }
        let z = m / s;
        let reach = normal_isf(0.5 * alpha.get()) * s;
        // On the side of zero that the mean is not on, tails are small and keep their digits.
        let (near, far) = ((rope - m.abs()) / s, (-rope - m.abs()) / s);
        Ok(EffectBelief {
            probability_positive: normal_cdf(z),
            ln_probability_positive: ln_normal_cdf(z),
            ln_probability_negative: ln_normal_sf(z),
            interval: Interval::new(m - reach, m + reach, alpha),
            loss_of_candidate: s * partial_mean(z),
            loss_of_control: s * partial_mean(-z),
            probability_negligible: (normal_cdf(near) - normal_cdf(far)).max(0.0),
        })
    }
}

/// Combines an estimate of an effect with a prior belief.
///
/// The posterior's precision `1 / se^2 + 1 / v_0` is the sum of both, its mean the mean of both
/// weighted by precision; without a prior it is the estimate itself. Assumes that the estimate is
/// about normal. An estimate without error overrides every prior that is not certain.
///
/// Gelman and others (2013), <https://doi.org/10.1201/b16018>, section 2.5.
///
/// # Errors
/// [`Refusal::ZeroVariance`] for a standard error of 0 without a prior or with a certain one,
/// and as [`NormalLaw::new`] for the estimate and its error.
///
/// ```
/// use switchstand::stats::{Alpha, bayes::{self, NormalLaw}};
/// let prior = NormalLaw::new(0.0, 0.1)?;
/// let belief = bayes::posterior(0.5, 0.1, Some(prior))?;
/// assert!((belief.mean() - 0.25).abs() < 1e-12);
/// let summary = belief.summary(Alpha::FIVE_PERCENT, 0.01)?;
/// assert!(summary.probability_positive > 0.999);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn posterior(
    estimate: f64,
    standard_error: f64,
    prior: Option<NormalLaw>,
) -> Result<NormalLaw, Refusal> {
    let observed = NormalLaw::new(estimate, standard_error)?;
    let certain = Refusal::no_variance("estimate of the effect");
    let Some(prior) = prior else {
        return if standard_error == 0.0 {
            Err(certain)
        } else {
            Ok(observed)
        };
    };
    let prior_error = prior.standard_deviation;
    let both = standard_error.hypot(prior_error);
    if standard_error == 0.0 && prior_error == 0.0 {
        return Err(certain);
    }
    let (share, rest) = (prior_error / both, standard_error / both);
    NormalLaw::new(
        share * share * estimate + rest * rest * prior.mean,
        standard_error * share,
    )
}

/// The belief about an effect, candidate minus control.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct EffectBelief {
    /// Probability that the effect is above zero.
    pub probability_positive: f64,
    /// Its natural logarithm, finite where it underflows.
    pub ln_probability_positive: f64,
    /// Natural logarithm of the probability that the effect is below zero.
    pub ln_probability_negative: f64,
    /// Equal-tailed credible interval.
    pub interval: Interval,
    /// Expected loss of choosing the candidate, `E[max(-effect, 0)]`.
    pub loss_of_candidate: f64,
    /// Expected loss of choosing the control, `E[max(effect, 0)]`.
    pub loss_of_control: f64,
    /// Probability that the effect does not matter.
    pub probability_negligible: f64,
}

/// Returns `phi(z) - z Phi(-z)`, the mean of a normal variable's part above `z`.
fn partial_mean(z: f64) -> f64 {
    if z < 5.0 {
        return normal_pdf(z) - z * normal_sf(z);
    }
    // By the continued fraction of Mills' ratio, DLMF 7.9.1: the difference would cancel.
    let mut rest = z;
    for k in (2..=60).rev() {
        rest = z + f64::from(k) / rest;
    }
    normal_pdf(z) / (rest * (z + 1.0 / rest))
}

impl Belief for NormalLaw {
    fn ends(&self) -> (f64, f64) {
        let reach = 10.0 * self.standard_deviation;
        (self.mean - reach, self.mean + reach)
    }

    fn centre(&self) -> f64 {
        self.mean
    }

    fn scale(&self) -> f64 {
        self.standard_deviation
    }

    fn ln_density(&self, at: f64) -> f64 {
        let z = (at - self.mean) / self.standard_deviation;
        -0.5 * z * z - (self.standard_deviation * SQRT_TAU).ln()
    }

    fn ln_tails(&self, at: f64) -> (f64, f64) {
        let z = (at - self.mean) / self.standard_deviation;
        (ln_normal_cdf(z), ln_normal_sf(z))
    }

    fn value(&self, at: f64) -> f64 {
        at
    }

    fn ln_slope(&self, _: f64) -> f64 {
        0.0
    }
}
