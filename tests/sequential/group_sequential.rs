//! Trials with planned looks, against published tables and laws.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use switchstand::stats::group_sequential::{
    Fractions, GroupSequential, Interim, Monitor, Spending, TrialVerdict,
};
use switchstand::stats::planning::Sides;
use switchstand::stats::{Alpha, Alternative};

const ALPHA: Alpha = Alpha::FIVE_PERCENT;

fn classical(looks: usize, delta: f64, alpha: f64) -> f64 {
    let looks = Fractions::equally_spaced(looks).unwrap();
    let alpha = Alpha::new(alpha).unwrap();
    let design = GroupSequential::wang_tsiatis(&looks, delta, alpha, Sides::Two).unwrap();
    // The last boundary is the constant itself.
    design.looks().last().unwrap().boundary
}

/// Tells whether a number rounds to a printed one, whose last digit counts `unit`.
fn prints_as(found: f64, printed: f64, unit: f64) -> bool {
    (found - printed).abs() <= 0.5 * unit + 1e-9
}

#[test]
fn t1_constants_are_those_of_jennison_and_turnbull() {
    // Group Sequential Methods (2000), tables 2.1 and 2.3, alpha = 0.05.
    let pocock = [
        (2, 2.178),
        (3, 2.289),
        (4, 2.361),
        (5, 2.413),
        (10, 2.555),
        (20, 2.672),
    ];
    let obrien_fleming = [
        (2, 1.977),
        (3, 2.004),
        (4, 2.024),
        (5, 2.040),
        (10, 2.087),
        (20, 2.126),
    ];
    for (delta, table) in [(0.5, pocock), (0.0, obrien_fleming)] {
        for (looks, constant) in table {
            let found = classical(looks, delta, 0.05);
            assert!(prints_as(found, constant, 1e-3), "{looks} looks: {found}");
        }
    }
}

fn armitage(table: &[(usize, f64)]) {
    // So often errs who looks that often and stops beyond 1.96: Armitage, McPherson and Rowe
    // (1969). Pocock's constant at that error rate is then 1.96.
    for &(looks, error) in table {
        let (least, most) = (
            classical(looks, 0.5, error + 5e-5),
            classical(looks, 0.5, error - 5e-5),
        );
        let boundary = 1.959_963_984_540_054;
        assert!(
            least <= boundary && boundary <= most,
            "{looks} looks: {least} to {most}"
        );
    }
}

#[test]
fn t3_naive_looks_err_as_often_as_armitage_found() {
    armitage(&[
        (2, 0.0831),
        (3, 0.1073),
        (4, 0.1262),
        (5, 0.1417),
        (10, 0.1934),
        (20, 0.2479),
    ]);
}

#[test]
#[ignore = "up to 200 looks, for a release build"]
fn t3_naive_looks_err_as_often_as_armitage_found_at_length() {
    armitage(&[(50, 0.3205), (100, 0.3736), (200, 0.4243)]);
}

#[test]
fn t1_futility_boundaries_and_sizes_are_those_of_gs_design() {
    // Printed in the manual of the R package gsDesign, test.type = 4, 2.5 % one-sided, 90 %.
    let one_sided = Alpha::new(0.025).unwrap();
    let hsd = |gamma| Spending::hwang_shih_decani(gamma).unwrap();
    let power = |rho| Spending::power(rho).unwrap();
    let printed: [(_, _, &[f64], &[f64], f64); 2] = [
        (
            hsd(-4.0),
            hsd(-2.0),
            &[3.25, 2.99, 2.69, 2.37, 2.03],
            &[-0.90, -0.04, 0.69, 1.36, 2.03],
            1.101,
        ),
        (
            power(3.0),
            power(1.5),
            &[3.36, 2.76, 2.36, 2.03],
            &[-0.52, 0.53, 1.32, 2.03],
            1.128,
        ),
    ];
    for (success, giving_up, upper, lower, size) in printed {
        let looks = Fractions::equally_spaced(upper.len()).unwrap();
        let design = GroupSequential::new(&looks, success, one_sided, Sides::One).unwrap();
        let design = design.with_futility(0.9, giving_up).unwrap();
        for (look, (&upper, &lower)) in design.looks().iter().zip(upper.iter().zip(lower)) {
            assert!(prints_as(look.boundary, upper, 1e-2), "{look:?}");
            assert!(prints_as(look.futility.unwrap(), lower, 1e-2), "{look:?}");
        }
        let inflation = design.inflation(0.9).unwrap();
        assert!(prints_as(inflation.maximum, size, 1e-3), "{inflation:?}");
        assert!(inflation.expected_without_effect < inflation.expected);
        let exits = design.exits(inflation.drift);
        let missed: f64 = exits.iter().map(|exit| exit.below).sum();
        assert!((missed - 0.1).abs() < 1e-9, "{missed}");
    }
}

