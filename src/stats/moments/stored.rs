//! The stored form of moments.

use super::Moments;
use crate::stats::state::{MAX_COUNT, StateError};

const NAME: &str = "moments";
const VERSION: u32 = 1;

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
        let Moments {
            n,
            mean,
            mean_low,
            m2,
        } = moments;
        State {
            version: VERSION,
            n,
            mean,
            mean_low,
            m2,
        }
    }
}

impl TryFrom<State> for Moments {
    type Error = StateError;

    fn try_from(state: State) -> Result<Moments, StateError> {
        let State {
            version,
            n,
            mean,
            mean_low,
            m2,
        } = state;
        StateError::check_version(NAME, version, VERSION)?;
        StateError::require(n <= MAX_COUNT, NAME, "more than 2^53 values")?;
        StateError::require(mean.is_finite(), NAME, "the mean is not finite")?;
        StateError::require(mean_low.is_finite(), NAME, "the mean is not finite")?;
        StateError::require(
            m2.is_finite() && m2 >= 0.0,
            NAME,
            "m2 is negative or not finite",
        )?;
        StateError::require(
            n > 1 || m2 == 0.0,
            NAME,
            "m2 of fewer than two values is not 0",
        )?;
        StateError::require(
            n > 0 || (mean == 0.0 && mean_low == 0.0),
            NAME,
            "the mean of no values is not 0",
        )?;
        Ok(Moments {
            n,
            mean,
            mean_low,
            m2,
        })
    }
}
