//! Sums of an engine over a log, instead of a row for each unit.

mod row;

pub use row::{Counted, Grouping, LogRow};

use std::collections::BTreeSet;

use super::{
    Kind, LogError, Part, Setup, course::Course, gauges::Gauges, items::ItemsByUnit, row::Rows,
    totals::Totals,
};
use crate::{sorting::sort_by, stats::Refusal};

/// Rows that were checked, in an order of their own, and how their units are grouped.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sums {
    rows: Vec<LogRow>,
    grouping: Grouping,
}

impl Part {
    /// Returns a part from the rows of the query that [`Setup::sql`](super::Setup::sql) writes.
    ///
    /// Its read-out is that of a live experiment over the same log, with all its checks: to 1e-12
    /// relative if the log has the units' groups and a quantile has one value of each unit. The
    /// rows may come in any order. The rows of a log have no requests counted apart, announced
    /// outcomes, gauges or dropped arms, so the read-out shows none.
    ///
    /// It knows no single unit, so it cannot be merged with another part, and no experiment can
    /// continue from it.
    ///
    /// # Errors
    /// [`LogError`] for a row that the query does not give, with what is wrong with it.
    ///
    /// ```
    /// use switchstand::experiment::{Counted, Kind, LogRow, Metric, Part, Setup};
    /// use switchstand::stats::Worse;
    ///
    /// let errors = Metric::guardrail("errors", Kind::Rate, Worse::Higher, 0.01);
    /// let setup = Setup::new("ranker-ab-7", [("v1", 1), ("v2", 1)], [errors])?;
    /// let row = |counted, arm: &str, units, events, records| LogRow {
    ///     counted,
    ///     arm: arm.to_owned(),
    ///     metric: if counted == Counted::Values { "errors".to_owned() } else { String::new() },
    ///     units,
    ///     events,
    ///     denominator: f64::from(u8::from(counted == Counted::Values)) * records as f64,
    ///     numerator: events as f64,
    ///     records,
    ///     ..LogRow::default()
    /// };
    /// let part = Part::from_rows(setup, [
    ///     row(Counted::Units, "v1", 5_000, 0, 9_000),
    ///     row(Counted::Units, "v2", 5_040, 0, 9_100),
    ///     row(Counted::Values, "v1", 40, 40, 40),
    ///     row(Counted::Values, "v2", 260, 260, 260),
    /// ])?;
    /// assert!(part.read_out()?.to_string().contains("v2 is worse in errors"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_rows(
        setup: Setup,
        rows: impl IntoIterator<Item = LogRow>,
    ) -> Result<Part, LogError> {
        if let Some((metric, what)) = setup.beyond_sums() {
            let metric = metric.to_owned();
            return Err(LogError::Beyond { metric, what });
        }
        let sums = Sums::checked(&setup, rows.into_iter().collect())?;
        let of_requests = |row: &&LogRow| {
            let is_of_all = row.arm.is_empty() && row.metric.is_empty();
            row.counted == Counted::Units || row.counted == Counted::Crossed && is_of_all
        };
        let whole = sums.rows.iter().filter(|row| row.segment() == 0);
        let requests = whole.filter(of_requests);
        Ok(Part {
            course: Course::of(&setup),
            key: None,
            level: 0,
            rows: Rows::default(),
            items: ItemsByUnit::default(),
            excluded: BTreeSet::default(),
            exposures: requests.fold(0, |sum, row| sum.saturating_add(row.records)),
            apart: super::Apart::default(),
            gauges: Gauges::of(&setup),
            sums: Some(sums),
            setup,
        })
    }
}

impl Setup {
    /// Names a metric that needs more than sums over a log, and what it needs.
    pub(super) fn beyond_sums(&self) -> Option<(&str, &'static str)> {
        self.metrics.iter().find_map(|metric| {
            let what = match (metric.adjusted, metric.cap) {
                (true, _) => "is adjusted by what units were like before",
                (false, Some(_)) => "caps what one unit counts for",
                (false, None) => return None,
            };
            Some((metric.name.as_str(), what))
        })
    }
}

impl Sums {
    /// Checks the rows of an engine, or of a stored part.
    pub(super) fn checked(setup: &Setup, mut rows: Vec<LogRow>) -> Result<Sums, LogError> {
        let grouping = rows.first().map_or(Grouping::Key, |row| row.grouped_by);
        for row in &rows {
            row.check(setup, grouping)?;
        }
        sort_by(&mut rows, |left, right| left.place().cmp(&right.place()));
        for pair in rows.windows(2) {
            if let [one, other] = pair
                && one.place() == other.place()
            {
                return Err(LogError::twice(other));
            }
        }
        Ok(Sums { rows, grouping })
    }

