//! The stored form of the worst disagreements.

use core::cmp::Ordering;
use std::collections::BTreeSet;

use super::{Disagreement, Worst};
use crate::comparison::stored::{self, StoredError};

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State<P> {
    version: u32,
    capacity: usize,
    seed: u64,
    /// With their lots: those that came by a merge may have been drawn by another seed.
    kept: Vec<Disagreement<P>>,
}

impl<P> From<Worst<P>> for State<P> {
    fn from(worst: Worst<P>) -> State<P> {
        State {
            version: stored::VERSION,
            capacity: worst.capacity,
            seed: worst.seed,
            kept: worst.kept,
        }
    }
}

impl<P> TryFrom<State<P>> for Worst<P> {
    type Error = StoredError;

    fn try_from(state: State<P>) -> Result<Worst<P>, StoredError> {
        stored::check_version("list of worst disagreements", state.version)?;
        let limit = state.capacity as u64;
        stored::at_most("worst disagreements", state.kept.len() as u64, limit)?;
        stored::in_order("worst disagreements", &state.kept, |next, one| {
            one.rank(next) == Ordering::Less
        })?;
        let mut units = BTreeSet::new();
        for Disagreement {
            unit, difference, ..
        } in &state.kept
        {
            let unit = unit.clone();
            if difference.is_none() {
                return Err(StoredError::Agreed { unit });
            }
            if !units.insert(unit.clone()) {
                return Err(StoredError::Twice { unit });
            }
        }
        Ok(Worst {
            capacity: state.capacity,
            seed: state.seed,
            kept: state.kept,
        })
    }
}
