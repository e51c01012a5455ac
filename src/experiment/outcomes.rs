//! How many outcomes are still to come.

/// Outcomes of one metric in one arm that were announced, and those that came.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Outcomes {
    pub(super) announced: u64,
    pub(super) come: u64,
}

impl Outcomes {
    pub(super) fn merge(&mut self, other: Outcomes) {
        self.announced = self.announced.saturating_add(other.announced);
        self.come = self.come.saturating_add(other.come);
    }

    /// Returns how many are pending in each arm, none unless all were announced.
    pub(super) fn pending(arms: &[Outcomes; 2]) -> Option<[u64; 2]> {
        let [control, candidate] = arms.map(|arm| arm.announced.checked_sub(arm.come));
        let pending = [control?, candidate?];
        arms.iter().any(|arm| arm.announced > 0).then_some(pending)
    }
}
