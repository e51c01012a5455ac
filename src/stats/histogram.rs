//! Counts of values in buckets of equal relative width, for quantiles of latencies.

#[cfg(feature = "serde")]
mod stored;

use super::Refusal;
use super::quantiles::rank_up_to;
use super::state::MAX_COUNT;

/// Explicit mantissa bits of an `f64`.
const MANTISSA_BITS: u32 = 52;
/// The finest buckets: one in 2^10 of a power of two.
const MAX_BITS: u32 = 10;
/// The buckets of [`Histogram::new`]: a relative error of 0.4 %.
const DEFAULT_BITS: u32 = 7;

/// A histogram of log-linear buckets, for quantiles with a known relative error.
///
/// A bucket is named by the leading bits of the value itself, so recording is a shift and an
/// increment. Every power of two is cut into 2^b equal buckets, and a quantile differs from the
/// observed value by at most a relative `1 / (2^(b+1) + 1)`, see
/// [`relative_error`](Histogram::relative_error). Merging is addition: exact, in any order.
///
/// The table spans the buckets from the smallest to the largest value seen: at the default
/// error 1 KiB per power of two (20 KiB from a microsecond to a second), and at most 2 MiB
/// whatever is recorded. Zero and values below the normal range of `f64` (2.2e-308) count as 0.
/// NaN, infinities and negative values are refused.
///
/// ```
/// use switchstand::stats::Histogram;
/// let mut latency = Histogram::new();
/// for millisecond in 1..=1_000 {
///     latency.record(f64::from(millisecond))?;
/// }
/// let p99 = latency.quantile(0.99)?;
/// assert!((p99 / 990.0 - 1.0).abs() <= latency.relative_error());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "stored::State", into = "stored::State")
)]
pub struct Histogram {
    bits: u32,
    zeros: u64,
    /// Index of the first bucket of `counts`.
    first: u64,
    counts: Vec<u64>,
}

impl Histogram {
    /// Returns an empty histogram with a relative error of 0.4 %.
    #[must_use]
    pub const fn new() -> Histogram {
        Histogram::with_bits(DEFAULT_BITS)
    }

    /// Returns an empty histogram whose quantiles are off by at most `relative_error`.
    ///
    /// The error that holds is the next one of the form `1 / (2^(b+1) + 1)` below.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for an error that is not within 0.0005 and 0.5.
    pub fn with_relative_error(relative_error: f64) -> Result<Histogram, Refusal> {
        (0..=MAX_BITS)
            .map(Histogram::with_bits)
            .find(|histogram| histogram.relative_error() <= relative_error && relative_error <= 0.5)
            .ok_or(Refusal::OutOfRange {
                what: "relative error of a histogram",
                value: relative_error,
                expected: "a number from 0.0005 to 0.5",
            })
    }

    const fn with_bits(bits: u32) -> Histogram {
        Histogram {
            bits,
            zeros: 0,
            first: 0,
            counts: Vec::new(),
        }
    }

    /// Counts one value.
    ///
    /// # Errors
    /// [`Refusal::NonFinite`] for NaN or an infinity, [`Refusal::OutOfRange`] for a negative
    /// value; nothing is counted then.
    #[inline]
    pub fn record(&mut self, value: f64) -> Result<(), Refusal> {
        let offset = self.index(value).wrapping_sub(self.first);
        // Negative, non-finite and tiny values have indices that no table spans.
        match usize::try_from(offset)
            .ok()
            .and_then(|at| self.counts.get_mut(at))
        {
            Some(count) => {
                *count += 1;
                Ok(())
            }
            None => self.record_new(value),
        }
    }

    /// Counts one value `number` times.
    ///
    /// # Errors
    /// As [`record`](Histogram::record), and [`Refusal::Overflow`] above 2^53 values; nothing is
    /// counted then.
    pub fn record_many(&mut self, value: f64, number: u64) -> Result<(), Refusal> {
        self.record_table([(value, number)])
    }