#[test]
fn t1_a_single_look_is_the_z_test() {
    let looks = Fractions::equally_spaced(1).unwrap();
    let design = GroupSequential::new(&looks, Spending::POCOCK, ALPHA, Sides::Two).unwrap();
    assert!((design.looks()[0].boundary - 1.959_963_984_540_054).abs() < 1e-12);
    let inflation = design.inflation(0.8).unwrap();
    assert!((inflation.maximum - 1.0).abs() < 1e-9 && (inflation.expected - 1.0).abs() < 1e-9);
    let mut trial = trial(Alternative::TwoSided);
    let look = trial.look(1.0, 0.3, 0.1).unwrap();
    let conclusion = trial.conclusion().unwrap();
    // 2 (1 - Φ(3)).
    assert!((conclusion.p.value - 0.002_699_796_063_260_189).abs() < 1e-14);
    assert!((conclusion.estimate - 0.3).abs() < 1e-12);
    for (bound, other) in [
        (look.interval.lower, conclusion.interval.lower),
        (look.interval.upper, conclusion.interval.upper),
    ] {
        assert!((bound - other).abs() < 1e-12);
    }
}

#[test]
fn t1_obrien_fleming_at_five_looks_costs_three_percent() {
    let looks = Fractions::equally_spaced(5).unwrap();
    let design = GroupSequential::wang_tsiatis(&looks, 0.0, ALPHA, Sides::Two).unwrap();
    // Jennison and Turnbull (2000), table 2.4, power 0.8.
    let inflation = design.inflation(0.8).unwrap();
    assert!(prints_as(inflation.maximum, 1.028, 1e-3), "{inflation:?}");
}

#[test]
fn t3_an_early_end_and_an_over_run_spend_exactly_what_is_left() {
    for (first, last) in [(0.5, 0.8), (0.5, 1.3), (0.25, 0.3), (0.9, 1.0)] {
        let mut trial = Monitor::new(Spending::POCOCK, ALPHA, Alternative::TwoSided, 1.0).unwrap();
        let one = trial.look(first, 0.0, 1.0).unwrap();
        let two = trial.last_look(last, 0.0, 1.0).unwrap();
        let error = error_of_two_looks((first, one.boundary), (last, two.boundary));
        assert!((error - 0.05).abs() < 1e-9, "{first}, {last}: {error}");
        assert!((two.spent_so_far - 0.05).abs() < 1e-15);
    }
}

/// The chance to leave `|z| <= c` at either of two looks, by Simpson's rule.
fn error_of_two_looks((t1, c1): (f64, f64), (t2, c2): (f64, f64)) -> f64 {
    let cdf = |x: f64| 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2);
    let stays = |z1: f64| {
        let (mean, sd) = (z1 * (t1 / t2).sqrt(), (1.0 - t1 / t2).sqrt());
        let density = (-0.5 * z1 * z1).exp() / std::f64::consts::TAU.sqrt();
        density * (cdf((c2 - mean) / sd) - cdf((-c2 - mean) / sd))
    };
    let steps = 2_000;
    let h = 2.0 * c1 / f64::from(steps);
    let sum: f64 = (0..=steps)
        .map(|i| {
            let weight = match i {
                0 => 1.0,
                i if i == steps => 1.0,
                i if i % 2 == 1 => 4.0,
                _ => 2.0,
            };
            weight * stays(-c1 + h * f64::from(i))
        })
        .sum();
    1.0 - sum * h / 3.0
}

fn trial(alternative: Alternative) -> Monitor {
    Monitor::new(Spending::OBRIEN_FLEMING, ALPHA, alternative, 1.0).unwrap()
}

/// Takes looks at these times and effects, with standard error `1 / sqrt t`, until one stops.
fn run(mut trial: Monitor, looks: &[(f64, f64)], scale: f64) -> Monitor {
    for &(time, effect) in looks {
        let look = trial.look(time, scale * effect, scale.abs() / time.sqrt());
        if look.unwrap().verdict != TrialVerdict::Continue {
            break;
        }
    }
    trial
}

