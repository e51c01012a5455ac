//! One operator's turn: from a state that nobody else changes to the next snapshot.

use std::sync::{Arc, atomic::Ordering};

use parking_lot::MutexGuard;

use super::{Shared, next_stamp, published::Deployment};
use crate::{
    environment::{Environments, Operation, OperationError, VersionId},
    plan::Plan,
    record::{Change, Record},
};

/// Holds the right to change a router. Dropped before it publishes, it changes nothing.
pub(super) struct Turn<'a, M> {
    shared: &'a Shared<M>,
    current: MutexGuard<'a, Environments>,
    next: Environments,
}

impl<M: Send + Sync + 'static> Shared<M> {
    /// Waits for the turn, and checks that the operator saw the present generation.
    pub(super) fn turn(&self, expected: Option<u64>) -> Result<Turn<'_, M>, OperationError> {
        let current = self.environments.lock();
        let found = current.generation();
        match expected {
            Some(expected) if expected != found => Err(OperationError::Stale { expected, found }),
            _ => Ok(Turn {
                shared: self,
                next: current.clone(),
                current,
            }),
        }
    }
}

impl<M: Send + Sync + 'static> Turn<'_, M> {
    /// Returns the environments as they will be.
    pub(super) fn next(&self) -> &Environments {
        &self.next
    }

    pub(super) fn apply(&mut self, operation: &Operation) -> Result<(), OperationError> {
        self.next.apply(operation)
    }

    /// Puts a model behind the version that was deployed in this turn.
    pub(super) fn load(&self, id: VersionId, label: &str, model: M) {
        let desk = &self.shared.desk;
        desk.labels.set(id, label);
        let deployment = Deployment::new(id, model, Arc::clone(desk));
        self.shared.published.lock().add(deployment);
    }

    /// Takes a version's model out, or tells how many requests hold a lease on it.
    pub(super) fn unload(&self, id: VersionId) -> Option<Result<M, usize>> {
        self.shared.published.lock().reclaim(id)
    }

    /// Publishes the next snapshot and returns its generation.
    pub(super) fn publish(mut self, operation: &Operation, actor: &str) -> u64 {
        let plan = Plan::build(self.next.policy(), &self.next, &self.shared.secret);
        let generation = plan.generation();
        {
            let mut published = self.shared.published.lock();
            let stamp = next_stamp();
            published.publish(stamp, plan);
            // While the lock is held, so that the newest snapshot has the newest stamp.
            self.shared.stamp.0.store(stamp, Ordering::SeqCst);
        }
        *self.current = self.next;
        drop(self.current);
        if let Some(recorder) = &self.shared.desk.recorder {
            recorder.record(Record::Change(Change {
                at: recorder.now(),
                actor: actor.into(),
                generation,
                operation: std::borrow::Cow::Borrowed(operation),
            }));
        }
        generation
    }
}
