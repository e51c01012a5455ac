//! What one look says of guardrails and of rates, by the t law and by counts.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use switchstand::UnitKey;
use switchstand::experiment::{Experiment, Kind, Looks, Metric, Missing, ReadOut, Setup};
use switchstand::stats::anytime::{GroupedArm, GroupedLook, GroupedT};
use switchstand::stats::special::{t_quantile, t_sf};
use switchstand::stats::{Alpha, Worse};

use crate::experiment::simulation::normal;
use crate::experiment::{arms, comparison, test};

const UNITS: u64 = 2_000;

fn values() -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(24);
    (0..UNITS)
        .map(|unit| 5.0 + normal(&mut rng) + 0.1 * (unit % 2) as f64)
        .collect()
}

/// Compares the groups of both arms; the control has the even units.
fn groups(values: &[f64]) -> GroupedLook {
    let mut sums = [[[0.0; 2]; 256]; 2];
    for (unit, value) in (0..UNITS).zip(values) {
        let group = usize::from(UnitKey::from(unit).group());
        let [sum, units] = &mut sums[(unit % 2) as usize][group];
        (*sum, *units) = (*sum + value, *units + 1.0);
    }
    let [a, b] = sums.map(|sums| GroupedArm::new(&sums, UNITS / 2).unwrap());
    let test = GroupedT::planned(UNITS as f64, [1.0, 1.0], Alpha::FIVE_PERCENT).unwrap();
    test.compare(&a, &b).unwrap()
}

fn once(metric: Metric, values: &[f64]) -> ReadOut {
    let setup = Setup::new("r", [("a", 1), ("b", 1)], [metric]).unwrap();
    let setup = setup.with_planned_units(UNITS).unwrap();
    let experiment = Experiment::new(setup.with_looks(Looks::One).unwrap());
    let metric = experiment.metric("m").unwrap();
    let arms = arms(&experiment);
    for (unit, value) in (0..UNITS).zip(values) {
        let arm = arms[(unit % 2) as usize];
        experiment.expose_arm(arm, unit).unwrap();
        experiment.record(metric, unit, *value).unwrap();
    }
    experiment.take_look().unwrap()
}

/// All guardrails must hold, so each errs on its one side as often as the whole may.
#[test]
fn t1_a_guardrail_at_one_look_holds_from_its_one_sided_bound_on() {
    let values = values();
    let look = groups(&values);
    let reach = -t_quantile(0.05, look.df) * look.standard_error;
    for (times, holds) in [(0.99, false), (1.01, true)] {
        let margin = look.effect + times * reach;
        let metric = Metric::guardrail("m", Kind::Mean, Worse::Higher, margin);
        let read = once(metric, &values);
        assert_eq!(test(&read, 0).within_margin, holds, "{times}: {read}");
    }
}

#[test]
fn t1_a_margin_that_is_exceeded_at_one_look_has_the_p_value_of_the_distance() {
    let values = values();
    let look = groups(&values);
    for beyond in [0.5, 2.0] {
        let margin = look.effect - beyond * look.standard_error;
        // The data have an effect of several standard errors, so that a margin fits below it.
        assert!(margin > 0.0, "{margin}");
        let metric = Metric::guardrail("m", Kind::Mean, Worse::Higher, margin);
        let found = test(&once(metric, &values), 0).p.value;
        let expected = 2.0 * t_sf(beyond, look.df);
        assert!((found / expected - 1.0).abs() < 1e-3, "{found} {expected}");
    }
}

#[test]
fn t4_one_look_at_a_rate_needs_units_with_and_without_an_event() {
    for (of, is_rare) in [(400, true), (400, false)] {
        let values: Vec<f64> = (0..UNITS)
            .map(|unit| f64::from(u8::from(unit.is_multiple_of(of) == is_rare)))
            .collect();
        let metric = Metric::goal("m", Kind::Rate, Worse::Higher, 0.01);
        let read = once(metric, &values);
        let missing = Missing::TooFewEvents {
            found: UNITS / of,
            needed: 20,
        };
        assert_eq!(comparison(&read, 0).test, Err(missing));
    }
}
