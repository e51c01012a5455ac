//! What is looked at before a value or an exposure is noted.

use crate::{
    assignment::Assignment,
    experiment::{ArmId, Experiment, ExperimentError, Kind, MetricId, Place, Source},
    stats::Refusal,
};

impl Experiment {
    /// Returns the arm that an assignment names, or counts the request apart.
    pub(super) fn drawn_or_apart(
        &self,
        assignment: &Assignment<'_>,
        place: u64,
    ) -> Result<usize, ExperimentError> {
        self.drawn(assignment).inspect_err(|refused| {
            let apart = &mut self.shards.set(place).apart;
            match refused {
                ExperimentError::NotDrawn { reason } => apart.count(*reason),
                _ => apart.other_policy = apart.other_policy.saturating_add(1),
            }
        })
    }

    /// Returns the arm that an assignment names.
    pub(super) fn drawn(&self, assignment: &Assignment<'_>) -> Result<usize, ExperimentError> {
        if assignment.release != self.setup.release {
            return Err(ExperimentError::OtherRelease {
                found: assignment.release.clone().into_owned(),
                expected: self.setup.release.clone(),
            });
        }
        let Some(arm) = assignment.arm.as_deref() else {
            let reason = assignment.reason;
            return Err(ExperimentError::NotDrawn { reason });
        };
        if !self.course.read().knows(assignment.fingerprint) {
            let found = assignment.fingerprint;
            return Err(ExperimentError::OtherPolicy { found });
        }
        self.setup.arm(arm)
    }

    #[inline]
    pub(super) fn own(&self, metric: MetricId) -> Result<Place, ExperimentError> {
        let place = self.places.get(metric.place).copied();
        let what = "a metric";
        place
            .filter(|_| metric.experiment == self.number)
            .ok_or(ExperimentError::Foreign { what })
    }

    #[inline]
    pub(super) fn own_arm(&self, arm: ArmId) -> Result<usize, ExperimentError> {
        let what = "an arm";
        match arm.experiment == self.number {
            true => Ok(arm.place),
            false => Err(ExperimentError::Foreign { what }),
        }
    }

    #[inline]
    pub(super) fn check(&self, metric: Place, value: f64) -> Result<(), ExperimentError> {
        finite(value)?;
        let expected = match metric.kind {
            _ if metric.source != Source::Application => "values from the router alone",
            Kind::Rate | Kind::CommonRate if value != 0.0 && value != 1.0 => "0 or 1",
            Kind::Quantile { .. } if value < 0.0 => "a value of at least 0",
            Kind::Ratio => "a numerator and a denominator, by `record_ratio`",
            Kind::Gauge => "values of an arm, by `record_gauge`",
            _ => return Ok(()),
        };
        Err(self.wrong_kind(metric, expected))
    }

    #[cold]
    pub(super) fn wrong_kind(&self, wrong: Place, expected: &'static str) -> ExperimentError {
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

/// Sums of so large values, and the squares of those, can still be formed.
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
