//! What was measured on one step.

use core::fmt;
use std::collections::BTreeMap;

use super::Tag;
use crate::{
    outcome::Ending,
    stats::{
        guard::{Margins, RateGuard, SeenUnits, StageTally},
        measure::significant,
    },
};

/// What was measured of the candidate and its control, up to one moment.
///
/// It counts the units of this phase, each once; for the measurements see [`Measured`]. A later
/// sample replaces an earlier one.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct StepSample {
    pub(super) tag: Tag,
    pub(super) sequence: u64,
    pub(super) control: u64,
    pub(super) candidate: u64,
    pub(super) measured: BTreeMap<String, Measured>,
    /// If units are sampled: the units of one sample on both sides, on which the ratio is checked.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub(super) thinned: Option<ThinnedUnits>,
    /// How many numbers were reported so far, by guard. If a sample has no more than the one
    /// before, the guard has no new data. Empty for a sample made by hand.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "BTreeMap::is_empty")
    )]
    pub(super) reported: BTreeMap<String, u64>,
}

/// The units of both sides that are in one sample by hash, and how often that was halved.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct ThinnedUnits {
    pub(super) control: u64,
    pub(super) candidate: u64,
    pub(super) level: u32,
}

impl StepSample {
    /// Returns a sample without data.
    ///
    /// The tag is [`Rollout::tag`](super::Rollout::tag) of the time when it was taken;
    /// [`Rollout::sample`](super::Rollout::sample) numbers by itself. The sequence number rises
    /// from sample to sample; of two that arrive in the wrong order the higher one counts.
    #[must_use]
    pub const fn new(tag: Tag, sequence: u64) -> StepSample {
        StepSample {
            tag,
            sequence,
            control: 0,
            candidate: 0,
            measured: BTreeMap::new(),
            thinned: None,
            reported: BTreeMap::new(),
        }
    }

    /// Returns the sample with the numbers of units of both sides in this phase.
    ///
    /// While shadowing, both are the number of pairs; while baking, the control has none. Leave out
    /// units that were not drawn.
    #[must_use]
    pub fn exposed(self, control: u64, candidate: u64) -> StepSample {
        StepSample {
            control,
            candidate,
            ..self
        }
    }

    /// Returns the sample with the measurement of one guard.
    ///
    /// A number that is not finite counts as no data. A name that the schedule does not have, and a
    /// measurement of another kind than the guard looks at, are refused when the sample is handed
    /// in: see [`Refused`](super::Refused).
    #[must_use]
    pub fn with(mut self, guard: &str, measured: Measured) -> StepSample {
        if measured.is_usable() {
            self.measured.insert(guard.to_owned(), measured);
        }
        self
    }
}

/// A measurement, of the kind that the guard's [`Check`](super::Check) needs.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Measured {
    /// Bad events of the whole release, separately for each share; see [`Measured::of`].
    BadEvents(BadEvents),
    /// A confidence sequence of the effect, candidate minus control; `None` for no bound.
    Effect {
        /// Its lower bound.
        lower: Option<f64>,
        /// Its upper bound.
        upper: Option<f64>,
    },
    /// A number of the candidate.
    Value(f64),
    /// The latest numbers of the candidate in this phase, in their order.
    Readings(Vec<f64>),
    /// A quantile of both sides in this phase.
    Quantiles(Quantiles),
}

/// A quantile of both sides, and bounds of their difference.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Quantiles {
    /// The quantile's order.
    pub order: f64,
    /// The control's quantile.
    pub control: f64,
    /// The candidate's quantile.
    pub candidate: f64,
    /// Units of the control, and of the candidate.
    pub units: [u64; 2],
    /// The lower bound of how far the candidate's quantile is above the margin of harm.
    pub above_harm: f64,
    /// The upper bound of how far the candidate's quantile is above the margin of safety.
    pub above_safe: f64,
}

impl fmt::Display for Quantiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [control, candidate] = [self.control, self.candidate].map(significant);
        let [of_control, of_candidate] = self.units;
        write!(
            f,
            "the {} quantile is {candidate} for {of_candidate} units of the candidate, {control} \
             for {of_control} of the control",
            self.order
        )
    }
}

