//! Measures the arms of an A/B test while they serve, and says when there is enough evidence.
//!
//! An [`Experiment`] is shared by all threads that serve. They record which unit was exposed to
//! which arm, and later outcomes, on this or another server. A [`Part`] is what one server has
//! recorded. Parts add up in any order, and a [`ReadOut`] is computed from their sum.
//!
//! # What it takes care of
//! - **The sample ratio comes first.** While the arms do not have the sizes they should have,
//!   there is no verdict.
//! - **Units, not events.** The values of one unit depend on each other. So for rates a unit's
//!   first event counts, and for means the variance is that between groups of units.
//! - **It is an observer.** Attached to a [`Router`](crate::Router), it takes exposures, failures
//!   and latencies from outcomes; what only the application knows, it records.
//! - **It knows the arm.** A value counts for the arm to which its unit was exposed. A unit of two
//!   arms, and a unit that was never exposed, change no metric and are counted separately.
//! - **You may look at any time.** The tests are valid at every look, so you may read every minute
//!   and act upon it.
//! - **One error rate for all tests.** It holds over all goals and guardrails of all candidates and
//!   all looks, also those that cannot be tested yet or were dropped.
//! - **Plain harm is seen.** A rate is compared exactly, also where the control has no event.
//! - **Late outcomes are visible.** If outcomes are announced ([`Experiment::await_outcome`]),
//!   every finding says how many are pending in each arm.
//!
//! ```
//! use switchstand::experiment::{Experiment, Kind, Metric};
//! use switchstand::stats::Worse;
//! use switchstand::Policy;
//!
//! let policy = Policy::ab_test("ranker-ab-7", [("v1", 1), ("v2", 1)]);
//! let clicks = Metric::goal("clicks", Kind::CommonRate, Worse::Lower, 0.02);
//! let errors = Metric::guardrail("errors", Kind::Rate, Worse::Higher, 0.01);
//! let experiment = Experiment::of(&policy, [clicks, errors])?;
//!
//! let plan = policy.compile("v1", ["v2"])?;
//! let clicks = experiment.metric("clicks")?;
//! for user in 0..4_000_u64 {
//!     experiment.expose(&plan.assignment(user), user)?;
//!     experiment.record(clicks, user, f64::from(user % 10 < 3))?;
//! }
//! println!("{}", experiment.read_out()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod apart;
mod check;
mod compare;
mod course;
mod digest;
mod error;
#[cfg(feature = "serde")]
mod exact;
mod finding;
mod gauges;
mod itemised;
mod items;
mod kind;
mod log;
mod looks;
mod metric;
mod observing;
mod part;
mod quantile;
mod read_out;
mod recording;
mod request_quantile;
mod row;
mod segment;
mod setup;
mod shard;
mod size;
mod sums;
mod totals;
mod unit_event;
mod verdict;

use core::fmt;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};

pub use apart::Apart;
pub use check::{Checks, Exposed, LeftOut};
pub use digest::{digest, keyed_digest};
pub use error::ExperimentError;
pub use finding::{ArmFinding, Finding, Missing, Relative, Test, Unadjusted};
pub use kind::Kind;
pub use log::{Column, EventLog, Log, LogError};
pub use looks::Looks;
pub use metric::{Cap, Metric, Role, Source};
pub use part::Part;
pub use read_out::ReadOut;
pub use recording::Filed;
pub use segment::Segment;
pub use setup::Setup;
pub use size::Expected;
pub use sums::{Counted, Grouping, LogRow};
pub use unit_event::UnitEvent;
pub use verdict::{Standing, Verdict};

use crate::{bucket::Secret, policy::Policy};
use course::Course;
use digest::Digester;
use gauges::Gauges;
use shard::Shards;

