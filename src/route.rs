//! The decision for one request.

use core::{fmt, iter, num::NonZeroU64};

use thiserror::Error;

use crate::environment::VersionId;

/// Holds which version answers one unit, and why.
///
/// A route is small, `Copy` and complete: it can be kept beside the answer and logged. It names
/// versions and arms by number; [`Plan`](crate::Plan) and [`Router`](crate::Router) tell their
/// labels.
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
    /// Stands where no route was set yet; it is never given out.
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
    /// It is that of the version, not of the arm, for a unit with these attributes. There is
    /// none where nothing was drawn for the unit: listed units, overrides, pins and fallbacks.
    #[must_use]
    pub const fn propensity(&self) -> Option<Propensity> {
        self.propensity
    }

    /// Returns the number of the arm that the unit was drawn into, if any.
    ///
    /// Arms are numbered in the byte order of their labels; of a canary, 0 is the live version
    /// and 1 the canary.
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

    /// Returns the route of the same unit where its version may not answer.
    pub(crate) const fn killed(self, live: VersionId) -> Route {
        Route {
            version: live,
            reason: ReasonCode::of(Reason::Killed),
            shadows: 0,
            ..self.confounded()
        }
    }

    /// Returns the route of the same unit where its version takes no more.
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
    /// Only units that a draw put into an arm may; those served by an audience rule, a list, a
    /// pin, an override or a fallback are confounded.
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

/// Names the rule that decided a route, in the order in which rules are tried.
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
    /// The session's version may not answer any more, so the policy decided.
    PinLapsed,
    /// The unit is kept out of every release.
    Holdout,
    /// The request asked for a version, and the policy lets such units ask.
    Override,
    /// The unit is listed by name.
    Listed,
    /// An audience rule decided: for the unit, or against its taking part.
    Audience,
    /// The unit lies outside of the release's stretch of the layer.
    Layer,
    /// The gate decided: into the canary or not, or not into the experiment.
    Gate,
    /// The split decided which arm.
    Split,
    /// The chosen version is saturated or unhealthy, so the live one answers.
    Saturated,
    /// The chosen version failed, so the live one answered.
    Fallback,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
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
        })
    }
}

/// Holds a reason as its number.
///
/// A reason has values to spare, which the compiler would use to mark an absent route and then
/// copy routes in overlapping pieces: five times as slow. A number has none.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub(crate) struct ReasonCode(u8);

impl ReasonCode {
    pub(crate) const fn of(reason: Reason) -> ReasonCode {
        ReasonCode(reason as u8)
    }

    #[expect(clippy::indexing_slicing, reason = "the index is below the length")]
    const fn reason(self) -> Reason {
        const ALL: [Reason; 13] = [
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
        let mut place = 0;
        while place < ALL.len() {
            if ALL[place] as u8 == self.0 {
                return ALL[place];
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

/// Holds the probability of a version for a unit, in units of 2^-63.
///
/// In serialised form it is the probability as a number above 0 and at most 1.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "f64", try_from = "f64"))]
pub struct Propensity(NonZeroU64);

impl Propensity {
    const ONE: u64 = 1 << 63;

    /// Is certainty.
    pub const CERTAIN: Propensity = Propensity(NonZeroU64::MIN.saturating_add(Propensity::ONE - 1));

    /// Returns the probability of `points` among 2^64, rounded to 2^-63, as a raw number.
    pub(crate) const fn raw_of_points(points: u128) -> u64 {
        (points.div_ceil(2)) as u64
    }

    /// Returns the product of two raw probabilities.
    pub(crate) const fn raw_product(left: u64, right: u64) -> u64 {
        ((left as u128 * right as u128 + (1 << 62)) >> 63) as u64
    }

    /// Returns the complement of a raw probability.
    pub(crate) const fn raw_complement(raw: u64) -> u64 {
        Propensity::ONE.saturating_sub(raw)
    }

    /// Makes a probability of a raw number; what was chosen is never impossible.
    pub(crate) const fn from_raw(raw: u64) -> Propensity {
        match NonZeroU64::new(raw) {
            Some(raw) => Propensity(raw),
            None => Propensity(NonZeroU64::MIN),
        }
    }

    /// Returns the probability as a number above 0 and at most 1.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "the nearest double is what is promised"
    )]
    pub fn as_fraction(self) -> f64 {
        self.0.get() as f64 / Propensity::ONE as f64
    }
}

impl From<Propensity> for f64 {
    fn from(propensity: Propensity) -> f64 {
        propensity.as_fraction()
    }
}

impl TryFrom<f64> for Propensity {
    type Error = PropensityError;

    #[expect(clippy::cast_precision_loss, reason = "a power of two is exact")]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked before"
    )]
    fn try_from(fraction: f64) -> Result<Propensity, PropensityError> {
        if fraction > 0.0 && fraction <= 1.0 {
            Ok(Propensity::from_raw(
                (fraction * Propensity::ONE as f64) as u64,
            ))
        } else {
            Err(PropensityError::OutOfRange { fraction })
        }
    }
}

/// Tells why a number is not a propensity.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum PropensityError {
    /// The number is not above 0 and at most 1.
    #[error("propensity {fraction} is not above 0 and at most 1")]
    OutOfRange {
        /// The number that was given.
        fraction: f64,
    },
}

/// Holds which of a policy's shadows run for one request.
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

    /// Returns the set of those shadows whose places `keep` keeps.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_of_probabilities_is_rounded_to_the_nearest() {
        let one = Propensity::raw_complement(0);
        assert_eq!(one, 1 << 63);
        for (left, right, product) in [
            (one, one, one),
            (one, 7, 7),
            (0, one, 0),
            (one / 2, one / 2, one / 4),
            // One and a half, a quarter, three quarters.
            (one / 2, 3, 2),
            (one / 4, 1, 0),
            (one / 4, 3, 1),
        ] {
            assert_eq!(Propensity::raw_product(left, right), product);
            assert_eq!(Propensity::raw_product(right, left), product);
        }
        assert_eq!(Propensity::raw_of_points(1 << 64), one);
        assert_eq!(Propensity::raw_of_points(5), 3);
    }
}
