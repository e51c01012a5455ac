//! How evidence is kept.

use std::collections::BTreeMap;

use super::{Counter, Counts, Evidence, Fingerprint, Met, Phase, Place};
use crate::{stats::state::StateError, timestamp::Timestamp};

/// Before version 2 evidence did not say which release it is of.
const VERSION: u32 = 2;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    version: u32,
    release: String,
    candidate: String,
    policies: Vec<(Fingerprint, Place)>,
    phase: Phase,
    since: Timestamp,
    asked: u64,
    met: Vec<(Phase, Met)>,
    counters: Vec<Counter>,
}

impl From<Evidence> for Raw {
    fn from(evidence: Evidence) -> Raw {
        Raw {
            version: VERSION,
            release: evidence.release,
            candidate: evidence.version,
            policies: evidence.policies,
            phase: evidence.phase,
            since: evidence.since,
            asked: evidence.asked,
            met: evidence.met.into_iter().collect(),
            counters: evidence.counters,
        }
    }
}

impl TryFrom<Raw> for Evidence {
    type Error = StateError;

    fn try_from(raw: Raw) -> Result<Evidence, StateError> {
        const NAME: &str = "evidence of a roll-out";
        StateError::check_version(NAME, raw.version, VERSION)?;
        let steps = raw
            .policies
            .iter()
            .filter(|known| matches!(known.1, Place::Step { .. }));
        StateError::require(
            steps.count() <= 100_000,
            NAME,
            "there are too many policies",
        )?;
        let bounded = |counter: &Counter| match &counter.counts {
            Counts::Values { steps, .. } => steps.len() <= 100_000,
            _ => true,
        };
        let mut met = BTreeMap::new();
        met.extend(raw.met);
        let is_bounded = raw.counters.iter().all(bounded);
        StateError::require(is_bounded, NAME, "there are too many steps")?;
        Ok(Evidence {
            release: raw.release,
            version: raw.candidate,
            policies: raw.policies,
            phase: raw.phase,
            since: raw.since,
            asked: raw.asked,
            met,
            counters: raw.counters,
        })
    }
}
