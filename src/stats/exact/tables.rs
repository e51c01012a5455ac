//! The 2 × 2 tables with given margins, and which of them are how likely.

use crate::stats::Counts;
use crate::stats::special::ln_hypergeometric_pmf;
use core::cmp::Ordering;

/// A table by the candidate's successes, which are hypergeometric under the null hypothesis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    pub(super) observed: u64,
    pub(super) total: u64,
    pub(super) successes: u64,
    /// Trials of the candidate.
    pub(super) drawn: u64,
    lowest: u64,
    highest: u64,
}

/// The counts on the other side of the mode.
#[derive(Clone, Copy, Debug)]
pub(super) struct OtherSide {
    /// The one nearest to the mode that is less likely than the observed one.
    pub(super) less_likely: Option<u64>,
    /// How many counts are exactly as likely as the observed one, itself included.
    pub(super) as_likely: u64,
}

/// Difference of two log-probabilities from which their order is beyond doubt.
const CLEAR: f64 = 1e-7;

impl Table {
    pub(super) fn new(control: &Counts, candidate: &Counts) -> Table {
        let successes = control.successes() + candidate.successes();
        let failures = control.failures() + candidate.failures();
        let drawn = candidate.trials();
        Table {
            observed: candidate.successes(),
            total: successes + failures,
            successes,
            drawn,
            lowest: drawn.saturating_sub(failures),
            highest: drawn.min(successes),
        }
    }

    pub(super) fn smallest_margin(&self) -> u64 {
        let failures = self.total - self.successes;
        let left = self.total - self.drawn;
        self.successes.min(failures).min(self.drawn).min(left)
    }

    /// Tells whether the next larger count is at least as likely as the observed one.
    pub(super) fn is_below_mode(&self) -> bool {
        self.observed < self.highest && self.compare(self.observed + 1) != Ordering::Less
    }

    /// Searches the side of the mode that the observed count is not on.
    pub(super) fn other_side(&self) -> OtherSide {
        let is_less = |count: u64| self.compare(count) == Ordering::Less;
        // Outward from the observed count, over the mode: once a count is less likely, all after it
        // are.
        let (less_likely, last) = if self.is_below_mode() {
            let (mut no, mut yes) = (self.observed, self.highest + 1);
            while yes - no > 1 {
                let middle = no.midpoint(yes);
                if is_less(middle) {
                    yes = middle
                } else {
                    no = middle
                }
            }
            ((yes <= self.highest).then_some(yes), no)
        } else {
            // One up, so that a count below the lowest needs no sign.
            let (mut no, mut yes) = (self.observed + 1, self.lowest);
            while no - yes > 1 {
                let middle = no.midpoint(yes);
                if is_less(middle - 1) {
                    yes = middle
                } else {
                    no = middle
                }
            }
            (
                yes.checked_sub(1).filter(|count| *count >= self.lowest),
                no - 1,
            )
        };
        let tied = last != self.observed && self.compare(last) == Ordering::Equal;
        OtherSide {
            less_likely,
            as_likely: 1 + u64::from(tied),
        }
    }

    /// Compares how likely a count is with the observed one, exactly.
    fn compare(&self, count: u64) -> Ordering {
        if count == self.observed || count == self.mirrored() {
            return Ordering::Equal;
        }
        let ln = |count| ln_hypergeometric_pmf(count, self.total, self.successes, self.drawn);
        let difference = ln(count) - ln(self.observed);
        if difference.abs() > CLEAR {
            return difference.total_cmp(&0.0);
        }
        // The probability of the larger over that of the smaller count, as two products.
        let (low, high) = (count.min(self.observed), count.max(self.observed));
        let (mut top, mut bottom) = (Product::one(), Product::one());
        let failures_less_drawn = self.total - self.successes + 1;
        for k in low..high {
            top.times(self.successes - k);
            top.times(self.drawn - k);
            bottom.times(k + 1);
            bottom.times(failures_less_drawn + k - self.drawn);
        }
        let larger = top.compare(&mut bottom);
        if count > self.observed {
            larger
        } else {
            larger.reverse()
        }
    }

    /// Returns the count as likely by symmetry, the observed one itself if there is none.
    fn mirrored(&self) -> u64 {
        if 2 * self.drawn == self.total || 2 * self.successes == self.total {
            self.lowest + self.highest - self.observed
        } else {
            self.observed
        }
    }
}

/// A product of whole numbers of any length.
struct Product {
    digits: Vec<u64>,
    pending: u64,
}

impl Product {
    fn one() -> Product {
        Product {
            digits: vec![1],
            pending: 1,
        }
    }

    fn times(&mut self, factor: u64) {
        match self.pending.checked_mul(factor) {
            Some(product) => self.pending = product,
            None => {
                self.settle();
                self.pending = factor;
            }
        }
    }

    fn settle(&mut self) {
        let mut carry = 0_u128;
        for digit in &mut self.digits {
            let product = u128::from(*digit) * u128::from(self.pending) + carry;
            *digit = product as u64;
            carry = product >> 64;
        }
        if carry > 0 {
            self.digits.push(carry as u64);
        }
        self.pending = 1;
    }

    fn compare(&mut self, other: &mut Product) -> Ordering {
        self.settle();
        other.settle();
        let by_length = self.digits.len().cmp(&other.digits.len());
        by_length.then_with(|| self.digits.iter().rev().cmp(other.digits.iter().rev()))
    }
}
