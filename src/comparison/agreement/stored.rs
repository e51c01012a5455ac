//! The stored form of an agreement.

use super::Agreement;
use crate::comparison::{
    Worst,
    stored::{self, StoredError},
};

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, bound(serialize = "P: Clone + serde::Serialize"))]
pub(super) struct State<P> {
    version: u32,
    pairs: u64,
    disagreeing: u64,
    worst: Worst<P>,
}

impl<P> From<Agreement<P>> for State<P> {
    fn from(agreement: Agreement<P>) -> State<P> {
        State {
            version: stored::VERSION,
            pairs: agreement.pairs,
            disagreeing: agreement.disagreeing,
            worst: agreement.worst,
        }
    }
}

impl<P> TryFrom<State<P>> for Agreement<P> {
    type Error = StoredError;

    fn try_from(state: State<P>) -> Result<Agreement<P>, StoredError> {
        stored::check_version("agreement", state.version)?;
        stored::counted("pairs that were compared", state.pairs)?;
        stored::at_most("pairs", state.pairs, stored::MAX_PAIRS)?;
        stored::at_most("disagreeing pairs", state.disagreeing, state.pairs)?;
        let kept = state.worst.iter().count() as u64;
        stored::at_most("worst disagreements", kept, state.disagreeing)?;
        Ok(Agreement {
            pairs: state.pairs,
            disagreeing: state.disagreeing,
            worst: state.worst,
        })
    }
}
