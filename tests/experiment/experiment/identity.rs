//! What belongs to an experiment, and what is refused.

use switchstand::experiment::{Experiment, ExperimentError, Filed, Kind, Metric, Setup, Source};
use switchstand::{Plan, Policy};

use crate::experiment::{clicks, is_foreign, setup};

fn policy() -> Policy {
    Policy::ab_test("ranker-ab-7", [("a", 1), ("b", 1)])
}

fn plan(policy: &Policy) -> Plan {
    policy.compile("a", ["b"]).unwrap()
}

#[test]
fn x2_a_handle_of_another_experiment_is_refused() {
    let metrics = || {
        let load = Metric::watched("load", Kind::Gauge);
        [clicks(), load, Metric::watched("ratio", Kind::Ratio)]
    };
    // Also where the two have the same setup.
    let [ours, theirs] = [0; 2].map(|_| Experiment::new(setup(metrics())));
    let [clicks, load, ratio] =
        ["clicks", "load", "ratio"].map(|name| theirs.metric(name).unwrap());
    let arm = theirs.arm("a").unwrap();
    let assigned = plan(&policy());
    let assignment = assigned.assignment("user-1");
    assert!(is_foreign(&ours.record(clicks, "user-1", 1.0)));
    assert!(is_foreign(&ours.record_for(
        &assignment,
        clicks,
        "user-1",
        1.0
    )));
    assert!(is_foreign(&ours.record_ratio(ratio, "user-1", 1.0, 1.0)));
    assert!(is_foreign(&ours.record_ratio_for(
        &assignment,
        ratio,
        "user-1",
        1.0,
        1.0
    )));
    assert!(is_foreign(&ours.await_outcome(clicks, "user-1")));
    assert!(is_foreign(&ours.expose_arm(arm, "user-1")));
    assert!(is_foreign(&ours.record_gauge(
        load,
        ours.arm("a").unwrap(),
        1.0
    )));
    assert!(is_foreign(&ours.record_gauge(
        ours.metric("load").unwrap(),
        arm,
        1.0
    )));
    assert_eq!(ours.part(), Experiment::new(setup(metrics())).part());
}

#[test]
fn x2_an_assignment_of_another_release_or_policy_is_refused() {
    let experiment = Experiment::of(&policy(), [clicks()]).unwrap();
    let metric = experiment.metric("clicks").unwrap();
    let other = plan(&Policy::ab_test("ranker-ab-8", [("a", 1), ("b", 1)]));
    let other = other.assignment("user-1");
    let refused = experiment.record_for(&other, metric, "user-1", 1.0);
    assert!(matches!(refused, Err(ExperimentError::OtherRelease { .. })));
    assert!(experiment.expose(&other, "user-1").is_err());
    let gated = policy().gate("50%".parse().unwrap());
    let there = plan(&gated);
    let user = (0..100_u64)
        .find(|&user| there.assignment(user).arm.is_some())
        .unwrap();
    let assignment = there.assignment(user);
    let refused = experiment.record_for(&assignment, metric, user, 1.0);
    assert!(matches!(refused, Err(ExperimentError::OtherPolicy { .. })));
    assert!(experiment.expose(&assignment, user).is_err());
    assert_eq!(experiment.part().units(), 0);
    assert_eq!(experiment.part().apart().other_policy, 2);
    experiment.follow(&gated).unwrap();
    assert_eq!(experiment.expose(&assignment, user), Ok(Filed::Counted));
    assert_eq!(
        experiment.record_for(&assignment, metric, user, 1.0),
        Ok(Filed::Counted)
    );
}

#[test]
fn an_assignment_that_contradicts_the_exposure_makes_a_unit_of_two_arms() {
    let experiment = Experiment::of(&policy(), [clicks()]).unwrap();
    let metric = experiment.metric("clicks").unwrap();
    let plan = plan(&policy());
    let assignment = plan.assignment("user-1");
    let is_a = assignment.arm.as_deref() == Some("a");
    let other = experiment.arm(if is_a { "b" } else { "a" }).unwrap();
    experiment.expose_arm(other, "user-1").unwrap();
    let filed = experiment.record_for(&assignment, metric, "user-1", 1.0);
    assert_eq!(filed, Ok(Filed::Crossed));
}

