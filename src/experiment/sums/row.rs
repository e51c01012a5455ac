//! One row of what an engine has added up.

use crate::experiment::{Kind, LogError, Setup};

/// The kind of a row: what it counts.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Counted {
    /// Units of a group that were exposed to this arm alone; `records` are their requests.
    #[default]
    Units,
    /// Outcomes of those units in one metric.
    Values,
    /// Units with one value of a quantile, which is in `numerator`; for a quantile over requests
    /// `records` are the requests of the group.
    Quantile,
    /// Units of this arm and another; without an arm, units of any several arms; with a metric,
    /// their values of it.
    Crossed,
    /// Units with outcomes that were never exposed.
    Never,
    /// Outcomes before their unit's first exposure, of metrics with a window of their own.
    Early,
    /// Outcomes after the window of their metric.
    Late,
    /// Outcomes of metrics that count ids once: `units` are the ids, `records` all that came.
    Repeated,
}

/// How units are divided into the groups between which means and ratios vary.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Grouping {
    /// By their keys, as everywhere in the crate: [`UnitKey::group`](crate::UnitKey::group).
    #[default]
    Key,
    /// By an engine's own hash: sizes, values and effects are the same, intervals are not.
    Engine,
}

/// A row of what an engine has added up over a log, for
/// [`Part::from_rows`](super::super::Part::from_rows).
///
/// The fields have the names of the query's columns, so a JSON object with these names is a row.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct LogRow {
    /// What it counts.
    pub counted: Counted,
    /// The arm's label; empty for units of all arms.
    pub arm: String,
    /// The metric's name; empty if only units are counted.
    pub metric: String,
    /// The units' group of 256, or 0. For a segment, 256 is added for the setup's first segment,
    /// 512 for the second, and so on over all divisions.
    pub unit_group: u64,
    /// Units; for a ratio those with a denominator above 0.
    pub units: u64,
    /// Units with a sum of values above 0.
    pub events: u64,
    /// The sum of values or numerators; for a quantile the value.
    #[cfg_attr(feature = "serde", serde(with = "crate::experiment::exact"))]
    pub numerator: f64,
    /// The sum of denominators for a ratio; otherwise the number of values.
    #[cfg_attr(feature = "serde", serde(with = "crate::experiment::exact"))]
    pub denominator: f64,
    /// Outcomes; requests if only units are counted.
    pub records: u64,
    /// How units are grouped.
    pub grouped_by: Grouping,
}

impl LogRow {
    /// Returns what identifies a row.
    pub(super) fn place(&self) -> (Counted, &str, &str, u64, u64) {
        let value = match self.counted {
            Counted::Quantile => self.numerator.to_bits(),
            _ => 0,
        };
        let (arm, metric) = (self.arm.as_str(), self.metric.as_str());
        (self.counted, arm, metric, self.unit_group, value)
    }

    /// Returns the number of the segment, from 1 on; 0 for the whole.
    pub(super) const fn segment(&self) -> usize {
        (self.unit_group / 256) as usize
    }

    /// Returns the units' group.
    pub(super) const fn group(&self) -> u8 {
        (self.unit_group % 256) as u8
    }

    pub(super) fn check(&self, setup: &Setup, grouping: Grouping) -> Result<(), LogError> {
        let require = |holds: bool, why| match holds {
            true => Ok(()),
            false => Err(LogError::impossible(self, why)),
        };
        let is_left_out = matches!(
            self.counted,
            Counted::Early | Counted::Late | Counted::Repeated
        );
        let is_apart = is_left_out || matches!(self.counted, Counted::Crossed | Counted::Never);
        if !(is_apart && self.arm.is_empty()) {
            setup.arm(&self.arm)?;
        }
        let kind = match self.metric.is_empty() {
            true => None,
            false => {
                let place = setup.metric(&self.metric)?;
                setup.metrics.get(place).map(|metric| metric.kind)
            }
        };
        require(
            self.grouped_by == grouping,
            "it is grouped in another way than the rows before it",
        )?;
        require(
            self.segment() <= super::segments(setup),
            "its group is not one of 256, nor of a segment",
        )?;
        let is_finite = self.numerator.is_finite() && self.denominator.is_finite();
        require(is_finite, "a sum is no finite number")?;
        require(self.denominator >= 0.0, "its denominator is below 0")?;
        require(kind != Some(Kind::Gauge), "a gauge is of no unit")?;
        let has_metric = match self.counted {
            Counted::Units | Counted::Never => kind.is_none(),
            Counted::Early | Counted::Late | Counted::Repeated => kind.is_none(),
            Counted::Quantile => matches!(
                kind,
                Some(Kind::Quantile { .. } | Kind::RequestQuantile { .. })
            ),
            Counted::Values => kind.is_some(),
            Counted::Crossed => true,
        };
        require(has_metric, "it is not of a metric of its kind")?;
        let is_of_outcomes = self.counted == Counted::Values;
        let holds = !is_of_outcomes || self.units.max(self.events) <= self.records;
        require(holds, "it has more units than outcomes")?;
        let of_trials = kind == Some(Kind::CommonRate) && is_of_outcomes;
        let holds = !of_trials || (0.0..=self.denominator).contains(&self.numerator);
        require(holds, "it has more successes than trials, or fewer than 0")?;
        let is_ratio = kind == Some(Kind::Ratio);
        let holds = !is_of_outcomes || is_ratio || self.denominator == self.records as f64;
        require(
            holds,
            "its denominator is not the number of its outcomes, as of all but ratios: an engine \
             that adds up in 4 bytes loses count at 2^24",
        )?;
        let of_units = matches!(
            self.counted,
            Counted::Units | Counted::Never | Counted::Repeated
        );
        let holds = !of_units || self.units <= self.records;
        require(holds, "it has more units than requests or records")
    }
}
