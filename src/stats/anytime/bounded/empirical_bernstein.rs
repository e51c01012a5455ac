//! The empirical Bernstein confidence sequence.

use super::predictor::Predictor;
use super::unit_value;
use crate::stats::{Alpha, Interval, Refusal};

/// A confidence sequence of the mean of values in `[0, 1]`, in constant memory.
///
/// # Formula
/// With predictable weights `l_i = min(sqrt(2 ln(2 / alpha) / (s2_{i-1} i ln(1 + i))), 1/2)`, the
/// interval is `sum(l x) / sum(l)` plus and minus
/// `(ln(2 / alpha) + sum (x_i - m_{i-1})^2 (-ln(1 - l_i) - l_i)) / sum(l)`, clipped to `[0, 1]`.
///
/// It is wider than [`hedged_interval`](super::hedged_interval), which needs all values again. It
/// depends on the order of the values, so two of them cannot be merged.
///
/// Assumptions and source: those of [the bounded methods](crate::stats::anytime).
///
/// ```
/// use switchstand::stats::{Alpha, anytime::EmpiricalBernstein};
/// let mut score = EmpiricalBernstein::new(Alpha::FIVE_PERCENT);
/// for i in 0..1_000 {
///     score.record(if i % 4 == 0 { 1.0 } else { 0.6 })?;
/// }
/// assert!(score.interval().contains(0.7));
/// assert!(score.interval().width() < 0.12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmpiricalBernstein {
    alpha: Alpha,
    past: Predictor,
    weights: f64,
    weighted: f64,
    variation: f64,
}

impl EmpiricalBernstein {
    /// Returns the sequence before the first value.
    #[must_use]
    pub fn new(alpha: Alpha) -> EmpiricalBernstein {
        EmpiricalBernstein {
            alpha,
            past: Predictor::default(),
            weights: 0.0,
            weighted: 0.0,
            variation: 0.0,
        }
    }

    /// Takes in one value.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] or [`Refusal::OutOfRange`] outside of `[0, 1]`; the state stays as
    /// it was.
    pub fn record(&mut self, value: f64) -> Result<(), Refusal> {
        let x = unit_value("value", value)?;
        let weight = self.past.bet(self.alpha.get()).min(0.5);
        self.weights += weight;
        self.weighted += weight * x;
        self.variation += (x - self.past.mean()).powi(2) * (-(-weight).ln_1p() - weight);
        self.past.see(x);
        Ok(())
    }

    /// Returns how many values were taken in.
    #[must_use]
    pub const fn n(&self) -> u64 {
        self.past.t()
    }

    #[cfg(feature = "serde")]
    pub(in crate::stats) const fn alpha(&self) -> Alpha {
        self.alpha
    }

    /// Returns the interval of this moment, all of `[0, 1]` before the first value.
    #[must_use]
    pub fn interval(&self) -> Interval {
        if self.n() == 0 {
            return Interval::new(0.0, 1.0, self.alpha);
        }
        let centre = self.weighted / self.weights;
        let radius = ((2.0 / self.alpha.get()).ln() + self.variation) / self.weights;
        let (lower, upper) = ((centre - radius).max(0.0), (centre + radius).min(1.0));
        Interval::new(lower, upper, self.alpha)
    }
}

#[cfg(feature = "serde")]
mod stored {
    use super::{Alpha, EmpiricalBernstein, Predictor};
    use crate::stats::state::{StateError, stored_form};

    const NAME: &str = "empirical Bernstein sequence";

    stored_form!(
        NAME,
        version 1,
        EmpiricalBernstein {
            alpha: Alpha,
            past: Predictor,
            weights: f64,
            weighted: f64,
            variation: f64,
        },
        |sequence| {
            let (values, weights) = (sequence.past.t() as f64, sequence.weights);
            let possible = sequence.past.is_possible()
                && (0.0..=0.5 * values).contains(&weights)
                && (weights > 0.0 || values == 0.0)
                && (0.0..=weights).contains(&sequence.weighted)
                && (0.0..=values).contains(&sequence.variation);
            StateError::require(possible, NAME, "no values lead to it")
        },
    );
}
