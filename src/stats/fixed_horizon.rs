//! The result of a test that is valid for one look at the observations.

pub(crate) mod law;
pub(crate) mod wald;

use core::fmt;

use super::{Alpha, Interval, Measure, PValue};

/// Effect, interval and p-value of a test whose sample size was fixed beforehand.
///
/// The type says that the numbers are valid for **one** look. If you compute them again and again
/// while observations arrive, and stop at the first p below alpha, you err far more often than
/// alpha: 19 times in 100 after ten looks at alpha = 0.05, 42 after 200. For evidence at any time
/// see [`anytime`](super::anytime).
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FixedHorizon {
    /// Name of the test, and of the interval where that is another method's.
    pub method: &'static str,
    /// What the effect measures.
    pub measure: Measure,
    /// The estimate, candidate against control.
    pub effect: f64,
    /// Standard error of the estimate, or of its logarithm if the measure is a ratio.
    pub standard_error: f64,
    /// Effects that the data do not contradict; one-sided if the alternative is.
    pub interval: Interval,
    /// Effect that the null hypothesis states, or its limit if the alternative is one-sided.
    pub null: f64,
    /// Direction of the test.
    pub alternative: Alternative,
    /// Error rate of the interval.
    pub alpha: Alpha,
    /// Test statistic and its distribution.
    pub statistic: Statistic,
    /// How surprising the observations are under the null hypothesis.
    pub p: PValue,
}

impl FixedHorizon {
    /// Tells whether the p-value is below the error rate.
    #[must_use]
    pub fn is_significant(&self) -> bool {
        self.p.value < self.alpha.get()
    }
}

impl fmt::Display for FixedHorizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}, {} % interval {} to {}, {} ({}, {})",
            self.measure.name(),
            self.measure.show(self.effect),
            round_percent(self.interval.level),
            self.measure.show(self.interval.lower),
            self.measure.show(self.interval.upper),
            self.p,
            self.method,
            self.statistic,
        )
    }
}

/// The direction of a test.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Alternative {
    /// The candidate differs from the control, in either direction.
    #[default]
    TwoSided,
    /// The candidate's value is greater than the control's.
    Greater,
    /// The candidate's value is less than the control's.
    Less,
}

/// A test statistic and its distribution under the null hypothesis.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case", tag = "law"))]
#[non_exhaustive]
pub enum Statistic {
    /// Standard normal under the null hypothesis.
    Normal {
        /// Distance of the effect from the null value, in standard errors.
        z: f64,
    },
    /// Student's t under the null hypothesis.
    StudentT {
        /// Distance of the effect from the null value, in standard errors.
        t: f64,
        /// Degrees of freedom, not always whole.
        degrees_of_freedom: f64,
    },
    /// Chi-squared under the null hypothesis.
    ChiSquared {
        /// Sum of squared deviations in their variances.
        chi_squared: f64,
        /// Degrees of freedom.
        degrees_of_freedom: f64,
    },
    /// The p-value is a sum of probabilities of the counts themselves.
    Exact,
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Statistic::Normal { z } => write!(f, "z = {z:.2}"),
            Statistic::StudentT {
                t,
                degrees_of_freedom,
            } => write!(f, "t = {t:.2} on {degrees_of_freedom:.0} df"),
            Statistic::ChiSquared {
                chi_squared,
                degrees_of_freedom,
            } => write!(
                f,
                "chi-squared = {chi_squared:.2} on {degrees_of_freedom:.0} df"
            ),
            Statistic::Exact => write!(f, "exact"),
        }
    }
}

/// Returns a level in percent without the noise of its last bits.
pub(crate) fn round_percent(level: f64) -> f64 {
    (level * 1e8).round() / 1e6
}
