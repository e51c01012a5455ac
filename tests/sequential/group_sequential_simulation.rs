//! Trials with planned looks, on simulated observations and against a table of simulations.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use super::draws::{Draws, Proportion};
use switchstand::stats::group_sequential::{
    Fractions, GroupSequential, Monitor, Spending, TrialVerdict,
};
use switchstand::stats::planning::Sides;
use switchstand::stats::{Alpha, Alternative, Moments};

const ALPHA: Alpha = Alpha::FIVE_PERCENT;

/// The drift that a single look at the end finds with probability 0.8: 0.0396 standard deviations
/// in 10,000 pairs.
const DRIFT: f64 = 0.0396 * 70.710_678_118_654_76;

fn design(looks: usize) -> GroupSequential {
    let looks = Fractions::equally_spaced(looks).unwrap();
    GroupSequential::new(&looks, Spending::OBRIEN_FLEMING, ALPHA, Sides::Two).unwrap()
}

#[test]
fn t1_power_and_expected_length_are_those_of_a_table_of_simulations() {
    // Two arms, standard deviation 1, at most 10,000 pairs, effects of 1, 1.5 and 2 times that
    // of DRIFT. The table comes from 6,000 runs of other code: its powers have standard errors
    // up to 0.0065, its lengths up to 2,600 / sqrt(6,000).
    let table = [
        (5, 0.794, [8065.0, 6198.0, 4943.0]),
        (10, 0.791, [7706.0, 5744.0, 4467.0]),
        (20, 0.787, [7525.0, 5511.0, 4229.0]),
    ];
    for (looks, power, lengths) in table {
        let design = design(looks);
        let found = design.power(DRIFT);
        assert!(
            (found - power).abs() < 3.0 * 0.0065,
            "{looks} looks: {found}"
        );
        let found = design.power(1.5 * DRIFT);
        assert!(
            (found - 0.986).abs() < 3.0 * 0.0016,
            "{looks} looks: {found}"
        );
        for (factor, length) in [1.0, 1.5, 2.0].into_iter().zip(lengths) {
            let found = 1e4 * design.expected_information(factor * DRIFT);
            let slack = 3.0 * 2_600.0 / 6_000_f64.sqrt();
            assert!(
                (found - length).abs() < slack,
                "{looks} looks: {found}, not {length}"
            );
        }
        println!(
            "{looks} looks: power {found:.4}",
            found = design.power(DRIFT)
        );
    }
}

#[test]
fn t1_obrien_fleming_costs_two_to_five_percent_and_saves_a_fifth() {
    for looks in [5, 10, 20] {
        let size = design(looks).inflation(0.8).unwrap();
        assert!((1.02..1.055).contains(&size.maximum), "{size:?}");
        assert!((0.77..0.84).contains(&size.expected), "{size:?}");
    }
}

/// What so many trials of 1,000 pairs did.
struct Trials {
    /// An effect was shown.
    shown: Proportion,
    /// The mean number of looks that were taken.
    looks: f64,
    /// A repeated interval missed the effect at any look.
    missed: Proportion,
    /// The stage-wise interval missed it at the end.
    missed_at_the_end: Proportion,
    /// The median-unbiased estimate was too large.
    too_large: Proportion,
    /// The ordinary estimate was.
    naive_too_large: Proportion,
}

fn simulate(looks: usize, drift: f64, runs: usize, seed: u64) -> Trials {
    const PAIRS: usize = 1_000;
    let mut draws = Draws::seeded(seed);
    let effect = drift * (2.0 / PAIRS as f64).sqrt();
    let (mut shown, mut missed, mut missed_at_the_end) = (0, 0, 0);
    let (mut too_large, mut naive_too_large, mut taken) = (0, 0, 0);
    for _ in 0..runs {
        let both = Alternative::TwoSided;
        let mut trial = Monitor::new(Spending::OBRIEN_FLEMING, ALPHA, both, PAIRS as f64).unwrap();
        let (mut a, mut b) = (Moments::new(), Moments::new());
        let mut pairs = 0;
        let mut is_missed = false;
        let last = loop {
            for _ in 0..PAIRS / looks {
                a.record(draws.normal()).unwrap();
                b.record(effect + draws.normal()).unwrap();
                pairs += 1;
            }
            let error = |arm: &Moments| arm.variance().unwrap() / pairs as f64;
            let estimate = b.mean().unwrap() - a.mean().unwrap();
            let look = trial.look(pairs as f64, estimate, (error(&a) + error(&b)).sqrt());
            let look = look.unwrap();
            is_missed |= !look.interval.contains(effect);
            if look.verdict != TrialVerdict::Continue {
                break look;
            }
        };
        let conclusion = trial.conclusion().unwrap();
        shown += usize::from(last.verdict == TrialVerdict::EffectShown);
        missed += usize::from(is_missed);
        missed_at_the_end += usize::from(!conclusion.interval.contains(effect));
        too_large += usize::from(conclusion.estimate > effect);
        naive_too_large += usize::from(last.effect > effect);
        taken += last.number;
    }
    Trials {
        shown: Proportion::new(shown, runs),
        looks: taken as f64 / runs as f64,
        missed: Proportion::new(missed, runs),
        missed_at_the_end: Proportion::new(missed_at_the_end, runs),
        too_large: Proportion::new(too_large, runs),
        naive_too_large: Proportion::new(naive_too_large, runs),
    }
}

fn assert_trials(looks: usize, runs: usize, seed: u64) {
    let design = design(looks);
    for drift in [0.0, DRIFT] {
        let trials = simulate(looks, drift, runs, seed);
        let exits = design.exits(drift);
        let expected: f64 = exits.iter().map(|exit| exit.above + exit.below).sum();
        trials.shown.assert_at_most(expected, "effect shown");
        trials.shown.assert_at_least(expected, "effect shown");
        let length = looks as f64 * design.expected_information(drift);
        // A trial's number of looks deviates by less than half of all looks.
        let slack = 1.5 * looks as f64 / (runs as f64).sqrt();
        assert!(
            (trials.looks - length).abs() < slack,
            "{} {length}",
            trials.looks
        );
        trials
            .missed
            .assert_at_most(0.05, "repeated interval missed");
        trials
            .missed_at_the_end
            .assert_at_most(0.05, "stage-wise interval missed");
        trials
            .missed_at_the_end
            .assert_at_least(0.05, "stage-wise interval missed");
        trials.too_large.assert_at_most(0.5, "estimate too large");
        trials.too_large.assert_at_least(0.5, "estimate too large");
    }
}

#[test]
fn t3_trials_err_and_find_as_often_as_planned() {
    assert_trials(4, 150, 101);
}

#[test]
#[ignore = "2,000 trials of each length, for a release build"]
fn t3_trials_err_and_find_as_often_as_planned_at_length() {
    for looks in [5, 10, 20] {
        for drift in [0.0, DRIFT] {
            let trials = simulate(looks, drift, 2_000, 102);
            println!(
                "{looks} looks, drift {drift:.2}: shown {:.4}, length {:.4}, missed {:.4} and \
                 {:.4}, too large {:.4}, naive {:.4}",
                trials.shown.value(),
                trials.looks / looks as f64,
                trials.missed.value(),
                trials.missed_at_the_end.value(),
                trials.too_large.value(),
                trials.naive_too_large.value(),
            );
        }
        assert_trials(looks, 2_000, 103);
    }
}
