//! Processes that ended long ago, in one sum.

use std::collections::BTreeMap;

use super::{FleetEvidence, Incarnation};

/// So many processes of a server are kept apart: their reports may still be under way.
pub(super) const KEPT: usize = 8;

/// The sum of processes whose reports are not kept apart any more.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Folded<E> {
    pub(super) sum: E,
    /// By server: the latest of its starts that are in the sum.
    latest: BTreeMap<String, u64>,
}

impl<E> Folded<E> {
    /// Tells whether reports of a process come too late.
    pub(super) fn has(&self, source: &Incarnation) -> bool {
        let latest = self.latest.get(&source.server);
        latest.is_some_and(|latest| source.incarnation <= *latest)
    }
}

impl<E: FleetEvidence> Folded<E> {
    /// Returns the sum with one more process, or as it was and why not.
    pub(super) fn with(
        before: Option<Folded<E>>,
        source: &Incarnation,
        evidence: &E,
    ) -> Result<Folded<E>, (Option<Folded<E>>, E::Refused)> {
        let mut folded = match before {
            None => Folded {
                sum: evidence.clone(),
                latest: BTreeMap::new(),
            },
            Some(mut folded) => match folded.sum.add(evidence) {
                Ok(()) => folded,
                Err(why) => return Err((Some(folded), why)),
            },
        };
        let latest = folded.latest.entry(source.server.clone()).or_default();
        *latest = (*latest).max(source.incarnation);
        Ok(folded)
    }
}
