//! Laws of the anytime-valid methods that hold for every input.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use proptest::prelude::*;
use switchstand::stats::anytime::*;
use switchstand::stats::guard::{CandidateShare, Side};
use switchstand::stats::{
    Alpha, Alternative, Counts, HigherMoments, Interval, Moments, PairedCounts, Refusal,
};

const ALPHA: Alpha = Alpha::FIVE_PERCENT;

fn higher(values: &[f64]) -> HigherMoments {
    let mut moments = HigherMoments::new();
    moments.extend_from_slice(values).unwrap();
    moments
}

/// Values of all sizes, and those that are none.
fn wild() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), -1.0..1.0_f64, -40.0..40.0_f64].prop_map(|x| match x {
        x if x.abs() > 1.0 && x.abs() < 40.0 => x.exp(),
        x => x,
    })
}

proptest! {
    /// The interval excludes the null value exactly when the evidence suffices.
    #[test]
    fn evidence_and_interval_of_an_estimate_agree(
        estimate in -10.0..10.0_f64, se in 0.01..10.0_f64, n in 2_u64..100_000, g in 0.1..1e5_f64,
    ) {
        let alpha = ALPHA;
        let t = AnytimeT::new(g).unwrap().estimate(estimate, se, n as f64, n as f64, alpha);
        let sprt = MixtureSprt::new(1.0).unwrap().estimate(estimate, se * se, 0.0, alpha);
        let sequence = AsymptoticSequence::new(1_000, alpha).unwrap();
        let two_sided = sequence.estimate(estimate, se, n, Alternative::TwoSided);
        let greater = sequence.estimate(estimate, se, n, Alternative::Greater);
        let less = sequence.estimate(estimate, se, n, Alternative::Less);
        for look in [t, sprt, two_sided, greater, less].map(Result::unwrap) {
            let margin = look.ln_e + alpha.get().ln();
            // Within rounding of the threshold either answer is right.
            if margin.abs() > 1e-9 {
                prop_assert_eq!(look.is_significant(), !look.interval.contains(0.0), "{}", look.method);
            }
            prop_assert_eq!(look.p().value <= alpha.get(), look.is_significant());
        }
    }

    #[test]
    fn swapping_the_arms_negates_the_interval_and_keeps_the_evidence(
        a in prop::collection::vec(-1.0..1.0_f64, 3..40),
        b in prop::collection::vec(-1.0..1.0_f64, 3..40),
    ) {
        let test = AnytimeT::new(3.0).unwrap();
        let none = SkewnessRule::new(0.0).unwrap();
        let ab = test.with_skewness_rule(none).means(&higher(&a), &higher(&b), ALPHA).unwrap();
        let ba = test.with_skewness_rule(none).means(&higher(&b), &higher(&a), ALPHA).unwrap();
        prop_assert!((ab.ln_e - ba.ln_e).abs() <= 1e-12 * ab.ln_e.abs().max(1.0));
        prop_assert_eq!(ab.effect, -ba.effect);
        prop_assert_eq!(ab.interval.lower, -ba.interval.upper);
    }

    #[test]
    fn t2_counts_merge_to_the_evidence_of_all(
        pairs in prop::collection::vec((any::<bool>(), any::<bool>()), 0..200), cut in 0..200_usize,
    ) {
        let count = |pairs: &[(bool, bool)]| {
            let mut counts = PairedCounts::default();
            pairs.iter().for_each(|&(control, candidate)| counts.record(control, candidate));
            counts
        };
        let cut = cut.min(pairs.len());
        let (mut left, right) = (count(&pairs[..cut]), count(&pairs[cut..]));
        left.merge(&right).unwrap();
        let test = PairedTest::default();
        prop_assert_eq!(test.direction(&left, ALPHA), test.direction(&count(&pairs), ALPHA));
        let weights = [0.5, 0.3, 0.2];
        let mut parts = [(); 3].map(|()| SampleRatioProcess::new(&weights).unwrap());
        for (index, &(first, second)) in pairs.iter().enumerate() {
            let arm = usize::from(first) + usize::from(second);
            parts[2].record(arm, 1).unwrap();
            parts[usize::from(index < cut)].record(arm, 1).unwrap();
        }
        let [mut merged, other, whole] = parts;
        merged.merge(&other).unwrap();
        prop_assert_eq!(merged.ln_e().to_bits(), whole.ln_e().to_bits());
    }

    #[test]
    fn regressions_mirror_improvements(b in 0_u64..500, c in 0_u64..500, ties in 0_u64..5_000) {
        let pairs = PairedCounts::new(ties, b, c, 0).unwrap();
        let mirrored = PairedCounts::new(ties, c, b, 0).unwrap();
        let test = PairedTest::default();
        let (here, there) = (test.direction(&pairs, ALPHA), test.direction(&mirrored, ALPHA));
        let close = |x: f64, y: f64| (x - y).abs() <= 1e-10 * x.abs().max(1.0);
        prop_assert!(close(here.worse.ln_e, there.better.ln_e));
        prop_assert!(close(here.better.ln_e, there.worse.ln_e));
    }

    #[test]
    fn t4_no_input_gives_nan_or_panics(
        x in wild(), y in wild(), z in wild(), n in any::<u64>(), counts in any::<[u32; 4]>(),
    ) {
        let fine = |look: Result<AnytimeValid, Refusal>| look.map_or(true, |look| {
            !(look.ln_e.is_nan() || look.interval.lower.is_nan() || look.interval.upper.is_nan())
        });
        if let Ok(test) = AnytimeT::new(z) {
            prop_assert!(fine(test.estimate(x, y, n as f64, 1.0 + z, ALPHA)), "t");
        }
        if let Ok(test) = MixtureSprt::new(z) {
            prop_assert!(fine(test.estimate(x, y, 0.0, ALPHA)), "SPRT");
        }
        if let Ok(sequence) = AsymptoticSequence::new(n, ALPHA) {
            for side in [Alternative::TwoSided, Alternative::Greater, Alternative::Less] {
                prop_assert!(fine(sequence.estimate(x, y, n, side)), "sequence");
            }
        }
        let [a, b, c, d] = counts.map(u64::from);
        let pairs = PairedCounts::new(a, b, c, d).unwrap();
        prop_assert!(fine(PairedTest::default().difference(&pairs, ALPHA)), "pairs");
        if let Ok(test) = PairedNonInferiority::new(x, ALPHA) {
            let reading = test.reading(&pairs);
            prop_assert!(!reading.better.ln_e.is_nan() && !reading.worse.ln_e.is_nan());
        }
        let arm = Counts::new(a.min(b), a.max(b)).unwrap();
        if let Ok(objective) = RateObjective::new(x, ALPHA) {
            let reading = objective.reading(&arm);
            prop_assert!(!reading.worse.ln_e.is_nan() && !reading.better.ln_e.is_nan());
        }
        if let Ok(interval) = rate_interval(&arm, ALPHA) {
            prop_assert!(interval.lower <= interval.upper);
        }
        if let Ok(mut process) = SampleRatioProcess::with_concentration(&[x, y, 1.0], z) {
            process.record(0, a).unwrap();
            process.record(2, b).unwrap();
            prop_assert!(!process.ln_e().is_nan());
        }
        if let Ok(mut test) = SafeTwoProportions::with_prior(z) {
            test.record(&arm, &Counts::new(c.min(d), c.max(d)).unwrap()).unwrap();
            test.record(&Counts::new(c.min(d), c.max(d)).unwrap(), &arm).unwrap();
            prop_assert!(!test.ln_e().is_nan());
        }
        if let (Ok(mut bets), Ok(share)) = (BoundedDifference::new(x), CandidateShare::new(y)) {
            for value in [0.0, 1.0, 0.5, 1.0, 0.0] {
                for side in [Side::Candidate, Side::Control] {
                    bets.record(side, share, value).unwrap();
                    let capital = bets.capital();
                    prop_assert!(capital.ln_above.is_finite() && capital.ln_below.is_finite());
                }
            }
        }
    }

    #[test]
    fn bounded_values_outside_of_their_bounds_are_refused_and_change_nothing(value in wild()) {
        let value = if (0.0..=1.0).contains(&value) { value + 1.5 } else { value };
        let mut sequence = EmpiricalBernstein::new(ALPHA);
        let mut bettor = BettingCapital::new(0.5, ALPHA).unwrap();
        let mut bets = BoundedDifference::new(0.0).unwrap();
        let (before, capital, difference) = (sequence, bettor, bets);
        prop_assert!(sequence.record(value).is_err());
        prop_assert!(bettor.record(value).is_err());
        let share = CandidateShare::new(0.5).unwrap();
        prop_assert!(bets.record(Side::Control, share, value).is_err());
        prop_assert_eq!((sequence, bettor, bets), (before, capital, difference));
        prop_assert!(hedged_interval(&[0.5, value], ALPHA).is_err());
    }
}

