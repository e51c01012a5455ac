//! Boundaries below which a trial may be given up.

use super::recursion::{FAR, Recursion};
use super::{PlannedLook, Spending};
use crate::stats::Refusal;
use crate::stats::special::{find_root, normal_quantile};

/// What a futility boundary spends: the chance to miss an effect of this drift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Futility {
    pub(super) spending: Spending,
    pub(super) rate: f64,
    pub(super) drift: f64,
}

/// The lower boundaries of all looks, and the law of a trial that obeys them.
pub(super) struct Applied {
    pub(super) lower: Vec<f64>,
    pub(super) recursion: Recursion,
}

impl Futility {
    /// Returns the boundary of the next look; at a last look it meets the upper one.
    pub(super) fn boundary(
        &self,
        recursion: &mut Recursion,
        (before, time): (f64, f64),
        upper: f64,
    ) -> f64 {
        recursion.approach(time);
        if time >= 1.0 {
            return upper;
        }
        let spent = |t| self.spending.spent(self.rate, t);
        recursion.lower_boundary(time, spent(time) - spent(before), self.drift, upper)
    }

    /// Adds lower boundaries to planned looks.
    pub(super) fn applied(&self, looks: &[PlannedLook]) -> Applied {
        let mut recursion = Recursion::new(FAR);
        let mut before = 0.0;
        let mut lower = Vec::with_capacity(looks.len());
        for look in looks {
            let times = (before, look.fraction);
            let boundary = self.boundary(&mut recursion, times, look.boundary);
            recursion.pass(look.fraction, boundary, look.boundary);
            lower.push(boundary);
            before = look.fraction;
        }
        Applied { lower, recursion }
    }
}

impl Applied {
    pub(super) fn power(&self, drift: f64) -> f64 {
        self.recursion.power(drift)
    }
}

/// Returns the drift at which `reached` is this power, searched upwards from `least`.
pub(super) fn drift_of_power(
    reached: impl Fn(f64) -> f64,
    power: f64,
    least: f64,
) -> Result<f64, Refusal> {
    if let Some(drift) = by_secants(&reached, power, least) {
        return Ok(drift);
    }
    let lost = |drift: f64| power - reached(drift);
    // Looks cost power, so a single look's drift is too little, up to rounding.
    let from = least * (1.0 - 1e-9) - 1e-9;
    let mut to = least.max(0.5);
    for _ in 0..12 {
        if lost(to) < 0.0 {
            let drift = find_root(lost, from, to, 1e-12);
            return if drift.is_nan() {
                Err(Refusal::Overflow { what: "drift" })
            } else {
                Ok(drift)
            };
        }
        to *= 1.25;
    }
    Err(Refusal::Overflow { what: "drift" })
}

/// Finds the drift on the scale on which power is nearly a line of slope 1, in about five steps.
fn by_secants(reached: &impl Fn(f64) -> f64, power: f64, start: f64) -> Option<f64> {
    let wanted = normal_quantile(power);
    let missing = |drift: f64| wanted - normal_quantile(reached(drift));
    let (mut drift, mut before) = (start, missing(start));
    let mut step = before;
    for _ in 0..12 {
        drift += step;
        let now = missing(drift);
        // NaN and infinities, too: at the ends the scale says nothing.
        if !(now.abs() < 10.0 && drift > 0.0) {
            return None;
        }
        if now.abs() < 1e-13 || step.abs() < 1e-13 {
            return Some(drift);
        }
        step *= now / (before - now);
        before = now;
    }
    None
}
