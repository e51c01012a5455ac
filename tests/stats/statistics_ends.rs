//! The ends of the statistics: rates near 0 and 1, counts of nothing, values near the least number.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use switchstand::stats::agreement::{ConfusionMatrix, Weights, cohen_kappa};
use switchstand::stats::anytime::{
    Running, RunningIntersection, SampleRatioProcess, rate_interval,
};
use switchstand::stats::bayes::{BetaLaw, best_of_rates};
use switchstand::stats::covariate::{CovariateMoments, PreRelease, adjust};
use switchstand::stats::quantiles::{QuantileType, quantile};
use switchstand::stats::{
    Alpha, Alternative, Counts, HigherMoments, Histogram, Moments, PairedMoments, RatioMoments,
    Sample, Statistic, compare, means, paired, proportions, ranks, ratios,
};

const ALPHA: Alpha = Alpha::FIVE_PERCENT;
const TWO: Alternative = Alternative::TwoSided;

fn counts(successes: u64, trials: u64) -> Counts {
    Counts::new(successes, trials).unwrap()
}

fn moments(values: &[f64]) -> Moments {
    let mut moments = Moments::new();
    moments.extend_from_slice(values).unwrap();
    moments
}

/// `ln E` of one event among `n` at the rate `p`, by the ratio of two gamma functions.
fn ln_e_of_one_event(n: f64, p: f64) -> f64 {
    let rest = n - 1.0;
    let ln_gammas = -1.5 * rest.ln() + (-1.125 / rest).ln_1p();
    // Gamma(3/2) / B(1/2, 1/2).
    let constant = (core::f64::consts::PI.sqrt() / 2.0 / core::f64::consts::PI).ln();
    constant + ln_gammas - p.ln() - rest * (-p).ln_1p()
}

#[test]
fn t1_a_rates_interval_ends_where_its_evidence_does_however_near_0_or_1() {
    for (n, alpha) in [
        (1_000_000_000_000, 1e-9),
        (100, 1e-20),
        (100_000, 1e-12),
        (10_000_000, 1e-6),
        (1_000_000_000, 0.001),
        (1_000, 1e-300),
    ] {
        let alpha = Alpha::new(alpha).unwrap();
        let rare = rate_interval(&counts(1, n), alpha).unwrap();
        let found = ln_e_of_one_event(n as f64, rare.lower);
        let slack = 1e-8 + 2.0 / (n as f64 * n as f64);
        assert!((found + alpha.get().ln()).abs() < slack, "{n}: {found}");
        let common = rate_interval(&counts(n - 1, n), alpha).unwrap();
        let upper = 1.0 - rare.lower;
        assert!(common.upper == upper || common.upper == upper.next_up());
        assert!(1.0 - common.upper <= rare.lower);
    }
}

#[test]
fn t1_a_log_rate_ratio_keeps_its_digits_where_the_share_is_next_to_0() {
    let mut process = SampleRatioProcess::with_concentration(&[0.5, 0.5], 1.0).unwrap();
    process.record(0, 1_000_000).unwrap();
    process.record(1, 1).unwrap();
    let mut mirrored = SampleRatioProcess::with_concentration(&[0.5, 0.5], 1.0).unwrap();
    mirrored.record(0, 1).unwrap();
    mirrored.record(1, 1_000_000).unwrap();
    let alpha = Alpha::new(1e-15).unwrap();
    let (one, other) = (
        process.ln_rate_ratio_interval(alpha).unwrap(),
        mirrored.ln_rate_ratio_interval(alpha).unwrap(),
    );
    assert!((one.lower + other.upper).abs() < 1e-9, "{one:?} {other:?}");
    assert!((one.upper + other.lower).abs() < 1e-9, "{one:?} {other:?}");
    // With a concentration of 1 it is the interval of a rate.
    let rate = rate_interval(&counts(1, 1_000_001), alpha).unwrap();
    let ln_odds = rate.lower.ln() - (-rate.lower).ln_1p();
    assert!((one.lower - ln_odds).abs() < 1e-9);
    let found = ln_e_of_one_event(1_000_001.0, rate.lower);
    assert!((found + alpha.get().ln()).abs() < 1e-8, "{found}");
}

