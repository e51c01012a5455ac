//! What serving threads write to.

use core::{cell::Cell as ThreadCell, fmt, hash::Hasher as _};
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use siphasher::sip::SipHasher13;

use super::{
    Apart, ExperimentError, Kind, Part, Setup, outcomes::Outcomes, part::Cell, units::Units,
};
use crate::{record::Assignment, route::Reason, stats::Refusal, unit::Key};

/// Stripes of values: threads beyond this number share.
const STRIPES: usize = 16;
/// Shards of exposed units, by the unit's digest.
const SHARDS: usize = 16;
/// Exposed units that are remembered, in all: about 50 MB when full.
const CAPACITY: usize = 1 << 20;

/// Squares of such values, 2^53 of them, still add up: no thread's part is refused by the sum.
const GREATEST_GAUGE: f64 = 1e140;

/// Takes the values of a running experiment from all threads that serve.
///
/// Every thread writes to a stripe of its own, behind a lock that nobody else wants, on cache
/// lines of its own.
pub struct Experiment {
    setup: Setup,
    stripes: Box<[Padded<Mutex<Stripe>>]>,
    shards: Box<[Padded<Mutex<Units>>]>,
}

/// Keeps what threads write off each other's cache lines.
#[repr(align(128))]
struct Padded<T>(T);

struct Stripe {
    apart: Apart,
    /// Control and candidate of the first metric, of the second, and so on.
    slots: Vec<Slot>,
}

/// One arm of one metric. What a thread writes lies beside nothing of another stripe.
#[repr(align(128))]
struct Slot {
    kind: Kind,
    cell: Cell,
    outcomes: Outcomes,
}

/// Names an arm of one experiment.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ArmId(u8);

/// Names a metric of one experiment.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MetricId(usize);

/// Returns the digest of a unit's key, the same on every server.
#[must_use]
pub fn digest(key: Key<'_>) -> u64 {
    key.with_bytes(|bytes| {
        let mut hash = SipHasher13::new_with_key(b"switchstand.unit");
        hash.write(bytes);
        hash.finish()
    })
}

impl Experiment {
    /// Starts an experiment that has no data yet.
    #[must_use]
    pub fn new(setup: Setup) -> Experiment {
        let slots = || {
            let kinds = setup.metrics.iter().flat_map(|metric| [metric.kind; 2]);
            let slot = |kind| Slot {
                kind,
                cell: Cell::new(kind),
                outcomes: Outcomes::default(),
            };
            kinds.map(slot).collect()
        };
        let stripe = |_| {
            Padded(Mutex::new(Stripe {
                apart: Apart::default(),
                slots: slots(),
            }))
        };
        let shard = |_| Padded(Mutex::new(Units::new(CAPACITY / SHARDS)));
        Experiment {
            stripes: (0..STRIPES).map(stripe).collect(),
            shards: (0..SHARDS).map(shard).collect(),
            setup,
        }
    }

    /// Returns the arm of this label.
    ///
    /// # Errors
    /// [`ExperimentError::Unknown`] if there is none.
    pub fn arm(&self, label: &str) -> Result<ArmId, ExperimentError> {
        let place = self.setup.arms.iter().position(|arm| arm == label);
        match place {
            Some(place) => Ok(ArmId(u8::from(place > 0))),
            None => Err(unknown("arm", label)),
        }
    }

    /// Returns the metric of this name.
    ///
    /// # Errors
    /// [`ExperimentError::Unknown`] if there is none.
    pub fn metric(&self, name: &str) -> Result<MetricId, ExperimentError> {
        let mut metrics = self.setup.metrics.iter();
        let place = metrics.position(|metric| metric.name == name);
        place.map(MetricId).ok_or_else(|| unknown("metric", name))
    }

    /// Returns the arm of a logged assignment, for an outcome that comes late.
    ///
    /// There is none for units that no draw has placed in an arm of this release.
    #[must_use]
    pub fn arm_of(&self, assignment: &Assignment<'_>) -> Option<ArmId> {
        if assignment.release != self.setup.release {
            return None;
        }
        self.arm(assignment.arm.as_deref()?).ok()
    }

    /// Notes that a unit got an arm's answer, or was answered for another reason.
    ///
    /// To be called for every answered request: a unit counts once, however often it is exposed,
    /// and the calls count as the requests. Without an arm, the request is counted
    /// apart by its reason.
    pub fn expose(&self, unit: u64, arm: Option<ArmId>, reason: Reason) {
        let Some(ArmId(arm)) = arm else {
            return self.count_apart(reason);
        };
        let shard = (unit as usize) % SHARDS;
        if let Some(shard) = self.shards.get(shard) {
            shard.0.lock().expose(unit, arm);
        }
    }

    /// Announces that an outcome of this metric is to come, seconds or weeks later.
    ///
    /// Announce all outcomes of a metric or none. A [`Finding`](super::Finding) then states how
    /// many are pending: what has come may differ from what is to come, the more so if the arms
    /// differ in how fast it comes.
    ///
    /// # Errors
    /// [`ExperimentError::Unknown`] for a metric of another experiment.
    pub fn await_outcome(&self, arm: ArmId, metric: MetricId) -> Result<(), ExperimentError> {
        self.with_slot(arm, metric, |slot| {
            slot.outcomes.announced = slot.outcomes.announced.saturating_add(1);
            Ok(())
        })
    }

