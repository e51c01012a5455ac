//! Who is told of outcomes, and what the counts say (O2, O3, O6).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a failed expectation ends a test, and threads are what is tested"
)]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use switchstand::{
    Ending, Observer, Outcome, Policy, Router, Share, Timestamp,
    deployment::Change,
    outcomes::{OutcomeCounts, Record, WiringFault},
    shadow::ShadowRun,
};

use super::log::{Clock, Log};

type Numbers = Router<u64>;

/// Ends the work of all threads, also where an expectation failed.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn numbers(builder: switchstand::Builder<u64>) -> Numbers {
    let router = builder.build("v1", 1).unwrap();
    router.deploy("v2", 2).unwrap();
    router.validate("v2", |_| Ok::<_, ()>(())).unwrap();
    let half = Policy::ab_test("half", [("v1", 1), ("v2", 1)]);
    router.release(half).unwrap();
    router
}

fn answer(router: &Numbers, unit: u64) {
    let _ = router.admit(unit).call(|model| Ok::<_, ()>(*model));
}

/// Counts outcomes, and panics at every one if told to.
#[derive(Default)]
struct Counter {
    outcomes: AtomicU64,
    panics: bool,
}

impl Observer for Counter {
    fn needs_unit(&self) -> bool {
        assert!(!self.panics, "an observer panics");
        false
    }

    fn outcome(&self, outcome: &Outcome<'_>) {
        self.outcomes.fetch_add(1, Ordering::Relaxed);
        assert!(
            !self.panics || outcome.version().is_empty(),
            "an observer panics"
        );
    }

    fn shadow(&self, _: &ShadowRun<'_>) {
        assert!(!self.panics, "an observer panics");
    }

    fn change(&self, _: &Change<'_>) {
        assert!(!self.panics, "an observer panics");
    }
}

fn seen(counter: &Counter) -> u64 {
    counter.outcomes.load(Ordering::Relaxed)
}

#[test]
fn o3_observers_hear_of_what_was_admitted_while_they_were_attached() {
    let router = numbers(Router::builder("r"));
    let before = router.generation();
    let (first, second) = (Arc::<Counter>::default(), Arc::<Counter>::default());
    answer(&router, 1);
    let early = router.admit(2u64);
    let seat = router.attach(Arc::clone(&first));
    answer(&router, 3);
    router.attach(Arc::clone(&second)).keep();
    answer(&router, 4);
    let late = router.admit(5u64);
    drop(seat);
    router.sweep();
    // Admitted before it was attached, and after it had left.
    drop(early);
    answer(&router, 6);
    assert_eq!((seen(&first), seen(&second)), (2, 2));
    // Admitted while it was attached.
    drop(late);
    assert_eq!((seen(&first), seen(&second)), (3, 3));
    assert_eq!(router.generation(), before, "attaching takes no generation");
    // A seat that was dropped is found by the next operation, too.
    let third = Arc::<Counter>::default();
    drop(router.attach(Arc::clone(&third)));
    router.release(Policy::live_only("freeze")).unwrap();
    answer(&router, 7);
    assert_eq!(seen(&third), 0);
    assert_eq!(Arc::strong_count(&third), 1, "nobody holds who has left");
}

#[test]
fn o3_every_outcome_reaches_every_observer_once_while_others_come_and_go() {
    let router = numbers(Router::builder("r").observer(Arc::<Counter>::default()));
    let steady = Arc::<Counter>::default();
    router.attach(Arc::clone(&steady)).keep();
    let over = AtomicBool::new(false);
    let answered = thread::scope(|scope| {
        let work = |worker: u64| {
            let (router, over) = (&router, &over);
            move || {
                let mut answered = 0;
                while !over.load(Ordering::Relaxed) {
                    answer(router, worker << 40 | answered);
                    answered += 1;
                }
                answered
            }
        };
        let workers: Vec<_> = (0..3).map(|n| scope.spawn(work(n))).collect();
        let _over = Over(&over);
        for _ in 0..200 {
            drop(router.attach(Arc::<Counter>::default()));
            router.sweep();
        }
        over.store(true, Ordering::Relaxed);
        workers
            .into_iter()
            .map(|it| it.join().unwrap())
            .sum::<u64>()
    });
    assert_eq!(seen(&steady), answered);
}

#[test]
fn o6_an_observer_that_panics_harms_no_request_and_no_operation() {
    let bad = Arc::new(Counter {
        panics: true,
        ..Counter::default()
    });
    let good = Arc::<Counter>::default();
    let router = numbers(
        Router::builder("r")
            .observer(Arc::clone(&bad))
            .observer(Arc::clone(&good)),
    );
    for unit in 0..100u64 {
        let answer = router.admit(unit).call(|model| Ok::<_, ()>(*model));
        assert!(matches!(answer, Ok(1 | 2)));
    }
    assert_eq!((seen(&bad), seen(&good)), (100, 100));
    // Three changes and a hundred outcomes.
    let wiring = router.wiring();
    assert_eq!(wiring.len(), 1);
    assert_eq!(
        (wiring[0].fault, wiring[0].times),
        (WiringFault::ObserverPanicked, 103)
    );
    let said = wiring[0].to_string();
    assert!(said.contains("an observer panicked"), "{said}");
}

