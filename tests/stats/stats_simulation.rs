//! What tests do to samples of known laws, with fixed seeds.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use switchstand::stats::{Alpha, Alternative, Moments, means, multiplicity, paired};

const ALPHA: Alpha = Alpha::FIVE_PERCENT;

/// Standard normal values, by pairs (Box and Muller).
struct Normals {
    source: ChaCha8Rng,
    spare: Option<f64>,
}

impl Normals {
    fn new(seed: u64) -> Normals {
        Normals {
            source: ChaCha8Rng::seed_from_u64(seed),
            spare: None,
        }
    }

    fn uniform(&mut self) -> f64 {
        ((self.source.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn next(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * self.uniform()).sin_cos();
        self.spare = Some(radius * sin);
        radius * cos
    }

    fn moments(&mut self, n: usize, sd: f64) -> Moments {
        let values: Vec<f64> = (0..n).map(|_| 3.0 + sd * self.next()).collect();
        let mut moments = Moments::new();
        moments.extend_from_slice(&values).unwrap();
        moments
    }
}

/// The greatest distance of the p-values from uniform ones, in units of `1 / sqrt(n)`.
fn kolmogorov(mut p: Vec<f64>) -> f64 {
    p.sort_by(f64::total_cmp);
    let n = p.len() as f64;
    let gap = |(i, p): (usize, &f64)| (p - i as f64 / n).abs().max((p - (i + 1) as f64 / n).abs());
    p.iter().enumerate().map(gap).fold(0.0, f64::max) * n.sqrt()
}

/// The p-values of both t tests, equal means, unequal sizes and deviations for Welch's.
fn null_p_values(reps: usize, seed: u64) -> [Vec<f64>; 3] {
    let mut normals = Normals::new(seed);
    let mut p = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..reps {
        let (a, b) = (normals.moments(40, 1.0), normals.moments(15, 2.0));
        p[0].push(
            means::welch(&a, &b, ALPHA, Alternative::TwoSided)
                .unwrap()
                .p
                .value,
        );
        let (a, b) = (normals.moments(8, 1.0), normals.moments(5, 1.0));
        p[1].push(
            means::student(&a, &b, ALPHA, Alternative::Greater)
                .unwrap()
                .p
                .value,
        );
        let mut differences = Moments::new();
        (0..6).for_each(|_| differences.record(normals.next()).unwrap());
        let less = Alternative::Less;
        p[2].push(paired::paired_t(&differences, ALPHA, less).unwrap().p.value);
    }
    p
}

#[test]
fn t1_p_values_of_t_tests_are_uniform_if_nothing_changed() {
    // 1.95 is exceeded once in a thousand by uniform values.
    for p in null_p_values(4_000, 7) {
        let distance = kolmogorov(p);
        assert!(distance < 1.95, "{distance}");
    }
}

#[test]
#[ignore = "200 000 samples, for a release build"]
fn t1_p_values_of_t_tests_are_uniform_at_length() {
    for p in null_p_values(200_000, 8) {
        let distance = kolmogorov(p);
        assert!(distance < 1.95, "{distance}");
    }
}

#[test]
fn t1_holm_keeps_any_false_alarm_and_benjamini_hochberg_their_share() {
    let reps = 5_000;
    let mut source = Normals::new(9);
    let (mut any, mut share) = (0.0, 0.0);
    for _ in 0..reps {
        // Six true hypotheses, correlated by a common part, and four false ones.
        let shared = source.next();
        let p: Vec<f64> = (0..10)
            .map(|i| {
                let z = 0.6 * shared + 0.8 * source.next() + if i < 6 { 0.0 } else { 3.0 };
                let law = Moments::from_summary(1 << 52, z, (1_u64 << 52) as f64).unwrap();
                paired::paired_t(&law, ALPHA, Alternative::Greater)
                    .unwrap()
                    .p
                    .value
            })
            .collect();
        let holm = multiplicity::holm(&p).unwrap();
        any += f64::from(u8::from(holm[..6].iter().any(|&p| p <= 0.05)));
        let bh = multiplicity::benjamini_hochberg(&p).unwrap();
        let found = bh.iter().filter(|&&p| p <= 0.05).count();
        let false_ones = bh[..6].iter().filter(|&&p| p <= 0.05).count();
        share += false_ones as f64 / found.max(1) as f64;
    }
    let (any, share) = (any / f64::from(reps), share / f64::from(reps));
    // Three standard errors of a rate of 0.05.
    let slack = 3.0 * (0.05_f64 * 0.95 / f64::from(reps)).sqrt();
    assert!(any <= 0.05 + slack, "any false alarm {any}");
    assert!(share <= 0.05 + slack, "share of false findings {share}");
}

#[test]
fn t3_repeated_looks_err_as_often_as_the_documentation_warns() {
    // Ten looks at equal arms: 0.193 by Armitage, McPherson and Rowe (1969).
    let reps = 4_000;
    let mut source = Normals::new(10);
    let mut alarms = 0;
    for _ in 0..reps {
        let (mut a, mut b) = (Moments::new(), Moments::new());
        let mut alarmed = false;
        for _ in 0..10 {
            a.merge(&source.moments(60, 1.0)).unwrap();
            b.merge(&source.moments(60, 1.0)).unwrap();
            let look = means::welch(&a, &b, ALPHA, Alternative::TwoSided).unwrap();
            alarmed |= look.is_significant();
        }
        alarms += u32::from(alarmed);
    }
    let rate = f64::from(alarms) / f64::from(reps);
    assert!((rate - 0.193).abs() < 0.02, "{rate}");
}
