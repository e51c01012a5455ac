//! The looks of a design, the chances to stop, and its size.

use crate::stats::special::normal_sf;

/// The boundaries of one planned look.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PlannedLook {
    /// Fraction of the maximal information.
    pub fraction: f64,
    /// The z beyond which the null hypothesis is rejected; not capped, infinite if nothing is
    /// spent.
    pub boundary: f64,
    /// The z below which the trial may be given up, if it was planned so.
    pub futility: Option<f64>,
    /// What this look spends of the error rate, on each side.
    pub spent_per_side: f64,
}

impl PlannedLook {
    /// Returns the one-sided p-value of a z on the boundary.
    #[must_use]
    pub fn nominal_p(&self) -> f64 {
        normal_sf(self.boundary)
    }
}

/// The chances to stop at one look.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Exit {
    /// Fraction of the maximal information.
    pub fraction: f64,
    /// Chance to stop first here, beyond the boundary in the direction that is tested.
    pub above: f64,
    /// Chance to stop first here below: for the opposite effect if two-sided, for futility if
    /// that was planned.
    pub below: f64,
}

/// Sizes as multiples of the size that one look at the end would need.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Inflation {
    /// The drift at which the design has the power.
    pub drift: f64,
    /// The largest size, reached if no look stops the trial.
    pub maximum: f64,
    /// The expected size if the effect is the planned one.
    pub expected: f64,
    /// The expected size if there is no effect.
    pub expected_without_effect: f64,
}
