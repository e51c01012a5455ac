//! Anytime-valid methods against their formulas, written out once more and slowly.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use switchstand::stats::anytime::{
    AdjustedArms, AnytimeT, BoundedDifference, PairedNonInferiority, PastGroups,
};
use switchstand::stats::guard::{CandidateShare, Side};
use switchstand::stats::{Alpha, HigherMoments, Moments, PairedCounts};

#[track_caller]
fn near(found: f64, expected: f64) {
    let within = 1e-12 * expected.abs().max(1.0);
    assert!(
        (found - expected).abs() <= within,
        "{found}, not {expected}"
    );
}

#[test]
fn t1_normal_means_are_tested_by_the_pooled_variance_at_the_effective_size() {
    let control = Moments::from_summary(7, 1.5, 2.0).unwrap();
    let candidate = Moments::from_summary(11, 2.75, 5.0).unwrap();
    let (g, nu, n): (f64, f64, f64) = (3.0, 16.0, 77.0 / 18.0);
    // (6 * 2 + 10 * 5) / 16, over the effective size.
    let se = (3.875_f64 / n).sqrt();
    let squared = (1.25 / se).powi(2);
    let r = g / (g + n);
    let ln_e = 0.5 * r.ln()
        + 0.5 * (nu + 1.0) * ((1.0 + squared / nu).ln() - (1.0 + r * squared / nu).ln());
    let k = (r * 0.05_f64.powi(2)).powf(1.0 / (nu + 1.0));
    let radius = se * (nu * (1.0 - k) / (k - r)).sqrt();
    let test = AnytimeT::new(g).unwrap();
    let look = test
        .normal_means(&control, &candidate, Alpha::FIVE_PERCENT)
        .unwrap();
    near(look.ln_e, ln_e);
    near(look.effect, 1.25);
    assert!(radius.is_finite());
    near(look.interval.lower, 1.25 - radius);
    near(look.interval.upper, 1.25 + radius);
}

/// Welch's degrees of freedom, and each arm's own variance.
#[test]
fn t1_means_of_unlike_variance_are_tested_with_the_degrees_of_freedom_of_both() {
    let values = |n: u32, spread: f64, lift: f64| {
        let mut moments = HigherMoments::new();
        for k in 0..n {
            let value = lift + spread * (f64::from(2 * k + 1) / f64::from(n) - 1.0);
            moments.record(value).unwrap();
        }
        moments
    };
    let (control, candidate) = (values(200, 1.0, 0.0), values(120, 4.0, 0.7));
    // Evenly spaced values: spread^2 (n + 1) / (3 n).
    let variance = |n: f64, spread: f64| spread * spread * (n + 1.0) / (3.0 * n);
    let (n_a, n_b) = (200.0, 120.0);
    let (a, b) = (variance(n_a, 1.0) / n_a, variance(n_b, 4.0) / n_b);
    let nu: f64 = (a + b) * (a + b) / (a * a / (n_a - 1.0) + b * b / (n_b - 1.0));
    let (g, n): (f64, f64) = (3.0, n_a * n_b / (n_a + n_b));
    let squared = 0.49 / (a + b);
    let r = g / (g + n);
    let ln_e = 0.5 * r.ln()
        + 0.5 * (nu + 1.0) * ((1.0 + squared / nu).ln() - (1.0 + r * squared / nu).ln());
    let test = AnytimeT::new(g).unwrap();
    let look = test
        .means(&control, &candidate, Alpha::FIVE_PERCENT)
        .unwrap();
    assert!((look.effect - 0.7).abs() < 1e-12);
    assert!((look.ln_e - ln_e).abs() < 1e-9, "{} {ln_e}", look.ln_e);
}

/// Returns what a bettor on a difference has made, above and below the null value.
fn capital(null: f64, values: &[(Side, f64, f64)]) -> [f64; 2] {
    let (mut scores, mut sum) = (Vec::<f64>::new(), 0.0);
    let (mut above, mut below) = (0.0, 0.0);
    for (past, &(side, pi, y)) in values.iter().enumerate() {
        let past = past as f64;
        let q = (sum + 0.5) / (past + 1.0);
        let of = |side: Side, y: f64| match side {
            Side::Candidate => (y - q) / pi,
            Side::Control => -(y - q) / (1.0 - pi),
        };
        let possible = [Side::Candidate, Side::Control]
            .into_iter()
            .flat_map(|side| [of(side, 0.0), of(side, 1.0)])
            .map(|score| score - null);
        let lowest = possible.clone().fold(f64::INFINITY, f64::min);
        let highest = possible.fold(f64::NEG_INFINITY, f64::max);
        let squares: f64 = scores.iter().map(|z| z * z).sum();
        let bet = scores.iter().sum::<f64>() / (squares + 0.25 / (pi * (1.0 - pi)));
        let score = of(side, y) - null;
        above += (1.0 + bet.clamp(0.0, 0.5 / -lowest) * score).ln();
        below += (1.0 - (-bet).clamp(0.0, 0.5 / highest) * score).ln();
        scores.push(score);
        sum += y;
    }
    [above, below]
}

