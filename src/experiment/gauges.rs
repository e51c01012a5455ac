//! Gauges, which belong to an arm and not to a unit.

use super::{ExperimentError, Kind, Setup};

/// Sums of the values of every gauge in every arm.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Gauges {
    /// By metric, then by arm; metrics that are no gauges have none.
    by_metric: Vec<Vec<Gauge>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
struct Gauge {
    values: u64,
    #[cfg_attr(feature = "serde", serde(with = "super::exact"))]
    sum: f64,
}

/// So 2^53 values of this size still add up without overflow.
const GREATEST: f64 = 1e290;

impl Gauges {
    pub(super) fn of(setup: &Setup) -> Gauges {
        let arms = setup.arms.len();
        let cells = setup.metrics.iter().map(|metric| match metric.kind {
            Kind::Gauge => vec![Gauge::default(); arms],
            _ => Vec::new(),
        });
        Gauges {
            by_metric: cells.collect(),
        }
    }

    /// Tells whether there is exactly one place for every gauge of the setup.
    #[cfg(feature = "serde")]
    pub(super) fn fits(&self, setup: &Setup) -> bool {
        let expected = Gauges::of(setup);
        let sizes = |gauges: &Gauges| -> Vec<usize> {
            let cells = gauges.by_metric.iter();
            cells.map(Vec::len).collect()
        };
        let cells = self.by_metric.iter().flatten();
        sizes(self) == sizes(&expected)
            && cells
                .into_iter()
                .all(|gauge| gauge.values > 0 || gauge.sum == 0.0)
    }

    pub(super) fn record(
        &mut self,
        metric: usize,
        arm: usize,
        value: f64,
    ) -> Result<(), ExperimentError> {
        let holds = value.abs() <= GREATEST;
        let expected = "a number from -1e290 to 1e290";
        ExperimentError::require(holds, "value of a gauge", value, expected)?;
        let cells = self.by_metric.get_mut(metric);
        if let Some(gauge) = cells.and_then(|arms| arms.get_mut(arm)) {
            gauge.sum += value;
            gauge.values += 1;
        }
        Ok(())
    }

    pub(super) fn merge(&mut self, other: &Gauges) {
        let theirs = other.by_metric.iter().flatten();
        for (ours, theirs) in self.by_metric.iter_mut().flatten().zip(theirs) {
            ours.sum += theirs.sum;
            ours.values = ours.values.saturating_add(theirs.values);
        }
    }

    /// Returns how many values there are, and their mean.
    pub(super) fn mean(&self, metric: usize, arm: usize) -> (u64, Option<f64>) {
        let cells = self.by_metric.get(metric);
        let gauge = cells.and_then(|arms| arms.get(arm)).copied();
        let gauge = gauge.unwrap_or_default();
        let mean = (gauge.values > 0).then(|| gauge.sum / gauge.values as f64);
        (gauge.values, mean)
    }
}
