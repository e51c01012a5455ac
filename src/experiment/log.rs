//! A log in an SQL engine, and the query for it.

mod column;
mod error;
mod event_log;
mod query;

pub use column::Column;
pub use error::LogError;
pub use event_log::EventLog;

use super::Setup;
use column::Columns;

/// A log of exposures and outcomes in an SQL engine: its tables, its columns, its clock.
///
/// It needs two tables or views with these columns; [`with_column`](Log::with_column) sets other
/// names:
///
/// ```text
/// exposure (release, unit, arm, unit_group, at_ms)
/// outcome  (unit, metric, value, at_ms)            with a ratio also: denominator
///                                                  with ids: outcome_id
/// ```
///
/// A row of `exposure` is a request that got an arm's answer, `unit_group` its unit's [group of
/// 256](crate::UnitKey::group); rows without an arm are left out. A row of `outcome` is what
/// [`Experiment::record`](super::Experiment::record) takes. Both tables must use the same clock. A
/// division of units into [segments](Setup::with_segments) is a column of `exposure` with the same
/// name, unless [`with_segment_column`](Log::with_segment_column) sets another one.
///
/// ```
/// use switchstand::experiment::{Kind, Log, Metric, Setup};
/// use switchstand::stats::Worse;
///
/// let clicks = Metric::goal("clicks", Kind::CommonRate, Worse::Lower, 0.02);
/// let setup = Setup::new("ranker-ab-7", [("v1", 1), ("v2", 1)], [clicks])?;
/// let week = 7 * 86_400_000;
/// let query = setup.sql(&Log::new("logs.exposure", "logs.outcome")?.within(week))?;
/// assert!(query.contains("WHERE e.release = 'ranker-ab-7'"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Log {
    exposure: String,
    outcome: String,
    columns: Columns,
    window: Option<u64>,
    /// Steps of the clock in a second.
    steps: u64,
    /// The engine's own expression of a group, instead of the logged group.
    own_group: Option<String>,
    /// Divisions whose column has another name.
    divisions: Vec<(String, String)>,
}

impl Log {
    /// Returns the log in these two tables.
    ///
    /// # Errors
    /// [`LogError::Name`] for a name that is not made of letters, digits and `_`, with dots
    /// between the parts of a table's.
    pub fn new(exposure: &str, outcome: &str) -> Result<Log, LogError> {
        Ok(Log {
            exposure: column::checked("table of exposures", exposure, true)?,
            outcome: column::checked("table of outcomes", outcome, true)?,
            columns: Columns::default(),
            window: None,
            steps: 1_000,
            own_group: None,
            divisions: Vec::new(),
        })
    }

    /// Returns the log with another name of a column.
    ///
    /// # Errors
    /// [`LogError::Name`] for a name that is not made of letters, digits and `_`, or that begins
    /// with `sw_`, as the query's own do.
    pub fn with_column(mut self, column: Column, name: &str) -> Result<Log, LogError> {
        self.columns.set(column, name)?;
        Ok(self)
    }

    /// Returns the log whose exposures have the segment of a division in the column of this name.
    ///
    /// # Errors
    /// [`LogError::Name`] as [`with_column`](Log::with_column).
    pub fn with_segment_column(mut self, division: &str, column: &str) -> Result<Log, LogError> {
        let column = column::checked("column", column, false)?;
        self.divisions.push((division.to_owned(), column));
        Ok(self)
    }

    /// Returns the log with a window: outcomes count up to so long after a unit's first exposure.
    ///
    /// The window is in the unit of the clock, which must be a number. Without a window all later
    /// outcomes count. A metric's [own window](super::Metric::within) replaces it.
    #[must_use]
    pub fn within(self, window: u64) -> Log {
        let window = Some(window);
        Log { window, ..self }
    }

    /// Returns the log with a clock of so many steps per second; 1,000 by default.
    ///
    /// It converts the windows of metrics to the unit of the clock, rounded down.
    #[must_use]
    pub fn with_steps_per_second(self, steps: u64) -> Log {
        Log { steps, ..self }
    }

    /// Returns the log with groups of units by the engine's own hash.
    ///
    /// For a log that does not carry [`UnitKey::group`](crate::UnitKey::group). The expression
    /// gives a number from 0 to 255 that depends on the unit alone, here `e.` and the column:
    /// `hash(e.unit) % 256` in DuckDB, `cityHash64(e.unit) % 256` in ClickHouse,
    /// `pmod(hash(e.unit), 256)` in Spark. It must be independent of the draw. Sizes, values and
    /// effects are then the same; intervals and p-values are those of another grouping, so a
    /// verdict may come at another size, and the read-out says so.
    ///
    /// The expression is put into the query unchanged: never take it from outside.
    #[must_use]
    pub fn grouped_by(self, expression: &str) -> Log {
        let own_group = Some(expression.to_owned());
        Log { own_group, ..self }
    }
}

impl Setup {
    /// Writes the query whose rows [`Part::from_rows`](super::Part::from_rows) reads out.
    ///
    /// The same text works in DuckDB, DataFusion, ClickHouse, PostgreSQL, Spark and SQLite. It
    /// counts as a live experiment does: a unit counts from its first exposure on, and in its arm
    /// if it met no other arm. Units of several arms, and outcomes of units that were never
    /// exposed, are counted separately.
    ///
    /// A quantile takes each unit's first value and returns a row for every distinct value (over
    /// requests: for each value and group), so round the column first. Of several outcomes of a
    /// unit with one [id](super::Metric::once) the earliest counts, and of several at that time the
    /// least; outcomes without an id are left out. A unit is in the last segment, in the setup's
    /// order, that one of its exposures names. Gauges are left out.
    ///
    /// # Errors
    /// [`LogError::Text`] for a release, an arm or a metric whose name has a quote, a backslash or
    /// a control character, which engines escape in different ways; [`LogError::NoMetric`] for an
    /// experiment that has none; [`LogError::Name`] for a division whose name is no column's and
    /// that was given none; [`LogError::Beyond`] for metrics with a cap or a past.
    pub fn sql(&self, log: &Log) -> Result<String, LogError> {
        query::write(self, log)
    }
}
