//! The journal of a router: a recording for each swap.

use std::sync::Arc;

use super::{Router, recording::Recording};
use crate::{
    deployment::Deployments,
    journal::{Budget, JournalCapacity, JournalEnding},
    sync::Mutex,
};

pub(super) struct Journal {
    budget: Arc<Budget>,
    rolled_back: Mutex<Vec<Recording>>,
}

impl Journal {
    pub(super) fn new(capacity: JournalCapacity) -> Journal {
        Journal {
            budget: Arc::new(Budget::new(capacity)),
            rolled_back: Mutex::new(Vec::new()),
        }
    }

    /// Starts the recording of the live version.
    pub(super) fn begin(&self, deployments: &Deployments) -> Recording {
        let live = deployments.live();
        let generation = deployments.generation();
        Recording::start(live.id(), live.label(), generation, &self.budget)
    }

    /// Seals a recording when the snapshot that ends it is published.
    pub(super) fn end(&self, recording: Recording, next: &Deployments) {
        let ending = if next.live().id() == recording.version_id() {
            JournalEnding::Kept
        } else {
            JournalEnding::RolledBack
        };
        recording.end(next.generation(), ending);
        if ending == JournalEnding::RolledBack {
            self.rolled_back.lock().push(recording);
        }
    }
}

impl<M: Send + Sync + 'static> Router<M> {
    /// Returns the recording of the swap that is neither accepted nor rolled back.
    ///
    /// `None` while no swap is open, or if the router was built without a journal.
    #[must_use]
    pub fn recording(&self) -> Option<Recording> {
        self.shared.published.lock().recording.clone()
    }

    /// Hands over the recordings of swaps that were rolled back, the oldest first.
    ///
    /// They are sealed, and become final when their last requests end. Until they are handed over,
    /// their entries fill the journal. The recording of an accepted swap is not kept: to have it,
    /// take a handle before you accept.
    ///
    /// ```
    /// use switchstand::{journal::JournalCapacity, Ending, Router};
    /// let router = Router::builder("ranker")
    ///     .journal(JournalCapacity::new(100_000)?)
    ///     .build("v1", "blue")?;
    /// router.deploy("v2", "green")?;
    /// router.validate("v2", |_| Ok::<(), String>(()))?;
    /// router.swap("v2")?;
    /// let mut ticket = router.admit("user-42");
    /// ticket.excerpt(|| b"the request".to_vec());
    /// ticket.end(Ending::Answered);
    /// router.rollback("wrong answers")?;
    /// for recording in router.take_recordings() {
    ///     assert!(recording.is_final());
    ///     for entry in recording.take() {
    ///         assert_eq!(entry.excerpt.as_deref(), Some(&b"the request"[..]));
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn take_recordings(&self) -> Vec<Recording> {
        match &self.shared.journal {
            Some(journal) => core::mem::take(&mut *journal.rolled_back.lock()),
            None => Vec::new(),
        }
    }
}
