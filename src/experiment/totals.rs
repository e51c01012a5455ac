//! Sums over the rows of all units.

use super::{
    Cap, Kind, LeftOut, Metric, Part, Setup,
    request_quantile::Requests,
    row::{Belongs, Row, Slot},
};
use crate::stats::{Histogram, Refusal};

/// How many groups units fall into.
const GROUPS: usize = 256;

/// Sums over the units of each arm, and of those that belong to none.
pub(super) struct Totals {
    pub(super) arms: Vec<ArmTotals>,
    /// Units of several arms, none of them dropped.
    pub(super) crossed: u64,
    /// Units of a dropped arm and another.
    pub(super) moved: u64,
    /// All outcomes but those of excluded units.
    pub(super) records: u64,
    pub(super) left_out: LeftOut,
}

/// Sums over the units of one arm alone.
#[derive(Clone)]
pub(super) struct ArmTotals {
    pub(super) units: u64,
    /// Units of this arm and another.
    pub(super) crossed: u64,
    pub(super) by_group: Vec<f64>,
    pub(super) cells: Vec<CellTotals>,
}

/// Where a row has a metric's values.
#[derive(Clone, Copy)]
struct Place {
    kind: Kind,
    slot: usize,
    past: Option<usize>,
    /// The value up to which a unit counts.
    cap: Option<f64>,
}

impl Place {
    fn of(metric: &Metric, slot: usize, part: &Part) -> Place {
        let place = Place {
            kind: metric.kind,
            slot,
            past: metric.adjusted.then(|| slot + metric.slots().0),
            cap: None,
        };
        let cap = match metric.cap {
            Some(Cap::At(cap)) => Some(cap),
            Some(Cap::ControlQuantile(order)) => place.quantile_of_control(order, part),
            None => None,
        };
        Place { cap, ..place }
    }

    /// Returns the least value that is not exceeded by this part of the control's units.
    fn quantile_of_control(self, order: f64, part: &Part) -> Option<f64> {
        let counted = part.sorted_rows().filter(|(key, row, _)| {
            row.belongs() == Belongs::To(0) && !part.excluded.contains(key)
        });
        let values = counted.filter_map(|(_, row, _)| {
            let slot = row.slots.get(self.slot).copied().unwrap_or_default();
            let [numerator, denominator] = numbers(&row, &slot, self);
            match self.kind {
                // A unit without any counts with 0.
                Kind::Count => Some(numerator),
                _ => (denominator > 0.0).then(|| numerator / denominator),
            }
        });
        let mut values: Vec<f64> = values.collect();
        let rank = (order * values.len() as f64).ceil() as usize;
        let place = rank.checked_sub(1)?;
        (place < values.len()).then(|| *values.select_nth_unstable_by(place, f64::total_cmp).1)
    }
}

/// Sums of one metric over the units of one arm.
#[derive(Clone, Default)]
pub(super) struct CellTotals {
    /// Numerator and denominator of each group; empty for rates and quantiles.
    pub(super) groups: Vec<[f64; 2]>,
    /// The sum of the units' past, and the number of units with a known past; empty unless
    /// adjusted.
    pub(super) past: Vec<[f64; 2]>,
    /// Units with a value.
    pub(super) units: u64,
    /// The value up to which a unit counts, and how many units had more.
    pub(super) cap: Option<f64>,
    pub(super) capped: u64,
    /// Units with an event.
    pub(super) events: u64,
    pub(super) values: Histogram,
    pub(super) requests: Requests,
    pub(super) announced: u64,
    pub(super) come: u64,
    /// Units that crossed and have a value, their numerators and denominators.
    pub(super) crossed: (u64, f64, f64),
}

impl CellTotals {
    /// Returns the numerator and the denominator of all groups.
    pub(super) fn total(&self) -> [f64; 2] {
        let add = |[x, y]: [f64; 2], [a, b]: &[f64; 2]| [x + a, y + b];
        self.groups.iter().fold([0.0; 2], add)
    }

