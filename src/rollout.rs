//! Raises a canary's share step by step while guards hold, and takes the version back when one does
//! not.
//!
//! [`Router::begin`](crate::Router::begin) makes a [`Ramp`](crate::ramp::Ramp) of a [`Rollout`]:
//! the handle for timer and operators. The router tells its [`Evidence`] how requests end. The
//! `Rollout` itself is a pure state machine: it reads no clock, uses no router and starts no
//! thread.
//!
//! | phase | who gets the candidate | the next phase needs |
//! |---|---|---|
//! | pending | nobody | the gates of the start |
//! | shadowing, if asked for | nobody; it runs unseen | enough pairs, and every guard shows safety |
//! | ramping, one step after another | the step's share | time and exposures on this step, or evidence of safety |
//! | baking | everybody, the old version stands by | time and exposures, then it is accepted |
//! | promoted, rolled back | everybody; nobody | both are final |
//!
//! # Rules
//! - The share never decreases until the candidate is taken back; then nobody has it, in one
//!   action.
//! - One evaluation makes at most one step, on evidence of this step alone. A late tick skips no
//!   step.
//! - Missing data never leads to the next step. Each guard says what it leads to: [`OnNoData`].
//! - Whatever the order of the inputs, abort comes first, then breaches, the deadline, pause and
//!   resume, promotion, and the ordinary step last.
//! - While paused nothing advances, but guards still act.
//! - The chance of a false alarm is for the whole release: [`Schedule::with_alpha`] is divided
//!   among the guards, and the evidence of a [`Check::Rate`] is never reset at a step.
//!
//! ```
//! use switchstand::{Policy, Router, Share, Timestamp};
//! use switchstand::rollout::{Guard, Phase, Rollout, Schedule};
//!
//! let router = Router::new("ranker", "v1", ())?;
//! router.deploy("v2", ())?;
//! router.validate("v2", |_| Ok::<(), String>(()))?;
//!
//! let policy = Policy::canary("ranker-2026-11", "v2", Share::NONE);
//! let schedule = Schedule::new([Guard::failures()])?;
//! let ramp = router.begin(Rollout::new(policy, schedule)?)?;
//!
//! // From a timer of the application:
//! ramp.tick(Timestamp::from_secs(0))?;
//! assert_eq!(ramp.phase(), Phase::Ramping { step: 0 });
//! assert_eq!(router.current().release(), "ranker-2026-11");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod action;
mod amend;
mod attribution;
mod begun;
mod bounds;
mod by_hand;
mod cause;
mod check;
mod clock;
mod commands;
mod controller;
mod error;
mod evaluation;
mod evidence;
mod guard;
mod guard_source;
mod in_force;
mod input;
mod ladder;
mod latest;
mod phase;
mod reaction;
mod reconcile;
mod refused;
#[cfg(feature = "serde")]
mod release_file;
mod schedule;
mod seen;
mod span;
mod state;
mod step_sample;
#[cfg(feature = "serde")]
mod stored;
mod trail;
mod units_met;
mod values;
mod waiting;

pub use action::Action;
pub use by_hand::ByHand;
pub use cause::{Cause, PauseCause};
pub use check::{Check, Found};
pub use controller::Rollout;
pub use error::{RolloutError, ScheduleError};
pub(crate) use evidence::Ended;
pub use evidence::{Evidence, EvidenceError, Receipt};
pub use guard::{Guard, OnBreach, OnNoData};
pub use guard_source::GuardSource;
pub use input::{Command, Input, Ordered};
pub use ladder::{Ladder, LadderError};
pub use phase::{Phase, Tag};
pub use refused::Refused;
#[cfg(feature = "serde")]
pub use release_file::ReleaseFile;
pub use schedule::{Before, Climb, End, OnDeadline, Schedule, ShadowStage};
pub(crate) use seen::Seen;
pub use state::State;
pub use step_sample::{BadEndings, BadEvents, Measured, Quantiles, StepSample};
pub use trail::{Advance, Event, StateChange, Trail};