/// A running experiment, which takes exposures and outcomes from all threads that serve.
///
/// Units are kept by digest, in many small sets with a lock each, so that threads rarely wait. If
/// there are more units than the setup's capacity, the half with the larger hashes is forgotten,
/// with their exposures and outcomes, and the read-out says so.
///
/// ```
/// use switchstand::Policy;
/// use switchstand::experiment::{Experiment, Kind, Metric};
/// use switchstand::stats::Worse;
/// let policy = Policy::ab_test("ranker-ab-7", [("v1", 1), ("v2", 1)]);
/// let clicks = Metric::goal("clicks", Kind::CommonRate, Worse::Lower, 0.02);
/// let experiment = Experiment::of(&policy, [clicks])?;
/// println!("{}", experiment.read_out()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// | in the order of use | methods |
/// |---|---|
/// | make one | [`of`](Experiment::of), [`new`](Experiment::new), [`keyed`](Experiment::keyed), [`resume`](Experiment::resume), [`resume_keyed`](Experiment::resume_keyed) |
/// | name what is recorded | [`metric`](Experiment::metric), [`arm`](Experiment::arm) |
/// | take exposures | [`expose`](Experiment::expose), [`expose_arm`](Experiment::expose_arm), [`expose_at`](Experiment::expose_at), [`expose_arm_at`](Experiment::expose_arm_at), [`count_apart`](Experiment::count_apart) |
/// | take outcomes | [`record`](Experiment::record), [`record_for`](Experiment::record_for), [`record_ratio`](Experiment::record_ratio), [`record_ratio_for`](Experiment::record_ratio_for), [`record_event`](Experiment::record_event), [`await_outcome`](Experiment::await_outcome), [`record_gauge`](Experiment::record_gauge) |
/// | say what a unit was before | [`record_before`](Experiment::record_before), [`note_segment`](Experiment::note_segment), [`exclude`](Experiment::exclude) |
/// | read | [`read_out`](Experiment::read_out), [`take_look`](Experiment::take_look), [`part`](Experiment::part), [`take_part`](Experiment::take_part) |
/// | go on | [`follow`](Experiment::follow), [`setup`](Experiment::setup) |
pub struct Experiment {
    setup: Setup,
    /// Identifies this experiment's handles.
    number: u64,
    digester: Digester,
    places: Box<[Place]>,
    /// Whether a metric has a window.
    is_timed: bool,
    course: RwLock<Course>,
    shards: Shards,
    gauges: Mutex<Gauges>,
    /// Units that count nowhere.
    excluded: Mutex<BTreeSet<u64>>,
}

/// Where a metric's values go.
#[derive(Clone, Copy)]
struct Place {
    /// Its place in the setup.
    number: usize,
    kind: Kind,
    source: Source,
    slot: usize,
    /// The slot of what units were like before.
    past: Option<usize>,
    /// Whether its outcomes are kept one by one.
    is_itemised: bool,
    /// Whether its values are kept by unit and bucket.
    is_bucketed: bool,
}

/// A metric of one experiment.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MetricId {
    experiment: u64,
    place: usize,
}

/// An arm of one experiment.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ArmId {
    experiment: u64,
    place: usize,
}

impl Experiment {
    /// Starts an experiment that has no data yet.
    #[must_use]
    pub fn new(setup: Setup) -> Experiment {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let (slots, width) = setup.slots();
        let places = setup.metrics.iter().zip(slots).enumerate();
        let places = places.map(|(number, (metric, slot))| Place {
            number,
            kind: metric.kind,
            source: metric.source,
            slot,
            past: metric.adjusted.then(|| slot + metric.slots().0),
            is_itemised: metric.is_itemised(),
            is_bucketed: metric.is_bucketed(),
        });
        Experiment {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            digester: Digester::Open,
            places: places.collect(),
            is_timed: setup.metrics.iter().any(|metric| metric.window.is_some()),
            course: RwLock::new(Course::of(&setup)),
            shards: Shards::new(setup.capacity, setup.arms.len(), width),
            gauges: Mutex::new(Gauges::of(&setup)),
            excluded: Mutex::default(),
            setup,
        }
    }

    /// Starts an experiment on the arms of a policy.
    ///
    /// # Errors
    /// As [`Setup::of`].
    pub fn of(
        policy: &Policy,
        metrics: impl IntoIterator<Item = Metric>,
    ) -> Result<Experiment, ExperimentError> {
        Ok(Experiment::new(Setup::of(policy, metrics)?))
    }

    /// Starts an experiment whose digests of units are keyed by the router's secret.
    ///
    /// Without the secret nobody can find out whether a key is in a stored part.
    #[must_use]
    pub fn keyed(setup: Setup, secret: &Secret) -> Experiment {
        let digester = Digester::keyed(secret);
        Experiment {
            digester,
            ..Experiment::new(setup)
        }
    }

    /// Continues from a stored part, of one server or of several.
    ///
    /// # Errors
    /// [`ExperimentError::Mismatch`] if the part's digests are keyed, or if it knows no units.
    pub fn resume(part: Part) -> Result<Experiment, ExperimentError> {
        Experiment::resumed(part, Digester::Open)
    }

