//! The best of several arms, at any of many looks.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use super::draws::{Draws, Proportion};
use switchstand::stats::anytime::AnytimeT;
use switchstand::stats::{Alpha, HigherMoments, Moments, Refusal, best_arm};

const ALPHA: Alpha = Alpha::FIVE_PERCENT;

fn test() -> AnytimeT {
    AnytimeT::tuned_for(500.0, ALPHA).unwrap()
}

fn arms(figures: &[(u64, f64, f64)]) -> Vec<Moments> {
    figures
        .iter()
        .map(|&(n, mean, variance)| Moments::from_summary(n, mean, variance).unwrap())
        .collect()
}

/// How often the best arm is ever dropped, another is found, and any is found by the end.
struct Runs {
    dropped: Proportion,
    wrong: Proportion,
    found: Proportion,
    false_alarm: Proportion,
}

fn simulate(means: &[f64], runs: usize, looks: usize, seed: u64) -> Runs {
    let mut draws = Draws::seeded(seed);
    let (mut dropped, mut wrong, mut found, mut false_alarm) = (0, 0, 0, 0);
    for _ in 0..runs {
        let mut arms = vec![HigherMoments::new(); means.len()];
        let (mut is_dropped, mut is_wrong, mut is_found) = (false, false, false);
        let mut is_alarm = false;
        for _ in 0..looks {
            for (arm, mean) in arms.iter_mut().zip(means) {
                (0..25).for_each(|_| arm.record(mean + draws.normal()).unwrap());
            }
            let Ok(look) = best_arm::best_mean(&arms, &test(), ALPHA) else {
                continue;
            };
            // The first arm is the best one, or as good as any.
            is_dropped |= look.remaining().all(|arm| arm != 0);
            is_wrong |= look.is_found() && look.leader != 0;
            is_found |= look.is_found();
            let control = best_arm::against_control(&arms[0], &arms[1..], &test(), ALPHA).unwrap();
            is_alarm |= control
                .holm
                .iter()
                .zip(&means[1..])
                .any(|(&p, mean)| p <= 0.05 && *mean == means[0]);
        }
        dropped += usize::from(is_dropped);
        wrong += usize::from(is_wrong);
        found += usize::from(is_found);
        false_alarm += usize::from(is_alarm);
    }
    Runs {
        dropped: Proportion::new(dropped, runs),
        wrong: Proportion::new(wrong, runs),
        found: Proportion::new(found, runs),
        false_alarm: Proportion::new(false_alarm, runs),
    }
}

/// The errors of three contests, by name.
fn errors(runs: usize, looks: usize, seed: u64) -> Vec<(String, Proportion)> {
    let contests = [&[0.0; 4][..], &[0.0, 0.0, -0.1, -0.2], &[0.1, 0.0, 0.0]];
    let named = |means: &[f64]| {
        let result = simulate(means, runs, looks, seed);
        [
            (format!("{means:?}: best arm dropped"), result.dropped),
            (format!("{means:?}: another arm found"), result.wrong),
            (format!("{means:?}: false alarm"), result.false_alarm),
        ]
    };
    contests.into_iter().flat_map(named).collect()
}

#[test]
fn t3_the_best_arm_is_hardly_ever_lost() {
    for (name, error) in errors(150, 60, 91) {
        error.assert_at_most(0.05, &name);
    }
}

#[test]
#[ignore = "2,000 runs of 200 looks, for a release build"]
fn t3_the_best_arm_is_hardly_ever_lost_at_length() {
    for (name, error) in errors(2_000, 200, 92) {
        println!("{name}: {:.4}", error.value());
        error.assert_at_most(0.05, &name);
    }
}

#[test]
fn t3_a_clear_lead_is_found() {
    let result = simulate(&[0.4, 0.0, 0.1], 40, 40, 93);
    assert!(result.found.value() > 0.9, "{}", result.found.value());
}

#[test]
fn t1_optimal_shares_leave_all_rivals_equally_far_behind() {
    let figures = [
        (9, 1.0, 2.0),
        (9, 0.2, 0.5),
        (9, 0.7, 7.0),
        (9, -3.0, 0.01),
        (9, 0.99, 1e-6),
    ];
    let allocation = best_arm::optimal_allocation(&arms(&figures)).unwrap();
    assert_eq!(allocation.leader, 0);
    let total: f64 = allocation.weights.iter().sum();
    assert!((total - 1.0).abs() < 1e-14);
    let behind = |weights: &[f64]| -> Vec<f64> {
        (1..figures.len())
            .map(|arm| {
                let (lead, spread) = (1.0 - figures[arm].1, figures[arm].2 / weights[arm]);
                lead * lead / (2.0 * (figures[0].2 / weights[0] + spread))
            })
            .collect()
    };
    for rate in behind(&allocation.weights) {
        assert!((rate / allocation.rate - 1.0).abs() < 1e-9, "{rate}");
    }
    // No shares nearby do better.
    for moved in 0..figures.len() {
        for factor in [0.99, 1.01] {
            let mut weights = allocation.weights.clone();
            weights[moved] *= factor;
            let total: f64 = weights.iter().sum();
            let weights: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
            let least = behind(&weights).into_iter().fold(f64::INFINITY, f64::min);
            assert!(least < allocation.rate);
        }
    }
}

#[test]
fn t1_units_of_the_metric_change_no_share() {
    let plain = [(50, 1.0, 2.0), (60, 0.2, 0.5), (70, 0.7, 7.0)];
    let moved = plain.map(|(n, mean, variance)| (n, 1e3 * mean - 40.0, 1e6 * variance));
    let (one, other) = (arms(&plain), arms(&moved));
    let a = best_arm::optimal_allocation(&one).unwrap();
    let b = best_arm::optimal_allocation(&other).unwrap();
    for (x, y) in a.weights.iter().zip(&b.weights) {
        assert!((x - y).abs() < 1e-9, "{x} {y}");
    }
    let a = best_arm::likelihood_ratios(&one, ALPHA).unwrap();
    let b = best_arm::likelihood_ratios(&other, ALPHA).unwrap();
    for (x, y) in a
        .ln_ratios
        .iter()
        .flatten()
        .zip(b.ln_ratios.iter().flatten())
    {
        assert!((x / y - 1.0).abs() < 1e-9, "{x} {y}");
    }
}

#[test]
fn t4_what_is_no_contest_is_refused() {
    let one = arms(&[(9, 1.0, 1.0)]);
    let needs_two = |found| Refusal::InsufficientData {
        what: "list of arms",
        found,
        needed: 2,
    };
    assert_eq!(best_arm::optimal_allocation(&one), Err(needs_two(1)));
    assert_eq!(best_arm::likelihood_ratios(&[], ALPHA), Err(needs_two(0)));
    assert_eq!(best_arm::best_mean(&[], &test(), ALPHA), Err(needs_two(0)));
    let tied = arms(&[(9, 1.0, 1.0), (9, 1.0, 2.0), (9, 0.0, 1.0)]);
    assert!(matches!(
        best_arm::optimal_allocation(&tied),
        Err(Refusal::OutOfRange { .. })
    ));
    assert!(best_arm::likelihood_ratios(&tied, ALPHA).is_ok());
    let constant = arms(&[(9, 1.0, 0.0), (9, 0.0, 1.0)]);
    assert!(matches!(
        best_arm::optimal_allocation(&constant),
        Err(Refusal::ZeroVariance { .. })
    ));
    let control = HigherMoments::new();
    assert!(best_arm::against_control(&control, &[], &test(), ALPHA).is_err());
    assert!(best_arm::against_control(&control, &[control], &test(), ALPHA).is_err());
}
