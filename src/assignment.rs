//! A decision in words.

use std::borrow::Cow;

use crate::{
    fingerprint::Fingerprint,
    plan::{Plan, Words},
    route::{Propensity, Reason, Route},
    share::Share,
    unit::Unit,
};

/// A decision in words that mean the same on every server.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Assignment<'a> {
    /// The release's name.
    pub release: Cow<'a, str>,
    /// The policy's content hash, equal on every server.
    pub fingerprint: Fingerprint,
    /// The generation that decided; it is local to this server.
    pub generation: u64,
    /// The label of the version that answers.
    pub version: Cow<'a, str>,
    /// The label of the arm, if the unit takes part.
    pub arm: Option<Cow<'a, str>>,
    /// The rule that decided.
    pub reason: Reason,
    /// The probability of this version for such a unit; `None` if nothing was drawn.
    pub propensity: Option<Propensity>,
    /// The share of the canary's units that was shed to the live version at that time.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_none"))]
    pub shed: Share,
}

#[cfg(feature = "serde")]
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
fn is_none(share: &Share) -> bool {
    *share == Share::NONE
}

impl<'a> Assignment<'a> {
    pub(crate) fn of(words: &'a Words, route: &Route, version: &'a str) -> Assignment<'a> {
        Assignment {
            release: Cow::Borrowed(words.release()),
            fingerprint: words.fingerprint(),
            generation: route.generation(),
            version: Cow::Borrowed(version),
            arm: words.arm_of(route).map(Cow::Borrowed),
            reason: route.reason(),
            propensity: route.propensity(),
            shed: words.shed_of_canary(),
        }
    }

    /// Returns the same assignment without borrowing.
    #[must_use]
    pub fn into_owned(self) -> Assignment<'static> {
        Assignment {
            release: Cow::Owned(self.release.into_owned()),
            version: Cow::Owned(self.version.into_owned()),
            arm: self.arm.map(|arm| Cow::Owned(arm.into_owned())),
            fingerprint: self.fingerprint,
            generation: self.generation,
            reason: self.reason,
            propensity: self.propensity,
            shed: self.shed,
        }
    }
}

impl Plan {
    /// Decides which version answers for a unit, in the words of the log.
    #[must_use]
    pub fn assignment<'u>(&self, unit: impl Into<Unit<'u>>) -> Assignment<'_> {
        let route = self.route(unit);
        let version = self.version_of(&route).unwrap_or_default();
        Assignment::of(self.words(), &route, version)
    }
}
