//! How schedules and roll-outs are kept.

use std::collections::BTreeMap;

use thiserror::Error;

use super::{
    Before, Climb, End, Guard, Ladder, OnBreach, OnDeadline, Phase, Rollout, RolloutError,
    Schedule, ScheduleError, ShadowStage, Trail, attribution::StepShare, latest::Latest,
    span::Span,
};
use crate::{
    fingerprint::Fingerprint,
    policy::Policy,
    share::Share,
    stats::{Alpha, state::StateError},
    timestamp::Timestamp,
};

/// The first edition's form has version 1: it is read, and no longer written.
const VERSION: u32 = 2;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawSchedule {
    ladder: Ladder,
    climb: Climb,
    bake: Span,
    bake_exposures: u64,
    guards: Vec<Guard>,
    alpha: Alpha,
    gates: BTreeMap<String, Before>,
    deadline: Option<(Span, OnDeadline)>,
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    deadline_without_pauses: bool,
    shadow: Option<ShadowStage>,
    #[serde(skip_serializing_if = "is_default")]
    end: End,
    #[serde(skip_serializing_if = "is_usual")]
    sample_ratio: (Span, OnBreach),
}

fn is_usual((after, then): &(Span, OnBreach)) -> bool {
    (after.0, *then) == Schedule::SAMPLE_RATIO
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
fn is_default(end: &End) -> bool {
    *end == End::default()
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
            bake: Span(schedule.bake),
            bake_exposures: schedule.bake_exposures,
            guards: schedule.guards,
            alpha: schedule.alpha,
            gates: schedule.gates,
            deadline: schedule.deadline.map(|(after, then)| (Span(after), then)),
            deadline_without_pauses: schedule.deadline_without_pauses,
            shadow: schedule.shadow,
            end: schedule.end,
            sample_ratio: (Span(schedule.sample_ratio.0), schedule.sample_ratio.1),
        }
    }
}

impl TryFrom<RawSchedule> for Schedule {
    type Error = ScheduleError;

    fn try_from(raw: RawSchedule) -> Result<Schedule, ScheduleError> {
        let schedule = Schedule {
            ladder: raw.ladder,
            climb: raw.climb,
            bake: raw.bake.0,
            bake_exposures: raw.bake_exposures,
            guards: raw.guards,
            alpha: raw.alpha,
            gates: raw.gates,
            deadline: raw.deadline.map(|(after, then)| (after.0, then)),
            deadline_without_pauses: raw.deadline_without_pauses,
            shadow: raw.shadow,
            end: raw.end,
            sample_ratio: (raw.sample_ratio.0.0, raw.sample_ratio.1),
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
    evidence: Latest,
    confirmed: bool,
    /// None in version 1, and where all is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_force: Option<Phase>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    found: Option<Fingerprint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revision: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<(StepShare, Phase)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amended: Option<Fingerprint>,
    /// Where the policy keeps units out, the version that answers them at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replaced: Option<String>,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    has_taken_over: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sheds: Vec<Share>,
    trail: Trail,
}

impl From<Rollout> for RawRollout {
    fn from(rollout: Rollout) -> RawRollout {
        let (confirmed, in_force) = (rollout.is_confirmed(), rollout.in_force);
        RawRollout {
            version: VERSION,
            policy: rollout.policy,
            schedule: rollout.schedule,
            clock: rollout.clock,
            evidence: rollout.evidence,
            confirmed,
            in_force: (!confirmed).then_some(in_force),
            found: rollout.found,
            replaced: rollout.replaced,
            revision: rollout.revision,
            earlier: rollout.earlier,
            amended: rollout.amended,
            has_taken_over: rollout.has_taken_over,
            sheds: rollout.sheds,
            trail: rollout.trail,
        }
    }
}

/// Why stored state is refused.
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
        if raw.version != 1 {
            StateError::check_version(NAME, raw.version, VERSION)?;
        }
        let mut schedule = raw.schedule;
        if raw.version == 1 {
            // The first edition had no other end.
            schedule.end = End::Everybody;
        }
        let mut replayed = Rollout::replay(raw.policy, schedule, raw.trail)?;
        // The mark of evidence depends on it.
        replayed.replaced = raw.replaced;
        replayed.revision = raw.revision;
        replayed.earlier = raw.earlier;
        replayed.amended = raw.amended;
        let is_ahead = raw.clock >= replayed.clock;
        StateError::require(is_ahead, NAME, "the clock is behind the last event")?;
        if raw.confirmed {
            replayed.in_force = replayed.state.phase;
        } else if let Some(phase) = raw.in_force {
            replayed.in_force = phase;
        }
        let tag = replayed.tag();
        let sample = &raw.evidence.sample;
        let is_of_phase = sample.as_ref().is_none_or(|sample| tag == Some(sample.tag));
        // The first edition took evidence of a step that was not in force yet.
        let is_early = !is_of_phase && raw.version == 1 && !raw.confirmed;
        let is_known = is_of_phase || is_early;
        StateError::require(is_known, NAME, "the evidence is not of this phase")?;
        Ok(Rollout {
            clock: raw.clock,
            evidence: match is_early {
                true => Latest::default(),
                false => raw.evidence,
            },
            found: raw.found,
            has_taken_over: raw.has_taken_over,
            sheds: raw.sheds,
            ..replayed
        })
    }
}
