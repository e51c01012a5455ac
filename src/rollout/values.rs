//! One number of each unit of a step, of both sides.

use super::{Quantiles, units_met::UnitsMet};
use crate::stats::{Alpha, Histogram, Refusal, anytime::QuantileSequence, guard::Side};

/// The fractions above the control's quantile that are harm, and that are still safe.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Compared {
    pub(super) order: f64,
    pub(super) harm: f64,
    pub(super) safe: f64,
    /// The error rate of one step.
    pub(super) alpha: Alpha,
}

/// The first number of each unit in one step.
///
/// The control's numbers are kept multiplied by the margins, so that the test is for a difference
/// of 0.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Values {
    seen: UnitsMet,
    candidate: Histogram,
    control: Histogram,
    at_harm: Histogram,
    at_safe: Histogram,
}

/// The number of values of a side at which the bounds are narrowest.
const BEST_AT: u64 = 2_000;

impl Default for Values {
    fn default() -> Values {
        let empty = Histogram::new;
        Values {
            seen: UnitsMet::new(0),
            candidate: empty(),
            control: empty(),
            at_harm: empty(),
            at_safe: empty(),
        }
    }
}

impl Values {
    /// Takes a unit's number if it is its first, and tells whether it counts.
    pub(super) fn take(
        &mut self,
        unit: u64,
        side: Side,
        value: f64,
        compared: &Compared,
    ) -> Result<bool, Refusal> {
        // A number that cannot be kept is refused before the unit counts as known.
        Histogram::new().record(value * (1.0 + compared.safe.max(compared.harm)))?;
        if !self.seen.add(unit) {
            return Ok(false);
        }
        match side {
            Side::Candidate => self.candidate.record(value)?,
            Side::Control => {
                self.control.record(value)?;
                self.at_harm.record(value * (1.0 + compared.harm))?;
                self.at_safe.record(value * (1.0 + compared.safe))?;
            }
        }
        Ok(true)
    }

    /// Compares the two sides; `None` before both have a number.
    pub(super) fn compare(&self, compared: &Compared) -> Option<Quantiles> {
        let Compared { order, alpha, .. } = *compared;
        let sequence = QuantileSequence::new(order, BEST_AT, alpha).ok()?;
        let bounds = |control| sequence.difference(control, &self.candidate).ok();
        Some(Quantiles {
            order,
            control: self.control.quantile(order).ok()?,
            candidate: self.candidate.quantile(order).ok()?,
            units: [self.control.n(), self.candidate.n()],
            // An infinite bound says nothing and no JSON file can hold it, so it becomes the
            // largest finite number.
            above_harm: bounds(&self.at_harm)?.interval.lower.max(f64::MIN),
            above_safe: bounds(&self.at_safe)?.interval.upper.min(f64::MAX),
        })
    }

    /// Adds the numbers that another server has taken; a unit that both know counts twice.
    pub(super) fn merge(&mut self, other: &Values) -> Result<(), Refusal> {
        self.seen.merge(&other.seen);
        self.candidate.merge(&other.candidate)?;
        self.control.merge(&other.control)?;
        self.at_harm.merge(&other.at_harm)?;
        self.at_safe.merge(&other.at_safe)
    }
}
