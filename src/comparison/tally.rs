//! The sum of all comparisons of one pair of versions.

#[cfg(feature = "serde")]
mod stored;

use std::collections::{BTreeMap, btree_map::Entry};

use super::{Agreement, Confusion, Difference};
use crate::stats::{Histogram, PairedMoments, Refusal, state::MAX_COUNT};
use crate::{shadow::Pair, unit::UnitKey};

/// The maximum number of pairs of error classes that are counted separately.
const MAX_CLASSES: usize = 1_024;
/// The maximum length in bytes of a class that is counted separately.
const MAX_CLASS: usize = 256;

/// The sum of all comparisons of one shadow with one primary.
///
/// Everything in it merges: tallies of several servers, or of several hours, add up to that of
/// all their requests.
///
/// A tally can be written and read with feature `serde`. What is read is checked: impossible counts
/// are refused. The projections are written by their own `Serialize`, and must be able to read it
/// back: JSON has no NaN.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        try_from = "stored::State<P>",
        into = "stored::State<P>",
        bound(
            serialize = "P: Clone + serde::Serialize",
            deserialize = "P: Clone + serde::Deserialize<'de>"
        )
    )
)]
pub struct Tally<P> {
    pairs: u64,
    agreements: BTreeMap<String, Agreement<P>>,
    labels: Confusion,
    errors: BTreeMap<[Option<String>; 2], u64>,
    /// Pairs with an error whose classes are not told apart any more.
    errors_beyond: u64,
    scores: PairedMoments,
    unscored: u64,
    latencies: [Histogram; 2],
    latency: PairedMoments,
}

impl<P: Clone> Tally<P> {
    pub(super) fn new() -> Tally<P> {
        Tally {
            pairs: 0,
            agreements: BTreeMap::new(),
            labels: Confusion::default(),
            errors: BTreeMap::new(),
            errors_beyond: 0,
            scores: PairedMoments::new(),
            unscored: 0,
            latencies: [const { Histogram::new() }; 2],
            latency: PairedMoments::new(),
        }
    }

    pub(super) fn count<A>(&mut self, pair: &Pair<'_, A>) {
        self.pairs += 1;
        if let (Some(primary), Some(shadow)) = (pair.primary_latency, pair.shadow_latency) {
            let seconds = [primary.as_secs_f64(), shadow.as_secs_f64()];
            for (histogram, latency) in self.latencies.iter_mut().zip(seconds) {
                // Durations are never refused: they are finite and not negative.
                let _ = histogram.record(latency);
            }
            let _ = self.latency.record(seconds[0], seconds[1]);
        }
    }

    pub(super) fn error(&mut self, classes: [Option<String>; 2]) {
        self.add_errors(classes, 1);
    }

    /// Counts pairs of two classes; those beyond the limits are counted together.
    fn add_errors(&mut self, classes: [Option<String>; 2], times: u64) {
        let is_long = |class: &String| class.len() > MAX_CLASS;
        let is_full = self.errors.len() >= MAX_CLASSES;
        if classes.iter().flatten().any(is_long) {
            self.errors_beyond += times;
            return;
        }
        match self.errors.entry(classes) {
            Entry::Vacant(_) if is_full => self.errors_beyond += times,
            entry => *entry.or_default() += times,
        }
    }

    pub(super) fn label(&mut self, [primary, shadow]: [String; 2]) {
        self.labels.record(primary, shadow, 1);
    }
    pub(super) fn score(&mut self, [primary, shadow]: [f64; 2]) {
        if self.scores.record(primary, shadow).is_err() {
            self.unscored += 1;
        }
    }

    pub(super) fn difference(
        &mut self,
        comparator: &str,
        empty: impl FnOnce() -> Agreement<P>,
        unit: &UnitKey,
        difference: Difference,
        pair: [&P; 2],
    ) {
        if let Some(agreement) = self.agreements.get_mut(comparator) {
            agreement.record(unit, difference, pair);
        } else {
            let mut agreement = empty();
            agreement.record(unit, difference, pair);
            self.agreements.insert(comparator.to_owned(), agreement);
        }
    }

