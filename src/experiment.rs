//! Measures two arms while they serve, and says when the evidence suffices.
//!
//! An [`Experiment`] is shared by all threads that serve. They note who was exposed to which arm
//! and what came of it, now or weeks later. A [`Part`] is what one server has noted: parts add
//! up, in any order, and a [`ReadOut`] is computed from their sum.
//!
//! # What it takes care of
//! - **The sample ratio comes first.** While the arms do not have the sizes they should have,
//!   the verdict is that there is none.
//! - **Units, not events.** Values of one unit are not independent. Every value is filed under
//!   its cluster, the unit unless another is given; clusters fall into 256 groups by their hash,
//!   and the variance is that *between groups*. Whatever hangs together within a unit stays
//!   within its group, and parts add up because groups do.
//! - **Looking is free.** The tests are valid at every look, so a read-out may be made every
//!   minute and acted upon.
//! - **Late outcomes are counted.** Where outcomes are announced when they fall due
//!   ([`Experiment::await_outcome`]), every finding states how many are pending in each arm.
//! - **Only drawn units count.** Fallbacks, listed units and audience rules are confounded; they
//!   are counted apart and enter no metric.
//!
//! ```
//! use switchstand::experiment::{Experiment, Kind, Metric, Setup, digest};
//! use switchstand::stats::Worse;
//! use switchstand::{Key, Reason};
//!
//! let clicks = Metric::goal("clicks", Kind::Rate, Worse::Lower, 0.005);
//! let errors = Metric::guardrail("errors", Kind::Rate, Worse::Higher, 0.01);
//! let setup = Setup::new("ranker-ab-7", ["v1", "v2"], [1, 1], [clicks, errors])?;
//! let experiment = Experiment::new(setup);
//! let clicks = experiment.metric("clicks")?;
//! for user in 0..4_000_u64 {
//!     let unit = digest(Key::U64(user));
//!     let arm = experiment.arm(if user % 2 == 0 { "v1" } else { "v2" })?;
//!     experiment.expose(unit, Some(arm), Reason::Split);
//!     experiment.record(arm, clicks, unit, f64::from(user % 10 < 3))?;
//! }
//! println!("{}", experiment.part().read_out()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod groups;
mod metric;
mod outcomes;
mod part;
mod quantile;
mod read_out;
mod recorder;
mod setup;
mod table;
mod units;
mod verdict;

pub use error::ExperimentError;
pub use metric::{Kind, Metric, Role};
pub use part::{Apart, Part};
pub use read_out::{Exposures, Finding, ReadOut, Test};
pub use recorder::{ArmId, Experiment, MetricId, digest};
pub use setup::Setup;
pub use verdict::Verdict;