#[test]
fn t4_zero_variance_and_missing_data_are_refused() {
    let test = AnytimeT::new(1.0).unwrap();
    let constant = higher(&[2.0; 50]);
    let varied = higher(&[1.0, 2.0, 3.0, 2.0, 2.0]);
    let refused = test.means(&varied, &constant, ALPHA);
    assert_eq!(refused, Err(Refusal::ZeroVariance { what: "candidate" }));
    let refused = test.means(&higher(&[1.0]), &varied, ALPHA);
    assert!(matches!(
        refused,
        Err(Refusal::InsufficientData {
            what: "control",
            found: 1,
            ..
        })
    ));
    let empty = test.normal_means(&Moments::new(), &Moments::new(), ALPHA);
    assert!(matches!(empty, Err(Refusal::InsufficientData { .. })));
    let flat = Moments::from_summary(10, 1.0, 0.0).unwrap();
    assert!(matches!(
        test.normal_means(&flat, &flat, ALPHA),
        Err(Refusal::ZeroVariance { .. })
    ));
    assert!(rate_interval(&Counts::default(), ALPHA).is_err());
    let none = PairedTest::default().difference(&PairedCounts::default(), ALPHA);
    assert!(matches!(none, Err(Refusal::InsufficientData { .. })));
    assert!(SampleRatioProcess::new(&[0.5, 0.5, 0.0]).is_err());
    assert!(SampleRatioProcess::new(&[1.0]).is_err());
}

