//! Quantiles that are followed at every look.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use super::draws::{Draws, Proportion};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use switchstand::stats::anytime::{AnytimeValid, MixtureBoundary, QuantileSequence};
use switchstand::stats::planning::Sides;
use switchstand::stats::{Alpha, Histogram, Refusal, Sample};

const ALPHA: Alpha = Alpha::FIVE_PERCENT;

fn sample(values: &[f64]) -> Sample {
    Sample::new(values).unwrap()
}

fn histogram(values: &[f64]) -> Histogram {
    let mut histogram = Histogram::new();
    histogram.extend_from_slice(values).unwrap();
    histogram
}

/// The evidence that `count` of `n` values lie at or below the quantile, by Howard's formula.
fn evidence(p: f64, n_best: u64, n: usize, count: usize) -> f64 {
    let v = |n: f64| n * p * (1.0 - p);
    let range = [p, 1.0 - p];
    let mixture = MixtureBoundary::beta_binomial(Sides::Two, range, v(n_best as f64), ALPHA);
    let (n, count) = (n as f64, count as f64);
    // The sum rounds: a count of 0 or n is as far as values can be.
    let s = (count - n * p).clamp(-v(n) / (1.0 - p), v(n) / p);
    mixture.unwrap().ln_e(s, v(n)).unwrap()
}

/// Both ends of the quantile's interval, asked of every count.
fn plain_interval(values: &Sample, p: f64, n_best: u64) -> (f64, f64) {
    let sorted = values.sorted();
    let n = sorted.len();
    let likely = |&count: &usize| evidence(p, n_best, n, count) < 20_f64.ln();
    let least = (0..=n).find(likely).unwrap();
    let most = (0..=n).rev().find(likely).unwrap();
    (
        if least == 0 {
            f64::NEG_INFINITY
        } else {
            sorted[least - 1]
        },
        if most == n {
            f64::INFINITY
        } else {
            sorted[most]
        },
    )
}

/// All values that a quantile may have, as pairs of bounds with the evidence against each.
fn plain_values(values: &Sample, p: f64, n_best: u64) -> Vec<(f64, f64, f64)> {
    let sorted = values.sorted();
    let n = sorted.len();
    (0..=n)
        .map(|count| {
            let low = if count == 0 {
                f64::NEG_INFINITY
            } else {
                sorted[count - 1]
            };
            let high = if count == n {
                f64::INFINITY
            } else {
                sorted[count]
            };
            (low, high, evidence(p, n_best, n, count))
        })
        .collect()
}

fn values() -> impl Strategy<Value = Vec<f64>> {
    let spread = prop_oneof![Just(4_i32), Just(30), Just(1_000_000)];
    spread.prop_flat_map(|spread| prop::collection::vec((0..spread).prop_map(f64::from), 1..90))
}

