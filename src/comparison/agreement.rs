//! How often two versions agree by one comparator, and how much of it is A's own noise.

#[cfg(feature = "serde")]
mod stored;

use super::{Difference, Worst};
use crate::unit::UnitKey;

/// The agreement of pairs by one comparator, with the worst disagreements.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        try_from = "stored::State<P>",
        into = "stored::State<P>",
        bound(
            serialize = "P: Clone + serde::Serialize",
            deserialize = "P: serde::Deserialize<'de>"
        )
    )
)]
pub struct Agreement<P> {
    pairs: u64,
    disagreeing: u64,
    worst: Worst<P>,
}

impl<P: Clone> Agreement<P> {
    pub(super) const fn new(capacity: usize, seed: u64) -> Agreement<P> {
        Agreement {
            pairs: 0,
            disagreeing: 0,
            worst: Worst::new(capacity, seed),
        }
    }

    pub(super) fn record(&mut self, unit: &UnitKey, difference: Difference, pair: [&P; 2]) {
        self.pairs += 1;
        if !difference.is_none() {
            self.disagreeing += 1;
            self.worst.offer(unit, difference, pair);
        }
    }

    pub(super) fn merge(&mut self, other: &Agreement<P>) {
        self.pairs += other.pairs;
        self.disagreeing += other.disagreeing;
        self.worst.merge(&other.worst);
    }
}

impl<P> Agreement<P> {
    /// Returns how many pairs of answers were compared.
    #[must_use]
    pub const fn pairs(&self) -> u64 {
        self.pairs
    }

    /// Returns how many pairs of answers disagreed.
    #[must_use]
    pub const fn disagreeing(&self) -> u64 {
        self.disagreeing
    }

    /// Returns the fraction of pairs that disagreed; `None` before the first pair.
    #[must_use]
    pub fn disagreement(&self) -> Option<f64> {
        (self.pairs > 0).then(|| self.disagreeing as f64 / self.pairs as f64)
    }

    /// Returns the worst disagreements.
    #[must_use]
    pub const fn worst(&self) -> &Worst<P> {
        &self.worst
    }

    /// Returns the disagreements as counts, for intervals and tests.
    ///
    /// # Errors
    /// [`Refusal::Overflow`](crate::stats::Refusal::Overflow) above 2^53 pairs.
    pub fn counts(&self) -> Result<crate::stats::Counts, crate::stats::Refusal> {
        crate::stats::Counts::new(self.disagreeing, self.pairs)
    }

    /// Returns how much more often the candidate disagreed with A than A with itself.
    ///
    /// `noise` is the agreement of the A′ arm by the same comparator: a second deployment of the
    /// primary's own model, shadowed like the candidate. It may be an [`Arc`](std::sync::Arc) of
    /// the same object, so nothing is loaded twice. `None` before both have a pair.
    ///
    /// The difference of the two [`disagreement`](Agreement::disagreement)s is what the change of
    /// the model adds. It may be negative by chance, or if the candidate has less noise than A. If
    /// the candidate has the same noise as A and differs on a fraction `c` of the requests, it is
    /// `c * (1 - noise)`, because A's noise hides part of the change.
    ///
    /// Its interval is that of a difference of two rates, for instance
    /// `stats::proportions::newcombe` of the two [`counts`](Agreement::counts). It assumes that the
    /// rates are independent, so it is too wide if both shadows ran on the same requests.
    #[must_use]
    pub fn net_of(&self, noise: &Agreement<P>) -> Option<f64> {
        Some(self.disagreement()? - noise.disagreement()?)
    }
}
