//! Worths and margins that are parts of the control's value.

use switchstand::experiment::{Experiment, Kind, Metric, ReadOut, Setup, Standing, Verdict};
use switchstand::stats::Worse;

use crate::experiment::{arms, experiment, expose, record, test};

/// Means of these values in control and candidate, with a spread of about .6.
fn means(metric: Metric, means: [f64; 2]) -> ReadOut {
    let experiment: Experiment = experiment([metric]);
    let metric = experiment.metric("m").unwrap();
    let arms = arms(&experiment);
    for unit in 0..8_000_u64 {
        let side = (unit % 2) as usize;
        expose(&experiment, arms[side], [unit]);
        let spread = (unit / 2 * 37 % 1_001) as f64 / 500.0 - 1.0;
        record(&experiment, metric, unit, means[side] + spread);
    }
    experiment.read_out().unwrap()
}

/// Units with an event among as many of both arms.
fn rates(metric: Metric, units: u64, events: [u64; 2]) -> ReadOut {
    let experiment: Experiment = experiment([metric]);
    let metric = experiment.metric("m").unwrap();
    for ((arm, events), first) in arms(&experiment).into_iter().zip(events).zip([0, 1 << 40]) {
        expose(&experiment, arm, first..first + units);
        for unit in first..first + events {
            record(&experiment, metric, unit, 1.0);
        }
    }
    experiment.read_out().unwrap()
}

fn guardrail(kind: Kind, margin: f64) -> Metric {
    Metric::guardrail("m", kind, Worse::Higher, margin).relative()
}

#[test]
fn a_relative_worth_is_a_part_of_what_the_control_has() {
    let goal = || Metric::goal("m", Kind::Mean, Worse::Lower, 0.1);
    // A tenth of 10 is 1; of the same numbers as they are 0.1 cannot be excluded.
    let read = means(goal().relative(), [10.0, 10.0]);
    assert_eq!(read.verdict, Verdict::NoDifferenceWorthHaving, "{read}");
    assert!(read.findings[0].is_relative && test(&read, 0).within_worth);
    let read = means(goal().relative(), [1.0, 1.0]);
    assert!(
        matches!(read.verdict, Verdict::NoDifferenceWorthHaving),
        "{read}"
    );
    let read = means(goal().relative(), [0.2, 0.2]);
    assert!(
        matches!(read.verdict, Verdict::KeepRunning { .. }),
        "{read}"
    );
    assert!(
        means(goal(), [0.2, 0.2]).findings[0].comparisons[0]
            .test
            .is_ok()
    );
}

#[test]
fn a_relative_margin_stops_what_is_beyond_it_and_lets_pass_what_is_within() {
    let worse = |read: &ReadOut| matches!(read.standings[0].1, Standing::Worse { .. });
    let read = means(guardrail(Kind::Mean, 0.05), [10.0, 11.0]);
    assert!(worse(&read) && !test(&read, 0).within_margin, "{read}");
    let read = means(guardrail(Kind::Mean, 0.05), [10.0, 10.1]);
    assert!(!worse(&read) && test(&read, 0).within_margin, "{read}");
    // From -10 to -9 is higher by a tenth of what the control has.
    let read = means(guardrail(Kind::Mean, 0.05), [-10.0, -9.0]);
    assert!(worse(&read), "{read}");
    let read = means(guardrail(Kind::Mean, 0.05), [-10.0, -11.0]);
    assert!(!worse(&read) && test(&read, 0).within_margin, "{read}");
    // Twice as many failures beside a half more, and any beside none.
    let read = rates(guardrail(Kind::Rate, 0.5), 200_000, [400, 1_000]);
    assert!(worse(&read), "{read}");
    let read = rates(guardrail(Kind::Rate, 0.5), 200_000, [1_000, 1_050]);
    assert!(!worse(&read) && test(&read, 0).within_margin, "{read}");
    let read = rates(guardrail(Kind::Rate, 0.5), 2_000, [0, 60]);
    assert!(worse(&read), "{read}");
    let read = rates(guardrail(Kind::Rate, 0.5), 2_000, [0, 0]);
    assert!(!worse(&read) && !test(&read, 0).within_margin, "{read}");
}

#[test]
fn t1_a_relative_margin_is_exceeded_exactly_where_the_relative_interval_lies_above_it() {
    let reads: [&dyn Fn(f64) -> ReadOut; 3] = [
        &|margin| means(guardrail(Kind::Mean, margin), [10.0, 10.4]),
        &|margin| means(guardrail(Kind::Mean, margin), [-10.0, -9.6]),
        &|margin| rates(guardrail(Kind::Rate, margin), 30_000, [300, 500]),
    ];
    for read in reads {
        let lower = test(&read(0.0), 0).relative.unwrap().interval.lower;
        assert!(lower > 0.0);
        // The degrees of freedom are those of the margin, not of no effect.
        let [below, above] = [0.99, 1.01].map(|times| test(&read(times * lower), 0).p.value);
        assert!(below < 0.05 && above > 0.05, "{lower}: {below} {above}");
    }
}

#[test]
fn a_relative_worth_of_a_quantile_is_refused() {
    let kind = Kind::Quantile { order: 0.9 };
    let setup = Setup::new("r", [("a", 1), ("b", 1)], [guardrail(kind, 0.1)]);
    assert!(setup.is_err());
}
