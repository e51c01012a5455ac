//! T4: over any accumulators a method gives finite numbers or a typed refusal, never a NaN.

use switchstand::stats::equivalence::{self, Margin};
use switchstand::stats::rates::{self, Events};
use switchstand::stats::{
    Alpha, Alternative, Counts, FixedHorizon, Interval, Moments, PairedCounts, PairedMoments,
    RatioMoments, Refusal, Sample, compare, covariate, exact, means, paired, proportions,
    quantiles, ranks, ratios, sample_ratio,
};

use super::bytes::Bytes;

const MOST: usize = 24;

/// Checks what a method gives, and names the method if it breaks the law.
macro_rules! test {
    ($call:expr) => {
        check_test(stringify!($call), $call)
    };
}

macro_rules! interval {
    ($call:expr) => {
        check_interval(stringify!($call), $call)
    };
}

macro_rules! number {
    ($call:expr) => {
        check_number(stringify!($call), $call)
    };
}

pub(crate) fn check(bytes: &[u8]) {
    let bytes = &mut Bytes::new(bytes);
    let alpha = Alpha::new(bytes.number()).unwrap_or(Alpha::FIVE_PERCENT);
    let side = match bytes.byte() % 3 {
        0 => Alternative::TwoSided,
        1 => Alternative::Greater,
        _ => Alternative::Less,
    };
    match bytes.byte() % 6 {
        0 => of_counts(bytes, alpha, side),
        1 => of_moments(bytes, alpha, side),
        2 => of_pairs(bytes, alpha, side),
        3 => of_ratios(bytes, alpha, side),
        4 => of_samples(bytes, alpha, side),
        _ => of_events(bytes, alpha, side),
    }
}

fn of_counts(bytes: &mut Bytes<'_>, alpha: Alpha, side: Alternative) {
    let counts = |bytes: &mut Bytes<'_>| {
        let trials = bytes.below(1 << 53);
        Counts::new(bytes.below(trials + 1), trials).expect("successes are among the trials")
    };
    let (a, b) = (counts(bytes), counts(bytes));
    let margin = bytes.number();
    test!(proportions::pooled_z(&a, &b, alpha, side));
    test!(proportions::unpooled_z(&a, &b, alpha, side));
    test!(proportions::miettinen_nurminen(&a, &b, alpha, side));
    test!(proportions::non_inferiority(&a, &b, margin, alpha));
    interval!(proportions::miettinen_nurminen_interval(&a, &b, alpha));
    interval!(proportions::newcombe(&a, &b, alpha));
    interval!(proportions::wald(&a, &b, alpha));
    interval!(proportions::agresti_caffo(&a, &b, alpha));
    interval!(proportions::wilson(&a, alpha));
    interval!(proportions::clopper_pearson(&a, alpha));
    interval!(proportions::jeffreys(&a, alpha));
    number!(proportions::cohen_h(&a, &b));
    for estimate in [
        proportions::risk_ratio(&a, &b, alpha),
        proportions::odds_ratio(&a, &b, alpha),
    ]
    .into_iter()
    .flatten()
    {
        test!(estimate.test(side));
    }
    // The exact law of large tables takes long, by its nature and its documentation.
    if a.trials() + b.trials() < 100_000 {
        number!(exact::fisher(&a, &b, side).map(|p| p.value));
        number!(exact::fisher_mid_p(&a, &b, side).map(|p| p.value));
    }
    let weights = [bytes.number(), bytes.number()];
    let arms = [a.trials(), b.trials()];
    if let Ok(ratio) = sample_ratio::check(&arms, &weights, alpha) {
        assert!(!ratio.largest_deviation().is_nan());
    }
    if let Ok(readout) = compare::two_arms(&a, &b, weights, alpha) {
        assert!(!readout.to_string().contains("NaN"), "{readout}");
    }
}

fn moments(bytes: &mut Bytes<'_>) -> Moments {
    let mut moments = Moments::new();
    for value in values(bytes) {
        // What is refused is left out, as an application would.
        let _ = moments.record(value);
    }
    match bytes.bit() {
        true => moments,
        false => Moments::from_summary(bytes.below(1 << 53), bytes.number(), bytes.number())
            .unwrap_or(moments),
    }
}

fn of_moments(bytes: &mut Bytes<'_>, alpha: Alpha, side: Alternative) {
    let (a, b) = (moments(bytes), moments(bytes));
    test!(means::welch(&a, &b, alpha, side));
    test!(means::student(&a, &b, alpha, side));
    test!(means::relative_lift(&a, &b, alpha, side));
    number!(means::cohen_d(&a, &b));
    test!(paired::paired_t(&a, alpha, side));
    number!(paired::cohen_dz(&a));
    if let Ok(set) = means::fieller(&a, &b, alpha) {
        assert!(!format!("{set:?}").contains("NaN"), "{set:?}");
    }
    if let Ok(limits) = paired::bland_altman(&a) {
        let text = format!("{limits:?}");
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    }
    if let Ok(margin) = Margin::symmetric(bytes.number())
        && let Ok(shown) = equivalence::of_means(&a, &b, margin, alpha)
    {
        assert!((0.0..=1.0).contains(&shown.p().value), "{shown:?}");
    }
    if let Ok(readout) = compare::two_arms(&a, &b, [1.0, 1.0], alpha) {
        assert!(!readout.to_string().contains("NaN"), "{readout}");
    }
}

