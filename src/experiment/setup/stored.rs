//! How a setup is stored.

use serde::{Deserialize, Serialize};

use super::{CAPACITY, Planned, Setup};
use crate::{
    experiment::{ExperimentError, Metric, exact::Exact},
    fingerprint::Fingerprint,
    stats::Alpha,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::experiment) struct RawSetup {
    release: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<Fingerprint>,
    /// The control first.
    arms: Vec<StoredArm>,
    /// As the first edition had them, beside arms that are labels alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weights: Option<Vec<u64>>,
    metrics: Vec<Metric>,
    alpha: Exact,
    planned: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    units_per_day: Option<Exact>,
    #[serde(default = "capacity")]
    capacity: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredArm {
    Planned(Planned),
    /// Of the first edition.
    Label(String),
}

impl RawSetup {
    /// Returns arms with their weights, which the first edition kept apart.
    fn arms(&self) -> Option<Vec<Planned>> {
        let planned = |arm: &StoredArm| match arm {
            StoredArm::Planned(arm) => Some(arm.clone()),
            StoredArm::Label(_) => None,
        };
        let Some(weights) = &self.weights else {
            return self.arms.iter().map(planned).collect();
        };
        let arms = self
            .arms
            .iter()
            .zip(weights)
            .map(|(arm, &weight)| match arm {
                StoredArm::Planned(_) => None,
                StoredArm::Label(label) => {
                    let label = label.clone();
                    Some(Planned { label, weight })
                }
            });
        let arms: Option<Vec<Planned>> = arms.collect();
        arms.filter(|_| weights.len() == self.arms.len())
    }
}

const fn capacity() -> usize {
    CAPACITY
}

impl From<Setup> for RawSetup {
    fn from(setup: Setup) -> RawSetup {
        RawSetup {
            release: setup.release,
            fingerprint: setup.fingerprint,
            arms: setup.arms.into_iter().map(StoredArm::Planned).collect(),
            weights: None,
            metrics: setup.metrics,
            alpha: Exact(setup.alpha.get()),
            planned: setup.planned,
            units_per_day: setup.units_per_day.map(Exact),
            capacity: setup.capacity,
        }
    }
}

impl TryFrom<RawSetup> for Setup {
    type Error = ExperimentError;

    fn try_from(raw: RawSetup) -> Result<Setup, ExperimentError> {
        let Some(arms) = raw.arms() else {
            return Err(ExperimentError::Arms {
                found: raw.weights.map_or(0, |weights| weights.len()),
                release: raw.release,
            });
        };
        let Exact(alpha) = raw.alpha;
        let alpha = Alpha::new(alpha).map_err(|_| ExperimentError::OutOfRange {
            what: "alpha",
            value: alpha,
            expected: "a number strictly between 0 and 1",
        })?;
        Setup {
            release: raw.release,
            fingerprint: raw.fingerprint,
            arms,
            metrics: raw.metrics,
            alpha,
            planned: raw.planned,
            units_per_day: raw.units_per_day.map(|Exact(units)| units),
            capacity: raw.capacity,
        }
        .checked()
    }
}
