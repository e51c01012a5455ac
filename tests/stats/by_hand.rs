//! Intervals, moments and plans against numbers that were worked out by other ways.
#![cfg(feature = "stats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use switchstand::stats::agreement::ConfusionMatrix;
use switchstand::stats::anytime::{LabelProcess, PairedTest, SampleRatioProcess};
use switchstand::stats::bayes::BetaLaw;
use switchstand::stats::means::{FiellerSet, fieller};
use switchstand::stats::planning::{self, Sides};
use switchstand::stats::ranks::{Zeros, signed_rank};
use switchstand::stats::rates::Events;
use switchstand::stats::special::{ln_normal_sf, noncentral_t_sf, t_sf};
use switchstand::stats::{
    Alpha, Alternative, HigherMoments, Moments, PValue, PairedCounts, PairedMoments, RatioMoments,
    Refusal, Sample, evidence, paired,
};

const FIVE: Alpha = Alpha::FIVE_PERCENT;
const TWO: Alternative = Alternative::TwoSided;
const Z_975: f64 = 1.959_963_984_540_054;

#[track_caller]
fn near(found: f64, expected: f64, relative: f64) {
    let within = relative * expected.abs().max(1e-3);
    assert!(
        (found - expected).abs() <= within,
        "{found}, not {expected}"
    );
}

/// Wilcoxon's interval: the k-th of all sorted averages of two, from either end.
#[test]
fn t1_the_interval_of_signed_ranks_is_two_of_the_sorted_averages() {
    let values = [
        -3.5, -1.25, 0.5, 1.75, 2.0, 2.5, 3.25, 4.0, 4.75, 6.5, 7.0, 8.25, 9.5, 12.0,
    ];
    let mut averages: Vec<f64> = (0..values.len())
        .flat_map(|i| values.iter().skip(i).map(move |y| 0.5 * (values[i] + y)))
        .collect();
    averages.sort_by(f64::total_cmp);
    let n = values.len() as f64;
    assert_eq!(averages.len(), 105);
    let sample = Sample::new(&values).unwrap();
    for (alternative, z) in [(TWO, Z_975), (Alternative::Greater, 1.644_853_626_951_472)] {
        let deviation = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt();
        let rank = (n * (n + 1.0) / 4.0 - z * deviation).floor() as usize;
        let found = signed_rank(&sample, Zeros::Drop, FIVE, alternative).unwrap();
        assert_eq!(found.effect, averages[52]);
        assert_eq!(found.interval.lower, averages[rank - 1]);
        if alternative == TWO {
            assert_eq!(found.interval.upper, averages[105 - rank]);
        }
    }
}

