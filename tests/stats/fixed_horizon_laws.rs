//! Laws of the tests for one look: symmetry, duality, invariance and limits.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use proptest::prelude::*;
use switchstand::stats::covariate::{
    CovariateMoments, PreRelease, PreReleaseSums, RatioCovariateMoments, adjust, adjust_ratios,
};
use switchstand::stats::equivalence::{self, Margin};
use switchstand::stats::rates::{self, Events};
use switchstand::stats::{
    Alpha, Alternative, Counts, FixedHorizon, Moments, RatioMoments, Refusal, Sample, drift, exact,
    quantiles, ranking, ranks, ratios,
};

const TWO: Alternative = Alternative::TwoSided;
const FIVE: Alpha = Alpha::FIVE_PERCENT;

/// Whole numbers, so that there are ties, or numbers without ties.
fn values() -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![
        prop::collection::vec((0_i32..8).prop_map(f64::from), 4..30),
        prop::collection::vec(-50.0..50.0_f64, 4..30),
    ]
}

fn alphas() -> impl Strategy<Value = Alpha> {
    (0.001..0.4_f64).prop_map(|alpha| Alpha::new(alpha).unwrap())
}

fn close(x: f64, y: f64, tolerance: f64) -> bool {
    x == y || (x - y).abs() <= tolerance * x.abs().max(y.abs()).max(1.0)
}

/// Exchanging the arms turns the effect and the one-sided tests around.
fn assert_swapped(forth: &FixedHorizon, back: &FixedHorizon) {
    assert!(
        close(forth.effect, -back.effect, 1e-9),
        "{forth:?} {back:?}"
    );
    assert!(
        close(forth.p.value, back.p.value, 1e-9),
        "{forth:?} {back:?}"
    );
    assert!(close(forth.interval.lower, -back.interval.upper, 1e-9));
    assert!(close(forth.interval.upper, -back.interval.lower, 1e-9));
}

/// p is below alpha exactly if the interval excludes the null, but for rounding at the edge.
fn assert_dual(test: &FixedHorizon) {
    let edge = (test.p.value - test.alpha.get()).abs() < 1e-9;
    assert!(
        edge || test.is_significant() != test.interval.contains(test.null),
        "{test:?}"
    );
}

type RankTest = fn(&Sample, &Sample, Alpha, Alternative) -> Result<FixedHorizon, Refusal>;

const SHIFTS: [RankTest; 3] = [
    ranks::mann_whitney,
    ranks::mann_whitney_corrected,
    ranks::mann_whitney_exact,
];

fn ratio_moments(units: &[(f64, f64)]) -> RatioMoments {
    let (x, y): (Vec<f64>, Vec<f64>) = units.iter().copied().unzip();
    let mut moments = RatioMoments::new();
    moments.extend_from_slices(&x, &y).unwrap();
    moments
}

