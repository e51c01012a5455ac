//! The law of a test statistic that is stopped at boundaries.
//!
//! The statistics of successive looks are those of a Brownian motion `B` with a drift, seen at
//! fractions of the information: `Z = B(t) / sqrt t`. Armitage, McPherson and Rowe (1969),
//! <https://doi.org/10.2307/2343787>, carry the density of `B`, among the trials that still run,
//! from look to look. It is kept without drift; since `B(t)` is sufficient, the density under a
//! drift `d` is the same times `exp(d B - d^2 t / 2)`, so one recursion serves every drift.

use crate::stats::special::{SQRT_TAU, find_root, gauss_legendre_20, normal_isf, normal_sf};

/// Width of an integration panel, in standard deviations of the narrower of its two increments:
/// 20 nodes integrate a normal density over that to 1e-26.
const PANEL: f64 = 3.0;

/// Beyond so many standard deviations there is nothing that an `f64` can hold.
pub(super) const FARTHEST: f64 = 37.0;

/// Far enough below for trials that can only stop above.
pub(super) const FAR: f64 = 13.0;

/// Greatest `x` with a positive `exp(-x^2 / 2)`.
const KERNEL_REACH: f64 = 38.6;

/// Standard deviations beyond which a step ends in the tail as surely as an `f64` can tell.
const CERTAIN: f64 = 8.5;

/// Part of a sum that does not show in it.
const UNSEEN: f64 = 1e-18;

/// Logarithm of a part of a density that does not show in it.
const LN_UNSEEN: f64 = -45.0;

/// The looks so far, and the density of the trials that passed them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Recursion {
    stages: Vec<Stage>,
    /// Where a side without boundary is cut off, in standard deviations.
    floor: f64,
}

#[derive(Clone, Debug, PartialEq)]
struct Stage {
    time: f64,
    /// Boundaries of Z at this look.
    lower: f64,
    upper: f64,
    /// The density of B between the boundaries, laid out once the next look is known.
    panels: Vec<Panel>,
}

/// Equally wide parts of the range, with the density times the weight at each node.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Panel {
    middle: f64,
    half: f64,
    masses: [f64; NODES],
}

/// Nodes of a panel.
const NODES: usize = 20;

/// Which boundary is crossed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tail {
    Above,
    Below,
}

impl Recursion {
    /// Starts at time 0, where `B` is 0.
    pub(super) fn new(floor: f64) -> Recursion {
        // All nodes lie at 0 and share the whole mass.
        let masses = [1.0 / NODES as f64; NODES];
        let origin = Stage {
            time: 0.0,
            lower: 0.0,
            upper: 0.0,
            panels: vec![Panel {
                middle: 0.0,
                half: 0.0,
                masses,
            }],
        };
        Recursion {
            stages: vec![origin],
            floor,
        }
    }

    /// Makes ready for a look at `time`, which lies after the last one.
    pub(super) fn approach(&mut self, time: f64) {
        if let [.., from, last] = self.stages.as_mut_slice() {
            let increment = (last.time - from.time).sqrt();
            let width = PANEL * increment.min((time - last.time).sqrt());
            let root = last.time.sqrt();
            let cut = |z: f64| {
                if z.is_finite() {
                    z.clamp(-FARTHEST, FARTHEST)
                } else if z > 0.0 {
                    FARTHEST
                } else {
                    -self.floor
                }
            };
            let (lower, upper) = (cut(last.lower) * root, cut(last.upper) * root);
            last.panels = spread(&from.panels, increment, lower, upper, width);
        }
    }

    /// Returns the chance to be in a tail at `time`, and not to have stopped before.
    ///
    /// [`approach`](Recursion::approach) this time first.
    pub(super) fn chance(&self, tail: Tail, z: f64, time: f64, drift: f64) -> f64 {
        self.stages
            .last()
            .map_or(0.0, |from| from.chance(tail, z, time, drift))
    }

    /// Passes a look with these boundaries of Z.
    pub(super) fn pass(&mut self, time: f64, lower: f64, upper: f64) {
        self.stages.push(Stage {
            time,
            lower,
            upper,
            panels: Vec::new(),
        });
    }

    /// Returns the chances to stop above and below at each look.
    pub(super) fn exits(&self, drift: f64) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.stages.windows(2).filter_map(move |pair| match pair {
            [from, to] => Some((
                from.chance(Tail::Above, to.upper, to.time, drift),
                from.chance(Tail::Below, to.lower, to.time, drift),
            )),
            _ => None,
        })
    }

    /// Returns the chance to stop above at any look.
    pub(super) fn power(&self, drift: f64) -> f64 {
        self.exits(drift).map(|(above, _)| above).sum()
    }

    /// Returns the boundary that is crossed for the first time with this probability.
    ///
    /// `cumulative` bounds the chance to have crossed by then, on either side. Infinite if
    /// nothing is to be spent.
    pub(super) fn upper_boundary(&self, time: f64, increment: f64, cumulative: f64) -> f64 {
        if increment <= 0.0 {
            return f64::INFINITY;
        }
        let excess = |z: f64| self.chance(Tail::Above, z, time, 0.0).ln() - increment.ln();
        // A trial that is above the boundary now has crossed by now, and one that crosses now is
        // above.
        let least = normal_isf(cumulative.min(1.0)).max(-FARTHEST) - 1e-6;
        let most = normal_isf(increment.min(1.0)).clamp(-FARTHEST, FARTHEST) + 1e-6;
        find_root(excess, least, most.min(KERNEL_REACH), 0.0)
    }

    /// Returns the boundary below which this much is spent under a drift, at most `upper`.
    pub(super) fn lower_boundary(&self, time: f64, increment: f64, drift: f64, upper: f64) -> f64 {
        if increment <= 0.0 {
            return f64::NEG_INFINITY;
        }
        let excess = |z: f64| self.chance(Tail::Below, z, time, drift).ln() - increment.ln();
        if excess(upper) <= 0.0 {
            return upper;
        }
        // A trial that stops below now is below now.
        let least = drift * time.sqrt() - normal_isf(increment.min(1.0)) - 1e-6;
        find_root(excess, least.max(-FARTHEST), upper.min(FARTHEST), 0.0)
    }
}

