//! Which units have had a bad event already, in bounded memory.

use core::hash::{BuildHasherDefault, Hasher};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::{CandidateShare, GuardError, Side, Tally};

/// Tells what became of an event that was handed to a guard.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Recorded {
    /// The event counts.
    Counted,
    /// The unit had a bad event before, so this one does not count.
    Repeat,
    /// The set of units was full once, and this unit is not in the sample that is kept since.
    NotSampled,
}

/// Counts each unit's first bad event, in bounded memory.
///
/// Users are sticky and differ: a unit with a high error rate brings all its errors to its side,
/// so events are not independent, but units are. Repeated events of a unit are therefore left
/// out, and to know them the units are remembered, up to a capacity.
///
/// # Overflow
/// When one unit too many has had a bad event, the set keeps the units in the lower half of a
/// hash, forgets the others *and their events*, and from then on ignores units of the upper half;
/// again at the next overflow. [`level`](SeenUnits::level) counts the halvings,
/// [`sampled`](SeenUnits::sampled) is the fraction of units that still counts.
///
/// Whether a unit counts depends on its hash and on how many others had bad events, never on its
/// side. Still, a process that forgets events could win by forgetting the right ones. So the
/// stake is split beforehand: at level `k` a stake of `w_k` is bet on the events of the units of
/// level `k` alone, `w_0 = 63/64`, `w_k = 2^-(6+k)`, which sums to 1. Each bet is a
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
/// Merge parts that reach to the same moment, or keep the share constant in between: an old part
/// that arrives late may replace an event which was already counted.
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
    units: HashMap<u64, Label, BuildHasherDefault<MixedAlready>>,
    /// By the index that labels hold, in order of first appearance.
    shares: Vec<CandidateShare>,
    tally: Tally,
    repeats: u64,
}

/// The side and the share under which a unit had its first bad event, and how many it had.
#[derive(Clone, Copy, Debug)]
struct Label {
    share: u16,
    side: Side,
    events: u32,
}

impl SeenUnits {
    /// Is the capacity unless another is chosen: about 2 MB when full.
    pub const DEFAULT_CAPACITY: usize = 65_536;
    const CAPACITIES: core::ops::RangeInclusive<usize> = 16..=16_777_216;
    /// So many halvings leave less than the smallest capacity of all 64-bit digests.
    const MAX_LEVEL: u32 = 60;

    /// Returns an empty set for at most `capacity` units, 16 to 16,777,216.
    ///
    /// # Errors
    /// [`GuardError::Capacity`] for any other capacity.
    pub fn with_capacity(capacity: usize) -> Result<SeenUnits, GuardError> {
        if SeenUnits::CAPACITIES.contains(&capacity) {
            Ok(SeenUnits::of_capacity(capacity))
        } else {
            Err(GuardError::Capacity { found: capacity })
        }
    }

    fn of_capacity(capacity: usize) -> SeenUnits {
        SeenUnits {
            capacity,
            level: 0,
            units: HashMap::default(),
            shares: Vec::new(),
            tally: Tally::new(),
            repeats: 0,
        }
    }

    /// Takes note of a bad event of `unit`, which came on `side` while the candidate had `share`.
    ///
    /// # Errors
    /// [`GuardError::TooManyShares`] as [`Tally::record`]; then nothing is counted.
    // Kept out of the callers: its registers would have to be saved where each request counts.
    #[inline(never)]
    pub fn record(
        &mut self,
        unit: u64,
        side: Side,
        share: CandidateShare,
    ) -> Result<Recorded, GuardError> {
        let key = mix(unit);
        if !in_sample(key, self.level) {
            return Ok(Recorded::NotSampled);
        }
        if self.units.len() == self.units.capacity() {
            self.grow();
        }
        match self.units.entry(key) {
            Entry::Occupied(mut known) => {
                let events = &mut known.get_mut().events;
                if let Some(more) = events.checked_add(1) {
                    *events = more;
                    self.repeats += 1;
                }
                return Ok(Recorded::Repeat);
            }
            Entry::Vacant(vacant) => {
                let index = index_of(&mut self.shares, share)?;
                self.tally.record(side, share)?;
                vacant.insert(Label {
                    share: index,
                    side,
                    events: 1,
                });
            }
        }
        if self.units.len() > self.capacity {
            self.shrink()?;
        }
        Ok(Recorded::Counted)
    }

