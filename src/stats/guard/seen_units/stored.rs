//! How a set of units is stored.

use super::{GuardError, Label, SeenUnits, Side, in_sample, index_of};
use crate::stats::guard::CandidateShare;
use crate::stats::state::StateError;

const NAME: &str = "set of seen units";
const VERSION: u32 = 1;

/// Units by their mixed digest, sorted, each with the index of its share, its side and the number
/// of its events.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    version: u32,
    capacity: usize,
    level: u32,
    shares: Vec<CandidateShare>,
    units: Vec<(u64, u16, Side, u32)>,
}

impl From<SeenUnits> for State {
    fn from(seen: SeenUnits) -> State {
        let mut shares = seen.shares.clone();
        shares.sort_unstable();
        let mut units: Vec<_> = seen
            .units
            .iter()
            .filter_map(|(&key, &label)| {
                let index = shares.binary_search(&seen.share_of(label)?).ok()?;
                Some((key, u16::try_from(index).ok()?, label.side, label.events))
            })
            .collect();
        units.sort_unstable();
        State {
            version: VERSION,
            capacity: seen.capacity,
            level: seen.level,
            shares,
            units,
        }
    }
}

impl TryFrom<State> for SeenUnits {
    type Error = StateError;

    fn try_from(state: State) -> Result<SeenUnits, StateError> {
        StateError::check_version(NAME, state.version, VERSION)?;
        let inconsistent = |why| StateError::Inconsistent { what: NAME, why };
        let refused = |error: GuardError| match error {
            GuardError::Capacity { .. } => inconsistent("the capacity is out of range"),
            _ => inconsistent("there are too many different shares"),
        };
        let mut seen = SeenUnits::with_capacity(state.capacity).map_err(refused)?;
        let level = state.level;
        StateError::require(
            level <= SeenUnits::MAX_LEVEL,
            NAME,
            "the level is out of range",
        )?;
        let fits = state.units.len() <= state.capacity;
        StateError::require(fits, NAME, "there are more units than the capacity")?;
        for &share in &state.shares {
            index_of(&mut seen.shares, share).map_err(refused)?;
        }
        let distinct = seen.shares.len() == state.shares.len();
        StateError::require(distinct, NAME, "a share is listed twice")?;
        for (key, share, side, events) in state.units {
            let known = usize::from(share) < seen.shares.len();
            StateError::require(known, NAME, "a unit names a share that is not listed")?;
            StateError::require(in_sample(key, level), NAME, "a unit is not in the sample")?;
            StateError::require(events > 0, NAME, "a unit without an event")?;
            let previous = seen.units.insert(
                key,
                Label {
                    share,
                    side,
                    events,
                },
            );
            StateError::require(previous.is_none(), NAME, "a unit is listed twice")?;
        }
        seen.level = level;
        seen.shrink().map_err(refused)?;
        Ok(seen)
    }
}
