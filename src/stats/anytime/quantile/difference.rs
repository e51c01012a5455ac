//! The difference of a quantile between two arms, at every look.

use super::ranked::{Ranked, View};
use super::{Arm, QuantileSequence};
use crate::stats::anytime::AnytimeValid;
use crate::stats::{Alternative, Interval, Measure, Refusal};

impl QuantileSequence {
    /// Compares the quantile of two arms.
    ///
    /// The evidence against a common quantile is the least, over all its possible values, of the
    /// product of both arms' evidence against that value; the interval holds the differences
    /// against which the same product is below `1 / alpha`, so it excludes 0 exactly if the
    /// evidence suffices. The effect is the difference of the values at rank `ceil(p n)`.
    ///
    /// Either arm's values may come in any number and order, also with a share of the traffic
    /// that changes.
    ///
    /// # Errors
    /// [`Refusal::InsufficientData`] for an arm without values, [`Refusal::Overflow`] where a
    /// difference has no representation.
    pub fn difference(
        &self,
        control: &impl Ranked,
        candidate: &impl Ranked,
    ) -> Result<AnytimeValid, Refusal> {
        let (a, b) = (self.arm(control.view()), self.arm(candidate.view()));
        for (what, arm) in [("control", &a), ("candidate", &b)] {
            if arm.n == 0 {
                return Err(Refusal::too_few(what, 0, 1));
            }
        }
        let most = -self.alpha.get().ln();
        let upper = greatest_difference(&a, &b, most);
        let lower = -greatest_difference(&b, &a, most);
        AnytimeValid {
            method: "quantile confidence sequence",
            measure: Measure::QuantileDifference,
            effect: b.estimate() - a.estimate(),
            interval: Interval::new(lower, upper, self.alpha),
            null: 0.0,
            alternative: Alternative::TwoSided,
            alpha: self.alpha,
            ln_e: least_evidence(&a, &b),
        }
        .checked()
    }
}

impl Arm<'_> {
    /// Returns the value of rank `ceil(p n)`; of a bucket, the one nearest to both its bounds in
    /// ratio.
    fn estimate(&self) -> f64 {
        let block = self.view.at_rank(self.rank());
        if block.low == block.high || block.high.is_infinite() {
            return block.low;
        }
        2.0 * block.low * (block.high / (block.low + block.high))
    }

    fn rank(&self) -> u64 {
        ((self.p * self.n as f64).ceil() as u64).clamp(1, self.n.max(1))
    }

    /// Returns the least log evidence against the quantile's being `x`.
    fn ln_e_at(&self, x: f64) -> f64 {
        self.least_ln_e(self.view.counts(x))
    }
}

/// Returns how much greater the second arm's quantile may be than the first one's.
///
/// The quantile of `low` is taken from below and that of `high` from above: as the one nears its
/// likeliest value, evidence is left for the other to go farther.
fn greatest_difference(low: &Arm<'_>, high: &Arm<'_>, most: f64) -> f64 {
    let least_high = high.ln_e(high.likeliest);
    let mut greatest = f64::NEG_INFINITY;
    let mut count = low.least_count(most - least_high);
    loop {
        let block = low.view.at_rank(count);
        // The count of this block with the least evidence.
        let likely = block.up_to.min(low.likeliest).max(count);
        let left = most - low.ln_e(likely);
        let top = high.view.at_rank(high.greatest_count(left) + 1);
        greatest = greatest.max(top.high - block.low);
        count = likely + 1;
        if count > low.likeliest || greatest == f64::INFINITY {
            return greatest;
        }
    }
}

/// Returns the least sum of both arms' log evidence against a common value.
///
/// Between the two likeliest values one arm's evidence rises and the other's falls, so half an
/// interval can be left out where even the lower ends of both exceed what was found.
fn least_evidence(a: &Arm<'_>, b: &Arm<'_>) -> f64 {
    let likeliest = |arm: &Arm<'_>, view: &View<'_>| view.at_rank(arm.likeliest.max(1)).low;
    let (x, y) = (likeliest(a, &a.view), likeliest(b, &b.view));
    let (rising, falling) = if x <= y { (a, b) } else { (b, a) };
    let (from, to) = (x.min(y), x.max(y));
    let mut values = vec![from, to];
    values.extend(rising.view.lows_between(from, to));
    values.extend(falling.view.lows_between(from, to));
    values.sort_unstable_by(f64::total_cmp);
    values.dedup();
    let at = |index: usize| values.get(index).copied().unwrap_or(to);
    let sum = |index| rising.ln_e_at(at(index)) + falling.ln_e_at(at(index));
    let last = values.len() - 1;
    let mut least = sum(0).min(sum(last));
    let mut open = vec![(0, last)];
    while let Some((first, last)) = open.pop() {
        let bound = rising.ln_e_at(at(first)) + falling.ln_e_at(at(last));
        if last - first < 2 || bound >= least {
            continue;
        }
        let middle = first.midpoint(last);
        least = least.min(sum(middle));
        open.push((first, middle));
        open.push((middle, last));
    }
    least
}
