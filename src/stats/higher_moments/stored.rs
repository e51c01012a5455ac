//! The stored form of higher moments.

use super::HigherMoments;
use crate::stats::state::{MAX_COUNT, StateError};

const NAME: &str = "higher moments";
const VERSION: u32 = 1;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::stats) struct State {
    version: u32,
    n: u64,
    mean: f64,
    m2: f64,
    m3: f64,
    m4: f64,
    min: f64,
    max: f64,
}

impl From<HigherMoments> for State {
    fn from(moments: HigherMoments) -> State {
        State {
            version: VERSION,
            n: moments.n,
            mean: moments.mean,
            m2: moments.m2,
            m3: moments.m3,
            m4: moments.m4,
            min: moments.min,
            max: moments.max,
        }
    }
}

impl TryFrom<State> for HigherMoments {
    type Error = StateError;

    fn try_from(state: State) -> Result<HigherMoments, StateError> {
        let require = |holds, why| StateError::require(holds, NAME, why);
        StateError::check_version(NAME, state.version, VERSION)?;
        let moments = HigherMoments {
            n: state.n,
            mean: state.mean,
            m2: state.m2,
            m3: state.m3,
            m4: state.m4,
            min: state.min,
            max: state.max,
        };
        let HigherMoments {
            n,
            mean,
            m2,
            m3,
            m4,
            min,
            max,
        } = moments;
        require(n <= MAX_COUNT, "more than 2^53 values")?;
        require(
            [mean, m2, m3, m4, min, max].iter().all(|x| x.is_finite()),
            "a number is not finite",
        )?;
        require(m2 >= 0.0 && m4 >= 0.0, "an even power sum is negative")?;
        // The mean is rounded, so it may leave the range by a rounding error.
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
        )?;
        Ok(moments)
    }
}
