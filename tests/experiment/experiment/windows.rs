//! Windows after exposure, exclusion lists, outcomes that come twice.

use core::time::Duration;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng, seq::SliceRandom};
use switchstand::experiment::{
    Experiment, ExperimentError, Filed, Kind, Metric, Part, ReadOut, Setup, Source, UnitEvent,
};
use switchstand::fleet::{Incarnation, Outbox, Reports, Taken};
use switchstand::stats::Worse;
use switchstand::{Policy, Router, Timestamp};

use crate::experiment::{arms, comparison, experiment};

const DAY: Duration = Duration::from_secs(86_400);

fn at(hour: u64) -> Timestamp {
    Timestamp::from_secs(1_700_000_000 + 3_600 * hour)
}

fn orders(kind: Kind) -> Metric {
    Metric::goal("orders", kind, Worse::Lower, 0.1).within(DAY)
}

#[test]
fn outcomes_count_from_the_first_exposure_to_the_end_of_the_window() {
    let experiment = experiment([orders(Kind::Mean), Metric::watched("visits", Kind::Count)]);
    let [orders, visits] = ["orders", "visits"].map(|name| experiment.metric(name).unwrap());
    let [a, _] = arms(&experiment);
    let noted = |hour, value| {
        let event = UnitEvent::value(value).at(at(hour));
        experiment.record_event(orders, 1_u64, event).unwrap()
    };
    assert_eq!(noted(9, 1_000.0), Filed::NotExposed);
    assert_eq!(
        experiment.expose_arm_at(a, 1_u64, at(12)),
        Ok(Filed::Counted)
    );
    assert_eq!(noted(11, 1_000.0), Filed::OutOfWindow);
    assert_eq!(noted(12, 1.0), Filed::Counted);
    assert_eq!(noted(36, 3.0), Filed::Counted);
    assert_eq!(noted(37, 1_000.0), Filed::OutOfWindow);
    // Another exposure opens no other window.
    experiment.expose_arm_at(a, 1_u64, at(30)).unwrap();
    assert_eq!(noted(40, 1_000.0), Filed::OutOfWindow);
    // A metric without a window takes all, whatever the time.
    experiment.record(visits, 1_u64, 1.0).unwrap();
    let late = UnitEvent::value(1.0).at(at(9_999));
    assert_eq!(
        experiment.record_event(visits, 1_u64, late),
        Ok(Filed::Counted)
    );
    let read = experiment.read_out().unwrap();
    assert_eq!(read.findings[0].value, Some(2.0), "{read}");
    assert_eq!(read.findings[1].value, Some(2.0), "{read}");
    let left = read.checks.left_out;
    assert_eq!((left.early, left.late), (2, 2), "{read}");
    assert_eq!(read.checks.records, 4, "{read}");
    let said = "outside of their window: 2 outcomes before the unit's first exposure, 2 too late";
    assert!(read.to_string().contains(said), "{read}");
}

