//! Lets a canary grow by itself while guards hold, and takes it back when one does not.
//!
//! [`Router::begin`](crate::Router::begin) makes a [`Ramp`](crate::ramp::Ramp) of a [`Rollout`]:
//! the one handle for timer and operators. The [`Evidence`] of its guards is made of the outcomes
//! of requests by itself. The `Rollout` below it is a pure state machine: it reads no clock, knows
//! no router and starts no thread.
//!
//! | phase | who gets the candidate | what leads on |
//! |---|---|---|
//! | pending | nobody | the gates of the start |
//! | shadowing, if asked for | nobody; it runs unseen | enough pairs, and every guard shows safety |
//! | ramping, one step after another | the step's share | time and exposures on this step, or evidence of safety |
//! | baking | everybody, the old version stands by | time and exposures, then it is accepted |
//! | promoted, rolled back | everybody; nobody | nothing: they are final |
//!
//! # Rules
//! - Exposure never decreases until it is taken back, then to nobody in one action.
//! - One evaluation makes at most one step, on evidence of this step alone. A late tick skips
//!   nothing.
//! - No data never leads on. What it does lead to is each guard's choice: [`OnNoData`].
//! - Whatever the order of the inputs, abort comes first, then breaches, the deadline, pause and
//!   resume, promotion, and the ordinary step last.
//! - While paused nothing advances, and guards still act.
//! - The chance of a false alarm holds over the whole release: [`Schedule::with_alpha`] is shared
//!   out among the guards, and the evidence of a [`Check::Rate`] is never reset at a step.
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
