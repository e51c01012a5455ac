//! The evidence of several servers.

use super::{Counter, Evidence, EvidenceError, Met};

impl Evidence {
    /// Adds what another server has counted of the same roll-out.
    ///
    /// Units and readings of the later one of the two phases count, bad events of both.
    ///
    /// # Errors
    /// [`EvidenceError::Mismatch`] if the evidence is of another release or schedule; nothing is
    /// added then.
    pub(crate) fn merge(&mut self, other: &Evidence) -> Result<(), EvidenceError> {
        let mismatch = |what| Err(EvidenceError::Mismatch { what });
        if self.release != other.release {
            return mismatch("their releases");
        }
        if self.version != other.version {
            return mismatch("their candidates");
        }
        let names = |evidence: &Evidence| -> Vec<String> {
            let names = evidence.counters.iter().map(Counter::name);
            names.map(str::to_owned).collect()
        };
        if names(self) != names(other) {
            return mismatch("their guards");
        }
        let phase = self.phase.max(other.phase);
        let (mut ours, mut theirs) = (self.clone(), other.clone());
        ours.begin(phase);
        theirs.begin(phase);
        for (counter, theirs) in ours.counters.iter_mut().zip(&theirs.counters) {
            counter.merge(theirs)?;
        }
        *self = ours;
        for (phase, theirs) in &theirs.met {
            let met = self.met.entry(*phase).or_insert_with(|| Met::new(0));
            met.control.merge(&theirs.control);
            met.candidate.merge(&theirs.candidate);
            met.pairs = met.pairs.saturating_add(theirs.pairs);
        }
        for known in &other.policies {
            if !self.policies.contains(known) {
                self.policies.push(*known);
            }
        }
        Ok(())
    }
}
