//! What is known of the present phase.

use std::collections::BTreeMap;

use super::{Guard, Sample};
use crate::timestamp::Timestamp;

/// The latest sample of the phase, and when each guard last had data.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Latest {
    pub(super) sample: Option<Sample>,
    pub(super) last_data: BTreeMap<String, Timestamp>,
    /// Since when the units contradict the share of the step.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub(super) contradicted: Option<Timestamp>,
}

impl Latest {
    /// Takes a sample of this phase, unless a later one is known.
    pub(super) fn take(&mut self, sample: Sample, at: Timestamp) {
        let is_newer = |known: &Sample| known.sequence < sample.sequence;
        if self.sample.as_ref().is_none_or(is_newer) {
            for guard in sample.measured.keys() {
                self.last_data.insert(guard.clone(), at);
            }
            self.sample = Some(sample);
        }
    }

    /// Returns the units that the candidate has answered in this phase.
    pub(super) fn candidate(&self) -> u64 {
        self.sample.as_ref().map_or(0, |sample| sample.candidate)
    }

    /// Returns when the guard last had data, `since` if it had none in this phase.
    pub(super) fn data_of(&self, guard: &Guard, since: Timestamp) -> Timestamp {
        let last = self.last_data.get(guard.name());
        last.map_or(since, |last| since.max(*last))
    }
}