    fn count_units(&mut self, kind: Kind, exposed: u64, by_group: &[f64]) {
        if matches!(kind, Kind::Rate | Kind::Count) {
            self.units = exposed;
        }
        if kind == Kind::Count {
            for (sums, units) in self.groups.iter_mut().zip(by_group) {
                sums[1] = *units;
            }
        }
    }
}

impl Totals {
    /// Adds up all units, and those of each segment by themselves.
    pub(super) fn of(part: &Part) -> Result<(Totals, Vec<Totals>), Refusal> {
        if let Some(sums) = &part.sums {
            return sums.totals(&part.setup);
        }
        let mut totals = Totals::empty(&part.setup);
        let (slots, width) = part.setup.slots();
        let mut first = 0;
        let divisions = part.setup.divisions.iter().map(|division| {
            let own = first;
            first += division.segments.len();
            own
        });
        let first_slot = width - part.setup.divisions.len();
        let divisions: Vec<(usize, usize)> = (first_slot..).zip(divisions).collect();
        let mut segments: Vec<Totals> = (0..first).map(|_| Totals::empty(&part.setup)).collect();
        let metrics = part.setup.metrics.iter();
        let places: Vec<Place> = metrics
            .zip(slots)
            .map(|(metric, slot)| Place::of(metric, slot, part))
            .collect();
        for (key, row, sorted) in part.sorted_rows() {
            if part.excluded.contains(&key) {
                totals.left_out.excluded_units += 1;
                totals.left_out.excluded_records += outcomes(&row, &places);
                continue;
            }
            totals.left_out.early += sorted.early;
            totals.left_out.late += sorted.late;
            totals.left_out.repeated += sorted.repeated;
            let requests = &sorted.requests;
            totals.add(&row, requests, &places, part.course.dropped)?;
            for &(slot, first) in &divisions {
                let segment = row.slots.get(slot).filter(|slot| slot.values > 0);
                let segment = segment.and_then(|slot| segments.get_mut(first + slot.sum as usize));
                if let Some(segment) = segment {
                    segment.add(&row, requests, &places, part.course.dropped)?;
                }
            }
        }
        for totals in segments.iter_mut().chain([&mut totals]) {
            totals.count_units(&part.setup);
        }
        Ok((totals, segments))
    }

    /// Returns the totals of no unit.
    pub(super) fn empty(setup: &Setup) -> Totals {
        let metrics = &setup.metrics;
        let cell = |metric: &Metric| CellTotals {
            groups: match metric.kind {
                Kind::Rate | Kind::Quantile { .. } | Kind::RequestQuantile { .. } | Kind::Gauge => {
                    Vec::new()
                }
                _ => vec![[0.0; 2]; GROUPS],
            },
            past: match metric.adjusted {
                true => vec![[0.0; 2]; GROUPS],
                false => Vec::new(),
            },
            ..CellTotals::default()
        };
        let arm = ArmTotals {
            units: 0,
            crossed: 0,
            by_group: vec![0.0; GROUPS],
            cells: metrics.iter().map(cell).collect(),
        };
        Totals {
            arms: vec![arm; setup.arms.len()],
            crossed: 0,
            moved: 0,
            records: 0,
            left_out: LeftOut::default(),
        }
    }

    /// Counts every exposed unit in metrics of events per unit.
    pub(super) fn count_units(&mut self, setup: &Setup) {
        for arm in &mut self.arms {
            for (cell, metric) in arm.cells.iter_mut().zip(&setup.metrics) {
                cell.count_units(metric.kind, arm.units, &arm.by_group);
            }
        }
    }