/// The last two are so clear that every bet is as high as it may be.
#[test]
fn t1_a_bounded_difference_bets_by_its_formula_on_any_split() {
    for (null, lift, shares) in [
        (0.0, 0.3_f64, [0.1, 0.4]),
        (-0.05, -0.3, [0.1, 0.4]),
        (0.2, 0.0, [0.5, 0.9]),
        (0.0, -1.0, [0.5, 0.5]),
        (0.0, 1.0, [0.5, 0.5]),
    ] {
        let mut bettor = BoundedDifference::new(null).unwrap();
        let mut values = Vec::new();
        for step in 0_u32..400 {
            let side = match step % 3 {
                0 => Side::Candidate,
                _ => Side::Control,
            };
            let pi = shares[usize::from(step >= 200)];
            let own = match lift.abs() < 1.0 {
                true => f64::from(step * 7 % 10) / 10.0,
                false => 0.5 - 0.5 * lift,
            };
            let y: f64 = match side {
                Side::Candidate => (own + lift).clamp(0.0, 1.0),
                Side::Control => own,
            };
            let share = CandidateShare::new(pi).unwrap();
            bettor.record(side, share, y).unwrap();
            values.push((side, pi, y));
            let [above, below] = capital(null, &values);
            near(bettor.capital().ln_above, above);
            near(bettor.capital().ln_below, below);
        }
        let [above, below] = capital(null, &values);
        assert!(above != 0.0 || below != 0.0, "{above} {below}");
    }
}

/// Groups of a metric, with a past in this unit that half explains it.
fn past(unit: f64, shift: f64) -> Vec<([f64; 2], [f64; 2])> {
    (0_u32..64)
        .map(|group| {
            let (x, own) = (f64::from(group * 37 % 64), f64::from(group * 11 % 64));
            let units = 4.0;
            let sum = units * (100.0 + 0.5 * x + 0.25 * own + shift);
            ([sum, units], [units * (500.0 + x) * unit, units])
        })
        .collect()
}

#[test]
fn t1_the_unit_of_the_past_changes_no_adjusted_arm() {
    let adjusted = |unit: f64| {
        let [a, b] = [past(unit, 0.0), past(unit, 3.0)].map(|groups| {
            let (sums, known): (Vec<_>, Vec<_>) = groups.into_iter().unzip();
            (sums, known)
        });
        let arm = |(groups, past): &(Vec<[f64; 2]>, Vec<[f64; 2]>)| -> AdjustedArms {
            let other = PastGroups {
                groups,
                past,
                units: 256,
            };
            let first = PastGroups {
                groups: &a.0,
                past: &a.1,
                units: 256,
            };
            AdjustedArms::new(&first, &other).unwrap()
        };
        arm(&b)
    };
    let plain = adjusted(1.0);
    assert!((plain.theta - 0.5).abs() < 0.1, "{}", plain.theta);
    // Powers of two change no digit.
    for power in [-200, -70, 70, 200] {
        let unit = 2.0_f64.powi(power);
        let scaled = adjusted(unit);
        near(scaled.theta * unit, plain.theta);
        assert_eq!(scaled.control, plain.control, "2^{power}");
        assert_eq!(scaled.candidate, plain.candidate, "2^{power}");
    }
}

/// Ten bets, each half of the one before, the largest half of what is allowed.
#[test]
fn t1_non_inferiority_is_the_mean_of_what_ten_bettors_have() {
    for (margin, [gains, losses, ties]) in [
        (0.05_f64, [12_u64, 9, 60]),
        (0.2, [3, 14, 30]),
        (0.0, [5, 5, 5]),
    ] {
        let mean = |sign: f64, allowed: f64| {
            let capitals = (1..=10).map(|halvings| {
                let bet = sign * allowed * 0.5_f64.powi(halvings);
                (1.0 + bet * (1.0 + margin)).powi(gains as i32)
                    * (1.0 + bet * margin).powi(ties as i32)
                    * (1.0 - bet * (1.0 - margin)).powi(losses as i32)
            });
            capitals.sum::<f64>() / 10.0
        };
        let pairs = PairedCounts::new(ties, losses, gains, 0).unwrap();
        let test = PairedNonInferiority::new(margin, Alpha::FIVE_PERCENT).unwrap();
        let found = test.reading(&pairs);
        near(found.better.ln_e, mean(1.0, 1.0 / (1.0 - margin)).ln());
        near(found.worse.ln_e, mean(-1.0, 1.0 / (1.0 + margin)).ln());
    }
}
