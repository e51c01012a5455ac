// Shows in the documentation which feature adds an item. docs.rs sets `docsrs` and has a nightly
// compiler, which this needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
// Of two definitions of one link rustdoc uses the first. So in the documentation links lead to
// modules, and on a code host the README's own definitions lead to files.
#![cfg_attr(
    all(feature = "serde", feature = "stats"),
    doc = "[A/B test]: crate::guide::ab_test",
    doc = "[Apache 2.0]: https://spdx.org/licenses/Apache-2.0.html",
    doc = "[blue/green]: crate::guide::blue_green",
    doc = "[canary]: crate::guide::canary",
    doc = "[change log]: crate::guide::change_log",
    doc = "[Esta página en español]: crate::guide::front_page_in_spanish",
    doc = "[examples]: crate::guide::examples",
    doc = "[guide]: crate::guide",
    doc = "[in a server]: crate::guide::in_a_server",
    doc = "[limits]: crate::guide::limits",
    doc = "[MIT]: https://spdx.org/licenses/MIT.html",
    doc = "[policies]: crate::guide::policies",
    doc = "[progressive roll-out]: crate::guide::progressive_rollout",
    doc = "[security]: crate::guide::security",
    doc = "[shadow]: crate::guide::shadow",
    doc = concat!("[roll-outs]: ", include_str!("guide/pictures/rollouts.link")),
    doc = ""
)]
#![cfg_attr(
    all(feature = "serde", feature = "stats"),
    doc = include_str!("first_page.md"),
    doc = include_str!("../README.md")
)]
#![cfg_attr(
    not(all(feature = "serde", feature = "stats")),
    doc = "Decides inside a running inference server which model version answers a request."
)]

mod assignment;
mod attributes;
mod audience;
mod bucket;
#[cfg(feature = "stats")]
pub mod comparison;
mod contain;
pub mod deployment;
#[cfg(feature = "stats")]
pub mod experiment;
mod fingerprint;
#[cfg(feature = "stats")]
pub mod fleet;
#[cfg(all(feature = "serde", feature = "stats"))]
pub mod guide;
mod hexadecimal;
pub mod journal;
#[cfg(feature = "serde")]
mod listing;
mod model;
mod observer;
#[cfg(feature = "stats")]
pub mod off_policy;
mod outcome;
pub mod pin;
mod plan;
mod policy;
mod record;
#[cfg(feature = "stats")]
pub mod rollout;
mod route;
mod router;
pub mod shadow;
mod share;
mod sorting;
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

// The items that a first program needs; all others are in the modules below.
pub use assignment::Assignment;
pub use attributes::Attributes;
pub use audience::{Audience, attr};
pub use bucket::Secret;
pub use model::{AsyncModel, BoxedAsyncModel, Model};
pub use observer::{Observer, Seat};
pub use outcome::{Ending, Outcome};
pub use plan::Plan;
pub use policy::{OnError, Policy};
pub use route::{Reason, Route};
pub use router::{Batch, Builder, Operator, Reader};
pub use router::{Router, Served, Ticket};
pub use share::Share;
pub use split::Arm;
pub use timestamp::Timestamp;
pub use unit::{Unit, UnitKey};
pub use version::VersionState;

/// How units are drawn: the scheme `v1`, its draws and points, and the keys of units.
pub mod bucketing {
    pub use crate::bucket::{Draw, DrawError, Point, Purpose, Scheme, SchemeError};
    pub use crate::unit::{Key, UnitError};
}

/// What is recorded about requests and shadows: outcomes, their counts, and records for logs.
pub mod outcomes {
    pub use crate::model::{Answers, BoxedAnswer, ByAsyncModel, ByModel};
    pub use crate::outcome::{OutcomeCounts, OutcomeRecord};
    pub use crate::record::Record;
    pub use crate::router::{Lent, Wiring, WiringFault};
}

/// Answers that are sent piece by piece, and keep their lease to the last piece.
#[cfg(any(feature = "futures-core", feature = "http-body"))]
pub mod streams {
    #[cfg(feature = "futures-core")]
    pub use crate::router::LeasedStream;
    #[cfg(feature = "http-body")]
    pub use crate::router::{LeasedBody, by_grpc_status};
}

/// More about a decision: which rules led to it, and how probable it was.
pub mod decision {
    pub use crate::plan::{Explanation, Partition, Step};
    pub use crate::route::{Propensity, PropensityError, ShadowSet};
}

/// More about a policy: layouts, fingerprints, differences, refusals.
pub mod release {
    pub use crate::fingerprint::{Fingerprint, FingerprintError};
    pub use crate::policy::{ClassDiff, Diff, Fraction, LayerError, Move, PolicyError};
    pub use crate::share::ShareError;
    pub use crate::split::{Split, SplitError, Stretch};
}

/// What audiences compare: attributes and their values.
pub mod targeting {
    pub use crate::attributes::{AsValue, Number, Value, Values};
    pub use crate::audience::{Attribute, AudienceError};
}

/// A roll-out on a router: its handle, reports to it, and its errors.
#[cfg(feature = "stats")]
pub mod ramp {
    pub use crate::router::{BeginError, Ramp, Report, StoredRamp, TickError};
}

/// What operations return: errors, the state of a drain, the recording of a swap.
pub mod operator {
    pub use crate::router::{
        CloseError, Closing, DeployError, Drain, ReclaimError, Recording, RestoreError,
        RestoreFault, UnknownRoute, ValidateError,
    };
}
