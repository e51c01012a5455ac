//! When a roll-out takes its next step, and what may stop it.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use super::{
    Check, Guard, Ladder, Measured, OnBreach, Phase, Refused, ScheduleError,
    bounds::{check_bounds, check_source, leads},
    refused::names,
};
use crate::{share::Share, stats::Alpha};

/// The rules of a roll-out: its steps, its guards, its times.
///
/// The defaults: steps of 1, 5, 25, 50 and 100 %; ten minutes and 100 units of the candidate on
/// each step; one hour and 100 units at 100 %; a false alarm in at most one of a hundred harmless
/// releases; no deadline, no gate, no shadow stage. In serialised form, a field that is left out
/// has its default.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        try_from = "super::stored::RawSchedule",
        into = "super::stored::RawSchedule"
    )
)]
pub struct Schedule {
    pub(super) ladder: Ladder,
    pub(super) climb: Climb,
    pub(super) bake: Duration,
    pub(super) bake_exposures: u64,
    pub(super) guards: Vec<Guard>,
    pub(super) alpha: Alpha,
    pub(super) gates: BTreeMap<String, Before>,
    pub(super) deadline: Option<(Duration, OnDeadline)>,
    /// Whether the deadline leaves out the time of pauses.
    pub(super) deadline_without_pauses: bool,
    pub(super) shadow: Option<ShadowStage>,
    pub(super) end: End,
    /// How long the units may contradict the share of the step, and what happens then.
    pub(super) sample_ratio: (Duration, OnBreach),
}

/// The units that get the candidate at the end of the ladder.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum End {
    /// All units that the policy lets in.
    ///
    /// A policy may keep units out by a holdout, a layer, `within`, or rules and lists of other
    /// versions. Then it stays in force when the candidate is live: the old version still answers
    /// these units, unless the policy names another one with
    /// [`with_kept_out`](crate::Policy::with_kept_out).
    #[default]
    LetIn,
    /// Everybody, also the units that the policy has kept out until then.
    Everybody,
}

/// The condition for the ladder's next step.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum Climb {
    /// After some time and some units on the step, while every guard has data and none breaches.
    Dwell {
        /// Time on the step, at least.
        #[cfg_attr(feature = "serde", serde(with = "super::span"))]
        time: Duration,
        /// Units that the candidate has answered on the step, at least; 0 counts as 1.
        exposures: u64,
    },
    /// When every guard that acts has shown that this step is safe.
    OnEvidence,
}

/// The step that a closed gate prevents.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Before {
    /// The first release.
    Start,
    /// Every step up, also that to 100 %. A gate that is opened for a step closes after it.
    EachStep,
    /// The acceptance after baking.
    Acceptance,
}

/// What happens when a release takes too long.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum OnDeadline {
    /// It waits for an operator.
    Pause,
    /// The candidate is rejected.
    Reject,
}

/// The stage in which the candidate runs unseen.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct ShadowStage {
    /// The share of units whose requests the candidate sees.
    pub share: Share,
    /// Requests that both versions have answered, at least; 0 counts as 1.
    pub pairs: u64,
    /// The guards on the pairs: each guard that acts must show safety.
    pub guards: Vec<Guard>,
}

impl Schedule {
    pub(super) const SAMPLE_RATIO: (Duration, OnBreach) =
        (Duration::from_secs(600), OnBreach::Pause);

    /// Returns the default schedule with these guards.
    ///
    /// # Errors
    /// [`ScheduleError`] names the guard at fault.
    pub fn new(guards: impl IntoIterator<Item = Guard>) -> Result<Schedule, ScheduleError> {
        Schedule::of(guards.into_iter().collect()).checked()
    }

    /// Returns the schedule with another ladder.
    #[must_use]
    pub fn with_ladder(self, ladder: Ladder) -> Schedule {
        Schedule { ladder, ..self }
    }

    /// Returns the schedule with another rule for the next step, on all steps that have no time of
    /// [their own](Ladder::dwelling).
    ///
    /// # Errors
    /// [`ScheduleError::NothingToClimbOn`] for [`Climb::OnEvidence`] without a guard that acts
    /// and compares the two sides.
    pub fn with_climb(self, climb: Climb) -> Result<Schedule, ScheduleError> {
        Schedule { climb, ..self }.checked()
    }

    /// Returns the schedule with another time, and number of units, at 100 % before acceptance.
    #[must_use]
    pub fn with_bake(self, time: Duration, exposures: u64) -> Schedule {
        Schedule {
            bake: time,
            bake_exposures: exposures,
            ..self
        }
    }

    /// Returns the schedule with another chance of a false alarm, over the whole release.
    ///
    /// It is divided equally among the guards that act and compare.
    #[must_use]
    pub fn with_alpha(self, alpha: Alpha) -> Schedule {
        Schedule { alpha, ..self }
    }

    /// Returns the schedule with a named gate, closed until an input opens it.
    ///
    /// # Errors
    /// [`ScheduleError::NameTaken`] if there is a gate of that name.
    pub fn with_gate(mut self, name: &str, before: Before) -> Result<Schedule, ScheduleError> {
        if self.gates.insert(name.to_owned(), before).is_some() {
            return Err(name_taken("gates", name));
        }
        Ok(self)
    }

    /// Returns the schedule with a limit to the time since the first release, pauses included.
    #[must_use]
    pub fn with_deadline(self, after: Duration, then: OnDeadline) -> Schedule {
        Schedule {
            deadline: Some((after, then)),
            deadline_without_pauses: false,
            ..self
        }
    }

    /// Returns the schedule with a limit to the time since the first release, without the time of
    /// pauses.
    #[must_use]
    pub fn with_deadline_without_pauses(self, after: Duration, then: OnDeadline) -> Schedule {
        Schedule {
            deadline_without_pauses: true,
            ..self.with_deadline(after, then)
        }
    }

