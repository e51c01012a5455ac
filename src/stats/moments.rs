//! Mean and variance of a stream of values.

mod block;
pub(in crate::stats) mod scale;
#[cfg(feature = "serde")]
mod stored;
mod summary;

use super::Refusal;
use super::state::MAX_COUNT;
pub(super) use block::BLOCK;
use scale::{SMALL, level_of, times};
pub(super) use summary::MAX_VARIANCE_ERROR;

/// The count, mean and sum of squared deviations of a stream.
///
/// A value that is NaN or infinite is refused and leaves the state as it was, so one bad value does
/// not spoil the rest. Any partition of the values, merged in any order, gives the same answer up
/// to rounding (relative 1e-12 of the values' scale).
///
/// Updates follow Welford (1962), <https://doi.org/10.1080/00401706.1962.10490022>; merges follow
/// Chan, Golub and LeVeque (1983), <https://doi.org/10.1080/00031305.1983.10483115>. (A sum and a
/// sum of squares would lose all digits of a small variance around a large mean.)
///
/// ```
/// use switchstand::stats::Moments;
/// let mut latency = Moments::new();
/// latency.extend_from_slice(&[10_000_001.0, 10_000_003.0])?;
/// latency.record(10_000_002.0)?;
/// assert_eq!(latency.mean(), Some(10_000_002.0));
/// assert_eq!(latency.variance(), Some(1.0));
/// assert!(latency.record(f64::NAN).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    n: u64,
    mean: f64,
    /// What the mean is off by: the mean of a batch has more digits than an `f64` holds, and
    /// the difference of two large means needs them.
    mean_low: f64,
    m2: f64,
    /// Mean and squares are of values scaled by this [level](scale).
    level: u8,
}

impl Moments {
    /// Returns the moments of no values.
    #[must_use]
    pub const fn new() -> Moments {
        Moments {
            n: 0,
            mean: 0.0,
            mean_low: 0.0,
            m2: 0.0,
            level: 0,
        }
    }

    /// Adds one value.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] for NaN or an infinity, [`Refusal::Overflow`] where the squared
    /// deviation overflows; the state stays as it was.
    #[inline]
    pub fn record(&mut self, value: f64) -> Result<(), Refusal> {
        if (value.abs() < SMALL && value != 0.0) || self.level != 0 {
            return self.record_scaled(value);
        }
        self.record_plain(value)
    }

    #[cold]
    fn record_scaled(&mut self, value: f64) -> Result<(), Refusal> {
        let level = match value == 0.0 {
            true => self.level,
            false => self.level_with(level_of(value)),
        };
        let mut next = self.at_level(level);
        next.record_plain(times(value, level.into()))?;
        *self = next;
        Ok(())
    }

    #[inline]
    fn record_plain(&mut self, value: f64) -> Result<(), Refusal> {
        let n = self.n + 1;
        let delta = (value - self.mean_low) - self.mean;
        let mean = self.mean + delta * (1.0 / n as f64);
        let m2 = self.m2 + delta * ((value - self.mean_low) - mean);
        // A NaN, an infinity and an overflow all end in a sum that is not finite.
        if !m2.is_finite() {
            return Err(refused(value));
        }
        self.n = n;
        self.mean = mean;
        self.m2 = m2;
        Ok(())
    }

    /// Adds all values, faster than one at a time.
    ///
    /// # Errors
    /// As [`record`](Moments::record), for any of the values; then none is added.
    pub fn extend_from_slice(&mut self, values: &[f64]) -> Result<(), Refusal> {
        let mut total = *self;
        for block in values.chunks(BLOCK) {
            total.merge(&Moments::of_block(block)?)?;
        }
        *self = total;
        Ok(())
    }

    /// Adds the values that `other` has seen.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] where the count exceeds 2^53 or the sum of squared deviations
    /// overflows; the state stays as it was.
    pub fn merge(&mut self, other: &Moments) -> Result<(), Refusal> {
        if other.n == 0 {
            return Ok(());
        }
        if self.n == 0 {
            *self = *other;
            return Ok(());
        }
        let level = self.common_level(other);
        let (left, right) = (self.n as f64, other.n as f64);
        let n = self.n + other.n;
        check_count(n)?;
        let (one, other) = (self.at_level(level), other.at_level(level));
        let delta = one.scaled_mean_to(&other);
        let weight = right / n as f64;
        let (mean, error) = two_sum(one.mean, delta * weight);
        let (mean, mean_low) = two_sum(mean, error + one.mean_low);
        let merged = Moments {
            n,
            mean,
            mean_low,
            m2: one.m2 + other.m2 + delta * delta * left * weight,
            level,
        };
        *self = merged.checked("sum of squared deviations")?;
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
        (self.n > 0).then(|| self.unscaled(self.mean + self.mean_low))
    }

