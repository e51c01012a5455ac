//! Why a report is not taken.

use thiserror::Error;

/// Why a report, or the sum of all, is refused.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum ReportsError<R> {
    /// The report is of another release, such as the one before, from which it comes late.
    #[error(
        "a report of server {server:?} is of release {found:?}, these are of {expected:?}: leave it \
         out, and begin a new outbox with each release"
    )]
    OtherRelease {
        /// The server's name.
        server: String,
        /// The report's release.
        found: String,
        /// The release whose reports are added up.
        expected: String,
    },
    /// A process mixes whole reports with reports of what is new.
    #[error(
        "report {number} of server {server:?} ({incarnation}) is of another kind than those before: \
         a process hands in whole reports or what is new, so that nothing counts twice"
    )]
    OtherKind {
        /// The server's name.
        server: String,
        /// Which start of it.
        incarnation: u64,
        /// The report's number.
        number: u64,
    },
    /// The evidence does not add up.
    #[error("the evidence of server {server:?} ({incarnation}) does not add up: {why}")]
    Evidence {
        /// The server's name.
        server: String,
        /// Which start of it.
        incarnation: u64,
        /// Why.
        why: R,
    },
}
