//! Why no query is written.

use thiserror::Error;

/// Why no query can be written for a log.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum LogError {
    /// A table or a column has a name that would need quotes.
    #[error(
        "the {what} is called {name:?}, expected ASCII letters, digits and '_', not beginning with \
         a digit or \"sw_\": make a view of it under such a name"
    )]
    Name {
        /// Which table, or a column.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A text has characters that engines escape in different ways.
    #[error(
        "the {what} {name:?} has a quote, a backslash or a control character, which engines escape \
         in different ways: log it under another name"
    )]
    Text {
        /// Release, arm, metric or segment.
        what: &'static str,
        /// The text.
        name: String,
    },
    /// A metric needs more of each unit than an engine adds up.
    #[error(
        "{metric:?} {what}, which no row of sums says: read the log into an experiment, or leave it \
         out"
    )]
    Beyond {
        /// The metric.
        metric: String,
        /// What it needs.
        what: &'static str,
    },
    /// There is nothing to ask for.
    #[error("the experiment on {release:?} has no metric of units, so a log says nothing of it")]
    NoMetric {
        /// The release.
        release: String,
    },
}