fn looks() -> impl Strategy<Value = Vec<(f64, f64)>> {
    let steps = prop::collection::vec((0.05..0.5_f64, -4.0..4.0_f64), 1..6);
    steps.prop_map(|steps| {
        let mut time = 0.0;
        let mut looks: Vec<(f64, f64)> = steps
            .into_iter()
            .map(|(step, effect)| {
                time += step;
                (time, effect)
            })
            .collect();
        looks.push((time.max(1.0) + 0.1, looks[0].1));
        looks
    })
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 10,
        rng_seed: RngSeed::Fixed(17),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn t1_the_interval_excludes_no_effect_exactly_where_one_is_shown(looks in looks()) {
        for alternative in [Alternative::TwoSided, Alternative::Greater, Alternative::Less] {
            let ended = run(trial(alternative), &looks, 1.0);
            for look in ended.looks() {
                let shown = look.verdict == TrialVerdict::EffectShown;
                prop_assert_eq!(shown, !look.interval.contains(0.0));
            }
            let conclusion = ended.conclusion().unwrap();
            let shown = ended.looks().last().unwrap().verdict == TrialVerdict::EffectShown;
            prop_assert_eq!(shown, conclusion.p.value < 0.05);
            prop_assert_eq!(shown, !conclusion.interval.contains(0.0));
            prop_assert!(conclusion.interval.contains(conclusion.estimate));
        }
    }

    #[test]
    fn t1_swapped_arms_change_the_sign_alone(looks in looks()) {
        let mirror = |alternative| match alternative {
            Alternative::TwoSided => Alternative::TwoSided,
            Alternative::Greater => Alternative::Less,
            Alternative::Less => Alternative::Greater,
        };
        for alternative in [Alternative::TwoSided, Alternative::Greater] {
            let one = run(trial(alternative), &looks, 1.0);
            let other = run(trial(mirror(alternative)), &looks, -1.0);
            prop_assert_eq!(one.looks().len(), other.looks().len());
            for (a, b) in one.looks().iter().zip(other.looks()) {
                prop_assert_eq!(a.verdict, b.verdict);
                prop_assert_eq!(a.boundary, b.boundary);
                prop_assert_eq!(a.interval.lower, -b.interval.upper);
            }
            let (a, b) = (one.conclusion().unwrap(), other.conclusion().unwrap());
            prop_assert!((a.p.value - b.p.value).abs() <= 1e-12 * a.p.value);
            prop_assert!((a.estimate + b.estimate).abs() <= 1e-12 * a.estimate.abs());
        }
    }

    #[test]
    fn t1_another_unit_of_the_metric_scales_all_effects(looks in looks()) {
        let (one, other) = (
            run(trial(Alternative::TwoSided), &looks, 1.0),
            run(trial(Alternative::TwoSided), &looks, 1e-3),
        );
        let (a, b) = (one.conclusion().unwrap(), other.conclusion().unwrap());
        prop_assert_eq!(one.looks().len(), other.looks().len());
        prop_assert!((a.p.value - b.p.value).abs() <= 1e-9 * a.p.value);
        prop_assert!((1e-3 * a.estimate - b.estimate).abs() <= 1e-9 * b.estimate.abs());
        prop_assert!((1e-3 * a.interval.lower - b.interval.lower).abs() <= 1e-9);
    }

    #[test]
    fn t1_a_larger_effect_at_the_last_look_is_more_evidence(
        looks in looks(),
        more in 0.01..2.0_f64,
    ) {
        let greater = Alternative::Greater;
        let one = run(trial(greater), &looks, 1.0);
        let taken = one.looks().len();
        let mut looks = looks;
        looks.truncate(taken);
        looks[taken - 1].1 += more;
        let other = run(trial(greater), &looks, 1.0);
        let (a, b) = (one.conclusion().unwrap(), other.conclusion().unwrap());
        prop_assert!(b.p.ln_p < a.p.ln_p);
        prop_assert!(b.estimate > a.estimate && b.interval.lower > a.interval.lower);
    }

    #[test]
    fn t1_an_effect_on_the_boundary_has_a_p_value_of_what_is_spent(looks in looks()) {
        let mut trial = trial(Alternative::Greater);
        let mut before: Vec<Interim> = Vec::new();
        for &(time, _) in &looks {
            // What the boundary will be, asked of a copy.
            let boundary = trial.clone().look(time, 0.0, 1.0).unwrap();
            let mut copy = trial.clone();
            let effect = boundary.boundary * (1.0 + 1e-12);
            copy.look(time, effect, 1.0).unwrap();
            let p = copy.conclusion().unwrap().p.value;
            prop_assert!((p - boundary.spent_so_far).abs() <= 1e-9 * p, "{} {}", p, boundary.spent_so_far);
            if time >= 1.0 {
                break;
            }
            before.push(trial.look(time, 0.0, 1.0).unwrap());
        }
    }
}

#[test]
fn a_trial_that_may_be_given_up_says_so_and_may_go_on() {
    let alpha = Alpha::new(0.025).unwrap();
    let looks = Fractions::equally_spaced(4).unwrap();
    let spending = Spending::OBRIEN_FLEMING;
    let design = GroupSequential::new(&looks, spending, alpha, Sides::One).unwrap();
    let design = design.with_futility(0.9, Spending::POCOCK).unwrap();
    let start = Monitor::new(spending, alpha, Alternative::Greater, 1.0).unwrap();
    let mut trial = start.with_futility(&design, 0.9, Spending::POCOCK).unwrap();
    for (taken, planned) in design.looks().iter().enumerate() {
        let futility = planned.futility.unwrap();
        let z = if taken == 1 {
            futility - 0.1
        } else {
            0.5 * (futility + planned.boundary)
        };
        let look = trial.look(planned.fraction, z, 1.0).unwrap();
        // Looks as planned have the planned boundaries.
        assert!((look.boundary - planned.boundary).abs() < 1e-9);
        assert!((look.futility.unwrap() - futility).abs() < 1e-9);
        let expected = match taken {
            1 => TrialVerdict::Futile,
            3 => TrialVerdict::NoEffectShown,
            _ => TrialVerdict::Continue,
        };
        assert_eq!(look.verdict, expected, "{look}");
        assert_eq!(
            trial.conclusion().is_some(),
            expected != TrialVerdict::Continue
        );
    }
}
