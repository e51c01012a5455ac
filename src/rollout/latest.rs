//! What is known of the present phase.

use core::time::Duration;
use std::collections::BTreeMap;

use super::{Guard, StepSample};
use crate::timestamp::Timestamp;

/// The latest sample of the phase, and when each guard last had data.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Latest {
    pub(super) sample: Option<StepSample>,
    pub(super) last_data: BTreeMap<String, Timestamp>,
    /// Since when the units contradict the share of the step.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub(super) contradicted: Option<Timestamp>,
}

impl Latest {
    /// Takes a sample of this phase, unless a later one is known.
    pub(super) fn take(&mut self, sample: StepSample, at: Timestamp) {
        let is_newer = |known: &StepSample| known.sequence < sample.sequence;
        if self.sample.as_ref().is_none_or(is_newer) {
            let known = self.sample.as_ref().map(|known| &known.reported);
            let has_none = |guard: &String| {
                let reported = sample.reported.get(guard);
                reported.is_some() && known.and_then(|known| known.get(guard)) == reported
            };
            let with_data = sample.measured.keys().filter(|guard| !has_none(guard));
            let with_data: Vec<String> = with_data.cloned().collect();
            let times = with_data.into_iter().map(|guard| (guard, at));
            self.last_data.extend(times);
            self.sample = Some(sample);
        }
    }

    /// Moves its times by one in which nothing could be counted.
    pub(super) fn leave_out(&mut self, time: Duration) {
        let times = self.last_data.values_mut().chain(&mut self.contradicted);
        times.for_each(|at| *at = at.after(time));
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
