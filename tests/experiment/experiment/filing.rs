//! Under which arm a value is filed, and whose values count nowhere.

use core::time::Duration;

use switchstand::Timestamp;
use switchstand::experiment::{Experiment, Filed, Kind, Metric, ReadOut, UnitEvent, Verdict};
use switchstand::stats::Worse;

use crate::experiment::{arms, comparison, experiment, expose, record, test};

/// 40,000 users of whom a fifth orders, and so many who are exposed to both arms and order under
/// the candidate, all of them.
fn with_crossers(kind: Kind, crossers: u64) -> ReadOut {
    let experiment = experiment([Metric::goal("orders", kind, Worse::Lower, 0.01)]);
    let orders = experiment.metric("orders").unwrap();
    let [control, candidate] = arms(&experiment);
    for unit in 0..40_000_u64 {
        expose(
            &experiment,
            if unit % 2 == 0 { control } else { candidate },
            [unit],
        );
        record(&experiment, orders, unit, f64::from(unit / 2 % 5 == 0));
    }
    let both = 1 << 40..(1 << 40) + crossers;
    expose(&experiment, control, both.clone());
    for unit in both {
        record(&experiment, orders, unit, 1.0);
        expose(&experiment, candidate, [unit]);
        record(&experiment, orders, unit, 1.0);
    }
    experiment.read_out().unwrap()
}

#[test]
fn x4_units_of_two_arms_move_no_metric_and_many_of_them_withhold_the_verdict() {
    for kind in [Kind::Count, Kind::Mean, Kind::CommonRate, Kind::Rate] {
        let (none, many) = (with_crossers(kind, 0), with_crossers(kind, 2_000));
        let without_bias = |read: &ReadOut| test(read, 0).effect;
        assert_eq!(without_bias(&none), without_bias(&many), "{many}");
        assert_eq!(test(&none, 0).p, test(&many, 0).p, "{many}");
        assert_eq!(many.checks.crossed, 2_000);
        assert_eq!(many.checks.arms[1].units, 20_000);
        assert!(!matches!(none.verdict, Verdict::Withheld { .. }), "{none}");
        let Verdict::Withheld { why } = &many.verdict else {
            panic!("{many}");
        };
        assert!(why.contains("2000 of 22000 units of a"), "{why}");
        assert!(
            many.to_string()
                .contains("exposed to several arms: 2000 units"),
            "{many}"
        );
    }
}

#[test]
fn x4_few_units_of_two_arms_withhold_it_where_they_may_matter() {
    // 190 of 20,190 are below 1 %, but with ten times the orders of others they may bias either
    // arm by 7.8 % of 0.2: more than a quarter of the half width of such an interval.
    let read = with_crossers(Kind::Count, 190);
    assert!(
        matches!(&read.verdict, Verdict::Withheld { why } if why.contains("quarter")),
        "{read}"
    );
    let read = with_crossers(Kind::Count, 3);
    assert!(!matches!(read.verdict, Verdict::Withheld { .. }), "{read}");
}

#[test]
fn x4_a_unit_never_exposed_moves_no_metric_and_is_counted_apart() {
    let experiment = experiment([Metric::goal("score", Kind::Mean, Worse::Lower, 0.1)]);
    let score = experiment.metric("score").unwrap();
    let [control, candidate] = arms(&experiment);
    for unit in 0..2_000_u64 {
        expose(
            &experiment,
            if unit % 2 == 0 { control } else { candidate },
            [unit],
        );
        record(&experiment, score, unit, (unit % 13) as f64);
    }
    let before = experiment.read_out().unwrap();
    for _ in 0..5_000 {
        let filed = experiment.record(score, "a bot", 1_000.0).unwrap();
        assert_eq!(filed, Filed::NotExposed);
    }
    let after = experiment.read_out().unwrap();
    assert_eq!(comparison(&after, 0).value, comparison(&before, 0).value);
    assert_eq!(test(&after, 0).interval, test(&before, 0).interval);
    let left = after.checks.left_out;
    assert_eq!(
        (
            left.never_exposed_units,
            left.never_exposed_records,
            after.checks.records
        ),
        (1, 5_000, 7_000)
    );
    let text = after.to_string();
    assert!(
        text.contains("never exposed: 1 units, 5000 of 7000 records: more than 1 %"),
        "{text}"
    );
}

