//! Reports of a fleet add up to what one server would have counted, whatever the network does.
#![cfg(all(feature = "serde", feature = "stats"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use switchstand::experiment::{Experiment, Kind, Metric, Part, Setup};
use switchstand::fleet::{
    FleetEvidence, FleetReport, Incarnation, Outbox, Reports, ReportsError, Taken,
};
use switchstand::rollout::{Command, Evidence, Guard, Phase, Rollout, Schedule, StepSample};
use switchstand::stats::Worse;
use switchstand::stats::guard::{CandidateShare, RateGuard, RateTest, Side};
use switchstand::{Ending, Policy, Share, Timestamp};

const RELEASE: &str = "ranker-2026-11";
const SERVERS: usize = 3;
const SHARES: [f64; 4] = [0.01, 0.05, 0.25, 0.5];

/// What may happen to a fleet.
#[derive(Clone, Debug)]
enum Happens {
    /// A unit has a bad event on a server.
    Event(usize, u64),
    /// The share rises on all servers.
    Rise,
    /// A server hands in what it has.
    Report(usize),
    /// The leader gets one of the reports under way, and it stays under way.
    Arrives(usize),
    /// A report under way is lost.
    Lost(usize),
    /// A server starts anew: what it had counted is gone.
    Restart(usize),
    /// Another leader goes on from what was stored.
    Successor,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        8 => (0..SERVERS, 0..60_u64).prop_map(|(server, unit)| Happens::Event(server, unit)),
        1 => Just(Happens::Rise),
        4 => (0..SERVERS).prop_map(Happens::Report),
        6 => (0..64_usize).prop_map(Happens::Arrives),
        1 => (0..64_usize).prop_map(Happens::Lost),
        1 => (0..SERVERS).prop_map(Happens::Restart),
        1 => Just(Happens::Successor),
    ]
}

/// An event with the time at which it happened; sticky units have the side of their draw.
type Event = (usize, u64, f64);

