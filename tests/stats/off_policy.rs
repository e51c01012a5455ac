//! Laws of the estimate of a policy that was not run.
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
use switchstand::stats::Alpha;
use switchstand::stats::off_policy::{LoggedDecision, MaxWeight, OffPolicy, OffPolicyError};

/// Two kinds of units, three actions.
#[derive(Clone, Debug)]
struct World {
    kinds: [f64; 2],
    logging: [[f64; 3]; 2],
    target: [[f64; 3]; 2],
    rewards: [[f64; 3]; 2],
}

impl World {
    fn max_weight(&self) -> MaxWeight {
        let pairs = self
            .logging
            .iter()
            .flatten()
            .zip(self.target.iter().flatten());
        MaxWeight::over(pairs.map(|(logging, target)| (*logging, *target))).unwrap()
    }

    fn value(&self, policy: &[[f64; 3]; 2]) -> f64 {
        (0..6)
            .map(|i| self.kinds[i / 3] * policy[i / 3][i % 3] * self.rewards[i / 3][i % 3])
            .sum()
    }

    fn decision(&self, outcome: usize) -> LoggedDecision {
        self.rewarded(outcome, self.rewards[outcome / 3][outcome % 3])
    }

    fn rewarded(&self, outcome: usize, reward: f64) -> LoggedDecision {
        let [logging, target] =
            [&self.logging, &self.target].map(|policy| policy[outcome / 3][outcome % 3]);
        LoggedDecision::new(logging, target, reward).unwrap()
    }

    fn probability(&self, outcome: usize) -> f64 {
        self.kinds[outcome / 3] * self.logging[outcome / 3][outcome % 3]
    }

    fn draw(&self, rng: &mut ChaCha8Rng) -> usize {
        let mut left: f64 = rng.random();
        let mut outcomes = 0..5;
        let drawn = outcomes.find(|&outcome| {
            left -= self.probability(outcome);
            left < 0.0
        });
        drawn.unwrap_or(5)
    }
}

fn distribution(weights: [f64; 3]) -> [f64; 3] {
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

fn world() -> impl Strategy<Value = World> {
    let covered = prop::array::uniform3(0.05..1.0_f64).prop_map(distribution);
    let free = prop::array::uniform3(prop_oneof![Just(0.0), 0.01..1.0_f64])
        .prop_filter("takes an action", |w| w.iter().sum::<f64>() > 0.0)
        .prop_map(distribution);
    (
        0.1..0.9_f64,
        prop::array::uniform2(covered),
        prop::array::uniform2(free),
        prop::array::uniform2(prop::array::uniform3(0.0..=1.0_f64)),
    )
        .prop_map(|(kind, logging, target, rewards)| World {
            kinds: [kind, 1.0 - kind],
            logging,
            target,
            rewards,
        })
}

fn estimate_of(world: &World, outcomes: impl IntoIterator<Item = usize>) -> OffPolicy {
    let mut target = OffPolicy::new(world.max_weight(), Alpha::FIVE_PERCENT);
    for outcome in outcomes {
        target.record(world.decision(outcome)).unwrap();
    }
    target
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(10),
        failure_persistence: None,
        cases: 64,
        ..ProptestConfig::default()
    })]

    #[test]
    fn over_all_draws_the_value_and_the_gain_average_the_truth(world in world()) {
        // All logs of three decisions, each with its probability.
        let (mut value, mut gain, mut weight) = (0.0, 0.0, 0.0);
        for log in 0..6_usize.pow(3) {
            let outcomes = [log % 6, log / 6 % 6, log / 36];
            let p: f64 = outcomes.iter().map(|&outcome| world.probability(outcome)).product();
            match estimate_of(&world, outcomes).estimate() {
                Ok(estimate) => {
                    value += p * estimate.value;
                    gain += p * estimate.gain;
                    weight += p * estimate.mean_weight;
                }
                // All weights are 0: the value is 0, the gain the loss of all that was earned.
                Err(OffPolicyError::NoOverlap { found: 3 }) => {
                    let earned = outcomes.map(|outcome| world.decision(outcome).reward());
                    gain -= p * earned.iter().sum::<f64>() / 3.0;
                }
                Err(other) => prop_assert!(false, "{other}"),
            }
        }
        let truth = world.value(&world.target);
        prop_assert!((value - truth).abs() < 1e-12, "{value} {truth}");
        let better = truth - world.value(&world.logging);
        prop_assert!((gain - better).abs() < 1e-12, "{gain} {better}");
        prop_assert!((weight - 1.0).abs() < 1e-12, "{weight}");
    }

    #[test]
    fn of_the_policy_that_ran_the_value_is_the_mean_reward(
        world in world(),
        outcomes in prop::collection::vec(0..6_usize, 1..60),
    ) {
        let own = World { target: world.logging, ..world };
        let mean = outcomes.iter().map(|&o| own.decision(o).reward()).sum::<f64>()
            / outcomes.len() as f64;
        let estimate = estimate_of(&own, outcomes.iter().copied()).estimate().unwrap();
        prop_assert!((estimate.value - mean).abs() < 1e-12);
        prop_assert!((estimate.self_normalised - mean).abs() < 1e-12);
        prop_assert_eq!(estimate.gain, 0.0);
        prop_assert!(estimate.gain_interval.contains(0.0));
        prop_assert!((estimate.effective_sample_size - outcomes.len() as f64).abs() < 1e-9);
    }

    #[test]
    fn rewards_turned_round_turn_the_bounds_round(
        world in world(),
        outcomes in prop::collection::vec(0..6_usize, 1..60),
    ) {
        let turned = World { rewards: world.rewards.map(|r| r.map(|r| 1.0 - r)), ..world.clone() };
        let [there, back] = [world, turned]
            .map(|world| estimate_of(&world, outcomes.iter().copied()).estimate());
        let (Ok(there), Ok(back)) = (there, back) else { return Ok(()) };
        let mirrored = [
            (there.interval.lower, 1.0 - back.interval.upper),
            (there.interval.upper, 1.0 - back.interval.lower),
            (there.gain_interval.lower, -back.gain_interval.upper),
            (there.gain_interval.upper, -back.gain_interval.lower),
            (there.self_normalised, 1.0 - back.self_normalised),
            (there.effective_sample_size, back.effective_sample_size),
        ];
        for (x, y) in mirrored {
            prop_assert!((x - y).abs() < 1e-9, "{x} {y}");
        }
    }
}

