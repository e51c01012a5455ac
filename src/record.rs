//! What happened, in the form in which applications log it.

use std::borrow::Cow;

use crate::{
    deployment::Change,
    fingerprint::Fingerprint,
    plan::{Plan, Words},
    route::{Propensity, Reason, Route},
    timestamp::Timestamp,
    unit::{Unit, UnitKey},
};

/// Receives records of what a router decided and did.
///
/// The library writes no log of its own. A recorder runs on the thread of the request, after the
/// answer is known, while no lock is held; it should hand the record on and return.
pub trait Recorder: Send + Sync {
    /// Returns the present time, for the records; the library reads no clock.
    fn now(&self) -> Timestamp;

    /// Takes one record.
    fn record(&self, record: Record<'_>);
}

/// Holds one thing that happened.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "record", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Record<'a> {
    /// A unit got a version's answer, or its error.
    Exposure(Exposure<'a>),
    /// A version that was to run unseen beside the one that answered came to an end.
    Shadow(ShadowRun<'a>),
    /// An operator changed the deployment or the release.
    Change(Change<'a>),
}

impl Record<'_> {
    /// Returns the same record, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Record<'static> {
        match self {
            Record::Exposure(exposure) => Record::Exposure(exposure.into_owned()),
            Record::Shadow(run) => Record::Shadow(run.into_owned()),
            Record::Change(change) => Record::Change(change.into_owned()),
        }
    }
}

/// Holds a decision in words that mean the same on every server.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Assignment<'a> {
    /// The release's name.
    pub release: Cow<'a, str>,
    /// The policy's content hash, equal on every server.
    pub fingerprint: Fingerprint,
    /// The generation that decided; it counts on this server alone.
    pub generation: u64,
    /// The label of the version that answers.
    pub version: Cow<'a, str>,
    /// The label of the arm, if the unit takes part.
    pub arm: Option<Cow<'a, str>>,
    /// The rule that decided.
    pub reason: Reason,
    /// The probability of this version for such a unit; none where nothing was drawn.
    pub propensity: Option<Propensity>,
}

impl<'a> Assignment<'a> {
    pub(crate) fn of(words: &'a Words, route: &Route, version: &'a str) -> Assignment<'a> {
        Assignment {
            release: Cow::Borrowed(words.release()),
            fingerprint: words.fingerprint(),
            generation: route.generation(),
            version: Cow::Borrowed(version),
            arm: words.arm_of(route).map(Cow::Borrowed),
            reason: route.reason(),
            propensity: route.propensity(),
        }
    }

    /// Returns the same assignment, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Assignment<'static> {
        Assignment {
            release: Cow::Owned(self.release.into_owned()),
            version: Cow::Owned(self.version.into_owned()),
            arm: self.arm.map(|arm| Cow::Owned(arm.into_owned())),
            fingerprint: self.fingerprint,
            generation: self.generation,
            reason: self.reason,
            propensity: self.propensity,
        }
    }
}

impl Plan {
    /// Decides which version answers for a unit, in the words of the log.
    #[must_use]
    pub fn assignment<'u>(&self, unit: impl Into<Unit<'u>>) -> Assignment<'_> {
        let route = self.route(unit);
        let version = self.version_of(&route).unwrap_or_default();
        Assignment::of(self.words(), &route, version)
    }
}

/// Records that a unit really got a version's answer.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Exposure<'a> {
    /// When, in the application's time.
    pub at: Timestamp,
    /// Who was answered.
    pub unit: UnitKey,
    /// What was decided.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub assignment: Assignment<'a>,
    /// Whether the answer is an error.
    pub failed: bool,
}

impl Exposure<'_> {
    /// Returns the same exposure, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Exposure<'static> {
        Exposure {
            assignment: self.assignment.into_owned(),
            ..self
        }
    }
}

/// Records how a shadow ended.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ShadowRun<'a> {
    /// When, in the application's time.
    pub at: Timestamp,
    /// Who was answered by the primary.
    pub unit: UnitKey,
    /// What was decided for the primary.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub assignment: Assignment<'a>,
    /// The label of the version that ran unseen.
    pub shadow: Cow<'a, str>,
    /// How it ended.
    pub outcome: ShadowOutcome,
}

impl ShadowRun<'_> {
    /// Returns the same run, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> ShadowRun<'static> {
        ShadowRun {
            assignment: self.assignment.into_owned(),
            shadow: Cow::Owned(self.shadow.into_owned()),
            ..self
        }
    }
}

/// Names the ways in which a sampled shadow can end; each ends in exactly one.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ShadowOutcome {
    /// It gave an answer.
    Answered,
    /// It gave an error.
    Failed,
    /// It panicked; the panic went no further.
    Panicked,
    /// It was given up.
    Dropped(DropReason),
}

/// Names the reasons for which a sampled shadow is given up.
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
    /// Nobody started it: its ticket, task or queue was dropped before.
    Unrun,
    /// It was started and dropped before it came to an end.
    Cancelled,
}