#[test]
fn t1_score_tests_agree_when_successes_and_failures_are_swapped() {
    for (x, n, y, m) in [
        (3, 1_000_000_000_000_u64, 1, 1_000_000_000_000_u64),
        (30, 10_000_000_000, 55, 10_000_000_000),
        (900, 100_000_000, 1_050, 100_000_001),
        (0, 1_000, 4, 1_000),
        (3, 20, 9, 15),
    ] {
        let test = |x, y, side| {
            let (a, b) = (counts(x, n), counts(y, m));
            proportions::miettinen_nurminen(&a, &b, ALPHA, side).unwrap()
        };
        let rare = test(x, y, Alternative::Greater);
        let common = test(n - x, m - y, Alternative::Less);
        assert!((rare.p.ln_p / common.p.ln_p - 1.0).abs() < 1e-14);
        let (rare, common) = (test(x, y, TWO), test(n - x, m - y, TWO));
        assert!((rare.interval.lower + common.interval.upper).abs() < 1e-14);
        // The score of no difference has a closed form, in whole numbers of failures.
        let (s, total) = ((x + y) as f64, (n + m) as f64);
        let variance = s / total * (1.0 - s / total) * (1.0 / n as f64 + 1.0 / m as f64);
        let cross = i128::from(y) * i128::from(n) - i128::from(x) * i128::from(m);
        let z = cross as f64 / n as f64 / m as f64 / (variance * total / (total - 1.0)).sqrt();
        let Statistic::Normal { z: found } = common.statistic else {
            panic!("the statistic is not normal")
        };
        assert!((found + z).abs() < 1e-13 * z.abs(), "{found} {z}");
    }
}

#[test]
fn t1_non_inferiority_keeps_its_digits_at_rates_near_1() {
    // The likeliest failure rates q and q + margin, by bisection of the score.
    let (n, x, y, margin) = (1e10, 20.0_f64, 35.0, 1e-8);
    let (mut low, mut high) = (0.0, 1e-6);
    for _ in 0..300 {
        let q = 0.5 * (low + high);
        let r: f64 = q + margin;
        let score = x / q - (n - x) / (1.0 - q) + y / r - (n - y) / (1.0 - r);
        if score > 0.0 { low = q } else { high = q }
    }
    let r = low + margin;
    let error = ((low * (1.0 - low) + r * (1.0 - r)) / n).sqrt();
    let z = ((x - y) / n + margin) / error;
    let (a, b) = (
        counts(9_999_999_980, 10_000_000_000),
        counts(9_999_999_965, 10_000_000_000),
    );
    let test = proportions::non_inferiority(&a, &b, margin, ALPHA).unwrap();
    let Statistic::Normal { z: found } = test.statistic else {
        panic!("the statistic is not normal")
    };
    assert!((found - z).abs() < 1e-11 * z, "{found} {z}");
}

/// R 4.2.2 and numpy 2.4.6 have these.
#[test]
fn t1_nine_tenths_of_ten_values_is_the_ninth() {
    let of = |n: u64, p, by| {
        let values: Vec<f64> = (1..=n).map(|value| value as f64).collect();
        quantile(&Sample::new(&values).unwrap(), p, by).unwrap()
    };
    for (n, p, first, second) in [
        (10, 0.9, 9.0, 9.5),
        (30, 0.1, 3.0, 3.5),
        (100, 0.29, 29.0, 29.5),
        (100, 0.07, 7.0, 7.5),
        (10, 0.15, 2.0, 2.0),
        (10, 0.9_f64.next_up(), 10.0, 10.0),
        (10, 0.9_f64.next_down(), 9.0, 9.0),
    ] {
        assert_eq!(of(n, p, QuantileType::InverseCdf), first, "{p} of {n}");
        assert_eq!(
            of(n, p, QuantileType::AveragedInverseCdf),
            second,
            "{p} of {n}"
        );
    }
    let mut histogram = Histogram::with_relative_error(0.001).unwrap();
    for value in 1..=100 {
        histogram.record(f64::from(value)).unwrap();
    }
    assert!((histogram.quantile(0.07).unwrap() - 7.0).abs() <= 0.01);
}

