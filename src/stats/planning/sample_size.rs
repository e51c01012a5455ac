//! How many units a design needs.

use super::check_positive;
use crate::stats::Refusal;

/// How many units a design needs.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[must_use]
pub struct SampleSize {
    pub(super) control_solution: f64,
    pub(super) ratio: f64,
}

impl SampleSize {
    /// Returns the formula's solution for the control, before rounding up.
    #[must_use]
    pub const fn control_solution(&self) -> f64 {
        self.control_solution
    }

    /// Returns the units that the control needs.
    #[must_use]
    pub fn control(&self) -> u64 {
        self.control_solution.ceil() as u64
    }

    /// Returns the units that the candidate needs.
    #[must_use]
    pub fn candidate(&self) -> u64 {
        (self.control_solution * self.ratio).ceil() as u64
    }

    /// Returns the units that both arms need.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.control() + self.candidate()
    }

    /// Returns for how many whole periods the test runs.
    ///
    /// So many new units come per period. Count units once: a user who returns every day is one
    /// unit. Run whole weeks if days differ.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for a number of units that is not positive and finite.
    pub fn periods(&self, units_per_period: f64) -> Result<u64, Refusal> {
        check_positive("units per period", units_per_period)?;
        Ok((self.total() as f64 / units_per_period).ceil() as u64)
    }
}
