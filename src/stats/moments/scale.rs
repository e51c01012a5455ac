//! Scales on which the powers of the smallest numbers do not underflow.
//!
//! The square of 1e-170 is 0 as an `f64`, and so would be the variance of values of that size.
//! Values are therefore held times `2^300` for every level that the largest of them lies below
//! `2^-150`. A level starts so high that the fourth power of the rounding error of its largest
//! value, `2^-53` of it, keeps its digits: `4 (-450 - 53 + 300) = -812`, above -1,022.

/// The level from which on values are scaled: the largest is below this.
pub(in crate::stats) const SMALL: f64 = power_of_two(-150);

/// The greatest level; its values reach down to the least `f64`.
pub(in crate::stats) const MAX_LEVEL: u8 = 3;

const STEP: f64 = power_of_two(300);
const BACK: f64 = power_of_two(-300);

/// Returns the level of values whose largest is this one; 0 for a number that is not finite.
pub(in crate::stats) fn level_of(largest: f64) -> u8 {
    let (mut level, mut bound) = (0, SMALL);
    while level < MAX_LEVEL && largest.abs() < bound {
        level += 1;
        bound *= BACK;
    }
    level
}

/// Returns the number times `2^300` for each of so many levels up, or down.
#[inline]
pub(in crate::stats) fn times(number: f64, levels: i32) -> f64 {
    if levels == 0 {
        return number;
    }
    stepwise(number, levels)
}

// In steps, as the whole power is beyond the range of an `f64`.
#[cold]
fn stepwise(number: f64, levels: i32) -> f64 {
    let step = if levels > 0 { STEP } else { BACK };
    (0..levels.unsigned_abs()).fold(number, |scaled, _| scaled * step)
}

const fn power_of_two(exponent: i64) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << 52)
}
