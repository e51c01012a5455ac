//! Outcomes that are kept one by one, because they have a window or an id; and requests by their
//! bucket.
//!
//! Only when all servers have reported is it known when a unit was first exposed. So outcomes are
//! kept until the read-out, which decides which of them are within the window.

use core::{cmp::Ordering, hash::BuildHasherDefault, time::Duration};
use std::collections::HashMap;

use super::{
    Kind, Metric,
    row::{Belongs, Fold, Row},
};
use crate::{
    stats::{Histogram, guard::MixedAlready},
    timestamp::Timestamp,
};

/// Items of units, by their mixed digest.
pub(super) type ItemsByUnit = HashMap<u64, Items, BuildHasherDefault<MixedAlready>>;

/// The items of one unit, and the time of its first exposure.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Items {
    /// Its group of 256, for a row that is not there yet.
    pub(super) group: u8,
    pub(super) since: Option<Timestamp>,
    /// In the order of metrics, ids, times and values.
    pub(super) list: Vec<Item>,
    /// Outcomes that came after their window, and were not kept.
    pub(super) late: u64,
}

/// One outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Item {
    /// The metric's place in the setup.
    pub(super) metric: usize,
    /// Its id, or the bucket of requests that are counted together.
    pub(super) id: Option<u64>,
    pub(super) at: Option<Timestamp>,
    pub(super) numerator: f64,
    pub(super) denominator: f64,
    /// How often it came again.
    pub(super) repeats: u32,
}

/// Counts of the outcomes of a unit that are left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Sorted {
    /// Metric, value and number of requests, for quantiles over all requests.
    pub(super) requests: Vec<(usize, f64, u64)>,
    pub(super) early: u64,
    pub(super) late: u64,
    pub(super) repeated: u64,
}

/// What happened to an item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kept {
    New,
    Again,
    /// Before the first exposure that is known here; another server may know an earlier one.
    Early,
    Late,
}

impl Item {
    /// Returns a value of a request in its bucket.
    pub(super) fn in_bucket(metric: usize, value: f64) -> Item {
        let floor = Histogram::floor(value);
        Item {
            metric,
            id: Some(floor.to_bits()),
            at: None,
            numerator: floor,
            denominator: 1.0,
            repeats: 0,
        }
    }

    fn order(&self, other: &Item) -> Ordering {
        let whose = |item: &Item| (item.metric, item.id);
        whose(self).cmp(&whose(other)).then_with(|| match self.id {
            Some(_) => Ordering::Equal,
            None => self.value_order(other),
        })
    }

    fn value_order(&self, other: &Item) -> Ordering {
        let value = |item: &Item| {
            (
                item.at,
                item.numerator.to_bits(),
                item.denominator.to_bits(),
            )
        };
        value(self).cmp(&value(other))
    }

    fn count(&self) -> u64 {
        1 + u64::from(self.repeats)
    }
}

impl Items {
    pub(super) fn expose(&mut self, at: Timestamp) {
        let is_earlier = self.since.is_none_or(|since| at < since);
        if is_earlier {
            self.since = Some(at);
        }
    }

    pub(super) fn add(&mut self, item: Item, window: Option<Duration>) -> Kept {
        let place = item.at.zip(self.since).zip(window);
        let (is_early, is_late) = place.map_or((false, false), |((at, since), window)| {
            (at < since, at > since.after(window))
        });
        // An earlier exposure cannot bring it into the window; but an outcome with the same id may
        // have come in time.
        if is_late && item.id.is_none() {
            self.late = self.late.saturating_add(item.count());
            return Kept::Late;
        }
        match self.put(item) {
            true if is_late => Kept::Late,
            true if is_early => Kept::Early,
            true => Kept::New,
            false => Kept::Again,
        }
    }

    /// Adds what another server has kept of the same unit.
    pub(super) fn merge(&mut self, other: &Items) {
        if let Some(since) = other.since {
            self.expose(since);
        }
        for &item in &other.list {
            self.put(item);
        }
        self.late = self.late.saturating_add(other.late);
    }

    /// Puts an item in its place, unless one of its id is there.
    fn put(&mut self, item: Item) -> bool {
        let found = self.list.binary_search_by(|other| other.order(&item));
        let known = match found {
            Ok(place) if item.id.is_some() => self.list.get_mut(place),
            Ok(place) | Err(place) => {
                self.list.insert(place, item);
                None
            }
        };
        let Some(known) = known else { return true };
        let count = known.repeats.saturating_add(item.repeats).saturating_add(1);
        // If two with one id differ, the earlier one counts, in whatever order they come.
        if item.value_order(known) == Ordering::Less {
            *known = item;
        }
        known.repeats = count;
        false
    }

    /// Adds what counts to the unit's row, and returns what is left out.
    pub(super) fn sort_out(
        &self,
        row: &mut Row,
        key: u64,
        metrics: &[Metric],
        slots: &[usize],
        width: usize,
    ) -> Sorted {
        let mut sorted = Sorted {
            late: self.late,
            ..Sorted::default()
        };
        let is_exposed = row.belongs() != Belongs::Nowhere;
        let mut values = core::mem::take(&mut row.slots).into_vec();
        values.resize_with(width, Default::default);
        for item in &self.list {
            let whose = metrics.get(item.metric).zip(slots.get(item.metric));
            let Some((metric, &slot)) = whose else {
                continue;
            };
            let left_out = match (metric.window, self.since, item.at) {
                (None, ..) => None,
                // A unit that was never exposed is counted separately, with all its outcomes.
                (Some(_), None, _) if !is_exposed => None,
                (Some(window), Some(since), Some(at)) if at > since.after(window) => {
                    Some(&mut sorted.late)
                }
                (Some(_), Some(since), Some(at)) if at >= since => None,
                (Some(_), ..) => Some(&mut sorted.early),
            };
            if let Some(count) = left_out {
                *count = count.saturating_add(item.count());
                continue;
            }
            let times = match metric.is_bucketed() {
                true => item.count(),
                false => 1,
            };
            sorted.repeated += item.count() - times;
            if let Kind::RequestQuantile { .. } = metric.kind {
                sorted.requests.push((item.metric, item.numerator, times));
            }
            let fold = Fold::of(metric.kind);
            let numbers = [item.numerator, item.denominator];
            for (value, slot) in numbers.into_iter().take(metric.slots().0).zip(slot..) {
                if let Some(slot) = values.get_mut(slot) {
                    slot.add(value, key, fold);
                    let further = u32::try_from(times - 1).unwrap_or(u32::MAX);
                    slot.values = slot.values.saturating_add(further);
                }
            }
        }
        row.slots = values.into();
        sorted
    }
}
