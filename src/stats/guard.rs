//! The canary's guard: is the candidate's rate of bad events higher, looked at on every request?
//!
//! A bad event is an error, a timeout, a label found wrong: anything that is counted rather than
//! measured. The guard watches to which side the bad events go. If the candidate has 5 % of the
//! traffic and is harmless, 5 % of them are its own, however high the common rate is and however
//! it drifts. Two e-processes on that split, HARM and SAFE, may be looked at after every event:
//! [`RateTest`] has the formulas, [`Reading`] the answer.
//!
//! # What is counted
//! Users are sticky and differ. Who has many errors brings all of them to one side, so counting
//! every event raises false alarms: 19 in 100 at a nominal 1 in 100 when a few users have most
//! errors. By default only a **unit's first bad event** counts, with the share of that moment.
//! Given the past, the side of a unit without a bad event so far is an independent draw, so the
//! labels are independent whatever the units' rates are. A better candidate only delays events
//! of its own side, which lowers the evidence of harm at every moment: HARM's error rate holds
//! for every candidate that is no worse.
//!
//! SAFE then speaks of *units that have a bad event*, not of requests: its null hypothesis is that
//! a unit without one so far is at least `margins.safe()` times as likely to have one next on the
//! candidate. Units that err anyway count alike on both sides, so where most of them have erred
//! already, more errors of the same users hardly show. With 100 requests per user at 1 %, half
//! more errors per request were found safe in 2 to 6 of 100 releases at a nominal 1 of 100.
//! [`Reading::repeated_events`] tells how far that has gone: while they are few against the
//! counted events, the two readings of SAFE agree. If harm to the same users over again matters,
//! let a mean per unit decide as well.
//!
//! Per-event counting has more power and is right only where each request is its own unit:
//! [`RateGuard::where_each_request_is_its_own_unit`].
//!
//! ```
//! use switchstand::stats::guard::{CandidateShare, RateGuard, RateTest, Side, Verdict};
//!
//! let mut guard = RateGuard::by_unit(RateTest::default());
//! let share = CandidateShare::new(0.05)?;
//! for user in 0..60 {
//!     let side = if user % 3 == 0 { Side::Candidate } else { Side::Control };
//!     guard.record(user, side, share)?;
//! }
//! // 20 of 60 bad events with 5 % of the traffic: far too many.
//! assert_eq!(guard.reading().verdict(), Verdict::Harm);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod grid;
mod margins;
mod outlook;
mod rate_guard;
mod rate_test;
mod reading;
mod seen_units;
mod share;
mod tally;
mod truncated_beta;
mod verdict;

pub use error::GuardError;
pub use grid::{RatioGrid, RatioTerm};
pub use margins::Margins;
pub use outlook::{Outlook, Scenario};
pub use rate_guard::RateGuard;
pub use rate_test::{Method, RateTest};
pub use reading::{Evidence, Reading};
pub use seen_units::{Recorded, SeenUnits};
pub use share::CandidateShare;
pub use tally::{Side, Stage, Tally};
pub use truncated_beta::BetaPrior;
pub use verdict::Verdict;

pub(crate) use truncated_beta::ln_mixture;
