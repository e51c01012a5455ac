//! Why rows are not taken.

use thiserror::Error;

use super::LogRow;
use crate::experiment::ExperimentError;

/// Which row of a log's sums is not taken, and why.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum RowsError {
    /// A row that no log gives.
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
    /// A metric needs more of each unit than an engine adds up.
    #[error("{metric:?} {what}, which no row of sums says: its units must be known")]
    Beyond {
        /// The metric.
        metric: String,
        /// What it needs.
        what: &'static str,
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

impl RowsError {
    pub(super) fn impossible(row: &LogRow, why: &'static str) -> RowsError {
        RowsError::Impossible {
            counted: format!("{:?}", row.counted).to_lowercase(),
            arm: row.arm.clone(),
            metric: row.metric.clone(),
            group: row.unit_group,
            why,
        }
    }

    pub(super) fn twice(row: &LogRow) -> RowsError {
        RowsError::Twice {
            counted: format!("{:?}", row.counted).to_lowercase(),
            arm: row.arm.clone(),
            metric: row.metric.clone(),
            group: row.unit_group,
        }
    }
}
