//! Error rates and delays of the guard, by simulation.
//!
//! The short forms run in seconds; the long ones (`--release -- --ignored --nocapture`) print the
//! figures of the documentation.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    dead_code,
    reason = "a test may panic and print, and shares its draws with others"
)]

use super::draws::{Draws, Proportion};
use super::releases::*;
use switchstand::stats::guard::{RateGuard, RateTest, Scenario};

const EXPOSURES: [(&str, Exposure); 2] = [
    ("5 %", Exposure::Constant(0.05)),
    ("ramp 1, 5, 25, 50 %", Exposure::Ramp),
];

fn false_alarms(runs: usize) {
    for (exposure_name, exposure) in EXPOSURES {
        for (name, test) in methods() {
            let mut draws = Draws::seeded(1);
            let alarms = (0..runs)
                .filter(|_| requests_until(&mut draws, &test, exposure, 1.0, Alarm::Harm).is_some())
                .count();
            let alarms = Proportion::new(alarms, runs);
            println!("A/A, {exposure_name}, {name}: HARM {:.4}", alarms.value());
            alarms.assert_at_most(0.01, name);
            let boundary = test.margins().safe();
            let passed = (0..runs)
                .filter(|_| {
                    requests_until(&mut draws, &test, exposure, boundary, Alarm::Safe).is_some()
                })
                .count();
            let passed = Proportion::new(passed, runs);
            println!(
                "r = {boundary}, {exposure_name}, {name}: SAFE {:.4}",
                passed.value()
            );
            passed.assert_at_most(0.01, name);
        }
    }
}

#[test]
fn t3_no_method_exceeds_its_error_rate_when_looked_at_after_every_event() {
    false_alarms(100);
}

#[test]
#[ignore = "takes a minute: 10,000 releases per method"]
fn t3_no_method_exceeds_its_error_rate_in_10_000_releases() {
    false_alarms(10_000);
}

/// Rate ratio, power within 200,000 requests and mean requests until the alarm or their end, of
/// a grid mixture at 5 % and a base rate of 1 %, as measured before.
const DELAYS: [(f64, f64, f64); 5] = [
    (1.5, 0.887, 103_929.0),
    (2.0, 1.0, 31_263.0),
    (3.0, 1.0, 9_732.0),
    (5.0, 1.0, 3_253.0),
    (10.0, 1.0, 1_053.0),
];

fn delays(runs: usize) {
    let exposure = Exposure::Constant(0.05);
    for (name, test) in methods() {
        for (ratio, power, delay) in DELAYS {
            let mut draws = Draws::seeded(3);
            let times: Vec<Option<f64>> = (0..runs)
                .map(|_| requests_until(&mut draws, &test, exposure, ratio, Alarm::Harm))
                .collect();
            let caught = Proportion::new(times.iter().flatten().count(), runs);
            let ends: Vec<f64> = times.iter().map(|time| time.unwrap_or(REQUESTS)).collect();
            let (mean, se) = mean_and_error(&ends);
            println!(
                "{name}, r = {ratio}: power {:.3}, {mean:.0} +- {se:.0} requests \
                 (grid as measured before: {power}, {delay})",
                caught.value(),
            );
            if name == "grid" {
                caught.assert_at_least(power, "power of the grid");
                // Both means are estimates; the earlier one from 6,000 runs.
                let error = se * (1.0 + runs as f64 / 6_000.0).sqrt();
                assert!(mean <= delay + 3.0 * error, "r = {ratio}: {mean} > {delay}");
            }
        }
    }
}

fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0) / n).sqrt())
}

#[test]
fn the_grid_is_as_quick_as_measured_before() {
    delays(30);
}

#[test]
#[ignore = "takes a minute: 10,000 releases per method and ratio"]
fn the_grid_is_as_quick_as_measured_before_in_10_000_releases() {
    delays(10_000);
}

#[test]
fn the_outlook_agrees_with_simulated_delays() {
    let exposure = Exposure::Constant(0.05);
    let mut draws = Draws::seeded(4);
    for ratio in [3.0, 10.0] {
        let test = RateTest::default();
        let guard = RateGuard::where_each_request_is_its_own_unit(test.clone());
        let scenario = Scenario {
            ratio,
            control_rate: BASE_RATE,
            share: share(0.05),
        };
        let outlook = guard.outlook(&scenario).unwrap();
        assert!(outlook.exact);
        let times: Vec<f64> = (0..600)
            .map(|_| requests_until(&mut draws, &test, exposure, ratio, Alarm::Harm).unwrap())
            .collect();
        let (mean, se) = mean_and_error(&times);
        println!(
            "r = {ratio}: outlook {:.0}, simulated {mean:.0} +- {se:.0}",
            outlook.requests
        );
        assert!(
            (outlook.requests - mean).abs() < 3.0 * se,
            "{} {mean}",
            outlook.requests
        );
        let late = times
            .iter()
            .filter(|&&time| time > outlook.requests_90)
            .count();
        let late = late as f64 / times.len() as f64;
        assert!((late - 0.1).abs() < 0.045, "{late}");
    }
}
