//! The identity of the counts at every instant, under random faults on real threads.

use core::num::NonZeroUsize;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use rand::{Rng as _, SeedableRng as _, rngs::ChaCha8Rng};
use switchstand::{
    Model, Policy, Router, Share, Timestamp,
    shadow::{DropReason, ShadowBudget, ShadowCounts, ShadowOutcome, ShadowQueue, ShadowTask},
};

const BUDGET: usize = 6;
const WORKERS: usize = 3;
const DRAINERS: usize = 2;
const QUEUE: usize = 4;
const REQUESTS: u64 = 20_000;

/// Does what the input says, if it is the shadow.
struct Scripted {
    shadow: bool,
}

impl Model for Scripted {
    type Input = u64;
    type Output = u64;
    type Error = ();

    fn predict(&self, input: &u64) -> Result<u64, ()> {
        match (self.shadow, input % 8) {
            (true, 0) => std::panic::panic_any(()),
            (true, 1) => Err(()),
            (true, 2) => {
                thread::yield_now();
                Ok(*input)
            }
            _ => Ok(*input),
        }
    }
}

/// What the test itself has seen happen, counted apart from the library.
#[derive(Default)]
struct Seen {
    /// Counted before a request is made, and so never less than the library's samplings.
    requests: AtomicU64,
    /// Counted after a request was made, and so never more than the library's samplings.
    sampled: AtomicU64,
    ran: [AtomicU64; 3],
    no_permit: AtomicU64,
    unrun: AtomicU64,
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::SeqCst);
}

fn run(task: ShadowTask<Scripted, u64>, input: u64, seen: &Seen) {
    task.run();
    match input % 8 {
        0 => add(&seen.ran[2]),
        1 => add(&seen.ran[1]),
        _ => add(&seen.ran[0]),
    }
}

fn work(seed: u64, router: &Router<Scripted>, queue: &ShadowQueue<Scripted, u64>, seen: &Seen) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..REQUESTS {
        let input = random.next_u64();
        add(&seen.requests);
        let mut ticket = router.admit(input);
        add(&seen.sampled);
        if random.next_u32() % 8 == 0 {
            // The client goes away.
            drop(ticket);
            add(&seen.unrun);
            continue;
        }
        assert_eq!(ticket.predict_blocking(&input), Ok(input));
        let Some(task) = ticket.shadow_task(|| input) else {
            add(&seen.no_permit);
            continue;
        };
        match random.next_u32() % 4 {
            0 => {
                drop(task);
                add(&seen.unrun);
            }
            1 => run(task, input, seen),
            _ => {
                let deadline = Timestamp::from_nanos(u64::from(random.next_u32() % 4));
                queue.push(task.due(deadline));
            }
        }
    }
}

/// Asserts the identity, and that the counts agree with what the test has seen.
fn check(before: &ShadowCounts, router: &Router<Scripted>, seen: &Seen) -> ShadowCounts {
    let least = seen.sampled.load(Ordering::SeqCst);
    let ran: u64 = seen
        .ran
        .iter()
        .map(|count| count.load(Ordering::SeqCst))
        .sum();
    let in_flight = router.shadows_in_flight();
    let counts = router.shadow_counts("v2").unwrap();
    let most = seen.requests.load(Ordering::SeqCst);
    assert!(in_flight <= BUDGET, "{in_flight} in flight");
    assert_eq!(
        counts.sampled(),
        counts.run() + counts.dropped() + counts.pending()
    );
    assert!(least <= counts.sampled() && counts.sampled() <= most);
    assert!(ran <= counts.run() + counts.ended(ShadowOutcome::Dropped(DropReason::QueueFull)));
    // Nothing is pending but what a permit, or a thread between two steps, accounts for.
    let bound = (BUDGET + WORKERS + DRAINERS) as u64;
    assert!(counts.pending() <= bound, "{counts:?}");
    for ((outcome, now), (_, then)) in counts.iter().zip(before.iter()) {
        assert!(then <= now, "{outcome:?} went down from {then} to {now}");
    }
    counts
}

struct RaisedAtTheEnd<'a>(&'a AtomicBool);

impl Drop for RaisedAtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn s3_the_counts_add_up_at_every_instant_of_a_run_with_faults() {
    let router = Router::builder("test")
        .shadow_budget(ShadowBudget::in_flight(BUDGET as u32))
        .build("v1", Scripted { shadow: false })
        .unwrap();
    router.deploy("v2", Scripted { shadow: true }).unwrap();
    router
        .release(Policy::shadow("look", "v2", Share::ALL))
        .unwrap();
    let queue = Arc::new(ShadowQueue::new(NonZeroUsize::new(QUEUE).unwrap()));
    let seen = Seen::default();
    let over = AtomicBool::new(false);
    let mut looks = 0;

    // Panics of the script are part of the run; their messages are not.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.payload().downcast_ref::<()>().is_none() {
            hook(info);
        }
    }));
    thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS as u64)
            .map(|seed| {
                let (router, queue, seen) = (&router, &queue, &seen);
                scope.spawn(move || work(seed, router, queue, seen))
            })
            .collect();
        for _ in 0..DRAINERS {
            scope.spawn(|| {
                while !over.load(Ordering::SeqCst) {
                    match queue.pop(Timestamp::from_nanos(1)) {
                        Some(task) => task.run(),
                        None => thread::yield_now(),
                    }
                }
            });
        }
        // Also when a look fails, or the drainers would wait for ever.
        let _over = RaisedAtTheEnd(&over);
        let mut counts = ShadowCounts::default();
        while !workers.iter().all(thread::ScopedJoinHandle::is_finished) {
            counts = check(&counts, &router, &seen);
            looks += 1;
        }
    });
    while let Some(task) = queue.pop(Timestamp::from_nanos(1)) {
        task.run();
    }

    assert!(looks > 1_000, "only {looks} looks");
    let counts = router.shadow_counts("v2").unwrap();
    assert_eq!((counts.pending(), router.shadows_in_flight()), (0, 0));
    assert_eq!(counts.sampled(), WORKERS as u64 * REQUESTS);
    let of = |count: &AtomicU64| count.load(Ordering::SeqCst);
    let dropped = |reason| counts.ended(ShadowOutcome::Dropped(reason));
    assert_eq!(dropped(DropReason::NoPermit), of(&seen.no_permit));
    assert_eq!(dropped(DropReason::Unrun), of(&seen.unrun));
    for (outcome, least) in [
        (ShadowOutcome::Answered, of(&seen.ran[0])),
        (ShadowOutcome::Failed, of(&seen.ran[1])),
        (ShadowOutcome::Panicked, of(&seen.ran[2])),
        (ShadowOutcome::Dropped(DropReason::Deadline), 1),
        (ShadowOutcome::Dropped(DropReason::NoPermit), 1),
    ] {
        assert!(counts.ended(outcome) >= least.max(1), "{outcome:?}");
    }
}
