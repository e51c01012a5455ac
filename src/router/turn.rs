//! One operator's turn: from a state that nobody else changes to the next snapshot.

use std::{borrow::Cow, sync::Arc};

use super::{Shared, next_stamp, plans::free_left, published::Loaded, recording::Recording};
use crate::{
    contain::contain,
    deployment::{Change, CheckResult, Deployments, Operation, OperationError, Order, VersionId},
    plan::Plan,
    sync::MutexGuard,
    timestamp::Timestamp,
};

/// What an operator says of an operation beside the operation itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Signed<'a> {
    pub(super) actor: &'a str,
    pub(super) cause: &'a str,
    /// The present time by the router's clock, where the operator gives none.
    pub(super) at: Option<Timestamp>,
    /// Whether a roll-out acts, and no person.
    #[cfg(feature = "stats")]
    pub(super) is_rollout: bool,
}

/// The right to change a router. Dropped before it publishes, it changes nothing.
pub(super) struct Turn<'a, M> {
    shared: &'a Shared<M>,
    current: MutexGuard<'a, Deployments>,
    next: Deployments,
}

impl<M: Send + Sync + 'static> Shared<M> {
    /// Takes the lock, and checks that the operator saw the present generation.
    pub(super) fn turn(&self, expected: Option<u64>) -> Result<Turn<'_, M>, OperationError> {
        let current = self.deployments.lock();
        current.check_generation(expected)?;
        Ok(self.turn_of(current))
    }

    /// Makes a turn from the lock that the caller already holds.
    pub(super) fn turn_of<'a>(&'a self, current: MutexGuard<'a, Deployments>) -> Turn<'a, M> {
        Turn {
            shared: self,
            next: current.clone(),
            current,
        }
    }
}

impl<M: Send + Sync + 'static> Turn<'_, M> {
    pub(super) const fn shared(&self) -> &Shared<M> {
        self.shared
    }

    /// Returns the deployments as they will be.
    pub(super) fn next(&self) -> &Deployments {
        &self.next
    }

    pub(super) fn apply(&mut self, operation: &Operation) -> Result<(), OperationError> {
        self.next.apply(operation)
    }

    /// Applies an operation whose policy was checked before the turn began.
    pub(super) fn apply_checked(
        &mut self,
        operation: &Operation,
        policy: Option<CheckResult>,
    ) -> Result<(), OperationError> {
        self.next.apply_checked(operation, policy)
    }

    /// Puts a model behind the version that was deployed in this turn.
    pub(super) fn load(&self, id: VersionId, label: &str, model: M) {
        let desk = &self.shared.desk;
        desk.labels.set(id, label);
        let deployment = Loaded::new(id, model, Arc::clone(desk));
        self.shared.published.lock().add(deployment);
    }

    /// Takes a version's model out, or tells how many requests hold a lease on it.
    pub(super) fn unload(&self, id: VersionId) -> Option<Result<M, usize>> {
        self.shared.published.lock().reclaim(id)
    }

    /// Returns what is recorded from now on: it begins with a swap and lasts while it is open.
    fn recording(&self, before: Option<Recording>) -> Option<Recording> {
        self.next.standby()?;
        before.or_else(|| Some(self.shared.journal.as_ref()?.begin(&self.next)))
    }

    /// Publishes the next snapshot and returns its generation.
    ///
    /// An operation that took no generation changed nothing, so there is nothing to publish or
    /// record.
    pub(super) fn publish(mut self, operation: &Operation, signed: &Signed<'_>) -> u64 {
        if self.next.generation() == self.current.generation() {
            return self.current.generation();
        }
        let plan = Plan::build(
            self.next.checked_policy(),
            self.next.versions(),
            &self.shared.secret,
        );
        let plan = Arc::new(plan);
        let generation = plan.generation();
        let before = self.shared.published.lock().recording.clone();
        let recording = self.recording(before.clone());
        let is_over = recording.is_none();
        let (unheld, observers) = {
            let mut published = self.shared.published.lock();
            let stamp = next_stamp();
            let unheld = published.publish(stamp, plan, recording);
            // While the lock is held, so that the newest snapshot has the newest stamp.
            self.shared.stamp.publish(stamp);
            (unheld, published.observers().map(Arc::clone))
        };
        // After the publication, so that the counts include all that was admitted before it.
        if let (Some(journal), Some(ended), true) = (&self.shared.journal, before, is_over) {
            journal.end(ended, &self.next);
        }
        #[cfg(feature = "stats")]
        self.shared
            .orders
            .lock()
            .note(operation, &self.next, signed);
        *self.current = self.next;
        drop(self.current);
        // Plans may have long lists, so they are dropped while no lock is held. The destructor of
        // an observer that left is the application's, and may panic.
        contain(|| drop(unheld));
        free_left();
        if let Some(observers) = observers {
            let at = signed.at.or_else(|| self.shared.desk.now());
            let order = Order::of(at).named(signed.actor).because(signed.cause);
            let change = Change::new(&order, generation, Cow::Borrowed(operation));
            observers.tell(|observer| observer.change(&change));
        }
        generation
    }
}
