//! The text of the guide is the query of its experiment.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use switchstand::experiment::{Kind, Log, Metric, Setup};
use switchstand::stats::Worse;

#[test]
fn the_query_of_the_guide_is_that_of_its_experiment() {
    let clicks = Metric::goal("clicks", Kind::CommonRate, Worse::Lower, 0.02);
    let errors = Metric::guardrail("errors", Kind::Rate, Worse::Higher, 0.01);
    let setup = Setup::new("ranker-ab-7", [("v1", 1), ("v2", 1)], [clicks, errors]).unwrap();
    let query = setup
        .sql(&Log::new("exposure", "outcome").unwrap())
        .unwrap();
    let shown = include_str!("../../../src/guide/log.sql");
    assert_eq!(
        shown.trim_end(),
        query,
        "write it into src/guide/log.sql:\n{query}"
    );
}
