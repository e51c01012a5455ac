//! How a request is admitted.

use super::{
    Shared,
    cache::{self, stripe},
    recording::Running,
    snapshot::Snapshot,
};
use crate::{shadow::Lease, sync::Strong};

/// The snapshot that was read last: a thread, or a reader.
pub(super) trait Keeper<M> {
    /// Lets `read` see the snapshot published under `stamp`, if it is the one kept.
    fn read<T>(&mut self, stamp: u64, read: impl FnOnce(&Snapshot<M>) -> Option<T>) -> Option<T>;

    /// Keeps a newer snapshot.
    fn keep(&mut self, snapshot: Snapshot<M>);
}

/// The memory of the calling thread, by the router's number.
pub(super) struct OfThread(pub(super) usize);

impl<M: 'static> Keeper<M> for OfThread {
    #[inline(always)]
    fn read<T>(&mut self, stamp: u64, read: impl FnOnce(&Snapshot<M>) -> Option<T>) -> Option<T> {
        cache::read(self.0, stamp, read)
    }

    fn keep(&mut self, snapshot: Snapshot<M>) {
        cache::keep(self.0, snapshot);
    }
}

impl<M> Keeper<M> for Snapshot<M> {
    #[inline(always)]
    fn read<T>(&mut self, stamp: u64, read: impl FnOnce(&Snapshot<M>) -> Option<T>) -> Option<T> {
        if self.stamp == stamp {
            read(self)
        } else {
            None
        }
    }

    fn keep(&mut self, snapshot: Snapshot<M>) {
        *self = snapshot;
    }
}

/// All that a snapshot may lease, and a place in its journal, taken while nobody could publish.
struct Held<M> {
    _leases: Vec<Strong<Lease<M>>>,
    _running: Option<Running>,
}

impl<M: Send + Sync + 'static> Shared<M> {
    /// Admits a request: sees the stamp, lets `claim` decide and lease, looks at the stamp again.
    ///
    /// Every request goes through this function. A lease is valid only if no newer snapshot was
    /// published before it was taken; then an operator who publishes later sees it in the count. A
    /// decision without a lease (`LEASES` is false) needs no second look: it was right when it was
    /// made.
    ///
    /// `claim` may be called up to three times, and what it returned before is dropped. It returns
    /// `None` if a version of the snapshot is not loaded, which no operation causes.
    #[inline(always)]
    pub(super) fn admit<const LEASES: bool, T>(
        &self,
        keeper: &mut impl Keeper<M>,
        mut claim: impl FnMut(&Snapshot<M>) -> Option<T>,
    ) -> Option<T> {
        let seen = self.stamp.seen();
        let claimed = keeper.read(seen, |snapshot| {
            self.claim::<LEASES, T>(snapshot, &mut claim)
        });
        match claimed {
            Some(claimed) => Some(claimed),
            None => self.admit_anew::<LEASES, T>(keeper, &mut claim),
        }
    }

    #[inline(always)]
    fn claim<const LEASES: bool, T>(
        &self,
        snapshot: &Snapshot<M>,
        claim: impl FnOnce(&Snapshot<M>) -> Option<T>,
    ) -> Option<T> {
        let claimed = claim(snapshot)?;
        (!LEASES || self.stamp.is_still(snapshot.stamp)).then_some(claimed)
    }

    #[cold]
    #[inline(never)]
    fn admit_anew<const LEASES: bool, T>(
        &self,
        keeper: &mut impl Keeper<M>,
        claim: &mut dyn FnMut(&Snapshot<M>) -> Option<T>,
    ) -> Option<T> {
        let snapshot = self.snapshot();
        let claimed = self.claim::<LEASES, T>(&snapshot, &mut *claim);
        keeper.keep(snapshot);
        if claimed.is_some() {
            return claimed;
        }
        // Operators publish faster than this thread decides. So all leases that may be needed are
        // taken under the lock, and no second look at the stamp is necessary. The decision comes
        // after the lock, because it may run the application's code to read attributes.
        let (snapshot, held) = self.held_snapshot();
        let claimed = claim(&snapshot);
        drop(held);
        claimed
    }

    /// Returns the published snapshot.
    pub(super) fn snapshot(&self) -> Snapshot<M> {
        self.published.lock().snapshot(stripe()).0
    }

    fn held_snapshot(&self) -> (Snapshot<M>, Held<M>) {
        let mut published = self.published.lock();
        let (snapshot, leases) = published.snapshot(stripe());
        let running = snapshot.journal.as_ref().map(Running::begin);
        let held = Held {
            _leases: leases,
            _running: running,
        };
        (snapshot, held)
    }
}
