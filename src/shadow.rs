//! Versions that run unseen beside the one that answers.

mod budget;
mod comparison;
mod desk;
mod excerpts;
mod labels;
mod lease;
mod ledger;
mod queue;
mod sampled;
#[cfg(feature = "tower")]
mod service;
mod stub;
mod task;

pub use crate::record::{DropReason, ShadowOutcome, ShadowRun};
pub use budget::ShadowBudget;
pub use comparison::{Comparison, Pair};
pub use ledger::ShadowCounts;
pub use queue::{DueShadow, ShadowQueue};
pub use task::{ShadowFuture, ShadowTask};

pub(crate) use budget::Permits;
pub(crate) use comparison::{AnyComparison, Primary};
pub(crate) use desk::{Clock, Desk};
pub(crate) use excerpts::{Excerpt, Excerpts};
pub(crate) use labels::Labels;
pub(crate) use lease::Lease;
pub(crate) use ledger::Ledger;
pub(crate) use sampled::Sampled;
pub(crate) use stub::{Ran, Stub};