#[test]
fn what_has_no_time_or_no_id_is_refused_where_one_is_needed() {
    let once = Metric::watched("once", Kind::Count).once();
    let ratio = Metric::watched("ratio", Kind::Ratio).within(DAY);
    let experiment = experiment([orders(Kind::Rate), once, ratio]);
    let [orders, once, ratio] =
        ["orders", "once", "ratio"].map(|name| experiment.metric(name).unwrap());
    let [a, _] = arms(&experiment);
    let refused = |found: Result<Filed, ExperimentError>, why: &str| {
        let said = found.unwrap_err().to_string();
        assert!(said.contains(why), "{said}");
    };
    refused(
        experiment.expose_arm(a, 1_u64),
        "\"orders\" takes exposures with their time",
    );
    refused(experiment.record(orders, 1_u64, 1.0), "by `record_event`");
    refused(experiment.record(once, 1_u64, 1.0), "by `record_event`");
    refused(
        experiment.record_ratio(ratio, 1_u64, 1.0, 1.0),
        "by `record_event`",
    );
    let event = UnitEvent::value(1.0);
    refused(
        experiment.record_event(orders, 1_u64, event.id(1_u64)),
        "with their time",
    );
    refused(
        experiment.record_event(once, 1_u64, event.at(at(1))),
        "with an id",
    );
    refused(
        experiment.record_event(orders, 1_u64, UnitEvent::value(2.0).at(at(1))),
        "0 or 1",
    );
    refused(
        experiment.record_event(ratio, 1_u64, event.at(at(1))),
        "a numerator and",
    );
    refused(
        experiment.record_event(orders, 1_u64, UnitEvent::ratio(1.0, 1.0).at(at(1))),
        "one value",
    );
    let part = experiment.part();
    assert_eq!(
        (part.units(), part.exposures()),
        (0, 0),
        "nothing was noted"
    );
    for metric in [
        Metric::watched("g", Kind::Gauge).within(DAY),
        Metric::watched("f", Kind::Rate)
            .from_requests(Source::Failures)
            .once(),
    ] {
        assert!(Setup::new("r", [("a", 1), ("b", 1)], [metric]).is_err());
    }
}

#[test]
fn an_outcome_that_comes_twice_counts_once() {
    for kind in [Kind::Count, Kind::Mean] {
        let metric = Metric::goal("orders", kind, Worse::Lower, 0.1).once();
        let experiment = experiment([metric]);
        let orders = experiment.metric("orders").unwrap();
        let [a, _] = arms(&experiment);
        experiment.expose_arm(a, "ana").unwrap();
        let noted = |unit: &str, id: &str, value| {
            let event = UnitEvent::value(value).id(id);
            experiment.record_event(orders, unit, event).unwrap()
        };
        assert_eq!(noted("ana", "17", 2.0), Filed::Counted);
        assert_eq!(noted("ana", "17", 2.0), Filed::Repeated);
        assert_eq!(noted("ana", "18", 4.0), Filed::Counted);
        assert_eq!(noted("ana", "17", 2.0), Filed::Repeated);
        // An id is the unit's own.
        assert_eq!(noted("bo", "17", 2.0), Filed::NotExposed);
        let read = experiment.read_out().unwrap();
        let expected = if kind == Kind::Count { 6.0 } else { 3.0 };
        assert_eq!(read.findings[0].value, Some(expected), "{read}");
        assert_eq!(read.checks.left_out.repeated, 2, "{read}");
        let said = "came again, and count once: 2 outcomes";
        assert!(read.to_string().contains(said), "{read}");
    }
}

#[test]
fn excluded_units_count_nowhere_before_and_after() {
    let read = |bots: &[u64], later: bool| {
        let experiment = experiment([Metric::goal("n", Kind::Mean, Worse::Lower, 0.1)]);
        let metric = experiment.metric("n").unwrap();
        let arms = arms(&experiment);
        if !later {
            bots.iter().for_each(|&bot| experiment.exclude(bot));
        }
        for unit in 0..400_u64 {
            let arm = arms[(unit % 2) as usize];
            experiment.expose_arm(arm, unit).unwrap();
            let value = if bots.contains(&unit) {
                50_000.0
            } else {
                (unit / 2 * 37 % 101) as f64
            };
            experiment.record(metric, unit, value).unwrap();
        }
        if later {
            bots.iter().for_each(|&bot| experiment.exclude(bot));
        }
        // A unit that never came is not counted.
        experiment.exclude(100_000_u64);
        experiment.read_out().unwrap()
    };
    let bots = [3, 8, 200, 399];
    let (before, after) = (read(&bots, false), read(&bots, true));
    assert_eq!(before, after);
    let left = before.checks.left_out;
    assert_eq!((left.excluded_units, left.excluded_records), (4, 4));
    let units: Vec<u64> = before.checks.arms.iter().map(|arm| arm.units).collect();
    assert_eq!(units, [198, 198], "{before}");
    assert!(before.findings[0].value.unwrap() < 100.0, "{before}");
    let said = "excluded: 4 units, 4 records";
    assert!(before.to_string().contains(said), "{before}");
    // The cap of the control does not see them either.
    let none = read(&[], false);
    assert_eq!(none.checks.left_out.excluded_units, 0);
}