fn orders() -> impl Strategy<Value = (f64, u64)> {
    (
        prop_oneof![Just(0.5), Just(0.9), 0.02..0.98_f64],
        prop_oneof![Just(1_u64), Just(30), Just(1_000)],
    )
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 96,
        rng_seed: RngSeed::Fixed(23),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn t1_the_interval_is_what_asking_every_count_gives(
        values in values(),
        (p, n_best) in orders(),
    ) {
        let sample = sample(&values);
        let sequence = QuantileSequence::new(p, n_best, ALPHA).unwrap();
        let interval = sequence.interval(&sample);
        prop_assert_eq!((interval.lower, interval.upper), plain_interval(&sample, p, n_best));
    }

    #[test]
    fn t1_the_difference_is_what_asking_every_pair_of_counts_gives(
        a in values(),
        b in values(),
        (p, n_best) in orders(),
    ) {
        let (a, b) = (sample(&a), sample(&b));
        let look = QuantileSequence::new(p, n_best, ALPHA).unwrap().difference(&a, &b).unwrap();
        let (mut least, mut most, mut ln_e) = (f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY);
        for &(low_a, high_a, e_a) in &plain_values(&a, p, n_best) {
            for &(low_b, high_b, e_b) in &plain_values(&b, p, n_best) {
                if e_a + e_b < 20_f64.ln() {
                    least = least.min(low_b - high_a);
                    most = most.max(high_b - low_a);
                }
                if low_a.max(low_b) <= high_a.min(high_b) {
                    ln_e = ln_e.min(e_a + e_b);
                }
            }
        }
        prop_assert_eq!((look.interval.lower, look.interval.upper), (least, most));
        prop_assert!((look.ln_e - ln_e).abs() < 1e-9 * ln_e.abs().max(1.0), "{} {}", look.ln_e, ln_e);
    }

    #[test]
    fn t1_the_interval_excludes_no_difference_exactly_where_the_evidence_suffices(
        a in values(),
        b in values(),
        (p, n_best) in orders(),
    ) {
        let sequence = QuantileSequence::new(p, n_best, ALPHA).unwrap();
        for look in [
            sequence.difference(&sample(&a), &sample(&b)).unwrap(),
            sequence.difference(&histogram(&a), &histogram(&b)).unwrap(),
            sequence.difference(&sample(&a), &histogram(&b)).unwrap(),
        ] {
            prop_assert_eq!(look.is_significant(), !look.interval.contains(0.0), "{}", look);
            prop_assert!(look.interval.contains(look.effect));
        }
    }

    #[test]
    fn t1_swapped_arms_change_the_sign_alone(a in values(), b in values(), (p, n) in orders()) {
        let sequence = QuantileSequence::new(p, n, ALPHA).unwrap();
        let mirrored = |one: AnytimeValid, other: AnytimeValid| {
            one.effect == -other.effect
                && one.interval.lower == -other.interval.upper
                && one.interval.upper == -other.interval.lower
                && (one.ln_e - other.ln_e).abs() < 1e-12 * one.ln_e.abs().max(1.0)
        };
        let (x, y) = (sample(&a), sample(&b));
        prop_assert!(mirrored(
            sequence.difference(&x, &y).unwrap(),
            sequence.difference(&y, &x).unwrap(),
        ));
        let (x, y) = (histogram(&a), histogram(&b));
        prop_assert!(mirrored(
            sequence.difference(&x, &y).unwrap(),
            sequence.difference(&y, &x).unwrap(),
        ));
    }

    #[test]
    fn t1_a_histogram_widens_the_interval_by_no_more_than_its_buckets(
        values in values(),
        (p, n_best) in orders(),
    ) {
        let sequence = QuantileSequence::new(p, n_best, ALPHA).unwrap();
        let (exact, counted) = (
            sequence.interval(&sample(&values)),
            sequence.interval(&histogram(&values)),
        );
        // A bucket spans twice the relative error of its middle.
        let width = 1.0 + 2.5 * Histogram::new().relative_error();
        prop_assert!(counted.lower <= exact.lower && counted.upper >= exact.upper);
        prop_assert!(counted.lower == exact.lower || counted.lower * width >= exact.lower);
        prop_assert!(counted.upper == exact.upper || counted.upper <= exact.upper * width);
    }

    #[test]
    fn t1_monotone_changes_of_the_values_move_the_interval_alike(
        values in values(),
        (p, n_best) in orders(),
    ) {
        let sequence = QuantileSequence::new(p, n_best, ALPHA).unwrap();
        let change = |x: f64| 3.0 * x.sqrt() + 7.0;
        let changed: Vec<f64> = values.iter().copied().map(change).collect();
        let (one, other) = (
            sequence.interval(&sample(&values)),
            sequence.interval(&sample(&changed)),
        );
        prop_assert_eq!(change(one.upper).is_finite(), other.upper.is_finite());
        prop_assert!(one.upper.is_infinite() || change(one.upper) == other.upper);
        prop_assert!(one.lower.is_infinite() || change(one.lower) == other.lower);
    }
}

