//! Why no query can be written, and why rows are refused.

use thiserror::Error;

use crate::experiment::{ExperimentError, LogRow};

/// Why no query can be written for a log, or why a row of its sums is refused.
#[derive(Clone, Debug, Error, PartialEq)]
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
    /// A metric needs more about each unit than the sums of an engine.
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
    /// The experiment has no metric to query.
    #[error(
        "the experiment on {release:?} has no metric of units, so a log says nothing of it: give \
             it one, such as a rate"
    )]
    NoMetric {
        /// The release.
        release: String,
    },
    /// A row that no log can give.
    #[error(
        "a row of {counted} ({arm:?}, {metric:?}, group {group}) cannot be: {why}; read the rows of \
         `Setup::sql` as they are"
    )]
    Impossible {
        /// What it counts.
        counted: String,
        /// Its arm.
        arm: String,
        /// Its metric.
        metric: String,
        /// Its group.
        group: u64,
        /// What is wrong.
        why: &'static str,
    },
    /// Two rows count the same.
    #[error(
        "there are two rows of {counted} for {arm:?}, {metric:?} and group {group}: rows of one \
         query, over one log, are wanted"
    )]
    Twice {
        /// What they count.
        counted: String,
        /// Their arm.
        arm: String,
        /// Their metric.
        metric: String,
        /// Their group.
        group: u64,
    },
    /// A row names an arm or a metric that the experiment does not have.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
}

impl LogError {
    pub(in crate::experiment) fn impossible(row: &LogRow, why: &'static str) -> LogError {
        LogError::Impossible {
            counted: format!("{:?}", row.counted).to_lowercase(),
            arm: row.arm.clone(),
            metric: row.metric.clone(),
            group: row.unit_group,
            why,
        }
    }

    pub(in crate::experiment) fn twice(row: &LogRow) -> LogError {
        LogError::Twice {
            counted: format!("{:?}", row.counted).to_lowercase(),
            arm: row.arm.clone(),
            metric: row.metric.clone(),
            group: row.unit_group,
        }
    }
}
