//! How often intervals cover and tests err, by summing over all outcomes.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use switchstand::stats::planning::{self, Sides};
use switchstand::stats::{
    Alpha, Alternative, Counts, FixedHorizon, Interval, PairedCounts, Refusal, paired, proportions,
    sample_ratio,
};

const ALPHA: Alpha = Alpha::FIVE_PERCENT;
/// Rates so close to 0 or 1 that an arm of 50 may well have no success, or no failure.
const EXTREME: [f64; 6] = [0.001, 0.002, 0.02, 0.95, 0.99, 0.999];

/// The rates 0.05, 0.10, ..., 0.95.
fn ordinary() -> Vec<f64> {
    (1..20).map(|i| f64::from(i) / 20.0).collect()
}

/// The probabilities of 0 to n successes.
fn binomial(n: u64, p: f64) -> Vec<f64> {
    let mut mass = vec![0.0; n as usize + 1];
    mass[0] = 1.0;
    for trial in 1..=n as usize {
        for k in (0..=trial).rev() {
            let from_below = if k > 0 { mass[k - 1] * p } else { 0.0 };
            mass[k] = mass[k] * (1.0 - p) + from_below;
        }
    }
    mass
}

type Method = fn(&Counts, &Counts, Alpha) -> Result<Interval, Refusal>;

/// Returns the coverage at every pair of rates, for arms of these sizes.
fn coverage(method: Method, na: u64, nb: u64, rates: &[f64]) -> Vec<f64> {
    let intervals: Vec<Vec<Interval>> = (0..=na)
        .map(|xa| {
            let a = Counts::new(xa, na).unwrap();
            let of = |xb| method(&a, &Counts::new(xb, nb).unwrap(), ALPHA).unwrap();
            (0..=nb).map(of).collect()
        })
        .collect();
    let mut found = Vec::new();
    for &pa in rates {
        let mass_a = binomial(na, pa);
        for &pb in rates {
            let mass_b = binomial(nb, pb);
            let mut covered = 0.0;
            for (row, ma) in intervals.iter().zip(&mass_a) {
                for (interval, mb) in row.iter().zip(&mass_b) {
                    if interval.contains(pb - pa) {
                        covered += ma * mb;
                    }
                }
            }
            found.push(covered);
        }
    }
    found
}

fn mean_and_least(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (mean, values.iter().copied().fold(1.0, f64::min))
}

const GOOD: [(&str, Method); 2] = [
    ("Newcombe", proportions::newcombe),
    (
        "Miettinen-Nurminen",
        proportions::miettinen_nurminen_interval,
    ),
];

#[test]
fn t1_newcombe_and_miettinen_nurminen_cover_as_often_as_they_say() {
    for (name, method) in GOOD {
        for (na, nb) in [(20, 20), (50, 50), (40, 20)] {
            let (mean, least) = mean_and_least(&coverage(method, na, nb, &ordinary()));
            assert!(
                (mean - 0.95).abs() <= 0.005,
                "{name} {na} {nb}: mean {mean}"
            );
            assert!(least > 0.92, "{name} {na} {nb}: least {least}");
        }
    }
}

#[test]
#[ignore = "larger arms, for a release build"]
fn t1_larger_arms_cover_as_often_as_they_say() {
    for (name, method) in GOOD {
        for (na, nb) in [(100, 100), (200, 200), (300, 30)] {
            let (mean, least) = mean_and_least(&coverage(method, na, nb, &ordinary()));
            assert!(
                (mean - 0.95).abs() <= 0.005,
                "{name} {na} {nb}: mean {mean}"
            );
            assert!(least > 0.92, "{name} {na} {nb}: least {least}");
        }
    }
}

#[test]
fn t1_near_zero_and_one_they_err_on_the_safe_side_and_wald_does_not() {
    for (name, method) in GOOD {
        let (mean, least) = mean_and_least(&coverage(method, 50, 50, &EXTREME));
        assert!(
            mean > 0.95 && least > 0.85,
            "{name}: mean {mean}, least {least}"
        );
    }
    let (_, least) = mean_and_least(&coverage(proportions::wald, 20, 20, &EXTREME));
    assert!(least < 0.1, "Wald: least {least}");
    let (_, least) = mean_and_least(&coverage(proportions::agresti_caffo, 20, 20, &ordinary()));
    assert!(least > 0.92, "Agresti-Caffo: least {least}");
}

#[test]
fn t1_one_arm_intervals_cover_as_often_as_they_say() {
    let covered = |method: fn(&Counts, Alpha) -> Result<Interval, Refusal>, n: u64, p: f64| {
        let mass = binomial(n, p);
        let covers = |x: u64| {
            method(&Counts::new(x, n).unwrap(), ALPHA)
                .unwrap()
                .contains(p)
        };
        (0..=n)
            .filter(|&x| covers(x))
            .map(|x| mass[x as usize])
            .sum::<f64>()
    };
    for n in [20, 50, 100] {
        let all =
            |method| -> Vec<f64> { ordinary().iter().map(|&p| covered(method, n, p)).collect() };
        let (_, least) = mean_and_least(&all(proportions::clopper_pearson));
        assert!(least >= 0.95, "Clopper-Pearson {n}: {least}");
        let (mean, least) = mean_and_least(&all(proportions::wilson));
        assert!(
            (mean - 0.95).abs() < 0.01 && least > 0.9,
            "Wilson {n}: {mean} {least}"
        );
        let (mean, least) = mean_and_least(&all(proportions::jeffreys));
        assert!(
            (mean - 0.95).abs() < 0.01 && least > 0.88,
            "Jeffreys {n}: {mean} {least}"
        );
    }
}

