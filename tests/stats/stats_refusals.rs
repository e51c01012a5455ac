//! Lack of data is refused by name, never answered with a number.
#![cfg(feature = "stats")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use switchstand::stats::agreement::{ConfusionMatrix, Weights, cohen_kappa, pabak};
use switchstand::stats::planning::{self, Design, Sides};
use switchstand::stats::{
    Alpha, Alternative, Counts, Moments, PairedCounts, Refusal, Sample, compare, means,
    multiplicity, paired, proportions, quantiles, sample_ratio,
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

macro_rules! refused {
    ($call:expr, $kind:ident) => {
        let outcome = $call;
        assert!(
            matches!(outcome, Err(Refusal::$kind { .. })),
            "{} gives {outcome:?}",
            stringify!($call)
        );
    };
}

#[test]
fn t4_an_empty_arm_is_refused() {
    let (none, some) = (Counts::default(), counts(3, 10));
    refused!(
        proportions::pooled_z(&none, &some, ALPHA, TWO),
        InsufficientData
    );
    refused!(
        proportions::unpooled_z(&some, &none, ALPHA, TWO),
        InsufficientData
    );
    refused!(
        proportions::miettinen_nurminen(&none, &some, ALPHA, TWO),
        InsufficientData
    );
    refused!(
        proportions::non_inferiority(&some, &none, 0.1, ALPHA),
        InsufficientData
    );
    refused!(proportions::newcombe(&none, &some, ALPHA), InsufficientData);
    refused!(
        proportions::agresti_caffo(&none, &some, ALPHA),
        InsufficientData
    );
    refused!(proportions::wald(&some, &none, ALPHA), InsufficientData);
    refused!(
        proportions::risk_ratio(&none, &some, ALPHA),
        InsufficientData
    );
    refused!(
        proportions::odds_ratio(&none, &some, ALPHA),
        InsufficientData
    );
    refused!(proportions::cohen_h(&none, &some), InsufficientData);
    refused!(proportions::wilson(&none, ALPHA), InsufficientData);
    refused!(proportions::clopper_pearson(&none, ALPHA), InsufficientData);
    refused!(proportions::jeffreys(&none, ALPHA), InsufficientData);
    refused!(
        paired::mcnemar_exact(&PairedCounts::default(), ALPHA, TWO),
        InsufficientData
    );
    refused!(
        paired::mcnemar_mid_p(&PairedCounts::default(), ALPHA, TWO),
        InsufficientData
    );
    refused!(
        paired::mcnemar_chi_squared(&PairedCounts::default(), ALPHA, TWO),
        InsufficientData
    );
    refused!(
        paired::tango(&PairedCounts::default(), ALPHA),
        InsufficientData
    );
    refused!(
        compare::two_arms(&none, &some, [1.0, 1.0], ALPHA),
        InsufficientData
    );
    let matrix = ConfusionMatrix::new(3).unwrap();
    refused!(
        cohen_kappa(&matrix, Weights::Linear, ALPHA),
        InsufficientData
    );
    refused!(pabak(&matrix), InsufficientData);
}

#[test]
fn t4_fewer_than_two_values_are_refused() {
    let (one, two) = (moments(&[1.0]), moments(&[1.0, 2.0]));
    for few in [Moments::new(), one] {
        refused!(means::welch(&few, &two, ALPHA, TWO), InsufficientData);
        refused!(means::student(&two, &few, ALPHA, TWO), InsufficientData);
        refused!(
            means::relative_lift(&few, &two, ALPHA, TWO),
            InsufficientData
        );
        refused!(means::fieller(&two, &few, ALPHA), InsufficientData);
        refused!(means::cohen_d(&two, &few), InsufficientData);
        refused!(paired::paired_t(&few, ALPHA, TWO), InsufficientData);
        refused!(paired::cohen_dz(&few), InsufficientData);
        refused!(paired::bland_altman(&few), InsufficientData);
    }
    refused!(
        compare::two_arms(&one, &one, [1.0, 1.0], ALPHA),
        InsufficientData
    );
}

#[test]
fn t4_zero_variance_is_refused() {
    let (none, all) = (counts(0, 50), counts(50, 50));
    for arm in [none, all] {
        refused!(proportions::pooled_z(&arm, &arm, ALPHA, TWO), ZeroVariance);
        refused!(
            proportions::unpooled_z(&arm, &arm, ALPHA, TWO),
            ZeroVariance
        );
        refused!(
            proportions::miettinen_nurminen(&arm, &arm, ALPHA, TWO),
            ZeroVariance
        );
    }
    refused!(
        proportions::unpooled_z(&none, &all, ALPHA, TWO),
        ZeroVariance
    );
    let ratio = proportions::risk_ratio(&all, &all, ALPHA).unwrap();
    refused!(ratio.test(TWO), ZeroVariance);
    let constant = moments(&[0.1; 100]);
    refused!(means::welch(&constant, &constant, ALPHA, TWO), ZeroVariance);
    refused!(
        means::student(&constant, &constant, ALPHA, TWO),
        ZeroVariance
    );
    refused!(
        means::relative_lift(&constant, &constant, ALPHA, TWO),
        ZeroVariance
    );
    refused!(means::cohen_d(&constant, &constant), ZeroVariance);
    refused!(paired::paired_t(&constant, ALPHA, TWO), ZeroVariance);
    let agreed = PairedCounts::new(40, 0, 0, 10).unwrap();
    refused!(
        paired::mcnemar_chi_squared(&agreed, ALPHA, TWO),
        ZeroVariance
    );
    refused!(paired::mcnemar_corrected(&agreed, ALPHA, TWO), ZeroVariance);
    let matrix = ConfusionMatrix::from_rows(&[[10, 0], [0, 0]]).unwrap();
    refused!(cohen_kappa(&matrix, Weights::Identity, ALPHA), ZeroVariance);
}

#[test]
fn t4_a_zero_denominator_is_refused() {
    let (none, some) = (counts(0, 50), counts(3, 50));
    refused!(
        proportions::risk_ratio(&none, &some, ALPHA),
        ZeroDenominator
    );
    refused!(
        proportions::risk_ratio(&some, &none, ALPHA),
        ZeroDenominator
    );
    refused!(
        proportions::odds_ratio(&some, &counts(50, 50), ALPHA),
        ZeroDenominator
    );
    let (zero, other) = (moments(&[-1.0, 1.0]), moments(&[1.0, 2.0]));
    refused!(
        means::relative_lift(&zero, &other, ALPHA, TWO),
        ZeroDenominator
    );
    refused!(means::fieller(&zero, &other, ALPHA), ZeroDenominator);
}

#[test]
fn t4_a_shape_without_data_still_has_its_interval() {
    // No events at all say something about the difference, though no test can be made.
    let none = counts(0, 100);
    let interval = proportions::miettinen_nurminen_interval(&none, &none, ALPHA).unwrap();
    assert!(interval.lower < -0.03 && interval.upper > 0.03);
    let agreed = PairedCounts::new(50, 0, 0, 50).unwrap();
    let test = paired::mcnemar_mid_p(&agreed, ALPHA, TWO).unwrap();
    assert_eq!(
        test.p.value, 1.0,
        "as documented: the models were right on the same requests"
    );
    assert!(test.interval.lower < -0.03 && test.interval.upper > 0.03);
}

#[test]
fn t4_impossible_inputs_are_refused() {
    for margin in [0.0, -0.1, 1.0, f64::NAN, f64::INFINITY] {
        let some = counts(3, 10);
        refused!(
            proportions::non_inferiority(&some, &some, margin, ALPHA),
            OutOfRange
        );
    }
    for p in [-0.1, 1.1, f64::NAN] {
        refused!(multiplicity::holm(&[0.5, p]), OutOfRange);
        refused!(multiplicity::benjamini_yekutieli(&[p]), OutOfRange);
        refused!(multiplicity::sidak(&[p]), OutOfRange);
    }
    assert_eq!(multiplicity::holm(&[]), Ok(vec![]));
    for weight in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-320] {
        refused!(
            sample_ratio::check(&[5, 5], &[1e9, weight], ALPHA),
            OutOfRange
        );
        refused!(
            sample_ratio::g_test(&[5, 5, 5], &[1.0, weight, 1e9],),
            OutOfRange
        );
    }
    refused!(sample_ratio::check(&[5, 5], &[1.0], ALPHA), LengthMismatch);
    refused!(sample_ratio::check(&[5], &[1.0], ALPHA), InsufficientData);
    refused!(
        sample_ratio::check(&[0, 0], &[1.0, 1.0], ALPHA),
        InsufficientData
    );
    refused!(ConfusionMatrix::new(1), OutOfRange);
    refused!(
        ConfusionMatrix::from_rows(&[vec![1, 2], vec![3]]),
        LengthMismatch
    );
}

