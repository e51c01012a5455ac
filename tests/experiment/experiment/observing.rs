//! An experiment on a router: exposures, failures and latency come by themselves.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use switchstand::experiment::{Experiment, Kind, Metric, Source};
use switchstand::stats::Worse;
use switchstand::{Ending, Policy, Router, Timestamp};

use crate::experiment::comparison;

fn policy() -> Policy {
    Policy::ab_test("ranker-ab-7", [("a", 1), ("b", 1)])
}

fn experiment() -> Arc<Experiment> {
    let failed = Metric::guardrail("failed", Kind::Rate, Worse::Higher, 0.01);
    let seconds = Metric::watched("seconds", Kind::Mean);
    let errors = Metric::watched("errors", Kind::Rate);
    let metrics = [
        failed.from_requests(Source::Failures),
        seconds.from_requests(Source::Latency),
        errors.from_requests(Source::Failed),
    ];
    Arc::new(Experiment::of(&policy(), metrics).unwrap())
}

/// A router on which `b` fails, and whose clock goes on by half a second at every reading.
fn router() -> Router<&'static str> {
    let half_seconds = AtomicU64::new(0);
    let now = move || {
        let read = half_seconds.fetch_add(1, Ordering::Relaxed);
        Timestamp::from_nanos(read * 500_000_000)
    };
    let router = Router::builder("ranker").clock(now).build("a", "a");
    let router = router.unwrap();
    router.deploy("b", "b").unwrap();
    router.validate("b", |_| Ok::<_, ()>(())).unwrap();
    router.release(policy()).unwrap();
    router
}

fn ask(router: &Router<&'static str>, unit: u64) {
    let fails = |model: &&str| if *model == "b" { Err(()) } else { Ok(()) };
    let _ = router.admit(unit).call(fails);
}

#[test]
fn o3_an_attached_experiment_takes_exposures_failures_and_latency_from_outcomes() {
    let (experiment, router) = (experiment(), router());
    let seat = router.attach(Arc::clone(&experiment));
    for unit in 0..300 {
        ask(&router, unit);
        ask(&router, unit);
    }
    let plan = policy().compile("a", ["b"]).unwrap();
    let is_b = |unit: &u64| plan.assignment(*unit).arm.as_deref() == Some("b");
    let of_b = (0..300).filter(is_b).count() as u64;
    let read = experiment.read_out().unwrap();
    let units: Vec<u64> = read.checks.arms.iter().map(|arm| arm.units).collect();
    assert_eq!(units, [300 - of_b, of_b], "{read}");
    assert_eq!(read.checks.requests, 600, "{read}");
    assert_eq!(read.findings[0].value, Some(0.0), "{read}");
    // Each of its requests failed, and counts for it though the live version may step in.
    assert_eq!(comparison(&read, 0).value, Some(1.0), "{read}");
    assert_eq!(read.findings[1].value, Some(0.5), "{read}");
    assert_eq!(comparison(&read, 1).units, of_b, "{read}");
    drop(seat);
    router.sweep();
    ask(&router, 1_000);
    assert_eq!(experiment.part().exposures(), 600);
}

/// Keeps a line of JSON for each outcome, as a log on disk would.
#[cfg(feature = "serde")]
#[derive(Default)]
struct Lines(std::sync::Mutex<Vec<String>>);

#[cfg(feature = "serde")]
impl switchstand::Observer for Lines {
    fn outcome(&self, outcome: &switchstand::Outcome<'_>) {
        let line = serde_json::to_string(&outcome.to_record()).unwrap();
        self.0.lock().unwrap().push(line);
    }
}

#[cfg(feature = "serde")]
#[test]
fn x7_a_log_of_outcomes_alone_reads_out_as_the_live_experiment_does() {
    use switchstand::{Observer as _, outcomes::OutcomeRecord};

    let (live, router) = (experiment(), router());
    let log = Arc::new(Lines::default());
    router.attach(Arc::clone(&live)).keep();
    router.attach(Arc::clone(&log)).keep();
    for unit in 0..400 {
        ask(&router, unit % 250);
    }
    let replayed = experiment();
    for line in log.0.lock().unwrap().iter() {
        let record: OutcomeRecord = serde_json::from_str(line).unwrap();
        replayed.outcome(&record.as_outcome());
    }
    assert_eq!(live.part(), replayed.part());
    assert_eq!(live.part().exposures(), 400);
}

#[test]
fn o3_every_admitted_request_is_an_exposure_however_it_ended() {
    let (experiment, router) = (experiment(), router());
    router.attach(Arc::clone(&experiment)).keep();
    let plan = policy().compile("a", ["b"]).unwrap();
    let mut of_b = (0..).filter(|unit: &u64| plan.assignment(*unit).arm.as_deref() == Some("b"));
    for ending in Ending::ALL {
        router.admit(of_b.next().unwrap()).end(ending);
    }
    // Only routed, and answered elsewhere.
    let unit = of_b.next().unwrap();
    let route = router.route(unit);
    router.note(unit, &route, Ending::Failed).unwrap();
    let read = experiment.read_out().unwrap();
    assert_eq!((read.checks.arms[1].units, read.checks.requests), (5, 5));
    assert_eq!(
        comparison(&read, 0).value,
        Some(0.8),
        "four of five ended badly: {read}"
    );
    assert_eq!(comparison(&read, 2).value, Some(0.4), "two failed: {read}");
    // Neither a refusal nor what was given up tells how long an answer takes.
    assert_eq!(comparison(&read, 1).units, 2, "{read}");
}

#[test]
fn o3_requests_of_another_release_and_those_that_no_draw_has_placed_are_counted_apart() {
    let (experiment, router) = (experiment(), router());
    router.attach(Arc::clone(&experiment)).keep();
    router
        .release(Policy::ab_test("another", [("a", 1), ("b", 1)]))
        .unwrap();
    ask(&router, 1);
    ask(&router, 2);
    // Half of all units are outside of the gate, and the experiment does not know the gate yet.
    let gated = policy().gate("50%".parse().unwrap());
    router.release(gated.clone()).unwrap();
    let plan = gated.compile("a", ["b"]).unwrap();
    let inside = |unit: &u64| plan.assignment(*unit).arm.is_some();
    let within = (0..100).find(inside).unwrap();
    let without = (0..100).find(|unit| !inside(unit)).unwrap();
    ask(&router, within);
    ask(&router, without);
    let part = experiment.part();
    assert_eq!((part.units(), part.exposures()), (0, 0));
    assert_eq!((part.apart().other_policy, part.apart().outside), (3, 1));
    experiment.follow(&gated).unwrap();
    ask(&router, within);
    assert_eq!(experiment.part().units(), 1);
}
