//! Laws of e-values: calibrated, multiplied, averaged, and several at once.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use switchstand::stats::evidence::{self, EValue};
use switchstand::stats::multiplicity::{self, e_benjamini_hochberg, e_holm};
use switchstand::stats::{Alpha, PValue, Refusal};

fn p_value(p: f64) -> PValue {
    PValue::try_from(p).unwrap()
}

fn e_values(ln_e: &[f64]) -> Vec<EValue> {
    ln_e.iter()
        .map(|&ln_e| EValue::from_ln(ln_e).unwrap())
        .collect()
}

#[test]
fn an_e_value_is_positive_and_finite_or_refused() {
    for e in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        let refused = EValue::new(e);
        assert!(matches!(
            refused,
            Err(Refusal::OutOfRange {
                what: "e-value",
                ..
            })
        ));
    }
    for ln_e in [f64::NEG_INFINITY, f64::INFINITY, f64::NAN] {
        assert!(matches!(
            EValue::from_ln(ln_e),
            Err(Refusal::NonFinite { .. })
        ));
    }
    let vast = EValue::from_ln(1e308).unwrap();
    let overflow = evidence::product(&[vast, vast]);
    assert!(matches!(overflow, Err(Refusal::Overflow { .. })));
    assert_eq!(evidence::mean(&[vast, vast]), Ok(vast));
    assert!(matches!(
        evidence::mean(&[]),
        Err(Refusal::InsufficientData { .. })
    ));
    assert_eq!(evidence::product(&[]), Ok(EValue::ONE));
    for p in [-0.1, 1.1, f64::NAN] {
        assert!(matches!(
            PValue::try_from(p),
            Err(Refusal::OutOfRange { .. })
        ));
    }
    for kappa in [0.0, 1.0, f64::NAN] {
        assert!(evidence::from_p(p_value(0.1), kappa).is_err());
    }
    let zero = p_value(0.0);
    for refused in [evidence::from_p(zero, 0.5), evidence::from_p_mixed(zero)] {
        assert!(matches!(
            refused,
            Err(Refusal::OutOfRange {
                what: "p-value",
                ..
            })
        ));
    }
}

#[test]
fn t3_calibrators_have_a_mean_of_one_under_the_null() {
    // A uniform p-value by the midpoint rule over u = -ln p, where both integrands are smooth.
    let mean_of = |calibrate: &dyn Fn(PValue) -> EValue| -> f64 {
        let (steps, width) = (200_000, 200.0 / 200_000.0);
        let at = |i: i32| {
            let u = (f64::from(i) + 0.5) * width;
            calibrate(p_value((-u).exp())).get() * (-u).exp() * width
        };
        (0..steps).map(at).sum()
    };
    for kappa in [0.2, 0.5, 0.9] {
        let mean = mean_of(&|p| evidence::from_p(p, kappa).unwrap());
        assert!((mean - 1.0).abs() < 1e-6, "{kappa}: {mean}");
    }
    // Of the mixture's mass the part beyond u = 200 is 1 / 200.
    let mean = mean_of(&|p| evidence::from_p_mixed(p).unwrap());
    assert!((mean - (1.0 - 1.0 / 200.0)).abs() < 1e-6, "{mean}");
}

#[test]
fn the_mixed_calibrator_is_the_mean_over_kappa() {
    for p in [1.0, 1.0 - 1e-9, 0.9, 0.37, 0.36, 0.05, 1e-3, 1e-12] {
        // Simpson's rule over kappa.
        let steps = 20_000;
        let at = |i: i32| {
            let kappa = f64::from(i) / f64::from(steps);
            let weight = match i {
                0 => 1.0,
                i if i == steps => 1.0,
                i if i % 2 == 1 => 4.0,
                _ => 2.0,
            };
            weight * kappa * p_value(p).value.powf(kappa - 1.0) / (3.0 * f64::from(steps))
        };
        let mean: f64 = (0..=steps).map(at).sum();
        let mixed = evidence::from_p_mixed(p_value(p)).unwrap().get();
        assert!(
            (mixed / mean - 1.0).abs() < 1e-9,
            "{p}: {mixed} against {mean}"
        );
    }
}

/// What a bettor at odds of `p` makes of heads, or tails, of a fair coin.
fn bet(p: f64, heads: bool) -> f64 {
    2.0 * if heads { p } else { 1.0 - p }
}

#[test]
fn t3_evidence_of_stages_multiplies_whatever_decides_to_go_on() {
    // All 2^8 tosses: a shadow of 3 tosses, then a canary of up to 5 that starts only if the
    // shadow looked bad, bets by what was seen, and ends at its first success.
    let (mut mean_product, mut rejected) = (0.0, 0.0);
    for tosses in 0..256_u32 {
        let heads = |i: u32| tosses >> i & 1 == 1;
        let shadow: f64 = (0..3).map(|i| bet(0.8, heads(i))).product();
        let mut stages = vec![EValue::new(shadow).unwrap()];
        if shadow > 1.0 {
            let mut canary = 1.0;
            for i in 3..8 {
                canary *= bet(0.5 + 0.1 * f64::from(tosses & 3), heads(i));
                if canary > 4.0 {
                    break;
                }
            }
            stages.push(EValue::new(canary).unwrap());
        }
        let product = evidence::product(&stages).unwrap();
        mean_product += product.get() / 256.0;
        let alpha = Alpha::new(0.1).unwrap();
        rejected += f64::from(u8::from(product.is_significant(alpha))) / 256.0;
    }
    assert!((mean_product - 1.0).abs() < 1e-12, "{mean_product}");
    assert!(0.0 < rejected && rejected <= 0.1, "{rejected}");
}

