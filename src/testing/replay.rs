//! What another policy would have done.

use core::fmt;
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use super::{TestError, ToPlan};
use crate::{Attributes, Plan, Unit, UnitKey, outcome::OutcomeRecord, record::Record};

/// A log's units routed by another policy, and counted by what they would get.
///
/// A log has keys and no attributes; if rules need them, pass them in again. Pins, overrides and
/// fallbacks are compared as they are in the log.
///
/// ```
/// use switchstand::{Policy, Router, Share};
/// use switchstand::testing::{Collector, Replay, ScriptedModel};
/// # use std::sync::Arc;
/// let log = Arc::new(Collector::default());
/// let router = Router::builder("ranker")
///     .observer(Arc::clone(&log))
///     .build("v1", ScriptedModel::answering(|input: &u64| *input))?;
/// for user in 0..1_000_u64 {
///     router.predict(user, &7);
/// }
/// let next = Policy::canary("ranker-2026-11", "v2", Share::percent(10)?);
/// let mut replay = Replay::of(&next.compile("v1", ["v2"])?)?;
/// for record in log.records() {
///     replay.see(&record);
/// }
/// println!("{replay}");
/// let moved = replay.counts("v1", "v2");
/// assert!((60..150).contains(&moved.units) && moved.requests == moved.units);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Replay {
    plan: Plan,
    /// By unit: from, to, and how many requests.
    units: BTreeMap<UnitKey, BTreeMap<(String, String), u64>>,
}

/// The count of what went from one version to another.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ReplayCounts {
    /// Requests that one version answered and the other would have.
    pub requests: u64,
    /// Units of these requests, each counted once.
    pub units: u64,
}

impl Replay {
    /// Starts a replay by a plan, a policy, or what a router has in force.
    ///
    /// # Errors
    /// [`TestError::Refused`] if the policy is refused.
    pub fn of(subject: &(impl ToPlan + ?Sized)) -> Result<Replay, TestError> {
        let plan = subject.to_plan().map(Cow::into_owned)?;
        Ok(Replay {
            plan,
            units: BTreeMap::new(),
        })
    }

    /// Replays an outcome by its key alone; other records, and outcomes of requests that nobody
    /// answered or that bear no key, are passed over.
    pub fn see(&mut self, record: &Record<'_>) {
        self.see_with(record, &());
    }

    /// Replays an outcome of a unit with these attributes, as [`see`](Replay::see) does.
    pub fn see_with(&mut self, record: &Record<'_>, attributes: &dyn Attributes) {
        if let Record::Outcome(outcome) = record {
            self.route(outcome, attributes);
        }
    }

    fn route(&mut self, outcome: &OutcomeRecord, attributes: &dyn Attributes) {
        let (Some(unit), Some(from)) = (&outcome.unit, &outcome.answered_by) else {
            return;
        };
        let route = self.plan.route(Unit::from(unit).with(attributes));
        let to = self.plan.version_of(&route).unwrap_or_default();
        let changes = self.units.entry(unit.clone()).or_default();
        *changes.entry((from.clone(), to.to_owned())).or_default() += 1;
    }

    /// Returns what one version answered and the other would have; both may be the same.
    #[must_use]
    pub fn counts(&self, from: &str, to: &str) -> ReplayCounts {
        let pair = (from.to_owned(), to.to_owned());
        let requests = self.units.values().filter_map(|changes| changes.get(&pair));
        requests.fold(ReplayCounts::default(), |counts, requests| ReplayCounts {
            requests: counts.requests + requests,
            units: counts.units + 1,
        })
    }

    /// Iterates over the pairs of versions, before and after, in their order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.units.values().flat_map(BTreeMap::keys);
        let pairs: BTreeSet<&(String, String)> = pairs.collect();
        pairs
            .into_iter()
            .map(|(from, to)| (from.as_str(), to.as_str()))
    }

    /// Iterates over the units whose version would have been another, with how it changes.
    pub fn moved(&self) -> impl Iterator<Item = (&UnitKey, &str, &str)> {
        let changes = self.units.iter().flat_map(|(unit, changes)| {
            changes
                .keys()
                .map(move |(from, to)| (unit, from.as_str(), to.as_str()))
        });
        changes.filter(|(_, from, to)| from != to)
    }
}

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<20} {:<20} {:>12} {:>12}",
            "answered by", "would be", "requests", "units"
        )?;
        for (from, to) in self.pairs() {
            let ReplayCounts { requests, units } = self.counts(from, to);
            write!(f, "\n{from:<20} {to:<20} {requests:>12} {units:>12}")?;
        }
        Ok(())
    }
}