#[test]
fn t4_two_arms_without_any_event_are_undecided_with_an_interval() {
    for events in [0, 1_000] {
        let arm = counts(events, 1_000);
        let read_out = compare::two_arms(&arm, &arm, [1.0, 1.0], ALPHA).unwrap();
        let interval = read_out.effect.interval;
        // The root of D = z sqrt(N / (N - 1) D (1 - D) / n): one arm's rate is 0 there.
        let odds = 1.959_963_984_540_054_f64.powi(2) * 2_000.0 / 1_999.0 / 1_000.0;
        let end = odds / (1.0 + odds);
        assert!((interval.upper - end).abs() < 1e-12, "{interval:?}");
        assert!((interval.lower + end).abs() < 1e-12, "{interval:?}");
        assert_eq!(read_out.effect.p.value, 1.0);
        assert!(read_out.to_string().starts_with("UNDECIDED"));
    }
}

#[test]
fn t1_a_relative_lift_has_the_sign_of_the_difference() {
    let arm = |mean| Moments::from_summary(400, mean, 4.0).unwrap();
    for (control, candidate, lift) in [(-10.0, -11.0, -0.1), (-10.0, -9.0, 0.1), (10.0, 9.0, -0.1)]
    {
        let (a, b) = (arm(control), arm(candidate));
        let test = means::relative_lift(&a, &b, ALPHA, Alternative::Greater).unwrap();
        assert!((test.effect - lift).abs() < 1e-12);
        assert_eq!(test.is_significant(), lift > 0.0);
        let set = means::fieller(&a, &b, ALPHA).unwrap().interval().unwrap();
        assert!(set.lower < lift && lift < set.upper && set.contains(0.0) == (lift == 0.0));
        let read_out = compare::two_arms(&a, &b, [1.0, 1.0], ALPHA).unwrap();
        assert!((read_out.relative.unwrap().effect - lift).abs() < 1e-12);
        let units = |mean: f64| {
            let mut units = RatioMoments::new();
            let tops = [mean - 1.0, mean, mean + 1.0, mean, mean];
            units.extend_from_slices(&tops, &[1.0; 5]).unwrap();
            units
        };
        let (a, b) = (units(control), units(candidate));
        let test = ratios::relative_lift(&a, &b, ALPHA, Alternative::Greater).unwrap();
        assert!((test.effect - lift).abs() < 1e-12);
    }
    // Mirroring both arms mirrors Fieller's set.
    let (a, b) = (Moments::from_summary(9, 3.0, 4.0).unwrap(), arm(5.0));
    let (c, d) = (Moments::from_summary(9, -3.0, 4.0).unwrap(), arm(-5.0));
    let one = means::fieller(&a, &b, ALPHA).unwrap().interval().unwrap();
    let other = means::fieller(&c, &d, ALPHA).unwrap().interval().unwrap();
    assert!((one.lower + other.upper).abs() < 1e-12 && (one.upper + other.lower).abs() < 1e-12);
}

#[test]
fn t1_p_alone_is_the_p_of_the_test() {
    let a = Sample::new(&[1.0, 2.0, 2.0, 5.0, 9.0, 4.0, 4.0]).unwrap();
    let b = Sample::new(&[3.0, 2.0, 7.0, 8.0, 8.0, 11.0]).unwrap();
    let differences = Sample::new(&[0.0, -1.0, 2.0, 2.0, 5.0, -3.0, 4.0]).unwrap();
    for side in [TWO, Alternative::Greater, Alternative::Less] {
        let test = ranks::mann_whitney(&a, &b, ALPHA, side).unwrap();
        assert_eq!(ranks::u_statistic(&a, &b).p_value(side).unwrap(), test.p);
        for zeros in [ranks::Zeros::Drop, ranks::Zeros::Rank] {
            let test = ranks::signed_rank(&differences, zeros, ALPHA, side).unwrap();
            let sums = ranks::signed_rank_statistic(&differences, zeros).unwrap();
            assert_eq!(sums.p_value(side), test.p);
        }
    }
    assert!(ranks::u_statistic(&tied(), &tied()).p_value(TWO).is_err());
}

