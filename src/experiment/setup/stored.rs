//! How a setup is stored.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{CAPACITY, Planned, Setup};
use crate::{
    experiment::{ExperimentError, Looks, Metric, exact::Exact, segment::Division},
    fingerprint::Fingerprint,
    stats::Alpha,
};

impl Serialize for Setup {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = Fields::of(self.clone());
        match serializer.is_human_readable() {
            true => Readable::from(fields).serialize(serializer),
            false => fields.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Setup {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Setup, D::Error> {
        let setup = match deserializer.is_human_readable() {
            true => Setup::try_from(Readable::deserialize(deserializer)?),
            false => Fields::deserialize(deserializer)?.setup(),
        };
        setup.map_err(D::Error::custom)
    }
}

/// All of a setup, each field in its place: formats that name no fields read them in this order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    release: String,
    fingerprint: Option<Fingerprint>,
    arms: Vec<Planned>,
    metrics: Vec<Metric>,
    alpha: Exact,
    planned: u64,
    units_per_day: Option<Exact>,
    capacity: usize,
    divisions: Vec<Division>,
    looks: Looks,
}

/// A setup as it is written and read in text, also as the first edition wrote it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Readable {
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    divisions: Vec<Division>,
    #[serde(default)]
    looks: Looks,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredArm {
    Planned(Planned),
    /// Of the first edition.
    Label(String),
}

impl Readable {
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

impl From<Fields> for Readable {
    fn from(fields: Fields) -> Readable {
        Readable {
            release: fields.release,
            fingerprint: fields.fingerprint,
            arms: fields.arms.into_iter().map(StoredArm::Planned).collect(),
            weights: None,
            metrics: fields.metrics,
            alpha: fields.alpha,
            planned: fields.planned,
            units_per_day: fields.units_per_day,
            capacity: fields.capacity,
            divisions: fields.divisions,
            looks: fields.looks,
        }
    }
}

impl TryFrom<Readable> for Setup {
    type Error = ExperimentError;

    fn try_from(read: Readable) -> Result<Setup, ExperimentError> {
        let Some(arms) = read.arms() else {
            return Err(ExperimentError::Arms {
                found: read.weights.map_or(0, |weights| weights.len()),
                release: read.release,
            });
        };
        Fields {
            release: read.release,
            fingerprint: read.fingerprint,
            arms,
            metrics: read.metrics,
            alpha: read.alpha,
            planned: read.planned,
            units_per_day: read.units_per_day,
            capacity: read.capacity,
            divisions: read.divisions,
            looks: read.looks,
        }
        .setup()
    }
}

impl Fields {
    fn of(setup: Setup) -> Fields {
        Fields {
            release: setup.release,
            fingerprint: setup.fingerprint,
            arms: setup.arms,
            metrics: setup.metrics,
            alpha: Exact(setup.alpha.get()),
            planned: setup.planned,
            units_per_day: setup.units_per_day.map(Exact),
            capacity: setup.capacity,
            divisions: setup.divisions,
            looks: setup.looks,
        }
    }

    fn setup(self) -> Result<Setup, ExperimentError> {
        let Exact(alpha) = self.alpha;
        let alpha = Alpha::new(alpha).map_err(|_| ExperimentError::OutOfRange {
            what: "alpha",
            value: alpha,
            expected: "a number strictly between 0 and 1",
        })?;
        Setup {
            release: self.release,
            fingerprint: self.fingerprint,
            arms: self.arms,
            metrics: self.metrics,
            alpha,
            planned: self.planned,
            units_per_day: self.units_per_day.map(|Exact(units)| units),
            capacity: self.capacity,
            divisions: self.divisions,
            looks: self.looks,
        }
        .checked()
    }
}