fn count(guard: &mut RateGuard, (_, unit, share): Event) {
    let point = (unit.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as f64 / 4_294_967_296.0;
    let side = match point < share {
        true => Side::Candidate,
        false => Side::Control,
    };
    guard
        .record(unit, side, CandidateShare::new(share).unwrap())
        .unwrap();
}

fn guard(events: impl IntoIterator<Item = Event>) -> RateGuard {
    // A small set, so that it overflows too.
    let mut guard = RateGuard::by_unit_within(RateTest::default(), 32).unwrap();
    for event in events {
        count(&mut guard, event);
    }
    guard
}

/// A server of the dumb model: all its events, and from where on they are new.
struct Server {
    outbox: Outbox<RateGuard>,
    incarnation: u64,
    events: Vec<Event>,
    reported: usize,
}

impl Server {
    fn start(name: usize, incarnation: u64) -> Server {
        Server {
            outbox: Outbox::new(
                RELEASE,
                Incarnation::new(&format!("server-{name}"), incarnation),
            ),
            incarnation,
            events: Vec::new(),
            reported: 0,
        }
    }
}

/// Runs what happens; returns the leader's sum and the dumb model's guard of what has arrived.
fn run(script: &[Happens], whole: bool) -> (Option<RateGuard>, RateGuard) {
    let mut servers: Vec<Server> = (0..SERVERS).map(|name| Server::start(name, 1)).collect();
    let mut under_way: Vec<(FleetReport<RateGuard>, Vec<Event>)> = Vec::new();
    let mut reports = Reports::new(RELEASE);
    // The model: the events that the leader has been told of, each once.
    let mut told: BTreeSet<(usize, u64)> = BTreeSet::new();
    let mut all: Vec<Event> = Vec::new();
    let (mut share, mut clock) = (SHARES[0], 0);
    for happens in script {
        match *happens {
            Happens::Event(server, unit) => {
                servers[server].events.push((clock, unit, share));
                clock += 1;
            }
            Happens::Rise => {
                let step = SHARES.iter().position(|known| *known == share).unwrap();
                share = SHARES[(step + 1).min(3)];
            }
            Happens::Report(server) => {
                let server = &mut servers[server];
                let events = match whole {
                    true => server.events.clone(),
                    false => server.events[server.reported..].to_vec(),
                };
                server.reported = server.events.len();
                let counted = guard(events.iter().copied());
                let report = match whole {
                    true => server.outbox.whole(counted),
                    false => server.outbox.new_since(counted),
                };
                under_way.push((report, events));
            }
            Happens::Arrives(place) if !under_way.is_empty() => {
                let (report, events) = &under_way[place % under_way.len()];
                reports.take(report).unwrap();
                for event in events {
                    if told.insert((event.0, event.1)) {
                        all.push(*event);
                    }
                }
            }
            Happens::Lost(place) if !under_way.is_empty() => {
                under_way.swap_remove(place % under_way.len());
            }
            Happens::Arrives(_) | Happens::Lost(_) => {}
            Happens::Restart(name) => {
                let next = servers[name].incarnation + 1;
                servers[name] = Server::start(name, next);
            }
            Happens::Successor => {
                let stored = serde_json::to_vec(&reports).unwrap();
                reports = serde_json::from_slice(&stored).unwrap();
            }
        }
    }
    all.sort_by_key(|&(at, ..)| at);
    (reports.sum().unwrap(), guard(all))
}

fn agree(script: &[Happens], whole: bool) -> Result<(), TestCaseError> {
    let (sum, one) = run(script, whole);
    match sum {
        None => prop_assert_eq!(one, guard([])),
        Some(sum) => {
            prop_assert_eq!(sum.tally(), one.tally());
            prop_assert_eq!(sum.safe_tally(), one.safe_tally());
            prop_assert_eq!(sum.reading(), one.reading());
            prop_assert_eq!(sum, one);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn c16_whole_reports_add_up_to_one_server(script in prop::collection::vec(happens(), 0..120)) {
        agree(&script, true)?;
    }

    #[test]
    fn c16_reports_of_what_is_new_add_up_to_one_server(
        script in prop::collection::vec(happens(), 0..120),
    ) {
        agree(&script, false)?;
    }
}

#[test]
fn c16_what_is_new_is_kept_until_it_has_arrived_and_the_leader_says_what_is_missing() {
    let source = Incarnation::new("server-1", 7);
    let mut outbox = Outbox::new(RELEASE, source.clone());
    let sent: Vec<_> = (0..4)
        .map(|unit| outbox.new_since(guard([(0, unit, 0.5)])))
        .collect();
    let mut reports = Reports::new(RELEASE);
    assert_eq!(reports.take(&sent[3]).unwrap(), Taken::Counted);
    assert_eq!(reports.take(&sent[1]).unwrap(), Taken::Counted);
    assert_eq!(reports.take(&sent[1]).unwrap(), Taken::Known);
    assert_eq!(reports.missing(&source), [0, 2]);
    outbox.arrived(1);
    outbox.arrived(3);
    for report in outbox.kept() {
        reports.take(report).unwrap();
    }
    assert!(reports.missing(&source).is_empty());
    assert_eq!(
        reports.sum().unwrap().unwrap(),
        guard((0..4).map(|unit| (0, unit, 0.5)))
    );
    // The other kind would count all of it again.
    let refused = reports.take(&outbox.whole(guard([]))).unwrap_err();
    assert!(
        matches!(refused, ReportsError::OtherKind { number: 4, .. }),
        "{refused}"
    );
}

#[test]
fn c16_units_that_changed_side_between_servers_are_said() {
    let of = |side, units: std::ops::Range<u64>| {
        let mut guard = RateGuard::by_unit(RateTest::default());
        for unit in units {
            let share = CandidateShare::new(0.5).unwrap();
            guard.record(unit, side, share).unwrap();
        }
        guard
    };
    let (here, there) = (of(Side::Control, 0..100), of(Side::Candidate, 90..130));
    assert_eq!(RateGuard::changed_side([&here, &there]), 10);
    assert_eq!(RateGuard::changed_side([&here, &here]), 0);
    // The merged guard cannot tell.
    let mut sum = here.clone();
    sum.merge(&there).unwrap();
    assert_eq!(RateGuard::changed_side([&sum]), 0);
}

#[test]
fn x7_parts_of_processes_that_ended_add_up_with_exposures_each_unit_once() {
    let errors = Metric::guardrail("errors", Kind::Rate, Worse::Higher, 0.01);
    let setup = Setup::new("ranker-ab-7", [("v1", 1), ("v2", 1)], [errors]).unwrap();
    let alone = Experiment::new(setup.clone());
    let mut reports: Reports<Part> = Reports::new(RELEASE);
    for incarnation in 0..3 {
        let here = Experiment::new(setup.clone());
        for experiment in [&alone, &here] {
            for unit in incarnation * 500..1_000 + incarnation * 500 {
                let arm = experiment.arm(["v1", "v2"][unit as usize % 2]).unwrap();
                experiment.expose_arm(arm, unit).unwrap();
                let metric = experiment.metric("errors").unwrap();
                experiment
                    .record(metric, unit, f64::from(unit % 7 == 0))
                    .unwrap();
            }
        }
        let mut outbox = Outbox::new(RELEASE, Incarnation::new("server-1", incarnation));
        let report = outbox.whole(here.part());
        reports.take(&report).unwrap();
        reports.take(&report).unwrap();
    }
    assert_eq!(reports.sources().count(), 3);
    let sum = reports.sum().unwrap().unwrap();
    assert_eq!(sum, alone.part());
    assert_eq!(sum.units(), 2_000);
    // Adding by hand what was sent again counts requests twice, and the sum says another thing.
    let mut twice = sum.clone();
    twice.add(&alone.part()).unwrap();
    assert!(twice.exposures() > sum.exposures());
}

#[test]
fn c16_room_for_ended_processes_is_bounded_and_they_still_count() {
    let unit = |server: u64, start: u64| server * 1_000 + start;
    let report = |server: u64, start: u64| {
        let source = Incarnation::new(&format!("server-{server}"), start);
        Outbox::new(RELEASE, source).whole(guard([(0, unit(server, start), 0.5)]))
    };
    let mut reports = Reports::new(RELEASE);
    for start in 0..50 {
        for server in 0..3 {
            assert_eq!(
                reports.take(&report(server, start)).unwrap(),
                Taken::Counted
            );
        }
        let stored = serde_json::to_string(&reports).unwrap();
        reports = serde_json::from_str(&stored).unwrap();
    }
    assert_eq!(reports.sources().count(), 3 * 8);
    // Late and twice: those in the sum are left out and said, those kept apart are known.
    assert_eq!(reports.take(&report(1, 3)).unwrap(), Taken::TooLate);
    assert_eq!(reports.take(&report(1, 45)).unwrap(), Taken::Known);
    let all = (0..50).flat_map(|start| (0..3).map(move |server| (0, unit(server, start), 0.5)));
    assert_eq!(reports.sum().unwrap().unwrap(), guard(all.clone()));
    // A server whose name does not come again.
    reports.end(&Incarnation::new("server-2", 49)).unwrap();
    assert_eq!(reports.sources().count(), 2 * 8);
    assert_eq!(reports.take(&report(2, 49)).unwrap(), Taken::TooLate);
    assert_eq!(reports.sum().unwrap().unwrap(), guard(all));
    // A process that counts twice is refused.
    let stored = serde_json::to_value(&reports).unwrap();
    let mut twice = stored;
    twice["folded"]["latest"]["server-1"] = 45.into();
    assert!(serde_json::from_value::<Reports<RateGuard>>(twice).is_err());
}

#[test]
fn c16_a_report_of_the_release_before_is_refused_and_hides_none_of_this_one() {
    let source = || Incarnation::new("server-1", 1);
    let mut before = Outbox::new("ranker-2026-10", source());
    let late = (0..40).map(|_| before.whole(guard([(0, 7, 0.5)]))).last();
    let mut reports = Reports::new(RELEASE);
    let refused = reports.take(&late.unwrap()).unwrap_err();
    assert!(
        matches!(refused, ReportsError::OtherRelease { .. }),
        "{refused}"
    );
    assert!(reports.sum().unwrap().is_none());
    let first = Outbox::new(RELEASE, source()).whole(guard([(0, 8, 0.5)]));
    assert_eq!(reports.take(&first).unwrap(), Taken::Counted);
    assert_eq!(reports.sum().unwrap().unwrap(), guard([(0, 8, 0.5)]));
}

#[test]
fn c16_evidence_of_the_release_before_does_not_add_up_and_says_nothing_of_this_one() {
    let of = |release: &str| {
        let policy = Policy::canary(release, "v2", Share::NONE);
        let schedule = Schedule::new([Guard::failures()]).unwrap();
        let mut rollout = Rollout::new(policy, schedule).unwrap();
        let _ = rollout.step(Timestamp::from_secs(0), []);
        rollout.confirm();
        rollout
    };
    let (before, now) = (of("ranker-2026-10"), of(RELEASE));
    let (mut old, mut new) = (Evidence::of(&before), Evidence::of(&now));
    let refused = FleetEvidence::add(&mut new, &old).unwrap_err();
    assert!(refused.to_string().contains("their releases"), "{refused}");
    assert!(old.sample(&before).is_some() && new.sample(&now).is_some());
    assert!(old.sample(&now).is_none());
}

#[test]
fn c16_the_evidence_of_a_rollout_adds_up_over_servers_that_start_anew_or_are_a_step_behind() {
    let limit = Guard::limit("memory", Worse::Higher, 0.8).on_readings(1, 1);
    let schedule = Schedule::new([Guard::failures(), limit]).unwrap();
    let policy = Policy::canary(RELEASE, "v2", Share::NONE);
    let mut rollout = Rollout::new(policy, schedule).unwrap();
    // What one server would count of all requests, and what the leader adds the reports to.
    let mut one = Evidence::of(&rollout);
    let mut leader = Evidence::of(&rollout);
    let replica = Evidence::of(&rollout);
    let mut reports = Reports::new(RELEASE);
    let mut servers = [replica.clone(), replica.clone(), replica.clone()];
    let mut starts = [0_u64; 3];
    let mut outboxes: Vec<Outbox<Evidence>> = (0..3)
        .map(|server| Outbox::new(RELEASE, Incarnation::new(&format!("server-{server}"), 0)))
        .collect();
    let _ = rollout.step(Timestamp::from_secs(0), []);
    rollout.confirm();
    let mut behind = rollout.policy_in_force().unwrap();
    for minute in 1..=12_u64 {
        let policy = rollout.policy_in_force().unwrap();
        let plans = [&policy, &policy, &behind].map(|it| it.compile("v1", ["v2"]).unwrap());
        let _ = one.sample(&rollout);
        for (server, plan) in servers.iter_mut().zip(&plans) {
            assert!(server.enter(plan.fingerprint()));
        }
        let server_of = |request: u64| (request * 13 + minute) as usize % 3;
        // Of a unit's events on two servers that of the earlier step counts, whichever came first.
        let (late, others) = (0..600_u64).partition::<Vec<_>, _>(|it| server_of(*it) == 2);
        for request in late.into_iter().chain(others) {
            let (user, server) = (request * 7 % 400, server_of(request));
            let assignment = plans[server].assignment(user);
            let ending = match (user + minute).is_multiple_of(50) {
                true => Ending::Failed,
                false => Ending::Answered,
            };
            let _ = one.record(user, &assignment, ending, None);
            let _ = servers[server].record(user, &assignment, ending, None);
        }
        let load = minute as f64 / 100.0;
        one.reading("memory", load).unwrap();
        servers[0].reading("memory", load).unwrap();
        if behind.fingerprint() != policy.fingerprint() {
            // Of an earlier step, whose readings say nothing about this one.
            servers[2].reading("memory", 9.0).unwrap();
        }
        for server in 0..3 {
            let report = outboxes[server].whole(servers[server].clone());
            reports.take(&report).unwrap();
            reports.take(&report).unwrap();
            if minute % 3 == server as u64 {
                starts[server] += 1;
                let source = Incarnation::new(&format!("server-{server}"), starts[server]);
                outboxes[server] = Outbox::new(RELEASE, source);
                servers[server] = replica.clone();
            }
        }
        behind = policy;
        let _ = leader.sample(&rollout);
        let mut sum = leader.clone();
        sum.add(&reports.sum().unwrap().unwrap()).unwrap();
        let (sum, alone) = (sum.sample(&rollout).unwrap(), one.sample(&rollout).unwrap());
        let counted = |sample: &StepSample| {
            let written = serde_json::to_value(sample).unwrap();
            let events = &written["measured"]["failures"]["bad_events"]["tally"];
            let units = ["control", "candidate"].map(|side| written[side].as_u64().unwrap());
            let readings = &written["measured"]["memory"]["readings"];
            (units, events.clone(), readings.clone())
        };
        assert_eq!(counted(&sum), counted(&alone), "minute {minute}");
        assert!(counted(&sum).0.iter().sum::<u64>() <= 400);
        if minute % 4 == 0 {
            let secs = 60 * minute;
            let phase = rollout.phase();
            let skip = Command::Skip { phase };
            let _ = rollout.step(Timestamp::from_secs(secs), [skip.into()]);
            rollout.confirm();
        }
    }
    assert_eq!(rollout.phase(), Phase::Ramping { step: 3 });
    assert!(!leader.enter(Policy::live_only("another").fingerprint()));
}