#[test]
fn t4_impossible_plans_are_refused() {
    let design = Design::new(ALPHA, 0.8).unwrap();
    for power in [0.0, 1.0, -1.0, f64::NAN] {
        refused!(Design::new(ALPHA, power), OutOfRange);
    }
    for ratio in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        refused!(design.with_ratio(ratio), OutOfRange);
    }
    refused!(
        planning::proportions::sample_size(0.1, 0.1, &design),
        OutOfRange
    );
    refused!(
        planning::proportions::sample_size(0.1, 1.5, &design),
        OutOfRange
    );
    refused!(
        planning::proportions::sample_size(0.1, 0.1 + 1e-16, &design),
        Overflow
    );
    refused!(
        planning::proportions::non_inferiority(0.5, 0.25, 0.25, &design),
        OutOfRange
    );
    refused!(
        planning::proportions::power(0.0, 0.0, [9, 9], ALPHA, Sides::Two),
        ZeroVariance
    );
    refused!(
        planning::proportions::power(0.1, 0.2, [0, 9], ALPHA, Sides::Two),
        InsufficientData
    );
    refused!(
        planning::means::sample_size(0.0, [1.0, 1.0], &design),
        OutOfRange
    );
    refused!(
        planning::means::sample_size(1.0, [0.0, 1.0], &design),
        OutOfRange
    );
    refused!(
        planning::means::t_test_power(1.0, 1.0, [1, 9], ALPHA, Sides::Two),
        InsufficientData
    );
    refused!(
        planning::means::t_test_sample_size(1e-9, 1.0, &design),
        Overflow
    );
    let size = planning::proportions::sample_size(0.1, 0.2, &design).unwrap();
    refused!(size.periods(0.0), OutOfRange);
}

