//! What methods would take, against simulations of the methods themselves.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use switchstand::stats::anytime::{AnytimeT, SkewnessRule};
use switchstand::stats::group_sequential::{Fractions, GroupSequential, Spending};
use switchstand::stats::guard::{CandidateShare, RateGuard, RateTest, Side};
use switchstand::stats::planning::{
    Counting, Forecast, Quantity, Sides, Trial, TrialComparison, TrialMethod, means,
};
use switchstand::stats::{Alpha, Refusal};

fn share(share: f64) -> CandidateShare {
    CandidateShare::new(share).unwrap()
}

fn rate(control: f64, candidate: f64, of: f64) -> Trial {
    let quantity = Quantity::Rate { control, candidate };
    Trial::new(quantity, share(of), Alpha::ONE_PERCENT, 0.8).unwrap()
}

fn mean(difference: f64, of: f64) -> Trial {
    let quantity = Quantity::Mean {
        difference,
        deviation: 1.0,
    };
    Trial::new(quantity, share(of), Alpha::FIVE_PERCENT, 0.8).unwrap()
}

fn row(comparison: &TrialComparison, method: TrialMethod) -> Forecast {
    *comparison.forecast(method).unwrap()
}

/// A standard normal number.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (u, v): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
    (-2.0 * u.ln()).sqrt() * (core::f64::consts::TAU * v).cos()
}

/// What came of many trials: how often it was found, and the mean size at the end, with its
/// standard error.
struct Simulated {
    found: f64,
    mean: f64,
    error: f64,
}

/// Runs trials of means over looks at these sizes, until `stops(estimate, se, size)`.
fn simulate(
    sizes: &[f64],
    effect: f64,
    of: f64,
    seed: u64,
    stops: impl Fn(f64, f64, f64) -> bool,
) -> Simulated {
    const RUNS: u32 = 4_000;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut found, mut ends) = (0.0, Vec::new());
    for _ in 0..RUNS {
        // The sum of all observations' parts in the estimate, each of this variance.
        let (mut sum, mut before, variance) = (0.0, 0.0_f64, 1.0 / (of * (1.0 - of)));
        let mut end = None;
        for &size in sizes {
            let more = size - before;
            sum += more * effect + (more * variance).sqrt() * normal(&mut rng);
            before = size;
            let (estimate, se) = (sum / size, (variance / size).sqrt());
            if stops(estimate, se, size) {
                found += f64::from(u8::from(estimate > 0.0)) / f64::from(RUNS);
                end = Some(size);
                break;
            }
        }
        ends.push(end.unwrap_or(before));
    }
    let n = f64::from(RUNS);
    let mean = ends.iter().sum::<f64>() / n;
    let variance = ends.iter().map(|end| (end - mean).powi(2)).sum::<f64>() / (n - 1.0);
    Simulated {
        found,
        mean,
        error: (variance / n).sqrt(),
    }
}

/// Checks a forecast against its simulation with and without the effect.
fn agrees(row: &Forecast, with: &Simulated, without: &Simulated) {
    let noise = 3.0 * (0.8 * 0.2 / 4_000.0_f64).sqrt();
    assert!(
        (with.found - 0.8).abs() < noise,
        "{:?}: {}",
        row.method,
        with.found
    );
    for (expected, simulated) in [(row.expected, with), (row.expected_without_effect, without)] {
        // Sizes are rounded to whole requests, and the power is read between two looks.
        let tolerance = 3.0 * simulated.error + 0.005 * expected;
        let off = (simulated.mean - expected).abs();
        assert!(
            off < tolerance,
            "{:?}: {expected}, simulated {}",
            row.method,
            simulated.mean
        );
    }
}

#[test]
fn any_look_takes_what_the_anytime_t_test_takes() {
    let (effect, of) = (0.2, 0.3);
    let comparison = mean(effect, of).compare().unwrap();
    let forecast = row(&comparison, TrialMethod::Anytime);
    let fixed = row(&comparison, TrialMethod::FixedHorizon).expected;
    let alpha = Alpha::FIVE_PERCENT;
    let test = AnytimeT::tuned_for(fixed * of * (1.0 - of), alpha).unwrap();
    let by = forecast.found_by.unwrap();
    let mut sizes: Vec<f64> = (0..80)
        .map(|i| 0.05 * fixed * 1.1_f64.powi(i))
        .take_while(|size| *size < by)
        .collect();
    sizes.push(by);
    let stops = |estimate: f64, se: f64, size: f64| {
        let effective = size * of * (1.0 - of);
        test.estimate(estimate, se, effective, 1e12, alpha)
            .unwrap()
            .is_significant()
    };
    let with = simulate(&sizes, effect, of, 31, stops);
    let without = simulate(&sizes, 0.0, of, 32, stops);
    agrees(&forecast, &with, &without);
    assert!(without.found < 0.025, "of either side: {}", without.found);
}

