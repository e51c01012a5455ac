//! The summary rows of the guide, from a real SQL engine, are what the accumulators hold.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use switchstand::experiment::{Experiment, Kind, Metric};
use switchstand::stats::Worse;
use switchstand::stats::{Moments, RatioMoments, ratios};
use switchstand::{Policy, Unit};

const QUERY: &str = include_str!("../../../src/guide/summary_rows.sql");

/// One row of the query.
#[derive(Debug)]
struct Row {
    units: u64,
    /// Sums of x, y, xx, yy, xy.
    sums: [f64; 5],
}

/// One log, in the engine, in the experiment and in accumulators by metric and arm.
struct Log {
    rows: BTreeMap<(String, String), Row>,
    experiment: Experiment,
    accumulators: BTreeMap<(String, String), RatioMoments>,
}

/// Serves users of whom each has none to four requests, each with a click or not and a dwell.
fn serve() -> Log {
    let engine = Connection::open_in_memory().unwrap();
    engine
        .execute_batch(
            "CREATE TABLE exposure (unit INTEGER, arm TEXT);
             CREATE TABLE outcome (unit INTEGER, metric TEXT, value REAL);",
        )
        .unwrap();
    let clicks = Metric::goal("clicks", Kind::CommonRate, Worse::Lower, 0.01);
    let dwell = Metric::watched("dwell", Kind::Mean);
    let policy =
        Policy::ab_test("ranker-ab-7", [("v1", 1), ("v2", 1)]).gate("80%".parse().unwrap());
    let experiment = Experiment::of(&policy, [clicks, dwell]).unwrap();
    let plan = policy.compile("v1", ["v2"]).unwrap();
    let mut accumulators: BTreeMap<(String, String), RatioMoments> = BTreeMap::new();
    for user in 0..2_000_u64 {
        let unit = Unit::from(user);
        let assignment = plan.assignment(unit);
        let arm = assignment.arm.as_deref();
        let requests = user * 7 % 5;
        // Who is exposed need not make a request that has an outcome.
        for _ in 0..requests.max(1) {
            engine
                .execute(
                    "INSERT INTO exposure VALUES (?1, ?2)",
                    params![user as i64, arm],
                )
                .unwrap();
            assert_eq!(experiment.expose(&assignment, unit).is_ok(), arm.is_some());
        }
        let mut sums = BTreeMap::from([("clicks", (0.0, 0.0)), ("dwell", (0.0, 0.0))]);
        for request in 0..requests {
            let luck = (user * 31 + request * 17) % 101;
            let better = f64::from(arm == Some("v2"));
            // Multiples of 1/8 add up without rounding, in whatever order.
            let values = [
                ("clicks", f64::from(luck < 30 + 5 * better as u64)),
                ("dwell", (luck as f64 + better) / 8.0),
            ];
            for (metric, value) in values {
                engine
                    .execute(
                        "INSERT INTO outcome VALUES (?1, ?2, ?3)",
                        params![user as i64, metric, value],
                    )
                    .unwrap();
                if arm.is_some() {
                    let id = experiment.metric(metric).unwrap();
                    experiment.record(id, unit, value).unwrap();
                }
                let (x, y) = sums.get_mut(metric).unwrap();
                (*x, *y) = (*x + value, *y + 1.0);
            }
        }
        if let Some(arm) = arm {
            for (metric, (x, y)) in sums {
                let key = (metric.to_owned(), arm.to_owned());
                accumulators.entry(key).or_default().record(x, y).unwrap();
            }
        }
    }
    let mut statement = engine.prepare(QUERY).unwrap();
    let rows = statement
        .query_map([], |row| {
            let mut sums = [0.0; 5];
            for (place, sum) in sums.iter_mut().enumerate() {
                *sum = row.get(3 + place)?;
            }
            let units = row.get::<_, i64>(2)? as u64;
            Ok(((row.get(0)?, row.get(1)?), Row { units, sums }))
        })
        .unwrap();
    let rows = rows.collect::<Result<_, _>>().unwrap();
    Log {
        rows,
        experiment,
        accumulators,
    }
}

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-12 * right.abs().max(1.0)
}

#[test]
fn t2_the_rows_of_a_database_are_the_accumulators_of_the_units() {
    let log = serve();
    assert_eq!(log.rows.len(), 4);
    assert!(log.rows.keys().eq(log.accumulators.keys()));
    for (key, row) in &log.rows {
        let direct = &log.accumulators[key];
        let [x, y, xx, yy, xy] = row.sums;
        let n = row.units as f64;
        assert_eq!(row.units, direct.n());
        let found = [
            Moments::from_sums(row.units, x, xx).unwrap(),
            Moments::from_sums(row.units, y, yy).unwrap(),
        ];
        for (found, direct) in found
            .into_iter()
            .zip([direct.numerator(), direct.denominator()])
        {
            assert!(
                close(found.mean().unwrap(), direct.mean().unwrap()),
                "{key:?}"
            );
            assert!(
                close(found.variance().unwrap(), direct.variance().unwrap()),
                "{key:?}"
            );
        }
        let covariance = (xy - x * y / n) / (n - 1.0);
        assert!(close(covariance, direct.covariance().unwrap()), "{key:?}");
        let ratio = x / y;
        assert!(close(ratio, direct.ratio().unwrap()), "{key:?}");
        // What a database can compute of the ratio's variance, by the delta method.
        let squares = |sum_sq: f64, sum: f64| (sum_sq - sum * sum / n) / (n - 1.0);
        let spread = squares(xx, x) - 2.0 * ratio * covariance + ratio * ratio * squares(yy, y);
        let variance = spread / (n * (y / n).powi(2));
        let expected = ratios::variance(direct).unwrap();
        assert!((variance / expected - 1.0).abs() < 1e-10, "{key:?}");
    }
}

#[test]
fn the_rows_of_a_database_are_the_units_and_values_of_the_read_out() {
    let log = serve();
    let read = log.experiment.read_out().unwrap();
    for finding in &read.findings {
        for (side, arm) in ["v1", "v2"].into_iter().enumerate() {
            let row = &log.rows[&(finding.metric.clone(), arm.to_owned())];
            assert_eq!(row.units, read.checks.arms[side].units);
            let [x, y, ..] = row.sums;
            let value = match side {
                0 => finding.value,
                _ => finding.comparisons[0].value,
            };
            assert!(close(value.unwrap(), x / y), "{} {arm}", finding.metric);
        }
    }
    // Units that no draw has placed are in no row.
    let units: u64 = read.checks.arms.iter().map(|arm| arm.units).sum();
    assert!(units < 2_000 && read.apart.outside > 0);
}
