//! An outcome of a unit, with its time and its id.

use crate::{assignment::Assignment, timestamp::Timestamp, unit::Unit};

/// An outcome of a unit with its time, its id and its assignment.
///
/// ```
/// use core::time::Duration;
/// use switchstand::experiment::{UnitEvent, Experiment, Filed, Kind, Metric};
/// use switchstand::stats::Worse;
/// use switchstand::{Policy, Timestamp};
///
/// let policy = Policy::ab_test("ranker-ab-7", [("v1", 1), ("v2", 1)]);
/// let week = Duration::from_secs(7 * 86_400);
/// let orders = Metric::goal("orders", Kind::Count, Worse::Lower, 0.01).within(week).once();
/// let experiment = Experiment::of(&policy, [orders])?;
/// let orders = experiment.metric("orders")?;
/// let plan = policy.compile("v1", ["v2"])?;
///
/// let monday = Timestamp::from_secs(1_700_000_000);
/// experiment.expose_at(&plan.assignment("ana"), "ana", monday)?;
/// let order = UnitEvent::value(1.0).at(monday.after(week / 2)).id("order-17");
/// assert_eq!(experiment.record_event(orders, "ana", order)?, Filed::Counted);
/// assert_eq!(experiment.record_event(orders, "ana", order)?, Filed::Repeated);
/// let late = UnitEvent::value(1.0).at(monday.after(2 * week)).id("order-18");
/// assert_eq!(experiment.record_event(orders, "ana", late)?, Filed::OutOfWindow);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "an event is noted by `Experiment::record_event`"]
pub struct UnitEvent<'a> {
    pub(super) numerator: f64,
    pub(super) denominator: Option<f64>,
    pub(super) at: Option<Timestamp>,
    pub(super) id: Option<u64>,
    pub(super) assignment: Option<&'a Assignment<'a>>,
}

impl<'a> UnitEvent<'a> {
    /// Returns a value.
    pub const fn value(value: f64) -> UnitEvent<'a> {
        UnitEvent {
            numerator: value,
            denominator: None,
            at: None,
            id: None,
            assignment: None,
        }
    }

    /// Returns a numerator and a denominator, for a ratio.
    pub const fn ratio(numerator: f64, denominator: f64) -> UnitEvent<'a> {
        let denominator = Some(denominator);
        UnitEvent {
            denominator,
            ..UnitEvent::value(numerator)
        }
    }

    /// Returns the event with its time, by the clock of the exposures.
    pub const fn at(self, at: Timestamp) -> UnitEvent<'a> {
        let at = Some(at);
        UnitEvent { at, ..self }
    }

    /// Returns the event with an id; it must be unique among the unit's events in the metric.
    ///
    /// Text, bytes or a number, as a unit's key.
    pub fn id<'i>(self, id: impl Into<Unit<'i>>) -> UnitEvent<'a> {
        let id = Some(id.into().key().hashed());
        UnitEvent { id, ..self }
    }

    /// Returns the event with the unit's assignment, from another server or a log.
    pub const fn of(self, assignment: &'a Assignment<'a>) -> UnitEvent<'a> {
        let assignment = Some(assignment);
        UnitEvent { assignment, ..self }
    }
}
