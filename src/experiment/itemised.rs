//! What is noted with its time or its id.

use super::{
    ArmId, Experiment, ExperimentError, Filed, Kind, Metric, MetricId, Place, Source, UnitEvent,
    items::{Item, Items, Kept},
    recording::Draw,
};
use crate::{
    assignment::Assignment,
    outcome::{Ending, Outcome},
    timestamp::Timestamp,
    unit::{Key, Unit},
};

impl Experiment {
    /// Records, with the time, that a unit got the answer of the arm that its assignment names.
    ///
    /// As [`expose`](Experiment::expose), for metrics that have a [window](super::Metric::within):
    /// the window begins with the earliest exposure on any server.
    ///
    /// # Errors
    /// As [`expose`](Experiment::expose).
    pub fn expose_at<'u>(
        &self,
        assignment: &Assignment<'_>,
        unit: impl Into<Unit<'u>>,
        at: Timestamp,
    ) -> Result<Filed, ExperimentError> {
        let key = unit.into().key();
        let (place, draw) = (self.digester.place(key), Draw::from(assignment));
        let arm = self.drawn_or_apart(draw, place);
        let arm = arm.map_err(|not_ours| self.refused(draw, not_ours))?;
        Ok(self.expose_since(key, place, arm, at))
    }

    /// Records, with the time, that a unit got this arm's answer.
    ///
    /// # Errors
    /// [`ExperimentError::Foreign`] for an arm of another experiment.
    pub fn expose_arm_at<'u>(
        &self,
        arm: ArmId,
        unit: impl Into<Unit<'u>>,
        at: Timestamp,
    ) -> Result<Filed, ExperimentError> {
        let arm = self.own_arm(arm)?;
        let key = unit.into().key();
        Ok(self.expose_since(key, self.digester.place(key), arm, at))
    }

    /// Records an outcome with its time, its id and its assignment.
    ///
    /// The time is used only if the metric has a [window](super::Metric::within), the id only if it
    /// counts [once](super::Metric::once).
    ///
    /// # Errors
    /// As [`record`](Experiment::record), [`record_ratio`](Experiment::record_ratio) and
    /// [`record_for`](Experiment::record_for); [`ExperimentError::WrongKind`] if the metric has a
    /// window and the event no time, or if it counts once and the event has no id.
    pub fn record_event<'u>(
        &self,
        metric: MetricId,
        unit: impl Into<Unit<'u>>,
        event: UnitEvent<'_>,
    ) -> Result<Filed, ExperimentError> {
        let own = self.own(metric)?;
        let numbers = [event.numerator, event.denominator.unwrap_or(1.0)];
        match (event.denominator, own.kind) {
            (Some(_), Kind::Ratio) => self.check_ratio(own, numbers)?,
            (Some(_), _) => {
                return Err(self.wrong_kind(own, "one value, not a numerator and a denominator"));
            }
            (None, _) => self.check_value(own, event.numerator)?,
        }
        let told = match event.assignment {
            Some(assignment) => 1 << self.told(assignment)?,
            None => 0,
        };
        let key = unit.into().key();
        let Some(asked) = self
            .setup
            .metrics
            .get(metric.place)
            .filter(|_| own.is_itemised)
        else {
            return Ok(self.add_numbers(own, key, numbers, told));
        };
        if asked.window.is_some() && event.at.is_none() {
            return Err(self.wrong_kind(own, "events with their time: it has a window"));
        }
        if asked.once && event.id.is_none() {
            return Err(self.wrong_kind(own, "events with an id: each counts once"));
        }
        let item = Item {
            metric: metric.place,
            id: event.id.filter(|_| asked.once),
            at: event.at.filter(|_| asked.window.is_some()),
            numerator: numbers[0],
            denominator: numbers[1],
            repeats: 0,
        };
        let place = self.digester.place(key);
        let filed = self.with_row(key, place, 0, |row| row.tell(told));
        Ok(self.keep(filed, key, place, item, asked))
    }

    /// Counts a value in its unit's bucket.
    pub(super) fn add_in_bucket(
        &self,
        metric: Place,
        key: Key<'_>,
        place: u64,
        value: f64,
        told: u64,
    ) -> Filed {
        let filed = self.with_row(key, place, 0, |row| row.tell(told));
        if filed != Filed::NotSampled {
            let item = Item::in_bucket(metric.number, value);
            self.with_items(key, place, |items| items.add(item, None));
        }
        filed
    }

    /// Excludes a unit, such as a bot, a tester or an employee, from all metrics.
    ///
    /// You may call it before or long after the exposure; the read-out says how many units are
    /// excluded. Which units are excluded must not depend on the arm.
    pub fn exclude<'u>(&self, unit: impl Into<Unit<'u>>) {
        let place = self.digester.place(unit.into().key());
        self.excluded.lock().insert(place);
    }

    fn expose_since(&self, key: Key<'_>, place: u64, arm: usize, at: Timestamp) -> Filed {
        let filed = self.with_row(key, place, 1, |row| row.expose(arm));
        self.open(filed, key, place, at);
        filed
    }

    /// Opens the windows of a unit, if it is in the sample.
    fn open(&self, filed: Filed, key: Key<'_>, place: u64, at: Timestamp) {
        if self.is_timed && filed != Filed::NotSampled {
            self.with_items(key, place, |items| items.expose(at));
        }
    }

    fn keep(&self, filed: Filed, key: Key<'_>, place: u64, item: Item, metric: &Metric) -> Filed {
        if filed == Filed::NotSampled {
            return filed;
        }
        match self.with_items(key, place, |items| items.add(item, metric.window)) {
            Kept::New => filed,
            Kept::Again => Filed::Repeated,
            Kept::Early | Kept::Late => Filed::OutOfWindow,
        }
    }

    fn with_items<T>(&self, key: Key<'_>, place: u64, change: impl FnOnce(&mut Items) -> T) -> T {
        let mut shard = self.shards.set(place);
        let items = shard.items.entry(place).or_insert_with(|| Items {
            group: key.group(),
            ..Items::default()
        });
        change(items)
    }

    /// Records from a request what needs a time: the exposure, and metrics with a window.
    pub(super) fn observe_timed(&self, outcome: &Outcome<'_>, key: Key<'_>, place: u64) {
        let Some(at) = outcome.at() else { return };
        let filed = self.with_row(key, place, 0, |_| ());
        self.open(filed, key, place, at);
        let metrics = self.setup.metrics.iter().enumerate();
        for (metric, asked) in metrics.filter(|(_, metric)| metric.is_itemised()) {
            let value = asked.source.value(outcome.ending(), outcome.took());
            let Some(value) = value else { continue };
            let item = Item {
                metric,
                id: None,
                at: Some(at),
                numerator: value,
                denominator: 1.0,
                repeats: 0,
            };
            self.keep(filed, key, place, item, asked);
        }
    }
}

impl Source {
    /// Returns the value of a request with this ending for a metric of this source.
    pub(super) fn value(self, ending: Ending, took: Option<core::time::Duration>) -> Option<f64> {
        match (self, ending, took) {
            (Source::Failures, ..) => Some(f64::from(u8::from(ending != Ending::Answered))),
            (Source::Failed, Ending::Answered, _) => Some(0.0),
            (Source::Failed, Ending::Failed, _) => Some(1.0),
            (Source::Latency, Ending::Answered | Ending::Failed, Some(took)) => {
                Some(took.as_secs_f64())
            }
            _ => None,
        }
    }
}
