//! Mean, variance, skewness, kurtosis and range of a stream of values.

#[cfg(feature = "serde")]
mod stored;

use super::moments::MAX_VARIANCE_ERROR;
use super::moments::scale::{level_of, times};
use super::pair_sums::rounding;
use super::state::MAX_COUNT;
use super::{Moments, Refusal};

/// The moments to the fourth of a stream, with the smallest and the largest value.
///
/// Use it to see whether a metric is too skewed for a test on means; the tests themselves need
/// only [`Moments`](super::Moments). Updates and merges follow Pébay (2008),
/// <https://doi.org/10.2172/1028931>. Fourth powers limit the scale: values whose deviations
/// are outside of about 1e-75 to 1e75 have no shape here, and overflow is refused.
///
/// ```
/// use switchstand::stats::HigherMoments;
/// let mut scores = HigherMoments::new();
/// scores.extend_from_slice(&[1.0, 2.0, 3.0, 10.0])?;
/// assert_eq!((scores.min(), scores.max()), (Some(1.0), Some(10.0)));
/// assert!(scores.skewness() > Some(1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HigherMoments {
    n: u64,
    mean: f64,
    m2: f64,
    m3: f64,
    m4: f64,
    min: f64,
    max: f64,
    /// Mean and power sums are of values scaled by this [level](super::moments::scale).
    level: u8,
}

impl HigherMoments {
    /// Returns the moments of no values.
    #[must_use]
    pub const fn new() -> HigherMoments {
        HigherMoments {
            n: 0,
            mean: 0.0,
            m2: 0.0,
            m3: 0.0,
            m4: 0.0,
            min: 0.0,
            max: 0.0,
            level: 0,
        }
    }

    /// Returns the moments of `n` values from the sums of their first to fourth powers.
    ///
    /// # Errors
    /// As [`Moments::from_sums`](super::Moments::from_sums), for each of the powers;
    /// [`Refusal::OutOfRange`] if the mean lies outside of the least and the greatest value.
    pub fn from_sums(
        n: u64,
        powers: [f64; 4],
        (min, max): (f64, f64),
    ) -> Result<HigherMoments, Refusal> {
        let [s1, s2, s3, s4] = powers;
        for (what, value) in [("sum of cubes", s3), ("sum of fourth powers", s4)] {
            Refusal::require_finite(what, value)?;
        }
        let simple = Moments::from_sums(n, s1, s2)?;
        let (count, mean) = (n as f64, s1 / n as f64);
        let slack = 1e-12 * min.abs().max(max.abs());
        let holds = min - slack <= mean && mean <= max + slack;
        let expected = "between the least and the greatest value";
        Refusal::require(holds, "mean", mean, expected)?;
        let deviation = simple.standard_deviation().unwrap_or(0.0);
        let m2 = deviation * deviation * (count - 1.0);
        let one = HigherMoments {
            n,
            mean,
            m2,
            min,
            max,
            ..HigherMoments::new()
        };
        if m2 == 0.0 {
            return Ok(one);
        }
        let m3 = s3 - mean * (3.0 * s2 - 2.0 * mean * s1);
        let m4 = s4 - mean * (4.0 * s3 - mean * (6.0 * s2 - 3.0 * mean * s1));
        let size = s4 + mean.abs() * (4.0 * s3.abs() + mean.abs() * 9.0 * s2);
        let of_cubes = s3.abs() + mean.abs() * 5.0 * s2;
        let third = (m2 / count).sqrt() * m2;
        for (what, found, rounded, least) in [
            ("third moment from sums", m3, of_cubes, third),
            ("fourth moment from sums", m4, size, m4),
        ] {
            let uncertain = rounding(n) * rounded;
            // Also where the fourth moment is negative, which no values have.
            if !found.is_finite() || uncertain > MAX_VARIANCE_ERROR * least {
                let relative_error = uncertain / least.abs();
                return Err(Refusal::LostPrecision {
                    what,
                    relative_error,
                });
            }
        }
        Ok(HigherMoments { m3, m4, ..one })
    }

    /// Adds one value.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] for NaN or an infinity, [`Refusal::Overflow`] where the fourth
    /// power of the deviation overflows; the state stays as it was.
    pub fn record(&mut self, value: f64) -> Result<(), Refusal> {
        Refusal::require_finite("value", value)?;
        let level = match value == 0.0 {
            true => 0,
            false => level_of(value),
        };
        self.merge(&HigherMoments {
            n: 1,
            mean: times(value, level.into()),
            min: value,
            max: value,
            level,
            ..HigherMoments::new()
        })
    }

    /// Adds all values.
    ///
    /// # Errors
    /// As [`record`](HigherMoments::record), for any of the values; then none is added.
    pub fn extend_from_slice(&mut self, values: &[f64]) -> Result<(), Refusal> {
        let mut total = *self;
        for &value in values {
            total.record(value)?;
        }
        *self = total;
        Ok(())
    }