    /// Adds the units and events of `other`, each unit once.
    ///
    /// # Errors
    /// [`GuardError::Mismatch`] if the capacities differ, [`GuardError::TooManyShares`] as
    /// [`Tally::record`]; then `self` is unchanged.
    pub fn merge(&mut self, other: &SeenUnits) -> Result<(), GuardError> {
        if self.capacity != other.capacity {
            let what = "the capacity of the set of units";
            return Err(GuardError::Mismatch { what });
        }
        let mut merged = self.clone();
        merged.level = self.level.max(other.level);
        let level = merged.level;
        merged.units.retain(|&key, _| in_sample(key, level));
        for (&key, label) in other
            .units
            .iter()
            .filter(|&(&key, _)| in_sample(key, level))
        {
            let limit = Tally::MAX_SHARES;
            let share = other
                .share_of(*label)
                .ok_or(GuardError::TooManyShares { limit })?;
            let index = index_of(&mut merged.shares, share)?;
            let theirs = Label {
                share: index,
                ..*label
            };
            let label = match merged.units.get(&key) {
                Some(&ours) => Label {
                    // Above 2^32 - 1 a unit's further repeats are not counted.
                    events: ours.events.saturating_add(theirs.events),
                    ..merged.first_of(key, ours, theirs)
                },
                None => theirs,
            };
            merged.units.insert(key, label);
        }
        merged.shrink()?;
        *self = merged;
        Ok(())
    }

    /// Returns the events of the units that count, as they stand now.
    #[must_use]
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Returns how many further events the remembered units had after their first.
    ///
    /// They do not count. If they are many, the units that have events at all are nearly used
    /// up, and the ratio of first events is nearer to 1 than the ratio of all events.
    #[must_use]
    pub const fn repeats(&self) -> u64 {
        self.repeats
    }

    /// Returns how many units are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Tells whether no unit has had a bad event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
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

    /// Makes room for four times as many units: growing is what takes longest.
    #[cold]
    fn grow(&mut self) {
        let wanted = (4 * self.units.len()).max(1_024).min(self.capacity + 1);
        self.units.reserve(wanted.saturating_sub(self.units.len()));
    }

    /// Halves the sample until it fits, and counts its events afresh.
    fn shrink(&mut self) -> Result<(), GuardError> {
        while self.units.len() > self.capacity && self.level < SeenUnits::MAX_LEVEL {
            self.level += 1;
            let level = self.level;
            self.units.retain(|&key, _| in_sample(key, level));
        }
        let mut tally = Tally::new();
        self.repeats = 0;
        for label in self.units.values() {
            self.repeats += u64::from(label.events.saturating_sub(1));
            if let Some(share) = self.share_of(*label) {
                tally.record(label.side, share)?;
            }
        }
        self.tally = tally;
        Ok(())
    }

    fn first_of(&self, key: u64, ours: Label, theirs: Label) -> Label {
        use core::cmp::Ordering;
        match self.share_of(theirs).cmp(&self.share_of(ours)) {
            Ordering::Less => theirs,
            Ordering::Greater => ours,
            Ordering::Equal => {
                let kept = if key & 1 == 0 {
                    Side::Control
                } else {
                    Side::Candidate
                };
                if theirs.side == kept { theirs } else { ours }
            }
        }
    }

    fn share_of(&self, label: Label) -> Option<CandidateShare> {
        self.shares.get(usize::from(label.share)).copied()
    }
}

impl Default for SeenUnits {
    fn default() -> SeenUnits {
        SeenUnits::of_capacity(SeenUnits::DEFAULT_CAPACITY)
    }
}

/// Equal if the same units had the same events.
impl PartialEq for SeenUnits {
    fn eq(&self, other: &SeenUnits) -> bool {
        let same = |(key, label): (&u64, &Label)| {
            let theirs = other.units.get(key);
            theirs.is_some_and(|&theirs| {
                theirs.side == label.side
                    && theirs.events == label.events
                    && other.share_of(theirs) == self.share_of(*label)
            })
        };
        self.capacity == other.capacity
            && self.level == other.level
            && self.units.len() == other.units.len()
            && self.units.iter().all(same)
    }
}

/// A bijection of 64 bits whose output shows no trace of its input (David Stafford's thirteenth
/// variant of a 64-bit finaliser), so that a sample by it is independent of any bucketing.
fn mix(unit: u64) -> u64 {
    let mut z = unit.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Units whose highest `level` bits are zero.
fn in_sample(key: u64, level: u32) -> bool {
    key.leading_zeros() >= level
}

fn index_of(shares: &mut Vec<CandidateShare>, share: CandidateShare) -> Result<u16, GuardError> {
    let limit = Tally::MAX_SHARES;
    // Ramps rise, so the newest share is the likeliest.
    let index = match shares.iter().rposition(|&known| known == share) {
        Some(index) => index,
        None if shares.len() >= limit => return Err(GuardError::TooManyShares { limit }),
        None => {
            shares.push(share);
            shares.len() - 1
        }
    };
    u16::try_from(index).map_err(|_| GuardError::TooManyShares { limit })
}

/// Hands on keys that are mixed already, without the bits that sampling makes constant.
#[derive(Clone, Copy, Debug, Default)]
struct MixedAlready(u64);

impl Hasher for MixedAlready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = mix(self.0 ^ u64::from(byte));
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key.rotate_left(32);
    }
}

#[cfg(feature = "serde")]
#[path = "seen_units/stored.rs"]
mod stored;
