//! What servers note, and how their parts add up.

use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use switchstand::experiment::{Experiment, ExperimentError, Kind, Metric, Part, Setup, digest};
use switchstand::{Assignment, Key, Policy, Reason, Router};

use crate::experiment::{clicks, setup};

fn all_kinds() -> Setup {
    setup([
        clicks(),
        Metric::watched("latency", Kind::Quantile { order: 0.9 }),
        Metric::watched("per view", Kind::Ratio),
        Metric::watched("sessions", Kind::Count),
        Metric::watched("load", Kind::Gauge),
        Metric::watched("score", Kind::Mean),
    ])
}

fn fill(experiment: &Experiment, user: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(user);
    let arm = experiment
        .arm(if rng.random_bool(0.5) { "v1" } else { "v2" })
        .unwrap();
    let unit = digest(Key::U64(user));
    experiment.expose(unit, Some(arm), Reason::Split);
    if user.is_multiple_of(50) {
        experiment.expose(unit, None, Reason::Audience);
        experiment.expose(unit, None, Reason::Fallback);
        experiment.expose(unit, None, Reason::Listed);
        experiment.expose(unit, None, Reason::Holdout);
    }
    let metric = |name| experiment.metric(name).unwrap();
    // Fractions of two add without rounding, so that the order cannot matter.
    let value = f64::from(rng.random_range(1..1_000_u32)) / 4.0;
    let click = f64::from(rng.random_bool(0.3));
    experiment
        .record(arm, metric("clicks"), unit, click)
        .unwrap();
    experiment
        .record(arm, metric("latency"), unit, value)
        .unwrap();
    experiment
        .record(arm, metric("sessions"), unit, 1.0 + click)
        .unwrap();
    experiment
        .record(arm, metric("score"), unit, value)
        .unwrap();
    experiment
        .record_ratio(arm, metric("per view"), unit, click, 2.0)
        .unwrap();
    experiment.record(arm, metric("load"), unit, 0.5).unwrap();
}

#[test]
fn t2_eight_parts_in_any_order_give_the_read_out_of_the_whole() {
    let whole = Experiment::new(all_kinds());
    let servers: Vec<_> = (0..8).map(|_| Experiment::new(all_kinds())).collect();
    for user in 0..8_000 {
        fill(&whole, user);
        fill(&servers[(user % 8) as usize], user);
        // Sticky users come back to other servers, and still count once.
        let arm = whole.arm(if ChaCha8Rng::seed_from_u64(user).random_bool(0.5) {
            "v1"
        } else {
            "v2"
        });
        let next = &servers[(user * 5 % 8) as usize];
        for experiment in [next, &whole] {
            experiment.expose(
                digest(Key::U64(user)),
                Some(*arm.as_ref().unwrap()),
                Reason::Split,
            );
        }
    }
    let expected = whole.part().read_out().unwrap();
    assert_eq!(expected.exposures.units.iter().sum::<u64>(), 8_000);
    assert_eq!(expected.apart.audiences, 160);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..5 {
        let mut parts: Vec<Part> = servers.iter().map(Experiment::part).collect();
        parts.shuffle(&mut rng);
        // A part that was stored and read again is the same part.
        let stored = serde_json::to_string(&parts[0]).unwrap();
        let mut sum: Part = serde_json::from_str(&stored).unwrap();
        assert_eq!(sum, parts[0]);
        for part in &parts[1..] {
            sum.merge(part).unwrap();
        }
        assert_eq!(sum.read_out().unwrap(), expected);
    }
    let other = Experiment::new(setup([clicks()]));
    let refused = whole.part().merge(&other.part());
    assert!(matches!(refused, Err(ExperimentError::Mismatch { .. })));
}

#[test]
fn a_late_outcome_finds_its_arm_by_the_logged_assignment() {
    let router = Router::new("ranker", "v1", ()).unwrap();
    router.deploy("v2", ()).unwrap();
    router.validate("v2", |_| Ok::<(), String>(())).unwrap();
    router
        .release(Policy::ab_test("ranker-ab-7", [("v1", 1), ("v2", 1)]))
        .unwrap();
    let experiment = Experiment::new(setup([clicks()]));
    let logged = r#"{"release":"ranker-ab-7","fingerprint":"00000000000000000000000000000000",
        "generation":4,"version":"v2","arm":"v2","reason":"split","propensity":0.5}"#;
    let assignment: Assignment<'_> = serde_json::from_str(logged).unwrap();
    assert_eq!(experiment.arm_of(&assignment), experiment.arm("v2").ok());
    let other: Assignment<'_> = serde_json::from_str(&logged.replace("ab-7", "ab-8")).unwrap();
    assert_eq!(experiment.arm_of(&other), None);
    let fallback = logged.replace("\"arm\":\"v2\"", "\"arm\":null");
    let fallback: Assignment<'_> = serde_json::from_str(&fallback).unwrap();
    assert_eq!(experiment.arm_of(&fallback), None);
}