/// A canary of 10 % of which the target would make 60 %, and a kind of unit that it leaves alone.
fn canary() -> World {
    World {
        kinds: [0.7, 0.3],
        logging: [[0.9, 0.1, 0.0], [0.5, 0.3, 0.2]],
        target: [[0.4, 0.6, 0.0], [0.0, 0.5, 0.5]],
        rewards: [[0.5, 0.8, 0.0], [0.1, 0.4, 0.2]],
    }
}

/// Chances of a miss by value or gain at any of the looks, and the widths at the last.
fn misses(world: &World, runs: u32, decisions: u32, alpha: Alpha) -> ([f64; 2], [f64; 2]) {
    let truth = world.value(&world.target);
    let better = truth - world.value(&world.logging);
    let mut rng = ChaCha8Rng::seed_from_u64(91);
    let (mut missed, mut widths) = ([0.0; 2], [0.0; 2]);
    for _ in 0..runs {
        let mut target = OffPolicy::new(world.max_weight(), alpha);
        let mut miss = [false; 2];
        for decision in 1..=decisions {
            // Rewards are 0 or 1, so that they vary as much as they can.
            let outcome = world.draw(&mut rng);
            let good = rng.random::<f64>() < world.decision(outcome).reward();
            target
                .record(world.rewarded(outcome, f64::from(u8::from(good))))
                .unwrap();
            let looks = decision % 10 == 0 || decision < 100;
            if let (true, Ok(estimate)) = (looks, target.estimate()) {
                miss[0] |= !estimate.interval.contains(truth);
                miss[1] |= !estimate.gain_interval.contains(better);
                if decision == decisions {
                    widths[0] += estimate.interval.width() / f64::from(runs);
                    widths[1] += estimate.gain_interval.width() / f64::from(runs);
                }
            }
        }
        for (missed, miss) in missed.iter_mut().zip(miss) {
            *missed += f64::from(u8::from(miss)) / f64::from(runs);
        }
    }
    (missed, widths)
}

#[test]
fn t3_the_bounds_hold_at_all_looks_together() {
    let alpha = Alpha::new(0.2).unwrap();
    let (missed, widths) = misses(&canary(), 200, 1_500, alpha);
    for missed in missed {
        assert!(
            missed <= 0.2 + 3.0 * (0.2 * 0.8 / 200.0_f64).sqrt(),
            "{missed}"
        );
    }
    // An interval that says nothing would hold as well.
    assert!(widths[0] < 0.3 && widths[1] < 0.3, "{widths:?}");
}

