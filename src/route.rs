//! The decision for one request.

mod propensity;
mod reason;

use core::iter;

pub use propensity::{Propensity, PropensityError};
pub use reason::Reason;
pub(crate) use reason::ReasonCode;

use crate::version::VersionId;

/// The version that answers one unit, and why.
///
/// A route is small and `Copy`: it can be kept with the answer and logged. It names versions and
/// arms by number; [`Plan`](crate::Plan) and [`Router`](crate::Router) give their labels.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Route {
    pub(crate) generation: u64,
    pub(crate) propensity: Option<Propensity>,
    pub(crate) version: VersionId,
    pub(crate) arm: u16,
    pub(crate) shadows: u8,
    pub(crate) reason: ReasonCode,
}

/// Stands for "no arm" in a route.
pub(crate) const NO_ARM: u16 = u16::MAX;

impl Route {
    /// A placeholder before a route is set; it is never returned.
    pub(crate) const UNSET: Route = Route {
        generation: 0,
        propensity: None,
        version: VersionId(0),
        arm: NO_ARM,
        shadows: 0,
        reason: ReasonCode::of(Reason::Live),
    };

    /// Returns the version that answers.
    #[must_use]
    pub const fn version(&self) -> VersionId {
        self.version
    }

    /// Returns the rule that decided.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason.reason()
    }

    /// Returns the generation of the plan that decided; 0 if it was never published.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Returns the probability with which such a unit gets this version over all draws.
    ///
    /// It is the probability of the version, not of the arm, for a unit with these attributes.
    /// `None` if nothing was drawn for the unit: listed units, overrides, pins and fallbacks.
    #[must_use]
    pub const fn propensity(&self) -> Option<Propensity> {
        self.propensity
    }

    /// Returns the number of the arm that the unit was drawn into, if any.
    ///
    /// Arms are numbered in the byte order of their labels; for a canary, 0 is the live version and
    /// 1 the canary.
    #[must_use]
    pub const fn arm(&self) -> Option<u16> {
        if self.arm == NO_ARM {
            None
        } else {
            Some(self.arm)
        }
    }

    /// Returns the route of the same unit after its version failed, with the shadows that remain.
    pub(crate) const fn fallback(self, live: VersionId, shadows: ShadowSet) -> Route {
        Route {
            version: live,
            reason: ReasonCode::of(Reason::Fallback),
            shadows: shadows.0,
            ..self.confounded()
        }
    }

    /// Returns the route of the same unit if its version may not answer.
    pub(crate) const fn killed(self, live: VersionId) -> Route {
        Route {
            version: live,
            reason: ReasonCode::of(Reason::Killed),
            shadows: 0,
            ..self.confounded()
        }
    }

    /// Returns the route of the same unit if its version is overloaded.
    pub(crate) const fn saturated(self, live: VersionId) -> Route {
        Route {
            version: live,
            reason: ReasonCode::of(Reason::Saturated),
            ..self.confounded()
        }
    }

    const fn confounded(self) -> Route {
        Route {
            propensity: None,
            arm: NO_ARM,
            ..self
        }
    }

    /// Tells whether the unit may be counted as evidence in an experiment.
    ///
    /// Only units that a draw put into an arm may be counted; those served by an audience rule, a
    /// list, a pin, an override or a fallback are confounded.
    #[must_use]
    pub const fn is_randomised(&self) -> bool {
        self.arm != NO_ARM
    }

    /// Returns which of the policy's shadows run for the request.
    #[must_use]
    pub const fn shadows(&self) -> ShadowSet {
        ShadowSet(self.shadows)
    }
}

/// The set of a policy's shadows that run for one request.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct ShadowSet(pub(crate) u8);

impl ShadowSet {
    /// Tells whether no shadow runs.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns how many shadows run.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Returns the set of the shadows for whose places `keep` is true.
    pub(crate) fn keep(self, keep: impl Fn(usize) -> bool) -> ShadowSet {
        let kept = self.iter().filter(|place| keep(*place));
        ShadowSet(kept.fold(0, |set, place| set | 1 << place))
    }

    /// Iterates over the shadows' places in the byte order of their versions.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        iter::from_fn(move || {
            let place = left.trailing_zeros() as usize;
            left &= left.checked_sub(1)?;
            Some(place)
        })
    }
}