    /// Counts each value of a table so many times, and adds up the counts only once for all.
    pub(crate) fn record_table(
        &mut self,
        table: impl IntoIterator<Item = (f64, u64)>,
    ) -> Result<(), Refusal> {
        let mut n = self.n();
        for (value, number) in table.into_iter().filter(|(_, number)| *number > 0) {
            n = n.saturating_add(number);
            if n > MAX_COUNT {
                return Err(Refusal::overflow("number of values"));
            }
            let zeros = self.zeros;
            self.record(value)?;
            let further = number - 1;
            if self.zeros > zeros {
                self.zeros += further;
            } else if let Some(count) = self.count_mut(self.index(value)) {
                *count += further;
            }
        }
        Ok(())
    }

    /// Counts all values.
    ///
    /// # Errors
    /// As [`record`](Histogram::record), for the first value that is refused; the values before
    /// it are counted, those after it are not.
    pub fn extend_from_slice(&mut self, values: &[f64]) -> Result<(), Refusal> {
        values.iter().try_for_each(|&value| self.record(value))
    }

    /// Adds the counts of `other`.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] if the relative errors differ, [`Refusal::Overflow`] above 2^53
    /// values; nothing is added then.
    pub fn merge(&mut self, other: &Histogram) -> Result<(), Refusal> {
        Refusal::require(
            self.bits == other.bits,
            "relative error of the other histogram",
            other.relative_error(),
            "the relative error of this one",
        )?;
        if self.n().saturating_add(other.n()) > MAX_COUNT {
            return Err(Refusal::overflow("number of values"));
        }
        self.zeros += other.zeros;
        let used = |&(_, count): &(u64, u64)| count > 0;
        if let Some((low, _)) = other.buckets().find(used) {
            self.span(low);
        }
        if let Some((high, _)) = other.buckets().filter(used).last() {
            self.span(high);
        }
        for (index, count) in other.buckets().filter(used) {
            if let Some(sum) = self.count_mut(index) {
                *sum += count;
            }
        }
        Ok(())
    }

