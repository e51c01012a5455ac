//! Estimates what a policy that did not run would have earned, from the log of one that ran.
//!
//! Each logged decision has the propensity with which its action was chosen, the probability with
//! which the *target* policy would have chosen it, and its reward. The weight of a decision is the
//! ratio of the two probabilities.
//!
//! | question | field of [`OffPolicyEstimate`] |
//! |---|---|
//! | what would the target have earned? | `value` (unbiased), `self_normalised` (steadier) |
//! | how precise is that, at any time? | `interval` |
//! | is it better than what ran? | `gain`, `gain_interval` |
//! | are there enough data? | `effective_sample_size`, `mean_weight` |
//!
//! # Assumptions
//! - Every action that the target may take had a positive propensity: [`MaxWeight`] checks it.
//! - Propensities are those of the draw, given what the policy knew. Leave out decisions without a
//!   draw (pins, lists, overrides). But do not leave out decisions because of their outcome
//!   (fallbacks, overload): that biases the estimate.
//! - Each unit's draw is counted once: a sticky unit that comes again is drawn only once, so its
//!   later requests are no new evidence. Record its first reward, or its total.
//! - The interval assumes that, given the past, each decision has the same expected reward under
//!   either policy.
//!
//! # When not to use it
//! With an effective sample size of a few dozen the estimate is that of a few decisions. Run a
//! canary instead.
//!
//! Sources: Horvitz and Thompson (1952), <https://doi.org/10.1080/01621459.1952.10483446>;
//! Waudby-Smith, Wu, Ramdas, Karampatziakis and Mineiro (2024),
//! <https://doi.org/10.1145/3643693>, of which the interval is the simplest case.

mod decision;
mod error;
mod estimate;
#[cfg(feature = "serde")]
mod stored;

pub use decision::{LoggedDecision, MaxWeight};
pub use error::OffPolicyError;
pub use estimate::OffPolicyEstimate;

use super::Alpha;
use super::anytime::EmpiricalBernstein;

/// An estimator of a target policy's value from logged decisions, in constant memory.
///
/// # Formula
/// With weights `w` and rewards `r` in `[0, 1]`, the value is the mean of `w r`. Its lower bound is
/// that of an [`EmpiricalBernstein`] sequence of `w r / W`, times the greatest weight `W`; its
/// upper bound is 1 minus that of `w (1 - r)`, because weights average 1. The gain's bounds come
/// from `1 + (w - 1) r` and `1 + (w - 1) (1 - r)` alike, each at half of alpha.
///
/// It depends on the order of the decisions, so two of them cannot be merged: run one on each of
/// `k` servers, at alpha over `k`. What lies in all their intervals then holds at alpha.
///
/// ```
/// use switchstand::stats::Alpha;
/// use switchstand::stats::off_policy::{LoggedDecision, MaxWeight, OffPolicy};
/// // The log chose between two actions at 80 % and 20 %; the target would at 50 % each.
/// let actions = [(0.8, 0.5), (0.2, 0.5)];
/// let mut target = OffPolicy::new(MaxWeight::over(actions)?, Alpha::FIVE_PERCENT);
/// for i in 0..20_000 {
///     let (propensity, wanted) = if i % 5 == 0 { actions[1] } else { actions[0] };
///     let reward = if i % 5 == 0 { 0.9 } else { 0.6 };
///     target.record(LoggedDecision::new(propensity, wanted, reward)?)?;
/// }
/// let estimate = target.estimate()?;
/// assert!((estimate.value - 0.75).abs() < 1e-9);
/// assert!(estimate.gain_interval.lower > 0.0, "better than the 0.66 of what ran");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OffPolicy {
    max_weight: MaxWeight,
    alpha: Alpha,
    sums: Sums,
    weights: EmpiricalBernstein,
    earned: EmpiricalBernstein,
    missed: EmpiricalBernstein,
    gained: EmpiricalBernstein,
    lost: EmpiricalBernstein,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Sums {
    reward: f64,
    weight: f64,
    weight_squared: f64,
    weighted: f64,
    greatest_weight: f64,
}

impl OffPolicy {
    /// The chance that right propensities are refused as wrong, over all looks.
    pub const ALPHA_OF_WEIGHTS: Alpha = Alpha::ONE_PER_MILLE;

    /// Returns the estimate before the first decision; `alpha` is the interval's.
    ///
    /// `max_weight` follows from the two policies. Do not estimate it from the decisions.
    #[must_use]
    pub fn new(max_weight: MaxWeight, alpha: Alpha) -> OffPolicy {
        OffPolicy {
            max_weight,
            alpha,
            sums: Sums::default(),
            weights: EmpiricalBernstein::new(OffPolicy::ALPHA_OF_WEIGHTS),
            earned: EmpiricalBernstein::new(alpha),
            missed: EmpiricalBernstein::new(alpha),
            gained: EmpiricalBernstein::new(alpha),
            lost: EmpiricalBernstein::new(alpha),
        }
    }

    /// Takes in one decision.
    ///
    /// # Errors
    /// [`OffPolicyError::TooHeavy`] for a weight above the greatest; the state stays as it was.
    pub fn record(&mut self, decision: LoggedDecision) -> Result<(), OffPolicyError> {
        let (weight, reward) = (decision.weight(), decision.reward());
        let greatest = self.max_weight.get();
        if weight > greatest {
            return Err(OffPolicyError::TooHeavy { weight, greatest });
        }
        // All lie in [0, 1] but for rounding, because a greatest weight is at least 1.
        let scaled = |value: f64| (value / greatest).clamp(0.0, 1.0);
        self.weights.record(scaled(weight))?;
        self.earned.record(scaled(weight * reward))?;
        self.missed.record(scaled(weight * (1.0 - reward)))?;
        self.gained.record(scaled(1.0 + (weight - 1.0) * reward))?;
        self.lost
            .record(scaled(1.0 + (weight - 1.0) * (1.0 - reward)))?;
        let sums = &mut self.sums;
        sums.reward += reward;
        sums.weight += weight;
        sums.weight_squared += weight * weight;
        sums.weighted += weight * reward;
        sums.greatest_weight = sums.greatest_weight.max(weight);
        Ok(())
    }

    /// Returns how many decisions were taken in.
    #[must_use]
    pub const fn n(&self) -> u64 {
        self.weights.n()
    }
}