fn units() -> impl Strategy<Value = Vec<(f64, f64)>> {
    prop::collection::vec((0.0..20.0_f64, 1.0..30.0_f64), 3..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn t1_rank_tests_turn_around_when_the_arms_are_exchanged(a in values(), b in values()) {
        let (a, b) = (Sample::new(&a).unwrap(), Sample::new(&b).unwrap());
        for test in SHIFTS {
            if let Ok(forth) = test(&a, &b, FIVE, TWO) {
                assert_swapped(&forth, &test(&b, &a, FIVE, TWO).unwrap());
                let greater = test(&a, &b, FIVE, Alternative::Greater).unwrap();
                let less = test(&b, &a, FIVE, Alternative::Less).unwrap();
                prop_assert!(close(greater.p.value, less.p.value, 1e-9));
            }
        }
        if let Ok(forth) = ranks::brunner_munzel(&a, &b, FIVE, TWO) {
            let back = ranks::brunner_munzel(&b, &a, FIVE, TWO).unwrap();
            prop_assert!(close(forth.effect, 1.0 - back.effect, 1e-12));
            prop_assert!(close(forth.p.value, back.p.value, 1e-9));
        }
    }

    #[test]
    fn t1_ranks_see_only_the_order(a in values(), b in values()) {
        // Doubling is exact and leaves every order, so nothing but the shift may change.
        let double = |v: &[f64]| Sample::new(&v.iter().map(|x| 2.0 * x).collect::<Vec<_>>());
        let cubed = |v: &[f64]| Sample::new(&v.iter().map(|x| x * x * x).collect::<Vec<_>>());
        let (sa, sb) = (Sample::new(&a).unwrap(), Sample::new(&b).unwrap());
        for test in SHIFTS {
            if let Ok(plain) = test(&sa, &sb, FIVE, TWO) {
                let scaled = test(&double(&a).unwrap(), &double(&b).unwrap(), FIVE, TWO).unwrap();
                prop_assert_eq!(plain.p, scaled.p);
                prop_assert_eq!(2.0 * plain.effect, scaled.effect);
                prop_assert_eq!(2.0 * plain.interval.lower, scaled.interval.lower);
            }
        }
        let plain = drift::distance(&sa, &sb);
        prop_assert_eq!(plain, drift::distance(&cubed(&a).unwrap(), &cubed(&b).unwrap()));
        let u = ranks::u_statistic(&sa, &sb);
        prop_assert_eq!(u, ranks::u_statistic(&cubed(&a).unwrap(), &cubed(&b).unwrap()));
    }

    #[test]
    fn t1_shifts_follow_the_pairs_themselves(a in values(), b in values()) {
        let mut pairs: Vec<f64> = b.iter().flat_map(|y| a.iter().map(move |x| y - x)).collect();
        pairs.sort_by(f64::total_cmp);
        let median = pairs[(pairs.len() - 1) / 2].midpoint(pairs[pairs.len() / 2]);
        let above: f64 = pairs.iter().map(|d| f64::from(*d > 0.0) + 0.5 * f64::from(*d == 0.0)).sum();
        let (a, b) = (Sample::new(&a).unwrap(), Sample::new(&b).unwrap());
        prop_assert_eq!(ranks::hodges_lehmann(&a, &b).unwrap(), median);
        prop_assert_eq!(ranks::u_statistic(&a, &b).candidate, above);
    }

    #[test]
    fn t1_paired_ranks_turn_around_with_the_signs(d in values()) {
        let differences = Sample::new(&d).unwrap();
        let negated = Sample::new(&d.iter().map(|d| -d).collect::<Vec<_>>()).unwrap();
        if let Ok(forth) = ranks::signed_rank_exact(&differences, FIVE, TWO) {
            assert_swapped(&forth, &ranks::signed_rank_exact(&negated, FIVE, TWO).unwrap());
            let zeros = ranks::Zeros::Rank;
            let pratt = ranks::signed_rank(&differences, zeros, FIVE, TWO).unwrap();
            assert_swapped(&pratt, &ranks::signed_rank(&negated, zeros, FIVE, TWO).unwrap());
        }
    }

    #[test]
    fn t1_tests_with_their_own_interval_agree_with_it(
        a in units(), b in units(), alpha in alphas(), side in 0..3
    ) {
        let alternative =
            [TWO, Alternative::Greater, Alternative::Less][usize::try_from(side).unwrap()];
        let (ra, rb) = (ratio_moments(&a), ratio_moments(&b));
        assert_dual(&ratios::difference(&ra, &rb, alpha, alternative).unwrap());
        assert_dual(&ratios::relative_lift(&ra, &rb, alpha, alternative).unwrap());
        let covariate = |units: &[(f64, f64)]| {
            let mut moments = CovariateMoments::new();
            for (x, y) in units {
                moments.record(PreRelease::new(*x), *y).unwrap();
            }
            moments
        };
        let adjusted = adjust(&covariate(&a), &covariate(&b)).unwrap();
        assert_dual(&adjusted.test(alpha, alternative).unwrap());
        let first = |units: &[(f64, f64)]| {
            Sample::new(&units.iter().map(|u| u.0).collect::<Vec<_>>()).unwrap()
        };
        if let Ok(test) = ranks::brunner_munzel(&first(&a), &first(&b), alpha, alternative) {
            assert_dual(&test);
        }
        if let Ok(test) = quantiles::difference(&first(&a), &first(&b), 0.5, alpha, alternative) {
            assert_dual(&test);
        }
    }

    #[test]
    fn t1_ratios_turn_around_and_scale(a in units(), b in units(), scale in 0.01..100.0_f64) {
        let forth = ratios::difference(&ratio_moments(&a), &ratio_moments(&b), FIVE, TWO).unwrap();
        let back = ratios::difference(&ratio_moments(&b), &ratio_moments(&a), FIVE, TWO).unwrap();
        assert_swapped(&forth, &back);
        let scaled = |units: &[(f64, f64)]| {
            ratio_moments(&units.iter().map(|(x, y)| (scale * x, *y)).collect::<Vec<_>>())
        };
        let other = ratios::difference(&scaled(&a), &scaled(&b), FIVE, TWO).unwrap();
        prop_assert!(close(other.effect, scale * forth.effect, 1e-9));
        prop_assert!(close(other.p.value, forth.p.value, 1e-9));
    }

    #[test]
    fn t1_exact_rates_agree_with_their_interval_and_turn_around(
        ca in 0_u64..60, cb in 0_u64..60, ea in 0.1..100.0_f64, eb in 0.1..100.0_f64,
        alpha in alphas(),
    ) {
        let (a, b) = (Events::new(ca, ea).unwrap(), Events::new(cb, eb).unwrap());
        let forth = rates::exact(&a, &b, alpha, TWO).unwrap();
        let back = rates::exact(&b, &a, alpha, TWO).unwrap();
        prop_assert!(close(forth.p.value, back.p.value, 1e-9));
        let edge = (forth.p.value - alpha.get()).abs() < 1e-9;
        prop_assert!(edge || (forth.p.value < alpha.get()) != forth.interval.contains(1.0));
        let mid = rates::exact_mid_p(&a, &b, alpha, TWO).unwrap();
        prop_assert!(mid.p.value <= forth.p.value);
    }

    #[test]
    fn t1_fisher_sums_what_is_no_more_likely(
        xa in 0_u64..15, fa in 0_u64..15, xb in 0_u64..15, fb in 0_u64..15
    ) {
        let choose = |n: u64, k: u64| -> u128 {
            (0..k).fold(1_u128, |c, i| c * u128::from(n - i) / u128::from(i + 1))
        };
        let (na, nb, x) = (xa + fa, xb + fb, xa + xb);
        let ways = |k: u64| {
            if k > nb || k > x || x - k > na { 0 } else { choose(nb, k) * choose(na, x - k) }
        };
        let all: u128 = (0..=x).map(ways).sum();
        let extreme: u128 = (0..=x).map(ways).filter(|w| *w <= ways(xb)).sum();
        let ties: u128 = (0..=x).map(ways).filter(|w| *w == ways(xb)).sum();
        let (a, b) = (Counts::new(xa, na).unwrap(), Counts::new(xb, nb).unwrap());
        let p = exact::fisher(&a, &b, TWO).unwrap().value;
        prop_assert!(close(p, extreme as f64 / all as f64, 1e-12));
        let mid = exact::fisher_mid_p(&a, &b, TWO).unwrap().value;
        prop_assert!(close(mid, (extreme as f64 - 0.5 * ties as f64) / all as f64, 1e-12));
    }

    #[test]
    fn t1_equivalence_is_shown_exactly_if_the_interval_lies_inside(
        mean in -3.0..3.0_f64, sd in 0.5..4.0_f64, n in 5_u64..200, margin in 0.1..3.0_f64,
        alpha in alphas(),
    ) {
        let a = Moments::from_summary(n, 0.0, sd * sd).unwrap();
        let b = Moments::from_summary(n + 3, mean, 1.0).unwrap();
        let bounds = Margin::symmetric(margin).unwrap();
        let outcome = equivalence::of_means(&a, &b, bounds, alpha).unwrap();
        let inside = -margin < outcome.interval.lower && outcome.interval.upper < margin;
        let edge = (outcome.p().value - alpha.get()).abs() < 1e-9;
        prop_assert!(edge || outcome.is_shown() == inside);
        let back = equivalence::of_means(&b, &a, bounds, alpha).unwrap();
        prop_assert!(close(outcome.p().value, back.p().value, 1e-9));
    }

    #[test]
    fn t1_equivalence_of_rates_agrees_with_its_interval(
        xa in 0_u64..100, xb in 0_u64..100, margin in 0.02..0.5_f64
    ) {
        let (a, b) = (Counts::new(xa, 100).unwrap(), Counts::new(xb, 100).unwrap());
        let bounds = Margin::symmetric(margin).unwrap();
        let outcome = equivalence::of_rates(&a, &b, bounds, FIVE).unwrap();
        let inside = -margin < outcome.interval.lower && outcome.interval.upper < margin;
        let edge = (outcome.p().value - 0.05).abs() < 1e-9;
        prop_assert!(edge || outcome.is_shown() == inside);
    }

    #[test]
    fn t1_the_area_is_the_share_of_pairs_ranked_rightly(
        items in prop::collection::vec((any::<bool>(), 0_i32..9, 0_i32..9), 8..40)
    ) {
        let labels: Vec<bool> = items.iter().map(|i| i.0).collect();
        let scores = |of: fn(&(bool, i32, i32)) -> i32| -> Vec<f64> {
            items.iter().map(|i| f64::from(of(i))).collect()
        };
        let (s1, s2) = (scores(|i| i.1), scores(|i| i.2));
        if let Ok(areas) = ranking::delong(&labels, &s1, &s2) {
            let class = |positive: bool| {
                let of_class = labels.iter().zip(&s1).filter(|(label, _)| **label == positive);
                Sample::new(&of_class.map(|(_, s)| *s).collect::<Vec<_>>()).unwrap()
            };
            let pairs = ranks::u_statistic(&class(false), &class(true)).superiority;
            prop_assert!(close(areas.control, pairs, 1e-12));
            let back = ranking::delong(&labels, &s2, &s1).unwrap();
            if let (Ok(forth), Ok(back)) = (areas.test(FIVE, TWO), back.test(FIVE, TWO)) {
                assert_swapped(&forth, &back);
                assert_dual(&forth);
            }
        }
    }

    #[test]
    fn t2_adjustment_needs_no_order_and_no_single_batch(
        a in units(), cut in 0_usize..40
    ) {
        let cut = cut.min(a.len());
        let stream = |units: &[(f64, f64)]| {
            let mut one = CovariateMoments::new();
            let mut ratio = RatioCovariateMoments::new();
            for (x, y) in units {
                one.record(PreRelease::new(*x), *y).unwrap();
                let before = PreReleaseSums {
                    numerator: PreRelease::new(*x),
                    denominator: PreRelease::new(y + 1.0),
                };
                ratio.record(before, x + y, *y).unwrap();
            }
            (one, ratio)
        };
        let (whole, whole_ratio) = stream(&a);
        let (mut merged, mut merged_ratio) = stream(&a[cut..]);
        let (rest, rest_ratio) = stream(&a[..cut]);
        merged.merge(&rest).unwrap();
        merged_ratio.merge(&rest_ratio).unwrap();
        let (x, y): (Vec<PreRelease>, Vec<f64>) =
            a.iter().map(|(x, y)| (PreRelease::new(*x), *y)).unzip();
        let mut batch = CovariateMoments::new();
        batch.extend_from_slices(&x, &y).unwrap();
        for other in [merged, batch] {
            prop_assert!(close(
                whole.covariance().unwrap(), other.covariance().unwrap(), 1e-10
            ));
        }
        let at = |m: &RatioCovariateMoments| adjust_ratios(m, &whole_ratio).unwrap();
        prop_assert!(close(
            at(&whole_ratio).standard_error, at(&merged_ratio).standard_error, 1e-9
        ));
    }

    #[test]
    fn t1_a_ratio_with_unit_denominators_is_adjusted_as_a_mean(a in units(), b in units()) {
        let means = |units: &[(f64, f64)]| {
            let mut moments = CovariateMoments::new();
            let mut ratio = RatioCovariateMoments::new();
            for (x, y) in units {
                moments.record(PreRelease::new(*x), *y).unwrap();
                let before = PreReleaseSums {
                    numerator: PreRelease::new(*x),
                    denominator: PreRelease::new(1.0),
                };
                ratio.record(before, *y, 1.0).unwrap();
            }
            (moments, ratio)
        };
        let ((a, ratio_a), (b, ratio_b)) = (means(&a), means(&b));
        let mean = adjust(&a, &b).unwrap();
        let ratio = adjust_ratios(&ratio_a, &ratio_b).unwrap();
        // The one slope is over both arms together, the other within them.
        prop_assert!(close(ratio.theta, mean.theta_within, 1e-9));
        prop_assert!(close(ratio.raw_effect, mean.raw_effect, 1e-9));
        prop_assert!(close(ratio.raw_standard_error, mean.raw_standard_error, 1e-9));
    }
}

#[test]
fn t4_a_ratio_adjusted_by_itself_leaves_nothing() {
    let mut arm = RatioCovariateMoments::new();
    for (x, y) in [(1.0, 3.0), (4.0, 5.0), (2.0, 8.0), (7.0, 9.0)] {
        let before = PreReleaseSums {
            numerator: PreRelease::new(x),
            denominator: PreRelease::new(y),
        };
        arm.record(before, x, y).unwrap();
    }
    let adjusted = adjust_ratios(&arm, &arm).unwrap();
    assert!(adjusted.standard_error < 1e-7 * adjusted.raw_standard_error);
}

#[test]
fn t1_near_ties_of_fisher_are_told_apart() {
    // C(n, k) with n = 2 k + 1: the two middle counts are exactly as likely.
    let a = Counts::new(3_000, 6_001).unwrap();
    let b = Counts::new(3_001, 6_001).unwrap();
    let p = exact::fisher(&a, &b, TWO).unwrap();
    assert_eq!(p, exact::fisher(&b, &a, TWO).unwrap());
    assert!((p.value - 1.0).abs() < 1e-12);
}
