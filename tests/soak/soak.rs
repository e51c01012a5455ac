//! Real threads against swaps, roll-backs and reclaiming: every request is checked.
//!
//! The short form runs with all tests. The long one, of five million requests and a thousand
//! swaps, by `cargo test --release --test soak soak:: -- --ignored`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a failed expectation ends a test, and threads are what is tested"
)]

use std::{
    cell::Cell,
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use switchstand::{
    Policy, Router, Share, Ticket,
    journal::{JournalCapacity, JournalEnding},
    operator::{ReclaimError, Recording},
};

thread_local! {
    static SERVES_REQUESTS: Cell<bool> = const { Cell::new(false) };
}

/// A model that knows what was done to it.
struct Probe {
    label: String,
    /// The generation that rejected it; 0 if none did.
    rejected: Arc<AtomicU64>,
    /// Whether it was given back.
    reclaimed: AtomicBool,
}

impl Probe {
    fn new(label: &str, rejected: &Arc<AtomicU64>) -> Probe {
        Probe {
            label: label.to_owned(),
            rejected: Arc::clone(rejected),
            reclaimed: AtomicBool::new(false),
        }
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let on_request_thread = SERVES_REQUESTS.with(Cell::get);
        // A panic in a destructor would only abort the process; the flag is enough.
        if on_request_thread {
            DROPPED_BY_A_REQUEST.store(true, Ordering::SeqCst);
        }
    }
}

static DROPPED_BY_A_REQUEST: AtomicBool = AtomicBool::new(false);

struct Soak {
    router: Router<Probe>,
    /// The generation that the last operation made that has returned.
    returned: AtomicU64,
    requests: AtomicU64,
    over: AtomicBool,
}

/// How many requests of a generation a version answered, as workers counted them.
type Answered = BTreeMap<(u64, String), u64>;

/// What a request saw of the generation and the model it got.
struct Run(Vec<(u64, String, u64)>);

impl Run {
    fn add(&mut self, generation: u64, label: &str) {
        match self.0.last_mut() {
            Some((last, version, count)) if *last == generation && version == label => *count += 1,
            _ => self.0.push((generation, label.to_owned(), 1)),
        }
    }
}

fn work(soak: &Soak, worker: u64) -> Answered {
    SERVES_REQUESTS.with(|serves| serves.set(true));
    let mut run = Run(Vec::new());
    let mut held: VecDeque<Ticket<Probe>> = VecDeque::new();
    let mut unit = worker << 40;
    let hold = worker as usize * 3;
    while !soak.over.load(Ordering::Relaxed) {
        for _ in 0..256 {
            unit += 1;
            let returned = soak.returned.load(Ordering::Acquire);
            if unit.is_multiple_of(16) {
                let route = soak.router.route(unit);
                assert!(route.generation() >= returned, "E4: an old decision");
            }
            let ticket = soak.router.admit(unit);
            let (route, model) = (ticket.route(), ticket.model());
            let label = soak.router.label(route.version()).unwrap();
            assert_eq!(label, model.label, "E3: not the version of the decision");
            assert!(route.generation() >= returned, "E4: an old snapshot");
            let rejected = model.rejected.load(Ordering::Acquire);
            assert!(
                rejected == 0 || route.generation() < rejected,
                "E4: admitted to a rejected version"
            );
            assert!(!model.reclaimed.load(Ordering::Acquire), "E5: reclaimed");
            run.add(route.generation(), label);
            held.push_back(ticket);
            if held.len() > hold {
                let oldest = held.pop_front().unwrap();
                let reclaimed = oldest.model().reclaimed.load(Ordering::Acquire);
                assert!(!reclaimed, "E5: reclaimed while in use");
            }
        }
        soak.requests.fetch_add(256, Ordering::Relaxed);
    }
    let mut answered = Answered::new();
    for (generation, label, count) in run.0 {
        *answered.entry((generation, label)).or_default() += count;
    }
    answered
}

/// What the operator knows of each generation, and of each swap.
#[derive(Default)]
struct History {
    may_answer: BTreeMap<u64, Vec<String>>,
    recordings: Vec<Recording>,
}

impl Soak {
    fn note(&self, history: &mut History, generation: u64, may_answer: &[&str]) {
        self.returned.store(generation, Ordering::Release);
        let may_answer = may_answer.iter().map(|&label| label.to_owned()).collect();
        history.may_answer.insert(generation, may_answer);
    }

    fn reclaim(&self, history: &mut History, version: &str, live: &str) {
        loop {
            match self.router.reclaim(version) {
                Ok(model) => {
                    model.reclaimed.store(true, Ordering::Release);
                    self.note(history, self.router.generation(), &[live]);
                    return;
                }
                Err(ReclaimError::StillInUse { .. }) => thread::yield_now(),
                Err(other) => panic!("{other}"),
            }
        }
    }

    /// One release from deployment to the end of the swap; returns who is live then.
    fn cycle(&self, history: &mut History, round: u64, live: &str) -> String {
        let router = &self.router;
        let next = format!("v{}", round + 2);
        let rejected = Arc::new(AtomicU64::new(0));
        let generation = router.deploy(&next, Probe::new(&next, &rejected)).unwrap();
        self.note(history, generation, &[live]);
        let generation = router
            .validate(&next, |_| Ok::<(), Infallible>(()))
            .unwrap();
        self.note(history, generation, &[live]);
        for percent in [10, 50] {
            let share = Share::percent(percent).unwrap();
            let policy = Policy::canary(&next, &next, share);
            let generation = router.release(policy).unwrap();
            self.note(history, generation, &[live, &next]);
            thread::yield_now();
        }
        if round % 7 == 3 {
            // Rejected in the middle of the ramp.
            let generation = router.reject(&next, "soak").unwrap();
            rejected.store(generation, Ordering::Release);
            self.note(history, generation, &[live]);
            self.reclaim(history, &next, live);
            return live.to_owned();
        }
        let generation = router.swap(&next).unwrap();
        self.note(history, generation, &[&next]);
        history.recordings.push(router.recording().unwrap());
        thread::yield_now();
        if round.is_multiple_of(2) {
            let generation = router.rollback("soak").unwrap();
            rejected.store(generation, Ordering::Release);
            self.note(history, generation, &[live]);
            self.reclaim(history, &next, live);
            live.to_owned()
        } else {
            let generation = router.accept().unwrap();
            self.note(history, generation, &[&next]);
            self.reclaim(history, live, &next);
            next
        }
    }
}

fn soak(requests: u64, swaps: usize) {
    let never = Arc::new(AtomicU64::new(0));
    let router = Router::builder("soak")
        .journal(JournalCapacity::new(200_000).unwrap())
        .build("v1", Probe::new("v1", &never))
        .unwrap();
    let soak = Soak {
        router,
        returned: AtomicU64::new(0),
        requests: AtomicU64::new(0),
        over: AtomicBool::new(false),
    };
    let mut history = History::default();
    soak.note(&mut history, 0, &["v1"]);
    let mut live = "v1".to_owned();
    let mut answered = Answered::new();
    thread::scope(|scope| {
        let soak = &soak;
        let workers: Vec<_> = (0..3)
            .map(|worker| scope.spawn(move || work(soak, worker)))
            .collect();
        let mut rounds = 0;
        while history.recordings.len() < swaps || soak.requests.load(Ordering::Relaxed) < requests {
            live = soak.cycle(&mut history, rounds, &live);
            rounds += 1;
            for recording in soak.router.take_recordings() {
                drop(recording.take());
            }
            if workers.iter().any(thread::ScopedJoinHandle::is_finished) {
                break;
            }
        }
        soak.over.store(true, Ordering::Relaxed);
        for worker in workers {
            for (place, count) in worker.join().unwrap() {
                *answered.entry(place).or_default() += count;
            }
        }
    });
    let total: u64 = answered.values().sum();
    assert!(total >= requests && history.recordings.len() >= swaps);
    for (generation, version) in answered.keys() {
        let may_answer = &history.may_answer[generation];
        assert!(
            may_answer.contains(version),
            "E3: {version} at generation {generation}, not of {may_answer:?}"
        );
    }
    let mut recorded = 0;
    for recording in &history.recordings {
        assert!(recording.is_final(), "E9");
        let seal = recording.seal().unwrap();
        let expected: u64 = answered
            .iter()
            .filter(|((generation, version), _)| {
                (recording.generation()..seal.generation).contains(generation)
                    && version == recording.version()
            })
            .map(|(_, count)| count)
            .sum();
        assert_eq!(recording.counts().requests(), expected, "E9: {recording:?}");
        recorded += expected;
        let kept = recording.version() == live;
        assert!(!kept || seal.ending == JournalEnding::Kept);
    }
    assert_eq!(soak.router.in_flight(&live), Some(0));
    println!(
        "{total} requests, {} swaps, {} generations, {recorded} answered by green",
        history.recordings.len(),
        history.may_answer.len()
    );
    let models = soak.router.close().unwrap();
    assert_eq!(models.len(), 1);
    drop(models);
    assert!(!DROPPED_BY_A_REQUEST.load(Ordering::SeqCst), "E8");
}

#[test]
fn e3_e4_e5_e8_e9_hold_on_every_request_for_a_moment() {
    soak(60_000, 40);
}

#[test]
#[ignore = "five million requests and a thousand swaps: run with --release -- --ignored"]
fn e3_e4_e5_e8_e9_hold_on_every_request_of_five_million() {
    soak(5_000_000, 1_000);
}