#[test]
fn a_router_with_a_clock_gives_the_time_of_exposures_and_failures() {
    let policy = Policy::ab_test("ranker-ab-7", [("a", 1), ("b", 1)]);
    let failures = Metric::watched("failures", Kind::CommonRate).from_requests(Source::Failures);
    let metrics = [failures.within(DAY), orders(Kind::Count)];
    let live = Arc::new(Experiment::of(&policy, metrics).unwrap());
    let hours = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&hours);
    let now = move || at(clock.load(Ordering::Relaxed));
    let router = Router::builder("ranker")
        .clock(now)
        .build("a", "a")
        .unwrap();
    router.deploy("b", "b").unwrap();
    router.validate("b", |_| Ok::<_, ()>(())).unwrap();
    router.release(policy).unwrap();
    router.attach(Arc::clone(&live)).keep();
    for (hour, fails) in [(10, false), (20, true), (35, true)] {
        hours.store(hour, Ordering::Relaxed);
        let answer = |_: &&str| if fails { Err(()) } else { Ok(()) };
        for unit in 0..100_u64 {
            let _ = router.admit(unit).call(answer);
        }
    }
    let orders = live.metric("orders").unwrap();
    let ordered = |hour| {
        let event = UnitEvent::value(1.0).at(at(hour));
        live.record_event(orders, 7_u64, event).unwrap()
    };
    assert_eq!(ordered(34), Filed::Counted);
    assert_eq!(ordered(35), Filed::OutOfWindow);
    let read = live.read_out().unwrap();
    assert_eq!(read.findings[0].value, Some(0.5), "{read}");
    assert_eq!(comparison(&read, 0).value, Some(0.5), "{read}");
    assert_eq!(read.checks.left_out.late, 101, "{read}");
    assert_eq!(read.checks.requests, 300, "{read}");
}

/// A setup of metrics of all kinds, with windows and ids.
fn setup() -> Setup {
    let metrics = [
        orders(Kind::Count).once(),
        Metric::guardrail("errors", Kind::Rate, Worse::Higher, 0.01).within(DAY / 4),
        Metric::watched("paid", Kind::Mean).within(DAY),
        Metric::watched("per page", Kind::Ratio).within(DAY),
        Metric::watched("latency", Kind::Quantile { order: 0.5 }).within(DAY / 2),
        Metric::watched("visits", Kind::Count),
    ];
    let setup = Setup::new("ranker-ab-7", [("a", 1), ("b", 1)], metrics).unwrap();
    setup.with_capacity(1_000).unwrap()
}

/// What one of the servers is told.
#[derive(Clone, Copy)]
enum Told {
    Exposed {
        unit: u64,
        side: usize,
        hour: u64,
    },
    Came {
        unit: u64,
        name: &'static str,
        value: f64,
        hour: u64,
        id: u64,
    },
}

/// Two days of 300 users, some of whom are late, come before their exposure, or come twice.
fn days() -> Vec<Told> {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let mut told = Vec::new();
    for unit in 0..300_u64 {
        let side = (unit % 2) as usize;
        let first = rng.random_range(2..10);
        for hour in [first, first + 3, first + 20] {
            told.push(Told::Exposed { unit, side, hour });
        }
        for number in 0..rng.random_range(0..6) {
            let hour = rng.random_range(0..48);
            let value = f64::from(rng.random_range(0..8_u32));
            for name in ["paid", "per page", "latency", "visits"] {
                told.push(Told::Came {
                    unit,
                    name,
                    value,
                    hour,
                    id: 0,
                });
            }
            let errors = f64::from(u8::from(value > 6.0));
            told.push(Told::Came {
                unit,
                name: "errors",
                value: errors,
                hour,
                id: 0,
            });
            let order = Told::Came {
                unit,
                name: "orders",
                value: 1.0,
                hour,
                id: number,
            };
            told.extend(std::iter::repeat_n(order, 1 + (number % 3) as usize));
        }
    }
    told
}

