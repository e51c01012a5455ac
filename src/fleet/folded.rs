//! Processes that ended long ago, in one sum.

use std::collections::BTreeMap;

use super::{FleetEvidence, Incarnation};

/// How many processes of a server are kept separately, because their reports may still be on the
/// way.
pub(super) const KEPT: usize = 8;

/// The sum of processes whose reports are no longer kept separately.
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
    /// Adds one more process; what does not add up leaves the sum as it is.
    pub(super) fn add(
        folded: &mut Option<Folded<E>>,
        source: &Incarnation,
        evidence: &E,
    ) -> Result<(), E::Refused> {
        if let Some(folded) = folded {
            folded.sum.add(evidence)?;
        }
        let folded = folded.get_or_insert_with(|| Folded {
            sum: evidence.clone(),
            latest: BTreeMap::new(),
        });
        let latest = folded.latest.entry(source.server.clone()).or_default();
        *latest = (*latest).max(source.incarnation);
        Ok(())
    }
}