impl Measured {
    /// Returns the events that a guard has counted over the whole release.
    #[must_use]
    pub fn of(guard: &RateGuard) -> Measured {
        Measured::BadEvents(BadEvents {
            tally: guard.tally().clone(),
            thinned: guard.seen_units().map(|seen| Thinned {
                margins: seen.margins(),
                tally: seen.safe_tally().clone(),
            }),
            ln_stake: guard.seen_units().map_or(0.0, SeenUnits::ln_stake),
            repeated_events: guard.seen_units().map_or(0, SeenUnits::repeats),
            units_sampled: guard.seen_units().map_or(1.0, SeenUnits::sampled),
            endings: None,
        })
    }

    /// Says which kind of measurement it is.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Measured::BadEvents(_) => "bad events",
            Measured::Effect { .. } => "the bounds of an effect",
            Measured::Value(_) | Measured::Readings(_) => "a number",
            Measured::Quantiles(_) => "quantiles of both sides",
        }
    }

    pub(super) fn is_usable(&self) -> bool {
        let is_bound = |bound: Option<f64>| bound.is_none_or(f64::is_finite);
        match self {
            Measured::BadEvents(events) => events.ln_stake.is_finite() && events.ln_stake <= 0.0,
            Measured::Effect { lower, upper } => is_bound(*lower) && is_bound(*upper),
            Measured::Value(value) => value.is_finite(),
            Measured::Readings(values) => values.iter().all(|value| value.is_finite()),
            Measured::Quantiles(found) => !found.above_harm.is_nan() && !found.above_safe.is_nan(),
        }
    }
}

/// The bad events of a whole release, as a [`RateGuard`] has counted them.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct BadEvents {
    pub(super) tally: StageTally,
    /// Where units' events are counted: those that count for safety.
    pub(super) thinned: Option<Thinned>,
    pub(super) ln_stake: f64,
    pub(super) repeated_events: u64,
    pub(super) units_sampled: f64,
    /// How the candidate's requests ended badly, where that is what is counted.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub(super) endings: Option<BadEndings>,
}

/// How often requests of the candidate ended badly, by ending.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct BadEndings {
    /// With an error or a panic.
    pub failed: u64,
    /// With a refusal.
    pub refused: u64,
    /// Given up: nobody waited for the end.
    pub given_up: u64,
}

impl BadEndings {
    pub(super) fn add(&mut self, ending: Ending) {
        let count = match ending {
            Ending::Failed => &mut self.failed,
            Ending::Refused => &mut self.refused,
            Ending::GivenUp => &mut self.given_up,
            Ending::Answered => return,
        };
        *count = count.saturating_add(1);
    }

    pub(super) fn merge(&mut self, other: BadEndings) {
        self.failed = self.failed.saturating_add(other.failed);
        self.refused = self.refused.saturating_add(other.refused);
        self.given_up = self.given_up.saturating_add(other.given_up);
    }
}

impl fmt::Display for BadEndings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BadEndings {
            failed,
            refused,
            given_up,
        } = self;
        let endings = [
            (failed, "failed"),
            (refused, "refused"),
            (given_up, "given up"),
        ];
        let met = endings.into_iter().filter(|(number, _)| **number > 0);
        let words: Vec<String> = met
            .map(|(number, ending)| format!("{number} {ending}"))
            .collect();
        f.write_str(&words.join(", "))
    }
}

/// Units' events that count for the safety of a test with these margins.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Thinned {
    pub(super) margins: Margins,
    pub(super) tally: StageTally,
}

impl BadEvents {
    /// Tells whether the events were counted for a test with these margins.
    pub(super) fn is_of(&self, margins: Margins) -> bool {
        let thinned = self.thinned.as_ref();
        thinned.is_none_or(|thinned| thinned.margins == margins)
    }
}

impl From<StageTally> for BadEvents {
    /// Takes events of which each is its own unit's.
    fn from(tally: StageTally) -> BadEvents {
        BadEvents {
            tally,
            thinned: None,
            ln_stake: 0.0,
            repeated_events: 0,
            units_sampled: 1.0,
            endings: None,
        }
    }
}
