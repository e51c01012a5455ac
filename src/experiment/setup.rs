//! What was decided before the experiment began.

use super::{ExperimentError, Kind, Metric, Role};
use crate::stats::Alpha;

/// Holds what was decided before the experiment began: arms, weights, metrics, error rate.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "RawSetup", into = "RawSetup"))]
pub struct Setup {
    pub(super) release: String,
    pub(super) arms: [String; 2],
    pub(super) weights: [u64; 2],
    pub(super) metrics: Vec<Metric>,
    pub(super) alpha: Alpha,
    pub(super) planned: u64,
    pub(super) units_per_day: Option<f64>,
}

impl Setup {
    /// Returns an experiment on the arms control and candidate of a release, in this order.
    ///
    /// The error rate is 5 %, the planned size 20,000 units, the traffic unknown.
    ///
    /// # Errors
    /// [`ExperimentError`] for arms or metrics of one name, a weight of 0, or a number of a
    /// metric that is out of its range.
    pub fn new(
        release: &str,
        arms: [&str; 2],
        weights: [u64; 2],
        metrics: impl IntoIterator<Item = Metric>,
    ) -> Result<Setup, ExperimentError> {
        let setup = Setup {
            release: release.to_owned(),
            arms: arms.map(str::to_owned),
            weights,
            metrics: metrics.into_iter().collect(),
            alpha: Alpha::FIVE_PERCENT,
            planned: 20_000,
            units_per_day: None,
        };
        setup.checked()
    }

    /// Returns the setup with another error rate over all tested metrics and all looks.
    #[must_use]
    pub fn with_alpha(self, alpha: Alpha) -> Setup {
        Setup { alpha, ..self }
    }

    /// Returns the setup with the number of units at which the intervals shall be narrowest.
    ///
    /// They are valid at any other size too; fixed beforehand, it costs nothing.
    #[must_use]
    pub fn with_planned_units(self, planned: u64) -> Setup {
        let planned = planned.max(2);
        Setup { planned, ..self }
    }

    /// Returns the setup with the new units of a day, which turns sizes into days.
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

    /// Returns the name of the release.
    #[must_use]
    pub fn release(&self) -> &str {
        &self.release
    }

    /// Returns the metrics.
    #[must_use]
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    fn checked(self) -> Result<Setup, ExperimentError> {
        let [control, candidate] = &self.arms;
        if control == candidate {
            return Err(name_taken("arms", control));
        }
        for (name, weight) in self.arms.iter().zip(self.weights) {
            if weight == 0 {
                let name = name.clone();
                return Err(ExperimentError::NoWeight { name });
            }
        }
        for (place, metric) in self.metrics.iter().enumerate() {
            let mut earlier = self.metrics.iter().take(place);
            if earlier.any(|other| other.name == metric.name) {
                return Err(name_taken("metrics", &metric.name));
            }
            if let Kind::Quantile { order } = metric.kind {
                let expected = "a number strictly between 0 and 1";
                require(
                    order > 0.0 && order < 1.0,
                    "order of the quantile",
                    order,
                    expected,
                )?;
            }
            if let Role::Goal { worth: size, .. } | Role::Guardrail { margin: size, .. } =
                metric.role
            {
                let expected = "a finite number, not below 0";
                let holds = size >= 0.0 && size.is_finite();
                require(holds, "difference that matters", size, expected)?;
            }
        }
        if let Some(units) = self.units_per_day {
            let holds = units > 0.0 && units.is_finite();
            require(holds, "units per day", units, "a positive finite number")?;
        }
        Ok(self)
    }
}

fn require(
    holds: bool,
    what: &'static str,
    value: f64,
    expected: &'static str,
) -> Result<(), ExperimentError> {
    match holds {
        true => Ok(()),
        false => Err(ExperimentError::OutOfRange {
            what,
            value,
            expected,
        }),
    }
}

fn name_taken(what: &'static str, name: &str) -> ExperimentError {
    let name = name.to_owned();
    ExperimentError::NameTaken { what, name }
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSetup {
    release: String,
    arms: [String; 2],
    weights: [u64; 2],
    metrics: Vec<Metric>,
    alpha: Alpha,
    planned: u64,
    units_per_day: Option<f64>,
}

#[cfg(feature = "serde")]
impl From<Setup> for RawSetup {
    fn from(setup: Setup) -> RawSetup {
        RawSetup {
            release: setup.release,
            arms: setup.arms,
            weights: setup.weights,
            metrics: setup.metrics,
            alpha: setup.alpha,
            planned: setup.planned,
            units_per_day: setup.units_per_day,
        }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<RawSetup> for Setup {
    type Error = ExperimentError;

    fn try_from(raw: RawSetup) -> Result<Setup, ExperimentError> {
        let setup = Setup {
            release: raw.release,
            arms: raw.arms,
            weights: raw.weights,
            metrics: raw.metrics,
            alpha: raw.alpha,
            planned: raw.planned.max(2),
            units_per_day: raw.units_per_day,
        };
        setup.checked()
    }
}
