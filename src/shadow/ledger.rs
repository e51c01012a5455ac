//! The count of how shadows end.

use core::{array, fmt, iter};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::record::{DropReason, ShadowOutcome};

const OUTCOMES: usize = ShadowOutcome::ALL.len();

/// The counts of one version's sampled shadows, by how they ended.
///
/// All counts only ever grow, and a shadow's ending is counted after its sampling. Only sampled
/// requests write here.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Ledger {
    sampled: AtomicU64,
    ended: [AtomicU64; OUTCOMES],
}

impl Ledger {
    pub(super) fn sample(&self) {
        self.sampled.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn end(&self, outcome: ShadowOutcome) {
        if let Some(count) = self.ended.get(outcome.place()) {
            count.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Reads all counts as of one instant.
    ///
    /// Endings are read before and after the samplings. If they are equal, then no shadow ended in
    /// between, since counts only grow, and all numbers are those of the instant at which the
    /// samplings were read. Nobody waits for the reader, so under heavy load it may use endings
    /// from before that instant; shadows that ended meanwhile then count as pending.
    pub(crate) fn read(&self) -> ShadowCounts {
        const ATTEMPTS: usize = 32;
        let mut ended = self.read_ended();
        for attempt in 1.. {
            let sampled = self.sampled.load(Ordering::SeqCst);
            let again = self.read_ended();
            if again == ended || attempt == ATTEMPTS {
                return ShadowCounts { sampled, ended };
            }
            ended = again;
        }
        ShadowCounts::default()
    }

    fn read_ended(&self) -> [u64; OUTCOMES] {
        self.ended
            .each_ref()
            .map(|count| count.load(Ordering::SeqCst))
    }
}

/// The number of sampled shadows, and how they ended.
///
/// At every instant `sampled = run + dropped + pending`.
///
/// No request waits for a reader of the counts. A reading is repeated if shadows end meanwhile.
/// After 32 times, those that ended during the last reading count as pending.
///
/// ```
/// use switchstand::{shadow::{DropReason, ShadowOutcome}, Policy, Router, Share};
/// let router = Router::new("ranker", "v1", ())?;
/// router.deploy("v2", ())?;
/// router.release(Policy::shadow("look", "v2", Share::ALL))?;
/// drop(router.admit("user-42"));
/// let counts = router.shadow_counts("v2").unwrap();
/// assert_eq!(counts.sampled(), 1);
/// assert_eq!(counts.ended(ShadowOutcome::Dropped(DropReason::Unrun)), 1);
/// assert_eq!((counts.run(), counts.dropped(), counts.pending()), (0, 1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Default, Eq, PartialEq)]
#[must_use]
pub struct ShadowCounts {
    sampled: u64,
    ended: [u64; OUTCOMES],
}

impl ShadowCounts {
    /// Returns how many shadows were sampled.
    #[must_use]
    pub const fn sampled(&self) -> u64 {
        self.sampled
    }

    /// Returns how many shadows ended in this way.
    #[must_use]
    pub fn ended(&self, outcome: ShadowOutcome) -> u64 {
        self.ended.get(outcome.place()).copied().unwrap_or(0)
    }

    /// Returns how many shadows ran to an end: an answer, an error or a panic.
    #[must_use]
    pub fn run(&self) -> u64 {
        self.sum(|outcome| !matches!(outcome, ShadowOutcome::Dropped(_)))
    }

    /// Returns how many shadows were dropped, for any reason.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.sum(|outcome| matches!(outcome, ShadowOutcome::Dropped(_)))
    }

    /// Returns how many shadows have not ended: they wait or run.
    #[must_use]
    pub fn pending(&self) -> u64 {
        // Endings are read before samplings, so the difference is never negative.
        self.sampled.saturating_sub(self.sum(|_| true))
    }

    /// Iterates over all ways of ending and their counts.
    pub fn iter(&self) -> <&ShadowCounts as IntoIterator>::IntoIter {
        ShadowOutcome::ALL.into_iter().zip(self.ended)
    }

    fn sum(&self, which: impl Fn(ShadowOutcome) -> bool) -> u64 {
        self.iter()
            .filter(|(outcome, _)| which(*outcome))
            .map(|(_, count)| count)
            .sum()
    }
}

impl fmt::Debug for ShadowCounts {
    /// Names each way in which a shadow has ended.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = f.debug_map();
        names.entry(&"sampled", &self.sampled);
        for (outcome, count) in self.iter().filter(|(_, count)| *count > 0) {
            names.entry(&outcome.as_str(), &count);
        }
        names.finish()
    }
}

impl IntoIterator for &ShadowCounts {
    type Item = (ShadowOutcome, u64);
    type IntoIter =
        iter::Zip<array::IntoIter<ShadowOutcome, OUTCOMES>, array::IntoIter<u64, OUTCOMES>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl iter::Sum for ShadowCounts {
    fn sum<I: Iterator<Item = ShadowCounts>>(counts: I) -> ShadowCounts {
        counts.fold(ShadowCounts::default(), |mut total, counts| {
            total.sampled += counts.sampled;
            for (total, count) in total.ended.iter_mut().zip(counts.ended) {
                *total += count;
            }
            total
        })
    }
}

impl ShadowOutcome {
    /// All ways in which a shadow can end.
    pub const ALL: [ShadowOutcome; 11] = [
        ShadowOutcome::Answered,
        ShadowOutcome::Failed,
        ShadowOutcome::Panicked,
        ShadowOutcome::Dropped(DropReason::NoPermit),
        ShadowOutcome::Dropped(DropReason::Deadline),
        ShadowOutcome::Dropped(DropReason::QueueFull),
        ShadowOutcome::Dropped(DropReason::NotReady),
        ShadowOutcome::Dropped(DropReason::Unrun),
        ShadowOutcome::Dropped(DropReason::Cancelled),
        ShadowOutcome::Dropped(DropReason::Cut),
        ShadowOutcome::Dropped(DropReason::NotCopied),
    ];

    const fn place(self) -> usize {
        match self {
            ShadowOutcome::Answered => 0,
            ShadowOutcome::Failed => 1,
            ShadowOutcome::Panicked => 2,
            ShadowOutcome::Dropped(reason) => match reason {
                DropReason::NoPermit => 3,
                DropReason::Deadline => 4,
                DropReason::QueueFull => 5,
                DropReason::NotReady => 6,
                DropReason::Unrun => 7,
                DropReason::Cancelled => 8,
                DropReason::Cut => 9,
                DropReason::NotCopied => 10,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3_every_way_of_ending_has_a_count_of_its_own() {
        let ledger = Ledger::default();
        for (times, outcome) in (1u64..).zip(ShadowOutcome::ALL) {
            for _ in 0..times {
                ledger.sample();
                ledger.end(outcome);
            }
        }
        ledger.sample();
        let counts = ledger.read();
        for (times, outcome) in (1u64..).zip(ShadowOutcome::ALL) {
            assert_eq!(counts.ended(outcome), times, "{outcome:?}");
        }
        assert_eq!((counts.run(), counts.dropped()), (6, 60));
        assert_eq!(counts.iter().size_hint(), (11, Some(11)));
        assert_eq!((counts.sampled(), counts.pending()), (67, 1));
    }
}
