//! The small number by which a thread finds what it remembers of a router.

use core::cmp::Reverse;
use std::collections::BinaryHeap;

use parking_lot::Mutex;

/// A number that no other living router has; the smallest that is free.
///
/// Small numbers let a thread keep routers in a vector, with nothing to hash. A number is given
/// back when its router dies, so a program that makes and drops routers uses few. A thread may
/// still remember the dead router under its number. That does no harm, because a stamp is never
/// used twice.
#[derive(Debug)]
pub(super) struct RouterId(usize);

/// The numbers that were given back, and the first that was never given out.
struct Numbers {
    free: BinaryHeap<Reverse<usize>>,
    next: usize,
}

static NUMBERS: Mutex<Numbers> = Mutex::new(Numbers {
    free: BinaryHeap::new(),
    next: 0,
});

impl RouterId {
    /// Takes the smallest free number.
    pub(super) fn take() -> RouterId {
        let mut numbers = NUMBERS.lock();
        if let Some(Reverse(number)) = numbers.free.pop() {
            return RouterId(number);
        }
        numbers.next += 1;
        RouterId(numbers.next - 1)
    }

    #[inline(always)]
    pub(super) const fn number(&self) -> usize {
        self.0
    }
}

impl Drop for RouterId {
    fn drop(&mut self) {
        NUMBERS.lock().free.push(Reverse(self.0));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_number_is_one_router_s_own_while_it_lives() {
        let mut ids: Vec<RouterId> = (0..100).map(|_| RouterId::take()).collect();
        let numbers: BTreeSet<usize> = ids.iter().map(RouterId::number).collect();
        assert_eq!(numbers.len(), 100);
        ids.truncate(10);
        ids.extend((10..100).map(|_| RouterId::take()));
        let again: BTreeSet<usize> = ids.iter().map(RouterId::number).collect();
        assert_eq!(again.len(), 100);
    }
}
