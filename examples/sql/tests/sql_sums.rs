//! Moments from what a real SQL engine has aggregated.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use rusqlite::{Connection, params};
use switchstand::stats::{Moments, Refusal};

/// Returns the values and the engine's count, sum and sum of squares, the latter about `around`.
fn aggregated(values: &[f64], around: f64) -> (u64, f64, f64) {
    let engine = Connection::open_in_memory().unwrap();
    engine.execute("CREATE TABLE metric (x REAL)", []).unwrap();
    for value in values {
        engine
            .execute("INSERT INTO metric VALUES (?1)", params![value])
            .unwrap();
    }
    let query = "SELECT COUNT(*), SUM(x - ?1), SUM((x - ?1) * (x - ?1)) FROM metric";
    engine
        .query_row(query, params![around], |row| {
            Ok((row.get::<_, i64>(0)? as u64, row.get(1)?, row.get(2)?))
        })
        .unwrap()
}

fn of(values: &[f64]) -> Moments {
    let mut moments = Moments::new();
    moments.extend_from_slice(values).unwrap();
    moments
}

#[test]
fn sums_of_a_database_give_the_same_moments() {
    let values: Vec<f64> = (0..500)
        .map(|i| 20.0 + f64::from(i * 37 % 101) / 7.0)
        .collect();
    let (n, sum, sum_sq) = aggregated(&values, 0.0);
    let (found, direct) = (Moments::from_sums(n, sum, sum_sq).unwrap(), of(&values));
    assert_eq!(found.n(), direct.n());
    assert!((found.mean().unwrap() / direct.mean().unwrap() - 1.0).abs() < 1e-14);
    assert!((found.variance().unwrap() / direct.variance().unwrap() - 1.0).abs() < 1e-12);
}

#[test]
fn sums_that_have_lost_the_variance_are_refused_and_shifted_ones_are_not() {
    let values: Vec<f64> = (0..500).map(|i| 1e9 + f64::from(i % 2)).collect();
    let (n, sum, sum_sq) = aggregated(&values, 0.0);
    let refused = Moments::from_sums(n, sum, sum_sq);
    assert!(
        matches!(refused, Err(Refusal::LostPrecision { .. })),
        "{refused:?}"
    );
    // As the documentation advises: about a constant near the mean.
    let (n, sum, sum_sq) = aggregated(&values, 1e9);
    let found = Moments::from_sums(n, sum, sum_sq).unwrap();
    assert!((found.variance().unwrap() / of(&values).variance().unwrap() - 1.0).abs() < 1e-12);
}