    /// Adds the pairs of `other`.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] above 2^53 pairs; nothing is added then.
    pub fn merge(&mut self, other: &Tally<P>) -> Result<(), Refusal> {
        // Every other count is bounded by this one.
        if self.pairs.saturating_add(other.pairs) > MAX_COUNT {
            return Err(Refusal::overflow("number of pairs"));
        }
        let (mut scores, mut latency) = (self.scores, self.latency);
        scores.merge(&other.scores)?;
        latency.merge(&other.latency)?;
        let mut latencies = self.latencies.clone();
        for (histogram, more) in latencies.iter_mut().zip(&other.latencies) {
            histogram.merge(more)?;
        }
        self.scores = scores;
        self.latency = latency;
        self.latencies = latencies;
        self.unscored += other.unscored;
        self.merge_counts(other);
        Ok(())
    }
    fn merge_counts(&mut self, other: &Tally<P>) {
        self.pairs += other.pairs;
        self.labels.merge(&other.labels);
        for (classes, times) in &other.errors {
            self.add_errors(classes.clone(), *times);
        }
        self.errors_beyond += other.errors_beyond;
        for (comparator, agreement) in &other.agreements {
            match self.agreements.get_mut(comparator) {
                Some(own) => own.merge(agreement),
                None => {
                    self.agreements
                        .insert(comparator.clone(), agreement.clone());
                }
            }
        }
    }
}

impl<P> Tally<P> {
    /// Returns the number of requests that both were asked.
    #[must_use]
    pub const fn pairs(&self) -> u64 {
        self.pairs
    }

    /// Returns the agreement by one comparator, over requests that both answered.
    ///
    /// `None` if there is no such comparator, or no pair yet.
    #[must_use]
    pub fn agreement(&self, comparator: &str) -> Option<&Agreement<P>> {
        self.agreements.get(comparator)
    }

    /// Iterates over all comparators and their agreements.
    pub fn agreements(&self) -> impl Iterator<Item = (&str, &Agreement<P>)> {
        self.agreements
            .iter()
            .map(|(name, agreement)| (name.as_str(), agreement))
    }

    /// Returns the confusion of the labels, over requests that both answered.
    #[must_use]
    pub const fn labels(&self) -> &Confusion {
        &self.labels
    }

    /// Iterates over the error classes of primary and shadow, and how often they met.
    ///
    /// A side that answered has no class.
    pub fn errors(&self) -> impl Iterator<Item = (Option<&str>, Option<&str>, u64)> {
        self.errors
            .iter()
            .map(|([primary, shadow], &times)| (primary.as_deref(), shadow.as_deref(), times))
    }

    /// Returns how many pairs with an error were counted without their classes.
    ///
    /// Only the first 1,024 pairs of classes of at most 256 bytes are counted separately. A class
    /// should name a kind of error, without numbers of the request.
    #[must_use]
    pub const fn errors_beyond(&self) -> u64 {
        self.errors_beyond
    }

    /// Returns the paired scores: the primary's as `x`, the shadow's as `y`.
    #[must_use]
    pub const fn scores(&self) -> &PairedMoments {
        &self.scores
    }

    /// Returns how many pairs of scores were refused: not finite, or too large to square.
    #[must_use]
    pub const fn unscored(&self) -> u64 {
        self.unscored
    }

    /// Returns the primary's latencies in seconds, of the requests that were shadowed.
    #[must_use]
    pub const fn primary_latency(&self) -> &Histogram {
        let [primary, _] = &self.latencies;
        primary
    }

    /// Returns the shadow's latencies in seconds.
    #[must_use]
    pub const fn shadow_latency(&self) -> &Histogram {
        let [_, shadow] = &self.latencies;
        shadow
    }

    /// Returns the paired latencies in seconds: the primary's as `x`, the shadow's as `y`.
    #[must_use]
    pub const fn latency(&self) -> &PairedMoments {
        &self.latency
    }
}
