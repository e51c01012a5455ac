//! The data of one unit.

use core::hash::BuildHasherDefault;
use std::collections::HashMap;

use super::Kind;
use crate::stats::guard::{MixedAlready, mix};

/// Rows of units, by their mixed digest.
pub(super) type Rows = HashMap<u64, Row, BuildHasherDefault<MixedAlready>>;

/// One unit: the arms to which it was exposed, and its outcomes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Row {
    /// A bit for every arm that it was exposed to.
    pub(super) exposed: u64,
    /// A bit for every arm that an outcome's assignment named.
    pub(super) told: u64,
    /// Its group of 256.
    pub(super) group: u8,
    /// None until the first outcome.
    pub(super) slots: Box<[Slot]>,
}

/// The values of one unit in one metric.
///
/// A ratio has a second slot for its denominators, an adjusted metric a last one for the past.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Slot {
    /// The sum of values; of a quantile and of the past, the value that is kept.
    pub(super) sum: f64,
    /// How many values came.
    pub(super) values: u32,
    /// How many were announced.
    pub(super) announced: u32,
}

/// How several values of one unit are put together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fold {
    Add,
    /// One of them is kept.
    Keep,
}

impl Fold {
    pub(super) const fn of(kind: Kind) -> Fold {
        match kind {
            Kind::Quantile { .. } => Fold::Keep,
            _ => Fold::Add,
        }
    }
}

/// Which arm a unit belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Belongs {
    To(usize),
    /// To several, all of these bits.
    Crossed(u64),
    Nowhere,
}

impl Belongs {
    pub(super) const fn of(exposed: u64, told: u64) -> Belongs {
        let arms = exposed | told;
        match (exposed, arms.count_ones()) {
            (0, _) => Belongs::Nowhere,
            (_, 1) => Belongs::To(arms.trailing_zeros() as usize),
            _ => Belongs::Crossed(arms),
        }
    }
}

impl Row {
    pub(super) const fn belongs(&self) -> Belongs {
        Belongs::of(self.exposed, self.told)
    }

    /// Adds what another server has kept of the same unit; `folds` has one for every slot.
    pub(super) fn merge(&mut self, other: &Row, key: u64, folds: &[Fold]) {
        self.exposed |= other.exposed;
        self.told |= other.told;
        if self.slots.is_empty() {
            self.slots.clone_from(&other.slots);
            return;
        }
        let pairs = self.slots.iter_mut().zip(&other.slots);
        for ((ours, theirs), fold) in pairs.zip(folds) {
            ours.merge(theirs, key, *fold);
        }
    }
}

impl Slot {
    #[inline]
    pub(super) fn add(&mut self, value: f64, key: u64, fold: Fold) {
        match fold {
            Fold::Keep => self.keep(value, self.values == 0, key),
            Fold::Add => self.sum += value,
        }
        self.values = self.values.saturating_add(1);
    }

    fn merge(&mut self, other: &Slot, key: u64, fold: Fold) {
        match fold {
            Fold::Keep if other.values > 0 => self.keep(other.sum, self.values == 0, key),
            _ => self.sum += other.sum,
        }
        self.values = self.values.saturating_add(other.values);
        self.announced = self.announced.saturating_add(other.announced);
    }

    /// Keeps one of several values: that of the least hash, whatever the order they come in.
    fn keep(&mut self, value: f64, is_first: bool, key: u64) {
        let rank = |value: f64| (mix(key ^ mix(value.to_bits())), value.to_bits());
        if is_first || rank(value) < rank(self.sum) {
            self.sum = value;
        }
    }
}
