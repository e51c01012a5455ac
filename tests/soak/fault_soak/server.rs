//! What the threads of the server share, and the thread that watches them.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use switchstand::{
    Builder, Ending, Observer, Outcome, Router, Secret, Timestamp,
    journal::JournalCapacity,
    shadow::{ShadowBudget, ShadowCounts, ShadowOutcome, ShadowQueue, ShadowRun},
};

use super::{
    books::Outcomes,
    memory::Memory,
    model::{Double, World, add, of},
};

/// Threads that serve requests.
pub(crate) const WORKERS: usize = 3;
/// Threads that run shadows.
pub(crate) const RUNNERS: usize = 2;
const BUDGET: u32 = 10;
const QUEUE: usize = 8;

/// The router in service, and how many there were before it.
pub(crate) type Serving = (u32, Router<Double>);

pub(crate) struct Server {
    pub(crate) world: Arc<World>,
    serving: RwLock<Option<Serving>>,
    /// The generation that the last operation made that has returned.
    pub(crate) returned: AtomicU64,
    /// The number of the version that was deployed last.
    pub(crate) newest: AtomicU64,
    pub(crate) queue: ShadowQueue<Double>,
    /// The step until which each worker has reported, and each runner recorded, all that ended.
    flushed: [AtomicU64; WORKERS + RUNNERS],
    /// No request comes any more.
    pub(crate) over: AtomicBool,
    /// No shadow comes any more.
    pub(crate) idle: AtomicBool,
    /// No shadow runs any more.
    pub(crate) still: AtomicBool,
    pub(crate) first_recorder: Arc<Endings>,
}

/// Counts what a router's observer was told.
#[derive(Default)]
pub(crate) struct Endings {
    outcomes: [AtomicU64; Ending::ALL.len()],
    shadows: [AtomicU64; ShadowOutcome::ALL.len()],
}

impl Endings {
    pub(crate) fn outcomes(&self) -> Outcomes {
        self.outcomes.each_ref().map(of)
    }

    pub(crate) fn shadows(&self) -> [u64; ShadowOutcome::ALL.len()] {
        self.shadows.each_ref().map(of)
    }
}

impl Observer for Endings {
    fn outcome(&self, outcome: &Outcome<'_>) {
        // As whoever asked has seen it: the stand-in's ending, where one stepped in.
        let seen = outcome.stand_in().unwrap_or(outcome.ending());
        add(&self.outcomes[seen as usize]);
    }

    fn shadow(&self, run: &ShadowRun<'_>) {
        let mut all = ShadowOutcome::ALL.iter();
        let place = all.position(|outcome| *outcome == run.outcome);
        add(&self.shadows[place.unwrap()]);
    }
}

/// Describes every router of the run; some have an observer.
pub(crate) fn builder(recorder: Option<&Arc<Endings>>) -> Builder<Double> {
    let builder = Router::builder("soak")
        .secret(Secret::new(*b"sixteen secrets."))
        .shadow_budget(ShadowBudget::in_flight(BUDGET))
        .journal(JournalCapacity::new(2_000).unwrap());
    match recorder {
        Some(recorder) => builder.observer(Arc::clone(recorder)),
        None => builder,
    }
}

/// Ends the run if its thread panics, so that nobody waits for it.
pub(crate) struct Alarm<'s>(pub(crate) &'s Server);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let server = self.0;
            for flag in [
                &server.over,
                &server.idle,
                &server.still,
                &server.world.released,
            ] {
                flag.store(true, Ordering::SeqCst);
            }
        }
    }
}

impl Server {
    pub(crate) fn start() -> Server {
        let world = Arc::<World>::default();
        let first_recorder = Arc::<Endings>::default();
        let first = builder(Some(&first_recorder))
            .build("v1", Double::load(&world, 1))
            .unwrap();
        Server {
            world,
            serving: RwLock::new(Some((0, first))),
            returned: AtomicU64::new(0),
            newest: AtomicU64::new(1),
            queue: ShadowQueue::new(NonZeroUsize::new(QUEUE).unwrap()),
            flushed: [const { AtomicU64::new(0) }; WORKERS + RUNNERS],
            over: AtomicBool::new(false),
            idle: AtomicBool::new(false),
            still: AtomicBool::new(false),
            first_recorder,
        }
    }

    pub(crate) fn serving(&self) -> Serving {
        self.serving.read().unwrap().clone().unwrap()
    }

    pub(crate) fn serve_by(&self, next: Option<Serving>) {
        *self.serving.write().unwrap() = next;
    }

    pub(crate) fn tick(&self) -> u64 {
        of(&self.world.tick)
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.tick())
    }

    /// Says that a thread has reported all that it ended before, and holds no router.
    pub(crate) fn flush(&self, thread: usize) {
        self.flushed[thread].store(self.tick(), Ordering::SeqCst);
    }

    /// Tells whether all that ended in a step or before it has been reported.
    pub(crate) fn has_flushed(&self, step: u64) -> bool {
        self.still.load(Ordering::SeqCst) || self.flushed.iter().all(|flushed| of(flushed) > step)
    }

    /// Is the clock, and looks at every step whether the counts add up.
    pub(crate) fn watch(&self, pace: Duration) -> Memory {
        let _alarm = Alarm(self);
        let began = Instant::now();
        let mut memory = Memory::default();
        let mut last = (0, ShadowCounts::default());
        while !self.still.load(Ordering::SeqCst) {
            let (epoch, router) = self.serving();
            let in_flight = router.shadows_in_flight();
            let counts = router.all_shadow_counts();
            assert!(in_flight <= BUDGET as usize, "S3: {in_flight} in flight");
            assert_eq!(
                counts.sampled(),
                counts.run() + counts.dropped() + counts.pending(),
                "S3: {counts:?}"
            );
            for ((outcome, now), (_, then)) in counts.iter().zip(last.1.iter()) {
                assert!(
                    last.0 != epoch || then <= now,
                    "S3: {outcome:?} went from {then} to {now}"
                );
            }
            last = (epoch, counts);
            drop(router);
            memory.look(began.elapsed());
            thread::sleep(pace);
            add(&self.world.tick);
        }
        memory
    }
}
