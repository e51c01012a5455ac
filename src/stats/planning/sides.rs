//! Whether one direction counts or both.

use crate::stats::Alpha;

/// Tells whether a test looks for a difference in one direction or in both.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Sides {
    /// Either direction counts.
    #[default]
    Two,
    /// Only the direction that was planned for counts.
    One,
}

impl Sides {
    /// Returns the error rate of either side, of which there are one or two.
    pub(crate) fn rate_of_each(self, alpha: Alpha) -> f64 {
        match self {
            Sides::Two => 0.5 * alpha.get(),
            Sides::One => alpha.get(),
        }
    }
}