    fn add(
        &mut self,
        row: &Row,
        requests: &[(usize, f64, u64)],
        places: &[Place],
        dropped: u64,
    ) -> Result<(), Refusal> {
        let values = outcomes(row, places);
        self.records += values;
        match row.belongs() {
            Belongs::To(arm) => {
                if let Some(arm) = self.arms.get_mut(arm) {
                    arm.add(row, places)?;
                    for &(metric, value, times) in requests {
                        if let Some(cell) = arm.cells.get_mut(metric) {
                            cell.requests.record(value, row.group, times);
                        }
                    }
                }
            }
            Belongs::Crossed(arms) if arms & dropped != 0 => self.moved += 1,
            Belongs::Crossed(arms) => {
                self.crossed += 1;
                for (arm, place) in self.arms.iter_mut().zip(0..) {
                    if arms >> place & 1 == 1 {
                        arm.add_crossed(row, places);
                    }
                }
            }
            // A number from before the exposure is no outcome.
            Belongs::Nowhere => {
                self.left_out.never_exposed_units += u64::from(values > 0);
                self.left_out.never_exposed_records += values;
            }
        }
        Ok(())
    }
}

impl ArmTotals {
    fn add(&mut self, row: &Row, places: &[Place]) -> Result<(), Refusal> {
        self.units += 1;
        let group = usize::from(row.group);
        if let Some(units) = self.by_group.get_mut(group) {
            *units += 1.0;
        }
        for (cell, &place) in self.cells.iter_mut().zip(places) {
            let of_units = place.kind != Kind::Gauge;
            let Some(slot) = row.slots.get(place.slot).filter(|_| of_units) else {
                continue;
            };
            cell.announced += u64::from(slot.announced);
            cell.come += u64::from(slot.values);
            let kind = place.kind;
            let past = place.past.and_then(|past| row.slots.get(past));
            let past = past.filter(|past| past.values > 0);
            let counts = slot.values > 0 || kind == Kind::Count;
            if let (true, Some(past), Some(sums)) = (counts, past, cell.past.get_mut(group)) {
                sums[0] += past.sum;
                sums[1] += 1.0;
            }
            if slot.values == 0 {
                continue;
            }
            if let Kind::Quantile { .. } = kind {
                cell.values.record(slot.sum)?;
            }
            let uncapped = Place { cap: None, ..place };
            let [numerator, denominator] = numbers(row, slot, place);
            let is_capped = numerator < numbers(row, slot, uncapped)[0];
            (cell.cap, cell.capped) = (place.cap, cell.capped + u64::from(is_capped));
            cell.units += u64::from(kind != Kind::Ratio || denominator > 0.0);
            cell.events += u64::from(slot.sum > 0.0);
            if let Some(sums) = cell.groups.get_mut(group) {
                sums[0] += numerator;
                sums[1] += denominator;
            }
        }
        Ok(())
    }

    fn add_crossed(&mut self, row: &Row, places: &[Place]) {
        self.crossed += 1;
        for (cell, &place) in self.cells.iter_mut().zip(places) {
            let slot = row.slots.get(place.slot).copied().unwrap_or_default();
            let kind = place.kind;
            let of_exposed = matches!(kind, Kind::Rate | Kind::Count);
            let [mut numerator, mut denominator] = numbers(row, &slot, place);
            if of_exposed {
                denominator = 1.0;
            }
            if kind == Kind::Rate {
                numerator = f64::from(u8::from(slot.sum > 0.0));
            }
            if of_exposed || denominator > 0.0 {
                let (units, sum, weight) = cell.crossed;
                cell.crossed = (units + 1, sum + numerator, weight + denominator);
            }
        }
    }
}

/// Returns how many outcomes a unit has.
fn outcomes(row: &Row, places: &[Place]) -> u64 {
    // A ratio's denominator came in the same record.
    let of_units = places.iter().filter(|place| place.kind != Kind::Gauge);
    let slots = of_units.filter_map(|place| row.slots.get(place.slot));
    slots.map(|slot| u64::from(slot.values)).sum()
}

/// Returns a unit's numerator, as far as it counts, and its denominator.
fn numbers(row: &Row, slot: &Slot, place: Place) -> [f64; 2] {
    let denominator = match place.kind {
        Kind::Ratio => row.slots.get(place.slot + 1).map_or(0.0, |slot| slot.sum),
        _ => f64::from(slot.values),
    };
    let greatest = match (place.cap, place.kind) {
        (None, _) => f64::INFINITY,
        (Some(cap), Kind::Count) => cap,
        (Some(cap), _) => cap * denominator,
    };
    [slot.sum.min(greatest), denominator]
}
