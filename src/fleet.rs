//! One release on many servers: what they report, what a leader orders, what a follower does.
//!
//! Routing needs no connection between servers; evidence and orders do. The types of this module
//! are values without I/O: the application sends the bytes and elects the leader.
//!
//! - A server reports its evidence in [`FleetReport`]s, either all of it or only what is new. The
//!   leader adds them up in [`Reports`]. A report may come late, twice, out of order, or from a
//!   restarted server: the sum is what one server would have counted.
//! - A [`Leader`] numbers the [`FleetOrder`]s. It is stored with the roll-out and the reports, so
//!   that a later leader can continue.
//! - A server checks each order with a [`Follower`]: an order of an older leader is refused, a
//!   repeated one is already done, and a long silence leads to the action that was chosen
//!   beforehand.
//!
//! All four belong to one release, by its name. Make new ones for the next release; late messages
//! of an earlier release are refused.
//!
//! ```
//! use core::time::Duration;
//! use switchstand::fleet::{Follower, Incarnation, Leader, OnSilence, Outbox, Reports, Word};
//! use switchstand::rollout::Action;
//! use switchstand::stats::guard::{CandidateShare, RateGuard, RateTest, Side};
//! use switchstand::{Policy, Share, Timestamp};
//!
//! // On a server: count, and hand in.
//! let release = "ranker-2026-11";
//! let mut outbox = Outbox::new(release, Incarnation::new("server-3", 1));
//! let mut errors = RateGuard::by_unit(RateTest::default());
//! errors.record(7, Side::Control, CandidateShare::new(0.05)?)?;
//! let report = outbox.whole(errors);
//!
//! // On the leader: add up, step the roll-out by the sum, number what it asks for.
//! let mut reports = Reports::new(release);
//! reports.take(&report)?;
//! reports.take(&report)?; // came twice
//! let sum: RateGuard = reports.sum()?.ok_or("nothing came yet")?;
//! assert_eq!(sum.tally().control_events(), 1);
//! let mut leader = Leader::new(release, 1);
//! let canary = Policy::canary(release, "v2", Share::percent(5)?);
//! let order = leader.order(Action::Release { policy: Box::new(canary) }).clone();
//!
//! // On each server: do what is new, and say that it was done.
//! let mut follower = Follower::new(release, Duration::from_secs(60), OnSilence::LiveOnly);
//! assert_eq!(follower.receive(Timestamp::from_secs(5), &order), Word::CarryOut);
//! follower.carried_out(&order); // after the router did
//! assert_eq!(follower.receive(Timestamp::from_secs(9), &order), Word::Holds);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod evidence;
mod folded;
mod follower;
mod leader;
mod order;
mod report;
mod reports;
mod reports_error;

pub use evidence::FleetEvidence;
pub use follower::{Follower, OnSilence, Word};
pub use leader::{Leader, TermError};
pub use order::{FleetOrder, Mark};
pub use report::{Content, FleetReport, Incarnation, Outbox};
pub use reports::{Reports, Taken};
pub use reports_error::ReportsError;
