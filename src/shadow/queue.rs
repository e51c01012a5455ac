//! Shadows that wait for a thread, with deadlines.

use core::{fmt, num::NonZeroUsize};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use parking_lot::Mutex;

use super::ShadowTask;
use crate::{model::Model, record::DropReason, timestamp::Timestamp};

/// A shadow, and the time by which it must be started, if any.
#[must_use = "a shadow that nobody runs is counted as dropped"]
pub struct DueShadow<M, I = <M as Model>::Input> {
    task: ShadowTask<M, I>,
    deadline: Option<Timestamp>,
}

impl<M, I> DueShadow<M, I> {
    pub(super) const fn new(
        task: ShadowTask<M, I>,
        deadline: Option<Timestamp>,
    ) -> DueShadow<M, I> {
        DueShadow { task, deadline }
    }

    /// Returns the label of the version that would run.
    #[must_use]
    pub fn version(&self) -> &str {
        self.task.version()
    }

    /// Returns the task unless its deadline has passed; run it now.
    ///
    /// A task whose deadline has passed is dropped and counted.
    #[must_use]
    pub fn start(self, now: Timestamp) -> Option<ShadowTask<M, I>> {
        if self.deadline.is_some_and(|deadline| deadline < now) {
            self.task.drop_for(DropReason::Deadline);
            None
        } else {
            Some(self.task)
        }
    }
}

impl<M, I> From<ShadowTask<M, I>> for DueShadow<M, I> {
    /// Returns a shadow without a deadline.
    fn from(task: ShadowTask<M, I>) -> DueShadow<M, I> {
        DueShadow::new(task, None)
    }
}

/// A bounded queue of shadows for the application's own threads.
///
/// It starts no thread and wakes none. When it is full the newest shadow is dropped and counted,
/// so the thread of a request never waits. A shadow in the queue holds a permit of the router's
/// budget.
///
/// ```
/// # use core::{convert::Infallible, num::NonZeroUsize, time::Duration};
/// # use switchstand::{shadow::ShadowQueue, Model, Policy, Router, Share, Timestamp};
/// # struct Doubler;
/// # impl Model for Doubler {
/// #     type Input = f64;
/// #     type Output = f64;
/// #     type Error = Infallible;
/// #     fn predict(&self, input: &f64) -> Result<f64, Infallible> { Ok(input * 2.0) }
/// # }
/// # let router = Router::new("ranker", "v1", Doubler)?;
/// # router.deploy("v2", Doubler)?;
/// # router.release(Policy::shadow("look", "v2", Share::ALL))?;
/// # let now = Timestamp::from_secs(1);
/// let queue = ShadowQueue::new(NonZeroUsize::MIN);
/// for task in router.predict("user-42", &2.0).shadows {
///     queue.push(task.due(now.after(Duration::from_secs(1))));
/// }
/// // On a thread of the application's:
/// while let Some(task) = queue.pop(now) {
///     task.run();
/// }
/// # assert_eq!(router.shadow_counts("v2").unwrap().run(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ShadowQueue<M, I = <M as Model>::Input> {
    sender: SyncSender<DueShadow<M, I>>,
    /// Only threads that take shadows out wait for one another.
    receiver: Mutex<Receiver<DueShadow<M, I>>>,
}

impl<M, I> ShadowQueue<M, I> {
    /// Returns an empty queue for `capacity` shadows.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> ShadowQueue<M, I> {
        let (sender, receiver) = sync_channel(capacity.get());
        ShadowQueue {
            sender,
            receiver: Mutex::new(receiver),
        }
    }

    /// Puts a shadow into the queue; never waits.
    ///
    /// If there is no room, it is dropped and counted.
    pub fn push(&self, task: impl Into<DueShadow<M, I>>) {
        match self.sender.try_send(task.into()) {
            Ok(()) => {}
            Err(TrySendError::Full(refused) | TrySendError::Disconnected(refused)) => {
                refused.task.drop_for(DropReason::QueueFull);
            }
        }
    }

    /// Takes the oldest shadow whose deadline has not passed; drops and counts those before it.
    #[must_use]
    pub fn pop(&self, now: Timestamp) -> Option<ShadowTask<M, I>> {
        loop {
            let oldest = self.receiver.lock().try_recv().ok()?;
            if let Some(task) = oldest.start(now) {
                return Some(task);
            }
        }
    }
}

impl<M, I> fmt::Debug for DueShadow<M, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DueShadow")
            .field("version", &self.version())
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl<M, I> fmt::Debug for ShadowQueue<M, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShadowQueue").finish_non_exhaustive()
    }
}