    /// Returns the number of values.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.zeros + self.counts.iter().sum::<u64>()
    }

    /// Returns the greatest relative distance of a quantile from the observed value.
    #[must_use]
    pub fn relative_error(&self) -> f64 {
        1.0 / (f64::from(2_u32 << self.bits) + 1.0)
    }

    /// Returns the quantile of order `q`, within the relative error.
    ///
    /// It estimates the value of rank `ceil(q n)`, the inverse of the empirical distribution
    /// function; `q` = 0 gives the smallest value.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] if `q` does not lie within 0 and 1,
    /// [`Refusal::InsufficientData`] before the first value.
    pub fn quantile(&self, q: f64) -> Result<f64, Refusal> {
        let holds = (0.0..=1.0).contains(&q);
        Refusal::require(holds, "order of the quantile", q, "a number from 0 to 1")?;
        let n = self.n();
        if n == 0 {
            return Err(Refusal::too_few("histogram", 0, 1));
        }
        let rank = rank_up_to(n, q).clamp(1, n);
        let (low, high) = self.bounds_of_rank(rank).unwrap_or((0.0, 0.0));
        // The harmonic mean of the bounds has the same relative distance to both; halves first,
        // so that the largest values do not overflow.
        let share = high / (low + high);
        Ok(if high.is_finite() && high > 0.0 {
            2.0 * low * share
        } else {
            low
        })
    }

    /// Returns the bounds of the bucket that holds the value of this rank.
    ///
    /// The value is at least the first and below the second; both are 0 for values counted as
    /// 0. A confidence interval from order statistics takes the first bound of its lower rank
    /// and the second of its upper rank. There is none for a rank outside of 1 to n.
    #[must_use]
    pub fn bounds_of_rank(&self, rank: u64) -> Option<(f64, f64)> {
        if rank == 0 {
            return None;
        }
        let mut seen = self.zeros;
        if rank <= seen {
            return Some((0.0, 0.0));
        }
        for (index, count) in self.buckets() {
            seen += count;
            if rank <= seen {
                return Some((self.lower_bound(index), self.lower_bound(index + 1)));
            }
        }
        None
    }

    /// Returns the buckets that hold values, in order, with how many lie below and up to each.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut below = 0;
        let zeros = (0.0, 0.0, self.zeros);
        let others = self
            .buckets()
            .map(|(index, count)| (self.lower_bound(index), self.lower_bound(index + 1), count));
        core::iter::once(zeros)
            .chain(others)
            .filter(|&(_, _, count)| count > 0)
            .map(|(low, high, count)| {
                let block = Block {
                    low,
                    high,
                    below,
                    up_to: below + count,
                };
                below += count;
                block
            })
            .collect()
    }

    /// Returns the least value of the bucket of a non-negative value, by the default error.
    pub(crate) const fn floor(value: f64) -> f64 {
        let low = MANTISSA_BITS - DEFAULT_BITS;
        match value < f64::MIN_POSITIVE {
            true => 0.0,
            false => f64::from_bits(value.to_bits() >> low << low),
        }
    }

    /// Returns where the bucket of this least value ends.
    pub(crate) const fn ceiling(floor: f64) -> f64 {
        match floor == 0.0 {
            true => 0.0,
            false => f64::from_bits(floor.to_bits() + (1 << (MANTISSA_BITS - DEFAULT_BITS))),
        }
    }

    fn index(&self, value: f64) -> u64 {
        value.to_bits() >> (MANTISSA_BITS - self.bits)
    }

    fn lower_bound(&self, index: u64) -> f64 {
        f64::from_bits(index << (MANTISSA_BITS - self.bits))
    }

    fn buckets(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        (self.first..).zip(self.counts.iter().copied())
    }

    fn count_mut(&mut self, index: u64) -> Option<&mut u64> {
        let offset = usize::try_from(index.checked_sub(self.first)?).ok()?;
        self.counts.get_mut(offset)
    }

    /// Counts a value whose bucket does not exist, or refuses it.
    #[cold]
    fn record_new(&mut self, value: f64) -> Result<(), Refusal> {
        Refusal::require_finite("value", value)?;
        Refusal::require(value >= 0.0, "value", value, "a number not below 0")?;
        if value < f64::MIN_POSITIVE {
            self.zeros += 1;
            return Ok(());
        }
        let index = self.index(value);
        self.span(index);
        if let Some(count) = self.count_mut(index) {
            *count += 1;
        }
        Ok(())
    }

    /// Grows the table until it has the bucket `index`, in steps of a power of two.
    fn span(&mut self, index: u64) {
        let step = 1_u64 << self.bits;
        let floor = index & !(step - 1);
        if self.counts.is_empty() {
            self.first = floor;
        }
        if floor < self.first {
            let missing = (self.first - floor) as usize;
            self.counts.splice(0..0, core::iter::repeat_n(0, missing));
            self.first = floor;
        }
        let needed = (floor + step - self.first) as usize;
        if needed > self.counts.len() {
            self.counts.resize(needed, 0);
        }
    }
}

/// Values that cannot be told apart, and how many lie below and up to them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Block {
    /// The least that the values may be.
    pub(crate) low: f64,
    /// The greatest that they may be.
    pub(crate) high: f64,
    /// How many values lie below.
    pub(crate) below: u64,
    /// How many lie below or here.
    pub(crate) up_to: u64,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram::new()
    }
}

impl PartialEq for Histogram {
    /// Compares what was counted, not the spans of the tables.
    fn eq(&self, other: &Histogram) -> bool {
        let used = |&(_, count): &(u64, u64)| count > 0;
        self.bits == other.bits
            && self.zeros == other.zeros
            && self.buckets().filter(used).eq(other.buckets().filter(used))
    }
}
