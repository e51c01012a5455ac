//! What a test must be able to do.

use super::{SampleSize, check_positive, critical};
use crate::stats::special::normal_quantile;
use crate::stats::{Alpha, Refusal};

/// What a test must be able to do.
///
/// ```
/// use switchstand::stats::Alpha;
/// use switchstand::stats::planning::{Design, proportions};
/// let design = Design::new(Alpha::FIVE_PERCENT, 0.8)?;
/// let size = proportions::sample_size(0.05, 0.06, &design)?;
/// assert_eq!((size.control(), size.candidate()), (8_158, 8_158));
/// assert_eq!(size.periods(2_000.0)?, 9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Design {
    alpha: Alpha,
    power: f64,
    sides: Sides,
    ratio: f64,
}

impl Design {
    /// Returns a two-sided design with arms of equal size.
    ///
    /// `power` is the probability of finding the planned effect; 0.8 is usual, 0.9 if missing it
    /// costs more.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for a power that is not strictly between 0 and 1.
    pub fn new(alpha: Alpha, power: f64) -> Result<Design, Refusal> {
        let holds = power > 0.0 && power < 1.0;
        Refusal::require(holds, "power", power, "a number strictly between 0 and 1")?;
        Ok(Design {
            alpha,
            power,
            sides: Sides::Two,
            ratio: 1.0,
        })
    }

    /// Returns the design with this number of sides.
    #[must_use]
    pub const fn with_sides(self, sides: Sides) -> Design {
        Design { sides, ..self }
    }

    /// Returns the design with so many candidate units per control unit.
    ///
    /// A 5 % canary has a ratio of 0.05 / 0.95.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for a ratio that is not positive and finite.
    pub fn with_ratio(self, ratio: f64) -> Result<Design, Refusal> {
        check_positive("ratio of the arms' sizes", ratio)?;
        Ok(Design { ratio, ..self })
    }

    /// Returns the error rate of the test.
    #[must_use]
    pub const fn alpha(&self) -> Alpha {
        self.alpha
    }

    /// Returns the probability of finding the effect that is planned for.
    #[must_use]
    pub const fn power(&self) -> f64 {
        self.power
    }

    /// Returns the directions that count.
    #[must_use]
    pub const fn sides(&self) -> Sides {
        self.sides
    }

    /// Returns the number of candidate units per control unit.
    #[must_use]
    pub const fn ratio(&self) -> f64 {
        self.ratio
    }

    /// Returns the normal quantiles of error rate and power.
    pub(super) fn quantiles(&self) -> (f64, f64) {
        (
            critical(self.alpha, self.sides),
            normal_quantile(self.power),
        )
    }

    pub(super) fn size(&self, control: f64) -> Result<SampleSize, Refusal> {
        let total = control + control * self.ratio;
        // False for a NaN too, which an overflow may have left behind.
        if total <= crate::stats::state::MAX_COUNT as f64 {
            Ok(SampleSize {
                control_solution: control,
                ratio: self.ratio,
            })
        } else {
            Err(Refusal::overflow("sample size"))
        }
    }
}

/// Whether a test looks for a difference in one direction or in both.
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
