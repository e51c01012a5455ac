//! Every table of verdicts that were wrong once, and what must be said instead.

use switchstand::experiment::{Experiment, Kind, Metric, Missing, ReadOut, Standing, Verdict};
use switchstand::stats::Worse;
use switchstand::stats::anytime::LabelProcess;

use crate::experiment::{arms, comparison, experiment, expose, record, test};

/// 20,000 exposures, two of each arm with an outcome.
fn four_outcomes(metric: Metric, a: [f64; 2], b: [f64; 2]) -> ReadOut {
    let experiment = experiment([metric]);
    let [control, candidate] = arms(&experiment);
    expose(&experiment, control, 0..10_000);
    expose(&experiment, candidate, 10_000..20_000);
    let metric = experiment.setup().metrics()[0].name().to_owned();
    let metric = experiment.metric(&metric).unwrap();
    for (place, (a, b)) in a.into_iter().zip(b).enumerate() {
        record(&experiment, metric, place as u64, a);
        record(&experiment, metric, 10_000 + place as u64, b);
    }
    experiment.read_out().unwrap()
}

#[test]
fn x1_four_outcomes_after_twenty_thousand_exposures_decide_nothing() {
    let score = |worth| Metric::goal("score", Kind::Mean, Worse::Lower, worth);
    let latency = Metric::guardrail("latency", Kind::Mean, Worse::Higher, 10.0);
    for read in [
        four_outcomes(score(0.1), [3.0, 3.5], [4.5, 5.0]),
        four_outcomes(score(0.5), [3.0, 3.2], [3.1, 3.3]),
        four_outcomes(latency, [100.0, 103.0], [121.0, 124.0]),
    ] {
        assert!(
            matches!(read.verdict, Verdict::KeepRunning { .. }),
            "{read}"
        );
        // Said of units that have a value, neither of groups nor of exposures.
        let expected = Missing::TooFewUnits {
            control: 2,
            candidate: 2,
            needed: 25,
        };
        assert_eq!(comparison(&read, 0).test, Err(expected), "{read}");
        assert!(!read.to_string().contains("observations"), "{read}");
    }
}

#[test]
fn x1_two_users_a_side_of_a_small_plan_decide_nothing() {
    let score = Metric::goal("score", Kind::Mean, Worse::Lower, 0.1);
    let setup = crate::experiment::setup([score])
        .with_planned_units(100)
        .unwrap();
    let experiment = Experiment::new(setup);
    let [control, candidate] = arms(&experiment);
    let metric = experiment.metric("score").unwrap();
    for (unit, value) in [(0, 3.0), (1, 3.1), (2, 4.0), (3, 4.1)] {
        let arm = if unit < 2 { control } else { candidate };
        expose(&experiment, arm, [unit]);
        record(&experiment, metric, unit, value);
    }
    let read = experiment.read_out().unwrap();
    assert!(
        matches!(read.verdict, Verdict::KeepRunning { .. }),
        "{read}"
    );
}

#[test]
fn x1_the_size_is_that_of_units_with_values_not_of_exposures() {
    let value = |unit: u64| ((unit * 37) % 101) as f64;
    let width = |exposed: u64| {
        let experiment = experiment([Metric::goal("score", Kind::Mean, Worse::Lower, 1.0)]);
        let score = experiment.metric("score").unwrap();
        for (arm, first) in arms(&experiment).into_iter().zip([0, 1_000_000]) {
            expose(&experiment, arm, first..first + exposed);
            for unit in 0..300 {
                record(&experiment, score, first + unit, value(unit));
            }
        }
        test(&experiment.read_out().unwrap(), 0).interval.width()
    };
    assert_eq!(width(300), width(20_000));
}

/// Reads a guardrail or a goal on a rate, with so many events among the units of each arm.
fn rates(metric: Metric, a: (u64, u64), b: (u64, u64)) -> ReadOut {
    let experiment = experiment([metric]);
    let errors = experiment.metric("errors").unwrap();
    for (arm, ((events, units), first)) in arms(&experiment).into_iter().zip([(a, 0), (b, 1 << 40)])
    {
        expose(&experiment, arm, first..first + units);
        for unit in 0..units {
            // Failures only here, both outcomes there: it must not matter.
            if unit < events || unit % 2 == 0 {
                record(&experiment, errors, first + unit, f64::from(unit < events));
            }
        }
    }
    experiment.read_out().unwrap()
}

#[test]
fn x5_a_candidate_that_plainly_fails_is_stopped_also_where_the_control_has_no_event() {
    for margin in [0.005, 0.01] {
        let errors = || Metric::guardrail("errors", Kind::Rate, Worse::Higher, margin);
        for (a, b) in [
            ((0, 10_000), (500, 10_000)),
            ((0, 10_000), (10_000, 10_000)),
            ((3, 10_000), (500, 10_000)),
            ((100, 100_000), (50_000, 100_000)),
            ((300, 100_000), (50_000, 100_000)),
        ] {
            let read = rates(errors(), a, b);
            let expected = Verdict::Keep {
                arm: "a".to_owned(),
                metrics: vec!["errors".to_owned()],
            };
            assert_eq!(read.verdict, expected, "{read}");
            assert!(test(&read, 0).is_exact);
            assert_eq!(comparison(&read, 0).units, b.1);
        }
    }
    let goal = Metric::goal("errors", Kind::Rate, Worse::Higher, 0.01);
    let read = rates(goal, (0, 2_000), (100, 2_000));
    assert!(matches!(read.verdict, Verdict::Keep { .. }), "{read}");
    assert_eq!(test(&read, 0).relative.unwrap().effect, None);
    assert!(
        test(&read, 0).relative.unwrap().interval.lower > 10.0,
        "{read}"
    );
}