#[test]
fn x4_all_units_in_both_arms_says_so() {
    let experiment = experiment([crate::experiment::clicks()]);
    let said = |experiment: &Experiment| match experiment.read_out().unwrap().verdict {
        Verdict::Withheld { why } => why,
        other => panic!("{other}"),
    };
    assert!(said(&experiment).contains("no unit was exposed yet"));
    for arm in arms(&experiment) {
        expose(&experiment, arm, 0..50);
    }
    assert!(said(&experiment).contains("all 50 units were exposed to more than one arm"));
}

#[test]
fn an_outcome_is_filed_by_the_exposure_whenever_that_comes() {
    let experiment = experiment([crate::experiment::clicks()]);
    let clicks = experiment.metric("clicks").unwrap();
    let [control, candidate] = arms(&experiment);
    assert_eq!(experiment.record(clicks, 1_u64, 1.0), Ok(Filed::NotExposed));
    expose(&experiment, candidate, [1]);
    assert_eq!(experiment.record(clicks, 1_u64, 0.0), Ok(Filed::Counted));
    let read = experiment.read_out().unwrap();
    assert_eq!(
        (comparison(&read, 0).units, comparison(&read, 0).value),
        (1, Some(0.5))
    );
    expose(&experiment, control, [1]);
    assert_eq!(experiment.record(clicks, 1_u64, 0.0), Ok(Filed::Crossed));
    assert_eq!(comparison(&experiment.read_out().unwrap(), 0).units, 0);
}

#[test]
fn of_several_values_of_a_unit_a_quantile_keeps_one_whatever_their_order() {
    let read = |reversed: bool| {
        let experiment = experiment([Metric::watched("p50", Kind::Quantile { order: 0.5 })]);
        let latency = experiment.metric("p50").unwrap();
        let [control, candidate] = arms(&experiment);
        for unit in 0..400_u64 {
            expose(
                &experiment,
                if unit % 2 == 0 { control } else { candidate },
                [unit],
            );
            let mut values: Vec<u64> = (0..9)
                .map(|place| 100 + (unit * 31 + place * 7) % 97)
                .collect();
            if reversed {
                values.reverse();
            }
            for value in values {
                record(&experiment, latency, unit, value as f64);
            }
        }
        let read = experiment.read_out().unwrap();
        (
            read.findings[0].units,
            read.findings[0].value,
            test(&read, 0).interval,
        )
    };
    assert_eq!(read(false), read(true));
    assert_eq!(read(false).0, 200, "one value of each unit");
}

#[test]
fn x7_an_id_that_comes_again_too_late_came_again_wherever_that_was() {
    let orders = Metric::watched("orders", Kind::Count);
    let setup = crate::experiment::setup([orders.within(Duration::from_secs(60)).once()]);
    let tell = |times: &[u64]| {
        let experiment = Experiment::new(setup.clone());
        let orders = experiment.metric("orders").unwrap();
        let [a, _] = arms(&experiment);
        experiment
            .expose_arm_at(a, 1_u64, Timestamp::from_secs(5))
            .unwrap();
        for &at in times {
            let order = UnitEvent::value(1.0)
                .at(Timestamp::from_secs(at))
                .id("order-17");
            experiment.record_event(orders, 1_u64, order).unwrap();
        }
        experiment.part()
    };
    let expected = tell(&[9, 500]).read_out().unwrap();
    let left = expected.checks.left_out;
    assert_eq!((left.repeated, left.late), (1, 0), "{expected}");
    assert_eq!(tell(&[500, 9]).read_out().unwrap(), expected);
    let mut sum = tell(&[500]);
    assert_eq!(sum.read_out().unwrap().checks.left_out.late, 1);
    sum.merge(&tell(&[9])).unwrap();
    // Each server has seen a request of its own.
    let found = sum.read_out().unwrap();
    assert_eq!(found.checks.left_out, expected.checks.left_out);
    assert_eq!(found.findings, expected.findings);
}
