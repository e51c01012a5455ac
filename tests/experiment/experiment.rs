//! The laws of experiments: what counts, what adds up, and what may be concluded.

#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

mod arms;
mod caps;
mod crossed;
mod filing;
mod identity;
mod looks;
mod many_arms;
mod observing;
mod one_look;
#[cfg(feature = "serde")]
mod packed;
mod parts;
mod past;
mod read_out;
mod relative;
mod request_quantiles;
mod segments;
mod simulation;
mod sizes;
#[cfg(feature = "serde")]
mod stored;
mod verdicts;
mod windows;

use switchstand::experiment::{
    ArmFinding, ArmId, Experiment, ExperimentError, Kind, Metric, MetricId, ReadOut, Setup, Test,
};
use switchstand::stats::Worse;

fn setup(metrics: impl IntoIterator<Item = Metric>) -> Setup {
    Setup::new("ranker-ab-7", [("a", 1), ("b", 1)], metrics).unwrap()
}

fn experiment(metrics: impl IntoIterator<Item = Metric>) -> Experiment {
    Experiment::new(setup(metrics))
}

fn arms(experiment: &Experiment) -> [ArmId; 2] {
    ["a", "b"].map(|label| experiment.arm(label).unwrap())
}

/// Exposes units to an arm.
fn expose(experiment: &Experiment, arm: ArmId, units: impl IntoIterator<Item = u64>) {
    for unit in units {
        experiment.expose_arm(arm, unit).unwrap();
    }
}

fn record(experiment: &Experiment, metric: MetricId, unit: u64, value: f64) {
    experiment.record(metric, unit, value).unwrap();
}

/// Returns the only candidate's comparison by the metric at this place.
fn comparison(read: &ReadOut, place: usize) -> &ArmFinding {
    &read.findings[place].comparisons[0]
}

fn test(read: &ReadOut, place: usize) -> Test {
    *comparison(read, place)
        .test
        .as_ref()
        .unwrap_or_else(|_| panic!("{read}"))
}

fn clicks() -> Metric {
    Metric::goal("clicks", Kind::CommonRate, Worse::Lower, 0.02)
}

fn is_foreign<T: std::fmt::Debug>(found: &Result<T, ExperimentError>) -> bool {
    matches!(found, Err(ExperimentError::Foreign { .. }))
}
