//! The data of an experiment on one server.

#[cfg(feature = "serde")]
mod packed;
#[cfg(feature = "serde")]
mod stored;

use std::{borrow::Cow, collections::BTreeSet};

use super::{
    Apart, ExperimentError, Metric, Setup,
    course::Course,
    gauges::Gauges,
    items::{ItemsByUnit, Sorted},
    row::{Fold, Row, Rows},
    sums::Sums,
};
use crate::stats::guard::{MAX_LEVEL, in_sample};

/// The data of an experiment on one server, or of several servers together.
///
/// Parts of one setup add up: in any order and partition they give the same read-out, up to
/// rounding in the last digits of sums of fractions. A part has a row for every unit, so an outcome
/// finds its unit's exposure on whatever server each was recorded.
///
/// It serialises in any format. A unit with one rate takes about 9 bytes in a binary format and 12
/// in text; a value that is not a whole number takes 8 more.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub(super) setup: Setup,
    pub(super) course: Course,
    /// Identifies the key of the digests; `None` if they have no key.
    pub(super) key: Option<u64>,
    /// How often the sample was halved.
    pub(super) level: u32,
    pub(super) rows: Rows,
    /// The items of units that have a row.
    pub(super) items: ItemsByUnit,
    /// Excluded units.
    pub(super) excluded: BTreeSet<u64>,
    /// How often any unit was exposed.
    pub(super) exposures: u64,
    pub(super) apart: Apart,
    pub(super) gauges: Gauges,
    /// Sums of an engine, instead of rows.
    pub(super) sums: Option<Sums>,
}

impl Part {
    /// Returns the setup.
    #[must_use]
    pub const fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Returns the requests that entered no metric.
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
        let summed = self.sums.as_ref().map(Sums::units);
        summed.map_or(self.rows.len(), |units| {
            usize::try_from(units).unwrap_or(usize::MAX)
        })
    }

    /// Returns the fraction of all units that is kept; 1 until there were too many.
    #[must_use]
    pub fn units_sampled(&self) -> f64 {
        (-f64::from(self.level)).exp2()
    }

    /// Adds the data of another server.
    ///
    /// # Errors
    /// [`ExperimentError::Mismatch`] if the setups differ, or the keys of the digests, or if one
    /// is of [summary rows](Part::from_rows) and knows no units; then nothing is added.
    pub fn merge(&mut self, other: &Part) -> Result<(), ExperimentError> {
        if let Some((what, left, right)) = self.setup.difference(&other.setup) {
            return Err(ExperimentError::Mismatch { what, left, right });
        }
        self.check_key(other.key)?;
        self.check_rows()?;
        other.check_rows()?;
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
        for (&key, items) in other
            .items
            .iter()
            .filter(|(key, _)| in_sample(**key, level))
        {
            match self.items.get_mut(&key) {
                Some(ours) => ours.merge(items),
                None => {
                    self.items.insert(key, items.clone());
                }
            }
        }
        let excluded = other.excluded.iter();
        self.excluded
            .extend(excluded.filter(|key| in_sample(**key, level)));
        self.fit();
        Ok(())
    }

    /// Gives a row to units of which nothing but items has come yet.
    pub(super) fn seat_items(&mut self) {
        for (&key, items) in &self.items {
            self.rows.entry(key).or_insert_with(|| Row {
                group: items.group,
                ..Row::default()
            });
        }
    }

    /// Returns each unit's row with the items that count, and counts of those that do not.
    pub(super) fn sorted_rows(&self) -> impl Iterator<Item = (u64, Cow<'_, Row>, Sorted)> {
        let (slots, width) = self.setup.slots();
        self.rows.iter().map(move |(&key, row)| {
            let Some(items) = self.items.get(&key) else {
                return (key, Cow::Borrowed(row), Sorted::default());
            };
            let mut row = row.clone();
            let sorted = items.sort_out(&mut row, key, &self.setup.metrics, &slots, width);
            (key, Cow::Owned(row), sorted)
        })
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

    /// Refuses sums of a log, whose single units are not known.
    pub(super) fn check_rows(&self) -> Result<(), ExperimentError> {
        match &self.sums {
            None => Ok(()),
            Some(_) => Err(ExperimentError::Mismatch {
                what: "what is kept of units",
                left: "a row for each".to_owned(),
                right: "sums over a log, whose units cannot be told from others'".to_owned(),
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
            self.items.retain(|&key, _| in_sample(key, level));
            self.excluded.retain(|&key| in_sample(key, level));
        }
    }

    /// Tells of every slot of a row how values of one unit are put together.
    fn folds(&self) -> Vec<Fold> {
        let folds = |metric: &Metric| {
            let (values, all) = metric.slots();
            let own = std::iter::repeat_n(Fold::of(metric.kind), values);
            own.chain(std::iter::repeat_n(Fold::Keep, all - values))
        };
        let of_metrics = self.setup.metrics.iter().flat_map(folds);
        let of_divisions = self.setup.divisions.iter().map(|_| Fold::Keep);
        of_metrics.chain(of_divisions).collect()
    }
}
