//! What happened to an outcome or label that was handed to the evidence.

use thiserror::Error;

use crate::stats::{Refusal, guard::Recorded};

/// The result of handing an outcome or a label to the evidence of a roll-out.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[must_use = "a label that counts for nothing is a fault of the wiring, or of the log"]
#[non_exhaustive]
pub enum Receipt {
    /// It counts.
    Counted,
    /// The unit was already counted.
    Repeated,
    /// The set of units was full and is now a sample; this unit is not in it.
    NotSampled,
    /// The decision is of this release, but the unit was not drawn: a rule, a list, a pin or an
    /// override decided, or it was kept out or shed, or everybody has the candidate now.
    Confounded,
    /// The decision was made under a policy that is not of this roll-out.
    NotOfThisRelease,
}

impl From<Recorded> for Receipt {
    fn from(recorded: Recorded) -> Receipt {
        match recorded {
            Recorded::Counted => Receipt::Counted,
            Recorded::Repeat => Receipt::Repeated,
            Recorded::NotSampled => Receipt::NotSampled,
        }
    }
}

/// Why the evidence refuses an outcome or a report.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum EvidenceError {
    /// The schedule has no such guard.
    #[error("the schedule has no guard {guard:?}, it has {known}: take the name from there")]
    UnknownGuard {
        /// The name that was given.
        guard: String,
        /// The names that there are.
        known: String,
    },
    /// The guard counts outcomes, so a report would count twice.
    #[error("guard {guard:?} counts {what} by itself: report nothing to it")]
    CountsByItself {
        /// The guard's name.
        guard: String,
        /// What it counts.
        what: &'static str,
    },
    /// The guard needs another kind of number.
    #[error("guard {guard:?} looks at {wanted}, and was given {found}: report what it looks at")]
    OtherKind {
        /// The guard's name.
        guard: String,
        /// What it looks at.
        wanted: &'static str,
        /// What it was given.
        found: &'static str,
    },
    /// The guard cannot take the number.
    #[error("guard {guard:?} was given {value}, expected {expected}")]
    Number {
        /// The guard's name.
        guard: String,
        /// What it was given.
        value: f64,
        /// What it takes.
        expected: &'static str,
    },
    /// An event cannot be counted, or a number cannot be added to the others.
    #[error(transparent)]
    Value(#[from] Refusal),
    /// Two pieces of evidence are not of one roll-out at one phase.
    #[error("the evidence differs in {what}, so it cannot be merged: merge that of one roll-out")]
    Mismatch {
        /// What differs.
        what: &'static str,
    },
}
