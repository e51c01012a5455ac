//! The number by which a request tells whether a newer snapshot was published.

use crate::sync::{AtomicU64, Ordering, fence};

/// The stamp of the published snapshot, on cache lines that nothing else is written to.
///
/// Why 128 bytes: processors fetch lines of 64 in pairs. Every request reads this one, so a counter
/// beside it that requests write would take it from all other threads on each write.
#[repr(align(128))]
pub(crate) struct Stamp(AtomicU64);

impl Stamp {
    pub(crate) fn new(first: u64) -> Stamp {
        Stamp(AtomicU64::new(first))
    }

    /// Returns the stamp as a request first sees it.
    #[inline(always)]
    pub(crate) fn seen(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Tells, after leases were taken, whether the snapshot is still the one that was seen.
    ///
    /// Why twice: an operator publishes the stamp and then counts the leases; a request takes a
    /// lease and then reads the stamp again. With a full barrier between the two steps on both
    /// sides, one of the two must see the other. Without either barrier the model checker finds a
    /// request that holds a version which the operator counted as free (law E4).
    #[inline(always)]
    pub(crate) fn is_still(&self, seen: u64) -> bool {
        after_leases();
        self.0.load(Ordering::SeqCst) == seen
    }

    /// Publishes the next stamp. A count of leases taken afterwards includes every request that saw
    /// an earlier stamp.
    pub(crate) fn publish(&self, next: u64) {
        self.0.store(next, Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }
}

/// Keeps the taking of leases before the second look at the stamp.
///
/// Why not a fence on every processor: on x86-64 the locked increment of a lease is a full barrier
/// already, and a second one costs 0.3 times the hash, more than the increment itself. The compiler
/// must still keep the order, so it gets a fence of its own.
#[inline(always)]
fn after_leases() {
    #[cfg(any(loom, not(target_arch = "x86_64")))]
    fence(Ordering::SeqCst);
    #[cfg(all(not(loom), target_arch = "x86_64"))]
    std::sync::atomic::compiler_fence(Ordering::SeqCst);
}
