//! Outcomes that are still to come are a stated number.
#![cfg(feature = "stats")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use switchstand::Reason;
use switchstand::experiment::{Experiment, Kind, Metric, Part, Setup};
use switchstand::stats::Worse;

fn experiment() -> Experiment {
    let labels = Metric::goal("labels", Kind::Rate, Worse::Lower, 0.02);
    let clicks = Metric::goal("clicks", Kind::Rate, Worse::Lower, 0.02);
    let setup = Setup::new("ranker-ab-7", ["v1", "v2"], [1, 1], [labels, clicks]);
    Experiment::new(setup.unwrap())
}

/// Answers `users` of each arm; the labels of every `labelled`-th of A and half as many of B have
/// come.
fn serve(experiment: &Experiment, users: u64, labelled: u64) {
    let [labels, clicks] = ["labels", "clicks"].map(|name| experiment.metric(name).unwrap());
    for (side, label) in ["v1", "v2"].iter().enumerate() {
        let arm = experiment.arm(label).unwrap();
        for user in 0..users {
            let unit = 2 * user + side as u64;
            experiment.expose(unit, Some(arm), Reason::Split);
            experiment.record(arm, clicks, unit, 1.0).unwrap();
            experiment.await_outcome(arm, labels).unwrap();
            if user.is_multiple_of(labelled * (1 + side as u64)) {
                experiment.record(arm, labels, unit, 0.0).unwrap();
            }
        }
    }
}

fn pending(part: &Part) -> [Option<[u64; 2]>; 2] {
    let read = part.read_out().unwrap();
    let found = |metric| {
        read.findings
            .iter()
            .find(|finding| finding.metric == metric)
    };
    ["labels", "clicks"].map(|metric| found(metric).unwrap().pending)
}

#[test]
fn outcomes_that_were_announced_and_have_not_come_are_counted_by_arm() {
    let experiment = experiment();
    serve(&experiment, 120, 3);
    // 40 of 120 labels have come for A, 20 for B; clicks were never announced.
    assert_eq!(pending(&experiment.part()), [Some([80, 100]), None]);
    let text = experiment.part().read_out().unwrap().to_string();
    assert!(
        text.contains("pending outcomes: 80 of A, 100 of B"),
        "{text}"
    );

    let mut both = experiment.part();
    both.merge(&experiment.part()).unwrap();
    assert_eq!(pending(&both), [Some([160, 200]), None], "parts add up");
}

#[test]
fn a_refused_value_settles_nothing_and_an_unannounced_one_ends_the_count() {
    let experiment = experiment();
    let (arm, labels) = (
        experiment.arm("v2").unwrap(),
        experiment.metric("labels").unwrap(),
    );
    experiment.expose(1, Some(arm), Reason::Split);
    experiment.await_outcome(arm, labels).unwrap();
    assert!(
        experiment.record(arm, labels, 1, 0.5).is_err(),
        "a rate takes 0 and 1"
    );
    assert_eq!(pending(&experiment.part()), [Some([0, 1]), None]);
    experiment.record(arm, labels, 1, 1.0).unwrap();
    assert_eq!(pending(&experiment.part()), [Some([0, 0]), None]);
    experiment.record(arm, labels, 2, 1.0).unwrap();
    assert_eq!(
        pending(&experiment.part()),
        [None, None],
        "no longer a known number"
    );
}

#[cfg(feature = "serde")]
#[test]
fn pending_outcomes_survive_a_restart() {
    let experiment = experiment();
    serve(&experiment, 30, 1);
    let part = experiment.part();
    let text = serde_json::to_string(&part).unwrap();
    let read: Part = serde_json::from_str(&text).unwrap();
    assert_eq!(pending(&read), pending(&part));
    assert_eq!(pending(&read), [Some([0, 15]), None]);
}