#[test]
fn t4_a_refused_variance_is_named_as_one() {
    let sprt = MixtureSprt::new(1.0).unwrap();
    let sequence = AsymptoticSequence::new(1_000, ALPHA).unwrap();
    let refusals = |variance: f64| {
        [
            sprt.estimate(0.1, variance, 0.0, ALPHA).unwrap_err(),
            sequence
                .estimate(0.1, variance, 100, Alternative::TwoSided)
                .unwrap_err(),
        ]
    };
    for refusal in refusals(-1.0) {
        let text = "variance of the estimate is -1, expected a positive number";
        assert_eq!(refusal.to_string(), text);
    }
    for refusal in refusals(f64::INFINITY) {
        let text = "variance of the estimate is inf, expected a finite number";
        assert_eq!(refusal.to_string(), text);
    }
    let t = AnytimeT::new(1.0).unwrap();
    let refusal = t.estimate(0.1, -1.0, 10.0, 9.0, ALPHA).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "standard error is -1, expected a positive number"
    );
}

#[test]
fn the_skewness_rule_names_the_arm_and_what_it_needs() {
    // One in ten is 1: skewness 8/3, so 355 * 64/9 = 2524.4 values are needed in each arm.
    let mut large = HigherMoments::new();
    let block = higher(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    (0..253).for_each(|_| large.merge(&block).unwrap());
    assert_eq!(SkewnessRule::DEFAULT.check(&large, &large), Ok(()));
    let mut small = HigherMoments::new();
    (0..252).for_each(|_| small.merge(&block).unwrap());
    match SkewnessRule::DEFAULT.check(&large, &small) {
        Err(Refusal::TooSkewed {
            what,
            found,
            needed,
            ..
        }) => {
            assert_eq!((what, found, needed), ("candidate", 2_520, 2_525.0));
        }
        other => panic!("{other:?}"),
    }
    let error = SkewnessRule::DEFAULT.check(&small, &large).unwrap_err();
    let text = "control has 2520 observations, at skewness 2.7 it needs 2525: record more, or cap \
                the values";
    assert_eq!(error.to_string(), text);
}

#[test]
fn an_empty_running_intersection_is_drift_and_stays_so() {
    let alpha = ALPHA;
    let interval = |successes| -> Interval {
        rate_interval(&Counts::new(successes, 1_000).unwrap(), alpha).unwrap()
    };
    let mut running = RunningIntersection::new();
    assert_eq!(running.running(), None);
    let first = running.look(interval(100)).unwrap();
    assert_eq!(first, Running::Agree(interval(100)));
    let is_drift = |running| matches!(running, Running::Drift(_));
    assert!(is_drift(running.look(interval(500)).unwrap()));
    assert!(is_drift(running.look(interval(100)).unwrap()));
    let other_level = rate_interval(&Counts::new(1, 2).unwrap(), Alpha::ONE_PERCENT).unwrap();
    assert!(running.look(other_level).is_err());
}

#[test]
fn the_running_p_value_never_rises() {
    let mut running = RunningP::new();
    assert_eq!(running.p().value, 1.0);
    assert_eq!(running.look(2.0).ln_p, -2.0);
    assert_eq!(running.look(-5.0).ln_p, -2.0);
    assert_eq!(running.look(f64::NAN).ln_p, -2.0);
    assert_eq!(running.look(3.0).ln_p, -3.0);
}

#[test]
fn a_bounded_difference_is_found_on_a_small_canary_and_in_the_right_direction() {
    let share = CandidateShare::new(0.05).unwrap();
    let mut bets = BoundedDifference::new(0.0).unwrap();
    for unit in 0..40_000_u32 {
        let side = if unit % 20 == 0 {
            Side::Candidate
        } else {
            Side::Control
        };
        let value = match side {
            Side::Candidate => f64::from(unit / 20 % 2) * 0.2 + 0.3,
            Side::Control => f64::from(unit % 2) * 0.2 + 0.5,
        };
        bets.record(side, share, value).unwrap();
    }
    assert!((bets.estimate().unwrap() + 0.2).abs() < 0.01);
    assert!(bets.capital().ln_below > 10.0 && bets.capital().ln_above <= 0.0);
}

#[cfg(feature = "serde")]
#[test]
fn t2_stored_state_reads_back_and_other_versions_are_refused() {
    fn check<T>(state: &T)
    where
        T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        let mut value = serde_json::to_value(state).unwrap();
        assert_eq!(&serde_json::from_value::<T>(value.clone()).unwrap(), state);
        value["version"] = 99.into();
        assert!(serde_json::from_value::<T>(value.clone()).is_err());
        value["version"] = 1.into();
        value["surprise"] = 1.into();
        assert!(serde_json::from_value::<T>(value).is_err());
    }
    let mut sequence = EmpiricalBernstein::new(ALPHA);
    check(&sequence);
    let mut bettor = BettingCapital::new(0.3, ALPHA).unwrap();
    let mut bets = BoundedDifference::new(-0.1).unwrap();
    let mut safe = SafeTwoProportions::new();
    let mut ratio = SampleRatioProcess::new(&[1.0, 2.0, 3.0]).unwrap();
    let mut p = RunningP::new();
    let mut intersection = RunningIntersection::new();
    check(&intersection);
    for (index, value) in [0.1, 0.9, 0.4, 0.0, 1.0].into_iter().enumerate() {
        sequence.record(value).unwrap();
        bettor.record(value).unwrap();
        let share = CandidateShare::new(0.25).unwrap();
        bets.record(Side::Candidate, share, value).unwrap();
        safe.record(
            &Counts::new(1, 3).unwrap(),
            &Counts::new(index as u64 % 2, 1).unwrap(),
        )
        .unwrap();
        ratio.record(index % 3, 7).unwrap();
        p.look(value);
        intersection.look(sequence.interval()).unwrap();
    }
    check(&sequence);
    check(&bettor);
    check(&bets);
    check(&safe);
    check(&ratio);
    check(&p);
    check(&intersection);
    let p = serde_json::json!({"version": 1, "greatest_ln_e": -0.1});
    assert!(serde_json::from_value::<RunningP>(p).is_err());
    let mut stored = serde_json::to_value(intersection).unwrap();
    for level in [0.0, 1.1] {
        stored["seen"]["level"] = level.into();
        assert!(serde_json::from_value::<RunningIntersection>(stored.clone()).is_err());
    }
    let mut least = RunningIntersection::new();
    let least_alpha = Alpha::new(1e-300).unwrap();
    least
        .look(EmpiricalBernstein::new(least_alpha).interval())
        .unwrap();
    check(&least);
}
