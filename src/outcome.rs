//! How one request ended.

mod counts;
mod ending;
mod record;

use core::{fmt, time::Duration};

pub use counts::OutcomeCounts;
pub use ending::Ending;
pub use record::OutcomeRecord;

use crate::{
    assignment::Assignment,
    fingerprint::Fingerprint,
    plan::Words,
    route::{Propensity, Reason, Route},
    share::Share,
    timestamp::Timestamp,
    unit::Key,
};

/// An outcome: the version drawn for a request, how the request ended, and which version answered.
///
/// Every admitted request has exactly one outcome, whatever method admitted it and however it
/// ended; [observers](crate::Observer) are told. It borrows its contents;
/// [`to_record`](Outcome::to_record) makes a value that can be kept and serialised.
#[derive(Clone, Copy)]
pub struct Outcome<'a> {
    pub(crate) decision: Decision<'a>,
    pub(crate) unit: Option<Key<'a>>,
    pub(crate) ending: Ending,
    pub(crate) stand_in: Option<StandIn<'a>>,
    pub(crate) is_noted: bool,
    pub(crate) at: Option<Timestamp>,
    pub(crate) took: Option<Duration>,
    pub(crate) excerpt: Option<&'a [u8]>,
}

/// What was decided, in the words of the snapshot that decided or of a log.
#[derive(Clone, Copy)]
pub(crate) enum Decision<'a> {
    Made {
        words: &'a Words,
        route: Route,
        version: &'a str,
    },
    Logged(&'a Assignment<'static>),
}

/// The live version, if it answered for one that failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StandIn<'a> {
    pub(crate) version: &'a str,
    pub(crate) ending: Ending,
}

impl<'a> Outcome<'a> {
    /// Returns the label of the version that was drawn.
    #[must_use]
    pub fn version(&self) -> &'a str {
        match self.decision {
            Decision::Made { version, .. } => version,
            Decision::Logged(assignment) => &assignment.version,
        }
    }

    /// Returns how the request ended for the version that was drawn.
    #[must_use]
    pub const fn ending(&self) -> Ending {
        self.ending
    }

    /// Returns how the request ended for the live version, if that stepped in.
    #[must_use]
    pub fn stand_in(&self) -> Option<Ending> {
        self.stand_in.map(|live| live.ending)
    }

    /// Returns the label of the version whose answer, or error, was returned.
    ///
    /// `None` if the request was given up.
    #[must_use]
    pub fn answered_by(&self) -> Option<&'a str> {
        let (version, ending) = match self.stand_in {
            Some(live) => (live.version, live.ending),
            None => (self.version(), self.ending),
        };
        (ending != Ending::GivenUp).then_some(version)
    }

    /// Tells whether the request was only routed, and its end noted by the application.
    ///
    /// See [`Router::note`](crate::Router::note).
    #[must_use]
    pub const fn is_noted(&self) -> bool {
        self.is_noted
    }

    /// Returns the key of the unit that asked.
    ///
    /// `None` if no observer of the router needs the unit
    /// ([`Observer::needs_unit`](crate::Observer::needs_unit)).
    #[must_use]
    pub const fn unit(&self) -> Option<Key<'a>> {
        self.unit
    }

    /// Returns the unit's group of 256, by which sums over units are grouped.
    #[must_use]
    pub fn group(&self) -> Option<u8> {
        self.unit.map(|unit| unit.group())
    }

    /// Returns when the request ended, if the router has a clock.
    #[must_use]
    pub const fn at(&self) -> Option<Timestamp> {
        self.at
    }

    /// Returns how long it took from the admission to the end, if the router has a clock.
    ///
    /// It includes the time of a stand-in: it is how long the unit waited.
    #[must_use]
    pub const fn took(&self) -> Option<Duration> {
        self.took
    }

    /// Returns the application's excerpt of input and answer.
    #[must_use]
    pub const fn excerpt(&self) -> Option<&'a [u8]> {
        self.excerpt
    }

    /// Returns the release's name.
    #[must_use]
    pub fn release(&self) -> &'a str {
        match self.decision {
            Decision::Made { words, .. } => words.release(),
            Decision::Logged(assignment) => &assignment.release,
        }
    }

    /// Returns the content hash of the policy that decided.
    #[must_use]
    pub const fn fingerprint(&self) -> Fingerprint {
        match self.decision {
            Decision::Made { words, .. } => words.fingerprint(),
            Decision::Logged(assignment) => assignment.fingerprint,
        }
    }

    /// Returns the generation that decided; it counts on this server alone.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        match self.decision {
            Decision::Made { route, .. } => route.generation(),
            Decision::Logged(assignment) => assignment.generation,
        }
    }

    /// Returns the label of the arm that the unit was drawn into.
    ///
    /// `None` for units that were served by a rule, a list, a pin or an override: they are
    /// confounded.
    #[must_use]
    pub fn arm(&self) -> Option<&'a str> {
        match self.decision {
            Decision::Made { words, route, .. } => words.arm_of(&route),
            Decision::Logged(assignment) => assignment.arm.as_deref(),
        }
    }

    /// Returns the rule that decided.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self.decision {
            Decision::Made { route, .. } => route.reason(),
            Decision::Logged(assignment) => assignment.reason,
        }
    }

    /// Returns the probability of the version drawn; `None` if nothing was drawn.
    #[must_use]
    pub const fn propensity(&self) -> Option<Propensity> {
        match self.decision {
            Decision::Made { route, .. } => route.propensity(),
            Decision::Logged(assignment) => assignment.propensity,
        }
    }

    /// Returns the share of the canary's units that was shed to the live version at that time.
    #[must_use]
    pub const fn shed(&self) -> Share {
        match self.decision {
            Decision::Made { words, .. } => words.shed_of_canary(),
            Decision::Logged(assignment) => assignment.shed,
        }
    }

    /// Returns the decision in words that mean the same on every server.
    #[must_use]
    pub fn assignment(&self) -> Assignment<'a> {
        match self.decision {
            Decision::Made {
                words,
                route,
                version,
            } => Assignment::of(words, &route, version),
            Decision::Logged(assignment) => assignment.clone(),
        }
    }

    /// Returns the outcome as a record, which borrows nothing.
    #[must_use]
    pub fn to_record(&self) -> OutcomeRecord {
        OutcomeRecord {
            at: self.at,
            took: self.took,
            unit: self.unit.map(|unit| unit.to_owned()),
            assignment: self.assignment().into_owned(),
            ending: self.ending,
            stand_in: self.stand_in(),
            answered_by: self.answered_by().map(str::to_owned),
            is_noted: self.is_noted,
            excerpt: self.excerpt.map(Box::from),
        }
    }
}

impl fmt::Debug for Outcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcome")
            .field("version", &self.version())
            .field("ending", &self.ending)
            .field("stand_in", &self.stand_in())
            .finish_non_exhaustive()
    }
}
