//! Metrics adjusted by what units were like before their exposure.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use switchstand::experiment::{Experiment, ExperimentError, Filed, Kind, Metric, Missing, Part};
use switchstand::stats::Alpha;
use switchstand::stats::Worse;
use switchstand::stats::anytime::{AdjustedArms, GroupedT, PastGroups};
use switchstand::stats::covariate::PreRelease;

use crate::experiment::simulation::{limit, normal};
use crate::experiment::{arms, comparison, experiment, expose, test};

fn spent(kind: Kind) -> Metric {
    Metric::goal("spent", kind, Worse::Lower, 0.1).adjusted()
}

/// Exposes units in turn, with a past that explains half of the variance and is known of those
/// that `is_known` picks, and a candidate that is better by `effect`.
fn served(kind: Kind, effect: f64, is_known: impl Fn(u64) -> bool) -> Experiment {
    let experiment = experiment([spent(kind)]);
    let metric = experiment.metric("spent").unwrap();
    let arms = arms(&experiment);
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    for unit in 0..6_000_u64 {
        let side = unit % 2;
        let (past, own) = (normal(&mut rng), normal(&mut rng));
        if is_known(unit) {
            let before = PreRelease::new(100.0 + 3.0 * past);
            experiment.record_before(metric, unit, before).unwrap();
        }
        expose(&experiment, arms[side as usize], [unit]);
        let value = 10.0 + past + own + effect * side as f64;
        experiment.record(metric, unit, value).unwrap();
    }
    experiment
}

#[test]
fn a_metric_adjusted_by_the_past_saves_the_variance_that_it_explains() {
    for kind in [Kind::Mean, Kind::Count] {
        let read = served(kind, 0.3, |_| true).read_out().unwrap();
        let test = test(&read, 0);
        let without = test.unadjusted.unwrap();
        assert!((without.variance_saved - 0.5).abs() < 0.08, "{read}");
        let saved = test.interval.width() / without.interval.width();
        assert!((saved - 0.5_f64.sqrt()).abs() < 0.06, "{saved}");
        assert!((test.effect - 0.3).abs() < 3.5 * (2.0_f64 / 3_000.0).sqrt());
        assert_eq!((without.known, without.units), (6_000, 6_000));
        let text = read.to_string();
        assert!(text.contains("- spent of b: without the past +"), "{text}");
        assert!(text.contains("it is known of 6000 of 6000 units"), "{text}");
    }
    // Of a third of the units no past is known.
    let read = served(Kind::Mean, 0.3, |unit| unit % 3 > 0)
        .read_out()
        .unwrap();
    let without = test(&read, 0).unadjusted.unwrap();
    assert!((without.variance_saved - 1.0 / 3.0).abs() < 0.08, "{read}");
    assert_eq!((without.known, without.units), (4_000, 6_000));
}

#[test]
fn a_past_that_says_nothing_changes_nothing() {
    let plain = served(Kind::Mean, 0.3, |_| false).read_out().unwrap();
    let unadjusted = test(&plain, 0).unadjusted.unwrap();
    assert_eq!(test(&plain, 0).effect, unadjusted.effect);
    assert_eq!(test(&plain, 0).interval, unadjusted.interval);
    assert_eq!((unadjusted.variance_saved, unadjusted.known), (0.0, 0));
}

#[test]
fn a_past_known_more_often_of_one_arm_is_refused() {
    let uneven = |unit: u64| unit.is_multiple_of(2) || !unit.is_multiple_of(5);
    let read = served(Kind::Mean, 0.3, uneven).read_out().unwrap();
    let refused = comparison(&read, 0).test.clone().unwrap_err();
    let expected = Missing::UnevenPast {
        control: 100,
        candidate: 80,
    };
    assert_eq!(refused, expected, "{read}");
}

#[test]
fn x4_what_was_known_before_is_no_outcome_and_exposes_nobody() {
    let experiment = experiment([spent(Kind::Mean), Metric::watched("n", Kind::Count)]);
    let [metric, other] = ["spent", "n"].map(|name| experiment.metric(name).unwrap());
    for unit in 0..500_u64 {
        let filed = experiment.record_before(metric, unit, PreRelease::new(1.0));
        assert_eq!(filed, Ok(Filed::NotExposed));
    }
    let checks = experiment.read_out().unwrap().checks;
    assert_eq!(
        (checks.left_out.never_exposed_units, checks.records),
        (0, 0)
    );
    let before = experiment.part();
    for refused in [
        experiment.record_before(other, 1_u64, PreRelease::new(1.0)),
        experiment.record_before(metric, 1_u64, PreRelease::new(f64::NAN)),
    ] {
        assert!(refused.is_err());
    }
    assert_eq!(experiment.part(), before);
    let rate = Metric::watched("failed", Kind::Rate).adjusted();
    let refused = switchstand::experiment::Setup::new("r", [("a", 1), ("b", 1)], [rate]);
    assert!(matches!(refused, Err(ExperimentError::WrongKind { .. })));
}

