//! How schedules and roll-outs are kept.

use core::time::Duration;
use std::collections::BTreeMap;

use thiserror::Error;

use super::{
    Before, Climb, Guard, Ladder, OnDeadline, Rollout, RolloutError, Schedule, ScheduleError,
    ShadowStage, Trail, evidence::Evidence,
};
use crate::{
    policy::Policy,
    stats::{Alpha, state::StateError},
    timestamp::Timestamp,
};

const VERSION: u32 = 1;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawSchedule {
    ladder: Ladder,
    climb: Climb,
    bake: Duration,
    bake_exposures: u64,
    guards: Vec<Guard>,
    alpha: Alpha,
    gates: BTreeMap<String, Before>,
    deadline: Option<(Duration, OnDeadline)>,
    shadow: Option<ShadowStage>,
}

impl Default for RawSchedule {
    fn default() -> RawSchedule {
        RawSchedule::from(Schedule::of(Vec::new()))
    }
}

impl From<Schedule> for RawSchedule {
    fn from(schedule: Schedule) -> RawSchedule {
        RawSchedule {
            ladder: schedule.ladder,
            climb: schedule.climb,
            bake: schedule.bake,
            bake_exposures: schedule.bake_exposures,
            guards: schedule.guards,
            alpha: schedule.alpha,
            gates: schedule.gates,
            deadline: schedule.deadline,
            shadow: schedule.shadow,
        }
    }
}

impl TryFrom<RawSchedule> for Schedule {
    type Error = ScheduleError;

    fn try_from(raw: RawSchedule) -> Result<Schedule, ScheduleError> {
        let schedule = Schedule {
            ladder: raw.ladder,
            climb: raw.climb,
            bake: raw.bake,
            bake_exposures: raw.bake_exposures,
            guards: raw.guards,
            alpha: raw.alpha,
            gates: raw.gates,
            deadline: raw.deadline,
            shadow: raw.shadow,
        };
        schedule.checked()
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRollout {
    version: u32,
    policy: Policy,
    schedule: Schedule,
    clock: Timestamp,
    evidence: Evidence,
    confirmed: bool,
    trail: Trail,
}

impl From<Rollout> for RawRollout {
    fn from(rollout: Rollout) -> RawRollout {
        RawRollout {
            version: VERSION,
            policy: rollout.policy,
            schedule: rollout.schedule,
            clock: rollout.clock,
            evidence: rollout.evidence,
            confirmed: rollout.is_confirmed,
            trail: rollout.trail,
        }
    }
}

/// Why stored state is not taken up.
#[derive(Debug, Error)]
pub(super) enum StoredError {
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Rollout(#[from] RolloutError),
}

impl TryFrom<RawRollout> for Rollout {
    type Error = StoredError;

    fn try_from(raw: RawRollout) -> Result<Rollout, StoredError> {
        const NAME: &str = "a roll-out";
        StateError::check_version(NAME, raw.version, VERSION)?;
        let replayed = Rollout::replay(raw.policy, raw.schedule, raw.trail)?;
        let is_ahead = raw.clock >= replayed.clock;
        StateError::require(is_ahead, NAME, "the clock is behind the last event")?;
        let tag = replayed.tag();
        let sample = &raw.evidence.sample;
        let is_of_phase = sample.as_ref().is_none_or(|sample| tag == Some(sample.tag));
        StateError::require(is_of_phase, NAME, "the evidence is not of this phase")?;
        Ok(Rollout {
            clock: raw.clock,
            evidence: raw.evidence,
            is_confirmed: raw.confirmed,
            ..replayed
        })
    }
}
