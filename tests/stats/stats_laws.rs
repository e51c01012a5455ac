//! Laws that hold for every test and interval of a fixed sample size.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use switchstand::stats::{
    Alpha, Alternative, Counts, FixedHorizon, Interval, Moments, PairedCounts, Refusal, means,
    multiplicity, paired, proportions,
};

const ALTERNATIVES: [Alternative; 3] = [
    Alternative::TwoSided,
    Alternative::Greater,
    Alternative::Less,
];

type OfCounts = fn(&Counts, &Counts, Alpha, Alternative) -> Result<FixedHorizon, Refusal>;
type OfMoments = fn(&Moments, &Moments, Alpha, Alternative) -> Result<FixedHorizon, Refusal>;
type OfPairs = fn(&PairedCounts, Alpha, Alternative) -> Result<FixedHorizon, Refusal>;
type IntervalOfCounts = fn(&Counts, &Counts, Alpha) -> Result<Interval, Refusal>;

const TESTS_OF_COUNTS: [OfCounts; 3] = [
    proportions::pooled_z,
    proportions::unpooled_z,
    proportions::miettinen_nurminen,
];
const TESTS_OF_MOMENTS: [OfMoments; 3] = [means::welch, means::student, means::relative_lift];
const TESTS_OF_PAIRS: [OfPairs; 4] = [
    paired::mcnemar_exact,
    paired::mcnemar_mid_p,
    paired::mcnemar_chi_squared,
    paired::mcnemar_corrected,
];
const INTERVALS_OF_COUNTS: [IntervalOfCounts; 4] = [
    proportions::newcombe,
    proportions::wald,
    proportions::agresti_caffo,
    proportions::miettinen_nurminen_interval,
];

fn counts() -> impl Strategy<Value = Counts> {
    let trials = prop_oneof![1_u64..40, 1_u64..100_000];
    trials.prop_flat_map(|n| {
        let successes = prop_oneof![Just(0), Just(n), 0..=n, 0..=n.min(5)];
        successes.prop_map(move |x| Counts::new(x, n).unwrap())
    })
}

fn moments() -> impl Strategy<Value = Moments> {
    (2_u64..100_000, -10.0..10.0, 0.0_f64..20.0)
        .prop_map(|(n, mean, variance)| Moments::from_summary(n, mean, variance).unwrap())
}

fn pairs() -> impl Strategy<Value = PairedCounts> {
    (0_u64..2000, 0_u64..60, 0_u64..60, 1_u64..500)
        .prop_map(|(a, b, c, d)| PairedCounts::new(a, b, c, d).unwrap())
}

fn alpha() -> impl Strategy<Value = Alpha> {
    (1e-6_f64..0.5).prop_map(|alpha| Alpha::new(alpha).unwrap())
}

fn close(x: f64, y: f64, tolerance: f64) -> bool {
    x == y || (x - y).abs() <= tolerance * (1.0 + x.abs().max(y.abs()))
}

/// p is below alpha exactly if the interval excludes the null hypothesis.
fn dual(test: &FixedHorizon) -> Result<(), TestCaseError> {
    let excludes = !test.interval.contains(test.null);
    // Within rounding of the boundary either answer is right.
    if (test.p.value / test.alpha.get() - 1.0).abs() > 1e-9 {
        prop_assert_eq!(test.is_significant(), excludes, "{:?}", test);
    }
    Ok(())
}

/// What is reported is a number, within its range.
fn sound(test: &FixedHorizon) -> Result<(), TestCaseError> {
    prop_assert!((0.0..=1.0).contains(&test.p.value), "{test:?}");
    prop_assert!(test.p.ln_p <= 0.0 && test.p.ln_p.is_finite(), "{test:?}");
    prop_assert!(
        test.effect.is_finite() && test.standard_error >= 0.0,
        "{test:?}"
    );
    prop_assert!(test.interval.lower <= test.interval.upper, "{test:?}");
    let at_effect = test.interval.lower - 1e-12 <= test.effect;
    prop_assert!(
        at_effect && test.effect <= test.interval.upper + 1e-12,
        "{test:?}"
    );
    Ok(())
}

