//! The boundaries of a planned trial, its power and its size.

use super::fractions::Fractions;
use super::futility::{Futility, drift_of_power};
use super::recursion::{FAR, FARTHEST, Recursion};
use super::{Exit, Inflation, PlannedLook, Spending};
use crate::stats::planning::Sides;
use crate::stats::special::{find_root, normal_isf, normal_quantile};
use crate::stats::{Alpha, Refusal};

/// The boundaries of a trial with planned looks.
///
/// # Formula
/// The z statistics of the looks are those of a Brownian motion at the information fractions.
/// At each look the boundary is the z that is crossed for the first time with the probability
/// that the [`Spending`] function gives to this look. A two-sided trial spends half of alpha on
/// each side. The integrals are Gauss-Legendre sums, right to about 1e-13.
///
/// # Assumptions
/// Estimates that are normal with known variance, and increments between the looks that are
/// independent: means, rates, and estimates from regression in samples that are large at the
/// *first* look.
///
/// A *drift* is the expected z at full information: effect over the standard error that the
/// planned maximum would give. Every function of it asks for the direction that is tested.
///
/// Jennison and Turnbull (2000), <https://doi.org/10.1201/9780367805326>.
///
/// ```
/// use switchstand::stats::Alpha;
/// use switchstand::stats::group_sequential::{Fractions, GroupSequential, Spending};
/// use switchstand::stats::planning::Sides;
/// let looks = Fractions::equally_spaced(5)?;
/// let design =
///     GroupSequential::new(&looks, Spending::OBRIEN_FLEMING, Alpha::FIVE_PERCENT, Sides::Two)?;
/// let size = design.inflation(0.8)?;
/// assert!(size.maximum < 1.03 && size.expected < 0.83);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GroupSequential {
    pub(super) alpha: Alpha,
    pub(super) sides: Sides,
    pub(super) looks: Vec<PlannedLook>,
    pub(super) recursion: Recursion,
}

impl GroupSequential {
    /// Returns the design that spends `alpha` by this function.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] if a boundary has no representation.
    pub fn new(
        looks: &Fractions,
        spending: Spending,
        alpha: Alpha,
        sides: Sides,
    ) -> Result<GroupSequential, Refusal> {
        let rate = sides.rate_of_each(alpha);
        let mut recursion = start(sides);
        let mut planned = Vec::with_capacity(looks.as_slice().len());
        let mut before = 0.0;
        for &fraction in looks.as_slice() {
            let now = spending.spent(rate, fraction);
            let boundary = next_boundary(&mut recursion, fraction, before, now, sides)?;
            planned.push(PlannedLook {
                fraction,
                boundary,
                futility: None,
                spent_per_side: now - before,
            });
            recursion.pass(fraction, lower_of(boundary, sides), boundary);
            before = now;
        }
        Ok(GroupSequential {
            alpha,
            sides,
            looks: planned,
            recursion,
        })
    }

    /// Returns the classical design with boundaries `C t^(delta - 1/2)`.
    ///
    /// A `delta` of 0 gives O'Brien and Fleming's boundaries, 1/2 gives Pocock's. `C` depends on
    /// all looks, so they must be taken as planned; a [`Spending`] function is more forgiving.
    ///
    /// Wang and Tsiatis (1987), <https://doi.org/10.2307/2531959>.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] unless `delta` lies between 0 and 1/2 and the error rate of a side
    /// is below 1/2.
    pub fn wang_tsiatis(
        looks: &Fractions,
        delta: f64,
        alpha: Alpha,
        sides: Sides,
    ) -> Result<GroupSequential, Refusal> {
        let rate = sides.rate_of_each(alpha);
        let holds = (0.0..=0.5).contains(&delta);
        Refusal::require(holds, "delta", delta, "from 0 to 0.5")?;
        let expected = "a rate per side below 0.5";
        Refusal::require(rate < 0.5, "alpha", alpha.get(), expected)?;
        let pass_all = |constant: f64| {
            let mut recursion = start(sides);
            for &fraction in looks.as_slice() {
                let boundary = constant * fraction.powf(delta - 0.5);
                recursion.approach(fraction);
                recursion.pass(fraction, lower_of(boundary, sides), boundary);
            }
            recursion
        };
        let excess = |constant| {
            let crossed: f64 = pass_all(constant).exits(0.0).map(|(above, _)| above).sum();
            crossed - rate
        };
        // All is spent at the last look at most, and each look spends no more than that one.
        let fractions = looks.as_slice();
        let last = fractions.last().copied().unwrap_or(1.0).powf(0.5 - delta);
        let least = normal_isf(rate) * last;
        let most = normal_isf(rate / fractions.len() as f64) * last;
        let constant = find_root(excess, least - 1e-9, most + 1e-9, 1e-14);
        let recursion = pass_all(constant);
        let spent = recursion.exits(0.0);
        let planned = fractions.iter().zip(spent).map(|(&fraction, (spent, _))| {
            let boundary = constant * fraction.powf(delta - 0.5);
            PlannedLook {
                fraction,
                boundary,
                futility: None,
                spent_per_side: spent,
            }
        });
        Ok(GroupSequential {
            alpha,
            sides,
            looks: planned.collect(),
            recursion,
        })
    }

