//! Tests policies in one line, without a server, a model or a thread.
//!
//! A policy decides who gets a model that may be bad, so test it as you test code. A [`Population`]
//! represents the users. The assertions say what must hold for a policy before it is released:
//!
//! | assertion | what it says |
//! |---|---|
//! | [`assert_share`] | a version answers this share of these units |
//! | [`assert_never`] | no unit of an audience can get a version, by any draw |
//! | [`assert_only_grows`] | nobody loses a version when the next policy replaces this one |
//! | [`CountTable`] | counts by version and attribute, with the chi-squared tests behind them |
//!
//! ```
//! use switchstand::{Policy, attr};
//! use switchstand::testing::{Population, assert_never, assert_only_grows, assert_share};
//!
//! let policy = Policy::canary("ranker-2026-11", "v2", "5%".parse()?)
//!     .within(attr("tier").is_not("paying"))
//!     .or_for(attr("tier").is("internal"));
//! let users = Population::synthetic(20_000, 7)
//!     .with("tier", [("internal", 1), ("paying", 9), ("free", 90)])?;
//!
//! assert_share(&policy, "v2", "5%", &users.only(&attr("tier").is("free")));
//! assert_never(&policy, &attr("tier").is("paying"), "v2");
//! let next = Policy::canary("ranker-2026-11", "v2", "20%".parse()?)
//!     .within(attr("tier").is_not("paying"))
//!     .or_for(attr("tier").is("internal"));
//! assert_only_grows(&policy, &next);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! For other tests there are a [`ManualClock`], a [`ScriptedModel`] that fails, panics or waits at
//! a [`Gate`], [`ScriptedEvidence`] for roll-outs, and a [`Collector`] of records. [`Replay`] says
//! what another policy would have done with a log, and [`Rehearsal`] which harm the guards of a
//! planned roll-out can detect.
//!
//! The assertions panic, as assertions do, with a message that names the unit or the counts. For
//! each there is a function that returns the result as a value.

mod clock;
mod collector;
mod error;
mod gate;
mod growth;
mod member;
mod never;
mod population;
mod rehearsal;
mod replay;
mod scripted_evidence;
mod scripted_model;
mod share;
mod table;
mod to_plan;

use core::fmt;

pub use clock::ManualClock;
pub use collector::Collector;
pub use error::TestError;
pub use gate::Gate;
pub use growth::{LosingUnit, assert_only_grows, find_loss_while_live};
pub use member::Member;
pub use never::{ReachedUnit, assert_never, find_reached};
pub use population::Population;
pub use rehearsal::{Effect, Rehearsal, RehearsalEnd, RehearsalError, Rehearsed, Run, Spread};
pub use replay::{Replay, ReplayCounts};
pub use scripted_evidence::ScriptedEvidence;
pub use scripted_model::{ScriptedFailure, ScriptedModel};
pub use share::{FALSE_ALARM, ShareFinding, assert_share, check_share};
pub use table::CountTable;
pub use to_plan::{LIVE, ToPlan};

#[track_caller]
#[expect(clippy::panic, reason = "an assertion that does not hold panics")]
fn fail(finding: impl fmt::Display) -> ! {
    panic!("{finding}")
}