/// The two tails make the two-sided p-value.
fn tails(one: f64, other: f64, both: f64) -> Result<(), TestCaseError> {
    prop_assert!(
        close(both, (2.0 * one.min(other)).min(1.0), 1e-12),
        "{one} {other} {both}"
    );
    Ok(())
}

/// The same cases in every run.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(1954),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn t1_test_and_interval_of_rates_say_the_same(a in counts(), b in counts(), alpha in alpha()) {
        let own_interval: [OfCounts; 2] = [proportions::unpooled_z, proportions::miettinen_nurminen];
        for test in own_interval {
            for alternative in ALTERNATIVES {
                if let Ok(result) = test(&a, &b, alpha, alternative) {
                    dual(&result)?;
                }
            }
        }
        for estimate in [proportions::risk_ratio, proportions::odds_ratio] {
            for alternative in ALTERNATIVES {
                if let Ok(result) = estimate(&a, &b, alpha).and_then(|e| e.test(alternative)) {
                    dual(&result)?;
                }
            }
        }
    }

    #[test]
    fn t1_non_inferiority_is_shown_exactly_if_the_bound_exceeds_the_margin(
        a in counts(), b in counts(), margin in 0.001_f64..0.3, alpha in alpha(),
    ) {
        let result = proportions::non_inferiority(&a, &b, margin, alpha)?;
        sound(&result)?;
        dual(&result)?;
    }

    #[test]
    fn t1_test_and_interval_of_means_say_the_same(a in moments(), b in moments(), alpha in alpha()) {
        for test in TESTS_OF_MOMENTS {
            for alternative in ALTERNATIVES {
                let result = test(&a, &b, alpha, alternative)?;
                sound(&result)?;
                dual(&result)?;
            }
        }
        let paired = paired::paired_t(&a, alpha, Alternative::TwoSided)?;
        sound(&paired)?;
        dual(&paired)?;
    }

    #[test]
    fn t1_fieller_holds_what_a_z_test_does_not_reject(
        a in moments(), b in moments(), r in -3.0_f64..3.0, alpha in alpha(),
    ) {
        let set = means::fieller(&a, &b, alpha)?;
        // m_b - m_a - r |m_a| against its standard error.
        let (ma, mb) = (a.mean().unwrap(), b.mean().unwrap());
        let own = r;
        let r = r * ma.signum();
        let (sa, sb) = (a.standard_error().unwrap(), b.standard_error().unwrap());
        let z = (mb - (1.0 + r) * ma) / sb.hypot((1.0 + r) * sa);
        let law = Moments::from_summary(1 << 52, z, (1_u64 << 52) as f64)?;
        let p = paired::paired_t(&law, alpha, Alternative::TwoSided)?.p.value;
        if (p / alpha.get() - 1.0).abs() > 1e-6 {
            prop_assert_eq!(set.contains(own), p > alpha.get(), "{:?} {} {}", set, z, p);
        }
    }

    #[test]
    fn t4_what_is_reported_of_rates_is_a_number(a in counts(), b in counts(), alpha in alpha()) {
        for test in TESTS_OF_COUNTS {
            for alternative in ALTERNATIVES {
                match test(&a, &b, alpha, alternative) {
                    Ok(result) => sound(&result)?,
                    Err(refusal) => {
                        let zero = matches!(refusal, Refusal::ZeroVariance { .. });
                        prop_assert!(zero, "{}", refusal);
                    }
                }
            }
        }
        for interval in INTERVALS_OF_COUNTS {
            let interval = interval(&a, &b, alpha)?;
            prop_assert!(interval.lower <= interval.upper, "{:?}", interval);
        }
        for interval in [proportions::wilson, proportions::clopper_pearson, proportions::jeffreys] {
            let interval = interval(&a, alpha)?;
            let rate = a.rate().unwrap();
            let around = interval.lower <= rate && rate <= interval.upper;
            prop_assert!(around && interval.lower >= 0.0 && interval.upper <= 1.0, "{:?}", interval);
        }
    }

    #[test]
    fn t1_swapping_the_arms_turns_the_interval_and_keeps_p(
        a in counts(), b in counts(), c in moments(), d in moments(), pairs in pairs(),
        alpha in alpha(),
    ) {
        let two_sided = Alternative::TwoSided;
        let mut results = Vec::new();
        for test in TESTS_OF_COUNTS {
            if let Ok(result) = test(&a, &b, alpha, two_sided) {
                results.push((result, test(&b, &a, alpha, two_sided)?));
            }
        }
        let absolute: [OfMoments; 2] = [means::welch, means::student];
        for test in absolute {
            results.push((test(&c, &d, alpha, two_sided)?, test(&d, &c, alpha, two_sided)?));
        }
        let swapped = PairedCounts::new(
            pairs.both(), pairs.only_candidate(), pairs.only_control(), pairs.neither(),
        )?;
        for test in TESTS_OF_PAIRS {
            if let Ok(result) = test(&pairs, alpha, two_sided) {
                results.push((result, test(&swapped, alpha, two_sided)?));
            }
        }
        for (one, other) in results {
            prop_assert!(close(one.p.value, other.p.value, 1e-12), "{:?} {:?}", one, other);
            prop_assert!(close(one.effect, -other.effect, 1e-15), "{:?} {:?}", one, other);
            let turned = close(one.interval.lower, -other.interval.upper, 1e-9)
                && close(one.interval.upper, -other.interval.lower, 1e-9);
            prop_assert!(turned, "{:?} {:?}", one, other);
        }
        for interval in INTERVALS_OF_COUNTS {
            let (one, other) = (interval(&a, &b, alpha)?, interval(&b, &a, alpha)?);
            prop_assert!(close(one.lower, -other.upper, 1e-9), "{:?} {:?}", one, other);
        }
    }

    #[test]
    fn t1_the_two_tails_make_the_two_sided_p(
        a in counts(), b in counts(), c in moments(), d in moments(), pairs in pairs(),
    ) {
        let alpha = Alpha::FIVE_PERCENT;
        for test in TESTS_OF_COUNTS {
            if let Ok(both) = test(&a, &b, alpha, Alternative::TwoSided) {
                let one = test(&a, &b, alpha, Alternative::Greater)?.p.value;
                tails(one, test(&a, &b, alpha, Alternative::Less)?.p.value, both.p.value)?;
            }
        }
        for test in TESTS_OF_MOMENTS {
            let p = |alternative| test(&c, &d, alpha, alternative).map(|result| result.p.value);
            tails(p(Alternative::Greater)?, p(Alternative::Less)?, p(Alternative::TwoSided)?)?;
        }
        // A mid-p of equally many pairs of either kind is defined apart.
        if pairs.only_control() != pairs.only_candidate() {
            let discrete: [OfPairs; 3] = [
                paired::mcnemar_exact, paired::mcnemar_mid_p, paired::mcnemar_chi_squared,
            ];
            for test in discrete {
                let p = |alternative| test(&pairs, alpha, alternative).map(|result| result.p.value);
                tails(p(Alternative::Greater)?, p(Alternative::Less)?, p(Alternative::TwoSided)?)?;
            }
        }
    }

    #[test]
    fn t1_units_of_measurement_do_not_matter(
        x in prop::collection::vec(-5.0..5.0, 5..60), y in prop::collection::vec(-5.0..5.0, 5..60),
        scale in prop_oneof![0.001_f64..0.01, 10.0..1e6], shift in -100.0..100.0,
    ) {
        let of = |values: &[f64], scale: f64, shift: f64| {
            let values: Vec<f64> = values.iter().map(|v| v * scale + shift).collect();
            let mut moments = Moments::new();
            moments.extend_from_slice(&values).map(|()| moments)
        };
        let absolute: [OfMoments; 2] = [means::welch, means::student];
        for test in absolute {
            for alternative in ALTERNATIVES {
                let alpha = Alpha::FIVE_PERCENT;
                let plain = test(&of(&x, 1.0, 0.0)?, &of(&y, 1.0, 0.0)?, alpha, alternative)?;
                let other =
                    test(&of(&x, scale, shift)?, &of(&y, scale, shift)?, alpha, alternative)?;
                // The shift costs digits: as many as it exceeds the scale by.
                let slack = 1e-11 * (1.0 + shift.abs() / scale);
                prop_assert!(close(plain.p.value, other.p.value, slack), "{:?} {:?}", plain, other);
                prop_assert!(close(plain.effect, other.effect / scale, slack));
                prop_assert!(close(plain.interval.lower, other.interval.lower / scale, slack));
            }
        }
        let relative = |scale: f64| means::relative_lift(
            &of(&x, scale, 0.0)?, &of(&y, scale, 0.0)?, Alpha::FIVE_PERCENT, Alternative::TwoSided,
        );
        let (one, other) = (relative(1.0)?, relative(scale)?);
        prop_assert!(close(one.effect, other.effect, 1e-9) && close(one.p.value, other.p.value, 1e-9));
    }

    #[test]
    fn t1_calling_success_failure_turns_the_interval(a in counts(), b in counts()) {
        let turned = |c: &Counts| Counts::new(c.failures(), c.trials()).unwrap();
        let alpha = Alpha::FIVE_PERCENT;
        for interval in INTERVALS_OF_COUNTS {
            let one = interval(&a, &b, alpha)?;
            let other = interval(&turned(&a), &turned(&b), alpha)?;
            prop_assert!(close(one.lower, -other.upper, 1e-9), "{:?} {:?}", one, other);
            prop_assert!(close(one.upper, -other.lower, 1e-9), "{:?} {:?}", one, other);
        }
        for test in TESTS_OF_COUNTS {
            let p = |a: &Counts, b: &Counts| {
                test(a, b, alpha, Alternative::TwoSided).map(|result| result.p.value).ok()
            };
            let (one, other) = (p(&a, &b), p(&turned(&a), &turned(&b)));
            prop_assert!(close(one.unwrap_or(2.0), other.unwrap_or(2.0), 1e-12));
        }
    }

    #[test]
    fn t1_one_more_success_is_never_less_evidence(
        n in 2_u64..500, m in 2_u64..500, x in 0_u64..500, y in 0_u64..500,
    ) {
        let (x, y) = (x % n, y % m);
        let alpha = Alpha::FIVE_PERCENT;
        let a = Counts::new(x, n)?;
        let (fewer, more) = (Counts::new(y, m)?, Counts::new(y + 1, m)?);
        let monotone: [OfCounts; 2] = [proportions::pooled_z, proportions::miettinen_nurminen];
        for test in monotone {
            let p = |b| test(&a, b, alpha, Alternative::Greater).map(|result| result.p.value);
            if let (Ok(before), Ok(after)) = (p(&fewer), p(&more)) {
                prop_assert!(after <= before * (1.0 + 1e-12), "{} {}", before, after);
            }
        }
        for interval in [proportions::newcombe, proportions::miettinen_nurminen_interval] {
            let (before, after) = (interval(&a, &fewer, alpha)?, interval(&a, &more, alpha)?);
            prop_assert!(before.lower <= after.lower + 1e-12, "{:?} {:?}", before, after);
            prop_assert!(before.upper <= after.upper + 1e-12, "{:?} {:?}", before, after);
        }
    }

    #[test]
    fn t1_adjusted_p_values_keep_their_order_and_never_fall(
        p in prop::collection::vec(prop_oneof![0.0..=1.0, Just(0.04), Just(0.0)], 1..20),
    ) {
        let holm = multiplicity::holm(&p)?;
        let hochberg = multiplicity::hochberg(&p)?;
        let bonferroni = multiplicity::bonferroni(&p)?;
        let bh = multiplicity::benjamini_hochberg(&p)?;
        for i in 0..p.len() {
            prop_assert!(p[i] <= bh[i] && bh[i] <= hochberg[i] + 1e-15);
            prop_assert!(hochberg[i] <= holm[i] && holm[i] <= bonferroni[i]);
            for j in 0..p.len() {
                if p[i] < p[j] {
                    prop_assert!(holm[i] <= holm[j] && bh[i] <= bh[j] && hochberg[i] <= hochberg[j]);
                }
            }
        }
        // Holm by its definition: a hypothesis is rejected if all smaller p-values are.
        let mut sorted = p.clone();
        sorted.sort_by(f64::total_cmp);
        let m = p.len();
        let stop = (0..m).find(|&k| (m - k) as f64 * sorted[k] > 0.05).unwrap_or(m);
        for i in 0..m {
            let smaller = p.iter().filter(|&&other| other < p[i]).count();
            let same = p.iter().filter(|&&other| other == p[i]).count();
            if smaller >= stop || smaller + same <= stop {
                prop_assert_eq!(holm[i] <= 0.05, smaller < stop);
            }
        }
    }
}
