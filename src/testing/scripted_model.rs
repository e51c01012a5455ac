//! A scripted model.

use core::{
    fmt,
    ops::{Bound, RangeBounds},
    sync::atomic::{AtomicU64, Ordering},
};

use thiserror::Error;

use super::Gate;
use crate::{AsyncModel, Model};

/// A model that answers by a function, and fails, panics or waits at chosen calls.
///
/// Calls are counted from 1, over all threads.
///
/// ```
/// use switchstand::{Model, testing::{ScriptedFailure, ScriptedModel}};
/// let model = ScriptedModel::answering(|input: &f64| 2.0 * input).failing_at(3..=4);
/// let answers: Vec<_> = (1..=5).map(|_| model.predict(&1.0).is_ok()).collect();
/// assert_eq!(answers, [true, true, false, false, true]);
/// assert_eq!(model.calls(), 5);
/// ```
pub struct ScriptedModel<I, O> {
    answer: Box<dyn Fn(&I) -> O + Send + Sync>,
    before: Option<Box<dyn Fn(u64) + Send + Sync>>,
    failing: Vec<Calls>,
    panicking: Vec<Calls>,
    gate: Option<Gate>,
    calls: AtomicU64,
}

type Calls = (Bound<u64>, Bound<u64>);

impl<I, O> ScriptedModel<I, O> {
    /// Returns a model that answers by this function.
    #[must_use]
    pub fn answering(answer: impl Fn(&I) -> O + Send + Sync + 'static) -> ScriptedModel<I, O> {
        ScriptedModel {
            answer: Box::new(answer),
            before: None,
            failing: Vec::new(),
            panicking: Vec::new(),
            gate: None,
            calls: AtomicU64::new(0),
        }
    }

    /// Lets these calls fail: `3..=3` the third, `..` all.
    #[must_use]
    pub fn failing_at(mut self, calls: impl RangeBounds<u64>) -> ScriptedModel<I, O> {
        self.failing.push(bounds(&calls));
        self
    }

    /// Lets these calls panic.
    #[must_use]
    pub fn panicking_at(mut self, calls: impl RangeBounds<u64>) -> ScriptedModel<I, O> {
        self.panicking.push(bounds(&calls));
        self
    }

    /// Lets every call wait at a gate, asynchronous calls without blocking their thread.
    #[must_use]
    pub fn behind(self, gate: &Gate) -> ScriptedModel<I, O> {
        ScriptedModel {
            gate: Some(gate.clone()),
            ..self
        }
    }

    /// Hands the number of each call to a function before anything else happens.
    #[must_use]
    pub fn before_each(self, before: impl Fn(u64) + Send + Sync + 'static) -> ScriptedModel<I, O> {
        ScriptedModel {
            before: Some(Box::new(before)),
            ..self
        }
    }

    /// Returns how many calls there were.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    fn begin(&self) -> u64 {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(before) = &self.before {
            before(call);
        }
        call
    }

    #[expect(clippy::panic, reason = "what a test has asked for")]
    fn end(&self, call: u64, input: &I) -> Result<O, ScriptedFailure> {
        if self.panicking.iter().any(|calls| calls.contains(&call)) {
            panic!("call {call} panics as scripted");
        }
        if self.failing.iter().any(|calls| calls.contains(&call)) {
            return Err(ScriptedFailure { call });
        }
        Ok((self.answer)(input))
    }
}

fn bounds(calls: &impl RangeBounds<u64>) -> Calls {
    (calls.start_bound().cloned(), calls.end_bound().cloned())
}

impl<I, O> Model for ScriptedModel<I, O> {
    type Input = I;
    type Output = O;
    type Error = ScriptedFailure;

    fn predict(&self, input: &I) -> Result<O, ScriptedFailure> {
        let call = self.begin();
        if let Some(gate) = &self.gate {
            gate.wait();
        }
        self.end(call, input)
    }
}

impl<I: Send + Sync, O: Send> AsyncModel for ScriptedModel<I, O> {
    type Input = I;
    type Output = O;
    type Error = ScriptedFailure;

    async fn predict(&self, input: &I) -> Result<O, ScriptedFailure> {
        let call = self.begin();
        if let Some(gate) = &self.gate {
            gate.passed().await;
        }
        self.end(call, input)
    }
}

impl<I, O> fmt::Debug for ScriptedModel<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedModel")
            .field("calls", &self.calls())
            .finish_non_exhaustive()
    }
}

/// The error of a call that failed because the test said so.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("call {call} fails as scripted")]
pub struct ScriptedFailure {
    /// The call's number, from 1.
    pub call: u64,
}
