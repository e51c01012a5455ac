//! How many units get which version.

use core::fmt;
use std::collections::BTreeMap;

use super::{Population, TestError, ToPlan, member::InWords};
use crate::{
    Plan, Share, Unit,
    stats::{
        PValue, Refusal,
        sample_ratio::{self, GoodnessOfFit},
        special::{chi2_sf, ln_chi2_sf},
    },
};

/// Fewest units that may be expected in each cell of a table for the chi-squared law to hold.
const LEAST_EXPECTED: f64 = 5.0;

/// A table of units by version, and by what else they differ in.
///
/// ```
/// use switchstand::Policy;
/// use switchstand::testing::{CountTable, Population};
/// let users = Population::synthetic(10_000, 7).with("tier", [("paying", 1), ("free", 9)])?;
/// let policy = Policy::canary("ranker-2026-11", "v2", "20%".parse()?);
/// let table = CountTable::by(&policy, &users, "tier")?;
/// println!("{table}");
/// // Who pays does not matter for the draw.
/// assert!(table.independence()?.p.value > 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CountTable {
    /// The units of each version in each row, both in the byte order of their names.
    rows: BTreeMap<String, BTreeMap<String, u64>>,
    columns: Vec<String>,
}

impl CountTable {
    /// Counts the units that each version answers, in one row.
    ///
    /// # Errors
    /// [`TestError::Refused`] if the policy is refused.
    pub fn of(
        subject: &(impl ToPlan + ?Sized),
        population: &Population,
    ) -> Result<CountTable, TestError> {
        CountTable::rows(
            subject,
            population.units().map(|unit| ("units".to_owned(), unit)),
        )
    }

    /// Counts the units of each version, in a row for each value of an attribute.
    ///
    /// # Errors
    /// [`TestError::Refused`] if the policy is refused.
    pub fn by(
        subject: &(impl ToPlan + ?Sized),
        population: &Population,
        attribute: &str,
    ) -> Result<CountTable, TestError> {
        let rows = population.members().iter().map(|member| {
            let value = member.get(attribute);
            (
                value.map_or("-".to_owned(), |value| InWords(value).to_string()),
                member.unit(),
            )
        });
        CountTable::rows(subject, rows)
    }

    /// Counts the units of each version of one policy, in rows by another.
    ///
    /// # Errors
    /// [`TestError::Refused`] if a policy is refused.
    pub fn across(
        rows: &(impl ToPlan + ?Sized),
        columns: &(impl ToPlan + ?Sized),
        population: &Population,
    ) -> Result<CountTable, TestError> {
        let plan = rows.to_plan()?;
        CountTable::rows(
            columns,
            population.units().map(|unit| (version(&plan, unit), unit)),
        )
    }

    fn rows<'a>(
        subject: &(impl ToPlan + ?Sized),
        units: impl Iterator<Item = (String, Unit<'a>)>,
    ) -> Result<CountTable, TestError> {
        let plan = subject.to_plan()?;
        let mut rows: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for (row, unit) in units {
            *rows
                .entry(row)
                .or_default()
                .entry(version(&plan, unit))
                .or_default() += 1;
        }
        let mut columns: Vec<String> = rows.values().flat_map(BTreeMap::keys).cloned().collect();
        columns.sort_unstable();
        columns.dedup();
        Ok(CountTable { rows, columns })
    }

    /// Returns the units of a row that a version answers.
    #[must_use]
    pub fn count(&self, row: &str, version: &str) -> u64 {
        let count = self.rows.get(row).and_then(|row| row.get(version));
        count.copied().unwrap_or_default()
    }

    /// Returns the units of all rows that a version answers.
    #[must_use]
    pub fn count_of(&self, version: &str) -> u64 {
        self.rows.keys().map(|row| self.count(row, version)).sum()
    }

