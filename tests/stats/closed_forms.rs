//! Tests and moments against sums that can be done by hand, and what is refused at their ends.
#![cfg(feature = "stats")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use switchstand::stats::equivalence::{self, Margin};
use switchstand::stats::rates::{self, Events};
use switchstand::stats::special::{ln_add_exp, ln_sub_exp};
use switchstand::stats::{
    Alpha, Alternative, Counts, Moments, PairedCounts, Refusal, exact, paired, sample_ratio,
};

const FIVE: Alpha = Alpha::FIVE_PERCENT;
const TWO: Alternative = Alternative::TwoSided;

#[track_caller]
fn near(found: f64, expected: f64, relative: f64) {
    let within = relative * expected.abs();
    assert!(
        (found - expected).abs() <= within,
        "{found}, not {expected}"
    );
}

fn choose(n: u64, k: u64) -> u128 {
    (0..k).fold(1, |c, i| c * u128::from(n - i) / u128::from(i + 1))
}

/// Returns the logarithm of the number of subsets, term by term.
fn ln_choose(n: u64, k: u64) -> f64 {
    (0..k)
        .map(|i| ((n - i) as f64).ln() - ((i + 1) as f64).ln())
        .sum()
}

/// Ties that no symmetry makes are among them: 0 and 1 of 3, where 3 of 14 are drawn.
#[test]
fn t1_fisher_agrees_with_whole_numbers_in_every_small_table() {
    for (na, nb) in (1..=12_u64).flat_map(|na| (1..=6_u64).map(move |nb| (na, nb))) {
        for x in 0..=na + nb {
            let possible = x.saturating_sub(na)..=x.min(nb);
            let ways = |k: u64| choose(nb, k) * choose(na, x - k);
            for xb in possible.clone() {
                let extreme: u128 = possible.clone().map(ways).filter(|w| *w <= ways(xb)).sum();
                let ties: u128 = possible.clone().map(ways).filter(|w| *w == ways(xb)).sum();
                let a = Counts::new(x - xb, na).unwrap();
                let b = Counts::new(xb, nb).unwrap();
                let all = choose(na + nb, x) as f64;
                let p = exact::fisher(&a, &b, TWO).unwrap().value;
                near(p, extreme as f64 / all, 1e-12);
                let mid = exact::fisher_mid_p(&a, &b, TWO).unwrap().value;
                near(mid, (extreme as f64 - 0.5 * ties as f64) / all, 1e-12);
            }
        }
    }
}

/// Tails of so little probability that only their logarithm is a number.
#[test]
fn t1_the_logarithm_of_an_exact_p_goes_on_where_the_p_is_zero() {
    let (n, few) = (1_500, 2);
    let ways = |k: u64| (choose(n, k) as f64).powi(2);
    let [below, at] = [ways(0) + ways(1), ways(few)];
    let ln_all = ln_choose(2 * n, n);
    let [most, least] = [n - few, few].map(|x| Counts::new(x, n).unwrap());
    for (alternative, sides) in [(TWO, 2.0_f64), (Alternative::Less, 1.0)] {
        let p = exact::fisher(&most, &least, alternative).unwrap();
        assert_eq!(p.value, 0.0);
        near(p.ln_p, (sides * (below + at)).ln() - ln_all, 1e-12);
        let mid = exact::fisher_mid_p(&most, &least, alternative).unwrap();
        near(mid.ln_p, (sides * (below + 0.5 * at)).ln() - ln_all, 1e-12);
    }
    let p = exact::fisher(&least, &most, Alternative::Greater).unwrap();
    near(p.ln_p, (below + at).ln() - ln_all, 1e-12);

    let (lost, won) = (3, 2_000);
    let [below, at] = [
        (0..lost).map(|k| choose(lost + won, k) as f64).sum::<f64>(),
        choose(lost + won, lost) as f64,
    ];
    let ln_all = ((lost + won) as f64) * 2.0_f64.ln();
    let pairs = PairedCounts::new(7, lost, won, 7).unwrap();
    let turned = PairedCounts::new(7, won, lost, 7).unwrap();
    for (pairs, one_sided) in [(pairs, Alternative::Greater), (turned, Alternative::Less)] {
        for (alternative, sides) in [(TWO, 2.0_f64), (one_sided, 1.0)] {
            let p = paired::mcnemar_exact(&pairs, FIVE, alternative).unwrap().p;
            near(p.ln_p, (sides * (below + at)).ln() - ln_all, 1e-12);
            let mid = paired::mcnemar_mid_p(&pairs, FIVE, alternative).unwrap().p;
            near(mid.ln_p, (sides * (below + 0.5 * at)).ln() - ln_all, 1e-12);
        }
    }
}

#[test]
fn t1_sums_and_differences_of_logarithms_are_those_of_their_numbers() {
    for (a, b) in [
        (7.0_f64, 2.0_f64),
        (7.0, 6.5),
        (1e-3, 1e-9),
        (3.0, 1.5),
        (0.25, 0.125),
    ] {
        near(ln_sub_exp(a.ln(), b.ln()), (a - b).ln(), 1e-13);
        near(ln_add_exp(a.ln(), b.ln()), (a + b).ln(), 1e-13);
        near(ln_add_exp(b.ln(), a.ln()), (a + b).ln(), 1e-13);
    }
}

