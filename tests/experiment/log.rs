//! The query of an experiment, and rows that no log gives.
#![cfg(all(feature = "serde", feature = "stats"))]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use switchstand::experiment::{
    Column, Counted, EventLog, Experiment, ExperimentError, Grouping, Kind, Log, LogError, LogRow,
    Metric, Part, Setup,
};
use switchstand::stats::Worse;

fn setup() -> Setup {
    let metrics = [
        Metric::goal("clicks", Kind::CommonRate, Worse::Lower, 0.02),
        Metric::watched("memory", Kind::Gauge),
    ];
    Setup::new("ranker-ab-7", [("v1", 1), ("v2", 1)], metrics).unwrap()
}

fn row(counted: Counted, arm: &str, metric: &str) -> LogRow {
    LogRow {
        counted,
        arm: arm.to_owned(),
        metric: metric.to_owned(),
        unit_group: 3,
        units: 10,
        events: 4,
        numerator: 5.0,
        denominator: 12.0,
        records: 12,
        ..LogRow::default()
    }
}

#[test]
fn rows_that_no_log_gives_are_refused_with_what_is_wrong() {
    let good = row(Counted::Values, "v1", "clicks");
    let units = row(Counted::Units, "v1", "");
    let read = |row: LogRow| Part::from_rows(setup(), [units.clone(), row]).map(drop);
    assert_eq!(read(good.clone()), Ok(()));
    let refused = |row: LogRow, why: &str| {
        let refused = read(row).unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    };
    refused(row(Counted::Values, "v3", "clicks"), "v3");
    refused(row(Counted::Values, "v1", "scrolls"), "scrolls");
    refused(
        row(Counted::Values, "v1", "memory"),
        "a gauge is of no unit",
    );
    refused(
        row(Counted::Quantile, "v1", "clicks"),
        "not of a metric of its kind",
    );
    refused(
        row(Counted::Values, "v1", ""),
        "not of a metric of its kind",
    );
    let with = |change: fn(&mut LogRow)| {
        let mut row = good.clone();
        change(&mut row);
        row
    };
    refused(with(|row| row.unit_group = 256), "not one of 256");
    refused(with(|row| row.numerator = f64::NAN), "no finite number");
    refused(with(|row| row.denominator = -1.0), "below 0");
    refused(with(|row| row.units = 13), "more units than outcomes");
    refused(
        with(|row| row.numerator = 12.5),
        "more successes than trials",
    );
    refused(with(|row| row.grouped_by = Grouping::Engine), "another way");
    refused(units.clone(), "two rows of units");
}

#[test]
fn a_part_of_rows_knows_no_units_and_adds_up_with_none() {
    let rows = [
        row(Counted::Units, "v1", ""),
        row(Counted::Values, "v1", "clicks"),
    ];
    let mut part = Part::from_rows(setup(), rows).unwrap();
    assert_eq!((part.units(), part.exposures()), (10, 12));
    let live = Experiment::new(setup()).part();
    let mismatch = |refused: Result<(), ExperimentError>| {
        let refused = refused.unwrap_err();
        assert!(
            matches!(refused, ExperimentError::Mismatch { .. }),
            "{refused}"
        );
    };
    mismatch(live.clone().merge(&part));
    mismatch(part.merge(&live));
    mismatch(part.clone().merge(&part));
    mismatch(Experiment::resume(part).map(drop));
}

#[test]
fn names_that_engines_read_in_different_ways_are_refused() {
    for name in ["", "a b", "1a", "a;b", "\"a\"", "a..b", "sw_seen"] {
        assert!(
            matches!(Log::new(name, "outcome"), Err(LogError::Name { .. })),
            "{name}"
        );
        assert!(
            matches!(EventLog::new(name), Err(LogError::Name { .. })),
            "{name}"
        );
    }
    let log = Log::new("logs.exposure", "logs.outcome").unwrap();
    assert!(log.clone().with_column(Column::At, "a.b").is_err());
    let of = |release: &str| {
        Setup::new(
            release,
            [("v1", 1), ("v2", 1)],
            [Metric::watched("m", Kind::Mean)],
        )
    };
    for release in ["it's", "a\\b", "a\nb"] {
        let refused = of(release).unwrap().sql(&log).unwrap_err();
        assert!(
            matches!(
                refused,
                LogError::Text {
                    what: "release",
                    ..
                }
            ),
            "{refused}"
        );
    }
    let gauge = Metric::watched("memory", Kind::Gauge);
    let setup = Setup::new("r", [("v1", 1), ("v2", 1)], [gauge]).unwrap();
    assert!(matches!(setup.sql(&log), Err(LogError::NoMetric { .. })));
}

#[test]
fn a_query_names_the_tables_and_columns_that_it_was_given() {
    let log = Log::new("logs.exposure", "logs.outcome")
        .unwrap()
        .within(500);
    let log = log.with_column(Column::At, "seconds").unwrap();
    let query = setup()
        .sql(&log.with_column(Column::Group, "cluster").unwrap())
        .unwrap();
    for text in [
        "FROM logs.exposure e",
        "FROM logs.outcome o",
        "MIN(e.cluster)",
        "s.sw_since + 500",
    ] {
        assert!(query.contains(text), "{text} in\n{query}");
    }
    assert!(
        !query.contains("at_ms") && !query.contains("memory"),
        "{query}"
    );
}

#[test]
fn a_line_of_an_engine_is_a_row_and_reads_back_to_the_last_digit() {
    let line = r#"{"counted":"values","arm":"v1","metric":"clicks","unit_group":3,"units":10,
        "events":4,"numerator":0.30000000000000004,"denominator":12,"records":12,"grouped_by":"engine"}"#;
    let row: LogRow = serde_json::from_str(line).unwrap();
    assert_eq!((row.numerator, row.denominator), (0.1 + 0.2, 12.0));
    let back: LogRow = serde_json::from_str(&serde_json::to_string(&row).unwrap()).unwrap();
    assert_eq!(back, row);
    assert!(matches!(
        Part::from_rows(
            setup(),
            [LogRow {
                arm: "v9".to_owned(),
                ..row
            }]
        ),
        Err(LogError::Experiment(ExperimentError::Unknown { .. }))
    ));
}
