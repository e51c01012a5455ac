//! How many shadows may be in flight.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A limit on the number of shadows of a router that are in flight.
///
/// A shadow in flight has its own copy of an input, so this limits memory as well as load. With a
/// budget of 0 no shadow ever runs.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct ShadowBudget(u32);

impl ShadowBudget {
    /// Returns the budget of `count` shadows at once.
    #[must_use]
    pub const fn in_flight(count: u32) -> ShadowBudget {
        ShadowBudget(count)
    }

    /// Returns how many shadows may be in flight.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl Default for ShadowBudget {
    /// Returns a budget of 256.
    fn default() -> ShadowBudget {
        ShadowBudget(256)
    }
}

/// The number of permits of a budget that are out.
///
/// Only sampled requests write here, so it is on cache lines of its own.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Permits {
    out: AtomicUsize,
    limit: usize,
}

impl Permits {
    pub(crate) const fn new(budget: ShadowBudget) -> Permits {
        Permits {
            out: AtomicUsize::new(0),
            limit: budget.0 as usize,
        }
    }

    /// Takes a permit, if one is left; never waits.
    pub(crate) fn take(&self) -> bool {
        // It loads first: while all permits are out nobody writes, so the cache line stays shared.
        self.out() < self.limit
            && self
                .out
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |out| {
                    (out < self.limit).then_some(out + 1)
                })
                .is_ok()
    }

    pub(super) fn give_back(&self) {
        self.out.fetch_sub(1, Ordering::SeqCst);
    }

    pub(crate) fn out(&self) -> usize {
        self.out.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3_permits_never_exceed_the_budget() {
        let permits = Permits::new(ShadowBudget::in_flight(3));
        assert_eq!((0..5).filter(|_| permits.take()).count(), 3);
        permits.give_back();
        assert_eq!(permits.out(), 2);
        assert!(permits.take() && !permits.take());
        assert!(!Permits::new(ShadowBudget::in_flight(0)).take());
    }
}
