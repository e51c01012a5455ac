//! What a real SQL engine adds up over a log is what a live experiment and a live guard count.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::sync::OnceLock;

use switchstand::experiment::{Counted, Grouping, LogRow, Part, ReadOut};
use switchstand_sql::fixture::{self, Fixture, RELEASE, VIEWER};
use switchstand_sql::{replay, sqlite};

/// The trap of 4-byte floats needs 2^24 views; SQLite has none of those, and other engines are
/// asked before a release.
const VIEWS: u64 = 5_001;

fn log() -> Fixture {
    fixture::fixture(4_000).unwrap()
}

fn rows(log: &Fixture, query: &str) -> Vec<LogRow> {
    sqlite::rows(&sqlite::load(log, VIEWS).unwrap(), query).unwrap()
}

/// The rows of the query that the setup writes, which are asked for once.
fn asked(log: &Fixture) -> Vec<LogRow> {
    static ROWS: OnceLock<Vec<LogRow>> = OnceLock::new();
    let query = log.setup.sql(&fixture::log().unwrap()).unwrap();
    ROWS.get_or_init(|| rows(log, &query)).clone()
}

fn read(log: &Fixture, rows: Vec<LogRow>) -> ReadOut {
    Part::from_rows(log.setup.clone(), rows)
        .unwrap()
        .read_out()
        .unwrap()
}

#[test]
fn x7_rows_of_an_engine_read_out_as_a_live_experiment_does() {
    let log = log();
    let engine = read(&log, asked(&log));
    let live = replay::live(&log, VIEWS).unwrap().read_out().unwrap();
    // All traps are there.
    assert!(live.checks.crossed > 2, "{live}");
    assert!(live.checks.are_many_never_exposed(), "{live}");
    assert!(
        log.exposures
            .iter()
            .any(|row| row.unit == VIEWER && row.arm.is_some())
    );
    for finding in &live.findings {
        let has_value = finding.kind != switchstand::experiment::Kind::Gauge;
        assert_eq!(finding.value.is_some(), has_value, "{}", finding.metric);
    }
    assert!(live.verdict.to_string().contains("v2"), "{live}");
    let differ = replay::differences(&engine, &live, 1e-12).unwrap();
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert_eq!(engine.to_string(), live.to_string());
}

#[test]
fn x7_rows_that_were_added_up_in_4_bytes_are_refused() {
    let log = log();
    let mut rows = asked(&log);
    let is_views = |row: &&mut LogRow| row.counted == Counted::Values && row.metric == "views";
    let views = rows.iter_mut().find(is_views).unwrap();
    views.records = fixture::VIEWS;
    views.denominator = f64::from(fixture::VIEWS as f32);
    let refused = Part::from_rows(log.setup, rows).unwrap_err().to_string();
    assert!(refused.contains("loses count at 2^24"), "{refused}");
}

#[test]
fn x7_a_stored_part_of_rows_reads_out_the_same() {
    let log = log();
    let part = Part::from_rows(log.setup.clone(), asked(&log)).unwrap();
    let stored = serde_json::to_string(&part).unwrap();
    let back: Part = serde_json::from_str(&stored).unwrap();
    assert_eq!(back, part);
    assert_eq!(back.read_out().unwrap(), part.read_out().unwrap());
    // Rows of units as well as sums are no part.
    let unit = "AAEAXw";
    let both = stored.replacen("\"packed\":\"\"", &format!("\"packed\":\"{unit}\""), 1);
    assert!(both != stored && serde_json::from_str::<Part>(&both).is_err());
}

#[test]
fn x7_an_engines_own_groups_leave_sizes_and_effects_and_are_said() {
    let log = log();
    let own = fixture::log().unwrap().grouped_by("e.unit % 256");
    let engine = read(&log, rows(&log, &log.setup.sql(&own).unwrap()));
    let live = replay::live(&log, VIEWS).unwrap().read_out().unwrap();
    assert_eq!(engine.grouping, Grouping::Engine);
    assert!(
        engine
            .to_string()
            .contains("the groups of units are an engine's own")
    );
    assert_eq!(engine.checks, live.checks);
    for (ours, theirs) in engine.findings.iter().zip(&live.findings) {
        assert_eq!((ours.value, ours.units), (theirs.value, theirs.units));
        for (ours, theirs) in ours.comparisons.iter().zip(&theirs.comparisons) {
            if let (Ok(ours), Ok(theirs)) = (&ours.test, &theirs.test) {
                assert!((ours.effect - theirs.effect).abs() <= 1e-12 * theirs.effect.abs());
            }
        }
    }
}

#[test]
fn x4_units_of_two_arms_withhold_the_verdict_in_rows_too() {
    let log = log();
    let mut rows = asked(&log);
    let crossed = |row: &&mut LogRow| row.counted == Counted::Crossed && row.metric.is_empty();
    for row in rows.iter_mut().filter(crossed) {
        row.units *= 20;
    }
    let verdict = read(&log, rows).verdict.to_string();
    assert!(verdict.contains("exposed to another arm too"), "{verdict}");
}

#[test]
fn t6_first_bad_events_of_an_engine_are_those_of_a_guard() {
    let events = fixture::bad_events();
    let query = fixture::events().unwrap().sql(RELEASE).unwrap();
    let tally = sqlite::first_events(&events, &query).unwrap();
    let guard = replay::guard(&events).unwrap();
    assert_eq!(&tally, guard.tally());
    // Most events are repeats.
    assert!(tally.candidate_events() + tally.control_events() < 3_000);
    assert!(guard.reading().repeated_events > 4_000);
}