fn tied() -> Sample {
    Sample::new(&[1.0, 1.0]).unwrap()
}

/// The largest of independent rates with the laws Beta(a, 1) is the `i`-th with probability
/// `a_i / sum a`, and has the law Beta(sum a, 1).
#[test]
fn t1_the_best_of_many_arms_agrees_with_a_closed_form() {
    for k in [2_u32, 32, 64] {
        let arms: Vec<BetaLaw> = (1..=k)
            .map(|a| BetaLaw::new(a.into(), 1.0).unwrap())
            .collect();
        let best = best_of_rates(&arms).unwrap();
        let sum = f64::from(k * (k + 1) / 2);
        for (a, probability) in (1..=k).zip(&best.probability) {
            assert!(
                (probability - f64::from(a) / sum).abs() < 1e-10,
                "{a} of {k}"
            );
        }
        assert!((best.expected_best - sum / (sum + 1.0)).abs() < 1e-10);
    }
}

#[test]
fn t4_kappa_is_0_where_both_agreements_are_equal_whatever_the_answers() {
    let apart: &[&[u64]] = &[&[0, 5], &[0, 0]];
    let one_sided: &[&[u64]] = &[&[5, 3], &[0, 0]];
    for (rows, agreement) in [(apart, 0.0), (one_sided, 0.625)] {
        let matrix = ConfusionMatrix::from_rows(rows).unwrap();
        for weights in [Weights::Identity, Weights::Linear, Weights::Quadratic] {
            let kappa = cohen_kappa(&matrix, weights, ALPHA).unwrap();
            assert_eq!(kappa.observed_agreement, agreement);
            assert_eq!(kappa.expected_agreement, agreement);
            assert_eq!((kappa.test.effect, kappa.test.p.value), (0.0, 1.0));
            assert_eq!(
                (kappa.test.standard_error, kappa.null_standard_error),
                (0.0, 0.0)
            );
            assert!(!kappa.test.is_significant());
        }
    }
}

#[test]
fn an_empty_running_intersection_tells_both_of_its_ends() {
    let interval = |events| rate_interval(&counts(events, 1_000), ALPHA).unwrap();
    let mut running = RunningIntersection::new();
    running.look(interval(100)).unwrap();
    let Running::Drift(crossed) = running.look(interval(500)).unwrap() else {
        panic!("the intervals do not overlap")
    };
    assert_eq!(crossed.lower, interval(500).lower);
    assert_eq!(crossed.upper, interval(100).upper);
    assert!(crossed.is_empty());
    assert_eq!(running.running(), Some(Running::Drift(crossed)));
}

/// Values that are tiny, and the same ones times a power of two.
const VALUES: [f64; 9] = [3.0, 1.5, 0.0, 7.25, -2.5, 4.0, 1.0, 12.0, 0.5];

/// Powers of two by which nothing of `VALUES` is lost, down to the least numbers.
const EXPONENTS: [i32; 6] = [-160, -300, -540, -700, -900, -1_060];

fn scaled(exponent: i32) -> Vec<f64> {
    let (half, rest) = (exponent / 2, exponent - exponent / 2);
    VALUES
        .map(|value| value * 2.0_f64.powi(half) * 2.0_f64.powi(rest))
        .to_vec()
}

fn unscaled(number: f64, exponent: i32) -> f64 {
    let (half, rest) = (-exponent / 2, -exponent + exponent / 2);
    number * 2.0_f64.powi(half) * 2.0_f64.powi(rest)
}

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-12 * expected.abs()
}

