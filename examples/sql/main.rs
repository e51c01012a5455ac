//! Reads an experiment out of a log in an SQL engine.
//!
//! ```sh
//! cargo run --release -p switchstand-sql                      SQLite, beside a live experiment
//! cargo run --release -p switchstand-sql -- write FOLDER      the log as CSV, and the queries
//! cargo run --release -p switchstand-sql -- read < ROWS       what an engine answered, a line a row
//! cargo run --release -p switchstand-sql -- check FILE ..     each file's rows beside the live one
//! ```
//!
//! The engine adds up rows per arm, metric and group with the query that the setup writes; the
//! library turns the rows into a read-out with all its gates. Only these rows leave the engine.

#![expect(clippy::print_stdout, reason = "an example prints what it found")]

use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use switchstand::experiment::{LogRow, Part, ReadOut};
use switchstand_sql::fixture::{self, Fixture, RELEASE, VIEWS};
use switchstand_sql::{Fault, replay, sqlite};

const USERS: u64 = 12_000;
/// Views of one unit in SQLite. It has no number of 4 bytes that could lose count, and of 2^24 rows
/// it sorts 700 MB in files, for minutes; the other engines get all of them.
const VIEWS_IN_SQLITE: u64 = 100_001;

fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let log = fixture::fixture(USERS)?;
    match arguments.as_slice() {
        [] => in_sqlite(&log),
        ["write", folder] => write(&log, Path::new(folder)),
        ["read"] => {
            let part = Part::from_rows(log.setup, rows(io::stdin().lock())?)?;
            println!("{}", part.read_out()?);
            Ok(())
        }
        ["check", files @ ..] => check(&log, files),
        _ => Err("usage: sql [write FOLDER | read | check FILE ..]".into()),
    }
}

fn in_sqlite(log: &Fixture) -> Result<(), Fault> {
    let engine = sqlite::load(log, VIEWS_IN_SQLITE)?;
    let query = log.setup.sql(&fixture::log()?)?;
    let rows = sqlite::rows(&engine, &query)?;
    println!("{} rows of SQLite {}", rows.len(), rusqlite::version());
    let read = Part::from_rows(log.setup.clone(), rows)?.read_out()?;
    println!("{read}\n");
    same(
        "SQLite",
        &read,
        &replay::live(log, VIEWS_IN_SQLITE)?.read_out()?,
    )
}

/// Fails unless an engine's read-out is the live experiment's.
fn same(engine: &str, read: &ReadOut, live: &ReadOut) -> Result<(), Fault> {
    let differ = replay::differences(read, live, 1e-12)?.join("\n");
    if differ.is_empty() {
        println!("{engine}: the read-out is that of a live experiment over the same log");
        return Ok(());
    }
    Err(format!("{engine} differs from a live experiment:\n{differ}").into())
}

fn check(log: &Fixture, files: &[&str]) -> Result<(), Fault> {
    let live = replay::live(log, VIEWS)?.read_out()?;
    for file in files {
        let rows = rows(BufReader::new(File::open(file)?))?;
        let read = Part::from_rows(log.setup.clone(), rows)?.read_out()?;
        same(file, &read, &live)?;
    }
    Ok(())
}

fn rows(lines: impl BufRead) -> Result<Vec<LogRow>, Fault> {
    let row = |line: io::Result<String>| Ok(serde_json::from_str(&line?)?);
    lines.lines().map(row).collect()
}

/// Writes the log for other engines; the views are theirs to generate, `views.csv` says how.
fn write(log: &Fixture, folder: &Path) -> Result<(), Fault> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("query.sql"), log.setup.sql(&fixture::log()?)?)?;
    fs::write(folder.join("guard.sql"), fixture::events()?.sql(RELEASE)?)?;
    let file = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
    let mut exposures = file("exposure.csv")?;
    writeln!(exposures, "release,unit,arm,unit_group,at_ms,tier,town")?;
    for row in &log.exposures {
        let arm = row.arm.unwrap_or_default();
        let (release, unit, group, at) = (row.release, row.unit, row.group, row.at);
        let (tier, town) = (row.tier.unwrap_or_default(), row.town);
        writeln!(
            exposures,
            "{release},{unit},{arm},{group},{at},{tier},{town}"
        )?;
    }
    let mut outcomes = file("outcome.csv")?;
    writeln!(outcomes, "unit,metric,value,denominator,at_ms,outcome_id")?;
    for row in &log.outcomes {
        let value = row.value.map_or(String::new(), |value| value.to_string());
        let (unit, metric, of, at) = (row.unit, row.metric, row.denominator, row.at);
        let id = row.id.map_or(String::new(), |id| id.to_string());
        writeln!(outcomes, "{unit},{metric},{value},{of},{at},{id}")?;
    }
    let mut views = file("views.csv")?;
    writeln!(views, "unit,metric,at_ms,times")?;
    writeln!(
        views,
        "{},views,{},{VIEWS}",
        fixture::VIEWER,
        sqlite::VIEWED_AT
    )?;
    let events = fixture::bad_events();
    let mut bad = file("bad_event.csv")?;
    writeln!(bad, "release,unit,side,share,at_ms")?;
    for event in &events {
        let side = if event.is_candidate {
            "candidate"
        } else {
            "control"
        };
        let (unit, share, at) = (event.unit, event.share, event.at);
        writeln!(bad, "{RELEASE},{unit},{side},{share},{at}")?;
    }
    let mut tally = file("tally.json")?;
    serde_json::to_writer(&mut tally, replay::guard(&events)?.tally())?;
    for mut file in [exposures, outcomes, views, bad, tally] {
        file.flush()?;
    }
    Ok(())
}
