//! Models that fail in every way, and routers of them.

use std::{
    panic::panic_any,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use switchstand::{
    Builder, Model, Observer, Outcome, Policy, Router, Share,
    shadow::{Comparison, DropReason, Pair, ShadowCounts, ShadowOutcome, ShadowRun},
};

/// Says what a model does with every input.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Does {
    Answer,
    Fail,
    Panic,
    /// Panics with a payload whose destructor panics.
    PanicTwice,
    /// Answers with a value whose destructor panics.
    AnswerBomb,
}

pub(crate) struct Faulty(pub(crate) Does);

/// An answer, or a payload, that may not be dropped in peace.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) value: u64,
    bomb: bool,
}

impl Drop for Answer {
    fn drop(&mut self) {
        assert!(!self.bomb, "a destructor panics");
    }
}

/// An input that counts how often it was cloned.
pub(crate) struct Input {
    pub(crate) value: u64,
    pub(crate) clones: Arc<AtomicUsize>,
    pub(crate) panics_when_cloned: bool,
}

impl Input {
    pub(crate) fn new(value: u64) -> Input {
        Input {
            value,
            clones: Arc::default(),
            panics_when_cloned: false,
        }
    }

    pub(crate) fn clones(&self) -> usize {
        self.clones.load(Ordering::SeqCst)
    }
}

impl Clone for Input {
    fn clone(&self) -> Input {
        assert!(!self.panics_when_cloned, "the input cannot be cloned");
        self.clones.fetch_add(1, Ordering::SeqCst);
        Input {
            value: self.value,
            clones: Arc::clone(&self.clones),
            panics_when_cloned: false,
        }
    }
}

impl Model for Faulty {
    type Input = Input;
    type Output = Answer;
    type Error = String;

    fn predict(&self, input: &Input) -> Result<Answer, String> {
        let answer = |bomb| Answer {
            value: input.value,
            bomb,
        };
        match self.0 {
            Does::Answer => Ok(answer(false)),
            Does::Fail => Err(format!("no answer to {}", input.value)),
            Does::Panic => panic!("the model panics"),
            Does::PanicTwice => panic_any(answer(true)),
            Does::AnswerBomb => Ok(answer(true)),
        }
    }
}

/// A router whose live version answers and whose shadow does what it likes.
pub(crate) fn router(primary: Does, shadow: Does) -> Router<Faulty> {
    built(Router::builder("test"), primary, shadow)
}

pub(crate) fn built(builder: Builder<Faulty>, primary: Does, shadow: Does) -> Router<Faulty> {
    let router = builder.build("v1", Faulty(primary)).unwrap();
    router.deploy("v2", Faulty(shadow)).unwrap();
    router
        .release(Policy::shadow("look", "v2", Share::ALL))
        .unwrap();
    router
}

pub(crate) fn counts<M: Send + Sync + 'static>(router: &Router<M>) -> ShadowCounts {
    router.shadow_counts("v2").unwrap()
}

/// Asserts that the only thing that happened to shadows is `times` such endings.
pub(crate) fn assert_only<M: Send + Sync + 'static>(
    router: &Router<M>,
    outcome: ShadowOutcome,
    times: u64,
) {
    let counts = counts(router);
    for (found, count) in &counts {
        let expected = if found == outcome { times } else { 0 };
        assert_eq!(count, expected, "{found:?}");
    }
    assert_eq!((counts.sampled(), counts.pending()), (times, 0));
    assert_eq!(router.shadows_in_flight(), 0);
}

pub(crate) const fn dropped(reason: DropReason) -> ShadowOutcome {
    ShadowOutcome::Dropped(reason)
}

/// The unit, and what the two answered.
type Seen = (String, Result<u64, String>, Result<u64, String>);

/// A comparison that keeps the pairs, and panics where it is told to.
#[derive(Default)]
pub(crate) struct Pairs {
    pub(crate) seen: Mutex<Vec<Seen>>,
    pub(crate) projections: AtomicUsize,
    pub(crate) panics_when_projecting: bool,
    pub(crate) panics_when_comparing: bool,
}

impl Comparison<Answer, String> for Pairs {
    type Projection = Result<u64, String>;

    fn project(&self, answer: &Result<Answer, String>) -> Result<u64, String> {
        self.projections.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics_when_projecting, "the projection panics");
        match answer {
            Ok(answer) => Ok(answer.value),
            Err(error) => Err(error.clone()),
        }
    }

    fn compare(&self, pair: Pair<'_, Result<u64, String>>) {
        assert!(!self.panics_when_comparing, "the comparison panics");
        self.seen.lock().unwrap().push((
            pair.unit.to_string(),
            pair.primary.clone(),
            pair.shadow.clone(),
        ));
    }
}

/// An observer that keeps how shadows ended, and panics if told to.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) shadows: Mutex<Vec<(String, ShadowOutcome)>>,
    pub(crate) outcomes: AtomicUsize,
    pub(crate) panics_at_shadows: bool,
}

impl Observer for Log {
    fn outcome(&self, _: &Outcome<'_>) {
        self.outcomes.fetch_add(1, Ordering::SeqCst);
    }

    fn shadow(&self, run: &ShadowRun<'_>) {
        assert!(!self.panics_at_shadows, "the observer panics");
        let entry = (run.shadow.clone().into_owned(), run.outcome);
        self.shadows.lock().unwrap().push(entry);
    }
}