#[test]
fn x7_a_past_noted_on_another_server_counts_once() {
    let whole = served(Kind::Mean, 0.2, |_| true);
    let [mut left, right] = [0; 2].map(|_| experiment([spent(Kind::Mean)]));
    let ids = [&left, &right].map(|server| server.metric("spent").unwrap());
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    for unit in 0..6_000_u64 {
        let side = unit % 2;
        let (past, own) = (normal(&mut rng), normal(&mut rng));
        let before = PreRelease::new(100.0 + 3.0 * past);
        right.record_before(ids[1], unit, before).unwrap();
        if unit % 3 == 0 {
            left.record_before(ids[0], unit, before).unwrap();
        }
        expose(&left, arms(&left)[side as usize], [unit]);
        let value = 10.0 + past + own + 0.2 * side as f64;
        right.record(ids[1], unit, value).unwrap();
    }
    left = Experiment::resume(left.part()).unwrap();
    let mut sum: Part = left.part();
    sum.merge(&right.part()).unwrap();
    let (found, expected) = (sum.read_out().unwrap(), whole.read_out().unwrap());
    assert_eq!(test(&found, 0).unadjusted.unwrap().known, 6_000);
    let (found, expected) = (test(&found, 0), test(&expected, 0));
    assert!((found.effect - expected.effect).abs() < 1e-12);
    assert!((found.interval.upper - expected.interval.upper).abs() < 1e-12);
}

/// Expected figures are those of exact fractions in another language.
#[test]
fn t1_adjusted_arms_agree_with_another_implementation() {
    let arm = |seed: u64, shift: u64| {
        let group = |i: u64| {
            let (x, n) = ((i * 37 + seed) % 101, 1 + (i * 7 + seed) % 5);
            let y = 3 * x + (i * 53 + seed * 11) % 89 + shift * n + 20 * n;
            ([y as f64, n as f64], [x as f64, ((i + seed) % 4) as f64])
        };
        (0..64).map(group).unzip()
    };
    let (a, past_a): (Vec<[f64; 2]>, Vec<[f64; 2]>) = arm(3, 0);
    let (b, past_b): (Vec<[f64; 2]>, Vec<[f64; 2]>) = arm(5, 15);
    let of = |groups, past| PastGroups {
        groups,
        past,
        units: 100,
    };
    let adjusted = AdjustedArms::new(&of(&a, &past_a), &of(&b, &past_b)).unwrap();
    let close = |found: f64, expected: f64| (found / expected - 1.0).abs() < 1e-12;
    assert!(close(adjusted.theta, 1.254_788_247_790_052_7));
    assert!(close(adjusted.control.ratio, 83.992_605_361_822_63));
    assert!(close(adjusted.control.variance, 28.014_099_655_348_364));
    assert!(close(adjusted.control.skewness, 0.048_880_833_244_461_2));
    assert!(close(adjusted.candidate.ratio, 98.902_760_027_058_8));
    assert!(close(adjusted.candidate.variance, 19.275_172_888_976_275));
    assert!(close(adjusted.candidate.skewness, 0.079_397_902_436_723_32));
    // Each arm has given half a degree of freedom.
    let test = GroupedT::planned(200.0, [1.0, 1.0], Alpha::FIVE_PERCENT).unwrap();
    let look = test
        .compare(&adjusted.control, &adjusted.candidate)
        .unwrap();
    let [v_a, v_b] = [adjusted.control.variance, adjusted.candidate.variance];
    let df = (v_a + v_b).powi(2) / ((v_a * v_a + v_b * v_b) / 62.5);
    assert!(close(look.df, df));
    let uneven = PastGroups {
        groups: &a,
        past: &past_b[..63],
        units: 1,
    };
    assert!(AdjustedArms::new(&uneven, &of(&b, &past_b)).is_err());
}

