//! The units that have had a bad event, in bounded memory.

mod merging;
#[cfg(feature = "serde")]
mod stored;

use std::collections::hash_map::Entry;

use super::digest::{MAX_LEVEL, in_sample, level_of, mix};
use super::kept_events::{KeptEvents, Late};
use super::parts::Parts;
use super::thinning::Thinning;
use super::{CandidateShare, Margins, Side, StageTally};
use crate::stats::Refusal;

/// The result of handing an event to a guard.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Recorded {
    /// The event counts.
    Counted,
    /// The unit had a bad event before: this one counts at most for safety, as the first one that
    /// thinning keeps.
    Repeat,
    /// The set of units was full and is now a sample; this unit is not in it.
    NotSampled,
}

/// The units that had a bad event, with the first of each, in bounded memory.
///
/// Users are sticky and differ: all errors of a unit are on its side, so events are not
/// independent, but units are. Repeated events of a unit are therefore left out; to recognise them
/// the units are remembered, up to a capacity.
///
/// # Requests, not units
/// Why thinning: only a unit's first failure counts. So if the candidate's requests fail 1.5 times
/// as often, its first events are less than 1.5 times as frequent, above all where units fail often
/// anyway: with 100 requests a user at 1 %, such a candidate would be called safe in 2 to 6 of 100
/// releases at a nominal 1 of 100. Evidence of safety is therefore taken from *thinned* events:
/// each bad event of the candidate is left out with probability `1 - 1 / margins.safe()`, and a
/// unit's first event that is kept counts. If each unit's requests fail exactly `margins.safe()`
/// times as often, the kept events have the same distribution as the control's, whatever the units'
/// own rates are. So the next one is the candidate's with a probability equal to its share of the
/// traffic. If they fail more often, it comes sooner, which lowers the evidence of safety. With a
/// boundary of safety of 1 or less no thinning is needed. With a boundary of harm below 1 the
/// control's events are thinned for HARM, for the same reason.
///
/// A hash of the unit decides which of its bad events is the first to be kept. So all servers
/// decide alike, and the same events give the same evidence. The price for a harmless candidate is
/// 1.2 times the traffic at an even split, and 1.5 times at 5 %.
///
/// # Overflow
/// When more units have had a bad event than the capacity, the set keeps the units in the lower
/// half of a hash, forgets the others *and their events*, and from then on ignores units of the
/// upper half. It does so again at the next overflow. [`level`](SeenUnits::level) counts the
/// halvings, [`sampled`](SeenUnits::sampled) is the fraction of units that still counts.
///
/// Whether a unit counts depends on its hash and on how many others had bad events, never on its
/// side. Still, a process that forgets events could gain evidence by forgetting the right ones. So
/// the stake is split beforehand: at level `k` a stake of `w_k` is bet on the events of the units
/// of level `k` alone, `w_0 = 63/64`, `w_k = 2^-(6+k)`, which sums to 1. Each bet is a
/// supermartingale of its own sample, fixed in advance, so their sum is one that starts at 1; the
/// evidence reported is one term of that sum, hence never more than it, and Ville's inequality
/// holds for it at all times, through any number of overflows. The price is
/// [`ln_stake`](SeenUnits::ln_stake): 0.016 before the first overflow, 4.9 after it.
///
/// # Merging
/// The state after any sequence of events and merges is that of the smallest level at which the
/// units with a bad event fit, so it does not depend on order or partition. A unit known to both
/// sides of a merge counts once, with the smaller share: on a rising ramp that is its first
/// event. Two events of one unit under one share but on different sides cannot come from sticky
/// units; one of the two is kept, by a bit of the unit's hash.
///
/// Merge parts that end at the same time, or keep the share constant in between: an old part that
/// arrives late may replace an event that was already counted.
///
/// # Units
/// A unit is given as a 64-bit digest of its key, the same on every server and the same for each
/// event of the unit. Two units with one digest are taken for one. The digest is mixed again
/// before it is used, so the point of a bucketing hash will do.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "stored::State", into = "stored::State")
)]
pub struct SeenUnits {
    capacity: usize,
    level: u32,
    margins: Margins,
    units: Parts<Label>,
    /// Units and their repeats, apart for each level at which they are sampled for the last time.
    by_level: [Numbers; MAX_LEVEL as usize + 1],
    /// Units that are sampled at the present level.
    held: usize,
    /// By the index that labels hold, in order of first appearance.
    shares: Vec<CandidateShare>,
    harm: KeptEvents,
    safe: KeptEvents,
}

#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    units: usize,
    repeats: u64,
}

