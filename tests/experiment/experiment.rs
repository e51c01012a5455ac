//! The laws of experiments: what counts, what adds up, and what may be concluded.

#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use switchstand::experiment::{Experiment, Kind, Metric, ReadOut, Setup, Verdict, digest};
use switchstand::stats::Worse;
use switchstand::{Key, Reason};

#[cfg(test)]
mod parts;

fn clicks() -> Metric {
    Metric::goal("clicks", Kind::Rate, Worse::Lower, 0.02)
}

fn errors() -> Metric {
    Metric::guardrail("errors", Kind::Mean, Worse::Higher, 0.05)
}

fn setup(metrics: impl IntoIterator<Item = Metric>) -> Setup {
    Setup::new("ranker-ab-7", ["v1", "v2"], [1, 1], metrics).unwrap()
}

/// Serves users with these chances of a click in A and B, three requests each.
fn serve(experiment: &Experiment, users: u64, seed: u64, rates: [f64; 2], harm: f64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let arms = ["v1", "v2"].map(|label| experiment.arm(label).unwrap());
    let clicks = experiment.metric("clicks").unwrap();
    let errors = experiment.metric("errors");
    for user in 0..users {
        let unit = digest(Key::U64(seed << 32 | user));
        let side = usize::from(rng.random_bool(0.5));
        // A unit's requests hang together: its own rate varies around the arm's.
        let rate = rates[side] * rng.random_range(0.5..1.5);
        for _ in 0..3 {
            experiment.expose(unit, Some(arms[side]), Reason::Split);
            let click = f64::from(rng.random_bool(rate));
            experiment.record(arms[side], clicks, unit, click).unwrap();
            if let Ok(errors) = errors {
                let error = rng.random::<f64>() + harm * side as f64;
                experiment.record(arms[side], errors, unit, error).unwrap();
            }
        }
    }
}

fn read_out(users: u64, rates: [f64; 2], harm: f64) -> ReadOut {
    let experiment = Experiment::new(setup([clicks(), errors()]));
    serve(&experiment, users, 7, rates, harm);
    experiment.part().read_out().unwrap()
}

#[test]
fn a_better_candidate_is_shipped() {
    let read = read_out(20_000, [0.2, 0.25], 0.0);
    assert_eq!(read.verdict, Verdict::ShipB, "{read}");
}

#[test]
fn a_worse_candidate_is_not() {
    let read = read_out(20_000, [0.25, 0.2], 0.0);
    let metric = "clicks".to_owned();
    assert_eq!(read.verdict, Verdict::KeepA { metric }, "{read}");
}

#[test]
fn a_guardrail_stands_against_a_better_goal() {
    let read = read_out(20_000, [0.2, 0.25], 0.1);
    let metric = "errors".to_owned();
    assert_eq!(read.verdict, Verdict::KeepA { metric }, "{read}");
}

#[test]
fn equal_arms_end_with_no_difference_worth_having() {
    let early = read_out(2_000, [0.2, 0.2], 0.0);
    let Verdict::KeepRunning {
        units_left,
        requests_left,
        days_left,
    } = early.verdict
    else {
        panic!("{early}");
    };
    let (units, requests) = (units_left.unwrap(), requests_left.unwrap());
    assert!(units > 0 && days_left.is_none());
    // Three requests of each unit.
    assert!(requests.abs_diff(3 * units) <= 3);
    let late = read_out(60_000, [0.2, 0.2], 0.0);
    assert_eq!(late.verdict, Verdict::NoDifferenceWorthHaving, "{late}");
}

#[test]
fn t5_no_verdict_is_given_while_the_sample_ratio_does_not_match() {
    let experiment = Experiment::new(setup([clicks()]));
    serve(&experiment, 20_000, 7, [0.2, 0.3], 0.0);
    assert_eq!(
        experiment.part().read_out().unwrap().verdict,
        Verdict::ShipB
    );
    let b = experiment.arm("v2").unwrap();
    for user in 0..1_500_u64 {
        experiment.expose(digest(Key::U64(1 << 60 | user)), Some(b), Reason::Split);
    }
    let read = experiment.part().read_out().unwrap();
    assert!(matches!(read.verdict, Verdict::Invalid { .. }), "{read}");
    let empty = Experiment::new(setup([clicks()]))
        .part()
        .read_out()
        .unwrap();
    assert!(matches!(empty.verdict, Verdict::Invalid { .. }));
}

