//! One stripe's part of a journal.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{JournalCapacity, JournalCounts, JournalEntry};

/// Stripes reserve places in blocks of this many at most.
const MAX_BLOCK: usize = 64;

/// The number of places that no stripe has reserved.
#[derive(Debug)]
pub(crate) struct Budget {
    free: AtomicUsize,
    block: usize,
}

impl Budget {
    pub(crate) fn new(capacity: JournalCapacity) -> Budget {
        Budget {
            free: AtomicUsize::new(capacity.get()),
            block: (capacity.get() / 1024).clamp(1, MAX_BLOCK),
        }
    }

    /// Reserves one block, or what is left.
    fn reserve(&self) -> usize {
        let take = |free: usize| (free > 0).then(|| free.saturating_sub(self.block));
        match self
            .free
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
        {
            Ok(free) => free.min(self.block),
            Err(_) => 0,
        }
    }

    pub(crate) fn give_back(&self, places: usize) {
        self.free.fetch_add(places, Ordering::Relaxed);
    }
}

/// The entries of one stripe, and the number of those for which there was no place.
#[derive(Debug, Default)]
pub(crate) struct Page {
    entries: Vec<JournalEntry>,
    reserved: usize,
    recorded: u64,
    overflow: u64,
    /// Requests that another version answered in the end, or that were not admitted.
    withdrawn: u64,
}

impl Page {
    /// Takes the entry that `make` returns for its number, if there is a place for it.
    pub(crate) fn record(&mut self, budget: &Budget, make: impl FnOnce(u64) -> JournalEntry) {
        if self.reserved == 0 {
            self.reserved = budget.reserve();
        }
        match self.reserved.checked_sub(1) {
            Some(reserved) => {
                self.reserved = reserved;
                self.entries.push(make(self.recorded));
                self.recorded += 1;
            }
            None => self.overflow += 1,
        }
    }

    pub(crate) fn withdraw(&mut self) {
        self.withdrawn += 1;
    }

    /// Returns the counts; `begun` is the number of requests counted when they were admitted.
    pub(crate) fn counts(&self, begun: u64) -> JournalCounts {
        let ended = self.recorded + self.overflow + self.withdrawn;
        JournalCounts {
            entries: self.recorded,
            overflow: self.overflow,
            pending: begun.saturating_sub(ended),
        }
    }

    /// Takes the entries out; their places are free again.
    pub(crate) fn take(&mut self, budget: &Budget) -> Vec<JournalEntry> {
        let entries = core::mem::take(&mut self.entries);
        budget.give_back(entries.len());
        entries
    }

    /// Gives back the places that were reserved and are not used.
    pub(crate) fn close(&mut self, budget: &Budget) {
        budget.give_back(core::mem::take(&mut self.reserved));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Policy, outcome::Ending, unit::UnitKey};

    fn entry(sequence: u64) -> JournalEntry {
        JournalEntry {
            stripe: 0,
            sequence,
            unit: UnitKey::from(sequence),
            generation: 1,
            fingerprint: Policy::live_only("r").fingerprint(),
            ending: Ending::Answered,
            excerpt: None,
        }
    }

    #[test]
    fn e9_what_finds_no_place_is_counted() {
        let budget = Budget::new(JournalCapacity::new(5).unwrap());
        let mut pages = [Page::default(), Page::default()];
        for _ in 0..4 {
            for page in &mut pages {
                page.record(&budget, entry);
            }
        }
        let [left, right] = pages.each_ref().map(|page| page.counts(4));
        assert_eq!((left.entries, left.overflow, left.pending), (3, 1, 0));
        assert_eq!((right.entries, right.overflow, right.pending), (2, 2, 0));
        let numbers: Vec<u64> = pages[0]
            .take(&budget)
            .iter()
            .map(|entry| entry.sequence)
            .collect();
        assert_eq!(numbers, [0, 1, 2]);
        // The places that were taken out serve the other page.
        for _ in 0..4 {
            pages[1].record(&budget, entry);
        }
        let right = pages[1].counts(9);
        assert_eq!((right.entries, right.overflow, right.pending), (5, 3, 1));
    }

    #[test]
    fn blocks_do_not_exceed_the_capacity() {
        let capacity = 64 * 1024 + 7;
        let budget = Budget::new(JournalCapacity::new(capacity).unwrap());
        let mut reserved = Vec::new();
        loop {
            match budget.reserve() {
                0 => break,
                places => reserved.push(places),
            }
        }
        assert_eq!(reserved.iter().sum::<usize>(), capacity);
        assert_eq!(reserved.iter().max(), Some(&64));
        let mut page = Page::default();
        budget.give_back(10);
        page.record(&budget, entry);
        assert_eq!(budget.reserve(), 0);
        page.close(&budget);
        assert_eq!(budget.reserve(), 9);
    }

    #[test]
    fn what_another_version_answered_is_no_entry() {
        let mut page = Page::default();
        page.withdraw();
        let counts = page.counts(3);
        assert_eq!((counts.entries, counts.overflow, counts.pending), (0, 0, 2));
    }
}