/// The side and the share under which a unit had its first bad event, and how many it had.
#[derive(Clone, Copy, Debug)]
struct Label {
    share: u16,
    side: Side,
    /// Whether one of the two hypotheses leaves out the first event.
    is_late: bool,
    events: u32,
}

impl SeenUnits {
    /// The capacity unless another is chosen: about 2 MB when full.
    pub const DEFAULT_CAPACITY: usize = 65_536;
    const CAPACITIES: core::ops::RangeInclusive<usize> = 16..=16_777_216;

    /// Returns an empty set for at most `capacity` units, 16 to 16,777,216.
    ///
    /// Some 37 bytes for each when full. Growing and overflowing go in steps: no call takes longer
    /// for a larger capacity.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for any other capacity.
    pub fn with_capacity(margins: Margins, capacity: usize) -> Result<SeenUnits, Refusal> {
        let holds = SeenUnits::CAPACITIES.contains(&capacity);
        let expected = "16 to 16,777,216 units";
        Refusal::require(holds, "the capacity", capacity as f64, expected)?;
        Ok(SeenUnits::of_capacity(margins, capacity))
    }

    /// Returns an empty set of the default capacity, for a test of these margins.
    #[must_use]
    pub fn new(margins: Margins) -> SeenUnits {
        SeenUnits::of_capacity(margins, SeenUnits::DEFAULT_CAPACITY)
    }

    fn of_capacity(margins: Margins, capacity: usize) -> SeenUnits {
        SeenUnits {
            capacity,
            level: 0,
            margins,
            units: Parts::new(capacity),
            by_level: [Numbers::default(); MAX_LEVEL as usize + 1],
            held: 0,
            shares: Vec::new(),
            harm: KeptEvents::new(Thinning::of_harm(margins), capacity),
            safe: KeptEvents::new(Thinning::of_safe(margins), capacity),
        }
    }

    /// Takes note of a bad event of `unit` on `side`, under this `share`.
    ///
    /// # Errors
    /// [`Refusal::TooManyShares`] as [`StageTally::record`]; then nothing is counted.
    // Kept out of the callers: its registers would have to be saved where each request counts.
    #[inline(never)]
    pub fn record(
        &mut self,
        unit: u64,
        side: Side,
        share: CandidateShare,
    ) -> Result<Recorded, Refusal> {
        let key = mix(unit);
        if !in_sample(key, self.level) {
            return Ok(Recorded::NotSampled);
        }
        if !self.units.is_swept() {
            self.sweep_one();
        }
        let level = level_of(key) as usize;
        let numbers = self.by_level.get_mut(level);
        let (Some(numbers), Some(part)) = (numbers, self.units.of_mut(key)) else {
            return Ok(Recorded::NotSampled);
        };
        match part.entry(key) {
            Entry::Occupied(mut known) => {
                let label = known.get_mut();
                if label.is_late {
                    index_of(&mut self.shares, share)?;
                    if let Some(&first) = self.shares.get(usize::from(label.share)) {
                        self.harm.again(key, side, first, share)?;
                        self.safe.again(key, side, first, share)?;
                    }
                }
                if let Some(more) = label.events.checked_add(1) {
                    label.events = more;
                    numbers.repeats += 1;
                }
                return Ok(Recorded::Repeat);
            }
            Entry::Vacant(vacant) => {
                let index = index_of(&mut self.shares, share)?;
                let is_late = self.harm.first(key, side, share)?;
                let is_late = self.safe.first(key, side, share)? || is_late;
                vacant.insert(Label {
                    share: index,
                    side,
                    is_late,
                    events: 1,
                });
                numbers.units += 1;
                self.held += 1;
            }
        }
        self.fit();
        Ok(Recorded::Counted)
    }

    /// Returns each unit's first event, of the units that count: the evidence of harm.
    ///
    /// With a boundary of harm below 1, each control unit's first event that
    /// [thinning](SeenUnits#requests-not-units) keeps.
    #[must_use]
    pub const fn tally(&self) -> &StageTally {
        self.harm.tally()
    }

    /// Returns each unit's first event that [thinning](SeenUnits#requests-not-units) keeps: the
    /// evidence of safety.
    #[must_use]
    pub const fn safe_tally(&self) -> &StageTally {
        self.safe.tally()
    }

    /// Returns how many further events the remembered units had after their first.
    ///
    /// If they are many, most units that fail at all have done so, and more traffic of the same
    /// units brings little evidence.
    #[must_use]
    pub fn repeats(&self) -> u64 {
        let sampled = self.by_level.iter().skip(self.level as usize);
        sampled.map(|numbers| numbers.repeats).sum()
    }