    /// Continues from a part whose digests are keyed by this secret.
    ///
    /// # Errors
    /// [`ExperimentError::Mismatch`] if they are not.
    pub fn resume_keyed(part: Part, secret: &Secret) -> Result<Experiment, ExperimentError> {
        Experiment::resumed(part, Digester::keyed(secret))
    }

    fn resumed(part: Part, digester: Digester) -> Result<Experiment, ExperimentError> {
        part.check_key(digester.id())?;
        part.check_rows()?;
        let experiment = Experiment {
            digester,
            course: RwLock::new(part.course),
            gauges: Mutex::new(part.gauges),
            excluded: Mutex::new(part.excluded),
            ..Experiment::new(part.setup)
        };
        experiment.shards.fill(part.level, part.rows, part.items);
        let mut shard = experiment.shards.set(0);
        shard.exposures = part.exposures;
        shard.apart = part.apart;
        drop(shard);
        Ok(experiment)
    }

    /// Returns the setup.
    #[must_use]
    pub const fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Returns the metric of this name.
    ///
    /// # Errors
    /// [`ExperimentError::Unknown`] if there is none.
    pub fn metric(&self, name: &str) -> Result<MetricId, ExperimentError> {
        Ok(MetricId {
            experiment: self.number,
            place: self.setup.metric(name)?,
        })
    }

    /// Returns the arm of this label.
    ///
    /// # Errors
    /// [`ExperimentError::Unknown`] if there is none.
    pub fn arm(&self, label: &str) -> Result<ArmId, ExperimentError> {
        Ok(ArmId {
            experiment: self.number,
            place: self.setup.arm(label)?,
        })
    }

    /// Continues under a changed policy of the same release.
    ///
    /// A gate or an audience may change. Arms that are missing are dropped: they still count as
    /// tests, but are no longer compared. The other arms keep their evidence; units that move to
    /// them from a dropped arm count in no arm.
    ///
    /// # Errors
    /// [`ExperimentError::NotContinued`] for another release, a new arm, other proportions of the
    /// weights, a missing control, or an arm that was dropped before.
    pub fn follow(&self, policy: &Policy) -> Result<(), ExperimentError> {
        self.course.write().follow(&self.setup, policy)
    }

    /// Returns everything that was recorded so far.
    #[must_use]
    pub fn part(&self) -> Part {
        self.part_under(self.course.read().clone())
    }

    fn part_under(&self, course: Course) -> Part {
        let mut part = self.empty_part(course, self.gauges.lock().clone());
        for shard in self.shards.all() {
            self.shards.copy(&shard, &mut part);
        }
        self.finish(part)
    }

    /// Takes everything that was recorded since the last such call, and leaves the experiment
    /// empty.
    ///
    /// The parts add up anywhere: a server reports only what is new, by
    /// [`Outbox::new_since`](crate::fleet::Outbox::new_since), and
    /// [`Reports`](crate::fleet::Reports) counts a report that comes twice once. Afterwards the
    /// experiment does not know earlier exposures: it returns [`Filed::NotExposed`] for outcomes
    /// that the sum counts.
    #[must_use = "what is taken is no longer in the experiment"]
    pub fn take_part(&self) -> Part {
        let gauges = core::mem::replace(&mut *self.gauges.lock(), Gauges::of(&self.setup));
        let mut part = self.empty_part(self.course.read().clone(), gauges);
        self.shards
            .drain(|shard| self.shards.copy(shard, &mut part));
        self.finish(part)
    }

    fn empty_part(&self, course: Course, gauges: Gauges) -> Part {
        Part {
            setup: self.setup.clone(),
            course,
            key: self.digester.id(),
            level: self.shards.level(),
            rows: row::Rows::default(),
            items: items::ItemsByUnit::default(),
            excluded: self.excluded.lock().clone(),
            exposures: 0,
            apart: Apart::default(),
            gauges,
            sums: None,
        }
    }

    fn finish(&self, mut part: Part) -> Part {
        // Some sets may not be thinned yet, or the sample was halved meanwhile.
        part.level = part.level.max(self.shards.level());
        part.thin();
        part.seat_items();
        part.fit();
        part
    }

    /// Computes the read-out of what was recorded here.
    ///
    /// # Errors
    /// As [`Part::read_out`].
    pub fn read_out(&self) -> Result<ReadOut, ExperimentError> {
        self.part().read_out()
    }
}

impl fmt::Debug for Experiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Experiment")
            .field("release", &self.setup.release)
            .finish_non_exhaustive()
    }
}