#[test]
fn t1_tango_covers_as_often_as_it_says() {
    // All tables of 30 pairs, by the two kinds of discordant pair.
    let n = 30_u64;
    for (losses, gains) in [
        (0.05, 0.05),
        (0.05, 0.15),
        (0.1, 0.3),
        (0.2, 0.2),
        (0.3, 0.6),
    ] {
        let first = binomial(n, losses);
        let mut covered = 0.0;
        for b in 0..=n {
            let rest = binomial(n - b, gains / (1.0 - losses));
            for c in 0..=n - b {
                let pairs = PairedCounts::new(n - b - c, b, c, 0).unwrap();
                if paired::tango(&pairs, ALPHA)
                    .unwrap()
                    .contains(gains - losses)
                {
                    covered += first[b as usize] * rest[c as usize];
                }
            }
        }
        assert!(
            (0.93..0.985).contains(&covered),
            "{losses} {gains}: {covered}"
        );
    }
}

#[test]
fn t1_tango_finds_both_bounds_where_almost_every_pair_is_a_regression() {
    // `1 + D` in pairs, solved with 60 digits: nothing of the difference itself is left there.
    for (cells, lower, upper) in [
        (
            [4, 999_999_990, 3, 3],
            6.933_375_459_684,
            25.552_751_551_724,
        ),
        (
            [1, 1_000_000_000_000, 5, 0],
            4.996_341_402_454,
            24.531_898_439_641,
        ),
        (
            [0, (1 << 50) - 10, 2, 8],
            6.420_662_323_222,
            23.659_362_824_389,
        ),
    ] {
        let [both, losses, gains, neither] = cells;
        let pairs = PairedCounts::new(both, losses, gains, neither).unwrap();
        let swapped = PairedCounts::new(both, gains, losses, neither).unwrap();
        let found = paired::tango(&pairs, Alpha::FIVE_PERCENT).unwrap();
        let mirrored = paired::tango(&swapped, Alpha::FIVE_PERCENT).unwrap();
        assert_eq!(
            (found.lower, found.upper),
            (-mirrored.upper, -mirrored.lower)
        );
        // As near as numbers next to -1 lie to one another.
        let n = pairs.n() as f64;
        let near = |bound: f64, expected: f64| ((1.0 + bound) * n - expected).abs() <= n * 2.3e-16;
        assert!(
            near(found.lower, lower) && near(found.upper, upper),
            "{cells:?}: {found:?}"
        );
    }
}

#[test]
fn t1_exact_tests_of_pairs_never_err_more_often_than_alpha() {
    let error = |test: fn(&_, _, _) -> Result<FixedHorizon, Refusal>, throws: u64| {
        let mass = binomial(throws, 0.5);
        let rejects = |c: u64| {
            let pairs = PairedCounts::new(5, throws - c, c, 5).unwrap();
            test(&pairs, ALPHA, Alternative::TwoSided)
                .unwrap()
                .is_significant()
        };
        (0..=throws)
            .filter(|&c| rejects(c))
            .map(|c| mass[c as usize])
            .sum::<f64>()
    };
    let mut worst = 0.0_f64;
    for throws in 1..=120 {
        assert!(error(paired::mcnemar_exact, throws) <= 0.05);
        worst = worst.max(error(paired::mcnemar_mid_p, throws));
    }
    // Given the number of discordant pairs the mid-p may exceed alpha: 0.0768 at 16 of them.
    assert!(worst > 0.05 && worst < 0.08, "{worst}");
}

#[test]
fn t1_the_exact_sample_ratio_test_never_alarms_more_often_than_alpha() {
    for (weights, share) in [([1.0, 1.0], 0.5), ([19.0, 1.0], 0.95)] {
        for n in [1_u64, 7, 40, 150] {
            let mass = binomial(n, share);
            let p = |x: u64| {
                sample_ratio::exact_binomial([x, n - x], weights)
                    .unwrap()
                    .value
            };
            for alpha in [0.001, 0.05, 0.3] {
                let alarms = (0..=n).filter(|&x| p(x) <= alpha);
                let rate: f64 = alarms.map(|x| mass[x as usize]).sum();
                assert!(rate <= alpha * (1.0 + 1e-9), "{n} {share} {alpha}: {rate}");
            }
        }
    }
}

#[test]
fn t1_planned_power_is_what_the_test_has() {
    // The unpooled z test by enumeration, against the normal approximation of the plan.
    let (na, nb) = (300_u64, 200_u64);
    let (pa, pb) = (0.3, 0.42);
    let (mass_a, mass_b) = (binomial(na, pa), binomial(nb, pb));
    let mut found = 0.0;
    for xa in 0..=na {
        for xb in 0..=nb {
            let mass = mass_a[xa as usize] * mass_b[xb as usize];
            if mass < 1e-12 {
                continue;
            }
            let (a, b) = (Counts::new(xa, na).unwrap(), Counts::new(xb, nb).unwrap());
            let test = proportions::unpooled_z(&a, &b, ALPHA, Alternative::TwoSided).unwrap();
            found += if test.is_significant() { mass } else { 0.0 };
        }
    }
    let planned = planning::proportions::power(pa, pb, [na, nb], ALPHA, Sides::Two).unwrap();
    assert!((found - planned).abs() < 0.01, "{found} {planned}");
    // And a plan for that power gives back the sizes.
    let design = planning::Design::new(ALPHA, planned).unwrap();
    let design = design.with_ratio(2.0 / 3.0).unwrap();
    let size = planning::proportions::sample_size_unpooled(pa, pb, &design).unwrap();
    assert!(size.control().abs_diff(na) <= 1, "{size:?}");
}