#[test]
fn t4_bad_values_are_refused_and_leave_no_trace() {
    let experiment = Experiment::new(all_kinds());
    let arm = experiment.arm("v1").unwrap();
    let before = experiment.part();
    for (name, value) in [
        ("clicks", 0.5),
        ("clicks", f64::NAN),
        ("score", f64::INFINITY),
        ("latency", -1.0),
        ("per view", 1.0),
    ] {
        let metric = experiment.metric(name).unwrap();
        assert!(
            experiment.record(arm, metric, 1, value).is_err(),
            "{name} {value}"
        );
    }
    let score = experiment.metric("score").unwrap();
    assert!(experiment.record_ratio(arm, score, 1, 1.0, 1.0).is_err());
    assert_eq!(experiment.part(), before);
    assert!(Setup::new("x", ["v1", "v1"], [1, 1], []).is_err());
    assert!(Setup::new("x", ["v1", "v2"], [1, 0], []).is_err());
    assert!(Setup::new("x", ["v1", "v2"], [1, 1], [clicks(), clicks()]).is_err());
}

#[test]
fn requests_that_no_draw_has_placed_are_counted_apart_by_their_reason() {
    let experiment = Experiment::new(setup([clicks()]));
    let reasons = [
        (Reason::Fallback, 1),
        (Reason::Killed, 2),
        (Reason::Saturated, 3),
        (Reason::Override, 4),
        (Reason::Pinned, 5),
        (Reason::Listed, 6),
        (Reason::Audience, 7),
        (Reason::Holdout, 8),
        (Reason::Layer, 9),
    ];
    for (reason, times) in reasons {
        for unit in 0..times {
            experiment.expose(unit, None, reason);
        }
    }
    let mut part = experiment.part();
    part.merge(&experiment.part()).unwrap();
    let apart = part.apart();
    let counted = [
        apart.fallbacks,
        apart.overrides,
        apart.pinned,
        apart.listed,
        apart.audiences,
        apart.outside,
    ];
    assert_eq!(counted, [12, 8, 10, 12, 14, 34]);
    assert_eq!(part.read_out().unwrap().exposures.units, [0, 0]);
}

#[test]
fn a_stored_part_that_no_exposures_could_have_left_is_refused() {
    let experiment = Experiment::new(setup([clicks()]));
    experiment.expose(
        digest(Key::U64(7)),
        experiment.arm("v1").ok(),
        Reason::Split,
    );
    let good = serde_json::to_value(experiment.part()).unwrap();
    assert!(serde_json::from_value::<Part>(good.clone()).is_ok());
    for (field, value, why) in [
        ("level", 61.into(), "they were halved too often"),
        ("level", 60.into(), "a unit is none of its level"),
        (
            "arms",
            serde_json::json!({ "5": 3 }),
            "a unit is none of its level",
        ),
        ("exposures", 0.into(), "more units than exposures"),
    ] {
        let mut bad = good.clone();
        bad["units"][field] = value;
        let refused = serde_json::from_value::<Part>(bad).unwrap_err().to_string();
        assert!(refused.contains(why), "{field}: {refused}");
    }
}

#[test]
fn t4_no_thread_loses_its_gauge_to_another_whose_values_are_huge() {
    let gauge = Metric::watched("load", Kind::Gauge);
    let experiment = Experiment::new(setup([gauge]));
    let (arm, load) = (
        experiment.arm("v1").unwrap(),
        experiment.metric("load").unwrap(),
    );
    let record = |value: f64| {
        std::thread::scope(|scope| {
            let record = || experiment.record(arm, load, 0, value);
            scope.spawn(record).join().unwrap()
        })
    };
    let kept: Vec<f64> = [2.0, 1e200, -1e200, 4.0, 1e140, -1e140]
        .into_iter()
        .filter(|&value| record(value).is_ok())
        .collect();
    assert_eq!(
        kept,
        [2.0, 4.0, 1e140, -1e140],
        "each by a thread of its own"
    );
    let read_out = experiment.part().read_out().unwrap();
    // The mean of what was taken, of all threads: 6 / 4 beside rounding of 1e140.
    let mean = read_out.findings[0].values[0].unwrap();
    assert!(mean.abs() < 1e125, "{mean}");
}
