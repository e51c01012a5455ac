//! Reads an experiment out of a log that stands in an SQL database.
//!
//! ```sh
//! cargo run --release -p switchstand-sql
//! ```
//!
//! The engine adds up one row per arm and metric with the query of the guide; the library turns
//! the rows into an interval. Nothing but the rows leaves the database.

#![expect(clippy::print_stdout, reason = "an example prints what it found")]

use std::error::Error;

use rusqlite::{Connection, params};
use switchstand::{
    Policy, Unit,
    stats::{Alpha, Alternative, Moments, means},
};

/// One row per arm and metric: units, then sums of x, y, xx, yy and xy over them.
const QUERY: &str = include_str!("../../src/guide/summary_rows.sql");
const USERS: u64 = 4_000;

fn main() -> Result<(), Box<dyn Error>> {
    let log = Connection::open_in_memory()?;
    serve(&log)?;
    let mut statement = log.prepare(QUERY)?;
    let mut rows = statement.query([])?;
    let mut arms = Vec::new();
    while let Some(row) = rows.next()? {
        let (metric, arm): (String, String) = (row.get(0)?, row.get(1)?);
        let units = row.get::<_, i64>(2)?.unsigned_abs();
        let minutes = Moments::from_sums(units, row.get(3)?, row.get(5)?)?;
        let mean = minutes.mean().ok_or("an arm without units")?;
        println!("{metric} of {arm}: {units} users, {mean:.3} each");
        arms.push(minutes);
    }
    let [control, candidate] = arms.as_slice() else {
        return Err("the log has another number of arms".into());
    };
    let test = means::welch(
        control,
        candidate,
        Alpha::FIVE_PERCENT,
        Alternative::TwoSided,
    )?;
    println!("{test}");
    Ok(())
}

/// Writes what a server logs: who met which arm, and what came of it.
fn serve(log: &Connection) -> Result<(), Box<dyn Error>> {
    log.execute_batch(
        "CREATE TABLE exposure (unit INTEGER, arm TEXT);
         CREATE TABLE outcome (unit INTEGER, metric TEXT, value REAL);
         BEGIN;",
    )?;
    let plan = Policy::ab_test("reader-ab-1", [("v1", 1), ("v2", 1)]).compile("v1", ["v2"])?;
    for user in 0..USERS {
        let arm = plan.arm_of(&plan.route(Unit::from(user)));
        let better = f64::from(u8::from(arm == Some("v2")));
        // Eighths of a minute add up without rounding.
        let minutes = (user * 31 % 101) as f64 / 8.0 + better;
        let unit = user.cast_signed();
        log.execute("INSERT INTO exposure VALUES (?1, ?2)", params![unit, arm])?;
        log.execute(
            "INSERT INTO outcome VALUES (?1, 'minutes', ?2)",
            params![unit, minutes],
        )?;
    }
    log.execute_batch("COMMIT;")?;
    Ok(())
}
