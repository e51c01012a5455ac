//! The stored form of a confusion: its cells in byte order of the labels.

use std::collections::BTreeMap;

use super::Confusion;
use crate::comparison::stored::{self, StoredError};

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    version: u32,
    /// The primary's label, the shadow's, and how often both were given.
    cells: Vec<(String, String, u64)>,
    beyond: u64,
}

impl From<Confusion> for State {
    fn from(confusion: Confusion) -> State {
        let cells = confusion.cells.into_iter();
        State {
            version: stored::VERSION,
            cells: cells
                .map(|((primary, shadow), times)| (primary, shadow, times))
                .collect(),
            beyond: confusion.beyond,
        }
    }
}

impl TryFrom<State> for Confusion {
    type Error = StoredError;

    fn try_from(state: State) -> Result<Confusion, StoredError> {
        stored::check_version("confusion", state.version)?;
        let (cells, limit) = (state.cells.len() as u64, Confusion::MAX_CELLS as u64);
        stored::at_most("different pairs of labels", cells, limit)?;
        if state.beyond > 0 && cells < limit {
            return Err(StoredError::Beyond {
                beyond: state.beyond,
                cells,
                limit,
            });
        }
        stored::in_order("cells", &state.cells, |next, one| {
            (&next.0, &next.1) > (&one.0, &one.1)
        })?;
        let mut total = state.beyond;
        for &(.., times) in &state.cells {
            stored::counted("pairs of two labels", times)?;
            total = total.saturating_add(times);
        }
        stored::at_most("pairs with labels", total, stored::MAX_PAIRS)?;
        let mut cells = BTreeMap::new();
        for (primary, shadow, times) in state.cells {
            cells.insert((primary, shadow), times);
        }
        Ok(Confusion {
            cells,
            beyond: state.beyond,
        })
    }
}