#[test]
fn x5_a_rate_that_stays_within_its_margin_holds_and_one_below_it_stops_nothing() {
    let errors = Metric::guardrail("errors", Kind::Rate, Worse::Higher, 0.01);
    let read = rates(errors.clone(), (50, 50_000), (52, 50_000));
    assert!(test(&read, 0).within_margin, "{read}");
    // Surely worse, and perhaps by more than what is tolerated.
    let read = rates(errors.clone(), (0, 10_000), (110, 10_000));
    assert!(test(&read, 0).interval.lower > 0.0, "{read}");
    assert!(!test(&read, 0).is_significant(), "{read}");
    // Worse, but less than what is tolerated.
    let read = rates(errors, (0, 10_000), (50, 10_000));
    assert!(!test(&read, 0).is_significant(), "{read}");
    assert!(test(&read, 0).interval.lower > 0.0, "{read}");
}

#[test]
fn x5_a_split_that_is_off_does_not_decide_a_rate() {
    // Nearly all of both arms have the event, and the arms have 48 to 52 of a hundred units: the
    // sample ratio does not withhold the verdict yet, and the declared share alone is sure of a
    // difference.
    let goal = Metric::goal("errors", Kind::Rate, Worse::Higher, 0.0);
    let (a, b) = ((4_709, 4_805), (5_091, 5_195));
    let declared = LabelProcess::new(0.5).unwrap();
    assert!(declared.p(a.0, b.0).value < 0.02);
    let read = rates(goal, a, b);
    assert!(read.checks.sample_ratio_p.unwrap().value > 0.001, "{read}");
    assert!(test(&read, 0).p.value > 0.9, "{read}");
    assert!(test(&read, 0).interval.contains(0.0), "{read}");
    assert!(
        matches!(read.verdict, Verdict::KeepRunning { .. }),
        "{read}"
    );
}

#[test]
fn x3_metrics_that_are_refused_count_in_the_family() {
    let goals = ["clicks", "one", "two", "three", "four"];
    let metrics = goals.map(|name| Metric::goal(name, Kind::CommonRate, Worse::Lower, 0.01));
    let experiment = experiment(metrics);
    let clicks = experiment.metric("clicks").unwrap();
    let [control, candidate] = arms(&experiment);
    for unit in 0..4_000_u64 {
        let side = unit % 2;
        expose(
            &experiment,
            if side == 0 { control } else { candidate },
            [unit],
        );
        let clicked = (unit / 2 * 7) % 100 < 30 + 6 * side;
        record(&experiment, clicks, unit, f64::from(clicked));
    }
    let read = experiment.read_out().unwrap();
    let test = test(&read, 0);
    assert_eq!(read.family, 5);
    assert!(
        read.findings[1..]
            .iter()
            .all(|finding| finding.comparisons[0].test.is_err())
    );
    assert!(
        (test.adjusted_p - (5.0 * test.p.value).min(1.0)).abs() < 1e-12,
        "{read}"
    );
    // The p-value and the interval beside it agree on what has been shown.
    assert_eq!(
        test.is_significant(),
        !test.interval.contains(0.0),
        "{read}"
    );
}

#[test]
fn t5_no_verdict_is_given_while_the_sample_ratio_does_not_match() {
    let experiment = experiment([crate::experiment::clicks()]);
    let clicks = experiment.metric("clicks").unwrap();
    let [control, candidate] = arms(&experiment);
    for unit in 0..20_000_u64 {
        let side = unit % 2;
        expose(
            &experiment,
            if side == 0 { control } else { candidate },
            [unit],
        );
        record(
            &experiment,
            clicks,
            unit,
            f64::from((unit / 2 * 7) % 100 < 20 + 10 * side),
        );
    }
    let read = experiment.read_out().unwrap();
    assert_eq!(
        read.verdict,
        Verdict::Ship {
            arm: "b".to_owned()
        },
        "{read}"
    );
    assert_eq!(read.standings, [("b".to_owned(), Standing::Better)]);
    expose(&experiment, candidate, 1 << 40..(1 << 40) + 1_500);
    let read = experiment.read_out().unwrap();
    assert!(matches!(read.verdict, Verdict::Withheld { .. }), "{read}");
    assert_eq!(read.standings, [("b".to_owned(), Standing::Open)]);
}

#[test]
fn t6_repeated_values_of_a_unit_are_no_further_evidence() {
    let interval = |times: u32, kind: Kind| {
        let experiment = experiment([Metric::goal("clicks", kind, Worse::Lower, 0.0)]);
        let metric = experiment.metric("clicks").unwrap();
        let [control, candidate] = arms(&experiment);
        for unit in 0..5_000_u64 {
            expose(
                &experiment,
                if unit % 2 == 0 { control } else { candidate },
                [unit],
            );
            for _ in 0..times {
                record(&experiment, metric, unit, f64::from(unit * 7 % 10 < 2));
            }
        }
        test(&experiment.read_out().unwrap(), 0).interval
    };
    for kind in [
        Kind::CommonRate,
        Kind::Rate,
        Kind::Mean,
        Kind::Quantile { order: 0.5 },
    ] {
        let (once, often) = (interval(1, kind), interval(40, kind));
        assert!((once.lower - often.lower).abs() < 1e-12, "{kind:?}");
        assert!((once.upper - often.upper).abs() < 1e-12, "{kind:?}");
    }
}