fn of_pairs(bytes: &mut Bytes<'_>, alpha: Alpha, side: Alternative) {
    let cells = [0; 4].map(|_: u8| bytes.below(1 << 51));
    let Ok(pairs) = PairedCounts::new(cells[0], cells[1], cells[2], cells[3]) else {
        return;
    };
    test!(paired::mcnemar_mid_p(&pairs, alpha, side));
    test!(paired::mcnemar_exact(&pairs, alpha, side));
    test!(paired::mcnemar_chi_squared(&pairs, alpha, side));
    test!(paired::mcnemar_corrected(&pairs, alpha, side));
    interval!(paired::tango(&pairs, alpha));
    interval!(paired::bonett_price(&pairs, alpha));
    interval!(paired::wald(&pairs, alpha));
    if let Ok((odds, range)) = paired::discordant_odds(&pairs, alpha) {
        assert!(!odds.is_nan());
        interval!(Ok(range));
    }
}

fn of_ratios(bytes: &mut Bytes<'_>, alpha: Alpha, side: Alternative) {
    let ratio = |bytes: &mut Bytes<'_>| {
        let mut ratio = RatioMoments::new();
        for value in values(bytes) {
            let _ = ratio.record(value, bytes.number());
        }
        ratio
    };
    let (a, b) = (ratio(bytes), ratio(bytes));
    test!(ratios::difference(&a, &b, alpha, side));
    test!(ratios::relative_lift(&a, &b, alpha, side));
    number!(ratios::variance(&a));
    let pair = |bytes: &mut Bytes<'_>| {
        let mut pair = PairedMoments::new();
        for value in values(bytes) {
            let _ = pair.record(value, bytes.number());
        }
        pair
    };
    let pairs = pair(bytes);
    for number in [pairs.covariance(), pairs.correlation()]
        .into_iter()
        .flatten()
    {
        assert!(number.is_finite(), "{number}");
    }
    let adjustable = |bytes: &mut Bytes<'_>| {
        let mut moments = covariate::CovariateMoments::default();
        for value in values(bytes) {
            let before = covariate::PreRelease::new(bytes.number());
            let _ = moments.record(before, value);
        }
        moments
    };
    let arms = [adjustable(bytes), adjustable(bytes)];
    if let Ok(adjusted) = covariate::adjust(&arms[0], &arms[1]) {
        test!(adjusted.test(alpha, side));
    }
}

fn of_samples(bytes: &mut Bytes<'_>, alpha: Alpha, side: Alternative) {
    let (Ok(a), Ok(b)) = (Sample::new(&values(bytes)), Sample::new(&values(bytes))) else {
        return;
    };
    test!(ranks::mann_whitney(&a, &b, alpha, side));
    test!(ranks::mann_whitney_corrected(&a, &b, alpha, side));
    test!(ranks::brunner_munzel(&a, &b, alpha, side));
    number!(ranks::hodges_lehmann(&a, &b));
    number!(quantiles::harrell_davis(&a, bytes.number()));
    let p = bytes.number();
    number!(quantiles::maritz_jarrett(
        &a,
        p,
        quantiles::OrderLaw::default(),
    ));
}

fn of_events(bytes: &mut Bytes<'_>, alpha: Alpha, side: Alternative) {
    let mut events = || Events::new(bytes.below(1 << 53), bytes.number());
    let (Ok(a), Ok(b)) = (events(), events()) else {
        return;
    };
    test!(rates::score(&a, &b, alpha, side));
    test!(rates::variance_stabilised(&a, &b, alpha, side));
    if let Ok(ratio) = rates::log_ratio(&a, &b, alpha) {
        test!(ratio.test(side));
    }
    for ratio in [
        rates::exact(&a, &b, alpha, side),
        rates::exact_mid_p(&a, &b, alpha, side),
    ]
    .into_iter()
    .flatten()
    {
        assert!(!format!("{ratio:?}").contains("NaN"), "{ratio:?}");
    }
}

fn values(bytes: &mut Bytes<'_>) -> Vec<f64> {
    let count = usize::from(bytes.byte()) % MOST;
    let scale = bytes.bit();
    let number = |bytes: &mut Bytes<'_>| match scale {
        true => bytes.number(),
        false => f64::from(bytes.byte()),
    };
    (0..count).map(|_| number(bytes)).collect()
}

fn check_test(what: &str, outcome: Result<FixedHorizon, Refusal>) {
    let Ok(test) = outcome else { return };
    let is_finite = test.effect.is_finite() && test.standard_error >= 0.0;
    assert!(is_finite, "{what}: {test:?}");
    assert!((0.0..=1.0).contains(&test.p.value), "{what}: {test:?}");
    assert!(!format!("{test:?}").contains("NaN"), "{what}: {test:?}");
    check_interval(what, Ok(test.interval));
}

fn check_interval(what: &str, outcome: Result<Interval, Refusal>) {
    let Ok(interval) = outcome else { return };
    // One-sided at a level below one half, the bound may lie beyond all values. Comparing is
    // false for a NaN.
    let is_empty = interval.level < 0.5 && interval.is_empty();
    assert!(
        is_empty || interval.lower <= interval.upper,
        "{what}: {interval:?}"
    );
}

fn check_number(what: &str, outcome: Result<f64, Refusal>) {
    if let Ok(number) = outcome {
        assert!(number.is_finite(), "{what}: {number}");
    }
}