#[test]
fn planned_looks_take_what_the_group_sequential_test_takes() {
    let (effect, of) = (0.2, 0.3);
    let comparison = mean(effect, of).with_looks(4).unwrap().compare().unwrap();
    let forecast = row(&comparison, TrialMethod::GroupSequential);
    let most = forecast.found_by.unwrap();
    let looks = Fractions::equally_spaced(4).unwrap();
    let alpha = Alpha::FIVE_PERCENT;
    let design = GroupSequential::new(&looks, Spending::OBRIEN_FLEMING, alpha, Sides::Two).unwrap();
    let sizes: Vec<f64> = looks.as_slice().iter().map(|part| part * most).collect();
    let stops = |estimate: f64, se: f64, size: f64| {
        let look = sizes.iter().position(|&s| s == size).unwrap();
        (estimate / se).abs() >= design.looks()[look].boundary
    };
    let with = simulate(&sizes, effect, of, 33, stops);
    let without = simulate(&sizes, 0.0, of, 34, stops);
    agrees(&forecast, &with, &without);
}

#[test]
fn the_guard_takes_what_units_with_rates_of_their_own_make_it_take() {
    // Units of gamma law of shape 1/2: half the square of a normal number, times the scale.
    let (requests, shape, of) = (20.0, 0.5, 0.2);
    let trial = rate(0.02, 0.06, of)
        .with_counting(Counting::EachUnit { requests, shape })
        .unwrap();
    let forecast = row(&trial.compare().unwrap(), TrialMethod::RateGuard);
    let mut rng = ChaCha8Rng::seed_from_u64(35);
    let (mut ends, share) = (Vec::new(), share(of));
    for _ in 0..300 {
        let mut guard = RateGuard::where_each_request_is_its_own_unit(RateTest::default());
        let mut units = 0.0_f64;
        loop {
            units += 1.0;
            let is_candidate = rng.random::<f64>() < of;
            let mean = if is_candidate { 0.06 } else { 0.02 };
            let own = normal(&mut rng).powi(2) / 2.0 * mean / shape;
            if rng.random::<f64>() < -(-requests * own).exp_m1() {
                let side = if is_candidate {
                    Side::Candidate
                } else {
                    Side::Control
                };
                guard.record(0, side, share).unwrap();
                if guard.reading().harm.is_significant() {
                    break;
                }
            }
        }
        ends.push(units * requests);
    }
    let n = ends.len() as f64;
    let mean = ends.iter().sum::<f64>() / n;
    let error = (ends.iter().map(|end| (end - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt();
    assert!(
        (mean - forecast.expected).abs() < 3.0 * error,
        "{mean} {}",
        forecast.expected
    );
    let by = forecast.found_by.unwrap();
    let found = ends.iter().filter(|end| **end <= by).count() as f64 / n;
    assert!((found - 0.9).abs() < 3.0 * (0.09 / n).sqrt(), "{found}");
}

#[test]
fn one_look_takes_what_its_formula_says_in_whole_units_of_requests() {
    let comparison = mean(0.2, 0.3).compare().unwrap();
    let design = switchstand::stats::planning::Design::new(Alpha::FIVE_PERCENT, 0.8)
        .and_then(|design| design.with_ratio(0.3 / 0.7))
        .unwrap();
    let size = means::sample_size(0.2, [1.0, 1.0], &design).unwrap();
    let fixed = row(&comparison, TrialMethod::FixedHorizon);
    assert_eq!(fixed.expected, size.total() as f64);
    let counting = Counting::EachUnit {
        requests: 7.0,
        shape: 1.0,
    };
    let by_unit = mean(0.2, 0.3)
        .with_counting(counting)
        .unwrap()
        .compare()
        .unwrap();
    for (each, unit) in comparison.forecasts().iter().zip(by_unit.forecasts()) {
        assert!(
            (unit.expected / each.expected - 7.0).abs() < 1e-9,
            "a unit is one value"
        );
    }
}

#[test]
fn rare_events_in_a_small_arm_want_the_guard_and_an_even_split_does_not() {
    let canary = rate(0.01, 0.03, 0.05).compare().unwrap();
    assert_eq!(canary.recommended().method, TrialMethod::RateGuard);
    assert!(row(&canary, TrialMethod::FixedHorizon).too_few.is_some());
    // The exact expected delay of the guard's own table of simulations: 9,732 requests.
    let delay = row(&canary, TrialMethod::RateGuard).expected;
    assert!((9_300.0..10_200.0).contains(&delay), "{delay}");

    let even = rate(0.01, 0.02, 0.5).compare().unwrap();
    assert_eq!(even.recommended().method, TrialMethod::GroupSequential);
    assert!(even.forecasts().iter().all(|row| row.too_few.is_none()));

    // A rate that falls has no guard, and a small arm then waits for the normal law.
    let falls = rate(0.03, 0.01, 0.05).compare().unwrap();
    assert_eq!(falls.forecast(TrialMethod::RateGuard), None);
    assert_eq!(falls.recommended().method, TrialMethod::Anytime);
    assert_eq!(
        mean(0.1, 0.05)
            .compare()
            .unwrap()
            .forecast(TrialMethod::RateGuard),
        None
    );
}

#[test]
fn the_text_names_the_method_its_length_and_why() {
    let trial = rate(0.01, 0.03, 0.05)
        .with_requests_per_day(5_000.0)
        .unwrap();
    let comparison = trial.compare().unwrap();
    let (text, best) = (comparison.to_string(), comparison.recommended());
    let wanted = [
        "A rate of 3.000 % against 1.000 %, 5.000 % to the candidate".to_owned(),
        format!(
            "Take the rate guard: if the effect is there, it ends soonest, after {:.0}",
            best.expected.ceil()
        ),
        format!("({:.1} d)", best.expected / 5_000.0),
        "no end".to_owned(),
        "does not hold".to_owned(),
        "it holds in small arms".to_owned(),
    ];
    for wanted in wanted {
        assert!(text.contains(&wanted), "{wanted:?} is not in\n{text}");
    }
    let even = rate(0.3, 0.32, 0.5).compare().unwrap().to_string();
    assert!(
        even.contains("Take a group sequential test of 5 looks"),
        "{even}"
    );
    assert!(
        !even.contains("does not hold") && !even.contains(" d)"),
        "{even}"
    );
    let even = rate(0.3, 0.32, 0.5).compare().unwrap();
    let fixed = even.forecast(TrialMethod::FixedHorizon).unwrap().expected;
    let part = 100.0 * (even.recommended().expected / fixed);
    let said = format!(" requests, {part:.0} % of what one look needs");
    assert!(even.to_string().contains(&said), "{said:?} in {even}");
    assert!((60.0..90.0).contains(&part), "{part}");
}

#[test]
fn what_no_trial_can_be_is_refused_by_name() {
    let culprit = |trial: Result<Trial, Refusal>| match trial {
        Err(Refusal::OutOfRange { what, .. }) => what,
        other => Box::leak(format!("{other:?}").into_boxed_str()),
    };
    let new = |quantity, power| Trial::new(quantity, share(0.5), Alpha::FIVE_PERCENT, power);
    let rates = |control, candidate| Quantity::Rate { control, candidate };
    let means = |difference, deviation| Quantity::Mean {
        difference,
        deviation,
    };
    assert_eq!(culprit(new(rates(0.0, 0.1), 0.8)), "control's rate");
    assert_eq!(culprit(new(rates(0.1, 1.0), 0.8)), "candidate's rate");
    assert_eq!(culprit(new(rates(0.1, 0.1), 0.8)), "candidate's rate");
    assert_eq!(culprit(new(means(0.0, 1.0), 0.8)), "size of the difference");
    assert_eq!(
        culprit(new(means(0.1, f64::NAN), 0.8)),
        "standard deviation"
    );
    assert_eq!(culprit(new(rates(0.1, 0.2), 0.05)), "power");
    assert_eq!(culprit(new(rates(0.1, 0.2), 1.0)), "power");
    let good = rate(0.1, 0.2, 0.5);
    let units = |requests, shape| good.with_counting(Counting::EachUnit { requests, shape });
    assert_eq!(culprit(units(0.5, 1.0)), "requests per unit");
    assert_eq!(culprit(units(2.0, 0.0)), "shape of the law of units");
    assert_eq!(culprit(good.with_looks(1)), "number of looks");
    assert_eq!(culprit(good.with_looks(21)), "number of looks");
    assert_eq!(culprit(good.with_requests_per_day(0.0)), "requests per day");
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(36),
        failure_persistence: None,
        cases: 8,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_larger_effect_takes_less_and_alike_units_cost_more(
        control in 0.02..0.2_f64,
        ratio in 1.3..3.0_f64,
        of in 0.05..0.5_f64,
    ) {
        let rows = |trial: Trial| trial.compare().unwrap().forecasts().to_vec();
        let trial = rate(control, control * ratio, of);
        let (less, more) = (rows(trial), rows(rate(control, control * (ratio + 0.3), of)));
        for (less, more) in less.iter().zip(&more) {
            prop_assert!(more.expected <= less.expected * (1.0 + 1e-9), "{less:?} {more:?}");
            prop_assert!(less.expected <= less.found_by.unwrap_or(f64::INFINITY) * 1.000_001);
        }
        let units = Counting::EachUnit { requests: 10.0, shape: 0.5 };
        let alike = rows(trial.with_counting(units).unwrap());
        prop_assert!(alike[0].expected > less[0].expected, "{alike:?} {less:?}");
    }
}

/// The rule on skewness, for the skewness of an event among many that is thrown to unequal arms.
#[test]
fn t1_a_small_arm_needs_the_units_of_the_rule_on_skewness() {
    let (p, s) = (0.01_f64, 0.05_f64);
    let comparison = rate(p, 0.03, s).compare().unwrap();
    let needed = row(&comparison, TrialMethod::FixedHorizon)
        .too_few
        .unwrap()
        .needed;
    let squared = |x: f64| (1.0 - 2.0 * x).powi(2) / (x * (1.0 - x));
    let expected = SkewnessRule::DEFAULT.factor() * squared(p) * squared(s);
    assert!(
        (needed / expected - 1.0).abs() < 1e-12,
        "{needed} {expected}"
    );
}