    /// Returns the sample variance (divisor `n - 1`), none before the second value.
    ///
    /// It is exactly 0 if all values are equal. Where values differ by less than 1e-162 it is too
    /// small for an `f64` and 0, too; the standard deviation is not.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        let variance = self.scaled_variance()?;
        Some(times(variance, -2 * i32::from(self.level)))
    }

    /// Returns the sample standard deviation, none before the second value.
    #[must_use]
    pub fn standard_deviation(&self) -> Option<f64> {
        self.scaled_variance().map(|v| self.unscaled(v.sqrt()))
    }

    /// Returns the standard error of the mean, none before the second value.
    #[must_use]
    pub fn standard_error(&self) -> Option<f64> {
        let variance = self.scaled_variance()?;
        Some(self.unscaled((variance / self.n as f64).sqrt()))
    }

    /// Returns the other mean minus this one, with the digits that an `f64` mean has lost.
    pub(crate) fn mean_to(&self, other: &Moments) -> f64 {
        let level = self.common_level(other);
        let scaled = self.at_level(level).scaled_mean_to(&other.at_level(level));
        times(scaled, -i32::from(level))
    }

    /// Returns the level of the scale that the values are held on.
    pub(super) const fn level(&self) -> u8 {
        self.level
    }

    /// Returns the mean on the own scale, 0 before the first value.
    pub(super) const fn scaled_mean(&self) -> f64 {
        self.mean
    }

    /// Returns the sum of squared deviations on the own scale.
    pub(super) const fn scaled_m2(&self) -> f64 {
        self.m2
    }

    /// Returns the other mean minus this one, both on one scale.
    pub(super) const fn scaled_mean_to(&self, other: &Moments) -> f64 {
        (other.mean - self.mean) + (other.mean_low - self.mean_low)
    }

    /// Returns the same moments on another scale.
    #[inline]
    pub(super) fn at_level(&self, level: u8) -> Moments {
        let up = i32::from(level) - i32::from(self.level);
        Moments {
            n: self.n,
            mean: times(self.mean, up),
            mean_low: times(self.mean_low, up),
            m2: times(self.m2, 2 * up),
            level,
        }
    }

    /// Returns the scale on which both can be held: that of the larger values.
    #[inline]
    pub(super) fn common_level(&self, other: &Moments) -> u8 {
        match other.is_zero() {
            true => self.level,
            false => self.level_with(other.level),
        }
    }

    fn level_with(&self, level: u8) -> u8 {
        match self.is_zero() {
            true => level,
            false => self.level.min(level),
        }
    }

    /// Tells whether all values are 0: these have no scale.
    fn is_zero(&self) -> bool {
        self.mean == 0.0 && self.mean_low == 0.0 && self.m2 == 0.0
    }

    fn scaled_variance(&self) -> Option<f64> {
        (self.n > 1).then(|| self.m2 / (self.n - 1) as f64)
    }

    fn unscaled(&self, number: f64) -> f64 {
        times(number, -i32::from(self.level))
    }

    /// Returns moments that somebody else has summed up, on the scale of their size.
    fn on_their_scale(self) -> Moments {
        let size = self.mean.abs().max((self.m2 / self.n as f64).sqrt());
        match size == 0.0 {
            true => self,
            false => self.at_level(level_of(size)),
        }
    }

    fn checked(self, what: &'static str) -> Result<Moments, Refusal> {
        if self.m2.is_finite() && self.mean.is_finite() && self.mean_low.is_finite() {
            Ok(self)
        } else {
            Err(Refusal::Overflow { what })
        }
    }
}

/// Returns the rounded sum and exactly what rounding took away (Knuth).
const fn two_sum(x: f64, y: f64) -> (f64, f64) {
    let sum = x + y;
    let from_y = sum - x;
    let from_x = sum - from_y;
    (sum, (x - from_x) + (y - from_y))
}

#[cold]
fn refused(value: f64) -> Refusal {
    if value.is_finite() {
        Refusal::overflow("squared deviation of a value")
    } else {
        Refusal::NonFinite {
            what: "value",
            value,
        }
    }
}

fn check_count(n: u64) -> Result<(), Refusal> {
    match n {
        0 => Err(Refusal::too_few("summary", 0, 1)),
        1..=MAX_COUNT => Ok(()),
        _ => Err(Refusal::overflow("number of values")),
    }
}
