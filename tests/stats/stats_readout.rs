//! The read-out of two arms, and the check of their sizes.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use switchstand::stats::compare::{TwoArmsVerdict, two_arms};
use switchstand::stats::{Alpha, Counts, Moments, sample_ratio};

const ALPHA: Alpha = Alpha::FIVE_PERCENT;

fn counts(successes: u64, trials: u64) -> Counts {
    Counts::new(successes, trials).unwrap()
}

#[test]
fn t5_no_verdict_while_the_sample_ratio_does_not_match() {
    // An enormous effect, and 10 000 units against 9 000 where equal arms were configured.
    let (a, b) = (counts(100, 10_000), counts(900, 9_000));
    let readout = two_arms(&a, &b, [1.0, 1.0], ALPHA).unwrap();
    assert!(readout.effect.is_significant());
    assert_eq!(readout.verdict, TwoArmsVerdict::Withheld);
    let text = readout.to_string();
    assert!(text.starts_with("NO VERDICT"), "{text}");
    // The same arms under the weights that they really had.
    let readout = two_arms(&a, &b, [10.0, 9.0], ALPHA).unwrap();
    assert_eq!(readout.verdict, TwoArmsVerdict::Higher);
}

#[test]
fn the_verdict_names_the_direction() {
    let (low, high) = (counts(480, 10_000), counts(620, 10_000));
    let verdict = |a: &Counts, b: &Counts| two_arms(a, b, [1.0, 1.0], ALPHA).unwrap().verdict;
    assert_eq!(verdict(&low, &high), TwoArmsVerdict::Higher);
    assert_eq!(verdict(&high, &low), TwoArmsVerdict::Lower);
    assert_eq!(
        verdict(&low, &counts(490, 10_000)),
        TwoArmsVerdict::Undecided
    );
}

#[test]
fn a_direction_needs_p_and_interval_to_agree() {
    for xa in 0..=40 {
        for xb in 0..=40 {
            let Ok(readout) = two_arms(&counts(xa, 40), &counts(xb, 40), [1.0, 1.0], ALPHA) else {
                continue;
            };
            let stated = matches!(
                readout.verdict,
                TwoArmsVerdict::Higher | TwoArmsVerdict::Lower
            );
            let excludes = !readout.effect.interval.contains(0.0);
            assert_eq!(
                stated,
                readout.effect.is_significant() && excludes,
                "{readout}"
            );
        }
    }
}

#[test]
fn small_counts_get_the_score_test() {
    let method = |x: u64| {
        let readout = two_arms(&counts(x, 1000), &counts(x + 2, 1000), [1.0, 1.0], ALPHA);
        readout.unwrap().effect.method
    };
    assert!(method(3).starts_with("Miettinen"));
    assert!(method(5).starts_with("pooled"));
}

#[test]
fn a_percentage_needs_a_control_that_is_not_zero() {
    let arm = |mean: f64| Moments::from_summary(1000, mean, 4.0).unwrap();
    let relative = |a: f64, b: f64| {
        two_arms(&arm(a), &arm(b), [1.0, 1.0], ALPHA)
            .unwrap()
            .relative
    };
    let effect = relative(2.0, 3.0).unwrap();
    assert!((effect.effect - 0.5).abs() < 1e-12 && effect.lower < 0.5 && effect.upper > 0.5);
    assert_eq!(relative(0.01, 3.0), None);
}

#[test]
fn the_text_can_be_pasted_into_a_review() {
    let readout = two_arms(
        &counts(480, 10_000),
        &counts(577, 10_050),
        [1.0, 1.0],
        ALPHA,
    )
    .unwrap();
    let expected = "\
The candidate's rate is HIGHER than the control's: the difference lies between +0.3228 pp and +1.561 pp.
  difference of rates +0.9413 pp, 95 % interval +0.3228 pp to +1.561 pp, p = 0.0029 (pooled z test, Newcombe interval, z = 2.98)
  relative +19.61 %, 95 % interval +6.311 % to +34.57 % (Katz log interval)
  control   4.800 % of n = 10000
  candidate 5.741 % of n = 10050
  sample ratio matches: largest deviation 0.2494 %, p = 0.72 (chi-squared test, alert below 0.1 %)
  alpha 5 %, two-sided; valid for one look at a sample size fixed beforehand";
    assert_eq!(readout.to_string(), expected);
}

#[test]
fn the_arm_that_is_off_is_found() {
    let check = sample_ratio::check(&[5000, 5000, 4000], &[1.0; 3], Alpha::ONE_PER_MILLE).unwrap();
    assert!(!check.is_consistent());
    let deviating: Vec<usize> = check.deviating_arms().collect();
    // The two others are too large only because one is too small; that one is furthest off.
    assert!(deviating.contains(&2));
    let furthest = check.arms.iter().map(|arm| arm.relative_deviation.abs());
    assert_eq!(
        furthest.fold(0.0, f64::max),
        check.arms[2].relative_deviation.abs()
    );
    assert_eq!(
        check.largest_deviation(),
        check.arms[2].relative_deviation.abs()
    );
    let fair = sample_ratio::check(&[5000, 5010, 4990], &[1.0; 3], Alpha::ONE_PER_MILLE).unwrap();
    assert!(fair.is_consistent() && fair.deviating_arms().next().is_none());
}

#[test]
fn a_small_experiment_is_checked_exactly() {
    let small = sample_ratio::check(&[1, 9], &[1.0, 1.0], Alpha::ONE_PER_MILLE).unwrap();
    // 2 (1 + 10) / 2^10
    assert!((small.p.value - 22.0 / 1024.0).abs() < 1e-15);
    let exact = sample_ratio::exact_binomial([1, 9], [1.0, 1.0]).unwrap();
    assert_eq!(small.p, exact);
}
