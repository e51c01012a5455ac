//! The stored form of moments.
//!
//! Version 1 holds the numbers as they are, versions 2 to 4 those of values on the scale of
//! [level](super::scale) 1 to 3, which only streams of nothing but tiny values need.

use super::Moments;
use super::scale::MAX_LEVEL;
use crate::stats::state::{MAX_COUNT, StateError};

const NAME: &str = "moments";

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::stats) struct State {
    version: u32,
    n: u64,
    mean: f64,
    mean_low: f64,
    m2: f64,
}

impl From<Moments> for State {
    fn from(moments: Moments) -> State {
        State {
            version: 1 + u32::from(moments.level),
            n: moments.n,
            mean: moments.mean,
            mean_low: moments.mean_low,
            m2: moments.m2,
        }
    }
}

impl TryFrom<State> for Moments {
    type Error = StateError;

    fn try_from(state: State) -> Result<Moments, StateError> {
        let moments = Moments {
            n: state.n,
            mean: state.mean,
            mean_low: state.mean_low,
            m2: state.m2,
            level: StateError::level_of(NAME, state.version, MAX_LEVEL)?,
        };
        check(&moments)?;
        Ok(moments)
    }
}

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
