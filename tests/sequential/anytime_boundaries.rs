//! Laws of the boundaries that hold at all times.
#![cfg(feature = "stats")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::draws::{Draws, Proportion};
use switchstand::stats::anytime::{MixtureBoundary, stitched_bound};
use switchstand::stats::planning::Sides;
use switchstand::stats::{Alpha, Refusal};

const ALPHA: Alpha = Alpha::FIVE_PERCENT;

/// All mixtures of unit scale, tightest at `v`, with a name each.
fn mixtures(v: f64) -> Vec<(&'static str, MixtureBoundary)> {
    let bounded = |sides| MixtureBoundary::beta_binomial(sides, [0.3, 0.7], v, ALPHA).unwrap();
    let normal = |sides| MixtureBoundary::normal(sides, v, ALPHA).unwrap();
    vec![
        ("normal, two-sided", normal(Sides::Two)),
        ("normal, one-sided", normal(Sides::One)),
        (
            "gamma-exponential",
            MixtureBoundary::gamma_exponential(1.0, v, ALPHA).unwrap(),
        ),
        (
            "gamma-Poisson",
            MixtureBoundary::gamma_poisson(1.0, v, ALPHA).unwrap(),
        ),
        ("beta-binomial, two-sided", bounded(Sides::Two)),
        ("beta-binomial, one-sided", bounded(Sides::One)),
    ]
}

#[test]
fn t1_the_evidence_on_the_bound_is_one_over_alpha() {
    for v in [1.0, 30.0, 1e3, 1e6] {
        for (name, boundary) in mixtures(100.0) {
            for alpha in [0.2, 0.05, 1e-3, 1e-9].map(|alpha| Alpha::new(alpha).unwrap()) {
                let bound = boundary.bound(v, alpha).unwrap();
                let ln_e = boundary.ln_e(bound, v).unwrap();
                let wanted = -alpha.get().ln();
                let is_greatest = name.starts_with("beta") && bound >= v / 0.3;
                assert!(
                    is_greatest || (ln_e - wanted).abs() < 1e-9,
                    "{name} at {v}: {ln_e} against {wanted}"
                );
            }
        }
    }
}

#[test]
fn t1_bounds_rise_with_time_and_with_certainty() {
    let bounds = |v, alpha: f64| {
        let alpha = Alpha::new(alpha).unwrap();
        let mut bounds: Vec<f64> = mixtures(100.0)
            .iter()
            .map(|(_, boundary)| boundary.bound(v, alpha).unwrap())
            .collect();
        bounds.push(stitched_bound(v, 1.0, 10.0, alpha).unwrap());
        bounds
    };
    for (v, alpha) in [(20.0, 0.05), (100.0, 0.01), (5e4, 0.2)] {
        let here = bounds(v, alpha);
        for other in [bounds(1.5 * v, alpha), bounds(v, 0.5 * alpha)] {
            assert!(
                here.iter().zip(&other).all(|(x, y)| x < y),
                "{here:?} {other:?}"
            );
        }
    }
}

#[test]
fn t1_a_mixture_is_tightest_at_the_time_it_is_told() {
    let at = |best| {
        let boundary = MixtureBoundary::normal(Sides::Two, best, ALPHA).unwrap();
        boundary.bound(500.0, ALPHA).unwrap()
    };
    let least = at(500.0);
    for other in [50.0, 250.0, 1_000.0, 5_000.0] {
        assert!(least < at(other), "{other}");
    }
}

#[test]
fn t1_another_unit_scales_the_bound() {
    for factor in [1e-3_f64, 7.0, 1e4] {
        let square = factor * factor;
        let scaled = [
            MixtureBoundary::normal(Sides::One, 100.0 * square, ALPHA),
            MixtureBoundary::gamma_exponential(factor, 100.0 * square, ALPHA),
            MixtureBoundary::gamma_poisson(factor, 100.0 * square, ALPHA),
            MixtureBoundary::beta_binomial(
                Sides::One,
                [0.3 * factor, 0.7 * factor],
                100.0 * square,
                ALPHA,
            ),
        ];
        let plain = mixtures(100.0);
        let plain = [1, 2, 3, 5].map(|index| plain.get(index).unwrap().1);
        for (plain, scaled) in plain.iter().zip(scaled) {
            let one = factor * plain.bound(250.0, ALPHA).unwrap();
            let other = scaled.unwrap().bound(250.0 * square, ALPHA).unwrap();
            assert!((one - other).abs() < 1e-9 * one, "{one} {other}");
        }
    }
}

