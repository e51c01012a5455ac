//! One release on many servers: what they report, what a leader orders, what a follower does.
//!
//! Routing needs no connection among servers, evidence and orders do. These are values without I/O:
//! the bytes, the transport and the election of the leader are the application's.
//!
//! - A server hands in its evidence as [`FleetReport`]s, whole or as what is new, and the leader adds
//!   them up in [`Reports`]: late, twice, out of order, from a server that has been restarted. The
//!   sum is what one server would have counted.
//! - The leader numbers its [`FleetOrder`]s by a [`Leader`], which is stored with the roll-out and the
//!   reports; a later leader goes on from there.
//! - A server judges each order by a [`Follower`]: an older leader's is refused, a repeated one
//!   holds already, and silence leads to what was chosen beforehand.
//!
//! All four are of one release, by its name: with the next one they begin anew, and what comes late
//! from the one before is refused.
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
