//! Where a log stands in an SQL engine, and what is asked of it.

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
/// Two tables, or views of whatever there is, with these columns unless
/// [`with_column`](Log::with_column) names others:
///
/// ```text
/// exposure (release, unit, arm, unit_group, at_ms)
/// outcome  (unit, metric, value, at_ms)            with a ratio also: denominator
///                                                  with ids: outcome_id
/// ```
///
/// A row of `exposure` is a request that got an arm's answer, `unit_group` its unit's
/// [group of 256](crate::UnitKey::group); rows without an arm are left out. A row of `outcome` is
/// what [`Experiment::record`](super::Experiment::record) takes. The clock is any that both tables
/// share. A division of units into [segments](Setup::with_segments) is a column of `exposure` that
/// bears its name, unless [`with_segment_column`](Log::with_segment_column) says another.
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
    /// The engine's own expression of a group, in the place of the logged one.
    own_group: Option<String>,
    /// Divisions that stand in a column of another name.
    divisions: Vec<(String, String)>,
}

impl Log {
    /// Returns the log that stands in these two tables.
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

    /// Returns the log of which outcomes count up to so long after a unit's first exposure.
    ///
    /// In the unit of the clock, which must be a number then. Without it all later ones count. A
    /// metric with a [window of its own](super::Metric::within) has that.
    #[must_use]
    pub fn within(self, window: u64) -> Log {
        let window = Some(window);
        Log { window, ..self }
    }

    /// Returns the log whose clock makes so many steps in a second: 1,000 unless it is said.
    ///
    /// It turns the windows of metrics into the unit of the clock, rounded down.
    #[must_use]
    pub fn with_steps_per_second(self, steps: u64) -> Log {
        Log { steps, ..self }
    }

    /// Returns the log whose units the engine groups by a hash of its own.
    ///
    /// For a log that does not carry [`UnitKey::group`](crate::UnitKey::group). The expression
    /// gives a number from 0 to 255 that depends on the unit alone, here `e.` and the column:
    /// `hash(e.unit) % 256` in DuckDB, `cityHash64(e.unit) % 256` in ClickHouse,
    /// `pmod(hash(e.unit), 256)` in Spark. It must show no trace of the draw. Sizes, values and
    /// effects are the same then; intervals and p-values are those of another grouping, so a
    /// verdict may come at another size, and the read-out says so.
    ///
    /// The expression stands in the query as it is: never take it from outside.
    #[must_use]
    pub fn grouped_by(self, expression: &str) -> Log {
        let own_group = Some(expression.to_owned());
        Log { own_group, ..self }
    }
}

impl Setup {
    /// Writes the query whose rows [`Part::from_rows`](super::Part::from_rows) reads out.
    ///
    /// One text for DuckDB, DataFusion, ClickHouse, PostgreSQL, Spark and SQLite. It counts as a
    /// live experiment does: a unit from its first exposure on, in its arm if it met no other;
    /// units of several arms, and outcomes of units that were never exposed, apart. A quantile
    /// takes each unit's first value, and has a row for every distinct one, over requests for each
    /// group: round the column first. Of outcomes with one [id](super::Metric::once) of a unit and a
    /// metric the earliest counts, of several at that time the least; those without an id are left
    /// out. A unit is of the last segment, in the setup's order, that an exposure of it names.
    /// Gauges are of no unit and are not asked for.
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
