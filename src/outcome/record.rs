//! An outcome as a log keeps it.

use core::time::Duration;

use super::{Decision, Ending, Outcome, StandIn};
use crate::{assignment::Assignment, timestamp::Timestamp, unit::UnitKey};

/// An outcome for a log: all in words, without borrowing.
///
/// A log of these records is enough to compare versions and to replay a day: whatever takes
/// outcomes also takes them from a log ([`as_outcome`](OutcomeRecord::as_outcome)).
///
/// The serialised form also has the unit's group. An exposure of the first edition is read as an
/// outcome that was answered or failed.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(from = "stored::Read", into = "stored::Written")
)]
#[non_exhaustive]
pub struct OutcomeRecord {
    /// When the request ended, in the application's time.
    pub at: Option<Timestamp>,
    /// How long it took from the admission to the end.
    pub took: Option<Duration>,
    /// The key of the unit that asked.
    pub unit: Option<UnitKey>,
    /// What was decided: the version is the one drawn.
    pub assignment: Assignment<'static>,
    /// How the request ended for the version drawn.
    pub ending: Ending,
    /// How it ended for the live version, if that stepped in.
    pub stand_in: Option<Ending>,
    /// The label of the version whose answer, or error, was returned.
    pub answered_by: Option<String>,
    /// Whether the request was only routed, and its end noted by the application.
    pub is_noted: bool,
    /// The application's excerpt of input and answer.
    pub excerpt: Option<Box<[u8]>>,
}

impl OutcomeRecord {
    /// Returns the outcome that the record keeps.
    #[must_use]
    pub fn as_outcome(&self) -> Outcome<'_> {
        Outcome {
            decision: Decision::Logged(&self.assignment),
            unit: self.unit.as_ref().map(UnitKey::as_key),
            ending: self.ending,
            stand_in: self.stand_in.map(|ending| StandIn {
                version: self.answered_by.as_deref().unwrap_or_default(),
                ending,
            }),
            is_noted: self.is_noted,
            at: self.at,
            took: self.took,
            excerpt: self.excerpt.as_deref(),
        }
    }
}

#[cfg(feature = "serde")]
mod stored {
    use core::time::Duration;

    use serde::{Deserialize, Serialize};

    use super::OutcomeRecord;
    use crate::{assignment::Assignment, outcome::Ending, timestamp::Timestamp, unit::UnitKey};

    #[derive(Serialize)]
    pub(super) struct Written {
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
        #[serde(skip_serializing_if = "Option::is_none")]
        took_nanos: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        unit: Option<UnitKey>,
        #[serde(skip_serializing_if = "Option::is_none")]
        group: Option<u8>,
        #[serde(flatten)]
        assignment: Assignment<'static>,
        ending: Ending,
        #[serde(skip_serializing_if = "Option::is_none")]
        stand_in: Option<Ending>,
        #[serde(skip_serializing_if = "Option::is_none")]
        answered_by: Option<String>,
        #[serde(skip_serializing_if = "core::ops::Not::not")]
        noted: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        excerpt: Option<Box<[u8]>>,
    }

    #[derive(Deserialize)]
    pub(super) struct Read {
        at: Option<Timestamp>,
        took_nanos: Option<u64>,
        unit: Option<UnitKey>,
        #[serde(flatten)]
        assignment: Assignment<'static>,
        #[serde(flatten)]
        ending: ReadEnding,
        stand_in: Option<Ending>,
        answered_by: Option<String>,
        #[serde(default)]
        noted: bool,
        excerpt: Option<Box<[u8]>>,
    }

    /// The ending, or what the first edition said about an exposure.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum ReadEnding {
        Ended { ending: Ending },
        Exposed { failed: bool },
    }

    impl From<OutcomeRecord> for Written {
        fn from(record: OutcomeRecord) -> Written {
            let nanos = |took: Duration| u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
            Written {
                at: record.at,
                took_nanos: record.took.map(nanos),
                group: record.unit.as_ref().map(UnitKey::group),
                unit: record.unit,
                assignment: record.assignment,
                ending: record.ending,
                stand_in: record.stand_in,
                answered_by: record.answered_by,
                noted: record.is_noted,
                excerpt: record.excerpt,
            }
        }
    }

    impl From<Read> for OutcomeRecord {
        fn from(read: Read) -> OutcomeRecord {
            let version = || Some(read.assignment.version.clone().into_owned());
            let (ending, answered_by) = match read.ending {
                ReadEnding::Ended { ending } => (ending, read.answered_by),
                ReadEnding::Exposed { failed: true } => (Ending::Failed, version()),
                ReadEnding::Exposed { failed: false } => (Ending::Answered, version()),
            };
            OutcomeRecord {
                at: read.at,
                took: read.took_nanos.map(Duration::from_nanos),
                unit: read.unit,
                ending,
                answered_by,
                assignment: read.assignment,
                stand_in: read.stand_in,
                is_noted: read.noted,
                excerpt: read.excerpt,
            }
        }
    }
}
