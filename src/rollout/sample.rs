//! What was measured on one step.

use std::collections::BTreeMap;

use super::Tag;
use crate::stats::guard::{Margins, RateGuard, SeenUnits, StageTally};

/// Holds what was measured of the candidate and its control, up to one moment.
///
/// The exposures are those of this phase, units each counted once; the measurements follow
/// [`Measured`]. A later sample replaces an earlier one.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Sample {
    pub(super) tag: Tag,
    pub(super) sequence: u64,
    pub(super) control: u64,
    pub(super) candidate: u64,
    pub(super) measured: BTreeMap<String, Measured>,
}

impl Sample {
    /// Returns a sample without data.
    ///
    /// The tag is [`Rollout::tag`](super::Rollout::tag) of the time when it was taken;
    /// [`Rollout::sample`](super::Rollout::sample) numbers by itself. The sequence number rises from sample to sample; of two that arrive in the wrong order the higher one counts.
    #[must_use]
    pub const fn new(tag: Tag, sequence: u64) -> Sample {
        Sample {
            tag,
            sequence,
            control: 0,
            candidate: 0,
            measured: BTreeMap::new(),
        }
    }

    /// Returns the sample with the units that both sides have answered in this phase.
    ///
    /// While shadowing, both are the number of pairs; while baking, the control has none. Leave
    /// out units that no draw has placed.
    #[must_use]
    pub fn exposed(self, control: u64, candidate: u64) -> Sample {
        Sample {
            control,
            candidate,
            ..self
        }
    }

    /// Returns the sample with the measurement of one guard.
    ///
    /// A number that is not finite is no measurement: the guard has no data then. A name that the
    /// schedule does not have, and a measurement of another kind than the guard looks at, are
    /// refused when the sample is handed in: see [`Refusal`](super::Refusal).
    #[must_use]
    pub fn with(mut self, guard: &str, measured: Measured) -> Sample {
        if measured.is_usable() {
            self.measured.insert(guard.to_owned(), measured);
        }
        self
    }
}

/// Holds one measurement, of the kind that the guard's [`Check`](super::Check) wants.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Measured {
    /// Bad events of the whole release, apart for each share; see [`Measured::of`].
    BadEvents(BadEvents),
    /// Confidence sequence of the effect, candidate minus control; none for no bound.
    Effect {
        /// Its lower bound.
        lower: Option<f64>,
        /// Its upper bound.
        upper: Option<f64>,
    },
    /// A number of the candidate.
    Value(f64),
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
        })
    }

    /// Says which kind of measurement it is.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Measured::BadEvents(_) => "bad events",
            Measured::Effect { .. } => "the bounds of an effect",
            Measured::Value(_) => "a number",
        }
    }

    pub(super) fn is_usable(&self) -> bool {
        let is_bound = |bound: Option<f64>| bound.is_none_or(f64::is_finite);
        match self {
            Measured::BadEvents(events) => events.ln_stake.is_finite() && events.ln_stake <= 0.0,
            Measured::Effect { lower, upper } => is_bound(*lower) && is_bound(*upper),
            Measured::Value(value) => value.is_finite(),
        }
    }
}

/// Holds the bad events of a whole release, as a [`RateGuard`] has counted them.
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
        }
    }
}