#[test]
fn t4_an_overflowing_statistic_is_refused() {
    let tiny = |mean| Moments::from_summary(50, mean, 1e-320).unwrap();
    let (low, high) = (tiny(-1e300), tiny(1e300));
    refused!(means::welch(&low, &high, ALPHA, TWO), Overflow);
    refused!(means::student(&low, &high, ALPHA, TWO), Overflow);
    refused!(paired::paired_t(&high, ALPHA, TWO), Overflow);
    refused!(means::cohen_d(&low, &high), Overflow);
    refused!(paired::cohen_dz(&high), Overflow);
    let wide = Moments::from_summary(2, f64::MAX, f64::MAX).unwrap();
    let limits = paired::bland_altman(&wide).unwrap();
    assert!(limits.limit_standard_error.is_finite() && limits.upper_limit.is_finite());
    let far = Sample::new(&[-1e300, -1e299, 1e299, 1e300]).unwrap();
    refused!(
        quantiles::maritz_jarrett(&far, 0.5, quantiles::OrderLaw::default()),
        Overflow
    );
    for weights in [[1e-310, 1e10], [1e300, 1e301]] {
        refused!(
            sample_ratio::check(&[1 << 50, 1], &weights, ALPHA),
            Overflow
        );
    }
}

#[test]
fn t4_an_error_rate_has_a_half() {
    for alpha in [5e-324, f64::MIN_POSITIVE / 2.0, 0.0] {
        let refused = Alpha::new(alpha);
        assert!(matches!(refused, Err(Refusal::OutOfRange { value, .. }) if value == alpha));
    }
    let least = Alpha::new(f64::MIN_POSITIVE).unwrap();
    let some = counts(3, 10);
    let interval = proportions::miettinen_nurminen_interval(&some, &some, least).unwrap();
    assert!(
        interval.lower < -0.9 && interval.upper > 0.9,
        "{interval:?}"
    );
}

#[test]
fn t4_below_one_half_a_one_sided_bound_is_the_other_sides() {
    let alpha = |value| Alpha::new(value).unwrap();
    let (a, b) = (counts(30, 100), counts(45, 90));
    let pairs = PairedCounts::new(50, 7, 19, 24).unwrap();
    for rate in [0.51, 0.65, 0.9, 0.999] {
        let upper = |alternative, rate| {
            let score = proportions::miettinen_nurminen(&a, &b, alpha(rate), alternative);
            let tango = paired::mcnemar_mid_p(&pairs, alpha(rate), alternative);
            [score.unwrap().interval, tango.unwrap().interval]
        };
        let beyond = upper(Alternative::Less, rate);
        let mirrored = upper(Alternative::Greater, 1.0 - rate);
        for (beyond, mirrored) in beyond.iter().zip(mirrored) {
            assert!(
                (beyond.upper - mirrored.lower).abs() < 1e-12,
                "{beyond:?} {mirrored:?}"
            );
        }
    }
}
