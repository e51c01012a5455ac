//! Planned sizes against the sizes of textbooks, and against how often such a size decides.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use switchstand::experiment::{Expected, Kind, Looks, Metric, Setup};
use switchstand::stats::anytime::LabelProcess;
use switchstand::stats::{Alpha, Counts, Worse};

/// Quantiles of the standard normal law, from tables.
const Z_95: f64 = 1.644_853_626_951_472;
const Z_975: f64 = 1.959_963_984_540_054;
const Z_POWER: f64 = 0.841_621_233_572_914;

fn setup(metric: Metric, weights: [u64; 2], looks: Looks) -> Setup {
    let setup = Setup::new("r", [("a", weights[0]), ("b", weights[1])], [metric]).unwrap();
    match looks {
        Looks::Anytime => setup,
        _ => setup
            .with_planned_units(1_000)
            .unwrap()
            .with_looks(looks)
            .unwrap(),
    }
}

fn goal(kind: Kind) -> Metric {
    Metric::goal("m", kind, Worse::Higher, 0.0)
}

fn guardrail(worse: Worse, margin: f64) -> Metric {
    Metric::guardrail("m", Kind::Rate, worse, margin)
}

fn needed(setup: &Setup, expected: Expected) -> u64 {
    setup.units_needed("m", expected, 0.8).unwrap()
}

/// Sizes are found to a hundredth, and never too small.
#[track_caller]
fn is_just_above(found: u64, least: f64) {
    let found = found as f64;
    assert!(
        least <= found && found <= 1.0 + least / 0.99,
        "{found}, least {least}"
    );
}

fn spread(p: f64) -> f64 {
    p * (1.0 - p)
}

#[test]
fn t1_one_look_at_a_rate_needs_the_units_of_the_textbook() {
    for (weights, [p_a, p_b]) in [
        ([1, 1], [0.1, 0.15]),
        ([9, 1], [0.1, 0.15]),
        ([9, 1], [0.3, 0.2]),
        ([1, 3], [0.9, 0.85]),
        ([1, 1], [0.45, 0.55]),
    ] {
        let b = weights[1] as f64 / (weights[0] + weights[1]) as f64;
        let a = 1.0 - b;
        let pooled = a * p_a + b * p_b;
        let under = (spread(pooled) * (1.0 / a + 1.0 / b)).sqrt();
        let of_effect = (spread(p_a) / a + spread(p_b) / b).sqrt();
        let least = ((Z_975 * under + Z_POWER * of_effect) / (p_b - p_a)).powi(2);
        let setup = setup(goal(Kind::Rate), weights, Looks::One);
        is_just_above(needed(&setup, Expected::rates(p_a, p_b)), least);
    }
}

#[test]
fn t1_one_look_at_a_guardrail_needs_the_units_of_the_textbook() {
    for (worse, margin, weights, [p_a, p_b]) in [
        (Worse::Higher, 0.05, [1, 1], [0.1, 0.1]),
        (Worse::Higher, 0.05, [4, 1], [0.1, 0.12]),
        (Worse::Lower, 0.04, [4, 1], [0.3, 0.31]),
        (Worse::Lower, 0.04, [1, 1], [0.3, 0.29]),
    ] {
        let b = weights[1] as f64 / (weights[0] + weights[1]) as f64;
        let deviation = (spread(p_a) / (1.0 - b) + spread(p_b) / b).sqrt();
        let lost = match worse {
            Worse::Higher => p_b - p_a,
            Worse::Lower => p_a - p_b,
        };
        let least = ((Z_95 + Z_POWER) * deviation / (margin - lost)).powi(2);
        let setup = setup(guardrail(worse, margin), weights, Looks::One);
        is_just_above(needed(&setup, Expected::rates(p_a, p_b)), least);
    }
}

/// A large effect would be seen in less, but a look at a rate waits for 30 expected events, and as
/// many units without.
#[test]
fn t1_one_look_waits_for_thirty_events_and_thirty_others() {
    let setup = setup(goal(Kind::Rate), [1, 1], Looks::One);
    for rates in [[0.01, 0.3], [0.3, 0.01], [0.7, 0.99]] {
        let mean = 0.5 * (rates[0] + rates[1]);
        let found = needed(&setup, Expected::rates(rates[0], rates[1]));
        is_just_above(found, 30.0 / mean.min(1.0 - mean));
    }
}