/// The ends are the ratios at which `m_b - r m_a` is as many standard errors from 0 as allowed.
#[test]
fn t1_the_ends_of_a_fieller_set_are_the_roots_of_its_quadratic() {
    let (mut bounded, mut outside) = (0, 0);
    for ((mean_a, var_a), (mean_b, var_b)) in [
        ((10.0, 400.0), (12.0, 300.0)),
        ((-10.0, 400.0), (-12.0, 300.0)),
        ((1.0, 90.0), (30.0, 100.0)),
        ((-1.5, 90.0), (40.0, 100.0)),
        ((1.5, 90.0), (-40.0, 100.0)),
    ] {
        let control = Moments::from_summary(50, mean_a, var_a).unwrap();
        let candidate = Moments::from_summary(40, mean_b, var_b).unwrap();
        let (e_a, e_b) = (var_a / 50.0, var_b / 40.0);
        let reach = Z_975 * Z_975;
        // (m_a^2 - z^2 A) r^2 - 2 m_a m_b r + (m_b^2 - z^2 B) = 0.
        let (a, b, c) = (
            mean_a * mean_a - reach * e_a,
            -2.0 * mean_a * mean_b,
            mean_b * mean_b - reach * e_b,
        );
        let root = (b * b - 4.0 * a * c).sqrt();
        let ratios = [(-b - root) / (2.0 * a), (-b + root) / (2.0 * a)];
        // The lift is relative to the size of the control's mean.
        let lifts = ratios.map(|r: f64| (r - 1.0) * f64::signum(mean_a));
        let (low, high) = (lifts[0].min(lifts[1]), lifts[0].max(lifts[1]));
        match fieller(&control, &candidate, FIVE).unwrap() {
            FiellerSet::Bounded(interval) => {
                bounded += 1;
                near(interval.lower, low, 1e-10);
                near(interval.upper, high, 1e-10);
            }
            FiellerSet::Outside {
                lower,
                upper,
                level,
            } => {
                outside += 1;
                near(lower, low, 1e-10);
                near(upper, high, 1e-10);
                near(level, 0.95, 1e-15);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((bounded, outside), (2, 3));
}

/// At either end of the interval the mean likelihood ratio is `1 / alpha`, here by factorials.
#[test]
fn t1_the_ends_of_an_anytime_odds_ratio_are_where_its_evidence_suffices() {
    let ln_factorial = |n: u64| (1..=n).map(|k| (k as f64).ln()).sum::<f64>();
    let ln_beta =
        |a: u64, b: u64| ln_factorial(a - 1) + ln_factorial(b - 1) - ln_factorial(a + b - 1);
    let test = PairedTest::with_concentration(20.0).unwrap();
    for (better, worse) in [(30, 10), (12, 40), (1, 0), (7, 7)] {
        let pairs = PairedCounts::new(100, worse, better, 50).unwrap();
        let found = test.difference(&pairs, FIVE).unwrap();
        let marginal = ln_beta(10 + better, 10 + worse) - ln_beta(10, 10);
        for odds in [found.interval.lower, found.interval.upper] {
            if odds == 0.0 || odds.is_infinite() {
                continue;
            }
            let share = odds / (1.0 + odds);
            let ln_e = marginal - better as f64 * share.ln() - worse as f64 * (1.0 - share).ln();
            near(ln_e, 20.0_f64.ln(), 1e-9);
        }
        assert!(found.interval.lower < found.effect && found.effect <= found.interval.upper);
        let at_even = marginal + (better + worse) as f64 * 2.0_f64.ln();
        assert!(
            (found.ln_e - at_even).abs() < 1e-12,
            "{} {at_even}",
            found.ln_e
        );
    }
}

#[test]
fn t1_only_regressions_leave_no_better_difference_than_all_of_them() {
    let all_worse = PairedCounts::new(0, 12, 0, 0).unwrap();
    let found = paired::mcnemar_exact(&all_worse, FIVE, TWO).unwrap();
    assert_eq!((found.effect, found.interval.lower), (-1.0, -1.0));
    assert!(found.interval.upper > -1.0 && found.interval.upper < 0.0);
    let all_better = PairedCounts::new(0, 0, 12, 0).unwrap();
    let turned = paired::mcnemar_exact(&all_better, FIVE, TWO).unwrap();
    assert_eq!((turned.effect, turned.interval.upper), (1.0, 1.0));
    near(turned.interval.lower, -found.interval.upper, 1e-12);
}

/// Both deviate from a mean that no number is, by twice as much in the second list.
#[test]
fn t1_the_covariance_of_a_block_is_about_the_means_and_not_the_rounded_ones() {
    let first = 2.0_f64.powi(53);
    let mut x = vec![first; 300];
    x.extend(vec![first + 2.0; 600]);
    let y: Vec<f64> = x.iter().map(|x| 2.0 * x).collect();
    // 300 values lie 4/3 below the mean, 600 lie 2/3 above.
    let squares = 300.0 * 16.0 / 9.0 + 600.0 * 4.0 / 9.0;
    let mut pairs = PairedMoments::new();
    pairs.extend_from_slices(&x, &y).unwrap();
    near(pairs.covariance().unwrap(), 2.0 * squares / 899.0, 1e-12);
    near(pairs.correlation().unwrap(), 1.0, 1e-12);
    let mut ratio = RatioMoments::new();
    ratio.extend_from_slices(&x, &y).unwrap();
    near(ratio.covariance().unwrap(), 2.0 * squares / 899.0, 1e-12);
}

#[test]
fn t1_sums_of_whole_numbers_give_mean_and_variance() {
    let moments = Moments::from_integer_sums(4, 10, 30).unwrap();
    near(moments.mean().unwrap(), 2.5, 1e-15);
    near(moments.variance().unwrap(), 5.0 / 3.0, 1e-15);
}

#[test]
fn t4_the_mean_of_sums_lies_from_the_least_to_the_greatest_value_both_included() {
    for value in [3.0_f64, -3.0, 0.0] {
        let powers = [1, 2, 3, 4].map(|power| value.powi(power));
        let found = HigherMoments::from_sums(1, powers, (value, value)).unwrap();
        assert_eq!((found.n(), found.mean()), (1, Some(value)));
    }
    let powers = [1, 2, 3, 4].map(|power| 3.0_f64.powi(power));
    for ends in [(3.1, 4.0), (1.0, 2.9)] {
        let refused = HigherMoments::from_sums(1, powers, ends);
        assert!(
            matches!(refused, Err(Refusal::OutOfRange { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn t1_a_belief_spreads_as_its_law_does() {
    for (a, b) in [(1.0_f64, 1.0_f64), (2.5, 7.5), (40.0, 3.0)] {
        let law = BetaLaw::new(a, b).unwrap();
        let variance = a * b / ((a + b) * (a + b) * (a + b + 1.0));
        near(law.standard_deviation(), variance.sqrt(), 1e-14);
        near(law.mean(), a / (a + b), 1e-14);
    }
}

#[test]
fn t4_more_events_than_a_number_holds_exactly_are_refused() {
    assert!(Events::new(1 << 53, 1.0).is_ok());
    for count in [(1 << 53) + 1, u64::MAX] {
        let refused = Events::new(count, 1.0);
        assert!(
            matches!(refused, Err(Refusal::Overflow { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn t1_the_power_of_a_plan_of_means_has_both_tails() {
    let (deviations, units) = ([3.0, 4.0], [900, 1_600]);
    // 9 / 900 + 16 / 1600 is 0.02.
    let error = 0.02_f64.sqrt();
    let power = |difference: f64, sides| {
        planning::means::power(difference, deviations, units, FIVE, sides).unwrap()
    };
    // Nothing to find is found in 5 of 100, half of them on the wrong side.
    near(power(1e-12, Sides::Two), 0.05, 1e-9);
    near(power(1e-12, Sides::One), 0.05, 1e-9);
    for sign in [1.0, -1.0] {
        near(
            power(sign * (Z_975 + 0.841_621_233_572_914) * error, Sides::Two),
            0.8,
            2e-6,
        );
        near(
            power(sign * 1.644_853_626_951_472 * error, Sides::One),
            0.5,
            1e-12,
        );
    }
}

#[test]
fn t2_answers_counted_one_by_one_make_the_matrix_of_their_counts() {
    let rows = [[5, 2, 0], [1, 7, 3], [4, 0, 6]];
    let mut one_by_one = ConfusionMatrix::new(3).unwrap();
    for (control, row) in rows.iter().enumerate() {
        for (candidate, &count) in row.iter().enumerate() {
            for _ in 0..count {
                one_by_one.record(control, candidate).unwrap();
            }
        }
    }
    let whole = ConfusionMatrix::from_rows(&rows).unwrap();
    assert_eq!((one_by_one.n(), one_by_one.count(1, 2)), (28, Some(3)));
    assert_eq!(one_by_one, whole);
    let before = one_by_one.clone();
    assert!(one_by_one.record(3, 0).is_err() && one_by_one.record(0, 3).is_err());
    assert_eq!(one_by_one, before);
}

#[test]
fn t4_what_lies_on_an_open_end_is_refused() {
    for share in [0.0, 1.0, -0.5, 1.5, f64::NAN] {
        assert!(LabelProcess::new(share).is_err(), "{share}");
    }
    let p = PValue::try_from(0.01).unwrap();
    for kappa in [0.0, 1.0, -0.5, 1.5, f64::NAN] {
        assert!(evidence::from_p(p, kappa).is_err(), "{kappa}");
    }
    let mut arms = SampleRatioProcess::new(&[1.0, 1.0]).unwrap();
    assert!(arms.record(0, (1 << 53) + 1).is_err());
    assert!(arms.record(1, 1 << 53).is_ok());
    assert!(arms.record(0, 1).is_err());
    assert_eq!(arms.n(), 1 << 53);
}

#[test]
fn t1_a_noncentral_t_turns_round_with_its_signs() {
    for (t, df, delta) in [(-1.5, 10.0, 0.7), (-0.2, 3.0, -2.0), (-4.0, 60.0, -3.0)] {
        let turned = 1.0 - noncentral_t_sf(-t, df, -delta);
        near(noncentral_t_sf(t, df, delta), turned, 1e-12);
        near(noncentral_t_sf(t, df, 0.0), t_sf(t, df), 1e-11);
    }
}

/// `ln P(Z > z)` lies between `-z^2/2 - ln(z sqrt(2 pi))` and what `1/z^2` takes from it.
#[test]
fn t1_the_logarithm_of_a_normal_tail_goes_on_as_far_as_its_square() {
    for z in [1e3_f64, 1e50, 1e99, 1e101, 1e150] {
        let expected = -0.5 * z * z - z.ln() - 0.5 * core::f64::consts::TAU.ln();
        near(ln_normal_sf(z), expected, 1e-11);
    }
}
