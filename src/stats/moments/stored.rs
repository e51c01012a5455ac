//! The stored form of moments.
//!
//! Version 1 holds the numbers as they are, versions 2 to 4 those of values on the scale of
//! [level](super::scale) 1 to 3, which only streams of nothing but tiny values need.

use super::Moments;
use crate::stats::state::{MAX_COUNT, StateError, stored_form};

const NAME: &str = "moments";

stored_form!(
    NAME,
    version 1 to 4 by level,
    Moments {
        n: u64,
        mean: f64,
        mean_low: f64,
        m2: f64,
    },
    check,
);

fn check(moments: &Moments) -> Result<(), StateError> {
    let require = |holds, why| StateError::require(holds, NAME, why);
    let &Moments {
        n,
        mean,
        mean_low,
        m2,
        ..
    } = moments;
    require(n <= MAX_COUNT, "more than 2^53 values")?;
    require(mean.is_finite(), "the mean is not finite")?;
    require(mean_low.is_finite(), "the mean is not finite")?;
    require(m2.is_finite() && m2 >= 0.0, "m2 is negative or not finite")?;
    require(n > 1 || m2 == 0.0, "m2 of fewer than two values is not 0")?;
    require(
        n > 0 || (mean == 0.0 && mean_low == 0.0),
        "the mean of no values is not 0",
    )
}
