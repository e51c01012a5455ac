//! Numbers of attributes, compared by their exact values.

use core::cmp::Ordering;
use core::fmt;

/// A number: whole within 128 bits, or a binary64 float.
///
/// Numbers are compared by their exact values: 2^53 + 1 is more than the float
/// 2^53, and 1 and 1.0 are the same number. A whole float within 128 bits is
/// kept as a whole number. The order is total, so that lists can be sorted:
/// NaN equals itself and comes last. No audience matches NaN.
///
/// ```
/// use switchstand::targeting::Number;
/// assert_eq!(Number::from(1), Number::from(1.0));
/// assert!(Number::from(9_007_199_254_740_993_i64) > Number::from(9_007_199_254_740_992.0));
/// assert!(Number::from(i128::MAX) < Number::from(f64::INFINITY));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Number(Exact);

/// A float in here is never whole within the range of `i128`; NaN has one bit pattern.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Exact {
    Integer(i128),
    Float(f64),
}

/// 2^127, the first whole number above `i128::MAX`; exact.
const ABOVE_I128: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;

impl Number {
    #[inline]
    pub(crate) fn exact(self) -> Exact {
        self.0
    }

    pub(crate) fn is_nan(self) -> bool {
        matches!(self.0, Exact::Float(float) if float.is_nan())
    }
}

/// Compares a whole number with a float that is neither whole nor NaN, or out of range.
fn compare_mixed(integer: i128, float: f64) -> Ordering {
    if let Ok(integer) = i64::try_from(integer)
        && integer.unsigned_abs() <= 1 << 53
        && !float.is_nan()
    {
        // Exact as a float; the float has a fraction, so the two are never equal.
        return (integer as f64).total_cmp(&float);
    }
    if float >= ABOVE_I128 || float.is_nan() {
        Ordering::Less
    } else if float < -ABOVE_I128 {
        Ordering::Greater
    } else {
        // A float with a fraction is within 2^53 and the whole number is not: its sign decides.
        integer.cmp(&0)
    }
}

impl Ord for Number {
    #[inline]
    fn cmp(&self, other: &Number) -> Ordering {
        match (self.0, other.0) {
            (Exact::Integer(left), Exact::Integer(right)) => left.cmp(&right),
            // Zeros are whole and NaN has one bit pattern, so this order is the numeric one.
            (Exact::Float(left), Exact::Float(right)) => left.total_cmp(&right),
            (Exact::Integer(left), Exact::Float(right)) => compare_mixed(left, right),
            (Exact::Float(left), Exact::Integer(right)) => compare_mixed(right, left).reverse(),
        }
    }
}

impl PartialOrd for Number {
    #[inline]
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    #[inline]
    fn eq(&self, other: &Number) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl From<f64> for Number {
    #[inline]
    fn from(float: f64) -> Number {
        // Exact below 2^63, and much cheaper than by way of `i128`.
        let small = float as i64;
        if float.abs() < 9_223_372_036_854_775_808.0 && small as f64 == float {
            return Number(Exact::Integer(small.into()));
        }
        let whole = (-ABOVE_I128..ABOVE_I128).contains(&float) && float.trunc() == float;
        Number(if whole {
            Exact::Integer(float as i128)
        } else if float.is_nan() {
            Exact::Float(f64::NAN)
        } else {
            Exact::Float(float)
        })
    }
}

impl From<f32> for Number {
    fn from(float: f32) -> Number {
        Number::from(f64::from(float))
    }
}

impl From<i128> for Number {
    #[inline]
    fn from(integer: i128) -> Number {
        Number(Exact::Integer(integer))
    }
}

impl From<usize> for Number {
    fn from(integer: usize) -> Number {
        // No platform has a wider `usize`.
        Number(Exact::Integer(integer as i128))
    }
}

impl From<isize> for Number {
    fn from(integer: isize) -> Number {
        Number(Exact::Integer(integer as i128))
    }
}

macro_rules! number_from {
    ($($integer:ty),+) => {$(
        impl From<$integer> for Number {
            fn from(integer: $integer) -> Number {
                Number(Exact::Integer(integer.into()))
            }
        }
    )+};
}

number_from!(i8, i16, i32, i64, u8, u16, u32, u64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Exact::Integer(integer) => write!(f, "{integer}"),
            Exact::Float(float) if float.abs() >= ABOVE_I128 && float.is_finite() => {
                write!(f, "{float:e}")
            }
            Exact::Float(float) => write!(f, "{float}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constant_is_two_to_the_127() {
        assert_eq!(ABOVE_I128, 2f64.powi(127));
    }

    #[test]
    fn whole_numbers_beyond_two_to_the_53_are_told_from_the_floats_beside_them() {
        let two53 = 9_007_199_254_740_992_i64;
        assert_eq!(Number::from(two53), Number::from(two53 as f64));
        assert!(Number::from(two53 + 1) > Number::from(two53 as f64));
        assert!(Number::from(-two53 - 1) < Number::from(-two53 as f64));
        assert_eq!(Number::from(2f64.powi(63)), Number::from(1_u64 << 63));
        assert_eq!(Number::from(-2f64.powi(63)), Number::from(i64::MIN));
        assert_eq!(Number::from(2f64.powi(64)), Number::from(1_i128 << 64));
        assert!(Number::from(i128::MAX) < Number::from(ABOVE_I128));
        assert_eq!(Number::from(i128::MIN), Number::from(-ABOVE_I128));
        assert!(Number::from(i128::MIN) > Number::from(-ABOVE_I128 * 2.0));
    }

    #[test]
    fn fractions_stand_between_the_whole_numbers() {
        for (low, float, high) in [(0, 0.5, 1), (-1, -0.5, 0), (2, 2.25, 3), (-3, -2.25, -2)] {
            assert!(Number::from(low) < Number::from(float));
            assert!(Number::from(float) < Number::from(high));
            assert!(Number::from(high) > Number::from(float));
        }
    }

    #[test]
    fn infinities_are_ordered_and_nan_comes_last() {
        let sorted = [
            Number::from(f64::NEG_INFINITY),
            Number::from(-f64::MAX),
            Number::from(i128::MIN),
            Number::from(-f64::MIN_POSITIVE),
            Number::from(-0.0),
            Number::from(5e-324),
            Number::from(i128::MAX),
            Number::from(f64::MAX),
            Number::from(f64::INFINITY),
            Number::from(-f64::NAN),
        ];
        for (at, low) in sorted.iter().enumerate() {
            for (other, high) in sorted.iter().enumerate() {
                assert_eq!(low.cmp(high), at.cmp(&other), "{low} {high}");
            }
        }
        assert_eq!(Number::from(-0.0), Number::from(0));
    }
}