/// Returns the sum of the counts of both versions.
fn both(router: &Numbers) -> [OutcomeCounts; 2] {
    ["v1", "v2"].map(|version| router.outcomes(version).unwrap())
}

#[test]
fn o2_no_count_goes_back_and_none_is_lost_while_threads_answer_and_operators_act() {
    let router = numbers(Router::builder("r"));
    let over = AtomicBool::new(false);
    let told = thread::scope(|scope| {
        let work = |worker: u64| {
            let (router, over) = (&router, &over);
            move || {
                let mut told = [0; 4];
                let mut number = 0;
                while !over.load(Ordering::Relaxed) {
                    number += 1;
                    let ending = Ending::ALL[(number % 4) as usize];
                    told[ending as usize] += 1;
                    let ticket = router.admit(worker << 40 | number);
                    if ending != Ending::GivenUp {
                        ticket.end(ending);
                    }
                }
                told
            }
        };
        let workers: Vec<_> = (0..3).map(|n| scope.spawn(work(n))).collect();
        let _over = Over(&over);
        let mut before = both(&router);
        for round in 0..2_000 {
            if round % 20 == 0 {
                let weights = [("v1", 1 + round % 3), ("v2", 1)];
                router.release(Policy::ab_test("half", weights)).unwrap();
            }
            let now = both(&router);
            for (before, now) in before.iter().zip(&now) {
                let ended = |counts: &OutcomeCounts| -> u64 {
                    Ending::ALL.iter().map(|it| counts.ended(*it)).sum()
                };
                assert!(
                    ended(now) <= now.admitted(),
                    "an ending without an admission"
                );
                assert!(before.admitted() <= now.admitted());
                for ending in Ending::ALL {
                    assert!(before.ended(ending) <= now.ended(ending));
                }
            }
            before = now;
        }
        over.store(true, Ordering::Relaxed);
        let mut sum = [0; 4];
        for worker in workers {
            for (sum, told) in sum.iter_mut().zip(worker.join().unwrap()) {
                *sum += told;
            }
        }
        sum
    });
    let counted = |ending| both(&router).map(|it| it.ended(ending)).iter().sum::<u64>();
    assert_eq!(Ending::ALL.map(counted), told);
    assert_eq!(both(&router).map(|it| it.in_flight()), [0, 0]);
}

#[test]
fn o2_totals_by_label_outlive_the_version() {
    let router = numbers(Router::builder("r"));
    let everybody = |version| Policy::canary("r", version, Share::ALL);
    router.release(everybody("v2")).unwrap();
    answer(&router, 1);
    assert!(router.outcomes("v3").is_none(), "it never was deployed");
    router.reject("v2", "wrong").unwrap();
    router.reclaim("v2").unwrap();
    assert_eq!(router.outcomes("v2").unwrap().ended(Ending::Answered), 1);
    router.deploy("v2", 2).unwrap();
    router.validate("v2", |_| Ok::<_, ()>(())).unwrap();
    router.release(everybody("v2")).unwrap();
    answer(&router, 1);
    let counts = router.outcomes("v2").unwrap();
    assert_eq!((counts.admitted(), counts.ended(Ending::Answered)), (2, 2));
}

#[test]
fn a_server_that_only_routes_and_notes_has_the_counts_of_one_that_predicts() {
    let logs = [Arc::<Log>::default(), Arc::default()];
    let routers = logs
        .each_ref()
        .map(|log| numbers(Router::builder("r").observer(Arc::clone(log))));
    let [calls, notes] = &routers;
    for unit in 0..400u64 {
        let ending = Ending::ALL[(unit % 4) as usize];
        calls.admit(unit).end(ending);
        let route = notes.route(unit);
        notes.note(unit, &route, ending).unwrap();
        if unit % 100 == 0 {
            for (router, share) in routers.iter().zip([unit, unit]) {
                let weights = [("v1", 1 + share as u32), ("v2", 50)];
                router.release(Policy::ab_test("half", weights)).unwrap();
            }
        }
    }
    for (called, noted) in both(calls).iter().zip(&both(notes)) {
        for ending in Ending::ALL {
            assert_eq!(called.total(ending), noted.total(ending));
            assert_eq!((called.noted(ending), noted.ended(ending)), (0, 0));
        }
        assert_eq!((noted.admitted(), noted.in_flight()), (0, 0));
    }
    let [called, mut noted] = logs.each_ref().map(|log| log.outcomes());
    for record in &mut noted {
        assert!(core::mem::replace(&mut record.is_noted, false));
    }
    assert_eq!(called, noted);
}

