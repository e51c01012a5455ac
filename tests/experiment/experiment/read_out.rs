//! What a person and a machine read.

use switchstand::experiment::{Experiment, Kind, Metric, ReadOut, Setup, Verdict};
use switchstand::stats::Worse;

use crate::experiment::{arms, comparison, experiment, expose, record, test};

/// Serves units with these means in control and candidate, and a spread of one.
fn means(goal: Metric, users: u64, means: [f64; 2]) -> ReadOut {
    let experiment = experiment([goal]);
    let metric = experiment.setup().metrics()[0].name().to_owned();
    let metric = experiment.metric(&metric).unwrap();
    let arms = arms(&experiment);
    for unit in 0..users {
        let side = (unit % 2) as usize;
        expose(&experiment, arms[side], [unit]);
        let spread = (unit / 2 * 37 % 1_001) as f64 / 500.0 - 1.0;
        record(&experiment, metric, unit, means[side] + spread);
    }
    experiment.read_out().unwrap()
}

fn score() -> Metric {
    Metric::goal("score", Kind::Mean, Worse::Lower, 0.1)
}

#[test]
fn a_better_candidate_is_shipped_and_a_worse_one_is_not() {
    let better = means(score(), 4_000, [10.0, 10.5]);
    assert_eq!(
        better.verdict,
        Verdict::Ship {
            arm: "b".to_owned()
        },
        "{better}"
    );
    let worse = means(score(), 4_000, [10.0, 9.5]);
    assert!(matches!(worse.verdict, Verdict::Keep { .. }), "{worse}");
    let same = means(score(), 20_000, [10.0, 10.0]);
    assert_eq!(same.verdict, Verdict::NoDifferenceWorthHaving, "{same}");
}

#[test]
fn a_guardrail_stands_against_a_better_goal() {
    let latency = Metric::guardrail("latency", Kind::Mean, Worse::Higher, 0.05);
    let read = means(latency, 4_000, [10.0, 10.5]);
    assert!(matches!(read.verdict, Verdict::Keep { .. }), "{read}");
    assert!(!test(&read, 0).within_margin);
}

#[test]
fn a_better_goal_waits_until_its_guardrail_is_shown_to_hold() {
    let errors = Metric::guardrail("errors", Kind::Rate, Worse::Higher, 1e-6);
    let experiment = experiment([score(), errors]);
    let metric = experiment.metric("score").unwrap();
    let arms = arms(&experiment);
    for unit in 0..4_000_u64 {
        let side = (unit % 2) as usize;
        expose(&experiment, arms[side], [unit]);
        let spread = (unit / 2 * 37 % 1_001) as f64 / 500.0;
        record(&experiment, metric, unit, spread + 0.5 * side as f64);
    }
    let read = experiment.read_out().unwrap();
    assert!(test(&read, 0).is_significant() && !test(&read, 1).within_margin);
    assert!(
        matches!(read.verdict, Verdict::KeepRunning { .. }),
        "{read}"
    );
}

#[test]
fn a_relative_effect_is_over_the_size_of_the_control_and_withheld_near_zero() {
    let relative = |a: f64, b: f64| test(&means(score(), 4_000, [a, b]), 0).relative;
    let above = relative(10.0, 11.0).unwrap();
    assert!((above.effect.unwrap() - 0.1).abs() < 1e-3);
    assert!(above.interval.contains(0.1) && !above.interval.contains(0.0));
    // A mean that falls from -10 to -11 is lower by 10 %, not higher.
    let below = relative(-10.0, -11.0).unwrap();
    assert!((below.effect.unwrap() + 0.1).abs() < 1e-3);
    assert!(below.interval.upper < 0.0 && below.interval.lower > -0.2);
    assert_eq!(relative(0.0, 1.0), None);
}

#[test]
fn what_is_needed_yet_is_said_in_units_requests_and_days() {
    let setup = Setup::new("r", [("a", 1), ("b", 1)], [score()]).unwrap();
    let experiment = Experiment::new(setup.with_units_per_day(100.0).unwrap());
    let metric = experiment.metric("score").unwrap();
    let arms = arms(&experiment);
    for unit in 0..400_u64 {
        for _ in 0..3 {
            expose(&experiment, arms[(unit % 2) as usize], [unit]);
        }
        record(
            &experiment,
            metric,
            unit,
            (unit / 2 * 37 % 1_001) as f64 / 500.0,
        );
    }
    let read = experiment.read_out().unwrap();
    let Verdict::KeepRunning {
        units_left: Some(units),
        requests_left: Some(requests),
        days_left: Some(days),
        ref stop,
    } = read.verdict
    else {
        panic!("{read}");
    };
    assert!(units > 100 && stop.is_empty());
    assert_eq!((requests, days), (3 * units, units.div_ceil(100)));
}

