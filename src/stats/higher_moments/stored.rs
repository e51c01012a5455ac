//! The stored form of higher moments.
//!
//! Its versions mean what those of [`Moments`](crate::stats::Moments) do.

use super::HigherMoments;
use crate::stats::moments::scale::times;
use crate::stats::state::{MAX_COUNT, StateError, stored_form};

const NAME: &str = "higher moments";

stored_form!(
    NAME,
    version 1 to 4 by level,
    HigherMoments {
        n: u64,
        mean: f64,
        m2: f64,
        m3: f64,
        m4: f64,
        min: f64,
        max: f64,
    },
    check,
);

fn check(moments: &HigherMoments) -> Result<(), StateError> {
    let require = |holds, why| StateError::require(holds, NAME, why);
    let &HigherMoments {
        n,
        mean,
        m2,
        m3,
        m4,
        min,
        max,
        level,
    } = moments;
    require(n <= MAX_COUNT, "more than 2^53 values")?;
    require(
        [mean, m2, m3, m4, min, max].iter().all(|x| x.is_finite()),
        "a number is not finite",
    )?;
    require(m2 >= 0.0 && m4 >= 0.0, "an even power sum is negative")?;
    // The mean is rounded, so it may leave the range by a rounding error.
    let mean = times(mean, -i32::from(level));
    let slack = 1e-12 * min.abs().max(max.abs());
    require(
        min - slack <= mean && mean <= max + slack,
        "the mean lies outside of the range",
    )?;
    require(min <= max, "the range is reversed")?;
    require(
        n > 1 || (m2 == 0.0 && m3 == 0.0 && m4 == 0.0 && min == max),
        "fewer than two values vary",
    )?;
    require(
        n > 0 || (mean == 0.0 && min == 0.0),
        "no values have a mean",
    )
}
