//! The bad events that count for one of the two hypotheses.

use super::digest::level_of;
use super::parts::Parts;
use super::thinning::Thinning;
use super::{CandidateShare, Side, StageTally};
use crate::stats::Refusal;

/// The count of each unit's first bad event; on a thinned side, of the first one that thinning
/// keeps.
#[derive(Clone, Debug)]
pub(super) struct KeptEvents {
    thinning: Option<Thinning>,
    tally: StageTally,
    /// The same events, separately for the last level at which their units are sampled: so a
    /// halving subtracts one of these, and need not count all units again.
    by_level: Vec<StageTally>,
    /// Units on the thinned side whose first event was left out.
    late: Parts<Late>,
    capacity: usize,
}

/// The events of a unit up to the first that is kept.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Late {
    /// Under the share of the unit's first event.
    pub(super) first: u32,
    /// Under the shares that came after it.
    pub(super) later: Vec<(CandidateShare, u32)>,
}

impl KeptEvents {
    /// Returns no events, for a set of so many units.
    pub(super) fn new(thinning: Option<Thinning>, capacity: usize) -> KeptEvents {
        KeptEvents {
            thinning,
            tally: StageTally::new(),
            by_level: Vec::new(),
            late: Parts::new(if thinning.is_some() { capacity } else { 0 }),
            capacity,
        }
    }

    pub(super) const fn tally(&self) -> &StageTally {
        &self.tally
    }

    /// Tells whether a unit's first event, on this side, is left out.
    pub(super) fn leaves_out(&self, key: u64, side: Side) -> bool {
        self.thinning
            .is_some_and(|thinning| thinning.is_of(side) && !thinning.keeps(key, 1))
    }

    /// Counts a unit's first event; returns whether it was left out.
    #[inline]
    pub(super) fn first(
        &mut self,
        key: u64,
        side: Side,
        share: CandidateShare,
    ) -> Result<bool, Refusal> {
        let is_left_out = self.leaves_out(key, side);
        if is_left_out {
            self.late.insert(key, Late::one());
        } else {
            self.keep(key, side, share)?;
        }
        Ok(is_left_out)
    }

    /// Counts a further event of a unit whose first event came under `first`.
    #[cold]
    pub(super) fn again(
        &mut self,
        key: u64,
        side: Side,
        first: CandidateShare,
        share: CandidateShare,
    ) -> Result<(), Refusal> {
        let (Some(thinning), Some(late)) = (
            self.thinning,
            self.late.of_mut(key).and_then(|part| part.get_mut(&key)),
        ) else {
            return Ok(());
        };
        let events = late.events();
        if !thinning.is_of(side) || thinning.keeps(key, events) || events == u32::MAX {
            return Ok(());
        }
        late.add(first, share, 1);
        if thinning.keeps(key, events + 1) {
            self.keep(key, side, share)?;
        }
        Ok(())
    }

    /// Returns what is remembered of a unit whose first event was left out.
    pub(super) fn late(&self, key: u64) -> Option<&Late> {
        self.late.get(key)
    }

    /// Returns the units whose first event was left out, in order of their keys.
    #[cfg(feature = "serde")]
    pub(super) fn all_late(&self, level: u32) -> Vec<(u64, Late)> {
        let late = self.late.sampled(level);
        let mut all: Vec<_> = late.map(|(key, late)| (key, late.clone())).collect();
        all.sort_unstable_by_key(|&(key, _)| key);
        all
    }

    /// Forgets all events and begins again with the same thinning.
    pub(super) fn emptied(&self) -> KeptEvents {
        KeptEvents::new(self.thinning, self.capacity)
    }

    /// Counts a unit of which all is known: its first event, and what came then if that was left
    /// out.
    pub(super) fn count(
        &mut self,
        key: u64,
        side: Side,
        share: CandidateShare,
        late: Option<Late>,
    ) -> Result<(), Refusal> {
        let Some(thinning) = self.thinning.filter(|_| self.leaves_out(key, side)) else {
            return self.keep(key, side, share);
        };
        let mut late = late.unwrap_or_else(Late::one);
        if let Some(kept) = thinning.first_kept(key, late.events()) {
            late.truncate(kept);
            self.keep(key, side, late.last_share(share))?;
        }
        self.late.insert(key, late);
        Ok(())
    }

    /// Forgets the events of units that are not sampled at this level.
    ///
    /// What is remembered of these units goes part by part, see [`sweep_one`](Self::sweep_one).
    pub(super) fn forget_below(&mut self, level: u32) {
        for gone in self.by_level.iter_mut().take(level as usize) {
            self.tally.remove(gone);
            *gone = StageTally::new();
        }
        self.late.begin_sweep();
    }

    pub(super) fn sweep_one(&mut self, level: u32) {
        self.late.sweep_one(level);
    }

    pub(super) fn is_equal(&self, other: &KeptEvents, level: u32) -> bool {
        let same = |(key, late)| other.late.get(key) == Some(late);
        self.thinning == other.thinning
            && self.late.sampled(level).count() == other.late.sampled(level).count()
            && self.late.sampled(level).all(same)
    }

    #[inline]
    fn keep(&mut self, key: u64, side: Side, share: CandidateShare) -> Result<(), Refusal> {
        self.tally.record(side, share)?;
        let level = level_of(key) as usize;
        if level >= self.by_level.len() {
            self.by_level.resize_with(level + 1, StageTally::new);
        }
        match self.by_level.get_mut(level) {
            Some(tally) => tally.record(side, share),
            None => Ok(()),
        }
    }
}

impl Late {
    const fn one() -> Late {
        let later = Vec::new();
        Late { first: 1, later }
    }

    pub(super) fn events(&self) -> u32 {
        let add = |sum: u32, &(_, events): &(_, u32)| sum.saturating_add(events);
        self.later.iter().fold(self.first, add)
    }

    fn add(&mut self, first: CandidateShare, share: CandidateShare, events: u32) {
        let count = match self.later.last_mut() {
            Some((last, count)) if *last == share => count,
            None if share == first => &mut self.first,
            _ => {
                self.later.push((share, events));
                return;
            }
        };
        *count = count.saturating_add(events);
    }

    /// Adds the events that another server has seen; `ours` and `theirs` are the shares of the
    /// first events. On a rising ramp the shares are the order of time.
    pub(super) fn merged(
        (ours, a): (CandidateShare, Late),
        (theirs, b): (CandidateShare, Late),
    ) -> Late {
        let runs = |share, late: Late| core::iter::once((share, late.first)).chain(late.later);
        let mut all: Vec<_> = runs(ours, a).chain(runs(theirs, b)).collect();
        all.sort_by_key(|&(share, _)| share);
        let first = ours.min(theirs);
        let later = Vec::new();
        let mut merged = Late { first: 0, later };
        for (share, events) in all {
            merged.add(first, share, events);
        }
        merged
    }

    /// Keeps the first `events` events.
    fn truncate(&mut self, events: u32) {
        let mut left = events.saturating_sub(self.first);
        self.first = self.first.min(events);
        for (_, count) in &mut self.later {
            *count = (*count).min(left);
            left -= *count;
        }
        self.later.retain(|&(_, count)| count > 0);
    }

    fn last_share(&self, first: CandidateShare) -> CandidateShare {
        self.later.last().map_or(first, |&(share, _)| share)
    }
}
