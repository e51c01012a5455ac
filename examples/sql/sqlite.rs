//! The log in SQLite, and what it answers.

use rusqlite::{Connection, params};
use switchstand::experiment::{Counted, Grouping, LogRow};
use switchstand::stats::guard::{CandidateShare, Side, StageTally};

use crate::Fault;
use crate::fixture::{BadEvent, Fixture, RELEASE, VIEWER};

/// The time of all views, which is in the viewer's window.
pub const VIEWED_AT: u64 = 500_000;

/// Writes the log, with so many views of the viewer, which are generated as they are read.
///
/// # Errors
/// What the engine says.
pub fn load(fixture: &Fixture, views: u64) -> Result<Connection, Fault> {
    let engine = Connection::open_in_memory()?;
    engine.execute_batch(&format!(
        "CREATE TABLE exposure (release TEXT, unit INTEGER, arm TEXT, unit_group INTEGER, at_ms INTEGER,
             tier TEXT, town TEXT);
         CREATE TABLE measured (unit INTEGER, metric TEXT, value REAL, denominator REAL, at_ms INTEGER,
             outcome_id INTEGER);
         CREATE VIEW outcome AS
             SELECT unit, metric, value, denominator, at_ms, outcome_id FROM measured
             UNION ALL
             SELECT {VIEWER}, 'views', 1.0, 1.0, {VIEWED_AT}, NULL FROM (
                 WITH RECURSIVE view(place) AS (
                     SELECT 1 UNION ALL SELECT place + 1 FROM view WHERE place < {views}
                 )
                 SELECT place FROM view
             );
         BEGIN;"
    ))?;
    insert(&engine, fixture)?;
    engine.execute_batch("COMMIT; ANALYZE;")?;
    Ok(engine)
}

fn insert(engine: &Connection, fixture: &Fixture) -> Result<(), Fault> {
    let mut insert = engine.prepare("INSERT INTO exposure VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for row in &fixture.exposures {
        let (unit, at) = (row.unit.cast_signed(), row.at.cast_signed());
        let of = (row.tier, row.town);
        insert.execute(params![
            row.release,
            unit,
            row.arm,
            row.group,
            at,
            of.0,
            of.1
        ])?;
    }
    let mut insert = engine.prepare("INSERT INTO measured VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for row in &fixture.outcomes {
        let (unit, at) = (row.unit.cast_signed(), row.at.cast_signed());
        let id = row.id.map(u64::cast_signed);
        insert.execute(params![
            unit,
            row.metric,
            row.value,
            row.denominator,
            at,
            id
        ])?;
    }
    Ok(())
}

/// Asks for the rows of an experiment.
///
/// # Errors
/// What the engine says, and a row that is none.
pub fn rows(engine: &Connection, query: &str) -> Result<Vec<LogRow>, Fault> {
    let mut statement = engine.prepare(query)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let count =
            |place: usize| -> Result<u64, Fault> { Ok(u64::try_from(row.get::<_, i64>(place)?)?) };
        let counted: String = row.get(0)?;
        let grouped_by: String = row.get(9)?;
        found.push(LogRow {
            counted: serde_json::from_value::<Counted>(counted.into())?,
            arm: row.get(1)?,
            metric: row.get(2)?,
            unit_group: count(3)?,
            units: count(4)?,
            events: count(5)?,
            numerator: row.get(6)?,
            denominator: row.get(7)?,
            records: count(8)?,
            grouped_by: serde_json::from_value::<Grouping>(grouped_by.into())?,
        });
    }
    Ok(found)
}

/// Writes bad events, and asks for each unit's first.
///
/// # Errors
/// What the engine says.
pub fn first_events(events: &[BadEvent], query: &str) -> Result<StageTally, Fault> {
    let engine = Connection::open_in_memory()?;
    engine.execute_batch(
        "CREATE TABLE bad_event (release TEXT, unit INTEGER, side TEXT, share REAL, at_ms INTEGER);
         BEGIN;",
    )?;
    let mut insert = engine.prepare("INSERT INTO bad_event VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for event in events {
        let side = match event.is_candidate {
            true => "candidate",
            false => "control",
        };
        let (unit, at) = (event.unit.cast_signed(), event.at.cast_signed());
        insert.execute(params![RELEASE, unit, side, event.share, at])?;
    }
    engine.execute_batch("COMMIT;")?;
    let mut statement = engine.prepare(query)?;
    let mut rows = statement.query([])?;
    let mut tally = StageTally::new();
    while let Some(row) = rows.next()? {
        let side = match row.get::<_, String>(1)?.as_str() {
            "candidate" => Side::Candidate,
            _ => Side::Control,
        };
        let units = u64::try_from(row.get::<_, i64>(2)?)?;
        tally.record_many(side, CandidateShare::new(row.get(0)?)?, units)?;
    }
    Ok(tally)
}
