//! A whole release as one file: policy, schedule and guards.

mod guard;

use std::collections::BTreeMap;

use thiserror::Error;

use self::guard::{GuardFault, RawGuard};
use super::{
    Before, Climb, End, Ladder, OnBreach, OnDeadline, Rollout, RolloutError, Schedule,
    ScheduleError, ShadowStage, span::Span,
};
use crate::{policy::Policy, share::Share, stats::Alpha};

/// A release in one file: its policy, its schedule and its guards.
///
/// The chapter on policy files of the guide has every field. Unknown fields are refused, and an
/// error names the field.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use switchstand::rollout::ReleaseFile;
/// let file: ReleaseFile = toml::from_str(r#"
///     revision = 17
///     [policy]
///     scheme  = "v1"
///     release = "ranker-2026-11"
///     [policy.canary]
///     version = "v2"
///     [schedule]
///     steps = ["1%", "10%", "100%"]
///     dwell = "30m"
///     [[guard]]
///     watches = "failures"
/// "#)?;
/// let rollout = file.into_rollout()?;
/// assert_eq!((rollout.version(), rollout.revision()), ("v2", Some(17)));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(try_from = "Raw")]
#[non_exhaustive]
pub struct ReleaseFile {
    /// The number of the file, if it has one; a lower one than that in force is refused.
    pub revision: Option<u64>,
    /// The policy; the schedule sets its share.
    pub policy: Policy,
    /// The schedule, guards included.
    pub schedule: Schedule,
}

impl ReleaseFile {
    /// Returns the roll-out of the file.
    ///
    /// # Errors
    /// As [`Rollout::new`].
    pub fn into_rollout(self) -> Result<Rollout, RolloutError> {
        let rollout = Rollout::new(self.policy, self.schedule)?;
        Ok(rollout.with_revision(self.revision))
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    revision: Option<u64>,
    policy: Policy,
    #[serde(default)]
    schedule: RawTimes,
    #[serde(default)]
    guard: Vec<RawGuard>,
    shadow: Option<RawStage>,
}

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTimes {
    steps: Option<Ladder>,
    climb: Option<Way>,
    dwell: Option<Span>,
    units: Option<u64>,
    bake: Option<Span>,
    bake_units: Option<u64>,
    alpha: Option<Alpha>,
    end: Option<End>,
    deadline: Option<Deadline>,
    sample_ratio: Option<Ratio>,
    #[serde(default)]
    gates: BTreeMap<String, Before>,
}

#[derive(Clone, Copy, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    Dwell,
    Evidence,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Deadline {
    after: Span,
    then: OnDeadline,
    #[serde(default)]
    without_pauses: bool,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Ratio {
    after: Span,
    then: OnBreach,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStage {
    share: Share,
    pairs: u64,
    #[serde(default)]
    guard: Vec<RawGuard>,
}

/// Why a file is no release.
#[derive(Debug, Error)]
enum FileError {
    #[error("guard number {number}: {fault}")]
    Guard { number: usize, fault: GuardFault },
    #[error(
        "schedule.{field} is for the climb by dwell, schedule.climb is \"evidence\": leave \
             one of them out"
    )]
    NotByDwell { field: &'static str },
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
}

impl TryFrom<Raw> for ReleaseFile {
    type Error = FileError;

    fn try_from(raw: Raw) -> Result<ReleaseFile, FileError> {
        let times = raw.schedule;
        let mut schedule = Schedule::new(guards(raw.guard)?)?;
        let climb = match times.climb {
            Some(Way::Evidence) => {
                for (field, is_given) in [
                    ("dwell", times.dwell.is_some()),
                    ("units", times.units.is_some()),
                ] {
                    if is_given {
                        return Err(FileError::NotByDwell { field });
                    }
                }
                Climb::OnEvidence
            }
            Some(Way::Dwell) | None => match schedule.climb {
                Climb::Dwell { time, exposures } => Climb::Dwell {
                    time: times.dwell.map_or(time, |span| span.0),
                    exposures: times.units.unwrap_or(exposures),
                },
                climb => climb,
            },
        };
        schedule = schedule.with_climb(climb)?;
        if let Some(steps) = times.steps {
            schedule = schedule.with_ladder(steps);
        }
        let bake = times.bake.map_or(schedule.bake, |span| span.0);
        let units = times.bake_units.unwrap_or(schedule.bake_exposures);
        schedule = schedule.with_bake(bake, units);
        if let Some(alpha) = times.alpha {
            schedule = schedule.with_alpha(alpha);
        }
        if let Some(end) = times.end {
            schedule = schedule.with_end(end);
        }
        if let Some(Deadline {
            after,
            then,
            without_pauses,
        }) = times.deadline
        {
            schedule = match without_pauses {
                true => schedule.with_deadline_without_pauses(after.0, then),
                false => schedule.with_deadline(after.0, then),
            };
        }
        if let Some(Ratio { after, then }) = times.sample_ratio {
            schedule = schedule.with_sample_ratio(after.0, then);
        }
        for (name, before) in times.gates {
            schedule = schedule.with_gate(&name, before)?;
        }
        if let Some(stage) = raw.shadow {
            schedule = schedule.with_shadow(ShadowStage {
                share: stage.share,
                pairs: stage.pairs,
                guards: guards(stage.guard)?,
            })?;
        }
        Ok(ReleaseFile {
            revision: raw.revision,
            policy: raw.policy,
            schedule,
        })
    }
}

fn guards(raw: Vec<RawGuard>) -> Result<Vec<super::Guard>, FileError> {
    let guards = raw.into_iter().zip(1..).map(|(guard, number)| {
        let guard = guard.into_guard();
        guard.map_err(|fault| FileError::Guard { number, fault })
    });
    guards.collect()
}
