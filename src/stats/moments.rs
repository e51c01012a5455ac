//! Mean and variance of a stream of values.

mod block;
#[cfg(feature = "serde")]
mod stored;
mod summary;

use super::Refusal;
use super::state::MAX_COUNT;
pub(super) use block::BLOCK;

/// Accumulates count, mean and sum of squared deviations.
///
/// A value that is NaN or infinite is refused and leaves the state as it was, so one bad value
/// never poisons the rest. Any partition of the values, merged in any order, gives the same
/// answer up to rounding (relative 1e-12 of the values' scale).
///
/// Updates follow Welford (1962), <https://doi.org/10.1080/00401706.1962.10490022>; merges
/// follow Chan, Golub and LeVeque (1983), <https://doi.org/10.1080/00031305.1983.10483115>.
/// A sum and a sum of squares would lose every digit of a small variance around a large mean.
///
/// ```
/// use switchstand::stats::Moments;
/// let mut latency = Moments::new();
/// latency.extend_from_slice(&[10_000_001.0, 10_000_003.0])?;
/// latency.push(10_000_002.0)?;
/// assert_eq!(latency.mean(), Some(10_000_002.0));
/// assert_eq!(latency.variance(), Some(1.0));
/// assert!(latency.push(f64::NAN).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "stored::State", into = "stored::State")
)]
pub struct Moments {
    n: u64,
    mean: f64,
    /// What the mean is off by: the mean of a batch has more digits than an `f64` holds, and
    /// the difference of two large means needs them.
    mean_low: f64,
    m2: f64,
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
        }
    }

    /// Adds one value.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] for NaN or an infinity, [`Refusal::Overflow`] where the squared
    /// deviation overflows; the state stays as it was.
    #[inline]
    pub fn push(&mut self, value: f64) -> Result<(), Refusal> {
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
    /// As [`push`](Moments::push), for any of the values; then none is added.
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
        let (left, right) = (self.n as f64, other.n as f64);
        let n = self.n + other.n;
        check_count(n)?;
        let delta = self.mean_to(other);
        let weight = right / n as f64;
        let (mean, error) = two_sum(self.mean, delta * weight);
        let (mean, mean_low) = two_sum(mean, error + self.mean_low);
        let merged = Moments {
            n,
            mean,
            mean_low,
            m2: self.m2 + other.m2 + delta * delta * left * weight,
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
        (self.n > 0).then_some(self.mean + self.mean_low)
    }

    /// Returns the sample variance (divisor `n - 1`), none before the second value.
    ///
    /// It is exactly 0 if all values are equal.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        (self.n > 1).then(|| self.m2 / (self.n - 1) as f64)
    }

    /// Returns the sample standard deviation, none before the second value.
    #[must_use]
    pub fn standard_deviation(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }

    /// Returns the standard error of the mean, none before the second value.
    #[must_use]
    pub fn standard_error(&self) -> Option<f64> {
        self.variance().map(|v| (v / self.n as f64).sqrt())
    }

    /// Returns the current mean, 0 before the first value.
    pub(crate) const fn raw_mean(&self) -> f64 {
        self.mean
    }

    /// Returns the other mean minus this one, with the digits that an `f64` mean has lost.
    pub(crate) const fn mean_to(&self, other: &Moments) -> f64 {
        (other.mean - self.mean) + (other.mean_low - self.mean_low)
    }

    /// Returns the sum of squared deviations from the mean.
    pub(crate) const fn m2(&self) -> f64 {
        self.m2
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
        Refusal::Overflow {
            what: "squared deviation of a value",
        }
    } else {
        Refusal::NonFinite {
            what: "value",
            value,
        }
    }
}

fn check_count(n: u64) -> Result<(), Refusal> {
    match n {
        0 => Err(Refusal::InsufficientData {
            what: "summary",
            found: 0,
            needed: 1,
        }),
        1..=MAX_COUNT => Ok(()),
        _ => Err(Refusal::Overflow {
            what: "number of values",
        }),
    }
}