fn tell(experiment: &Experiment, told: Told) {
    match told {
        Told::Exposed { unit, side, hour } => {
            let arm = arms(experiment)[side];
            experiment.expose_arm_at(arm, unit, at(hour)).unwrap();
        }
        Told::Came {
            unit,
            name,
            value,
            hour,
            id,
        } => {
            let event = match name {
                "per page" => UnitEvent::ratio(value, 2.0),
                _ => UnitEvent::value(value),
            };
            let metric = experiment.metric(name).unwrap();
            let event = event.at(at(hour)).id(id);
            experiment.record_event(metric, unit, event).unwrap();
        }
    }
}

/// Values are whole numbers, so that sums are exact in any order.
fn assert_same(found: &Part, expected: &ReadOut) {
    assert_eq!(&found.read_out().unwrap(), expected);
}

#[test]
fn x7_windows_and_ids_are_sorted_out_in_the_sum_of_the_parts() {
    let whole = Experiment::new(setup());
    let days = days();
    days.iter().for_each(|&told| tell(&whole, told));
    whole.exclude(7_u64);
    let expected = whole.read_out().unwrap();
    let left = expected.checks.left_out;
    assert!(
        left.early > 20 && left.late > 20 && left.repeated > 20,
        "{expected}"
    );
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for servers in [1, 2, 8] {
        let mut days = days.clone();
        days.shuffle(&mut rng);
        let servers: Vec<_> = (0..servers).map(|_| Experiment::new(setup())).collect();
        for told in days {
            tell(&servers[rng.random_range(0..servers.len())], told);
        }
        servers[0].exclude(7_u64);
        let mut parts: Vec<Part> = servers.iter().map(Experiment::part).collect();
        parts.shuffle(&mut rng);
        let (sum, others) = parts.split_first_mut().unwrap();
        others.iter().for_each(|part| sum.merge(part).unwrap());
        assert_same(sum, &expected);
        assert_same(&Experiment::resume(sum.clone()).unwrap().part(), &expected);
    }
}

#[test]
fn x7_deltas_of_servers_count_once_however_often_and_in_what_order_they_come() {
    let whole = Experiment::new(setup());
    let days = days();
    days.iter().for_each(|&told| tell(&whole, told));
    let expected = whole.read_out().unwrap();
    let servers: Vec<Experiment> = (0..3).map(|_| Experiment::new(setup())).collect();
    let names = ["s0", "s1", "s2"];
    let mut outboxes: Vec<Outbox<Part>> = names
        .iter()
        .map(|name| Outbox::new("ranker-ab-7", Incarnation::new(name, 1)))
        .collect();
    let mut sent = Vec::new();
    for chunk in days.chunks(100) {
        for (place, &told) in chunk.iter().enumerate() {
            tell(&servers[place % 3], told);
        }
        for (server, outbox) in servers.iter().zip(&mut outboxes) {
            sent.push(outbox.new_since(server.take_part()));
            assert_eq!(server.part().units(), 0, "all was handed out");
        }
    }
    assert!(sent.len() > 30);
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let mut reports = Reports::new("ranker-ab-7");
    let mut twice: Vec<_> = sent.iter().chain(&sent).collect();
    twice.shuffle(&mut rng);
    let mut counted = 0;
    for report in twice {
        counted += usize::from(reports.take(report).unwrap() == Taken::Counted);
    }
    assert_eq!(counted, sent.len());
    assert_same(&reports.sum().unwrap().unwrap(), &expected);
}
