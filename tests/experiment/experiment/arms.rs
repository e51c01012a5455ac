//! Several candidates, each beside one control.

use switchstand::Policy;
use switchstand::experiment::{
    Experiment, ExperimentError, Kind, Metric, ReadOut, Setup, Standing, Verdict,
};
use switchstand::stats::Worse;

fn policy() -> Policy {
    Policy::ab_test("ranker-abcd", [("v1", 1), ("v2", 1), ("v3", 1), ("v4", 1)])
}

fn metrics() -> [Metric; 2] {
    [
        Metric::goal("clicks", Kind::CommonRate, Worse::Lower, 0.02),
        Metric::guardrail("errors", Kind::Rate, Worse::Higher, 0.01),
    ]
}

/// Serves users by the policy, each arm with its own chances, in hundredths.
fn serve(
    experiment: &Experiment,
    policy: &Policy,
    users: std::ops::Range<u64>,
    chances: impl Fn(&str) -> (u64, u64),
) {
    let plan = policy.compile("v1", ["v2", "v3", "v4"]).unwrap();
    let clicks = experiment.metric("clicks").unwrap();
    let errors = experiment.metric("errors").unwrap();
    for user in users {
        let assignment = plan.assignment(user);
        let arm = assignment.arm.clone().unwrap();
        experiment.expose(&assignment, user).unwrap();
        let (click, error) = chances(&arm);
        let luck = user.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        experiment
            .record(clicks, user, f64::from(luck % 100 < click))
            .unwrap();
        if luck / 100 % 100 < error {
            experiment.record(errors, user, 1.0).unwrap();
        }
    }
}

fn read(chances: impl Fn(&str) -> (u64, u64)) -> ReadOut {
    let experiment = Experiment::of(&policy(), metrics()).unwrap();
    serve(&experiment, &policy(), 0..40_000, chances);
    experiment.read_out().unwrap()
}

fn standing<'a>(read: &'a ReadOut, arm: &str) -> &'a Standing {
    let found = read.standings.iter().find(|(label, _)| label == arm);
    &found.unwrap().1
}

#[test]
fn x6_the_read_out_names_the_arm_to_ship_and_the_arms_to_stop() {
    let read = read(|arm| match arm {
        "v2" => (34, 0),
        "v3" => (36, 9),
        "v4" => (24, 0),
        _ => (30, 0),
    });
    assert_eq!(
        read.verdict,
        Verdict::Ship {
            arm: "v2".to_owned()
        },
        "{read}"
    );
    let worse = |metric: &str| Standing::Worse {
        metric: metric.to_owned(),
    };
    assert_eq!(standing(&read, "v2"), &Standing::Better);
    assert_eq!(standing(&read, "v3"), &worse("errors"));
    assert_eq!(standing(&read, "v4"), &worse("clicks"));
    assert_eq!(read.family, 6);
    let text = read.to_string();
    assert!(text.contains("v4 is worse in clicks"), "{text}");
}

#[test]
fn x6_of_two_better_arms_the_better_one_is_shipped_and_worse_ones_end_with_the_control() {
    let read_of = |v2, v3| {
        read(move |arm| match arm {
            "v2" => (v2, 0),
            "v3" | "v4" => (v3, 0),
            _ => (30, 0),
        })
    };
    let better = read_of(40, 36);
    assert_eq!(
        better.verdict,
        Verdict::Ship {
            arm: "v2".to_owned()
        },
        "{better}"
    );
    let worse = read_of(20, 22);
    let Verdict::Keep { arm, metrics } = &worse.verdict else {
        panic!("{worse}");
    };
    assert_eq!((arm.as_str(), metrics.len()), ("v1", 3));
}

#[test]
fn x6_each_arm_is_compared_with_the_control_and_all_share_the_error_rate() {
    let read = read(|_| (30, 0));
    assert_eq!(read.checks.arms.len(), 4);
    for finding in &read.findings {
        assert_eq!(finding.comparisons.len(), 3);
        for arm in &finding.comparisons {
            let test = arm.test.as_ref().unwrap();
            assert!((test.interval.level - (1.0 - 0.05 / 6.0)).abs() < 1e-12);
        }
    }
    assert!(!matches!(read.verdict, Verdict::Ship { .. }), "{read}");
}