#[test]
#[ignore = "a minute in release: the coverage in detail"]
fn t3_the_bounds_hold_at_all_looks_together_in_detail() {
    for alpha in [0.05, 0.2] {
        let (missed, widths) = misses(&canary(), 4_000, 10_000, Alpha::new(alpha).unwrap());
        println!("alpha {alpha}: missed {missed:.4?}, widths {widths:.4?}");
        for missed in missed {
            assert!(
                missed <= alpha + 3.0 * (alpha / 4_000.0_f64).sqrt(),
                "{missed}"
            );
        }
    }
}

#[test]
fn wrong_propensities_are_noticed_and_right_ones_are_not() {
    let world = canary();
    let mut rng = ChaCha8Rng::seed_from_u64(92);
    let (mut right, mut wrong) = (
        OffPolicy::new(world.max_weight(), Alpha::FIVE_PERCENT),
        OffPolicy::new(world.max_weight(), Alpha::FIVE_PERCENT),
    );
    for _ in 0..20_000 {
        let decision = world.decision(world.draw(&mut rng));
        right.record(decision).unwrap();
        // Fallbacks of the canary left out: a fifth of its decisions is missing.
        if decision.weight() < 2.0 || rng.random::<f64>() < 0.8 {
            wrong.record(decision).unwrap();
        }
    }
    assert!(right.estimate().is_ok());
    // A fifth of 0.57 of the weight is missing, and of 0.13 of the decisions: 0.886 / 0.974.
    let near = |mean: f64| (mean - 0.91).abs() < 0.02;
    let refused = wrong.estimate();
    assert!(
        matches!(refused, Err(OffPolicyError::WrongPropensities { mean_weight }) if near(mean_weight)),
        "{refused:?}"
    );
}

#[test]
fn a_log_that_does_not_cover_the_target_is_refused_by_name() {
    let not_covered = OffPolicyError::NotCovered { target: 0.25 };
    assert_eq!(
        LoggedDecision::new(0.0, 0.25, 1.0),
        Err(not_covered.clone())
    );
    assert_eq!(MaxWeight::over([(0.5, 0.5), (0.0, 0.25)]), Err(not_covered));
    assert_eq!(
        MaxWeight::over([(0.5, 0.2), (0.0, 0.0)]),
        Ok(MaxWeight::ONE)
    );
    assert_eq!(
        MaxWeight::over([(0.5, 0.75)])
            .unwrap()
            .or(MaxWeight::ONE)
            .get(),
        1.5
    );
    for (propensity, target, reward, culprit) in [
        (0.0, 0.0, 1.0, "propensity"),
        (f64::NAN, 0.1, 1.0, "propensity"),
        (1.5, 0.1, 1.0, "propensity"),
        (1e-300, 1.0, 1.0, "propensity"),
        (0.5, -0.1, 1.0, "the target's probability"),
        (0.5, 0.1, 1.1, "reward"),
        (0.5, 0.1, f64::NAN, "reward"),
    ] {
        let refused = LoggedDecision::new(propensity, target, reward);
        assert!(
            matches!(refused, Err(OffPolicyError::OutOfRange { what, .. }) if what == culprit),
            "{refused:?}"
        );
    }
    let mut target = OffPolicy::new(MaxWeight::ONE, Alpha::FIVE_PERCENT);
    assert_eq!(
        target.estimate(),
        Err(OffPolicyError::NoOverlap { found: 0 })
    );
    let heavy = target.record(LoggedDecision::new(0.5, 0.75, 1.0).unwrap());
    assert_eq!(
        heavy,
        Err(OffPolicyError::TooHeavy {
            weight: 1.5,
            greatest: 1.0
        })
    );
    target
        .record(LoggedDecision::new(0.5, 0.0, 1.0).unwrap())
        .unwrap();
    assert_eq!(target.n(), 1);
    assert_eq!(
        target.estimate(),
        Err(OffPolicyError::NoOverlap { found: 1 })
    );
}

#[test]
fn the_effective_sample_size_counts_equal_weights() {
    let of = |targets: &[f64]| {
        let mut target =
            OffPolicy::new(MaxWeight::over([(0.2, 1.0)]).unwrap(), Alpha::FIVE_PERCENT);
        for &wanted in targets {
            target
                .record(LoggedDecision::new(0.2, wanted, 1.0).unwrap())
                .unwrap();
        }
        target.estimate().unwrap().effective_sample_size
    };
    assert!(
        (of(&[0.4; 7]) - 7.0).abs() < 1e-12,
        "equal weights are worth their number"
    );
    assert!(
        (of(&[0.4, 0.0, 0.4, 0.0]) - 2.0).abs() < 1e-12,
        "weights of 0 are worth nothing"
    );
    // Weights of 1 and 3: 4^2 / 10.
    assert!((of(&[0.2, 0.6]) - 1.6).abs() < 1e-12);
}
