//! Records: a line of the application's log for each outcome, shadow and change.

use core::{fmt, time::Duration};
use std::borrow::Cow;

use crate::{
    assignment::Assignment, deployment::Change, outcome::OutcomeRecord, timestamp::Timestamp,
    unit::UnitKey,
};

/// One line of a log: an outcome, the end of a shadow, or a change.
///
/// An observer can write it to a log, and `testing::Replay` reads it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "record", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Record<'a> {
    /// A request ended.
    #[cfg_attr(feature = "serde", serde(alias = "exposure"))]
    Outcome(OutcomeRecord),
    /// A sampled shadow ended.
    Shadow(ShadowRun<'a>),
    /// An operator changed the deployment or the release.
    Change(Change<'a>),
}

/// The record of how one shadow ended.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ShadowRun<'a> {
    /// When, in the application's time; `None` if the router has no clock.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub at: Option<Timestamp>,
    /// The key of the unit that the primary answered.
    pub unit: Cow<'a, UnitKey>,
    /// The decision for the primary.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub assignment: Assignment<'a>,
    /// The label of the version that ran unseen.
    pub shadow: Cow<'a, str>,
    /// How it ended.
    pub outcome: ShadowOutcome,
    /// How long the version took, if it was run and the router has a clock.
    #[cfg_attr(
        feature = "serde",
        serde(
            default,
            rename = "took_nanos",
            with = "nanos",
            skip_serializing_if = "Option::is_none"
        )
    )]
    pub took: Option<Duration>,
    /// The application's excerpt of the input and the primary's answer.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub primary_excerpt: Option<Cow<'a, [u8]>>,
    /// The application's excerpt of the input and the shadow's answer.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub excerpt: Option<Cow<'a, [u8]>>,
}

impl ShadowRun<'_> {
    /// Returns the same run without borrowing.
    #[must_use]
    pub fn into_owned(self) -> ShadowRun<'static> {
        let owned = |excerpt: Cow<'_, [u8]>| Cow::Owned(excerpt.into_owned());
        ShadowRun {
            at: self.at,
            unit: Cow::Owned(self.unit.into_owned()),
            assignment: self.assignment.into_owned(),
            shadow: Cow::Owned(self.shadow.into_owned()),
            outcome: self.outcome,
            took: self.took,
            primary_excerpt: self.primary_excerpt.map(owned),
            excerpt: self.excerpt.map(owned),
        }
    }
}

/// The ways in which a sampled shadow can end; each ends in exactly one.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ShadowOutcome {
    /// It gave an answer.
    Answered,
    /// It gave an error.
    Failed,
    /// It panicked; the panic was caught.
    Panicked,
    /// It was dropped.
    Dropped(DropReason),
}

impl ShadowOutcome {
    /// Returns the outcome's name in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ShadowOutcome::Answered => "answered",
            ShadowOutcome::Failed => "failed",
            ShadowOutcome::Panicked => "panicked",
            ShadowOutcome::Dropped(reason) => match reason {
                DropReason::NoPermit => "dropped: no permit",
                DropReason::Deadline => "dropped: deadline",
                DropReason::QueueFull => "dropped: queue full",
                DropReason::NotReady => "dropped: not ready",
                DropReason::Unrun => "dropped: unrun",
                DropReason::Cancelled => "dropped: cancelled",
                DropReason::Cut => "dropped: cut",
                DropReason::NotCopied => "dropped: not copied",
            },
        }
    }
}

impl fmt::Display for ShadowOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The reasons for which a sampled shadow is dropped.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum DropReason {
    /// The budget of shadows in flight was used up; the input was not cloned.
    NoPermit,
    /// Its turn came after its deadline.
    Deadline,
    /// The queue was full.
    QueueFull,
    /// Its service was not ready.
    NotReady,
    /// It was not started: its ticket, task or queue was dropped before.
    Unrun,
    /// It was started and dropped before it came to an end.
    Cancelled,
    /// It was stopped in the middle of its answer: at its deadline, or at the limit of its size.
    Cut,
    /// The application had no copy of the request for it.
    NotCopied,
}

impl DropReason {
    /// Returns the reason's name in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DropReason::NoPermit => "no permit",
            DropReason::Deadline => "deadline",
            DropReason::QueueFull => "queue full",
            DropReason::NotReady => "not ready",
            DropReason::Unrun => "unrun",
            DropReason::Cancelled => "cancelled",
            DropReason::Cut => "cut",
            DropReason::NotCopied => "not copied",
        }
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Durations as whole nanoseconds.
#[cfg(feature = "serde")]
mod nanos {
    use core::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[expect(clippy::ref_option, reason = "serde passes fields by reference")]
    pub(super) fn serialize<S: Serializer>(
        took: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let nanos = took.map(|took| u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        nanos.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_nanos))
    }
}
