//! How much memory the models of a router may take.

use super::{Router, Shared, turn::Turn};
use crate::deployment::OperationError;

/// A budget, and what says how much of it a model takes.
pub(super) struct Memory<M> {
    pub(super) budget: u64,
    pub(super) size: Box<dyn Fn(&M) -> u64 + Send + Sync>,
}

impl<M: Send + Sync + 'static> Router<M> {
    /// Returns how many bytes of the budget are left. Ask it before you load a model.
    ///
    /// `None` without a budget: see [`Builder::memory_budget`](crate::Builder::memory_budget). A
    /// version's memory counts until it is reclaimed, or until its model says that it takes less.
    #[must_use]
    pub fn memory_left(&self) -> Option<u64> {
        let memory = self.shared.memory.as_ref()?;
        // The lock is held, so that no model is reclaimed while it is asked for its size.
        let _turn = self.shared.deployments.lock();
        Some(memory.budget.saturating_sub(self.shared.in_use(memory)))
    }
}

impl<M: Send + Sync + 'static> Shared<M> {
    /// Adds up what all deployed models say they take.
    fn in_use(&self, memory: &Memory<M>) -> u64 {
        let models = self.published.lock().models();
        let sizes = models.iter().map(|model| (memory.size)(model));
        sizes.fold(0, u64::saturating_add)
    }
}

impl<M: Send + Sync + 'static> Turn<'_, M> {
    /// Refuses a model that takes more memory than is left.
    pub(super) fn check_memory(&self, version: &str, model: &M) -> Result<(), OperationError> {
        let Some(memory) = &self.shared().memory else {
            return Ok(());
        };
        let (size, in_use) = ((memory.size)(model), self.shared().in_use(memory));
        if in_use.saturating_add(size) > memory.budget {
            return Err(OperationError::OverMemory {
                version: version.to_owned(),
                size,
                in_use,
                budget: memory.budget,
            });
        }
        Ok(())
    }
}
