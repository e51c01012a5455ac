//! Which rule decided a route.

use core::fmt;

/// The rule that decided a route, in the order in which rules are tried.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
#[repr(u8)]
pub enum Reason {
    /// The policy asks for the live version only.
    Live,
    /// The version that the policy chose was rejected, so the live one answers.
    Killed,
    /// The session keeps the version that it began with.
    Pinned,
    /// The session's version may no longer answer, so the policy decided.
    PinLapsed,
    /// The unit is kept out of every release.
    Holdout,
    /// The request asked for a version, and the policy lets such units ask.
    Override,
    /// The unit is listed by name.
    Listed,
    /// An audience rule decided: it served the unit, or kept it from taking part.
    Audience,
    /// The unit is outside of the release's part of the layer.
    Layer,
    /// The gate decided: in the canary or not, or not in the experiment.
    Gate,
    /// The split decided which arm.
    Split,
    /// The chosen version is overloaded or unhealthy, so the live one answers.
    Saturated,
    /// The chosen version failed, so the live one answered.
    Fallback,
}

impl Reason {
    /// Lists every reason, in the order in which rules are tried.
    pub const ALL: [Reason; 13] = [
        Reason::Live,
        Reason::Killed,
        Reason::Pinned,
        Reason::PinLapsed,
        Reason::Holdout,
        Reason::Override,
        Reason::Listed,
        Reason::Audience,
        Reason::Layer,
        Reason::Gate,
        Reason::Split,
        Reason::Saturated,
        Reason::Fallback,
    ];

    /// Returns the reason's name in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::Live => "live",
            Reason::Killed => "killed",
            Reason::Pinned => "pinned",
            Reason::PinLapsed => "pin_lapsed",
            Reason::Holdout => "holdout",
            Reason::Override => "override",
            Reason::Listed => "listed",
            Reason::Audience => "audience",
            Reason::Layer => "layer",
            Reason::Gate => "gate",
            Reason::Split => "split",
            Reason::Saturated => "saturated",
            Reason::Fallback => "fallback",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A reason as its number.
///
/// The enum has unused values. The compiler would use one of them to mark an absent route, and then
/// copy routes in overlapping pieces, which is five times as slow. A plain number has no unused
/// values.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub(crate) struct ReasonCode(u8);

impl ReasonCode {
    pub(crate) const fn of(reason: Reason) -> ReasonCode {
        ReasonCode(reason as u8)
    }

    #[expect(clippy::indexing_slicing, reason = "the index is below the length")]
    pub(super) const fn reason(self) -> Reason {
        let mut place = 0;
        while place < Reason::ALL.len() {
            if Reason::ALL[place] as u8 == self.0 {
                return Reason::ALL[place];
            }
            place += 1;
        }
        Reason::Live
    }
}

impl fmt::Debug for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.reason(), f)
    }
}
