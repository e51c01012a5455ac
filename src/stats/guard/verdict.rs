//! What the evidence allows to conclude.

use core::fmt;

/// What the evidence of a guard allows to conclude.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum GuardVerdict {
    /// Neither null hypothesis is rejected: go on watching.
    Undecided,
    /// The candidate's rate is above the harm boundary: reject the candidate.
    Harm,
    /// The candidate's rate is below the safe boundary: going on is justified.
    Safe,
    /// Harm is shown, but it is smaller than the safety margin.
    HarmWithinMargin,
}

impl GuardVerdict {
    pub(super) const fn of(harm: bool, safe: bool) -> GuardVerdict {
        match (harm, safe) {
            (false, false) => GuardVerdict::Undecided,
            (true, false) => GuardVerdict::Harm,
            (false, true) => GuardVerdict::Safe,
            (true, true) => GuardVerdict::HarmWithinMargin,
        }
    }

    /// Tells whether harm is shown, within the margin or not.
    #[must_use]
    pub const fn is_harm(self) -> bool {
        matches!(self, GuardVerdict::Harm | GuardVerdict::HarmWithinMargin)
    }
}

impl fmt::Display for GuardVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GuardVerdict::Undecided => "undecided",
            GuardVerdict::Harm => "harm",
            GuardVerdict::Safe => "safe",
            GuardVerdict::HarmWithinMargin => "harm, within the margin",
        })
    }
}
