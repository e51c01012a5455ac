//! How threads record exposures and outcomes.

mod checks;

use super::{
    ArmId, Experiment, ExperimentError, Kind, MetricId, Place,
    row::{Belongs, Fold},
    shard::Noted,
};
use crate::{
    assignment::Assignment,
    route::Reason,
    stats::covariate::PreRelease,
    unit::{Key, Unit},
};
pub(super) use checks::Draw;
use checks::finite;

/// What happened to an exposure or an outcome that was recorded.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Filed {
    /// It counts for the unit's arm.
    Counted,
    /// No exposure of the unit is known here. It counts as soon as any server knows one.
    NotExposed,
    /// The unit was exposed to several arms and counts in none.
    Crossed,
    /// The sample was halved, and the unit is not in it.
    NotSampled,
    /// There is already an outcome with this id.
    Repeated,
    /// It came after the metric's window, or before the unit's first exposure that is known here.
    /// In the second case it counts if any server knows an earlier exposure.
    OutOfWindow,
}

impl Experiment {
    /// Records that a unit got the answer of the arm that its assignment names.
    ///
    /// Call it for every answered request: a unit counts once, however often it is exposed, and the
    /// calls count as requests.
    ///
    /// # Errors
    /// [`ExperimentError::OtherRelease`] and [`ExperimentError::OtherPolicy`] for an assignment
    /// of another, [`ExperimentError::NotDrawn`] without an arm; the request is counted
    /// [apart](super::Apart) then. [`ExperimentError::WrongKind`] if a metric has a
    /// [window](super::Metric::within), which needs the time.
    pub fn expose<'u>(
        &self,
        assignment: &Assignment<'_>,
        unit: impl Into<Unit<'u>>,
    ) -> Result<Filed, ExperimentError> {
        self.needs_no_time()?;
        let key = unit.into().key();
        let place = self.digester.place(key);
        let draw = Draw::from(assignment);
        let arm = self.drawn_or_apart(draw, place);
        let arm = arm.map_err(|not_ours| self.refused(draw, not_ours))?;
        Ok(self.expose_to(key, place, arm))
    }

    /// Records that a unit got this arm's answer.
    ///
    /// # Errors
    /// [`ExperimentError::Foreign`] for an arm of another experiment,
    /// [`ExperimentError::WrongKind`] as [`expose`](Experiment::expose).
    #[inline]
    pub fn expose_arm<'u>(
        &self,
        arm: ArmId,
        unit: impl Into<Unit<'u>>,
    ) -> Result<Filed, ExperimentError> {
        self.needs_no_time()?;
        let arm = self.own_arm(arm)?;
        let key = unit.into().key();
        Ok(self.expose_to(key, self.digester.place(key), arm))
    }

    /// Counts a request that was not drawn.
    pub fn count_apart<'u>(&self, reason: Reason, unit: impl Into<Unit<'u>>) {
        let place = self.digester.place(unit.into().key());
        self.shards.set(place).apart.count(reason);
    }

    /// Announces that an outcome of this metric will come for a unit, seconds or weeks later.
    ///
    /// Announce all outcomes of a metric or none. A [`Finding`](super::Finding) then says how many
    /// are pending. Outcomes that have come may differ from those still to come, above all if they
    /// come faster in one arm.
    ///
    /// # Errors
    /// [`ExperimentError::Foreign`] for a metric of another experiment,
    /// [`ExperimentError::WrongKind`] for a gauge.
    pub fn await_outcome<'u>(
        &self,
        metric: MetricId,
        unit: impl Into<Unit<'u>>,
    ) -> Result<Filed, ExperimentError> {
        let metric = self.own(metric)?;
        if metric.kind == Kind::Gauge {
            return Err(self.wrong_kind(metric, "values as they are read, which nobody waits for"));
        }
        let key = unit.into().key();
        let filed = self.with_row(key, self.digester.place(key), 0, |row| {
            row.change(metric.slot, |slot| {
                slot.announced = slot.announced.saturating_add(1);
            });
        });
        Ok(filed)
    }

    /// Records a value of a unit; it counts for the arm to which the unit was exposed.
    ///
    /// # Errors
    /// [`ExperimentError::Foreign`] for a metric of another experiment,
    /// [`ExperimentError::Refused`] for a value that is not finite, [`ExperimentError::OutOfRange`]
    /// beyond 1e100, [`ExperimentError::WrongKind`] for one that the metric does not take; nothing
    /// is noted then.
    #[inline]
    pub fn record<'u>(
        &self,
        metric: MetricId,
        unit: impl Into<Unit<'u>>,
        value: f64,
    ) -> Result<Filed, ExperimentError> {
        let metric = self.own(metric)?;
        self.check(metric, value)?;
        Ok(self.add(metric, unit.into().key(), value, 0))
    }

    /// Records a value of a unit together with its assignment, from another server or a log.
    ///
    /// # Errors
    /// As [`record`](Experiment::record) and as [`expose`](Experiment::expose) for the assignment;
    /// nothing is noted then.
    pub fn record_for<'u>(
        &self,
        assignment: &Assignment<'_>,
        metric: MetricId,
        unit: impl Into<Unit<'u>>,
        value: f64,
    ) -> Result<Filed, ExperimentError> {
        let metric = self.own(metric)?;
        self.check(metric, value)?;
        let told = 1 << self.told(assignment)?;
        Ok(self.add(metric, unit.into().key(), value, told))
    }

    /// Records a numerator and a denominator of a unit, for a ratio.
    ///
    /// # Errors
    /// As [`record`](Experiment::record), for a denominator below 0, and for any metric that is
    /// not a ratio.
    pub fn record_ratio<'u>(
        &self,
        metric: MetricId,
        unit: impl Into<Unit<'u>>,
        numerator: f64,
        denominator: f64,
    ) -> Result<Filed, ExperimentError> {
        self.add_ratio(metric, unit.into().key(), [numerator, denominator], 0)
    }

    /// Records a numerator and a denominator of a unit together with its assignment.
    ///
    /// # Errors
    /// As [`record_ratio`](Experiment::record_ratio) and [`record_for`](Experiment::record_for).
    pub fn record_ratio_for<'u>(
        &self,
        assignment: &Assignment<'_>,
        metric: MetricId,
        unit: impl Into<Unit<'u>>,
        numerator: f64,
        denominator: f64,
    ) -> Result<Filed, ExperimentError> {
        let told = 1 << self.told(assignment)?;
        self.add_ratio(metric, unit.into().key(), [numerator, denominator], told)
    }

    /// Records a number of a unit from before its exposure, for a metric that is adjusted by it.
    ///
    /// Whether it comes before or after the unit's exposure does not matter. Of several such
    /// numbers of a unit one is kept, by a hash.
    ///
    /// # Errors
    /// As [`record`](Experiment::record) for the number, [`ExperimentError::WrongKind`] for a
    /// metric that is not [adjusted](super::Metric::adjusted).
    pub fn record_before<'u>(
        &self,
        metric: MetricId,
        unit: impl Into<Unit<'u>>,
        before: PreRelease,
    ) -> Result<Filed, ExperimentError> {
        let metric = self.own(metric)?;
        finite(before.get())?;
        let Some(past) = metric.past else {
            return Err(self.wrong_kind(metric, "no past: make it with `Metric::adjusted`"));
        };
        let key = unit.into().key();
        let place = self.digester.place(key);
        Ok(self.with_row(key, place, 0, |row| {
            row.change(past, |slot| slot.add(before.get(), place, Fold::Keep));
        }))
    }

    /// Records in which segment of a division a unit is.
    ///
    /// The segment must be a property that the unit had before the exposure and that the candidate
    /// cannot change. If a unit has several segments in one division, one is kept, chosen by a
    /// hash.
    ///
    /// # Errors
    /// [`ExperimentError::Unknown`] for a division or a segment that the setup does not have.
    pub fn note_segment<'u>(
        &self,
        unit: impl Into<Unit<'u>>,
        division: &str,
        segment: &str,
    ) -> Result<Filed, ExperimentError> {
        let (slot, number) = self.setup.segment(division, segment)?;
        let key = unit.into().key();
        let place = self.digester.place(key);
        Ok(self.with_row(key, place, 0, |row| {
            row.change(slot, |slot| slot.add(number as f64, place, Fold::Keep));
        }))
    }

    /// Records a value of a gauge, which belongs to an arm and not to a unit.
    ///
    /// # Errors
    /// [`ExperimentError::Foreign`] for a handle of another experiment,
    /// [`ExperimentError::OutOfRange`] beyond 1e290, [`ExperimentError::WrongKind`] for any other
    /// metric.
    pub fn record_gauge(
        &self,
        metric: MetricId,
        arm: ArmId,
        value: f64,
    ) -> Result<(), ExperimentError> {
        let own = self.own(metric)?;
        let arm = self.own_arm(arm)?;
        if own.kind != Kind::Gauge {
            return Err(self.wrong_kind(own, "values of units"));
        }
        self.gauges.lock().record(metric.place, arm, value)
    }

    pub(super) fn told(&self, assignment: &Assignment<'_>) -> Result<usize, ExperimentError> {
        let draw = Draw::from(assignment);
        let drawn = self.drawn(draw);
        drawn.map_err(|not_ours| self.refused(draw, not_ours))
    }

    fn expose_to(&self, key: Key<'_>, place: u64, arm: usize) -> Filed {
        self.with_row(key, place, 1, |row| row.expose(arm))
    }

    fn add(&self, metric: Place, key: Key<'_>, value: f64, told: u64) -> Filed {
        let place = self.digester.place(key);
        if metric.is_bucketed {
            return self.add_in_bucket(metric, key, place, value, told);
        }
        self.with_row(key, place, 0, |row| {
            row.tell(told);
            row.change(metric.slot, |slot| {
                slot.add(value, place, Fold::of(metric.kind))
            });
        })
    }

    fn add_ratio(
        &self,
        metric: MetricId,
        key: Key<'_>,
        values: [f64; 2],
        told: u64,
    ) -> Result<Filed, ExperimentError> {
        let metric = self.own(metric)?;
        self.needs_no_event(metric)?;
        self.check_ratio(metric, values)?;
        Ok(self.add_numbers(metric, key, values, told))
    }

    /// Adds a numerator and a denominator for a ratio, and the value alone for other metrics.
    pub(super) fn add_numbers(
        &self,
        metric: Place,
        key: Key<'_>,
        numbers: [f64; 2],
        told: u64,
    ) -> Filed {
        let place = self.digester.place(key);
        if metric.is_bucketed {
            return self.add_in_bucket(metric, key, place, numbers[0], told);
        }
        let count = if metric.kind == Kind::Ratio { 2 } else { 1 };
        self.with_row(key, place, 0, |row| {
            row.tell(told);
            for (value, at) in numbers.into_iter().take(count).zip(metric.slot..) {
                row.change(at, |slot| slot.add(value, place, Fold::of(metric.kind)));
            }
        })
    }

    #[inline]
    pub(super) fn with_row(
        &self,
        key: Key<'_>,
        place: u64,
        requests: u64,
        change: impl FnOnce(&mut Noted<'_>),
    ) -> Filed {
        let group = || key.group();
        let belongs = self.shards.with_row(place, requests, group, |row| {
            change(row);
            row.belongs()
        });
        match belongs {
            Some(Belongs::To(_)) => Filed::Counted,
            Some(Belongs::Crossed(_)) => Filed::Crossed,
            Some(Belongs::Nowhere) => Filed::NotExposed,
            None => Filed::NotSampled,
        }
    }
}