#[test]
fn t6_repeated_values_of_a_unit_are_no_further_evidence() {
    let both = [1, 40].map(|times| {
        let experiment = Experiment::new(setup([clicks()]));
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        let metric = experiment.metric("clicks").unwrap();
        for user in 0..20_000_u64 {
            let label = if rng.random_bool(0.5) { "v1" } else { "v2" };
            let arm = experiment.arm(label).unwrap();
            let unit = digest(Key::U64(user));
            experiment.expose(unit, Some(arm), Reason::Split);
            let click = f64::from(rng.random_bool(0.2));
            for _ in 0..times {
                experiment.record(arm, metric, unit, click).unwrap();
            }
        }
        let read = experiment.part().read_out().unwrap();
        read.findings[0].test.clone().unwrap().interval
    });
    let [once, often] = both;
    assert!((once.lower - often.lower).abs() < 1e-12);
    assert!((once.upper - often.upper).abs() < 1e-12);
}

#[test]
fn t3_a_harmless_candidate_is_seldom_called_different_however_often_it_is_looked_at() {
    let mut alarms = 0;
    for seed in 0..40 {
        let experiment = Experiment::new(setup([clicks()]));
        let is_alarm = (0..8).any(|look| {
            serve(&experiment, 250, seed * 100 + look, [0.2, 0.2], 0.0);
            let read = experiment.part().read_out().unwrap();
            read.findings[0]
                .test
                .as_ref()
                .is_ok_and(|test| test.is_significant())
        });
        alarms += u64::from(is_alarm);
    }
    // 2 expected at the most; 8 or more have a chance of 0.001.
    assert!(alarms < 8, "{alarms} of 40");
}

#[test]
fn a_unit_in_both_arms_counts_in_neither() {
    let experiment = Experiment::new(setup([clicks()]));
    for label in ["v1", "v2", "v1"] {
        experiment.expose(5, experiment.arm(label).ok(), Reason::Split);
    }
    let read = experiment.part().read_out().unwrap();
    assert_eq!(
        (read.exposures.units, read.exposures.units_of_both),
        ([0, 0], 1)
    );
}

#[test]
fn a_shift_of_a_quantile_is_seen() {
    let experiment = Experiment::new(setup([Metric::goal(
        "p90",
        Kind::Quantile { order: 0.9 },
        Worse::Higher,
        1.0,
    )]));
    let metric = experiment.metric("p90").unwrap();
    for user in 0..20_000_u64 {
        let unit = digest(Key::U64(user));
        let label = if user % 2 == 0 { "v1" } else { "v2" };
        let arm = experiment.arm(label).unwrap();
        experiment.expose(unit, Some(arm), Reason::Split);
        let slower = if label == "v2" { 1.3 } else { 1.0 };
        let latency = slower * (1.0 + (unit % 1_000) as f64);
        experiment.record(arm, metric, unit, latency).unwrap();
    }
    let read = experiment.part().read_out().unwrap();
    let test = read.findings[0].test.clone().unwrap();
    assert!(
        test.interval.contains(270.0) && !test.interval.contains(0.0),
        "{read}"
    );
    assert_eq!(
        read.verdict,
        Verdict::KeepA {
            metric: "p90".to_owned()
        }
    );
}

#[test]
fn the_requests_left_are_told_whatever_the_kinds_of_the_metrics() {
    let order = Kind::Quantile { order: 0.5 };
    let experiment = Experiment::new(setup([Metric::goal("p50", order, Worse::Higher, 1.0)]));
    let metric = experiment.metric("p50").unwrap();
    for user in 0..2_000_u64 {
        let unit = digest(Key::U64(user));
        let arm = experiment.arm(if user % 2 == 0 { "v1" } else { "v2" });
        let arm = arm.unwrap();
        // Four requests of each unit, one value.
        for _ in 0..4 {
            experiment.expose(unit, Some(arm), Reason::Split);
        }
        let latency = 100.0 + (unit % 1_000) as f64;
        experiment.record(arm, metric, unit, latency).unwrap();
    }
    let read = experiment.part().read_out().unwrap();
    assert_eq!(read.exposures.requests, 8_000);
    let Verdict::KeepRunning {
        units_left: Some(units),
        requests_left: Some(requests),
        ..
    } = read.verdict
    else {
        panic!("{read}");
    };
    assert!(units > 0 && requests.abs_diff(4 * units) <= 4);
}