    pub(super) const fn grouping(&self) -> Grouping {
        self.grouping
    }

    #[cfg(feature = "serde")]
    pub(super) fn into_rows(self) -> Vec<LogRow> {
        self.rows
    }

    /// Returns the number of units that were exposed to one arm alone.
    pub(super) fn units(&self) -> u64 {
        let rows = self.rows.iter().filter(|row| row.segment() == 0);
        let rows = rows.filter(|row| row.counted == Counted::Units);
        rows.fold(0, |sum, row| sum.saturating_add(row.units))
    }

    /// Makes totals of the rows, over all units and over those of each segment.
    pub(super) fn totals(&self, setup: &Setup) -> Result<(Totals, Vec<Totals>), Refusal> {
        let mut whole = Totals::empty(setup);
        let mut segments: Vec<Totals> =
            (0..segments(setup)).map(|_| Totals::empty(setup)).collect();
        for row in &self.rows {
            let totals = match row.segment().checked_sub(1) {
                Some(number) => segments.get_mut(number),
                None => Some(&mut whole),
            };
            let Some(totals) = totals else { continue };
            add(totals, setup, row)?;
        }
        for totals in segments.iter_mut().chain([&mut whole]) {
            // What a unit without an event adds is known only after all units are counted.
            totals.count_units(setup);
            for arm in &mut totals.arms {
                for (cell, metric) in arm.cells.iter_mut().zip(&setup.metrics) {
                    if matches!(metric.kind, Kind::Rate | Kind::Count) && arm.crossed > 0 {
                        let (_, sum, _) = cell.crossed;
                        cell.crossed = (arm.crossed, sum, arm.crossed as f64);
                    }
                }
            }
        }
        Ok((whole, segments))
    }
}

/// Returns the number of segments of all divisions.
fn segments(setup: &Setup) -> usize {
    let divisions = setup.divisions.iter();
    divisions.map(|division| division.segments.len()).sum()
}

fn add(totals: &mut Totals, setup: &Setup, row: &LogRow) -> Result<(), Refusal> {
    let group = row.group();
    let metric = setup.metric(&row.metric).ok();
    let kind = metric.and_then(|place| Some(setup.metrics.get(place)?.kind));
    let is_of_records = match row.counted {
        Counted::Values | Counted::Never => true,
        Counted::Crossed => row.arm.is_empty() && !row.metric.is_empty(),
        _ => false,
    };
    if is_of_records {
        totals.records += row.records;
    }
    let arm = setup.arm(&row.arm).ok();
    let Some(arm) = arm.and_then(|place| totals.arms.get_mut(place)) else {
        match row.counted {
            Counted::Crossed if row.metric.is_empty() => totals.crossed = row.units,
            Counted::Never => {
                totals.left_out.never_exposed_units = row.units;
                totals.left_out.never_exposed_records = row.records;
            }
            Counted::Early => totals.left_out.early = row.records,
            Counted::Late => totals.left_out.late = row.records,
            Counted::Repeated => totals.left_out.repeated = row.records - row.units,
            _ => {}
        }
        return Ok(());
    };
    let cell = metric.and_then(|place| arm.cells.get_mut(place));
    match (row.counted, cell) {
        (Counted::Units, _) => {
            arm.units += row.units;
            if let Some(units) = arm.by_group.get_mut(usize::from(group)) {
                *units += row.units as f64;
            }
        }
        (Counted::Crossed, None) => arm.crossed = row.units,
        (Counted::Crossed, Some(cell)) => {
            let sum = match kind {
                Some(Kind::Rate) => row.events as f64,
                _ => row.numerator,
            };
            cell.crossed = (row.units, sum, row.denominator);
        }
        (Counted::Quantile, Some(cell)) if matches!(kind, Some(Kind::RequestQuantile { .. })) => {
            cell.requests.record(row.numerator, group, row.records);
        }
        (Counted::Quantile, Some(cell)) => cell.values.record_many(row.numerator, row.units)?,
        (Counted::Values, Some(cell)) => {
            cell.units += row.units;
            cell.events += row.events;
            cell.come += row.records;
            if let Some(sums) = cell.groups.get_mut(usize::from(group)) {
                *sums = [row.numerator, row.denominator];
            }
        }
        _ => {}
    }
    Ok(())
}
