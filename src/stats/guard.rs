//! The canary's guard: is the candidate's rate of bad events higher, looked at on every request?
//!
//! A bad event is an error, a time-out, a wrong label: anything that is counted and not measured.
//! The guard watches which side the bad events are on. If the candidate has 5 % of the traffic and
//! is harmless, 5 % of them are on its side, however high the common rate is and however it drifts.
//! Two e-processes on that split, HARM and SAFE, may be looked at after every event: [`RateTest`]
//! has the formulas, [`Reading`] the answer, and [`Latch`] remembers it.
//!
//! # What is counted
//! Users are sticky and differ. All errors of a user are on one side, so counting every event
//! raises false alarms: 19 in 100 at a nominal 1 in 100 when a few users have most errors. By
//! default only a **unit's first bad event** counts, with the share at that time. Given the past,
//! the side of a unit without a bad event so far is an independent draw, so the labels are
//! independent whatever the units' rates are. A better candidate only delays events of its own
//! side, which lowers the evidence of harm at every moment: HARM's error rate holds for every
//! candidate that is no worse.
//!
//! SAFE needs more: first events hide part of what a candidate does to users who have errors
//! anyway. So it counts thinned events ([`SeenUnits`] has the reason), and its error rate holds for
//! every candidate whose every unit fails at least `margins.safe()` times as often *per request*.
//! Neither hypothesis is about an average: a candidate that always fails for a few units and helps
//! the others is in neither, and may be called safe. If that matters, also test a mean per unit, or
//! give only each unit's first request to a guard that counts every event: it then tests the
//! average over units, without all other requests.
//!
//! Counting every event has more power, but is right only if each request is its own unit:
//! [`RateGuard::where_each_request_is_its_own_unit`].
//!
//! ```
//! use switchstand::stats::guard::{CandidateShare, RateGuard, RateTest, Side, GuardVerdict};
//!
//! let mut guard = RateGuard::by_unit(RateTest::default());
//! let share = CandidateShare::new(0.05)?;
//! for user in 0..60 {
//!     let side = if user % 3 == 0 { Side::Candidate } else { Side::Control };
//!     guard.record(user, side, share)?;
//! }
//! // 20 of 60 bad events with 5 % of the traffic: far too many.
//! assert_eq!(guard.reading().verdict(), GuardVerdict::Harm);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod changed_side;
mod digest;
mod grid;
mod kept_events;
mod latch;
mod margins;
mod outlook;
mod parts;
mod rate_guard;
mod rate_test;
mod reading;
mod seen_units;
mod share;
mod tally;
mod thinning;
mod truncated_beta;
mod verdict;

pub use grid::RatioGrid;
pub use latch::Latch;
pub use margins::Margins;
pub use outlook::{Outlook, Scenario};
pub use rate_guard::RateGuard;
pub use rate_test::{RateMethod, RateTest};
pub use reading::{LnEvidence, Reading};
pub use seen_units::{Recorded, SeenUnits};
pub use share::CandidateShare;
pub use tally::{Side, Stage, StageTally};
pub use truncated_beta::BetaPrior;
pub use verdict::GuardVerdict;

pub(crate) use digest::{MAX_LEVEL, MixedAlready, in_sample, mix};
pub(crate) use truncated_beta::ln_mixture;
