//! How a set of units is stored.

use std::collections::BTreeMap;

use super::{KeptEvents, Label, Late, MAX_LEVEL, Margins, SeenUnits, Side, in_sample, index_of};
use crate::stats::Refusal;
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
    margins: Margins,
    shares: Vec<CandidateShare>,
    units: Vec<(u64, u16, Side, u32)>,
    late_for_harm: Vec<LateUnit>,
    late_for_safety: Vec<LateUnit>,
}

/// A unit whose first event thinning left out: its events under the first share, under later ones.
type LateUnit = (u64, u32, Vec<(CandidateShare, u32)>);

fn all_late(events: &KeptEvents, level: u32) -> Vec<LateUnit> {
    let all = events.all_late(level).into_iter();
    all.map(|(key, late)| (key, late.first, late.later))
        .collect()
}

impl From<SeenUnits> for State {
    fn from(seen: SeenUnits) -> State {
        let mut shares = seen.shares.clone();
        shares.sort_unstable();
        let mut units: Vec<_> = seen
            .units
            .sampled(seen.level)
            .filter_map(|(key, &label)| {
                let index = shares.binary_search(&seen.share_of(label)?).ok()?;
                Some((key, u16::try_from(index).ok()?, label.side, label.events))
            })
            .collect();
        units.sort_unstable();
        State {
            version: VERSION,
            capacity: seen.capacity,
            level: seen.level,
            margins: seen.margins,
            shares,
            units,
            late_for_harm: all_late(&seen.harm, seen.level),
            late_for_safety: all_late(&seen.safe, seen.level),
        }
    }
}

impl TryFrom<State> for SeenUnits {
    type Error = StateError;

    fn try_from(state: State) -> Result<SeenUnits, StateError> {
        StateError::check_version(NAME, state.version, VERSION)?;
        let inconsistent = |why| StateError::Inconsistent { what: NAME, why };
        let refused = |_: Refusal| inconsistent("there are too many different shares");
        let mut seen = SeenUnits::with_capacity(state.margins, state.capacity)
            .map_err(|_| inconsistent("the capacity is out of range"))?;
        let level = state.level;
        StateError::require(level <= MAX_LEVEL, NAME, "the level is out of range")?;
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
                    is_late: false,
                    events,
                },
            );
            StateError::require(previous.is_none(), NAME, "a unit is listed twice")?;
        }
        seen.level = level;
        let late = [
            checked(&seen, &seen.harm, state.late_for_harm)?,
            checked(&seen, &seen.safe, state.late_for_safety)?,
        ];
        seen.recount(|key| late.each_ref().map(|late| late.get(&key).cloned()))
            .map_err(refused)?;
        Ok(seen)
    }
}

/// Refuses units that are missing, listed without need, or had no such events.
fn checked(
    seen: &SeenUnits,
    events: &KeptEvents,
    listed: Vec<LateUnit>,
) -> Result<BTreeMap<u64, Late>, StateError> {
    let number = listed.len();
    let mut late = BTreeMap::new();
    for (key, first, later) in listed {
        let unit = seen.units.get(key).copied();
        let counts = later.iter().map(|&(_, count)| count).chain([first]);
        let none_is_empty = counts.clone().all(|count| count > 0);
        let total = counts.fold(0_u64, |sum, count| sum + u64::from(count));
        let mut shares = later.iter().map(|(share, _)| share);
        let is_known = shares.all(|share| seen.shares.contains(share));
        let fits = unit.is_some_and(|unit| {
            events.leaves_out(key, unit.side) && total <= u64::from(unit.events)
        });
        let what = "a late unit could not have had its events";
        StateError::require(fits && none_is_empty && is_known, NAME, what)?;
        late.insert(key, Late { first, later });
    }
    let due = seen.units.sampled(seen.level);
    let due = due.filter(|&(key, unit)| events.leaves_out(key, unit.side));
    let complete = late.len() == number && due.count() == number;
    StateError::require(complete, NAME, "a late unit is missing or listed twice")?;
    Ok(late)
}