#[test]
fn values_too_uneven_are_said_so_in_units() {
    let experiment = experiment([Metric::goal("revenue", Kind::Mean, Worse::Lower, 0.1)]);
    let revenue = experiment.metric("revenue").unwrap();
    let arms = arms(&experiment);
    for unit in 0..4_000_u64 {
        expose(&experiment, arms[(unit % 2) as usize], [unit]);
        let value = if unit % 500 < 2 { 1_000.0 } else { 1.0 };
        record(&experiment, revenue, unit, value);
    }
    let read = experiment.read_out().unwrap();
    let text = comparison(&read, 0).test.clone().unwrap_err().to_string();
    assert!(
        text.starts_with("values too uneven: as if") && text.contains("units more"),
        "{text}"
    );
    assert!(!text.contains("group"), "{text}");
}

#[test]
fn the_table_is_one_that_markdown_reads_with_one_row_for_each_arm() {
    let read = means(score(), 4_000, [10.0, 10.5]);
    let text = read.to_string();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 2 + 2, "{text}");
    let cells = |row: &str| row.matches('|').count();
    assert!(rows.iter().all(|row| cells(row) == 12), "{text}");
    assert!(rows[1].chars().all(|c| c == '|' || c == '-'), "{text}");
    let control: Vec<&str> = rows[2].split('|').map(str::trim).collect();
    assert_eq!(control[1..5], ["score", "goal", "a", "2000"], "{text}");
    // One sentence of advice, first.
    assert!(
        text.starts_with("ranker-ab-7: SHIP b: it is better"),
        "{text}"
    );
}

#[test]
fn outcomes_that_were_announced_and_have_not_come_are_counted_by_arm() {
    let names = ["labels", "clicks"];
    let experiment =
        experiment(names.map(|name| Metric::goal(name, Kind::CommonRate, Worse::Lower, 0.02)));
    let [labels, clicks] = names.map(|name| experiment.metric(name).unwrap());
    for (arm, first) in arms(&experiment).into_iter().zip([0, 1_000_u64]) {
        expose(&experiment, arm, first..first + 120);
        for unit in first..first + 120 {
            record(&experiment, clicks, unit, 1.0);
            experiment.await_outcome(labels, unit).unwrap();
            let every = if first == 0 { 3 } else { 6 };
            if (unit - first) % every == 0 {
                record(&experiment, labels, unit, 0.0);
            }
        }
    }
    let pending = |read: &ReadOut, place: usize| {
        let finding = &read.findings[place];
        (finding.pending, finding.comparisons[0].pending)
    };
    let read = experiment.read_out().unwrap();
    assert_eq!(pending(&read, 0), (Some(80), Some(100)));
    assert_eq!(
        pending(&read, 1),
        (None, None),
        "clicks were never announced"
    );
    let text = read.to_string();
    assert!(
        text.contains("labels: pending outcomes: 80 of the control, 100 of b"),
        "{text}"
    );
    assert!(experiment.record(labels, 1_u64, 0.5).is_err());
    assert_eq!(
        pending(&experiment.read_out().unwrap(), 0),
        (Some(80), Some(100))
    );
    // More than were announced: no longer a known number.
    for unit in 0..120 {
        record(&experiment, labels, unit, 1.0);
    }
    assert_eq!(pending(&experiment.read_out().unwrap(), 0), (None, None));
}

#[test]
fn a_shift_of_a_quantile_is_seen() {
    let p90 = Metric::goal("p90", Kind::Quantile { order: 0.9 }, Worse::Higher, 1.0);
    let experiment = experiment([p90]);
    let metric = experiment.metric("p90").unwrap();
    let arms = arms(&experiment);
    for unit in 0..20_000_u64 {
        let side = unit % 2;
        expose(&experiment, arms[side as usize], [unit]);
        let slower = if side == 1 { 1.3 } else { 1.0 };
        let latency = slower * (1.0 + (unit / 2 * 7_919 % 1_000) as f64);
        record(&experiment, metric, unit, latency);
    }
    let read = experiment.read_out().unwrap();
    let test = test(&read, 0);
    assert!(
        test.interval.contains(270.0) && !test.interval.contains(0.0),
        "{read}"
    );
    assert!(matches!(read.verdict, Verdict::Keep { .. }), "{read}");
}