    /// Returns the margins of the test that the units are counted for.
    #[must_use]
    pub const fn margins(&self) -> Margins {
        self.margins
    }

    /// Returns how many units are remembered.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.held
    }

    /// Tells whether no unit has had a bad event.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Returns how many units can be remembered.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Returns how often the set has overflowed and its sample was halved.
    #[must_use]
    pub const fn level(&self) -> u32 {
        self.level
    }

    /// Returns the fraction of all units that count, `2^-level`.
    #[must_use]
    pub fn sampled(&self) -> f64 {
        (-f64::from(self.level)).exp2()
    }

    /// Returns the logarithm of the stake that is bet on the present sample.
    ///
    /// It is added to the logarithm of the evidence in [`tally`](SeenUnits::tally).
    #[must_use]
    pub fn ln_stake(&self) -> f64 {
        match self.level {
            0 => (-1.0_f64 / 64.0).ln_1p(),
            level => -f64::from(6 + level) * core::f64::consts::LN_2,
        }
    }

    /// Halves the sample until it fits.
    ///
    /// At once in all that is counted; units that are sampled no more go part by part.
    fn fit(&mut self) {
        let level = self.level;
        while self.held > self.capacity && self.level < MAX_LEVEL {
            if let Some(gone) = self.by_level.get_mut(self.level as usize) {
                self.held -= gone.units;
            }
            self.level += 1;
        }
        if self.level > level {
            self.units.begin_sweep();
            self.harm.forget_below(self.level);
            self.safe.forget_below(self.level);
        }
    }

    #[cold]
    fn sweep_one(&mut self) {
        self.units.sweep_one(self.level);
        self.harm.sweep_one(self.level);
        self.safe.sweep_one(self.level);
    }

    /// Counts the units afresh; `late` tells what came after a first event that was left out.
    fn recount(&mut self, late: impl Fn(u64) -> [Option<Late>; 2]) -> Result<(), Refusal> {
        self.units.sweep(self.level);
        let (mut harm, mut safe) = (self.harm.emptied(), self.safe.emptied());
        self.by_level = [Numbers::default(); MAX_LEVEL as usize + 1];
        self.held = 0;
        for (key, label) in self.units.values_mut() {
            if let Some(numbers) = self.by_level.get_mut(level_of(key) as usize) {
                numbers.units += 1;
                self.held += 1;
                numbers.repeats += u64::from(label.events.saturating_sub(1));
            }
            if let Some(&share) = self.shares.get(usize::from(label.share)) {
                let [of_harm, of_safe] = late(key);
                harm.count(key, label.side, share, of_harm)?;
                safe.count(key, label.side, share, of_safe)?;
            }
            label.is_late = harm.leaves_out(key, label.side) || safe.leaves_out(key, label.side);
        }
        (self.harm, self.safe) = (harm, safe);
        self.fit();
        Ok(())
    }

    /// Returns the first event of each unit that is sampled at this level.
    pub(super) fn first_events(
        &self,
        level: u32,
    ) -> impl Iterator<Item = (u64, Side, CandidateShare)> {
        let units = self.units.sampled(level.max(self.level));
        units.filter_map(|(key, label)| Some((key, label.side, self.share_of(*label)?)))
    }

    fn share_of(&self, label: Label) -> Option<CandidateShare> {
        self.shares.get(usize::from(label.share)).copied()
    }
}

/// Equal if the same units had the same events.
impl PartialEq for SeenUnits {
    fn eq(&self, other: &SeenUnits) -> bool {
        let same = |(key, label): (u64, &Label)| {
            let theirs = other.units.get(key);
            theirs.is_some_and(|&theirs| {
                theirs.side == label.side
                    && theirs.events == label.events
                    && other.share_of(theirs) == self.share_of(*label)
            })
        };
        self.capacity == other.capacity
            && self.level == other.level
            && self.margins == other.margins
            && self.len() == other.len()
            && self.units.sampled(self.level).all(same)
            && self.harm.is_equal(&other.harm, self.level)
            && self.safe.is_equal(&other.safe, self.level)
    }
}

fn index_of(shares: &mut Vec<CandidateShare>, share: CandidateShare) -> Result<u16, Refusal> {
    let limit = StageTally::MAX_SHARES;
    // Ramps rise, so the newest share is the likeliest.
    let index = match shares.iter().rposition(|&known| known == share) {
        Some(index) => index,
        None if shares.len() >= limit => return Err(Refusal::TooManyShares { limit }),
        None => {
            shares.push(share);
            shares.len() - 1
        }
    };
    u16::try_from(index).map_err(|_| Refusal::TooManyShares { limit })
}
