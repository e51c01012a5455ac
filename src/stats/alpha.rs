//! Error rates.

use super::Refusal;

/// An error probability between zero and one, neither of them included.
///
/// A test at `alpha` rejects a true null hypothesis with at most this probability; an interval
/// at `alpha` covers the truth with probability `1 - alpha`, its [`level`](Alpha::level).
///
/// ```
/// use switchstand::stats::Alpha;
/// let alpha = Alpha::new(0.01)?;
/// assert_eq!(alpha.level(), 0.99);
/// assert!(Alpha::new(1.0).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "f64", into = "f64"))]
pub struct Alpha(f64);

impl Alpha {
    /// One in twenty, the convention of most experiments.
    pub const FIVE_PERCENT: Alpha = Alpha(0.05);
    /// One in a hundred, the default of guards.
    pub const ONE_PERCENT: Alpha = Alpha(0.01);
    /// One in a thousand, the default of checks that an experiment is sound.
    pub const ONE_PER_MILLE: Alpha = Alpha(0.001);

    /// Returns the error rate `value`, which lies strictly between 0 and 1.
    ///
    /// Subnormal numbers, below 2.3e-308, count as 0, because half of one may be 0.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for any other number, NaN included.
    pub const fn new(value: f64) -> Result<Alpha, Refusal> {
        if value >= f64::MIN_POSITIVE && value < 1.0 {
            return Ok(Alpha(value));
        }
        Err(Refusal::OutOfRange {
            what: "alpha",
            value,
            expected: "a number strictly between 0 and 1",
        })
    }

    /// Returns the probability as a number between 0 and 1.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// Returns the level of an interval at this error rate, `1 - alpha`.
    #[must_use]
    pub const fn level(self) -> f64 {
        1.0 - self.0
    }
}

impl TryFrom<f64> for Alpha {
    type Error = Refusal;

    fn try_from(value: f64) -> Result<Alpha, Refusal> {
        Alpha::new(value)
    }
}

impl From<Alpha> for f64 {
    fn from(alpha: Alpha) -> f64 {
        alpha.0
    }
}