#[test]
fn t2_the_spread_of_tiny_values_does_not_underflow_however_they_are_split() {
    let plain = moments(&VALUES);
    let mut shape = HigherMoments::new();
    shape.extend_from_slice(&VALUES).unwrap();
    for exponent in EXPONENTS {
        let values = scaled(exponent);
        for cut in 0..=values.len() {
            let (left, right) = values.split_at(cut);
            let mut found = moments(left);
            right.iter().for_each(|&value| found.record(value).unwrap());
            let mut merged = moments(left);
            merged.merge(&moments(right)).unwrap();
            let mut higher = HigherMoments::new();
            higher.extend_from_slice(left).unwrap();
            let mut rest = HigherMoments::new();
            rest.extend_from_slice(right).unwrap();
            higher.merge(&rest).unwrap();
            let deviation = plain.standard_deviation().unwrap();
            // Near the least number the answer itself has few digits.
            let digits = if exponent < -1_020 { 0.02 } else { 1e-12 };
            for sd in [
                found.standard_deviation(),
                merged.standard_deviation(),
                higher.standard_deviation(),
            ] {
                let back = unscaled(sd.unwrap(), exponent);
                assert!(
                    (back / deviation - 1.0).abs() < digits,
                    "2^{exponent}, {cut}"
                );
            }
            assert!(near(higher.skewness().unwrap(), shape.skewness().unwrap()));
            let kurtosis = shape.excess_kurtosis().unwrap();
            assert!(near(higher.excess_kurtosis().unwrap(), kurtosis));
        }
    }
}

#[test]
fn t2_tiny_pairs_keep_their_correlation_and_tests_their_statistic() {
    let others: Vec<f64> = VALUES.iter().rev().map(|value| value + 1.0).collect();
    let mut plain = PairedMoments::new();
    plain.extend_from_slices(&VALUES, &others).unwrap();
    let mut ratio = RatioMoments::new();
    ratio.extend_from_slices(&VALUES, &others).unwrap();
    for exponent in [-160, -540, -900] {
        let x = scaled(exponent);
        let back = |y: &f64| unscaled(*y, -exponent);
        let tiny: Vec<f64> = others.iter().map(back).collect();
        // Tiny beside ordinary values, and both tiny.
        for y in [&others, &tiny] {
            let (mut bulk, mut single) = (PairedMoments::new(), PairedMoments::new());
            bulk.extend_from_slices(&x[..4], &y[..4]).unwrap();
            let mut rest = PairedMoments::new();
            rest.extend_from_slices(&x[4..], &y[4..]).unwrap();
            bulk.merge(&rest).unwrap();
            for (&x, &y) in x.iter().zip(y) {
                single.record(x, y).unwrap();
            }
            let mut units = RatioMoments::new();
            units.extend_from_slices(&x, y).unwrap();
            let expected = plain.correlation().unwrap();
            assert!(near(bulk.correlation().unwrap(), expected));
            assert!(near(single.correlation().unwrap(), expected));
            assert!(near(units.correlation().unwrap(), expected));
        }
        let mut units = RatioMoments::new();
        units.extend_from_slices(&x, &tiny).unwrap();
        let expected = ratios::variance(&ratio).unwrap();
        assert!(near(ratios::variance(&units).unwrap(), expected));
        let mut pairs = PairedMoments::new();
        pairs.extend_from_slices(&x, &tiny).unwrap();
        let test = paired::paired_t(&pairs.difference(), ALPHA, TWO).unwrap();
        let expected = paired::paired_t(&plain.difference(), ALPHA, TWO).unwrap();
        assert!(near(test.p.value, expected.p.value));
        let test = means::welch(&moments(&x), &moments(&tiny), ALPHA, TWO).unwrap();
        let expected = means::welch(&moments(&VALUES), &moments(&others), ALPHA, TWO).unwrap();
        assert!(near(test.p.value, expected.p.value));
    }
}