    /// Returns the number of all units.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.rows.values().flat_map(BTreeMap::values).sum()
    }

    /// Tests the sizes of versions against shares, which are to sum to all units.
    ///
    /// It is Pearson's chi-squared test, valid for one look.
    ///
    /// # Errors
    /// [`TestError::Counts`] if the test is impossible, as with a share of nobody or too few
    /// units.
    pub fn goodness_of_fit<S>(
        &self,
        shares: impl IntoIterator<Item = (impl AsRef<str>, S)>,
    ) -> Result<GoodnessOfFit, TestError>
    where
        S: TryInto<Share, Error: Into<TestError>>,
    {
        let (mut counts, mut weights) = (Vec::new(), Vec::new());
        for (version, share) in shares {
            counts.push(self.count_of(version.as_ref()));
            weights.push(share.try_into().map_err(Into::into)?.as_fraction());
        }
        let sum: f64 = weights.iter().sum();
        let all = counts.iter().sum::<u64>();
        if (sum - 1.0).abs() > 1e-9 || all != self.total() {
            return Err(TestError::Counts(Refusal::OutOfRange {
                what: "the sum of the shares",
                value: sum,
                expected: "1, with a share for every version that answers",
            }));
        }
        let least = weights.iter().copied().fold(f64::INFINITY, f64::min);
        check_expected(least * all as f64)?;
        Ok(sample_ratio::chi_squared(&counts, &weights)?)
    }

    /// Tests whether rows and versions are independent.
    ///
    /// `sum (O - E)^2 / E` over all cells, where `E` is the product of the sums of row and
    /// column over the sum of all, on `(rows - 1)(columns - 1)` degrees of freedom. It is
    /// Pearson's test, valid for one look.
    ///
    /// Pearson (1900), <https://doi.org/10.1080/14786440009463897>.
    ///
    /// # Errors
    /// [`TestError::Counts`] with fewer than two rows or columns, or with fewer than five units
    /// expected in a cell.
    pub fn independence(&self) -> Result<GoodnessOfFit, TestError> {
        for (what, found) in [
            ("the rows", self.rows.len()),
            ("the columns", self.columns.len()),
        ] {
            if found < 2 {
                let found = found as u64;
                return Err(TestError::Counts(Refusal::too_few(what, found, 2)));
            }
        }
        let total = self.total() as f64;
        let mut statistic = 0.0;
        for (row, counts) in &self.rows {
            let in_row = counts.values().sum::<u64>() as f64;
            for column in &self.columns {
                let expected = in_row * self.count_of(column) as f64 / total;
                check_expected(expected)?;
                let deviation = self.count(row, column) as f64 - expected;
                statistic += deviation * deviation / expected;
            }
        }
        let free = (self.rows.len() as u64 - 1) * (self.columns.len() as u64 - 1);
        let degrees = free as f64;
        let p = PValue::of_one_tail(chi2_sf(statistic, degrees), || {
            ln_chi2_sf(statistic, degrees)
        });
        Ok(GoodnessOfFit {
            statistic,
            degrees_of_freedom: free,
            p,
        })
    }
}

fn version(plan: &Plan, unit: Unit<'_>) -> String {
    let route = plan.route(unit);
    plan.version_of(&route).unwrap_or_default().to_owned()
}

fn check_expected(least: f64) -> Result<(), TestError> {
    if least >= LEAST_EXPECTED {
        return Ok(());
    }
    Err(TestError::Counts(Refusal::too_few(
        "the cell where the fewest units are expected",
        least as u64,
        LEAST_EXPECTED as u64,
    )))
}

impl fmt::Display for CountTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.rows.keys().map(|name| name.chars().count());
        let width = names.max().unwrap_or_default().max(5);
        let widths: Vec<usize> = self
            .columns
            .iter()
            .map(|name| name.chars().count().max(18))
            .collect();
        write!(f, "{:width$}  {:>9}", "", "units")?;
        for (column, width) in self.columns.iter().zip(&widths) {
            write!(f, "  {column:>width$}")?;
        }
        for (row, counts) in &self.rows {
            let units: u64 = counts.values().sum();
            write!(f, "\n{row:width$}  {units:>9}")?;
            for (column, width) in self.columns.iter().zip(&widths) {
                let count = self.count(row, column);
                let cell = format!("{count} ({:.2} %)", 100.0 * count as f64 / units as f64);
                write!(f, "  {cell:>width$}")?;
            }
        }
        if let Ok(test) = self.independence() {
            write!(
                f,
                "\nrows differ: chi-squared {:.2} on {} degrees of freedom, {}",
                test.statistic, test.degrees_of_freedom, test.p
            )?;
        }
        Ok(())
    }
}