    /// Returns the design with a futility boundary: the trial may be given up if success is
    /// unlikely.
    ///
    /// This function spends `1 - power`, the chance to miss the effect, over the looks.
    ///
    /// The futility boundary is *non-binding*: the boundary for success does not depend on it, so
    /// going on against its advice costs no error rate. It costs power, which a larger maximum
    /// restores: the design has `power` at the [`drift`](Inflation::drift) of its
    /// [`inflation`](GroupSequential::inflation).
    ///
    /// Chang, Hwang and Shih (1998), <https://doi.org/10.1080/03610929808832161>.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for a two-sided design, for one that does not end at full
    /// information, or a power that is no more than alpha.
    pub fn with_futility(self, power: f64, spending: Spending) -> Result<GroupSequential, Refusal> {
        let expected = "1 for futility";
        let is_one = self.sides == Sides::One;
        Refusal::require(is_one, "number of sides", 2.0, expected)?;
        let end = self.looks.last().map_or(0.0, |look| look.fraction);
        Refusal::require(end == 1.0, "last information fraction", end, expected)?;
        let fixed = self.fixed_drift(power)?;
        let futility = |drift| Futility {
            spending,
            rate: 1.0 - power,
            drift,
        };
        let reached = |drift: f64| futility(drift).applied(&self.looks).power(drift);
        let drift = drift_of_power(reached, power, fixed)?;
        let applied = futility(drift).applied(&self.looks);
        let looks = self.looks.iter().zip(applied.lower);
        let looks = looks.map(|(&look, lower)| PlannedLook {
            futility: Some(lower),
            ..look
        });
        Ok(GroupSequential {
            looks: looks.collect(),
            recursion: applied.recursion,
            ..self
        })
    }

    /// Returns the planned looks in order.
    #[must_use]
    pub fn looks(&self) -> &[PlannedLook] {
        &self.looks
    }

    /// Returns the chances to stop at each look under a drift.
    ///
    /// With a futility boundary they assume that it is obeyed.
    #[must_use]
    pub fn exits(&self, drift: f64) -> Vec<Exit> {
        let fractions = self.looks.iter().map(|look| look.fraction);
        fractions
            .zip(self.recursion.exits(drift))
            .map(|(fraction, (above, below))| Exit {
                fraction,
                above,
                below,
            })
            .collect()
    }

    /// Returns the chance to find the effect in the direction of the drift.
    #[must_use]
    pub fn power(&self, drift: f64) -> f64 {
        self.recursion.power(drift)
    }

    /// Returns the expected information when the trial stops, as a fraction of the maximum.
    #[must_use]
    pub fn expected_information(&self, drift: f64) -> f64 {
        let (mut expected, mut stopped, mut last) = (0.0, 0.0, 0.0);
        for exit in self.exits(drift) {
            last = exit.fraction;
            expected += last * (exit.above + exit.below);
            stopped += exit.above + exit.below;
        }
        expected + last * (1.0 - stopped)
    }

    /// Returns the sizes with which the design has this power, relative to a single look's.
    ///
    /// Multiply them with the size of a fixed-horizon plan for the same effect, alpha and power.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] for a power that is not between alpha and 1.
    pub fn inflation(&self, power: f64) -> Result<Inflation, Refusal> {
        let fixed = self.fixed_drift(power)?;
        let drift = drift_of_power(|drift| self.power(drift), power, fixed)?;
        let maximum = (drift / fixed) * (drift / fixed);
        Ok(Inflation {
            drift,
            maximum,
            expected: maximum * self.expected_information(drift),
            expected_without_effect: maximum * self.expected_information(0.0),
        })
    }

    /// Returns the drift that a single look at the end would need.
    fn fixed_drift(&self, power: f64) -> Result<f64, Refusal> {
        let rate = self.sides.rate_of_each(self.alpha);
        let holds = power > rate && power < 1.0;
        Refusal::require(holds, "power", power, "a number between alpha and 1")?;
        Ok(normal_isf(rate) + normal_quantile(power))
    }
}

/// Returns the recursion before the first look.
pub(super) fn start(sides: Sides) -> Recursion {
    Recursion::new(match sides {
        Sides::Two => FARTHEST,
        Sides::One => FAR,
    })
}

/// Returns the lower boundary that belongs to this upper one.
pub(super) fn lower_of(boundary: f64, sides: Sides) -> f64 {
    match sides {
        Sides::Two => -boundary,
        Sides::One => f64::NEG_INFINITY,
    }
}

/// Returns the boundary with which a look spends what lies between `before` and `now`.
pub(super) fn next_boundary(
    recursion: &mut Recursion,
    time: f64,
    before: f64,
    now: f64,
    sides: Sides,
) -> Result<f64, Refusal> {
    recursion.approach(time);
    let cumulative = match sides {
        Sides::Two => 2.0 * now,
        Sides::One => now,
    };
    let boundary = recursion.upper_boundary(time, now - before, cumulative);
    if boundary.is_nan() {
        return Err(Refusal::Overflow { what: "boundary" });
    }
    Ok(boundary)
}