#[test]
fn t2_ordinary_values_after_tiny_ones_and_zeros_count_as_ever() {
    let mut mixed = moments(&[0.0, 0.0]);
    mixed.extend_from_slice(&scaled(-900)).unwrap();
    mixed.record(1e-120).unwrap();
    mixed.merge(&moments(&[1.0, 3.0])).unwrap();
    mixed.record(5.0).unwrap();
    let mut expected = moments(&[0.0; 12]);
    expected.extend_from_slice(&[1.0, 3.0, 5.0]).unwrap();
    assert!(near(mixed.mean().unwrap(), expected.mean().unwrap()));
    assert!(near(
        mixed.variance().unwrap(),
        expected.variance().unwrap()
    ));
    // A constant does not vary, however small it is.
    assert_eq!(moments(&[1e-300; 300]).standard_deviation(), Some(0.0));
    let from_rows = Moments::from_summary(9, 1e-170, 1e-300).unwrap();
    let mut twice = from_rows;
    twice.merge(&from_rows).unwrap();
    assert!(near(
        twice.standard_deviation().unwrap(),
        1e-150 * (16.0_f64 / 17.0).sqrt()
    ));
}

#[cfg(feature = "serde")]
#[test]
fn t2_tiny_moments_are_stored_with_their_scale() {
    for exponent in [0, -160, -540, -900] {
        let values = scaled(exponent);
        let moments = moments(&values);
        let mut higher = HigherMoments::new();
        higher.extend_from_slice(&values).unwrap();
        let mut pairs = PairedMoments::new();
        pairs.extend_from_slices(&values, &VALUES).unwrap();
        let stored = serde_json::to_string(&(moments, higher, pairs)).unwrap();
        assert_eq!(
            stored.contains("\"version\":2"),
            exponent == -160,
            "{stored}"
        );
        let back: (Moments, HigherMoments, PairedMoments) = serde_json::from_str(&stored).unwrap();
        assert_eq!(back, (moments, higher, pairs));
    }
    let unknown = r#"{"version":5,"n":0,"mean":0.0,"mean_low":0.0,"m2":0.0}"#;
    assert!(serde_json::from_str::<Moments>(unknown).is_err());
}

#[test]
fn t4_an_adjustment_by_the_past_keeps_its_digits_for_the_smallest_numbers() {
    let arm = |x: f64, y: f64, shift: u32| {
        let mut arm = CovariateMoments::new();
        for unit in 0..40_u32 {
            let before = f64::from(unit * 37 % 23);
            let metric = 2.0 * before + f64::from(unit * 11 % 17 + shift);
            arm.record(PreRelease::new(before * x), metric * y).unwrap();
        }
        arm
    };
    let adjusted = |x, y| adjust(&arm(x, y, 0), &arm(x, y, 3)).unwrap();
    let plain = adjusted(1.0, 1.0);
    let expected = plain.test(ALPHA, TWO).unwrap();
    let small = |power: i32| 2.0_f64.powi(power);
    for (x, y) in [(-540, 0), (0, -540), (-540, -540), (-700, -900), (40, -600)] {
        let (x, y) = (small(x), small(y));
        let found = adjusted(x, y);
        let close = |found: f64, expected: f64| (found / expected - 1.0).abs() < 1e-12;
        assert!(close(found.theta * (x / y), plain.theta), "{x} {y}");
        assert!(close(found.theta_within * (x / y), plain.theta_within));
        assert!(close(found.effect / y, plain.effect), "{x} {y}");
        assert!(close(found.standard_error / y, plain.standard_error));
        assert!(close(
            found.raw_standard_error / y,
            plain.raw_standard_error
        ));
        assert_eq!(found.variance_reduction, plain.variance_reduction);
        let test = found.test(ALPHA, TWO).unwrap();
        assert!((test.p.ln_p - expected.p.ln_p).abs() < 1e-9, "{x} {y}");
    }
}
