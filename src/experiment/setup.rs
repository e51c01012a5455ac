//! The setup of an experiment: arms, metrics and error rate, decided before it begins.

mod checked;
#[cfg(feature = "serde")]
mod stored;

use super::{ExperimentError, Looks, Metric, segment::Division};
use crate::{
    fingerprint::Fingerprint,
    policy::{Policy, PolicyError},
    stats::Alpha,
};

/// The arms, metrics and error rate that were decided before the experiment began.
///
/// The tests over which the error rate holds are fixed here: every goal and guardrail of every
/// candidate, also if it is dropped later.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    pub(super) release: String,
    /// The policy from which the arms were taken; setups that differ only in it are equal.
    pub(super) fingerprint: Option<Fingerprint>,
    /// The control, then the candidates in the byte order of their labels.
    pub(super) arms: Vec<Planned>,
    pub(super) metrics: Vec<Metric>,
    pub(super) alpha: Alpha,
    pub(super) planned: u64,
    pub(super) units_per_day: Option<f64>,
    pub(super) capacity: usize,
    pub(super) divisions: Vec<Division>,
    pub(super) looks: Looks,
}

/// An arm and its part of the sum of all weights.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Planned {
    pub(super) label: String,
    pub(super) weight: u64,
}

/// The number of units that are remembered by default.
const CAPACITY: usize = 1 << 20;
/// The numbers of units that may be chosen.
const CAPACITIES: core::ops::RangeInclusive<usize> = 64..=1 << 26;
/// The maximum number of arms; a unit's arms are bits of a word.
const ARMS: core::ops::RangeInclusive<usize> = 2..=64;
/// The maximum number of segments in all divisions; each has sums of its own.
const SEGMENTS: usize = 100;

impl Setup {
    /// Returns an experiment on the arms of a release with these weights, the control first.
    ///
    /// The error rate is 5 %, the planned size 20,000 units, the traffic unknown, and 2^20 units
    /// are remembered.
    ///
    /// # Errors
    /// [`ExperimentError`] for fewer than 2 or more than 64 arms, arms or metrics of one name, a
    /// weight of 0, or a number of a metric that is out of its range.
    pub fn new<'a>(
        release: &str,
        arms: impl IntoIterator<Item = (&'a str, u64)>,
        metrics: impl IntoIterator<Item = Metric>,
    ) -> Result<Setup, ExperimentError> {
        let arm = |(label, weight): (&str, u64)| Planned {
            label: label.to_owned(),
            weight,
        };
        Setup {
            release: release.to_owned(),
            fingerprint: None,
            arms: arms.into_iter().map(arm).collect(),
            metrics: metrics.into_iter().collect(),
            alpha: Alpha::FIVE_PERCENT,
            planned: 20_000,
            units_per_day: None,
            capacity: CAPACITY,
            divisions: Vec::new(),
            looks: Looks::Anytime,
        }
        .checked()
    }

    /// Takes arms, weights, release and fingerprint from the policy of an A/B test.
    ///
    /// The policy's first arm is the control. Arms of weight 0 get no unit and are left out.
    ///
    /// # Errors
    /// [`ExperimentError::NoAbTest`] for any other policy, and as [`new`](Setup::new).
    pub fn of(
        policy: &Policy,
        metrics: impl IntoIterator<Item = Metric>,
    ) -> Result<Setup, ExperimentError> {
        let release = policy.release();
        let arms = arms_of(policy)?;
        let arms = arms.iter().map(|arm| (arm.label.as_str(), arm.weight));
        let setup = Setup::new(release, arms, metrics)?;
        Ok(Setup {
            fingerprint: Some(policy.fingerprint()),
            ..setup
        })
    }

    /// Returns the setup with another arm as the control.
    ///
    /// # Errors
    /// [`ExperimentError::Unknown`] if there is no such arm.
    pub fn with_control(mut self, label: &str) -> Result<Setup, ExperimentError> {
        let place = self.arm(label)?;
        self.arms.swap(0, place);
        self.checked()
    }

    /// Returns the setup with another error rate over all tested metrics, candidates and looks.
    #[must_use]
    pub fn with_alpha(self, alpha: Alpha) -> Setup {
        Setup { alpha, ..self }
    }

    /// Returns the setup with the number of units, of all arms, at which the intervals are
    /// narrowest.
    ///
    /// The intervals are valid at any other size, too. Fix the number beforehand.
    /// [`units_needed`](Setup::units_needed) says how many an effect needs.
    ///
    /// # Errors
    /// [`ExperimentError::OutOfRange`] below 2 units.
    pub fn with_planned_units(self, planned: u64) -> Result<Setup, ExperimentError> {
        Setup { planned, ..self }.checked()
    }

    /// Returns the setup with another choice of when it may decide.
    ///
    /// One look, or a few, need fewer [planned units](Setup::with_planned_units) than looks at any
    /// time, but decide only at those sizes, by [`take_look`](super::Experiment::take_look).
    /// [`units_by_looks`](Setup::units_by_looks) says how many units each way needs.
    ///
    /// # Errors
    /// [`ExperimentError::OutOfRange`] unless a group sequential test has 2 to 20 looks.
    pub fn with_looks(self, looks: Looks) -> Result<Setup, ExperimentError> {
        Setup { looks, ..self }.checked()
    }

