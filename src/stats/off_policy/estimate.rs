//! What a log says about a policy that was not run.

use core::fmt;

use super::{OffPolicy, OffPolicyError};
use crate::stats::Interval;
use crate::stats::anytime::EmpiricalBernstein;
use crate::stats::measure::significant;

/// What a log says about a policy that was not run.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct OffPolicyEstimate {
    /// Logged decisions.
    pub n: u64,
    /// Estimated reward of the target, unbiased; noise may put it outside of 0 to 1.
    pub value: f64,
    /// The same, divided by the mean weight: slightly biased, with less noise, always within 0 to
    /// 1.
    pub self_normalised: f64,
    /// Values of the target that the log does not contradict, valid at every look.
    pub interval: Interval,
    /// Mean reward of the policy that ran.
    pub logged_value: f64,
    /// `value - logged_value`.
    pub gain: f64,
    /// Gains that the log does not contradict, valid at every look, at the same level as `interval`
    /// but separately.
    pub gain_interval: Interval,
    /// The number of decisions of equal weight with the same precision: `(sum w)^2 / sum w^2` (Kish
    /// 1965).
    pub effective_sample_size: f64,
    /// Mean of the weights; it should be about 1.
    pub mean_weight: f64,
    /// The greatest weight that was met.
    pub greatest_weight: f64,
}

impl OffPolicy {
    /// Returns what the log says at this moment.
    ///
    /// # Errors
    /// [`OffPolicyError::NoOverlap`] without a decision of positive weight,
    /// [`OffPolicyError::WrongPropensities`] if the mean of the weights is not 1, by a sequence
    /// of its own at [`OffPolicy::ALPHA_OF_WEIGHTS`].
    pub fn estimate(&self) -> Result<OffPolicyEstimate, OffPolicyError> {
        let (n, sums) = (self.n() as f64, &self.sums);
        if sums.weight == 0.0 {
            return Err(OffPolicyError::NoOverlap { found: self.n() });
        }
        let mean_weight = sums.weight / n;
        let of_weights = self.weights.interval();
        if !of_weights.contains(1.0 / self.max_weight.get()) {
            return Err(OffPolicyError::WrongPropensities { mean_weight });
        }
        let greatest = self.max_weight.get();
        let least = |sequence: &EmpiricalBernstein| greatest * sequence.interval().lower;
        let (value, logged_value) = (sums.weighted / n, sums.reward / n);
        // A lower bound may exceed an upper one only if the assumptions fail; it is shown.
        let interval = Interval::new(
            least(&self.earned).min(1.0),
            (1.0 - least(&self.missed)).max(0.0),
            self.alpha,
        );
        let gain_interval = Interval::new(
            (least(&self.gained) - 1.0).clamp(-1.0, 1.0),
            (1.0 - least(&self.lost)).clamp(-1.0, 1.0),
            self.alpha,
        );
        Ok(OffPolicyEstimate {
            n: self.n(),
            value,
            self_normalised: sums.weighted / sums.weight,
            interval,
            logged_value,
            gain: value - logged_value,
            gain_interval,
            effective_sample_size: sums.weight / sums.weight_squared * sums.weight,
            mean_weight,
            greatest_weight: sums.greatest_weight,
        })
    }
}

impl fmt::Display for OffPolicyEstimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "value {} {}, against {} of what ran: gain {:+} {} ({} decisions, worth {:.0} of \
             equal weight; valid at every look)",
            significant(self.value),
            self.interval,
            significant(self.logged_value),
            significant(self.gain),
            self.gain_interval,
            self.n,
            self.effective_sample_size,
        )
    }
}
