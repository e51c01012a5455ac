//! The doubles of the testing kit do what they say.

#![cfg(feature = "testing")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use core::time::Duration;
use std::sync::Arc;

use switchstand::rollout::{Action, Cause, Check, Guard, Ladder, Phase, Rollout, Schedule};
use switchstand::stats::Worse;
use switchstand::stats::guard::RateTest;
use switchstand::testing::{
    Collector, Gate, ManualClock, Member, Replay, ScriptedEvidence, ScriptedFailure, ScriptedModel,
};
use switchstand::{
    AsyncModel, Model, Policy, Router, Share, Timestamp, attr, outcomes::Record,
    shadow::ShadowOutcome,
};

const MINUTE: Duration = Duration::from_secs(60);

type Doubling = ScriptedModel<u64, u64>;

fn doubling() -> Doubling {
    ScriptedModel::answering(|input| 2 * input)
}

fn recorded(live: Doubling) -> (Router<Doubling>, Arc<Collector>, ManualClock) {
    let clock = ManualClock::at(Timestamp::from_secs(10));
    let records = Arc::new(Collector::new());
    let now = clock.clone();
    let router = Router::builder("ranker")
        .observer(Arc::clone(&records))
        .clock(move || now.now())
        .build("v1", live)
        .unwrap();
    (router, records, clock)
}

#[test]
fn a_scripted_model_fails_and_panics_at_the_calls_that_were_named() {
    let model = doubling()
        .failing_at(2..=3)
        .panicking_at(5..6)
        .failing_at(7..);
    let answers: Vec<_> = (1..=8)
        .map(|_| {
            let call = || Model::predict(&model, &4);
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).ok()
        })
        .collect();
    let (fine, failed) = (Some(Ok(8)), |call| Some(Err(ScriptedFailure { call })));
    let expected = [
        fine,
        failed(2),
        failed(3),
        fine,
        None,
        fine,
        failed(7),
        failed(8),
    ];
    assert_eq!(answers, expected);
    assert_eq!(model.calls(), 8);
}

#[test]
fn a_gate_holds_calls_up_on_threads_and_in_futures_until_it_opens() {
    let gate = Gate::closed();
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let model = doubling()
        .behind(&gate)
        .before_each(move |call| noted.lock().unwrap().push(call));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    std::thread::scope(|scope| {
        let blocked = scope.spawn(|| Model::predict(&model, &1));
        gate.until_waiting(1);
        let pending = scope.spawn(|| runtime.block_on(AsyncModel::predict(&model, &2)));
        gate.until_waiting(2);
        assert!(!blocked.is_finished() && !pending.is_finished());
        gate.open();
        assert_eq!(blocked.join().unwrap(), Ok(2));
        assert_eq!(pending.join().unwrap(), Ok(4));
    });
    assert_eq!(gate.waiting(), 0);
    gate.close();
    // A future that is given up waits no more.
    let mut given_up = Box::pin(AsyncModel::predict(&model, &3));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(given_up.as_mut().poll(&mut context).is_pending());
    assert_eq!(gate.waiting(), 1);
    drop(given_up);
    assert_eq!(gate.waiting(), 0);
    assert_eq!(*seen.lock().unwrap(), [1, 2, 3]);
}