/// Returns how often equal arms are called different at 5 and 1 %, and how wide the interval is at
/// the end beside that without the past.
fn equal_arms(
    uneven: bool,
    share: f64,
    missing: f64,
    planned: f64,
    cap: u64,
    runs: u64,
) -> ([f64; 2], f64) {
    let alphas = [Alpha::FIVE_PERCENT, Alpha::ONE_PERCENT];
    let tests =
        alphas.map(|alpha| GroupedT::planned(planned, [1.0 - share, share], alpha).unwrap());
    let (mut wrong, mut widths) = ([0.0; 2], Vec::new());
    for seed in 0..runs {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut groups = [[[0.0; 2]; 256]; 2];
        let mut past = [[[0.0; 2]; 256]; 2];
        let mut units = [0; 2];
        let (mut called, mut next) = ([false; 2], 4);
        for unit in 1..=cap {
            let arm = usize::from(rng.random::<f64>() < share);
            let group = rng.random_range(0..256);
            let (x, own) = (normal(&mut rng), normal(&mut rng));
            // Correlated by .7; uneven values are exponentials of that.
            let y = 0.7 * x + 0.51_f64.sqrt() * own;
            let value = if uneven { (0.5 * y).exp() } else { y };
            let sums = &mut groups[arm][group];
            *sums = [sums[0] + value, sums[1] + 1.0];
            if rng.random::<f64>() >= missing {
                let sums = &mut past[arm][group];
                *sums = [sums[0] + x, sums[1] + 1.0];
            }
            units[arm] += 1;
            if unit < next {
                continue;
            }
            next = if unit < 64 {
                unit + 1
            } else {
                unit + unit * 6 / 100
            };
            let arms = [0, 1].map(|arm| PastGroups {
                groups: &groups[arm],
                past: &past[arm],
                units: units[arm],
            });
            let adjusted = AdjustedArms::new(&arms[0], &arms[1]).unwrap();
            for ((called, test), alpha) in called.iter_mut().zip(&tests).zip(alphas) {
                let look = test.compare(&adjusted.control, &adjusted.candidate);
                *called |= look.is_ok_and(|look| look.ln_e() >= -alpha.get().ln());
            }
            if unit * 106 / 100 >= cap {
                let raw = arms.each_ref().map(|arm| {
                    switchstand::stats::anytime::GroupedArm::new(arm.groups, arm.units).unwrap()
                });
                let raw = tests[0].compare(&raw[0], &raw[1]);
                let look = tests[0].compare(&adjusted.control, &adjusted.candidate);
                if let (Ok(raw), Ok(look)) = (raw, look) {
                    widths.push((look.standard_error / raw.standard_error).powi(2));
                }
            }
        }
        for (wrong, called) in wrong.iter_mut().zip(called) {
            *wrong += f64::from(u8::from(called)) / runs as f64;
        }
    }
    let mean = widths.iter().sum::<f64>() / widths.len().max(1) as f64;
    (wrong, mean)
}

#[test]
fn x1_equal_arms_adjusted_by_the_past_are_seldom_called_different() {
    for (uneven, share, missing) in [(false, 0.5, 0.0), (true, 0.5, 0.3), (false, 0.1, 0.3)] {
        let ([at_5, at_1], _) = equal_arms(uneven, share, missing, 200.0, 300, 500);
        assert!(
            at_5 <= limit(0.05, 500),
            "{uneven} {share} {missing}: {at_5}"
        );
        assert!(
            at_1 <= limit(0.01, 500),
            "{uneven} {share} {missing}: {at_1}"
        );
    }
}

#[test]
#[ignore = "1,000 runs of each cell take minutes; it writes the guide's table"]
fn x1_the_long_simulation_of_adjusted_metrics_writes_the_table_of_the_guide() {
    let runs = 1_000;
    println!("| values | missing | called different at .05, worst cell | at .01 | variance left |");
    println!("|---|---|---|---|---|");
    let mut over = Vec::new();
    for (name, uneven) in [("normal", false), ("log-normal, sigma .5", true)] {
        for missing in [0.0, 0.3] {
            let (mut worst, mut left) = ([0.0_f64; 2], 1.0);
            for share in [0.5, 0.1, 0.01] {
                for (planned, cap) in [(40.0, 400), (4_000.0, 6_000)] {
                    let (wrong, variance) = equal_arms(uneven, share, missing, planned, cap, runs);
                    worst = [worst[0].max(wrong[0]), worst[1].max(wrong[1])];
                    if share == 0.5 {
                        left = variance;
                    }
                }
            }
            println!(
                "| {name} | {missing} | {:.4} | {:.4} | {left:.2} |",
                worst[0], worst[1]
            );
            if worst[0] > limit(0.05, runs) || worst[1] > limit(0.01, runs) {
                over.push((name, missing));
            }
        }
    }
    assert!(over.is_empty(), "above the limit: {over:?}");
}