    /// Returns the setup with another division of units into segments, such as countries.
    ///
    /// Record them by [`note_segment`](super::Experiment::note_segment). The read-out shows each
    /// segment separately; they are exploratory and take nothing from the error rate of the
    /// verdict.
    ///
    /// # Errors
    /// [`ExperimentError::NameTaken`] for two divisions, or segments of one, of one name,
    /// [`ExperimentError::OutOfRange`] for more than 100 segments in all.
    pub fn with_segments<'a>(
        mut self,
        division: &str,
        segments: impl IntoIterator<Item = &'a str>,
    ) -> Result<Setup, ExperimentError> {
        self.divisions.push(Division {
            name: division.to_owned(),
            segments: segments.into_iter().map(str::to_owned).collect(),
        });
        self.checked()
    }

    /// Returns the setup with the number of new units per day, so that sizes can be given in days.
    ///
    /// # Errors
    /// [`ExperimentError::OutOfRange`] unless the number is positive and finite.
    pub fn with_units_per_day(self, units: f64) -> Result<Setup, ExperimentError> {
        let units_per_day = Some(units);
        Setup {
            units_per_day,
            ..self
        }
        .checked()
    }

    /// Returns the setup with the number of units that are remembered before half of them are
    /// forgotten.
    ///
    /// A unit takes 21 to 43 bytes, and as many again for every metric.
    ///
    /// # Errors
    /// [`ExperimentError::OutOfRange`] below 64 and above 2^26.
    pub fn with_capacity(self, capacity: usize) -> Result<Setup, ExperimentError> {
        Setup { capacity, ..self }.checked()
    }

    /// Returns the name of the release.
    #[must_use]
    pub fn release(&self) -> &str {
        &self.release
    }

    /// Iterates over labels and weights of the arms, the control first.
    pub fn arms(&self) -> impl Iterator<Item = (&str, u64)> {
        self.arms.iter().map(|arm| (arm.label.as_str(), arm.weight))
    }

    /// Returns the metrics.
    #[must_use]
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// Returns the number of tests among which the error rate is divided.
    #[must_use]
    pub fn family(&self) -> usize {
        let deciding = self
            .metrics
            .iter()
            .filter(|metric| metric.decides())
            .count();
        deciding.max(1) * (self.arms.len() - 1)
    }

    pub(super) fn arm(&self, label: &str) -> Result<usize, ExperimentError> {
        let place = self.arms.iter().position(|arm| arm.label == label);
        place.ok_or_else(|| ExperimentError::Unknown {
            what: "arm",
            name: label.to_owned(),
            known: listed(self.arms.iter().map(|arm| &arm.label)),
        })
    }

    pub(super) fn metric(&self, name: &str) -> Result<usize, ExperimentError> {
        let place = self.metrics.iter().position(|metric| metric.name == name);
        place.ok_or_else(|| ExperimentError::Unknown {
            what: "metric",
            name: name.to_owned(),
            known: listed(self.metrics.iter().map(|metric| &metric.name)),
        })
    }

    /// Returns the slot of a division's segment, which come after those of all metrics, and the
    /// segment's number.
    pub(super) fn segment(
        &self,
        division: &str,
        segment: &str,
    ) -> Result<(usize, usize), ExperimentError> {
        let unknown = |what, name: &str, known| ExperimentError::Unknown {
            what,
            name: name.to_owned(),
            known,
        };
        let mut divisions = self.divisions.iter().enumerate();
        let found = divisions.find(|(_, known)| known.name == division);
        let (place, known) = found.ok_or_else(|| {
            let names = self.divisions.iter().map(|division| &division.name);
            unknown("division", division, listed(names))
        })?;
        let number = known.segments.iter().position(|known| known == segment);
        let number =
            number.ok_or_else(|| unknown("segment", segment, listed(known.segments.iter())))?;
        let (_, width) = self.slots();
        Ok((width - self.divisions.len() + place, number))
    }

    /// Tells how many slots of a unit's row come before each metric's, and in all.
    pub(super) fn slots(&self) -> (Vec<usize>, usize) {
        let mut next = 0;
        let place = |metric: &Metric| {
            let place = next;
            next += metric.slots().1;
            place
        };
        let places = self.metrics.iter().map(place).collect();
        (places, next + self.divisions.len())
    }
}

/// Returns the arms of a policy that get units, in the policy's order.
pub(super) fn arms_of(policy: &Policy) -> Result<Vec<Planned>, ExperimentError> {
    let Some(test) = &policy.ab_test else {
        let release = policy.release().to_owned();
        return Err(ExperimentError::NoAbTest { release });
    };
    test.split().map_err(PolicyError::from)?;
    let drawn = test.arms.iter().filter(|arm| arm.weight > 0);
    Ok(drawn
        .map(|arm| Planned {
            label: arm.label.clone(),
            weight: u64::from(arm.weight),
        })
        .collect())
}

fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    }
}
