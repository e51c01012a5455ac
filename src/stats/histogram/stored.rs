//! The stored form of a histogram: its non-empty buckets.

use super::{Histogram, MANTISSA_BITS, MAX_BITS};
use crate::stats::state::{MAX_COUNT, StateError};

const NAME: &str = "histogram";
const VERSION: u32 = 1;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::stats) struct State {
    version: u32,
    bits: u32,
    zeros: u64,
    buckets: Vec<(u64, u64)>,
}

impl From<Histogram> for State {
    fn from(histogram: Histogram) -> State {
        State {
            version: VERSION,
            bits: histogram.bits,
            zeros: histogram.zeros,
            buckets: histogram
                .buckets()
                .filter(|&(_, count)| count > 0)
                .collect(),
        }
    }
}

impl TryFrom<State> for Histogram {
    type Error = StateError;

    fn try_from(state: State) -> Result<Histogram, StateError> {
        let require = |holds, why| StateError::require(holds, NAME, why);
        StateError::check_version(NAME, state.version, VERSION)?;
        require(state.bits <= MAX_BITS, "more than 10 bits")?;
        let mut histogram = Histogram::with_bits(state.bits);
        histogram.zeros = state.zeros;
        let normal = f64::MIN_POSITIVE.to_bits() >> (MANTISSA_BITS - state.bits);
        let infinite = f64::INFINITY.to_bits() >> (MANTISSA_BITS - state.bits);
        let mut total = state.zeros;
        let mut next = normal;
        for (index, count) in state.buckets {
            require(
                next <= index && index < infinite,
                "a bucket is out of order or range",
            )?;
            require(count > 0, "a bucket is empty")?;
            next = index + 1;
            total = total.saturating_add(count);
            histogram.span(index);
            if let Some(slot) = histogram.count_mut(index) {
                *slot = count;
            }
        }
        require(total <= MAX_COUNT, "more than 2^53 values")?;
        Ok(histogram)
    }
}
