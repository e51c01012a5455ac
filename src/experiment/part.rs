//! What one server has noted.

#[cfg(feature = "serde")]
mod stored;

use super::{
    Apart, ExperimentError, Metric, Setup,
    course::Course,
    gauges::Gauges,
    row::{Fold, Rows},
};
use crate::stats::guard::{MAX_LEVEL, in_sample};

/// What one server has noted, or several together.
///
/// Parts of one setup add up: in any order and partition they give the same read-out, up to
/// rounding in the last digits of sums of fractions. It holds a row for every unit, so an outcome
/// finds its unit's exposure wherever the two were noted.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "stored::RawPart", into = "stored::RawPart")
)]
pub struct Part {
    pub(super) setup: Setup,
    pub(super) course: Course,
    /// Tells the key of the digests from others; none if anybody can compute them.
    pub(super) key: Option<u64>,
    /// How often the sample was halved.
    pub(super) level: u32,
    pub(super) rows: Rows,
    /// How often any unit was exposed.
    pub(super) exposures: u64,
    pub(super) apart: Apart,
    pub(super) gauges: Gauges,
}

impl Part {
    /// Returns the setup.
    #[must_use]
    pub const fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Returns the requests that were counted apart.
    #[must_use]
    pub const fn apart(&self) -> Apart {
        self.apart
    }

    /// Returns how often any unit was exposed: the requests that the experiment has seen.
    #[must_use]
    pub const fn exposures(&self) -> u64 {
        self.exposures
    }

    /// Returns the number of units that are kept.
    #[must_use]
    pub fn units(&self) -> usize {
        self.rows.len()
    }

    /// Returns the fraction of all units that is kept, 1 until there were too many.
    #[must_use]
    pub fn units_sampled(&self) -> f64 {
        (-f64::from(self.level)).exp2()
    }

    /// Adds what another server has noted.
    ///
    /// # Errors
    /// [`ExperimentError::Mismatch`] if the setups differ, or the keys of the digests; then
    /// nothing is added.
    pub fn merge(&mut self, other: &Part) -> Result<(), ExperimentError> {
        if let Some((what, left, right)) = self.setup.difference(&other.setup) {
            return Err(ExperimentError::Mismatch { what, left, right });
        }
        self.check_key(other.key)?;
        self.setup.fingerprint = self.setup.fingerprint.max(other.setup.fingerprint);
        self.course.merge(&other.course);
        self.exposures = self.exposures.saturating_add(other.exposures);
        self.apart.merge(other.apart);
        self.gauges.merge(&other.gauges);
        if self.level < other.level {
            self.level = other.level;
            self.thin();
        }
        let level = self.level;
        let folds = self.folds();
        for (&key, row) in &other.rows {
            if !in_sample(key, level) {
                continue;
            }
            match self.rows.get_mut(&key) {
                Some(ours) => ours.merge(row, key, &folds),
                None => {
                    self.rows.insert(key, row.clone());
                }
            }
        }
        self.fit();
        Ok(())
    }

    /// Refuses digests of another key.
    pub(super) fn check_key(&self, key: Option<u64>) -> Result<(), ExperimentError> {
        let said = |key: Option<u64>| match key {
            None => "without a secret".to_owned(),
            Some(id) => format!("under the secret that shows as {id:016x}"),
        };
        match self.key == key {
            true => Ok(()),
            false => Err(ExperimentError::Mismatch {
                what: "the keys of their digests",
                left: said(self.key),
                right: said(key),
            }),
        }
    }

    /// Halves the sample until it fits.
    pub(super) fn fit(&mut self) {
        while self.rows.len() > self.setup.capacity && self.level < MAX_LEVEL {
            self.level += 1;
            self.thin();
        }
    }

    /// Leaves the units of the level.
    pub(super) fn thin(&mut self) {
        let level = self.level;
        if level > 0 {
            self.rows.retain(|&key, _| in_sample(key, level));
        }
    }

    /// Tells of every slot of a row how values of one unit are put together.
    fn folds(&self) -> Vec<Fold> {
        let folds = |metric: &Metric| {
            let (values, all) = metric.slots();
            let own = std::iter::repeat_n(Fold::of(metric.kind), values);
            own.chain(std::iter::repeat_n(Fold::Keep, all - values))
        };
        self.setup.metrics.iter().flat_map(folds).collect()
    }
}