#[test]
fn a_note_of_an_earlier_generation_counts_and_one_that_nobody_knows_is_refused() {
    let router = numbers(Router::builder("r"));
    let route = router.route(1u64);
    let version = router.label(route.version()).unwrap().to_owned();
    for round in 0..40 {
        let noted = router.note(1u64, &route, Ending::Failed);
        assert_eq!(noted.is_ok(), round <= 16, "after {round} releases");
        router
            .release(Policy::live_only(&format!("freeze {round}")))
            .unwrap();
    }
    let counts = router.outcomes(&version).unwrap();
    assert_eq!(counts.noted(Ending::Failed), 17);
}

#[test]
fn a_record_says_when_and_for_how_long_and_reads_back_as_the_outcome() {
    let clock = Clock::default();
    clock.set(10);
    let (now, log) = (clock.clone(), Arc::<Log>::default());
    let router = numbers(
        Router::builder("r")
            .observer(Arc::clone(&log))
            .clock(move || now.now())
            .excerpt_share(Share::ALL),
    );
    let mut ticket = router.admit("ana");
    let _ = ticket.call(|_| {
        clock.set(12);
        Err::<(), _>("no memory")
    });
    ticket.excerpt(|| b"the request".to_vec());
    clock.set(17);
    let assignment = ticket.assignment().into_owned();
    drop(ticket);
    let record = &log.outcomes()[0];
    // The answer was there after two seconds, whenever the ticket was dropped.
    assert_eq!(record.at, Some(Timestamp::from_secs(12)));
    assert_eq!(record.took, Some(core::time::Duration::from_secs(2)));
    assert_eq!(record.assignment, assignment);
    assert_eq!(record.excerpt.as_deref(), Some(&b"the request"[..]));
    assert_eq!(record.as_outcome().to_record(), *record);
    #[cfg(feature = "serde")]
    {
        let line = serde_json::to_value(Record::Outcome(record.clone())).unwrap();
        assert_eq!(line["record"], "outcome");
        assert_eq!(line["ending"], "failed");
        let group = record.as_outcome().group().unwrap();
        assert_eq!(line["group"], u64::from(group));
        let Record::Outcome(read) = serde_json::from_value(line).unwrap() else {
            panic!("another kind of record");
        };
        assert_eq!(read, *record);
    }
    let _ = Record::Outcome(record.clone());
}

#[test]
fn excerpts_are_kept_of_a_share_of_the_units_drawn_apart_from_the_arms() {
    let log = Arc::<Log>::default();
    let router = numbers(
        Router::builder("r")
            .observer(Arc::clone(&log))
            .excerpt_share(Share::percent(10).unwrap()),
    );
    for unit in 0..20_000u64 {
        let mut ticket = router.admit(unit);
        ticket.excerpt(|| vec![1]);
        ticket.end(Ending::Answered);
    }
    let mut kept = [[0u32; 2]; 2];
    for record in log.outcomes() {
        let arm = usize::from(&*record.assignment.version == "v2");
        kept[arm][usize::from(record.excerpt.is_some())] += 1;
    }
    // Binomial of 10,000 at 10 %: a standard deviation is 30.
    for [without, with] in kept {
        let expected = f64::from(without + with) / 10.0;
        assert!((f64::from(with) - expected).abs() < 150.0, "{kept:?}");
    }
}

#[test]
fn o4_a_lease_lasts_as_long_as_the_ticket_that_goes_with_the_answer() {
    /// An answer that is sent piece by piece.
    struct Streamed(switchstand::Ticket<u64>, core::ops::Range<u64>);
    impl Iterator for Streamed {
        type Item = u64;

        fn next(&mut self) -> Option<u64> {
            Some(self.1.next()? * self.0.model())
        }
    }
    let router = numbers(Router::builder("r"));
    router
        .release(Policy::canary("r", "v2", Share::ALL))
        .unwrap();
    let mut stream = Streamed(router.admit(1u64), 0..3);
    assert_eq!(stream.next(), Some(0));
    router.reject("v2", "wrong").unwrap();
    assert!(router.reclaim("v2").is_err(), "the answer is being sent");
    assert_eq!(stream.by_ref().collect::<Vec<_>>(), [2, 4]);
    assert!(
        router.reclaim("v2").is_err(),
        "its last piece was not sent yet"
    );
    stream.0.end(Ending::Answered);
    assert_eq!(router.reclaim("v2").unwrap(), 2);
    assert_eq!(router.outcomes("v2").unwrap().ended(Ending::Answered), 1);
}

#[test]
fn an_observer_may_act_on_the_router_it_hears_of() {
    struct Meddles(Mutex<Option<Numbers>>);
    impl Observer for Meddles {
        fn outcome(&self, outcome: &Outcome<'_>) {
            let router = self.0.lock().unwrap().take();
            if let Some(router) = router
                && outcome.ending() == Ending::Failed
            {
                router.reject("v2", "failed").unwrap();
            }
        }
    }
    let meddles = Arc::new(Meddles(Mutex::new(None)));
    let router = numbers(Router::builder("r").observer(Arc::clone(&meddles)));
    *meddles.0.lock().unwrap() = Some(router.clone());
    router.admit(1u64).end(Ending::Failed);
    assert_eq!(
        router.state("v2"),
        Some(switchstand::VersionState::Rejected)
    );
}
