//! What units of two arms count for, where only few of them crossed.

use switchstand::experiment::{Experiment, Kind, Metric, ReadOut, Setup, Verdict};
use switchstand::stats::Worse;

/// 20,000 units of each arm with these values, and some more that were exposed to both.
///
/// The second list holds the values of each unit that crossed.
fn read(kind: Kind, own: impl Fn(u64) -> f64, crossed: &[Vec<f64>]) -> ReadOut {
    let metric = Metric::goal("m", kind, Worse::Lower, 0.01);
    let setup = Setup::new("r", [("a", 1), ("b", 1)], [metric]).unwrap();
    let experiment = Experiment::new(setup);
    let metric = experiment.metric("m").unwrap();
    let arms = ["a", "b"].map(|label| experiment.arm(label).unwrap());
    for unit in 0..40_000_u64 {
        experiment
            .expose_arm(arms[(unit % 2) as usize], unit)
            .unwrap();
        experiment.record(metric, unit, own(unit / 2)).unwrap();
    }
    for (unit, values) in (1_u64 << 40..).zip(crossed) {
        for arm in arms {
            experiment.expose_arm(arm, unit).unwrap();
        }
        for value in values {
            experiment.record(metric, unit, *value).unwrap();
        }
    }
    experiment.read_out().unwrap()
}

fn is_withheld(read: &ReadOut) -> bool {
    matches!(&read.verdict, Verdict::Withheld { why } if why.contains("quarter"))
}

fn a_fifth(unit: u64) -> f64 {
    f64::from(u8::from(unit.is_multiple_of(5)))
}

/// Half width of a count's interval: some 3 of `sqrt(2 * 0.16 / 20,000)`, 0.012; a quarter of it
/// is what 40 of 20,040 units move whose mean is eight times that of the others.
#[test]
fn x4_units_that_crossed_weigh_as_much_of_a_count_as_they_have() {
    let of = |each: f64| vec![vec![each; 2]; 40];
    assert!(!is_withheld(&read(Kind::Count, a_fifth, &of(0.5))));
    assert!(is_withheld(&read(Kind::Count, a_fifth, &of(5.0))));
}

#[test]
fn x4_a_unit_that_crossed_has_at_most_one_event_of_a_rate() {
    // Every fifth has ten events: as many units with an event as among the others.
    let crossed: Vec<Vec<f64>> = (0..190_u64)
        .map(|unit| vec![1.0; if unit.is_multiple_of(5) { 10 } else { 0 }])
        .collect();
    let found = read(Kind::Rate, a_fifth, &crossed);
    assert_eq!(found.checks.crossed, 190);
    assert!(!is_withheld(&found), "{found}");
    let all = vec![vec![1.0]; 190];
    assert!(is_withheld(&read(Kind::Rate, a_fifth, &all)));
}

#[test]
fn x4_the_middle_value_does_not_move_by_how_large_the_values_of_few_are() {
    let own = |unit: u64| (unit % 100) as f64;
    let crossed = vec![vec![1e6; 3]; 150];
    let found = read(Kind::Quantile { order: 0.5 }, own, &crossed);
    assert_eq!(found.checks.crossed, 150);
    assert!(
        !matches!(found.verdict, Verdict::Withheld { .. }),
        "{found}"
    );
}