/// Returns the rate at which the score of this many events is `z`, by halving.
fn rate_of_score(arm: &Events, z: f64) -> f64 {
    let [count, exposure] = [arm.count() as f64, arm.exposure()];
    let score = |rate: f64| (count - exposure * rate) / (exposure * rate).sqrt();
    let (mut low, mut high) = (1e-12, (count + 100.0) / exposure);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if score(middle) > z {
            low = middle
        } else {
            high = middle
        }
    }
    low
}

/// The method of variance estimates recovered: the bounds that count lie opposite one another.
#[test]
fn t1_the_interval_of_two_event_rates_comes_from_the_score_bounds_of_each() {
    let z = 1.959_963_984_540_054;
    for ((c_a, e_a), (c_b, e_b)) in [
        ((12, 1_000.0), (25, 900.0)),
        ((3, 40.0), (1, 160.0)),
        ((0, 50.0), (9, 70.0)),
        ((400, 2.0), (380, 3.0)),
    ] {
        let (a, b) = (
            Events::new(c_a, e_a).unwrap(),
            Events::new(c_b, e_b).unwrap(),
        );
        let [rate_a, rate_b] = [c_a as f64 / e_a, c_b as f64 / e_b];
        let lowest = |arm: &Events| {
            if arm.count() == 0 {
                0.0
            } else {
                rate_of_score(arm, z)
            }
        };
        let highest = |arm: &Events| rate_of_score(arm, -z);
        let effect = rate_b - rate_a;
        let lower = effect - (rate_b - lowest(&b)).hypot(highest(&a) - rate_a);
        let upper = effect + (highest(&b) - rate_b).hypot(rate_a - lowest(&a));
        for test in [rates::score, rates::variance_stabilised] {
            let found = test(&a, &b, FIVE, TWO).unwrap();
            near(found.effect, effect, 1e-12);
            near(found.interval.lower, lower, 1e-9);
            near(found.interval.upper, upper, 1e-9);
        }
    }
}

#[test]
fn t1_the_interval_of_a_claim_of_equivalence_errs_twice_as_often() {
    let margin = Margin::new(-0.1, 0.2).unwrap();
    let [a, b] = [40, 45].map(|x| Counts::new(x, 100).unwrap());
    let of_rates = equivalence::of_rates(&a, &b, margin, FIVE).unwrap();
    let [a, b] = [1.0, 1.05].map(|mean| Moments::from_summary(50, mean, 0.5).unwrap());
    let of_means = equivalence::of_means(&a, &b, margin, FIVE).unwrap();
    let of_differences = equivalence::of_differences(&a, margin, FIVE).unwrap();
    for found in [of_rates, of_means, of_differences] {
        near(found.interval.level, 0.9, 1e-15);
    }
}

#[test]
fn t4_an_equivalence_margin_has_zero_strictly_inside() {
    for (lower, upper) in [
        (-1.0, 0.0),
        (0.0, 1.0),
        (-1.0, -0.5),
        (0.5, 1.0),
        (-0.0, 1.0),
    ] {
        let refused = Margin::new(lower, upper);
        assert!(
            matches!(refused, Err(Refusal::OutOfRange { .. })),
            "{refused:?}"
        );
    }
}

/// 4 values of about 2 million: `4 ulp * sum of squares / sum of squared deviations`.
#[test]
fn t4_lost_precision_says_how_much_is_lost() {
    let values = [0.0, 1.0, 2.0, 3.0].map(|x| 2e6 + x);
    let (sum, squares): (f64, f64) = (values.iter().sum(), values.iter().map(|x| x * x).sum());
    match Moments::from_sums(4, sum, squares) {
        Err(Refusal::LostPrecision { relative_error, .. }) => {
            near(relative_error, 4.0 * f64::EPSILON * squares / 5.0, 1e-12);
        }
        other => panic!("{other:?}"),
    }
}

/// The mean of these lies between two neighbouring numbers, two thirds from either.
#[test]
fn t1_the_variance_of_a_block_is_about_its_mean_and_not_the_rounded_one() {
    let first = 2.0_f64.powi(53);
    let mut block = vec![first; 300];
    block.extend(vec![first + 2.0; 600]);
    let mut moments = Moments::new();
    moments.extend_from_slice(&block).unwrap();
    // 300 values lie 4/3 below the mean, 600 lie 2/3 above.
    let squares = 300.0 * 16.0 / 9.0 + 600.0 * 4.0 / 9.0;
    near(moments.variance().unwrap(), squares / 899.0, 1e-12);
}

#[test]
fn t4_sizes_whose_sum_is_no_exact_number_are_refused() {
    let half = 1_u64 << 52;
    assert!(sample_ratio::check(&[half, half], &[1.0, 1.0], FIVE).is_ok());
    for counts in [[half, half + 2], [u64::MAX, u64::MAX]] {
        let refused = sample_ratio::check(&counts, &[1.0, 1.0], FIVE);
        assert!(
            matches!(refused, Err(Refusal::Overflow { .. })),
            "{refused:?}"
        );
    }
}
