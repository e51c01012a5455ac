//! A gate that holds calls up until a test opens it.

use core::{
    future::poll_fn,
    task::{Poll, Waker},
};
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

/// A gate that holds calls until it is opened: a slow model without a sleep.
///
/// A test that waits for a state, and not for a time, passes on any machine. Clones are the same
/// gate.
///
/// ```
/// use switchstand::{Model, testing::{Gate, ScriptedModel}};
/// let gate = Gate::closed();
/// let slow = ScriptedModel::answering(|input: &u64| input + 1).behind(&gate);
/// std::thread::scope(|scope| {
///     let answer = scope.spawn(|| slow.predict(&1));
///     gate.until_waiting(1); // the call has come as far as it can
///     gate.open();
///     assert_eq!(answer.join().unwrap(), Ok(2));
/// });
/// ```
#[derive(Clone, Debug)]
pub struct Gate(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_open: bool,
    waiting: usize,
    wakers: Vec<Waker>,
}

impl Gate {
    /// Returns a closed gate.
    #[must_use]
    pub fn closed() -> Gate {
        let state = Mutex::new(State::default());
        Gate(Arc::new(Shared {
            state,
            changed: Condvar::new(),
        }))
    }

    /// Lets all calls pass that wait and that come.
    pub fn open(&self) {
        let mut state = self.0.state.lock();
        state.is_open = true;
        self.0.changed.notify_all();
        let wakers = core::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Holds up the calls that come.
    pub fn close(&self) {
        self.0.state.lock().is_open = false;
    }

    /// Returns how many calls wait at the gate.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.state.lock().waiting
    }

    /// Blocks this thread until so many calls wait at the gate.
    pub fn until_waiting(&self, calls: usize) {
        let mut state = self.0.state.lock();
        while state.waiting < calls {
            self.0.changed.wait(&mut state);
        }
    }

    /// Blocks this thread until the gate is open.
    pub fn wait(&self) {
        let mut state = self.0.state.lock();
        state.waiting += 1;
        self.0.changed.notify_all();
        while !state.is_open {
            self.0.changed.wait(&mut state);
        }
        state.waiting -= 1;
    }

    /// Waits until the gate is open, without blocking the thread.
    pub async fn passed(&self) {
        let waits = Waits::at(self);
        poll_fn(|context| {
            let mut state = waits.0.0.state.lock();
            if state.is_open {
                return Poll::Ready(());
            }
            state.wakers.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// One asynchronous call that counts as waiting, until it passes or is dropped.
struct Waits<'a>(&'a Gate);

impl Waits<'_> {
    fn at(gate: &Gate) -> Waits<'_> {
        gate.0.state.lock().waiting += 1;
        gate.0.changed.notify_all();
        Waits(gate)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.0.state.lock().waiting -= 1;
    }
}