impl Stage {
    fn chance(&self, tail: Tail, z: f64, time: f64, drift: f64) -> f64 {
        let step = time - self.time;
        let deviation = step.sqrt();
        let aim = z * time.sqrt() - drift * step;
        let sign = match tail {
            Tail::Above => 1.0,
            Tail::Below => -1.0,
        };
        let half = 0.5 * drift * self.time;
        let rule = rule();
        // All panels are equally wide.
        let width = self.panels.first().map_or(0.0, |panel| panel.half);
        let tilts = rule.map(|(x, _)| (drift * width * x).exp());
        let of_panel = |panel: &Panel| {
            let mut sum = 0.0;
            let far = sign * (aim - panel.middle) + panel.half;
            if far < -CERTAIN * deviation {
                sum += panel
                    .masses
                    .iter()
                    .zip(&tilts)
                    .map(|(m, t)| m * t)
                    .sum::<f64>();
            } else {
                for ((&(x, _), &mass), tilt) in rule.iter().zip(&panel.masses).zip(&tilts) {
                    let at = panel.middle + panel.half * x;
                    sum += mass * normal_sf(sign * (aim - at) / deviation) * tilt;
                }
            }
            sum * (drift * (panel.middle - half)).exp()
        };
        // From the panels in the tail on, until what is left cannot be seen: the trials that
        // still run are no more than all, under any drift.
        let mut chance = 0.0;
        let mut add = |panel: &Panel| {
            chance += of_panel(panel);
            let near = sign * (aim - panel.middle) + panel.half;
            normal_sf(near / deviation) < UNSEEN * chance
        };
        match tail {
            Tail::Above => self.panels.iter().rev().any(&mut add),
            Tail::Below => self.panels.iter().any(&mut add),
        };
        chance
    }
}

/// Returns the 20 Gauss-Legendre nodes in ascending order, with their weights.
fn rule() -> [(f64, f64); NODES] {
    let mut rule = [(0.0, 0.0); NODES];
    let (left, right) = rule.split_at_mut(NODES / 2);
    for ((&(x, weight), low), high) in gauss_legendre_20()
        .iter()
        .zip(left)
        .zip(right.iter_mut().rev())
    {
        *low = (-x, weight);
        *high = (x, weight);
    }
    rule
}

/// Lays out the density, a step after `from`, on panels between the boundaries.
///
/// Between the nodes `m + a x` and `n + b y` of two panels, in deviations and `d = m - n` apart,
/// the kernel is `exp(-(d + a x)^2 / 2) exp(d b y) exp(b y (a x - b y / 2))`. The last factor is
/// the same for all pairs of panels, so 40 exponentials do for 400 pairs of nodes.
fn spread(from: &[Panel], deviation: f64, lower: f64, upper: f64, width: f64) -> Vec<Panel> {
    if lower >= upper {
        return Vec::new();
    }
    let panels = ((upper - lower) / width).ceil();
    let half = 0.5 * (upper - lower) / panels;
    let a = half / deviation;
    let b = from.first().map_or(0.0, |source| source.half) / deviation;
    let rule = rule();
    let shape = rule.map(|(x, _)| rule.map(|(y, _)| (b * y * (a * x - 0.5 * b * y)).exp()));
    let sent: Vec<f64> = from
        .iter()
        .map(|source| source.masses.iter().sum::<f64>().ln())
        .collect();
    let mut spread = Vec::with_capacity(panels as usize);
    for panel in 0..panels as u32 {
        let middle = lower + (2.0 * f64::from(panel) + 1.0) * half;
        let mut masses = [0.0; NODES];
        let gap_to = |source: &Panel| (middle - source.middle) / deviation;
        // At least this much comes to each node from the panel that sends most.
        let least = from
            .iter()
            .zip(&sent)
            .map(|(source, sent)| sent - 0.5 * (gap_to(source).abs() + a + b).powi(2))
            .fold(f64::NEG_INFINITY, f64::max);
        for (source, sent) in from.iter().zip(&sent) {
            let gap = gap_to(source);
            let nearest = (gap.abs() - a - b).max(0.0);
            if nearest > KERNEL_REACH || sent - 0.5 * nearest * nearest < least + LN_UNSEEN {
                continue;
            }
            let mut leaning = source.masses;
            for (mass, (y, _)) in leaning.iter_mut().zip(&rule) {
                *mass *= (gap * b * y).exp();
            }
            for ((mass, row), (x, _)) in masses.iter_mut().zip(&shape).zip(&rule) {
                let z = gap + a * x;
                let sum: f64 = row.iter().zip(&leaning).map(|(k, m)| k * m).sum();
                *mass += (-0.5 * z * z).exp() * sum;
            }
        }
        for (mass, (_, weight)) in masses.iter_mut().zip(&rule) {
            *mass *= half * weight / (SQRT_TAU * deviation);
        }
        spread.push(Panel {
            middle,
            half,
            masses,
        });
    }
    spread
}
