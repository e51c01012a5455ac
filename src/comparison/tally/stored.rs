//! The stored form of a tally.

use std::collections::BTreeMap;

use super::Tally;
use crate::comparison::{
    Agreement, Confusion,
    stored::{self, StoredError},
};
use crate::stats::{Histogram, PairedMoments};

/// The layout that this release writes; the first is read, too.
const VERSION: u32 = 2;
const FIRST: u32 = 1;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, bound(serialize = "P: Clone + serde::Serialize"))]
pub(super) struct State<P> {
    version: u32,
    pairs: u64,
    agreements: BTreeMap<String, Agreement<P>>,
    labels: Confusion,
    /// The classes of primary and shadow in their order, and how often they met.
    errors: Vec<([Option<String>; 2], u64)>,
    /// Pairs with an error that are counted without their classes; version 1 had none.
    #[serde(default)]
    errors_beyond: u64,
    scores: PairedMoments,
    unscored: u64,
    latencies: [Histogram; 2],
    latency: PairedMoments,
}

impl<P> From<Tally<P>> for State<P> {
    fn from(tally: Tally<P>) -> State<P> {
        State {
            version: VERSION,
            pairs: tally.pairs,
            agreements: tally.agreements,
            labels: tally.labels,
            errors: tally.errors.into_iter().collect(),
            errors_beyond: tally.errors_beyond,
            scores: tally.scores,
            unscored: tally.unscored,
            latencies: tally.latencies,
            latency: tally.latency,
        }
    }
}

impl<P: Clone> TryFrom<State<P>> for Tally<P> {
    type Error = StoredError;

    fn try_from(state: State<P>) -> Result<Tally<P>, StoredError> {
        if state.version != VERSION && (state.version != FIRST || state.errors_beyond > 0) {
            return Err(StoredError::Version {
                what: "tally",
                found: state.version,
                expected: VERSION,
            });
        }
        stored::counted("pairs", state.pairs)?;
        stored::at_most("pairs", state.pairs, stored::MAX_PAIRS)?;
        let failed = state.failed()?;
        stored::at_most("pairs with an error", failed, state.pairs)?;
        let answered = state.pairs - failed;
        for agreement in state.agreements.values() {
            stored::at_most("pairs of an agreement", agreement.pairs(), answered)?;
        }
        stored::at_most("pairs with labels", state.labels.pairs(), answered)?;
        state.check_numbers(answered)?;
        let mut tally = Tally {
            pairs: state.pairs,
            agreements: state.agreements,
            labels: state.labels,
            errors: BTreeMap::new(),
            errors_beyond: state.errors_beyond,
            scores: state.scores,
            unscored: state.unscored,
            latencies: state.latencies,
            latency: state.latency,
        };
        // The first version kept all classes: those beyond the limit are counted together now.
        for (classes, times) in state.errors {
            tally.add_errors(classes, times);
        }
        Ok(tally)
    }
}

impl<P> State<P> {
    /// Returns how many pairs had an error on either side.
    fn failed(&self) -> Result<u64, StoredError> {
        stored::in_order("classes of errors", &self.errors, |(next, _), (one, _)| {
            next > one
        })?;
        let mut failed = self.errors_beyond;
        for (classes, times) in &self.errors {
            let times = *times;
            if classes.iter().all(Option::is_none) {
                return Err(StoredError::NoError { times });
            }
            stored::counted("errors of two classes", times)?;
            failed = failed.saturating_add(times);
        }
        Ok(failed)
    }
    fn check_numbers(&self, answered: u64) -> Result<(), StoredError> {
        let scored = self.scores.n().saturating_add(self.unscored);
        stored::at_most("pairs with scores", scored, answered)?;
        let expected = Histogram::new().relative_error();
        for histogram in &self.latencies {
            let found = histogram.relative_error();
            if found != expected {
                return Err(StoredError::Buckets { found, expected });
            }
        }
        let [primary, shadow] = self.latencies.each_ref().map(Histogram::n);
        let both = self.latency.n();
        if [primary, shadow] != [both; 2] {
            return Err(StoredError::Latencies {
                primary,
                shadow,
                both,
            });
        }
        stored::at_most("pairs with latencies", both, self.pairs)
    }
}
