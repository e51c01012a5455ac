//! The stored form of a tally.

use std::collections::BTreeMap;

use super::Tally;
use crate::comparison::{
    Agreement, Confusion,
    stored::{self, StoredError},
};
#[cfg(feature = "stats")]
use crate::stats::{Histogram, PairedMoments};

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, bound(serialize = "P: Clone + serde::Serialize"))]
pub(super) struct State<P> {
    version: u32,
    pairs: u64,
    agreements: BTreeMap<String, Agreement<P>>,
    labels: Confusion,
    /// The classes of primary and shadow in their order, and how often they met.
    errors: Vec<([Option<String>; 2], u64)>,
    #[cfg(feature = "stats")]
    scores: PairedMoments,
    #[cfg(feature = "stats")]
    unscored: u64,
    #[cfg(feature = "stats")]
    latencies: [Histogram; 2],
    #[cfg(feature = "stats")]
    latency: PairedMoments,
}

impl<P> From<Tally<P>> for State<P> {
    fn from(tally: Tally<P>) -> State<P> {
        State {
            version: stored::VERSION,
            pairs: tally.pairs,
            agreements: tally.agreements,
            labels: tally.labels,
            errors: tally.errors.into_iter().collect(),
            #[cfg(feature = "stats")]
            scores: tally.scores,
            #[cfg(feature = "stats")]
            unscored: tally.unscored,
            #[cfg(feature = "stats")]
            latencies: tally.latencies,
            #[cfg(feature = "stats")]
            latency: tally.latency,
        }
    }
}

impl<P> TryFrom<State<P>> for Tally<P> {
    type Error = StoredError;

    fn try_from(state: State<P>) -> Result<Tally<P>, StoredError> {
        stored::check_version("tally", state.version)?;
        stored::counted("pairs", state.pairs)?;
        stored::at_most("pairs", state.pairs, stored::MAX_PAIRS)?;
        let failed = state.failed()?;
        stored::at_most("pairs with an error", failed, state.pairs)?;
        let answered = state.pairs - failed;
        for agreement in state.agreements.values() {
            stored::at_most("pairs of an agreement", agreement.pairs(), answered)?;
        }
        stored::at_most("pairs with labels", state.labels.pairs(), answered)?;
        #[cfg(feature = "stats")]
        state.check_numbers(answered)?;
        Ok(Tally {
            pairs: state.pairs,
            agreements: state.agreements,
            labels: state.labels,
            errors: state.errors.into_iter().collect(),
            #[cfg(feature = "stats")]
            scores: state.scores,
            #[cfg(feature = "stats")]
            unscored: state.unscored,
            #[cfg(feature = "stats")]
            latencies: state.latencies,
            #[cfg(feature = "stats")]
            latency: state.latency,
        })
    }
}

impl<P> State<P> {
    /// Returns how many pairs had an error on either side.
    fn failed(&self) -> Result<u64, StoredError> {
        stored::in_order("classes of errors", &self.errors, |(next, _), (one, _)| {
            next > one
        })?;
        let mut failed = 0u64;
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

    #[cfg(feature = "stats")]
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
