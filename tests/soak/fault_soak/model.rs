//! A model that does what the request says, and counts what became of each call.

use core::future::poll_fn;
use std::{
    cell::Cell,
    panic::panic_any,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::Poll,
    thread,
};

use switchstand::{AsyncModel, Model};

use super::faults::{Does, Request, Scripted};

thread_local! {
    /// Whether this thread serves requests or shadows, and must not bear a model's destructor.
    pub(crate) static SERVES: Cell<bool> = const { Cell::new(false) };
}

/// What models saw, counted apart from the library.
#[derive(Default)]
pub(crate) struct World {
    /// The time, in steps of the watching thread.
    pub(crate) tick: AtomicU64,
    /// Whatever hangs must come to an end.
    pub(crate) released: AtomicBool,
    pub(crate) loaded: AtomicU64,
    pub(crate) dropped: AtomicU64,
    pub(crate) dropped_by_a_request: AtomicU64,
    pub(crate) called_after_reclaim: AtomicU64,
    pub(crate) as_primary: Calls,
    pub(crate) as_shadow: Calls,
    /// Copies of inputs that panicked while they were made.
    pub(crate) broken_copies: Arc<AtomicU64>,
}

/// How calls of models ended.
#[derive(Default)]
pub(crate) struct Calls {
    pub(crate) answered: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) panicked: AtomicU64,
    /// Given up by whoever awaited them.
    pub(crate) cancelled: AtomicU64,
}

pub(crate) fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::SeqCst);
}

pub(crate) fn of(count: &AtomicU64) -> u64 {
    count.load(Ordering::SeqCst)
}

/// One loaded model.
pub(crate) struct Double {
    world: Arc<World>,
    /// The number in the version's label.
    pub(crate) number: u64,
    /// The generation that rejected this model; 0 if none did.
    pub(crate) rejected: Arc<AtomicU64>,
    pub(crate) reclaimed: AtomicBool,
}

/// What a model says: to which request, and who it is.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) request: u64,
    pub(crate) model: u64,
}

impl Double {
    pub(crate) fn load(world: &Arc<World>, number: u64) -> Double {
        add(&world.loaded);
        Double {
            world: Arc::clone(world),
            number,
            rejected: Arc::default(),
            reclaimed: AtomicBool::new(false),
        }
    }

    fn calls(&self, request: &Request) -> &Calls {
        if request.is_copy {
            &self.world.as_shadow
        } else {
            &self.world.as_primary
        }
    }

    fn act(&self, request: &Request) -> Result<Answer, String> {
        if self.reclaimed.load(Ordering::SeqCst) {
            add(&self.world.called_after_reclaim);
        }
        let calls = self.calls(request);
        match request.does(self.number) {
            Does::Panic => {
                add(&calls.panicked);
                panic_any(Scripted)
            }
            Does::Fail => {
                add(&calls.failed);
                Err(format!("v{} cannot answer {}", self.number, request.number))
            }
            Does::Answer | Does::Hang | Does::BreakCopy => {
                add(&calls.answered);
                Ok(Answer {
                    request: request.number,
                    model: self.number,
                })
            }
        }
    }

    /// Returns the step until which a call hangs.
    fn hangs_until(&self, request: &Request) -> u64 {
        let hangs = request.does(self.number) == Does::Hang;
        of(&self.world.tick) + u64::from(hangs) * (1 + request.number % 4)
    }

    fn is_past(&self, step: u64) -> bool {
        of(&self.world.tick) >= step || self.world.released.load(Ordering::SeqCst)
    }
}

impl Model for Double {
    type Input = Request;
    type Output = Answer;
    type Error = String;

    fn predict(&self, request: &Request) -> Result<Answer, String> {
        let until = self.hangs_until(request);
        while !self.is_past(until) {
            thread::yield_now();
        }
        self.act(request)
    }
}

/// Counts a call as cancelled, unless it came to its end.
struct Unfinished<'a>(Option<&'a Calls>);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(calls) = self.0 {
            add(&calls.cancelled);
        }
    }
}

impl AsyncModel for Double {
    type Input = Request;
    type Output = Answer;
    type Error = String;

    async fn predict(&self, request: &Request) -> Result<Answer, String> {
        let mut unfinished = Unfinished(Some(self.calls(request)));
        let until = match request.does(self.number) {
            // Whoever awaits it must lose patience.
            Does::Hang if request.number.is_multiple_of(3) => u64::MAX,
            _ => self.hangs_until(request),
        };
        poll_fn(|_| {
            if self.is_past(until) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        unfinished.0 = None;
        self.act(request)
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        add(&self.world.dropped);
        if SERVES.with(Cell::get) {
            add(&self.world.dropped_by_a_request);
        }
    }
}
