//! A range of values that the data do not contradict.

#[cfg(feature = "serde")]
mod bound;

use core::fmt;

/// A confidence interval together with its level.
///
/// A bound may be infinite if the method says so; it is never NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Interval {
    /// Smallest value in the interval.
    #[cfg_attr(feature = "serde", serde(with = "bound"))]
    pub lower: f64,
    /// Largest value in the interval.
    #[cfg_attr(feature = "serde", serde(with = "bound"))]
    pub upper: f64,
    /// Probability with which the method covers the truth, `1 - alpha`.
    pub level: f64,
}

impl Interval {
    pub(crate) const fn new(lower: f64, upper: f64, alpha: super::Alpha) -> Interval {
        Interval {
            lower,
            upper,
            level: alpha.level(),
        }
    }

    /// Tells whether `value` lies in the interval, bounds included.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }

    /// Returns the distance between the bounds.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.upper - self.lower
    }

    /// Tells whether no value satisfies the interval.
    ///
    /// A running intersection of confidence sequences becomes empty under drift.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lower > self.upper
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let precision = f.precision().unwrap_or(4);
        write!(
            f,
            "[{:.precision$}, {:.precision$}]",
            self.lower, self.upper
        )
    }
}