#[test]
fn x6_dropping_an_arm_keeps_the_others_evidence() {
    let chances = |arm: &str| match arm {
        "v2" => (34, 0),
        "v3" => (30, 50),
        _ => (30, 0),
    };
    let experiment = Experiment::of(&policy(), metrics()).unwrap();
    serve(&experiment, &policy(), 0..20_000, chances);
    let before = experiment.read_out().unwrap();
    assert!(
        matches!(standing(&before, "v3"), Standing::Worse { .. }),
        "{before}"
    );
    let without = policy().without_arm("v3").unwrap();
    experiment.follow(&without).unwrap();
    // The same users come again: those of v3 now meet another arm, and new ones come.
    serve(&experiment, &without, 0..60_000, chances);
    let read = experiment.read_out().unwrap();
    assert_eq!(standing(&read, "v3"), &Standing::Dropped, "{read}");
    assert_eq!(
        read.verdict,
        Verdict::Ship {
            arm: "v2".to_owned()
        },
        "{read}"
    );
    assert_eq!(read.family, 6, "it still counts");
    assert_eq!(read.checks.crossed, 0, "nobody else has moved");
    assert_eq!(read.checks.moved, before.checks.arms[2].units);
    assert!(read.checks.arms[1].units > before.checks.arms[1].units);
    // Back is no way, and neither are other weights, other releases, other arms.
    let refused = |policy: &Policy| {
        let refused = experiment.follow(policy);
        assert!(
            matches!(refused, Err(ExperimentError::NotContinued { .. })),
            "{refused:?}"
        );
    };
    refused(&policy());
    refused(&without.reweight([("v2", 5)]).unwrap());
    refused(&without.with_arm(("v5", 1)).unwrap());
    refused(&without.without_arm("v1").unwrap());
    refused(&Policy::ab_test("another", [("v1", 1), ("v2", 1)]));
    assert_eq!(experiment.read_out().unwrap(), read);
}

/// Counts of the e-mail test that Kevin Hillstrom published in 2008, an analysis of the same file
/// for one look beside them (`examples/ab_readout.rs` names both).
#[test]
fn x6_a_published_experiment_of_three_arms_is_read_as_it_was_published() {
    let published = [
        ("none", 21_306_u64, 2_262, 122),
        ("men's", 21_307, 3_894, 267),
        ("women's", 21_387, 3_238, 189),
    ];
    let visits = Metric::goal("visits", Kind::CommonRate, Worse::Lower, 0.005);
    let purchases = Metric::goal("purchases", Kind::Rate, Worse::Lower, 0.001);
    let arms = published.map(|(arm, ..)| (arm, 1));
    let setup = Setup::new("e-mails", arms, [visits, purchases]).unwrap();
    let experiment = Experiment::new(setup);
    let [visits, purchases] = ["visits", "purchases"].map(|name| experiment.metric(name).unwrap());
    let mut customers = 0_u64..;
    for (arm, size, visited, bought) in published {
        let arm = experiment.arm(arm).unwrap();
        for (place, customer) in (0..size).zip(&mut customers) {
            experiment.expose_arm(arm, customer).unwrap();
            let value = f64::from(u8::from(place < visited));
            experiment.record(visits, customer, value).unwrap();
            if place < bought {
                experiment.record(purchases, customer, 1.0).unwrap();
            }
        }
    }
    let read = experiment.read_out().unwrap();
    let arm = "men's".to_owned();
    assert_eq!(read.verdict, Verdict::Ship { arm }, "{read}");
    // Effects in points of a hundred, and for purchases the interval for one look.
    let expected = [
        (0, 0, 7.66, None),
        (0, 1, 4.52, None),
        (1, 0, 0.681, Some([0.500, 0.861])),
        (1, 1, 0.311, Some([0.150, 0.472])),
    ];
    for (metric, arm, effect, interval) in expected {
        let test = read.findings[metric].comparisons[arm].test.clone().unwrap();
        assert!((100.0 * test.effect - effect).abs() < 0.0051, "{read}");
        let Some([lower, upper]) = interval else {
            continue;
        };
        // At every look, and for four comparisons: wider, and not by far.
        let width = 100.0 * test.interval.width() / (upper - lower);
        assert!(test.interval.contains(0.01 * lower) && test.interval.contains(0.01 * upper));
        assert!((1.2..3.0).contains(&width), "{width}: {read}");
    }
}

#[test]
fn x6_while_one_arm_is_open_the_worse_ones_are_named_to_stop() {
    // v2 stands as the control does, within what the units tell; v3 and v4 click less and fail.
    let read = read(|arm| match arm {
        "v3" => (20, 0),
        "v4" => (30, 20),
        _ => (30, 0),
    });
    assert_eq!(standing(&read, "v2"), &Standing::Open, "{read}");
    let Verdict::KeepRunning { stop, .. } = &read.verdict else {
        panic!("{read}");
    };
    assert_eq!(stop, &["v3", "v4"], "{read}");
    assert!(read.to_string().contains("STOP v3, v4"), "{read}");
}