/// How often each boundary is crossed at any of so many steps, by values that it is made for.
fn crossings(runs: usize, steps: usize, seed: u64) -> Vec<(&'static str, Proportion)> {
    let mut draws = Draws::seeded(seed);
    // 0.7 with chance 0.3, else -0.3: within every assumption, at an intrinsic time of 0.21.
    let bounded = |draws: &mut Draws| if draws.chance(0.3) { 0.7 } else { -0.3 };
    let normal = |draws: &mut Draws| draws.normal();
    let counts = |draws: &mut Draws| draws.poisson(1.0) as f64 - 1.0;
    let waits = |draws: &mut Draws| draws.exponential() - 1.0;
    type Step = fn(&mut Draws) -> f64;
    let streams: [(Step, f64); 6] = [
        (normal, 1.0),
        (normal, 1.0),
        (waits, 1.0),
        (counts, 1.0),
        (bounded, 0.21),
        (bounded, 0.21),
    ];
    let mut found = Vec::new();
    for ((name, _), (step, time)) in mixtures(1.0).into_iter().zip(streams) {
        let tuned = mixtures(time * steps as f64 / 4.0);
        let boundary = tuned
            .into_iter()
            .find(|&(other, _)| other == name)
            .unwrap()
            .1;
        let bounds: Vec<f64> = (1..=steps)
            .map(|n| boundary.bound(time * n as f64, ALPHA).unwrap())
            .collect();
        let two_sided = name.ends_with("two-sided");
        let crossed = (0..runs).filter(|_| {
            let mut sum: f64 = 0.0;
            bounds.iter().any(|bound| {
                sum += step(&mut draws);
                sum > *bound + 1e-9 || (two_sided && name.starts_with("normal") && -sum > *bound)
            })
        });
        found.push((name, Proportion::new(crossed.count(), runs)));
    }
    found
}

#[test]
fn t3_no_boundary_is_crossed_too_often() {
    for (name, crossed) in crossings(1_000, 300, 71) {
        crossed.assert_at_most(0.05, name);
        // A boundary that is never crossed would hold nothing.
        assert!(crossed.value() > 0.0, "{name}");
    }
}

#[test]
#[ignore = "20,000 runs of 2,000 steps, for a release build"]
fn t3_no_boundary_is_crossed_too_often_at_length() {
    for (name, crossed) in crossings(20_000, 2_000, 72) {
        println!("{name}: {:.4}", crossed.value());
        crossed.assert_at_most(0.05, name);
    }
}

#[test]
fn t4_what_is_no_boundary_is_refused() {
    let half = Alpha::new(0.5).unwrap();
    assert!(MixtureBoundary::normal(Sides::Two, 1.0, half).is_ok());
    assert!(MixtureBoundary::normal(Sides::One, 1.0, half).is_err());
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(MixtureBoundary::normal(Sides::Two, bad, ALPHA).is_err());
        assert!(MixtureBoundary::gamma_exponential(bad, 1.0, ALPHA).is_err());
        assert!(MixtureBoundary::gamma_poisson(1.0, bad, ALPHA).is_err());
        assert!(MixtureBoundary::beta_binomial(Sides::Two, [bad, 1.0], 1.0, ALPHA).is_err());
        assert!(MixtureBoundary::beta_binomial(Sides::Two, [1.0, bad], 1.0, ALPHA).is_err());
        assert!(stitched_bound(1.0, 1.0, bad, ALPHA).is_err());
        assert_eq!(stitched_bound(1.0, bad, 1.0, ALPHA).is_ok(), bad == 0.0);
    }
    for (name, boundary) in mixtures(100.0) {
        for (s, v) in [
            (f64::NAN, 1.0),
            (f64::INFINITY, 1.0),
            (0.0, f64::NAN),
            (0.0, -1.0),
        ] {
            assert!(boundary.ln_e(s, v).is_err(), "{name}");
        }
        assert!(boundary.bound(-1.0, ALPHA).is_err());
        // Nothing seen is no evidence.
        assert!(boundary.ln_e(0.0, 0.0).unwrap().abs() < 1e-12, "{name}");
    }
    let bounded = MixtureBoundary::beta_binomial(Sides::Two, [0.5, 0.5], 1.0, ALPHA).unwrap();
    assert!(matches!(
        bounded.ln_e(3.0, 1.0),
        Err(Refusal::OutOfRange { .. })
    ));
    assert!(matches!(
        bounded.ln_e(-3.0, 1.0),
        Err(Refusal::OutOfRange { .. })
    ));
}

#[test]
fn t4_extreme_numbers_give_a_number_or_a_refusal() {
    for scale in [1e-300, 1e-30, 1.0, 1e30, 1e300] {
        for v in [0.0, 1e-300, 1e-9, 1.0, 1e9, 1e200, 1e308] {
            for (name, boundary) in mixtures(scale) {
                for s in [-1e300, -1.0, 0.0, 1.0, 1e300] {
                    if let Ok(ln_e) = boundary.ln_e(s, v) {
                        assert!(!ln_e.is_nan(), "{name} {scale} {s} {v}");
                    }
                }
                if let Ok(bound) = boundary.bound(v, ALPHA) {
                    assert!(bound >= 0.0, "{name} {scale} {v}: {bound}");
                }
            }
        }
    }
}
