//! The law of a test whose boundaries another method has set.

use super::design::{lower_of, start};
use super::fractions::Fractions;
use super::{GroupSequential, PlannedLook};
use crate::stats::planning::Sides;
use crate::stats::{Alpha, Refusal};

impl GroupSequential {
    /// Returns the trial that stops where `|z|` exceeds a stated boundary of the information.
    ///
    /// It spends what the boundaries make it spend, not alpha: for forecasts of other methods.
    pub(in crate::stats) fn with_stated_boundary(
        looks: &Fractions,
        boundary: impl Fn(f64) -> Result<f64, Refusal>,
        alpha: Alpha,
        sides: Sides,
    ) -> Result<GroupSequential, Refusal> {
        let mut recursion = start(sides);
        let mut planned = Vec::with_capacity(looks.as_slice().len());
        for &fraction in looks.as_slice() {
            let boundary = boundary(fraction)?;
            recursion.approach(fraction);
            recursion.pass(fraction, lower_of(boundary, sides), boundary);
            planned.push(PlannedLook {
                fraction,
                boundary,
                futility: None,
                spent_per_side: 0.0,
            });
        }
        for (look, (spent, _)) in planned.iter_mut().zip(recursion.exits(0.0)) {
            look.spent_per_side = spent;
        }
        Ok(GroupSequential {
            alpha,
            sides,
            looks: planned,
            recursion,
        })
    }
}
