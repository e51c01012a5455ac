//! The checks before a value or an exposure is recorded.

use crate::{
    assignment::Assignment,
    experiment::{ArmId, Experiment, ExperimentError, Kind, MetricId, Place, Source},
    fingerprint::Fingerprint,
    outcome::Outcome,
    route::Reason,
    stats::Refusal,
};

/// What an assignment or an outcome says about the draw.
#[derive(Clone, Copy)]
pub(in crate::experiment) struct Draw<'a> {
    release: &'a str,
    arm: Option<&'a str>,
    fingerprint: Fingerprint,
    reason: Reason,
}

/// Why a draw is not of this experiment; without text, so that nothing is allocated.
#[derive(Clone, Copy)]
pub(in crate::experiment) enum NotOurs {
    Release,
    Nothing(Reason),
    Policy,
    Arm,
}

impl<'a> From<&'a Assignment<'_>> for Draw<'a> {
    fn from(assignment: &'a Assignment<'_>) -> Draw<'a> {
        Draw {
            release: &assignment.release,
            arm: assignment.arm.as_deref(),
            fingerprint: assignment.fingerprint,
            reason: assignment.reason,
        }
    }
}

impl<'a> From<&Outcome<'a>> for Draw<'a> {
    fn from(outcome: &Outcome<'a>) -> Draw<'a> {
        Draw {
            release: outcome.release(),
            arm: outcome.arm(),
            fingerprint: outcome.fingerprint(),
            reason: outcome.reason(),
        }
    }
}

impl Experiment {
    /// Returns the arm that a draw names, or counts the request apart.
    pub(in crate::experiment) fn drawn_or_apart(
        &self,
        draw: Draw<'_>,
        place: u64,
    ) -> Result<usize, NotOurs> {
        self.drawn(draw).inspect_err(|not_ours| {
            let apart = &mut self.shards.set(place).apart;
            match not_ours {
                NotOurs::Nothing(reason) => apart.count(*reason),
                _ => apart.other_policy = apart.other_policy.saturating_add(1),
            }
        })
    }

    /// Returns the arm that a draw names.
    pub(super) fn drawn(&self, draw: Draw<'_>) -> Result<usize, NotOurs> {
        if draw.release != self.setup.release {
            return Err(NotOurs::Release);
        }
        let arm = draw.arm.ok_or(NotOurs::Nothing(draw.reason))?;
        if !self.course.read().knows(draw.fingerprint) {
            return Err(NotOurs::Policy);
        }
        let place = self.setup.arms.iter().position(|known| known.label == arm);
        place.ok_or(NotOurs::Arm)
    }

    /// Returns the error for a draw that is not of this experiment.
    #[cold]
    pub(in crate::experiment) fn refused(
        &self,
        draw: Draw<'_>,
        not_ours: NotOurs,
    ) -> ExperimentError {
        match not_ours {
            NotOurs::Release => ExperimentError::OtherRelease {
                found: draw.release.to_owned(),
                expected: self.setup.release.clone(),
            },
            NotOurs::Nothing(reason) => ExperimentError::NotDrawn { reason },
            NotOurs::Policy => ExperimentError::OtherPolicy {
                found: draw.fingerprint,
            },
            NotOurs::Arm => match self.setup.arm(draw.arm.unwrap_or_default()) {
                Ok(_) => ExperimentError::OtherPolicy {
                    found: draw.fingerprint,
                },
                Err(unknown) => unknown,
            },
        }
    }

    #[inline]
    pub(in crate::experiment) fn own(&self, metric: MetricId) -> Result<Place, ExperimentError> {
        let place = self.places.get(metric.place).copied();
        let what = "a metric";
        place
            .filter(|_| metric.experiment == self.number)
            .ok_or(ExperimentError::Foreign { what })
    }

    #[inline]
    pub(in crate::experiment) fn own_arm(&self, arm: ArmId) -> Result<usize, ExperimentError> {
        let what = "an arm";
        match arm.experiment == self.number {
            true => Ok(arm.place),
            false => Err(ExperimentError::Foreign { what }),
        }
    }

    /// Refuses exposures without their time where a metric has a window.
    #[inline]
    pub(super) fn needs_no_time(&self) -> Result<(), ExperimentError> {
        match self.is_timed {
            false => Ok(()),
            true => Err(self.needs_time()),
        }
    }

    #[cold]
    fn needs_time(&self) -> ExperimentError {
        let mut metrics = self.setup.metrics.iter();
        let named = metrics.find(|metric| metric.window.is_some());
        ExperimentError::WrongKind {
            name: named.map_or(String::new(), |metric| metric.name.clone()),
            expected: "exposures with their time, by `expose_at`: it has a window",
        }
    }

    /// Refuses values without time and id where the metric asks for either.
    #[inline]
    pub(super) fn needs_no_event(&self, metric: Place) -> Result<(), ExperimentError> {
        match metric.is_itemised {
            false => Ok(()),
            true => Err(self.wrong_kind(metric, "events with their time or id, by `record_event`")),
        }
    }

    #[inline]
    pub(super) fn check(&self, metric: Place, value: f64) -> Result<(), ExperimentError> {
        self.needs_no_event(metric)?;
        self.check_value(metric, value)
    }

    pub(in crate::experiment) fn check_ratio(
        &self,
        metric: Place,
        values: [f64; 2],
    ) -> Result<(), ExperimentError> {
        for value in values {
            finite(value)?;
        }
        let expected = match metric.kind {
            Kind::Ratio => "a denominator of at least 0",
            _ => "one value, not a numerator and a denominator",
        };
        match metric.kind == Kind::Ratio && values[1] >= 0.0 {
            true => Ok(()),
            false => Err(self.wrong_kind(metric, expected)),
        }
    }

    #[inline]
    pub(in crate::experiment) fn check_value(
        &self,
        metric: Place,
        value: f64,
    ) -> Result<(), ExperimentError> {
        finite(value)?;
        let expected = match metric.kind {
            _ if metric.source != Source::Application => "values from the router alone",
            Kind::Rate | Kind::CommonRate if value != 0.0 && value != 1.0 => "0 or 1",
            Kind::Quantile { .. } | Kind::RequestQuantile { .. } if value < 0.0 => {
                "a value of at least 0"
            }
            Kind::Ratio => "a numerator and a denominator, by `record_ratio`",
            Kind::Gauge => "values of an arm, by `record_gauge`",
            _ => return Ok(()),
        };
        Err(self.wrong_kind(metric, expected))
    }

    #[cold]
    pub(in crate::experiment) fn wrong_kind(
        &self,
        wrong: Place,
        expected: &'static str,
    ) -> ExperimentError {
        let metrics = self.setup.metrics.iter().zip(&self.places);
        let is_it = |place: &Place| place.slot == wrong.slot && place.kind == wrong.kind;
        let mut named = metrics.filter(|(_, place)| is_it(place));
        let name = named.next().map(|(metric, _)| metric.name.clone());
        ExperimentError::WrongKind {
            name: name.unwrap_or_default(),
            expected,
        }
    }
}

/// Values of this size, their sums and the squares of the sums are still finite.
const GREATEST: f64 = 1e100;

#[inline]
pub(super) fn finite(value: f64) -> Result<(), ExperimentError> {
    if value.abs() <= GREATEST {
        return Ok(());
    }
    let what = "value";
    Err(match value.is_finite() {
        true => ExperimentError::OutOfRange {
            what,
            value,
            expected: "a number from -1e100 to 1e100",
        },
        false => Refusal::NonFinite { what, value }.into(),
    })
}