/// How often the median, p90 or p99 ever leaves its interval, and equal arms ever seem to differ.
fn errors(runs: usize, end: usize, seed: u64) -> Vec<(String, Proportion)> {
    let mut draws = Draws::seeded(seed);
    // A latency: log-normal, in whole milliseconds on every second run, so with ties.
    let latency = |draws: &mut Draws, ties: bool| {
        let value = (3.0 + draws.normal()).exp();
        if ties { value.ceil() } else { value }
    };
    let mut found = Vec::new();
    for (p, z) in [
        (0.5, 0.0),
        (0.9, 1.281_551_565_544_600_5),
        (0.99, 2.326_347_874_040_841),
    ] {
        let sequence = QuantileSequence::new(p, end as u64 / 4, ALPHA).unwrap();
        let (mut missed, mut alarms) = (0, 0);
        for run in 0..runs {
            let ties = run % 2 == 1;
            let truth = (3.0_f64 + z).exp();
            let truth = if ties { truth.ceil() } else { truth };
            let (mut a, mut b) = (Histogram::new(), Histogram::new());
            let (mut miss, mut alarm) = (false, false);
            let mut look = 16;
            for n in 1..=end {
                a.record(latency(&mut draws, ties)).unwrap();
                // A canary of one in four.
                if n % 4 == 0 {
                    b.record(latency(&mut draws, ties)).unwrap();
                }
                if n == look {
                    look += (look / 16).max(1);
                    miss |= !sequence.interval(&a).contains(truth);
                    alarm |= sequence.difference(&a, &b).unwrap().is_significant();
                }
            }
            missed += usize::from(miss);
            alarms += usize::from(alarm);
        }
        found.push((
            format!("p{} missed", 100.0 * p),
            Proportion::new(missed, runs),
        ));
        found.push((
            format!("p{} alarms", 100.0 * p),
            Proportion::new(alarms, runs),
        ));
    }
    found
}

#[test]
fn t3_quantiles_stay_in_their_intervals_at_all_looks() {
    for (name, error) in errors(60, 1_500, 81) {
        error.assert_at_most(0.05, &name);
    }
}

#[test]
#[ignore = "1,000 runs of 5,000 values, for a release build"]
fn t3_quantiles_stay_in_their_intervals_at_all_looks_at_length() {
    for (name, error) in errors(1_000, 5_000, 82) {
        println!("{name}: {:.4}", error.value());
        error.assert_at_most(0.05, &name);
    }
}

#[test]
fn t1_a_slower_tail_is_found() {
    // The p90 is 1.3 times as high; at 20,000 values of each arm that is seen.
    let mut draws = Draws::seeded(83);
    let (mut a, mut b) = (Histogram::new(), Histogram::new());
    for _ in 0..20_000 {
        a.record((0.5 * draws.normal()).exp()).unwrap();
        b.record(1.3 * (0.5 * draws.normal()).exp()).unwrap();
    }
    let p90 = QuantileSequence::new(0.9, 10_000, ALPHA).unwrap();
    let look = p90.difference(&a, &b).unwrap();
    let truth = 0.3 * (0.5 * 1.281_551_565_544_600_5_f64).exp();
    assert!(
        look.is_significant() && look.interval.contains(truth),
        "{look}"
    );
    assert!(look.interval.width() < 0.35, "{look}");
}

#[test]
fn t4_what_is_no_quantile_is_refused() {
    for bad in [0.0, 1.0, -0.5, f64::NAN, f64::INFINITY] {
        assert!(QuantileSequence::new(bad, 100, ALPHA).is_err(), "{bad}");
    }
    assert!(QuantileSequence::new(0.5, 0, ALPHA).is_err());
    let p99 = QuantileSequence::new(0.99, 1_000, ALPHA).unwrap();
    let none = Histogram::new();
    let interval = p99.interval(&none);
    assert_eq!(
        (interval.lower, interval.upper),
        (f64::NEG_INFINITY, f64::INFINITY)
    );
    let refused = p99.difference(&sample(&[1.0]), &none);
    assert_eq!(
        refused,
        Err(Refusal::InsufficientData {
            what: "candidate",
            found: 0,
            needed: 1
        })
    );
    // Two finite numbers whose difference is not.
    let ends: Vec<f64> = (0..400)
        .map(|i| if i % 2 == 0 { -1.7e308 } else { 1.7e308 })
        .collect();
    let p10 = QuantileSequence::new(0.1, 100, ALPHA).unwrap();
    assert!(p10.difference(&sample(&ends), &sample(&ends)).is_ok());
}
