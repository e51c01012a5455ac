//! What an effect measures, how it is written, and which direction is worse.

use core::fmt;

/// The direction in which a number gets worse.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Worse {
    /// Latency, errors, memory.
    Higher,
    /// Accuracy, clicks, revenue.
    Lower,
}

/// What an effect measures.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Measure {
    /// Candidate's rate minus control's rate; no effect is 0.
    RateDifference,
    /// Candidate's mean minus control's mean; no effect is 0.
    MeanDifference,
    /// Candidate over control, minus 1; no effect is 0.
    RelativeDifference,
    /// Candidate's rate over control's rate; no effect is 1.
    RateRatio,
    /// Candidate's odds over control's odds; no effect is 1.
    OddsRatio,
    /// Candidate's ratio of sums minus control's; no effect is 0.
    RatioDifference,
    /// Candidate's events per exposure minus control's; no effect is 0.
    EventRateDifference,
    /// Candidate's quantile minus control's; no effect is 0.
    QuantileDifference,
    /// How far the candidate's distribution is shifted; no effect is 0.
    Shift,
    /// Probability that a candidate's value exceeds a control's; no effect is 1/2.
    Superiority,
    /// Candidate's area under the ROC curve minus control's; no effect is 0.
    AreaDifference,
    /// Agreement beyond chance, from -1 to 1; agreement by chance is 0.
    Agreement,
}

impl Measure {
    /// Returns the effect that stands for no difference.
    #[must_use]
    pub const fn no_effect(self) -> f64 {
        match self {
            Measure::RateRatio | Measure::OddsRatio => 1.0,
            Measure::Superiority => 0.5,
            _ => 0.0,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Measure::RateDifference => "difference of rates",
            Measure::MeanDifference => "difference of means",
            Measure::RelativeDifference => "relative difference",
            Measure::RateRatio => "ratio of rates",
            Measure::OddsRatio => "odds ratio",
            Measure::RatioDifference => "difference of ratios",
            Measure::EventRateDifference => "difference of event rates",
            Measure::QuantileDifference => "difference of quantiles",
            Measure::Shift => "shift",
            Measure::Superiority => "probability of a larger value",
            Measure::AreaDifference => "difference of areas under the curve",
            Measure::Agreement => "agreement beyond chance",
        }
    }

    /// Returns an effect as a person writes it: points and percent where they are customary.
    pub(crate) const fn show(self, effect: f64) -> Shown {
        Shown {
            measure: self,
            effect,
        }
    }
}

/// An effect together with how to write it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    measure: Measure,
    effect: f64,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effect = self.effect;
        match self.measure {
            Measure::RateDifference => write!(f, "{:+} pp", significant(100.0 * effect)),
            Measure::RelativeDifference => write!(f, "{:+} %", significant(100.0 * effect)),
            Measure::RateRatio | Measure::OddsRatio | Measure::Superiority => {
                write!(f, "{}", significant(effect))
            }
            _ => write!(f, "{:+}", significant(effect)),
        }
    }
}

/// A number written with four significant digits, as a fraction unless it is extreme.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Significant(f64);

pub(crate) const fn significant(value: f64) -> Significant {
    Significant(value)
}

impl fmt::Display for Significant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        let sign = if f.sign_plus() && value > 0.0 {
            "+"
        } else {
            ""
        };
        let size = value.abs();
        if size == 0.0 || !size.is_finite() {
            return write!(f, "{sign}{value}");
        }
        if !(1e-5..1e7).contains(&size) {
            return write!(f, "{sign}{value:.3e}");
        }
        let digits = (3.0 - size.log10().floor()).max(0.0) as usize;
        write!(f, "{sign}{value:.digits$}")
    }
}
