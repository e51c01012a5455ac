// Labels in the documentation what a feature adds; docs.rs sets `docsrs`, and has the nightly.
#![cfg_attr(docsrs, feature(doc_cfg))]
// Of two definitions of one link rustdoc takes the first: here modules, in README.md its files.
#![cfg_attr(
    all(feature = "serde", feature = "stats"),
    doc = "[Apache 2.0]: https://spdx.org/licenses/Apache-2.0.html",
    doc = "[change log]: crate::guide::change_log",
    doc = "[Esta página en español]: crate::guide::front_page_in_spanish",
    doc = "[guide]: crate::guide",
    doc = "[in a server]: crate::guide::in_a_server",
    doc = "[MIT]: https://spdx.org/licenses/MIT.html",
    doc = "[security]: crate::guide::security",
    doc = ""
)]
#![cfg_attr(
    all(feature = "serde", feature = "stats"),
    doc = include_str!("../README.md")
)]
#![cfg_attr(
    all(feature = "serde", feature = "stats"),
    doc = "# Guide\n\nThe module [`guide`] says when to use each technique and when not, what is counted, and why."
)]
#![cfg_attr(
    not(all(feature = "serde", feature = "stats")),
    doc = "Decides inside a running inference server which model version answers a request."
)]

mod attributes;
mod audience;
mod bucket;
#[cfg(feature = "stats")]
pub mod comparison;
mod deployment;
#[cfg(feature = "stats")]
pub mod experiment;
mod fingerprint;
#[cfg(all(feature = "serde", feature = "stats"))]
pub mod guide;
mod hexadecimal;
mod journal;
#[cfg(feature = "serde")]
mod listing;
mod model;
#[cfg(feature = "stats")]
pub mod off_policy;
mod pin;
mod plan;
mod policy;
mod record;
#[cfg(feature = "stats")]
pub mod rollout;
mod route;
mod router;
mod shadow;
mod share;
mod split;
#[cfg(feature = "stats")]
pub mod stats;
mod sync;
#[cfg(feature = "testing")]
pub mod testing;
mod timestamp;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "tracing")]
pub mod tracing;
mod unit;
mod version;

pub use attributes::{AsValue, Attributes, Number, Value, Values};
pub use audience::{Attribute, Audience, AudienceError, attr};
pub use bucket::{Draw, DrawError, Point, Purpose, Scheme, SchemeError, Secret};
pub use deployment::{
    Change, Deployment, DeploymentIter, Deployments, LabelError, Operation, OperationError, Order,
    ReplayError, VersionId, VersionState,
};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use journal::{
    JournalCapacity, JournalCapacityError, JournalCounts, JournalEnding, JournalEntry,
    JournalOutcome, JournalSeal,
};
pub use model::{AsyncModel, BoxedAnswer, BoxedAsyncModel, Model};
pub use pin::{Pin, PinError, TagError, TaggedPin};
pub use plan::{Explanation, Partition, Plan, Step};
pub use policy::{ClassDiff, Diff, Fraction, LayerError, Move, OnError, Policy, PolicyError};
pub use record::{Assignment, DropReason, Exposure, Record, Recorder, ShadowOutcome, ShadowRun};
pub use route::{Propensity, PropensityError, Reason, Route, ShadowSet};
pub use router::{
    Batch, Builder, CloseError, Closing, DeployError, Drain, Operator, Reader, ReclaimError,
    Recording, RestoreError, RestoreFault, Router, Served, Ticket, UnknownRoute, ValidateError,
};
pub use shadow::{
    Comparison, DueShadow, Pair, ShadowBudget, ShadowCounts, ShadowCountsIter, ShadowFuture,
    ShadowQueue, ShadowTask,
};
pub use share::{Share, ShareError};
pub use split::{Arm, Split, SplitError, Stretch};
pub use timestamp::Timestamp;
pub use unit::{Key, Unit, UnitError, UnitKey};
