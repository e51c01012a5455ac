//! Error rates and coverage of the tests for one look, on simulated samples of fixed seeds.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use rand::RngExt;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use switchstand::stats::covariate::{CovariateMoments, PreRelease, adjust};
use switchstand::stats::rates::{self, Events};
use switchstand::stats::{
    Alpha, Alternative, RatioMoments, Sample, drift, quantiles, ranks, ratios,
};

const TWO: Alternative = Alternative::TwoSided;
const FIVE: Alpha = Alpha::FIVE_PERCENT;

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (u, v): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// Distance of the p-values from uniform, in units of which 1.95 is exceeded once in 1000.
fn uniformity(p_values: &mut [f64]) -> f64 {
    p_values.sort_by(f64::total_cmp);
    let n = p_values.len() as f64;
    let gaps = p_values.iter().enumerate().map(|(i, p)| {
        let i = i as f64;
        (p - i / n).abs().max((p - (i + 1.0) / n).abs())
    });
    gaps.fold(0.0, f64::max) * n.sqrt()
}

fn simulate(runs: usize, seed: u64, one: impl Fn(&mut ChaCha8Rng) -> f64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..runs).map(|_| one(&mut rng)).collect()
}

fn normals(rng: &mut ChaCha8Rng, n: usize) -> Sample {
    Sample::new(&(0..n).map(|_| normal(rng)).collect::<Vec<_>>()).unwrap()
}

#[test]
fn t1_p_values_of_continuous_tests_are_uniform() {
    let mut mann_whitney = simulate(1_500, 1, |rng| {
        let (a, b) = (normals(rng, 60), normals(rng, 80));
        ranks::mann_whitney(&a, &b, FIVE, TWO).unwrap().p.value
    });
    assert!(uniformity(&mut mann_whitney) < 1.95);
    let mut brunner_munzel = simulate(1_500, 2, |rng| {
        // Three times the spread: only the order must be fair.
        let a = normals(rng, 60);
        let b = Sample::new(&(0..80).map(|_| 3.0 * normal(rng)).collect::<Vec<_>>()).unwrap();
        ranks::brunner_munzel(&a, &b, FIVE, TWO).unwrap().p.value
    });
    assert!(uniformity(&mut brunner_munzel) < 1.95);
    let mut signed_rank = simulate(1_500, 3, |rng| {
        let d = normals(rng, 90);
        ranks::signed_rank(&d, ranks::Zeros::Drop, FIVE, TWO)
            .unwrap()
            .p
            .value
    });
    assert!(uniformity(&mut signed_rank) < 1.95);
    let mut ratio = simulate(1_500, 4, |rng| {
        let mut arm = || {
            let mut units = RatioMoments::new();
            for _ in 0..200 {
                let y = 1.0 + 4.0 * rng.random::<f64>();
                units.record(y * (1.0 + 0.5 * normal(rng)), y).unwrap();
            }
            units
        };
        ratios::difference(&arm(), &arm(), FIVE, TWO)
            .unwrap()
            .p
            .value
    });
    assert!(uniformity(&mut ratio) < 1.95);
}

#[test]
fn t1_exact_tests_err_at_most_with_alpha() {
    // Ties and few values: the p-values must be stochastically larger than uniform.
    let runs = 2_000;
    let few = |rng: &mut ChaCha8Rng, n: usize| {
        let values: Vec<f64> = (0..n)
            .map(|_| f64::from(rng.random_range(0..5_u32)))
            .collect();
        Sample::new(&values).unwrap()
    };
    let exact = simulate(runs, 5, |rng| {
        let (a, b) = (few(rng, 7), few(rng, 9));
        ranks::mann_whitney_exact(&a, &b, FIVE, TWO).map_or(1.0, |test| test.p.value)
    });
    let smirnov = simulate(runs, 6, |rng| {
        let (a, b) = (few(rng, 12), few(rng, 9));
        drift::kolmogorov_smirnov_exact(&a, &b).unwrap().value
    });
    let poisson = simulate(runs, 7, |rng| {
        let mut count = |trials: u32| {
            (0..trials)
                .filter(|_| rng.random_range(0.0..1.0) < 0.02)
                .count() as u64
        };
        let a = Events::new(count(600), 3.0).unwrap();
        let b = Events::new(count(200), 1.0).unwrap();
        rates::exact(&a, &b, FIVE, TWO).unwrap().p.value
    });
    for p_values in [exact, smirnov, poisson] {
        for alpha in [0.01, 0.05, 0.2] {
            let share = p_values.iter().filter(|p| **p <= alpha).count() as f64 / runs as f64;
            let error = (alpha * (1.0 - alpha) / runs as f64).sqrt();
            assert!(share <= alpha + 3.3 * error, "{share} at {alpha}");
        }
    }
}

#[test]
fn t1_adjustment_multiplies_the_variance_by_one_less_squared_correlation() {
    for (seed, rho) in [(8, 0.3_f64), (9, 0.7), (10, 0.95)] {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut arm = |n: usize| {
            let mut units = CovariateMoments::new();
            for _ in 0..n {
                let x = normal(&mut rng);
                let y = rho * x + (1.0 - rho * rho).sqrt() * normal(&mut rng);
                units.record(PreRelease::new(x), y).unwrap();
            }
            units
        };
        let adjusted = adjust(&arm(20_000), &arm(20_000)).unwrap();
        let reduction = adjusted.variance_reduction.unwrap();
        // The standard error of a squared correlation is about 2 rho (1 - rho^2) / sqrt(n).
        assert!((reduction - rho * rho).abs() < 4.0 * 2.0 * rho * (1.0 - rho * rho) / 200.0);
    }
}

#[test]
fn t1_adjusted_p_values_are_uniform() {
    let mut p_values = simulate(1_000, 11, |rng| {
        let mut arm = || {
            let mut units = CovariateMoments::new();
            for _ in 0..100 {
                let x = normal(rng);
                units
                    .record(PreRelease::new(x), 2.0 * x + normal(rng))
                    .unwrap();
            }
            units
        };
        adjust(&arm(), &arm())
            .unwrap()
            .test(FIVE, TWO)
            .unwrap()
            .p
            .value
    });
    assert!(uniformity(&mut p_values) < 1.95);
}

#[test]
fn t1_intervals_of_quantiles_and_shifts_cover() {
    let runs = 1_000;
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let (mut order, mut difference, mut shift) = (0, 0, 0);
    for _ in 0..runs {
        let (a, b) = (normals(&mut rng, 300), normals(&mut rng, 200));
        // The p90 of the standard normal law.
        let truth = 1.281_551_565_544_600_4;
        let one = quantiles::quantile_interval(&a, 0.9, FIVE).unwrap();
        order += u32::from(one.interval.contains(truth));
        let two = quantiles::difference(&a, &b, 0.9, FIVE, TWO).unwrap();
        difference += u32::from(two.interval.contains(0.0));
        let moved = ranks::mann_whitney(&a, &b, FIVE, TWO).unwrap();
        shift += u32::from(moved.interval.contains(0.0));
    }
    let share = |count: u32| f64::from(count) / f64::from(runs as u32);
    let error = (0.05 * 0.95 / f64::from(runs as u32)).sqrt();
    assert!(share(order) >= 0.95 - 3.3 * error, "{}", share(order));
    assert!(
        (share(difference) - 0.95).abs() < 0.02 + 3.3 * error,
        "{}",
        share(difference)
    );
    assert!(
        (share(shift) - 0.95).abs() < 3.3 * error,
        "{}",
        share(shift)
    );
}
