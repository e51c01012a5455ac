//! Quantiles over all requests, with units as clusters.

use std::collections::BTreeMap;

use super::{
    Missing,
    compare::{Evidence, Pair, groups::missing, p_of_intervals},
};
use crate::stats::{
    Alpha, Histogram, Interval, PValue, Refusal,
    anytime::{GroupedArm, GroupedT},
    special::t_quantile,
};

/// How many groups units fall into.
const GROUPS: usize = 256;

/// Requests of one arm by the bucket of their value and the group of their unit.
#[derive(Clone, Default)]
pub(super) struct Requests(BTreeMap<(u64, u8), u64>);

/// The quantiles of two arms over all requests.
pub(super) struct RequestQuantiles {
    order: f64,
    arms: [Arm; 2],
}

/// One arm: at each value the share of requests up to it.
struct Arm {
    steps: Vec<Step>,
    quantile: f64,
    /// Of the two shares beside the quantile, the one with the greater skewness.
    at: GroupedArm,
    /// The test for an interval at any time.
    test: GroupedT,
}

/// The share of requests up to the end of a bucket.
struct Step {
    low: f64,
    high: f64,
    share: GroupedArm,
}

impl Requests {
    /// Counts so many requests of a unit of this group.
    pub(super) fn record(&mut self, value: f64, group: u8, times: u64) {
        // Positive floats are ordered as their bits are.
        let bucket = Histogram::floor(value).to_bits();
        let count = self.0.entry((bucket, group)).or_default();
        *count = count.saturating_add(times);
    }

    pub(super) fn quantile(&self, order: f64) -> Option<f64> {
        let mut all = Histogram::new();
        let by_bucket = self.0.iter();
        let counts = by_bucket.map(|(&(bucket, _), &times)| (f64::from_bits(bucket), times));
        all.record_table(counts).ok()?;
        all.quantile(order).ok()
    }

    /// Returns the shares of requests up to the end of each bucket, by groups.
    fn steps(&self, units: u64) -> Result<Vec<Step>, Refusal> {
        let mut groups = vec![[0.0; 2]; GROUPS];
        for (&(_, group), &times) in &self.0 {
            if let Some([_, all]) = groups.get_mut(usize::from(group)) {
                *all += times as f64;
            }
        }
        let mut steps: Vec<Step> = Vec::new();
        let mut counts = self.0.iter().peekable();
        while let Some((&(bucket, group), &times)) = counts.next() {
            if let Some([up_to, _]) = groups.get_mut(usize::from(group)) {
                *up_to += times as f64;
            }
            let is_last = counts.peek().is_none_or(|((next, _), _)| *next != bucket);
            if is_last {
                let low = f64::from_bits(bucket);
                steps.push(Step {
                    low,
                    high: Histogram::ceiling(low),
                    share: GroupedArm::new(&groups, units)?,
                });
            }
        }
        Ok(steps)
    }
}

impl RequestQuantiles {
    pub(super) fn new(pair: &Pair<'_>, order: f64) -> Result<RequestQuantiles, Missing> {
        let all: f64 = pair.setup.arms.iter().map(|arm| arm.weight as f64).sum();
        let each = Alpha::new(pair.alpha.get() / 2.0).unwrap_or(pair.alpha);
        let arm = |place: usize| -> Result<Arm, Missing> {
            let cell = pair.cells.get(place).copied();
            let weight = pair.weights.get(place).copied().unwrap_or(1);
            let planned = pair.setup.planned as f64 * weight as f64 / all;
            let steps = match cell {
                Some(cell) => cell.requests.steps(cell.units)?,
                None => Vec::new(),
            };
            let quantile = cell.and_then(|cell| cell.requests.quantile(order));
            Ok(Arm {
                at: beside(&steps, order)?,
                steps,
                quantile: quantile.unwrap_or_default(),
                // One arm against a fixed number has the precision of two arms with four times as
                // many units.
                test: GroupedT::planned(4.0 * planned, [1.0; 2], each)?,
            })
        };
        let arms = [arm(0)?, arm(1)?];
        let [a, b] = &arms;
        let compared = a.test.compare(&a.at, &b.at);
        compared.map_err(|refusal| missing(refusal, &a.at, &b.at))?;
        Ok(RequestQuantiles { order, arms })
    }

    /// Returns the interval of each arm's quantile, if its share may be wrong by `reach` standard
    /// errors.
    fn ends(&self, reach: impl Fn(&Arm) -> f64) -> [[f64; 2]; 2] {
        let ends = |arm: &Arm| arm.ends(self.order, reach(arm));
        self.arms.each_ref().map(ends)
    }
}

impl Evidence for RequestQuantiles {
    fn is_exact(&self) -> bool {
        false
    }

    fn effect(&self) -> f64 {
        let [a, b] = &self.arms;
        b.quantile - a.quantile
    }

    /// Both arms' intervals hold together.
    fn interval(&self, alpha: Alpha) -> Result<Interval, Refusal> {
        let half = Alpha::new(alpha.get() / 2.0).unwrap_or(alpha);
        let [a, b] = self.ends(|arm| arm.critical_t(half));
        Ok(Interval::new(b[0] - a[1], b[1] - a[0], alpha))
    }

    fn interval_once(&self, alpha: Alpha) -> Result<Interval, Refusal> {
        let reach = |arm: &Arm| -t_quantile(0.5 * alpha.get(), arm.df());
        let [a, b] = self.ends(reach);
        let [q_a, q_b] = self.arms.each_ref().map(|arm| arm.quantile);
        let effect = q_b - q_a;
        let below = (q_b - b[0]).hypot(a[1] - q_a);
        let above = (b[1] - q_b).hypot(q_a - a[0]);
        Ok(Interval::new(effect - below, effect + above, alpha))
    }

    fn p_against(&self, effect: f64) -> Result<PValue, Refusal> {
        p_of_intervals(&|alpha| self.interval(alpha), effect)
    }
}

impl Arm {
    const fn df(&self) -> f64 {
        self.at.groups as f64 - 1.0
    }

    fn critical_t(&self, alpha: Alpha) -> f64 {
        self.test.critical_t(self.at.units as f64, self.df(), alpha)
    }

    /// Returns the least and the greatest value that may be the quantile.
    fn ends(&self, order: f64, reach: f64) -> [f64; 2] {
        let off = |step: &Step| match step.share.variance {
            0.0 => 0.0,
            variance => reach * variance.sqrt(),
        };
        // A value is too low if the share up to it is surely below the order.
        let mut steps = self.steps.iter();
        let lowest = steps.find(|step| step.share.ratio + off(step) >= order);
        let is_short = |step: &Step| step.share.ratio - off(step) < order;
        let short = self.steps.iter().rposition(is_short);
        let highest = self.steps.get(short.map_or(0, |place| place + 1));
        [
            lowest.map_or(f64::NEG_INFINITY, |step| step.low),
            highest.map_or(f64::INFINITY, |step| step.high),
        ]
    }
}

/// Returns the shares on either side of the quantile: the one that is more uneven.
fn beside(steps: &[Step], order: f64) -> Result<GroupedArm, Refusal> {
    let place = steps.partition_point(|step| step.share.ratio < order);
    let below = place.checked_sub(1).and_then(|place| steps.get(place));
    let both = [below, steps.get(place)].into_iter().flatten();
    let varying = both.map(|step| step.share);
    let varying = varying.max_by(|one, other| {
        let uneven = |share: &GroupedArm| share.skewness.abs();
        uneven(one).total_cmp(&uneven(other))
    });
    varying.map_or_else(|| GroupedArm::new(&[], 0), Ok)
}
