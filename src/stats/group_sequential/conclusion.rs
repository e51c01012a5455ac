//! The result of a trial, corrected for the early stop.

use super::Interim;
use super::design::lower_of;
use super::monitor::sides_of;
use super::recursion::{FAR, FARTHEST, Recursion, Tail};
use crate::stats::fixed_horizon::law;
use crate::stats::fixed_horizon::wald::UNBOUNDED;
use crate::stats::planning::Sides;
use crate::stats::special::{find_root, ln_normal_sf};
use crate::stats::{Alternative, Interval, PValue};

/// P-value, estimate and interval of a trial that has stopped.
///
/// # Formula
/// Outcomes are ordered *stage-wise*: an earlier crossing is more extreme than a later one, and
/// among those at one look the larger z. The p-value is the chance, without effect, of an
/// outcome at least as extreme; the interval's bounds are the effects under which that chance is
/// half of alpha (alpha if one-sided); the estimate is the effect under which it is one half,
/// so that it is too large as often as too small. p is below alpha exactly if the interval
/// excludes 0.
///
/// The estimate of an ordinary analysis is too far from zero after an early stop. A stop for
/// futility is taken as an early end of the trial, which makes p too large, never too small.
///
/// Tsiatis, Rosner and Mehta (1984), Biometrics 40, 797-803.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Conclusion {
    /// Stage-wise p-value.
    pub p: PValue,
    /// Median-unbiased estimate of the effect.
    pub estimate: f64,
    /// Stage-wise interval; one-sided if the alternative is.
    pub interval: Interval,
}

impl Conclusion {
    /// Concludes from all looks of a trial, the last of which is `last`.
    pub(super) fn of(looks: &[Interim], last: &Interim) -> Conclusion {
        let sides = sides_of(last.alternative);
        // Mirrored so that a trial that stopped below has stopped above.
        let mirrored = sides == Sides::Two && last.z < 0.0;
        let z = if mirrored { -last.z } else { last.z };
        let law = Stopped::after(looks, last, z);
        let p = match last.alternative {
            Alternative::TwoSided => {
                let above = law.more_extreme(0.0);
                PValue::of_two_tails(above.min(1.0 - above), || ln_normal_sf(z))
            }
            // The look's own tail is all that is left where the sum underflows.
            _ => PValue::of_one_tail(law.more_extreme(0.0), || ln_normal_sf(z)),
        };
        let unit = last.standard_error * last.fraction.sqrt();
        let sign = if mirrored || last.alternative == Alternative::Less {
            -1.0
        } else {
            1.0
        };
        let effect = |chance: f64| sign * unit * law.drift_at(chance);
        let tail = law::tail(last.alpha, last.alternative);
        let (one, other) = (effect(tail), effect(1.0 - tail));
        Conclusion {
            p,
            estimate: effect(0.5),
            interval: law::interval(
                (one.min(other), one.max(other)),
                UNBOUNDED,
                last.alpha,
                last.alternative,
            ),
        }
    }
}

/// The law of the outcomes of a trial that stopped at a look with this z.
struct Stopped {
    recursion: Recursion,
    time: f64,
    z: f64,
}

impl Stopped {
    fn after(looks: &[Interim], last: &Interim, z: f64) -> Stopped {
        let mut recursion = Recursion::new(match sides_of(last.alternative) {
            Sides::Two => FARTHEST,
            // Effects as far below as the outcome are asked for.
            Sides::One => (FAR - z.min(0.0)).min(FARTHEST),
        });
        for look in looks {
            recursion.approach(look.fraction);
            if look.number < last.number {
                let lower = lower_of(look.boundary, sides_of(look.alternative));
                recursion.pass(look.fraction, lower, look.boundary);
            }
        }
        Stopped {
            recursion,
            time: last.fraction,
            z,
        }
    }

    /// Returns the chance of an outcome at least as far above.
    fn more_extreme(&self, drift: f64) -> f64 {
        self.recursion.power(drift) + self.recursion.chance(Tail::Above, self.z, self.time, drift)
    }

    /// Returns the drift under which an outcome at least as far above has this chance.
    fn drift_at(&self, chance: f64) -> f64 {
        let naive = self.z / self.time.sqrt();
        let excess = |drift: f64| self.more_extreme(drift) - chance;
        let mut reach = 4.0 / self.time.sqrt();
        for _ in 0..12 {
            let (least, most) = (naive - reach, naive + reach);
            if excess(least) <= 0.0 && excess(most) >= 0.0 {
                return find_root(excess, least, most, 0.0);
            }
            reach *= 2.0;
        }
        naive
    }
}
