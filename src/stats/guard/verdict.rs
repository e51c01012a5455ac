//! What the evidence allows to conclude.

use core::fmt;

/// Names what the evidence of a guard allows to conclude.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Verdict {
    /// Neither null hypothesis is rejected: go on watching.
    Undecided,
    /// The candidate's rate is above the harm boundary: reject the candidate.
    Harm,
    /// The candidate's rate is below the safe boundary: going on is justified.
    Safe,
    /// The rate is above the harm boundary, yet below the safe one: a small harm, surely.
    HarmWithinMargin,
}

impl Verdict {
    pub(super) const fn of(harm: bool, safe: bool) -> Verdict {
        match (harm, safe) {
            (false, false) => Verdict::Undecided,
            (true, false) => Verdict::Harm,
            (false, true) => Verdict::Safe,
            (true, true) => Verdict::HarmWithinMargin,
        }
    }

    /// Tells whether harm is shown, within the margin or not.
    #[must_use]
    pub const fn is_harm(self) -> bool {
        matches!(self, Verdict::Harm | Verdict::HarmWithinMargin)
    }

    /// Tells whether the rate is shown to be below the safe boundary, harm or not.
    #[must_use]
    pub const fn is_below_safe_boundary(self) -> bool {
        matches!(self, Verdict::Safe | Verdict::HarmWithinMargin)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Undecided => "undecided",
            Verdict::Harm => "harm",
            Verdict::Safe => "safe",
            Verdict::HarmWithinMargin => "harm, within the margin",
        })
    }
}