    /// Notes a value of one unit, or of another cluster that hangs together.
    ///
    /// The cluster is a digest, the same for all values that are not independent.
    ///
    /// # Errors
    /// [`ExperimentError::Refused`] for a value that is not finite or that the kind of the metric
    /// refuses, [`ExperimentError::WrongKind`] for a ratio; nothing is noted then.
    #[inline]
    pub fn record(
        &self,
        arm: ArmId,
        metric: MetricId,
        cluster: u64,
        value: f64,
    ) -> Result<(), ExperimentError> {
        if !value.is_finite() {
            return Err(non_finite(value));
        }
        self.with_slot(arm, metric, |slot| {
            match (&mut slot.cell, slot.kind) {
                (Cell::Groups(groups), Kind::Mean) => groups.add(cluster, value, 1.0),
                (Cell::Groups(groups), Kind::Rate) if value == 0.0 || value == 1.0 => {
                    groups.add(cluster, value, 1.0);
                }
                (Cell::Groups(groups), Kind::Count) => groups.add(cluster, value, 0.0),
                (Cell::Values(values), _) => values.record(value)?,
                (Cell::Gauge(values), _) => {
                    let holds = value.abs() <= GREATEST_GAUGE;
                    let expected = "a number from -1e140 to 1e140";
                    Refusal::require(holds, "value of a gauge", value, expected)?;
                    values.record(value)?;
                }
                (_, kind) => return Err(self.wrong_kind(metric, kind)),
            }
            slot.outcomes.come += 1;
            Ok(())
        })
    }

    /// Notes a numerator and a denominator of one unit, for a ratio.
    ///
    /// # Errors
    /// As [`record`](Experiment::record), for any metric that is not a ratio.
    #[inline]
    pub fn record_ratio(
        &self,
        arm: ArmId,
        metric: MetricId,
        cluster: u64,
        numerator: f64,
        denominator: f64,
    ) -> Result<(), ExperimentError> {
        if let Some(value) = [numerator, denominator]
            .into_iter()
            .find(|x| !x.is_finite())
        {
            return Err(non_finite(value));
        }
        self.with_slot(arm, metric, |slot| {
            match (&mut slot.cell, slot.kind) {
                (Cell::Groups(groups), Kind::Ratio) => groups.add(cluster, numerator, denominator),
                (_, kind) => return Err(self.wrong_kind(metric, kind)),
            }
            slot.outcomes.come += 1;
            Ok(())
        })
    }

    /// Returns all that was noted so far.
    #[must_use]
    pub fn part(&self) -> Part {
        let mut units = Units::new(CAPACITY);
        for shard in &self.shards {
            units.merge(&shard.0.lock().clone().with_capacity(CAPACITY));
        }
        let mut apart = Apart::default();
        let empty = |metric: &super::Metric| [Cell::new(metric.kind), Cell::new(metric.kind)];
        let mut cells: Vec<[Cell; 2]> = self.setup.metrics.iter().map(empty).collect();
        let mut outcomes = vec![[Outcomes::default(); 2]; cells.len()];
        for stripe in &self.stripes {
            let stripe = stripe.0.lock();
            apart.merge(stripe.apart);
            for (ours, slot) in cells.iter_mut().flatten().zip(&stripe.slots) {
                // One server's counts are far from overflowing, and so are the squares of gauges.
                let _ = ours.merge(&slot.cell);
            }
            for (ours, slot) in outcomes.iter_mut().flatten().zip(&stripe.slots) {
                ours.merge(slot.outcomes);
            }
        }
        Part {
            setup: self.setup.clone(),
            units,
            apart,
            cells,
            outcomes,
        }
    }

    #[inline]
    fn with_slot(
        &self,
        ArmId(arm): ArmId,
        MetricId(metric): MetricId,
        note: impl FnOnce(&mut Slot) -> Result<(), ExperimentError>,
    ) -> Result<(), ExperimentError> {
        let Some(stripe) = self.stripes.get(stripe() % STRIPES) else {
            return Ok(());
        };
        match stripe.0.lock().slots.get_mut(2 * metric + usize::from(arm)) {
            Some(slot) => note(slot),
            None => Err(unknown("metric", "of another experiment")),
        }
    }

    fn count_apart(&self, reason: Reason) {
        if let Some(stripe) = self.stripes.get(stripe() % STRIPES) {
            let apart = &mut stripe.0.lock().apart;
            let count = match reason {
                Reason::Fallback | Reason::Killed | Reason::Saturated => &mut apart.fallbacks,
                Reason::Override => &mut apart.overrides,
                Reason::Pinned => &mut apart.pinned,
                Reason::Listed => &mut apart.listed,
                Reason::Audience => &mut apart.audiences,
                _ => &mut apart.outside,
            };
            *count = count.saturating_add(1);
        }
    }

    #[cold]
    fn wrong_kind(&self, MetricId(metric): MetricId, kind: Kind) -> ExperimentError {
        let name = self.setup.metrics.get(metric).map(|metric| &metric.name);
        ExperimentError::WrongKind {
            name: name.cloned().unwrap_or_default(),
            expected: match kind {
                Kind::Rate => "0 or 1",
                Kind::Ratio => "a numerator and a denominator",
                _ => "one value",
            },
        }
    }
}

/// Returns the number of this thread, by which it finds its stripe.
#[inline]
fn stripe() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static STRIPE: ThreadCell<usize> = const { ThreadCell::new(usize::MAX) };
    }
    STRIPE.with(|stripe| {
        if stripe.get() == usize::MAX {
            stripe.set(NEXT.fetch_add(1, Ordering::Relaxed) % STRIPES);
        }
        stripe.get()
    })
}

#[cold]
fn unknown(what: &'static str, name: &str) -> ExperimentError {
    let name = name.to_owned();
    ExperimentError::Unknown { what, name }
}

#[cold]
fn non_finite(value: f64) -> ExperimentError {
    Refusal::NonFinite {
        what: "value",
        value,
    }
    .into()
}

impl fmt::Debug for Experiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Experiment")
            .field("release", &self.setup.release)
            .finish_non_exhaustive()
    }
}