#[test]
fn t3_the_mean_is_evidence_under_dependence_and_the_product_is_not() {
    // Two bettors on the same three tosses.
    let (mut mean, mut product) = (0.0, 0.0);
    for tosses in 0..8_u32 {
        let of = |p: f64| {
            let e: f64 = (0..3).map(|i| bet(p, tosses >> i & 1 == 1)).product();
            EValue::new(e).unwrap()
        };
        let both = [of(0.7), of(0.9)];
        mean += evidence::mean(&both).unwrap().get() / 8.0;
        product += evidence::product(&both).unwrap().get() / 8.0;
    }
    assert!((mean - 1.0).abs() < 1e-12, "{mean}");
    assert!(
        product > 2.0,
        "why it is refused to those who read: {product}"
    );
}

/// The definition: the least mean of all sets that hold the hypothesis.
fn closed(e: &[f64], index: usize) -> f64 {
    let sets = 1..1_u32 << e.len();
    let with = sets.filter(|set| set >> index & 1 == 1);
    with.map(|set| {
        let members = (0..e.len()).filter(|i| set >> i & 1 == 1);
        members.map(|i| e[i]).sum::<f64>() / f64::from(set.count_ones())
    })
    .fold(f64::INFINITY, f64::min)
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(9),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn t3_e_holm_closes_the_test_by_means(
        ln_e in prop::collection::vec(prop_oneof![-3.0..9.0_f64, Just(1.0), Just(5.0)], 0..9),
    ) {
        let e: Vec<f64> = ln_e.iter().map(|ln_e| ln_e.exp()).collect();
        let adjusted = e_holm(&e_values(&ln_e));
        prop_assert_eq!(adjusted.len(), e.len());
        for (index, &found) in adjusted.iter().enumerate() {
            let expected = (1.0 / closed(&e, index)).min(1.0);
            prop_assert!((found / expected - 1.0).abs() < 1e-12, "{found} {expected}");
        }
        // Never weaker than Holm's procedure on the reciprocals.
        let p: Vec<f64> = e.iter().map(|e| (1.0 / e).min(1.0)).collect();
        for (ours, holm) in adjusted.iter().zip(multiplicity::holm(&p).unwrap()) {
            prop_assert!(*ours <= holm * (1.0 + 1e-12), "{ours} {holm}");
        }
    }

    #[test]
    fn t3_e_bh_rejects_as_defined(
        ln_e in prop::collection::vec(-3.0..9.0_f64, 0..12),
        alpha in 0.01..0.5_f64,
    ) {
        let adjusted = e_benjamini_hochberg(&e_values(&ln_e));
        let e: Vec<f64> = ln_e.iter().map(|ln_e| ln_e.exp()).collect();
        let mut greatest_first = e.clone();
        greatest_first.sort_by(|x, y| y.total_cmp(x));
        let m = e.len() as f64;
        let reaches = |k: &usize| *k as f64 * greatest_first[k - 1] / m >= 1.0 / alpha;
        let k = (1..=e.len()).rev().find(reaches).unwrap_or(0);
        for (e, p) in e.iter().zip(adjusted) {
            prop_assert_eq!(p <= alpha, k > 0 && *e >= greatest_first[k - 1]);
        }
    }
}

#[test]
fn t3_e_holm_holds_alpha_over_metrics_and_time() {
    // Four guards on the same harmless requests, all looked at after each. The first three see
    // the same toss; each bets on heads at odds of its own, the last on a toss of its own.
    let (alpha, odds) = (Alpha::new(0.1).unwrap(), [0.55, 0.6, 0.7, 0.6]);
    let mut rng = ChaCha8Rng::seed_from_u64(90);
    let (runs, looks) = (2_000, 100);
    let (mut by_closing, mut unadjusted) = (0, 0);
    for _ in 0..runs {
        let mut ln_e = [0.0; 4];
        let (mut alarm, mut any) = (false, false);
        for _ in 0..looks {
            let tosses: [bool; 2] = [rng.random(), rng.random()];
            for (i, ln_e) in ln_e.iter_mut().enumerate() {
                *ln_e += bet(odds[i], tosses[usize::from(i == 3)]).ln();
            }
            let e = e_values(&ln_e);
            any |= e.iter().any(|e| e.is_significant(alpha));
            alarm |= e_holm(&e).iter().any(|&p| p <= alpha.get());
        }
        by_closing += usize::from(alarm);
        unadjusted += usize::from(any);
    }
    let rate = |count: usize| count as f64 / runs as f64;
    let noise = 3.0 * (0.1 * 0.9 / runs as f64).sqrt();
    assert!(
        rate(by_closing) <= alpha.get() + noise,
        "{}",
        rate(by_closing)
    );
    assert!(
        rate(unadjusted) > alpha.get() + noise,
        "{}",
        rate(unadjusted)
    );
}

#[cfg(feature = "serde")]
#[test]
fn an_e_value_survives_storage_and_a_broken_one_does_not() {
    let e = EValue::from_ln(1234.5).unwrap();
    let text = serde_json::to_string(&e).unwrap();
    assert_eq!(text, r#"{"ln_e":1234.5}"#);
    assert_eq!(serde_json::from_str::<EValue>(&text).unwrap(), e);
    assert!(serde_json::from_str::<EValue>(r#"{"ln_e":null}"#).is_err());
    assert_eq!(e.to_string(), "e = 1e536");
    assert_eq!(e.p().value, 0.0);
    assert_eq!(e.p().ln_p, -1234.5);
}
