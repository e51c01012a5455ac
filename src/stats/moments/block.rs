//! Moments of one block, in independent lanes.

use super::scale::SMALL;
use super::{Moments, two_sum};
use crate::stats::Refusal;

/// Values per block of a bulk update: a block fits the first-level cache twice over.
pub(in crate::stats) const BLOCK: usize = 256;
/// Independent sums per block, so that one addition need not wait for the one before.
const LANES: usize = 8;

impl Moments {
    /// Computes the moments of a short block in two passes.
    pub(in crate::stats) fn of_block(block: &[f64]) -> Result<Moments, Refusal> {
        let count = block.len() as f64;
        if block.is_empty() {
            return Ok(Moments::new());
        }
        let (sum, sum_low) = exact_sum(block);
        let quotient = sum / count;
        if !(sum.is_finite() && sum_low.is_finite()) {
            return Moments::one_at_a_time(block);
        }
        // The quotient's own rounding error, and what the sum could not hold.
        let (mean, mean_low) = two_sum(quotient, (quotient.mul_add(-count, sum) + sum_low) / count);
        let squares = squared_deviations(block, mean);
        let small = mean.abs() < SMALL && squares < SMALL;
        if !squares.is_finite() || (small && block.iter().any(|&value| value != 0.0)) {
            return Moments::one_at_a_time(block);
        }
        Ok(Moments {
            n: block.len() as u64,
            mean,
            mean_low,
            // The squares are about the rounded mean; its rounding error is known.
            m2: (squares - count * (mean_low * mean_low)).max(0.0),
            level: 0,
        })
    }

    /// Takes over where a sum overflows, a value is not finite, or all are small.
    #[cold]
    fn one_at_a_time(block: &[f64]) -> Result<Moments, Refusal> {
        let mut moments = Moments::new();
        for &value in block {
            moments.record(value)?;
        }
        Ok(moments)
    }
}

/// Returns the sum and what rounding took from it, as good as a sum in twice the precision.
fn exact_sum(block: &[f64]) -> (f64, f64) {
    let (mut sums, mut lows) = ([0.0; LANES], [0.0; LANES]);
    let (whole, rest) = block.as_chunks::<LANES>();
    for chunk in whole {
        for ((sum, low), &x) in sums.iter_mut().zip(&mut lows).zip(chunk) {
            let (total, error) = two_sum(*sum, x);
            *sum = total;
            *low += error;
        }
    }
    let mut low: f64 = lows.iter().sum();
    let mut sum = 0.0;
    for &x in sums.iter().chain(rest) {
        let (total, error) = two_sum(sum, x);
        sum = total;
        low += error;
    }
    two_sum(sum, low)
}

/// Returns the sum of squared deviations from `mean`.
fn squared_deviations(block: &[f64], mean: f64) -> f64 {
    let mut sums = [0.0; LANES];
    let (whole, rest) = block.as_chunks::<LANES>();
    for chunk in whole {
        for (sum, &x) in sums.iter_mut().zip(chunk) {
            *sum += (x - mean) * (x - mean);
        }
    }
    let last: f64 = rest.iter().map(|x| (x - mean) * (x - mean)).sum();
    sums.iter().sum::<f64>() + last
}
