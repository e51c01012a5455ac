//! The evidence of several servers.

use super::{Counter, Evidence, EvidenceError, Met};

impl Evidence {
    /// Adds what another server has counted of the same roll-out, in the same phase.
    ///
    /// # Errors
    /// [`EvidenceError::Mismatch`] if the evidence is of another release, schedule or phase;
    /// nothing is added then.
    pub fn merge(&mut self, other: &Evidence) -> Result<(), EvidenceError> {
        let mismatch = |what| Err(EvidenceError::Mismatch { what });
        if self.version != other.version {
            return mismatch("their candidates");
        }
        if self.phase != other.phase {
            return mismatch("their phases");
        }
        let names = |evidence: &Evidence| -> Vec<String> {
            let names = evidence.counters.iter().map(Counter::name);
            names.map(str::to_owned).collect()
        };
        if names(self) != names(other) {
            return mismatch("their guards");
        }
        let mut counters = self.counters.clone();
        for (counter, theirs) in counters.iter_mut().zip(&other.counters) {
            counter.merge(theirs)?;
        }
        self.counters = counters;
        for (phase, theirs) in &other.met {
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