    /// Returns the schedule with a stage before the first step, of shadows alone.
    ///
    /// # Errors
    /// [`ScheduleError`] names the guard at fault.
    pub fn with_shadow(self, shadow: ShadowStage) -> Result<Schedule, ScheduleError> {
        Schedule {
            shadow: Some(shadow),
            ..self
        }
        .checked()
    }

    /// Returns the schedule with another end.
    #[must_use]
    pub fn with_end(self, end: End) -> Schedule {
        Schedule { end, ..self }
    }

    /// Returns the schedule with another time and response for units that contradict the share of
    /// the step.
    ///
    /// While they contradict it, nothing is called safe and no step is taken. After `after` it is a
    /// breach of the guard [`sample ratio`](Guard::SAMPLE_RATIO), and `then` follows. The default
    /// is a pause after ten minutes.
    #[must_use]
    pub fn with_sample_ratio(self, after: Duration, then: OnBreach) -> Schedule {
        Schedule {
            sample_ratio: (after, then),
            ..self
        }
    }

    /// Returns the ladder.
    #[must_use]
    pub const fn ladder(&self) -> &Ladder {
        &self.ladder
    }

    /// Returns the guards of ramp and bake.
    #[must_use]
    pub fn guards(&self) -> &[Guard] {
        &self.guards
    }

    /// Iterates over the names of the gates and what each prevents while it is closed.
    pub fn gates(&self) -> impl Iterator<Item = (&str, Before)> {
        self.gates
            .iter()
            .map(|(name, before)| (name.as_str(), *before))
    }

    /// Returns the stage in which the candidate runs unseen, if there is one.
    #[must_use]
    pub const fn shadow(&self) -> Option<&ShadowStage> {
        self.shadow.as_ref()
    }

    /// Returns the error rate of each guard that compares: its part of the release's error rate.
    ///
    /// By Bonferroni's inequality the chance that any of them raises a false alarm is at most
    /// their sum.
    #[must_use]
    pub fn alpha_each(&self) -> Alpha {
        let counted = |guard: &&Guard| guard.acts() && guard.check().compares();
        let guards = self.all_guards().filter(counted).count().max(1);
        Alpha::new(self.alpha.get() / guards as f64).unwrap_or(self.alpha)
    }

    /// Returns the default schedule with guards that are still to be checked.
    pub(super) fn of(guards: Vec<Guard>) -> Schedule {
        Schedule {
            ladder: Ladder::default(),
            climb: Climb::Dwell {
                time: Duration::from_secs(600),
                exposures: 100,
            },
            bake: Duration::from_secs(3600),
            bake_exposures: 100,
            guards,
            alpha: Alpha::ONE_PERCENT,
            gates: BTreeMap::new(),
            deadline: None,
            deadline_without_pauses: false,
            shadow: None,
            end: End::default(),
            sample_ratio: Schedule::SAMPLE_RATIO,
        }
    }

    /// Returns the rule for leaving a phase.
    pub(super) fn climb_at(&self, phase: Phase) -> Climb {
        let share = match phase {
            Phase::Ramping { step } => self.ladder.compared().get(step),
            _ => None,
        };
        let own = share.and_then(|share| self.ladder.own(*share));
        own.map_or(self.climb, |(time, exposures)| Climb::Dwell {
            time,
            exposures,
        })
    }

    pub(super) fn all_guards(&self) -> impl Iterator<Item = &Guard> {
        let shadow = self.shadow.iter().flat_map(|stage| &stage.guards);
        self.guards.iter().chain(shadow)
    }

    /// Returns why a measurement does not fit the guard of this name; `None` if it fits.
    pub(super) fn misfit(&self, name: &str, measured: &Measured) -> Option<Refused> {
        let Some(guard) = self.all_guards().find(|guard| guard.name() == name) else {
            return Some(Refused::UnknownGuard {
                guard: name.to_owned(),
                known: names(self.all_guards().map(Guard::name)),
            });
        };
        match (guard.check(), measured) {
            (Check::Rate(test), Measured::BadEvents(events)) => {
                let fits = events.is_of(test.margins());
                let guard = name.to_owned();
                (!fits).then_some(Refused::OtherTest { guard })
            }
            (Check::Effect { .. }, Measured::Effect { .. })
            | (Check::Limit { .. }, Measured::Value(_) | Measured::Readings(_))
            | (Check::Quantile { .. }, Measured::Quantiles(_)) => None,
            (check, measured) => Some(Refused::WrongKind {
                guard: name.to_owned(),
                wanted: check.wants().to_owned(),
                found: measured.kind().to_owned(),
            }),
        }
    }

    pub(super) fn checked(self) -> Result<Schedule, ScheduleError> {
        let mut names = BTreeSet::new();
        names.insert(Guard::SAMPLE_RATIO);
        for guard in self.all_guards() {
            if !names.insert(guard.name()) {
                return Err(name_taken("guards", guard.name()));
            }
            check_bounds(guard)?;
        }
        for guard in self.shadow.iter().flat_map(|stage| &stage.guards) {
            if matches!(guard.check(), Check::Rate(_) | Check::Quantile { .. }) {
                let guard = guard.name().to_owned();
                return Err(ScheduleError::NotPaired { guard });
            }
        }
        for guard in self.all_guards() {
            check_source(guard)?;
        }
        if self.climb == Climb::OnEvidence && !self.guards.iter().any(leads) {
            return Err(ScheduleError::NothingToClimbOn);
        }
        Ok(self)
    }
}

fn name_taken(what: &'static str, name: &str) -> ScheduleError {
    let name = name.to_owned();
    ScheduleError::NameTaken { what, name }
}
