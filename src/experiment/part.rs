//! What one server has noted.

use super::{ExperimentError, Kind, Setup, groups::Groups, outcomes::Outcomes, units::Units};
use crate::stats::{Histogram, Moments};

/// Holds what one server has noted, or several together.
///
/// Parts of one setup add up: in any order and partition they give the same read-out, up to
/// rounding in the last digits of sums of fractions.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "RawPart", into = "RawPart"))]
pub struct Part {
    pub(super) setup: Setup,
    pub(super) units: Units,
    pub(super) apart: Apart,
    /// Per metric: control, candidate.
    pub(super) cells: Vec<[Cell; 2]>,
    /// Per metric: control, candidate.
    pub(super) outcomes: Vec<[Outcomes; 2]>,
}

/// Counts requests that no draw has placed, which enter no metric.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct Apart {
    /// The chosen version failed, was rejected or saturated, so the live one answered.
    pub fallbacks: u64,
    /// The request asked for a version.
    pub overrides: u64,
    /// The session kept the version that it began with.
    pub pinned: u64,
    /// The unit was listed by name.
    pub listed: u64,
    /// An audience rule decided.
    pub audiences: u64,
    /// Outside of the experiment: held out, outside of its layer or gate, no release.
    pub outside: u64,
}

impl Apart {
    pub(super) fn merge(&mut self, other: Apart) {
        self.fallbacks = self.fallbacks.saturating_add(other.fallbacks);
        self.overrides = self.overrides.saturating_add(other.overrides);
        self.pinned = self.pinned.saturating_add(other.pinned);
        self.listed = self.listed.saturating_add(other.listed);
        self.audiences = self.audiences.saturating_add(other.audiences);
        self.outside = self.outside.saturating_add(other.outside);
    }
}

/// What is kept of one metric in one arm.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub(super) enum Cell {
    Groups(Groups),
    Values(Histogram),
    Gauge(Moments),
}

impl Cell {
    pub(super) fn new(kind: Kind) -> Cell {
        match kind {
            Kind::Rate | Kind::Mean | Kind::Ratio | Kind::Count => Cell::Groups(Groups::new()),
            Kind::Quantile { .. } => Cell::Values(Histogram::new()),
            Kind::Gauge => Cell::Gauge(Moments::new()),
        }
    }

    pub(super) fn merge(&mut self, other: &Cell) -> Result<(), ExperimentError> {
        match (self, other) {
            (Cell::Groups(ours), Cell::Groups(theirs)) => ours.merge(theirs),
            (Cell::Values(ours), Cell::Values(theirs)) => ours.merge(theirs)?,
            (Cell::Gauge(ours), Cell::Gauge(theirs)) => ours.merge(theirs)?,
            // Equal setups have equal cells.
            _ => {}
        }
        Ok(())
    }
}

impl Part {
    /// Returns the setup.
    #[must_use]
    pub const fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Returns the requests that were counted apart.
    #[must_use]
    pub const fn apart(&self) -> Apart {
        self.apart
    }

    /// Returns the fraction of exposed units that count, 1 until the set was full.
    #[must_use]
    pub fn units_sampled(&self) -> f64 {
        self.units.sampled()
    }

    /// Adds what another server has noted.
    ///
    /// # Errors
    /// [`ExperimentError::Mismatch`] if the setups differ, [`ExperimentError::Refused`] where a
    /// count overflows; then nothing is added.
    pub fn merge(&mut self, other: &Part) -> Result<(), ExperimentError> {
        if self.setup != other.setup {
            return Err(ExperimentError::Mismatch {
                left: self.setup.release.clone(),
                right: other.setup.release.clone(),
            });
        }
        let mut cells = self.cells.clone();
        for (ours, theirs) in cells.iter_mut().zip(&other.cells) {
            for (ours, theirs) in ours.iter_mut().zip(theirs) {
                ours.merge(theirs)?;
            }
        }
        self.cells = cells;
        let theirs = other.outcomes.iter().flatten();
        for (ours, theirs) in self.outcomes.iter_mut().flatten().zip(theirs) {
            ours.merge(*theirs);
        }
        self.units.merge(&other.units);
        self.apart.merge(other.apart);
        Ok(())
    }
}

#[cfg(feature = "serde")]
use crate::stats::state::StateError;

#[cfg(feature = "serde")]
const VERSION: u32 = 2;

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPart {
    version: u32,
    setup: Setup,
    units: Units,
    apart: Apart,
    cells: Vec<[Cell; 2]>,
    outcomes: Vec<[Outcomes; 2]>,
}

#[cfg(feature = "serde")]
impl From<Part> for RawPart {
    fn from(part: Part) -> RawPart {
        RawPart {
            version: VERSION,
            setup: part.setup,
            units: part.units,
            apart: part.apart,
            cells: part.cells,
            outcomes: part.outcomes,
        }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<RawPart> for Part {
    type Error = StateError;

    fn try_from(raw: RawPart) -> Result<Part, StateError> {
        const NAME: &str = "part of an experiment";
        StateError::check_version(NAME, raw.version, VERSION)?;
        let same = |(metric, cells): (&super::Metric, &[Cell; 2])| {
            let kind = core::mem::discriminant(&Cell::new(metric.kind));
            cells
                .iter()
                .all(|cell| core::mem::discriminant(cell) == kind)
        };
        let metrics = &raw.setup.metrics;
        let fits = metrics.len() == raw.cells.len() && metrics.iter().zip(&raw.cells).all(same);
        StateError::require(fits, NAME, "the cells are not those of the metrics")?;
        let fits = metrics.len() == raw.outcomes.len();
        StateError::require(fits, NAME, "the outcomes are not those of the metrics")?;
        Ok(Part {
            setup: raw.setup,
            units: raw.units,
            apart: raw.apart,
            cells: raw.cells,
            outcomes: raw.outcomes,
        })
    }
}