#[test]
fn a_collector_keeps_records_in_order_with_the_clocks_time() {
    let (router, records, clock) = recorded(doubling());
    router.deploy("v2", doubling().failing_at(..)).unwrap();
    router
        .release(Policy::shadow("r", "v2", Share::ALL))
        .unwrap();
    clock.advance(MINUTE);
    let served = router.predict("ana", &1);
    served.shadows.into_iter().for_each(|task| task.run());
    let kinds: Vec<_> = records
        .records()
        .iter()
        .map(|record| match record {
            Record::Change(change) => ("change", change.at),
            Record::Outcome(outcome) => ("outcome", outcome.at),
            Record::Shadow(run) => ("shadow", run.at),
            _ => panic!("another kind of record"),
        })
        .collect();
    let [early, late] = [10, 70].map(|secs| Some(Timestamp::from_secs(secs)));
    let expected = [
        ("change", early),
        ("change", early),
        ("outcome", late),
        ("shadow", late),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(records.changes().len(), 2);
    assert_eq!(records.outcomes()[0].unit, Some("ana".into()));
    assert_eq!(records.shadows()[0].outcome, ShadowOutcome::Failed);
    assert_eq!(records.take().len(), 4);
    assert!(records.records().is_empty());
    clock.set(Timestamp::from_secs(10));
    assert_eq!(clock.now(), Timestamp::from_secs(10));
}

#[test]
fn the_clock_stops_at_the_last_time_that_can_be_held() {
    let clock = ManualClock::at(Timestamp::from_nanos(u64::MAX - 5));
    assert_eq!(clock.advance(MINUTE), Timestamp::from_nanos(u64::MAX));
}

fn memory() -> Guard {
    Guard::new(
        "memory",
        Check::Limit {
            worse: Worse::Higher,
            limit: 0.8,
        },
    )
}

fn rollout(guards: impl IntoIterator<Item = Guard>) -> Rollout {
    let ladder = Ladder::custom([Share::percent(5).unwrap(), Share::ALL]).unwrap();
    let schedule = Schedule::new(guards).unwrap().with_ladder(ladder);
    Rollout::new(Policy::canary("r", "v2", Share::NONE), schedule).unwrap()
}

#[test]
fn scripted_evidence_drives_a_roll_out_to_its_end() {
    let mut rollout = rollout([memory()]);
    let clock = ManualClock::default();
    let mut evidence = ScriptedEvidence::new()
        .exposed(900, 100)
        .value("memory", 0.5);
    let actions = evidence.drive(&mut rollout, &clock, MINUTE, 1_000).unwrap();
    let at: Vec<u64> = actions
        .iter()
        .map(|(at, _)| at.as_nanos() / 60_000_000_000)
        .collect();
    // Ten minutes on the step, an hour of baking.
    assert_eq!((rollout.phase(), at), (Phase::Promoted, vec![0, 10, 70]));
    assert!(matches!(actions[1].1, Action::Swap { .. }));
    assert!(rollout.unconfirmed().is_none());
}

#[test]
fn c5_evidence_that_ends_holds_the_roll_out_where_it_is() {
    let mut rollout = rollout([memory()]);
    let mut evidence = ScriptedEvidence::new()
        .exposed(900, 100)
        .value("memory", 0.5)
        .from_look(9, |evidence| evidence.nothing("memory"));
    let clock = ManualClock::default();
    let actions = evidence.drive(&mut rollout, &clock, MINUTE, 50).unwrap();
    assert_eq!(
        (rollout.phase(), actions.len()),
        (Phase::Ramping { step: 0 }, 1)
    );
    assert_eq!(clock.now(), Timestamp::from_secs(50 * 60));
}

#[test]
fn scripted_bad_events_add_up_look_by_look_until_the_guard_is_breached() {
    let errors = Guard::new("errors", Check::Rate(RateTest::default()));
    let mut rollout = rollout([errors]);
    let mut evidence = ScriptedEvidence::new()
        .exposed(900, 10)
        .bad_events("errors", 1, 2);
    let clock = ManualClock::default();
    evidence.drive(&mut rollout, &clock, MINUTE, 50).unwrap();
    let Some(Cause::Breached { found, .. }) = rollout.state().cause() else {
        panic!("{:?}", rollout.phase());
    };
    let looks = clock.now().as_nanos() / 60_000_000_000;
    let told = format!("{found}");
    assert!(looks > 1, "one event is no evidence");
    assert!(
        told.contains(&looks.to_string()) && told.contains(&(2 * looks).to_string()),
        "{told}"
    );
}

#[test]
fn a_replay_agrees_with_the_routes_of_the_other_policy_unit_by_unit() {
    let (router, records, _) = recorded(doubling());
    router.deploy("v2", doubling()).unwrap();
    router.validate("v2", |_| Ok::<(), String>(())).unwrap();
    let canary = |share| Policy::canary("r", "v2", Share::percent(share).unwrap());
    router.release(canary(20)).unwrap();
    let members: Vec<Member> = (0..600_u64)
        .map(|user| Member::new(user).with("tier", if user < 30 { "internal" } else { "free" }))
        .collect();
    for member in &members {
        for _ in 0..2 {
            let _ = router.predict(member.unit(), &1);
        }
    }
    let next = canary(30)
        .or_for(attr("tier").is("internal"))
        .compile("v1", ["v2"])
        .unwrap();
    let mut replay = Replay::of(&next).unwrap();
    let mut blind = Replay::of(&next).unwrap();
    for record in records.records() {
        blind.see(&record);
        if let Record::Outcome(outcome) = &record {
            let member = members
                .iter()
                .find(|member| Some(member.key()) == outcome.unit.as_ref())
                .unwrap();
            replay.see_with(&record, member.unit().attributes().unwrap());
        }
    }
    let version = |plan: &switchstand::Plan, member: &Member| {
        plan.version_of(&plan.route(member.unit()))
            .unwrap()
            .to_owned()
    };
    for (from, to) in [("v1", "v1"), ("v1", "v2"), ("v2", "v2"), ("v2", "v1")] {
        let old = router.current();
        let is_meant =
            |member: &&Member| version(&old, member) == from && version(&next, member) == to;
        let expected = members.iter().filter(is_meant).count() as u64;
        let counts = replay.counts(from, to);
        assert_eq!(
            (counts.units, counts.requests),
            (expected, 2 * expected),
            "{from} {to}"
        );
    }
    // A canary that grows takes from nobody.
    assert_eq!(
        replay.pairs().collect::<Vec<_>>(),
        [("v1", "v1"), ("v1", "v2"), ("v2", "v2")]
    );
    assert_eq!(
        replay.moved().count() as u64,
        replay.counts("v1", "v2").units
    );
    assert!(blind.counts("v1", "v2").units < replay.counts("v1", "v2").units);
    assert!(replay.to_string().lines().count() == 4);
}
