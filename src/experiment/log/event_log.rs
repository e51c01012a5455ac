//! The bad events of a release in an SQL engine.

use super::{
    Column, LogError,
    column::{self, Columns},
    query::quoted,
};

/// A table of a release's bad events in an SQL engine, for a guard that counts units.
///
/// ```text
/// bad_event (release, unit, side, share, at_ms)
/// ```
///
/// A row is a bad event of a unit that was drawn; `side` is `control` or `candidate`, and `share`
/// is the candidate's share at that time.
///
/// ```
/// use switchstand::experiment::EventLog;
/// use switchstand::stats::guard::{CandidateShare, RateTest, Side, StageTally};
///
/// let query = EventLog::new("logs.bad_event")?.sql("ranker-2026-11")?;
/// # assert!(query.contains("FROM logs.bad_event b"));
/// // What an engine answers: share, side, units.
/// let rows = [(0.05, Side::Control, 40), (0.05, Side::Candidate, 20)];
/// let mut tally = StageTally::new();
/// for (share, side, units) in rows {
///     tally.record_many(side, CandidateShare::new(share)?, units)?;
/// }
/// let evidence = RateTest::default().harm_of_units(&tally);
/// # assert!(evidence.ln_e > 4.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventLog {
    table: String,
    columns: Columns,
}

impl EventLog {
    /// Returns the log in this table.
    ///
    /// # Errors
    /// [`LogError::Name`] as [`Log::new`](super::Log::new).
    pub fn new(table: &str) -> Result<EventLog, LogError> {
        Ok(EventLog {
            table: column::checked("table of bad events", table, true)?,
            columns: Columns::default(),
        })
    }

    /// Returns the log with another name of a column.
    ///
    /// # Errors
    /// [`LogError::Name`] as [`Log::with_column`](super::Log::with_column).
    pub fn with_column(mut self, column: Column, name: &str) -> Result<EventLog, LogError> {
        self.columns.set(column, name)?;
        Ok(self)
    }

    /// Writes the query of each unit's first bad event: rows of share, side and number of units.
    ///
    /// They are what [`StageTally::record_many`](crate::stats::guard::StageTally::record_many)
    /// takes and [`RateTest::harm_of_units`](crate::stats::guard::RateTest::harm_of_units) judges.
    /// Evidence of safety needs the digests of units, so only a
    /// [`RateGuard`](crate::stats::guard::RateGuard) can give it.
    ///
    /// # Errors
    /// [`LogError::Text`] as [`Setup::sql`](super::Setup::sql).
    pub fn sql(&self, release: &str) -> Result<String, LogError> {
        let name = |column| self.columns.name(column);
        let (unit, at) = (name(Column::Unit), name(Column::At));
        let (side, share) = (name(Column::Side), name(Column::Share));
        let is_of = name(Column::Release);
        let release = quoted("release", release)?;
        let table = &self.table;
        Ok(format!(
            "-- Units by share and side of their first bad event, for `StageTally::record_many`.\n\
             WITH sw_events AS (\n    \
             SELECT b.{share} AS sw_share, b.{side} AS sw_side,\n        \
             ROW_NUMBER() OVER (PARTITION BY b.{unit} ORDER BY b.{at}, b.{share}, b.{side}) AS sw_place\n    \
             FROM {table} b\n    \
             WHERE b.{is_of} = {release} AND b.{side} IN ('control', 'candidate')\n)\n\
             SELECT v.sw_share AS share, v.sw_side AS side, COUNT(*) AS units\n\
             FROM sw_events v WHERE v.sw_place = 1 GROUP BY v.sw_share, v.sw_side"
        ))
    }
}