#[test]
fn arms_weights_and_release_come_from_the_policy() {
    let policy = Policy::ab_test("ranker-abc", [("v1", 3), ("v3", 1), ("v2", 2)]);
    let setup = Setup::of(&policy, [clicks()]).unwrap();
    assert_eq!(setup.release(), "ranker-abc");
    let arms: Vec<_> = setup.arms().collect();
    // The control as the policy has it, the candidates in the order of their labels.
    assert_eq!(arms, [("v1", 3), ("v2", 2), ("v3", 1)]);
    let setup = setup.with_control("v3").unwrap();
    assert_eq!(setup.arms().next(), Some(("v3", 1)));
    assert!(setup.with_control("v4").is_err());
    let canary = Policy::canary("c", "v2", "5%".parse().unwrap());
    assert!(matches!(
        Setup::of(&canary, []),
        Err(ExperimentError::NoAbTest { .. })
    ));
    let one = Policy::ab_test("one", [("v1", 1), ("v2", 0)]);
    assert!(matches!(
        Setup::of(&one, []),
        Err(ExperimentError::Arms { found: 1, .. })
    ));
}

#[test]
fn t4_bad_values_are_refused_and_leave_no_trace() {
    let metrics = [
        clicks(),
        Metric::watched("score", Kind::Mean),
        Metric::watched("latency", Kind::Quantile { order: 0.9 }),
        Metric::watched("per view", Kind::Ratio),
        Metric::watched("errors", Kind::Rate),
        Metric::watched("load", Kind::Gauge),
        Metric::watched("failed", Kind::Rate).from_requests(Source::Failures),
    ];
    let experiment = Experiment::new(setup(metrics));
    let before = experiment.part();
    for (name, value) in [
        ("clicks", 0.5),
        ("clicks", f64::NAN),
        ("errors", 2.0),
        ("score", f64::INFINITY),
        ("score", 1e101),
        ("latency", -1.0),
        ("per view", 1.0),
        ("load", 1.0),
        ("failed", 1.0),
    ] {
        let metric = experiment.metric(name).unwrap();
        let refused = experiment.record(metric, "user-1", value);
        assert!(refused.is_err(), "{name} {value}");
        if let Err(ExperimentError::WrongKind { name: named, .. }) = refused {
            assert_eq!(named, name);
        }
    }
    let [score, ratio, load] =
        ["score", "per view", "load"].map(|name| experiment.metric(name).unwrap());
    assert!(experiment.record_ratio(score, "user-1", 1.0, 1.0).is_err());
    assert!(experiment.record_ratio(ratio, "user-1", 1.0, -1.0).is_err());
    assert!(experiment.await_outcome(load, "user-1").is_err());
    let arm = experiment.arm("a").unwrap();
    assert!(experiment.record_gauge(load, arm, f64::NAN).is_err());
    assert!(experiment.record_gauge(score, arm, 1.0).is_err());
    assert_eq!(experiment.part(), before);
    let refused = |arms: &[(&'static str, u64)]| Setup::new("x", arms.iter().copied(), []).is_err();
    assert!(
        refused(&[("a", 1), ("a", 1)]) && refused(&[("a", 1), ("b", 0)]) && refused(&[("a", 1)])
    );
    let same = Setup::new("x", [("a", 1), ("b", 1)], [clicks(), clicks()]);
    assert!(matches!(
        same,
        Err(ExperimentError::NameTaken {
            what: "metrics",
            ..
        })
    ));
    let wrong = Metric::watched("slow", Kind::Count).from_requests(Source::Latency);
    assert!(Setup::new("x", [("a", 1), ("b", 1)], [wrong]).is_err());
    assert!(setup([]).with_planned_units(1).is_err() && setup([]).with_capacity(1).is_err());
}
