//! Versions that run unseen beside the one that answers.

mod budget;
mod comparison;
mod desk;
#[cfg(any(feature = "futures-core", feature = "tower"))]
mod drain;
mod excerpts;
mod labels;
mod lease;
mod ledger;
mod queue;
mod sampled;
#[cfg(feature = "tower")]
mod service;
#[cfg(feature = "futures-core")]
mod stream;
mod stub;
mod task;

pub use crate::record::{DropReason, ShadowOutcome, ShadowRun};
pub use budget::ShadowBudget;
pub use comparison::{Comparison, Pair};
pub use ledger::ShadowCounts;
pub use queue::{DueShadow, ShadowQueue};
#[cfg(feature = "futures-core")]
pub use stream::BoxedStream;
pub use task::{ShadowFuture, ShadowTask};

pub(crate) use budget::Permits;
pub(crate) use comparison::{AnyComparison, Primary};
pub(crate) use desk::{Clock, Desk};
pub(crate) use excerpts::{Excerpt, Excerpts};
pub(crate) use labels::Labels;
pub(crate) use lease::Lease;
pub(crate) use ledger::Ledger;
pub(crate) use sampled::Sampled;
#[cfg(feature = "tower")]
pub(crate) use service::{Add, Answering};
pub(crate) use stub::{Ran, Stub};
