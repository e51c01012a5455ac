//! The worst disagreements, for a human to read.

#[cfg(feature = "serde")]
mod stored;

use core::cmp::Ordering;

use siphasher::sip::SipHasher13;

use super::Difference;
use crate::unit::UnitKey;

/// The worst disagreements by a comparator: a bounded number, one per unit.
///
/// Which ones are kept depends only on the disagreements and the seed, not on their order: equal
/// differences are ranked by a keyed hash of the unit. So two sets of the same seed and capacity
/// can be merged.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        try_from = "stored::State<P>",
        into = "stored::State<P>",
        bound(
            serialize = "P: Clone + serde::Serialize",
            deserialize = "P: serde::Deserialize<'de>"
        )
    )
)]
pub struct Worst<P> {
    capacity: usize,
    seed: u64,
    /// In order, the worst first.
    kept: Vec<Disagreement<P>>,
}

/// One request on which a shadow disagreed.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Disagreement<P> {
    /// The key of the unit that asked.
    pub unit: UnitKey,
    /// How far apart the two are.
    pub difference: Difference,
    /// The projection of the answer that was returned.
    pub primary: P,
    /// The projection of the shadow's answer.
    pub shadow: P,
    lot: u64,
}

impl<P> Disagreement<P> {
    fn rank(&self, other: &Disagreement<P>) -> Ordering {
        let by_size = self.difference.size().total_cmp(&other.difference.size());
        by_size
            .then(self.lot.cmp(&other.lot))
            .then_with(|| self.unit.cmp(&other.unit))
            .reverse()
    }
}

impl<P: Clone> Worst<P> {
    pub(super) const fn new(capacity: usize, seed: u64) -> Worst<P> {
        Worst {
            capacity,
            seed,
            kept: Vec::new(),
        }
    }

    pub(super) fn offer(&mut self, unit: &UnitKey, difference: Difference, pair: [&P; 2]) {
        let hasher = SipHasher13::new_with_keys(self.seed, 0);
        let lot = unit.as_key().with_bytes(|bytes| hasher.hash(bytes));
        let full = self.kept.len() >= self.capacity;
        let last = self
            .kept
            .last()
            .map(|last| (last.difference.size(), last.lot));
        if full && last.is_none_or(|last| (difference.size(), lot) < last) {
            return;
        }
        let [primary, shadow] = pair.map(P::clone);
        self.insert(Disagreement {
            unit: unit.clone(),
            difference,
            primary,
            shadow,
            lot,
        });
    }

    fn insert(&mut self, new: Disagreement<P>) {
        if let Some(place) = self.kept.iter().position(|kept| kept.unit == new.unit) {
            let worse = self
                .kept
                .get(place)
                .is_some_and(|kept| kept.difference < new.difference);
            if !worse {
                return;
            }
            self.kept.remove(place);
        }
        let place = self
            .kept
            .partition_point(|kept| kept.rank(&new) == Ordering::Less);
        self.kept.insert(place, new);
        self.kept.truncate(self.capacity);
    }

    /// Adds the disagreements of `other`.
    pub(super) fn merge(&mut self, other: &Worst<P>) {
        for disagreement in &other.kept {
            self.insert(disagreement.clone());
        }
    }
}

impl<P> Worst<P> {
    /// Iterates over the disagreements, the worst first.
    pub fn iter(&self) -> impl Iterator<Item = &Disagreement<P>> {
        self.kept.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(units: impl IntoIterator<Item = u64>) -> Worst<u64> {
        let mut worst = Worst::new(5, 9);
        for unit in units {
            // Many ties: differences from 0 to 3.
            let size = (unit % 4) as f64;
            worst.offer(&UnitKey::U64(unit), Difference::of(size), [&unit, &0]);
        }
        worst
    }

    #[test]
    fn what_is_kept_depends_neither_on_the_order_nor_on_the_partition() {
        let whole = of(0..200);
        assert_eq!(whole.iter().count(), 5);
        assert!(whole.iter().all(|kept| kept.difference.size() == 3.0));
        assert_eq!(of((0..200).rev()), whole);
        let mut merged = of(100..200);
        merged.merge(&of((0..150).rev()));
        assert_eq!(merged, whole);
    }

    #[test]
    fn a_seed_draws_its_own_sample_of_equals() {
        let kept = |seed| {
            let mut worst = Worst::new(5, seed);
            for unit in 0..100u64 {
                worst.offer(&UnitKey::U64(unit), Difference::BEYOND, [&unit, &0]);
            }
            worst.iter().map(|kept| kept.primary).collect::<Vec<_>>()
        };
        assert_eq!(kept(1), kept(1));
        assert_ne!(kept(1), kept(2));
        assert_ne!(kept(1), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn a_unit_is_kept_once_with_its_worst() {
        let mut worst = Worst::new(3, 0);
        for size in [1.0, 5.0, 2.0] {
            worst.offer(&UnitKey::U64(7), Difference::of(size), [&size, &0.0]);
        }
        let kept: Vec<_> = worst.iter().map(|kept| kept.primary).collect();
        assert_eq!(kept, [5.0]);
        assert_eq!(Worst::<u8>::new(0, 0).iter().count(), 0);
    }
}