    /// Adds the values that `other` has seen.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] where the count exceeds 2^53 or a sum of powers overflows; the
    /// state stays as it was.
    pub fn merge(&mut self, other: &HigherMoments) -> Result<(), Refusal> {
        if other.n == 0 {
            return Ok(());
        }
        if self.n == 0 {
            *self = *other;
            return Ok(());
        }
        let (left, right) = (self.n as f64, other.n as f64);
        let n = self.n + other.n;
        let count = n as f64;
        let (p, q) = (left / count, right / count);
        let level = self.common_level(other);
        let (one, other) = (self.at_level(level), other.at_level(level));
        let delta = other.mean - one.mean;
        let square = delta * delta;
        let m2 = one.m2 + other.m2 + square * left * q;
        let m3 = one.m3
            + other.m3
            + square * delta * left * q * (p - q)
            + 3.0 * delta * (p * other.m2 - q * one.m2);
        let m4 = one.m4
            + other.m4
            + square * square * left * q * (p * p - p * q + q * q)
            + 6.0 * square * (p * p * other.m2 + q * q * one.m2)
            + 4.0 * delta * (p * other.m3 - q * one.m3);
        let what = if n > MAX_COUNT {
            "number of values"
        } else {
            "fourth power of a deviation"
        };
        if n > MAX_COUNT || !m4.is_finite() || !m3.is_finite() {
            return Err(Refusal::Overflow { what });
        }
        *self = HigherMoments {
            n,
            mean: one.mean + delta * q,
            m2,
            m3,
            // An even power sum is negative by a rounding error only.
            m4: m4.max(0.0),
            min: one.min.min(other.min),
            max: one.max.max(other.max),
            level,
        };
        Ok(())
    }

    /// Returns the number of values.
    #[must_use]
    pub const fn n(&self) -> u64 {
        self.n
    }

    /// Returns the arithmetic mean, none before the first value.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| times(self.mean, -i32::from(self.level)))
    }

    /// Returns the smallest value, none before the first.
    #[must_use]
    pub fn min(&self) -> Option<f64> {
        (self.n > 0).then_some(self.min)
    }

    /// Returns the largest value, none before the first.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        (self.n > 0).then_some(self.max)
    }

    /// Returns the sample variance (divisor `n - 1`), none before the second value.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        let variance = self.scaled_variance()?;
        Some(times(variance, -2 * i32::from(self.level)))
    }

    /// Returns the sample standard deviation, none before the second value.
    #[must_use]
    pub fn standard_deviation(&self) -> Option<f64> {
        let deviation = self.scaled_variance()?.sqrt();
        Some(times(deviation, -i32::from(self.level)))
    }

    /// Returns the skewness, `m3 / m2^1.5` of the population moments.
    ///
    /// There is none before the second value, nor if nothing varies.
    #[must_use]
    pub fn skewness(&self) -> Option<f64> {
        let sd = self.population_sd()?;
        Some(self.m3 / self.n as f64 / sd / sd / sd)
    }

    /// Returns the excess kurtosis, `m4 / m2^2 - 3` of the population moments.
    ///
    /// It is 0 for a normal distribution. There is none before the second value, nor if
    /// nothing varies.
    #[must_use]
    pub fn excess_kurtosis(&self) -> Option<f64> {
        let sd = self.population_sd()?;
        Some(self.m4 / self.n as f64 / sd / sd / sd / sd - 3.0)
    }

    fn scaled_variance(&self) -> Option<f64> {
        (self.n > 1).then(|| self.m2 / (self.n - 1) as f64)
    }

    /// Returns the scale on which both can be held: that of the larger values.
    fn common_level(&self, other: &HigherMoments) -> u8 {
        match (self.is_zero(), other.is_zero()) {
            (true, _) => other.level,
            (_, true) => self.level,
            _ => self.level.min(other.level),
        }
    }

    /// Tells whether all values are 0: these have no scale.
    fn is_zero(&self) -> bool {
        self.min == 0.0 && self.max == 0.0
    }

    /// Returns the same moments on another scale.
    fn at_level(&self, level: u8) -> HigherMoments {
        let up = i32::from(level) - i32::from(self.level);
        HigherMoments {
            mean: times(self.mean, up),
            m2: times(self.m2, 2 * up),
            m3: times(self.m3, 3 * up),
            m4: times(self.m4, 4 * up),
            level,
            ..*self
        }
    }

    /// Returns the standard deviation with divisor n on the own scale, none if nothing varies.
    fn population_sd(&self) -> Option<f64> {
        (self.m2 > 0.0).then(|| (self.m2 / self.n as f64).sqrt())
    }
}