/// Of 256 groups in each arm, Student's quantiles are a quarter of a percent above the normal ones.
#[test]
fn t1_one_look_at_even_means_needs_the_units_of_the_textbook_and_a_little_more() {
    for (weights, ratio) in [([1, 1], 0.05), ([4, 1], 0.05), ([1, 1], 0.02)] {
        let b = weights[1] as f64 / (weights[0] + weights[1]) as f64;
        let least = ((Z_975 + Z_POWER) / ratio).powi(2) / (b * (1.0 - b));
        let one = setup(goal(Kind::Mean), weights, Looks::One);
        let found = needed(&one, Expected::values(ratio * 7.0, 7.0)) as f64;
        assert!((1.0..1.02).contains(&(found / least)), "{found} {least}");
        // Kind CommonRate compares groups as well, by the deviation of both arms together.
        let p = 0.5 - 0.5 * ratio;
        let common = setup(goal(Kind::CommonRate), weights, Looks::One);
        let found = needed(&common, Expected::rates(p, p + 0.5 * ratio)) as f64;
        assert!((0.99..1.03).contains(&(found / least)), "{found} {least}");
        // Five looks by the spending of O'Brien and Fleming cost 2 to 3 %.
        let five = setup(
            goal(Kind::Mean),
            weights,
            Looks::GroupSequential { looks: 5 },
        );
        let times = needed(&five, Expected::values(ratio * 7.0, 7.0)) as f64;
        let one = needed(&one, Expected::values(ratio * 7.0, 7.0)) as f64;
        assert!((1.02..1.035).contains(&(times / one)), "{times} {one}");
    }
}

/// Draws units that fall as declared, and their events.
fn draw(rng: &mut ChaCha8Rng, units: u64, share: f64, rates: [f64; 2]) -> [Counts; 2] {
    let (mut n, mut x) = ([0; 2], [0; 2]);
    for _ in 0..units {
        let arm = usize::from(rng.random::<f64>() < share);
        n[arm] += 1;
        x[arm] += u64::from(rng.random::<f64>() < rates[arm]);
    }
    [0, 1].map(|arm| Counts::new(x[arm], n[arm]).unwrap())
}

/// Both shares must say so, the declared one and that of the units.
fn both(share: f64, arms: &[Counts; 2]) -> [LabelProcess; 2] {
    let [a, b] = arms.each_ref().map(|arm| arm.trials() as f64);
    [share, b / (a + b)].map(|share| LabelProcess::new(share).unwrap())
}

#[test]
fn x1_a_rate_is_decided_at_its_planned_size_as_often_as_planned() {
    let runs = 1_000;
    for (seed, weights, rates) in [
        (1, [1, 1], [0.1, 0.2]),
        (2, [4, 1], [0.6, 0.4]),
        (3, [9, 1], [0.02, 0.08]),
        (4, [1, 1], [0.9, 0.98]),
    ] {
        let share = weights[1] as f64 / (weights[0] + weights[1]) as f64;
        let setup = setup(goal(Kind::Rate), weights, Looks::Anytime);
        let units = needed(&setup, Expected::rates(rates[0], rates[1]));
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let found = (0..runs).filter(|_| {
            let arms = draw(&mut rng, units, share, rates);
            let [a, b] = arms.each_ref().map(Counts::successes);
            both(share, &arms)
                .iter()
                .all(|process| process.ln_e(a, b) >= 20.0_f64.ln())
        });
        let found = found.count() as f64 / f64::from(runs);
        assert!(
            (0.76..0.86).contains(&found),
            "{rates:?}: {found} of {units}"
        );
    }
}

#[test]
fn x1_a_guardrail_is_cleared_at_its_planned_size_as_often_as_planned() {
    let runs = 300;
    for (seed, worse, weights, margin, rates) in [
        (1, Worse::Higher, [4, 1], 0.1, [0.1, 0.12]),
        (2, Worse::Higher, [1, 1], 0.1, [0.5, 0.52]),
        (3, Worse::Lower, [1, 1], 0.08, [0.3, 0.29]),
    ] {
        let share = weights[1] as f64 / (weights[0] + weights[1]) as f64;
        let setup = setup(guardrail(worse, margin), weights, Looks::Anytime);
        let units = needed(&setup, Expected::rates(rates[0], rates[1]));
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let found = (0..runs).filter(|_| {
            let arms = draw(&mut rng, units, share, rates);
            both(share, &arms).iter().all(|process| {
                let interval = process.difference_interval(&arms[0], &arms[1], Alpha::FIVE_PERCENT);
                let interval = interval.unwrap();
                match worse {
                    Worse::Higher => interval.upper <= margin,
                    Worse::Lower => interval.lower >= -margin,
                }
            })
        });
        let found = found.count() as f64 / f64::from(runs);
        assert!(
            (0.73..0.87).contains(&found),
            "{rates:?}: {found} of {units}"
        );
    }
}
