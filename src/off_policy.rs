//! Off-policy estimates from a router's own log, by
//! [`stats::off_policy`](crate::stats::off_policy).
//!
//! From a log of assignments and rewards under one policy it estimates what another policy would
//! have earned: from a canary at 10 % what it would earn at 50 %, from an A/B test what each arm
//! would earn alone.

use thiserror::Error;

use crate::{
    assignment::Assignment,
    fingerprint::Fingerprint,
    plan::Plan,
    route::{Propensity, Reason},
    stats::off_policy::{LoggedDecision, MaxWeight, OffPolicyError},
    unit::Unit,
};

/// The plan that ran and the one that did not.
///
/// Both are over the same labels of versions. The target is usually made by
/// [`Policy::compile`](crate::Policy::compile).
///
/// ```
/// use switchstand::off_policy::PlanPair;
/// use switchstand::stats::{Alpha, off_policy::OffPolicy};
/// use switchstand::{Policy, Router, Share};
///
/// let at = |percent| Ok::<_, switchstand::release::ShareError>(
///     Policy::canary("ranker-2026-11", "v2", Share::percent(percent)?)
/// );
/// let (ran, target) = (at(20)?.compile("v1", ["v2"])?, at(50)?.compile("v1", ["v2"])?);
/// let pair = PlanPair::new(&ran, &target);
/// let mut value = OffPolicy::new(pair.max_weight("anybody")?, Alpha::FIVE_PERCENT);
/// for user in 0..10_000_u64 {
///     // The log has the unit, the assignment and, later, the reward.
///     let assignment = ran.assignment(user);
///     let reward = if assignment.version == "v2" { 0.9 } else { 0.6 };
///     value.record(pair.weigh(user, &assignment, reward)?)?;
/// }
/// assert!(value.estimate()?.interval.contains(0.75));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PlanPair<'a> {
    ran: &'a Plan,
    target: &'a Plan,
}

impl<'a> PlanPair<'a> {
    /// Returns the pair of the plan that ran and of the target.
    #[must_use]
    pub const fn new(ran: &'a Plan, target: &'a Plan) -> PlanPair<'a> {
        PlanPair { ran, target }
    }

    /// Returns the greatest weight of a decision for units with these attributes.
    ///
    /// If rules make classes of units, take the greatest over one unit of each class
    /// ([`MaxWeight::or`]).
    ///
    /// # Errors
    /// [`PlanPairError::NotCovered`] names a version that the target gives such a unit, and the
    /// plan that ran does not; [`PlanPairError::Refused`] for a weight above 10^12.
    pub fn max_weight<'u>(&self, unit: impl Into<Unit<'u>>) -> Result<MaxWeight, PlanPairError> {
        let unit = unit.into();
        let ran = self.ran.propensities(unit);
        let mut greatest = MaxWeight::ONE;
        for (version, target) in self.target.propensities(unit) {
            let ran = of(&ran, version).map_or(0.0, Propensity::as_fraction);
            let weight = MaxWeight::over([(ran, target.as_fraction())]);
            greatest = greatest.or(weight.map_err(|error| match error {
                OffPolicyError::NotCovered { target } => PlanPairError::NotCovered {
                    version: version.to_owned(),
                    target,
                },
                other => PlanPairError::Refused(other),
            })?);
        }
        Ok(greatest)
    }

    /// Returns the weighted reward of a logged assignment for the target.
    ///
    /// The reward is from 0 to 1. The unit must have the attributes that it had when it was routed.
    ///
    /// # Errors
    /// [`PlanPairError::OtherPolicy`] for an assignment by another policy than the one that ran,
    /// [`PlanPairError::NotDrawn`] for one without a propensity,
    /// [`PlanPairError::OtherAttributes`] for one whose propensity is not that of such a unit,
    /// [`PlanPairError::NotCovered`] as [`max_weight`](PlanPair::max_weight), and
    /// [`PlanPairError::Refused`] for a reward outside of 0 to 1.
    pub fn weigh<'u>(
        &self,
        unit: impl Into<Unit<'u>>,
        assignment: &Assignment<'_>,
        reward: f64,
    ) -> Result<LoggedDecision, PlanPairError> {
        let unit = unit.into();
        if assignment.fingerprint != self.ran.fingerprint() {
            return Err(PlanPairError::OtherPolicy {
                found: assignment.fingerprint,
                expected: self.ran.fingerprint(),
            });
        }
        let Some(propensity) = assignment.propensity else {
            let reason = assignment.reason;
            return Err(PlanPairError::NotDrawn { reason });
        };
        let version = &*assignment.version;
        let known = of(&self.ran.propensities(unit), version).map(Propensity::as_fraction);
        if known.is_none_or(|known| (known / propensity.as_fraction() - 1.0).abs() > SAME) {
            return Err(PlanPairError::OtherAttributes {
                version: version.to_owned(),
                logged: propensity.as_fraction(),
                found: known,
            });
        }
        self.max_weight(unit)?;
        let target = of(&self.target.propensities(unit), version);
        let target = target.map_or(0.0, Propensity::as_fraction);
        Ok(LoggedDecision::new(
            propensity.as_fraction(),
            target,
            reward,
        )?)
    }
}

/// A propensity that was stored as a decimal number may have lost its last digits.
const SAME: f64 = 1e-9;

fn of(propensities: &[(&str, Propensity)], version: &str) -> Option<Propensity> {
    let mut all = propensities.iter();
    all.find(|(label, _)| *label == version)
        .map(|(_, propensity)| *propensity)
}

/// Why a logged assignment cannot be used for a plan that did not run.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum PlanPairError {
    /// The assignment was made by another policy.
    #[error(
        "the assignment was made by policy {found}, the one that ran is {expected}: read the log \
         that this plan made"
    )]
    OtherPolicy {
        /// Fingerprint in the assignment.
        found: Fingerprint,
        /// Fingerprint of the plan that ran.
        expected: Fingerprint,
    },
    /// The assignment has no propensity.
    ///
    /// You may leave out pins, lists and overrides. You may not leave out fallbacks, because they
    /// depend on the version: the rest would make a failing version look better than it is.
    #[error(
        "nothing was drawn for the assignment ({reason}), so it has no propensity; leave such \
         units out"
    )]
    NotDrawn {
        /// The rule that decided.
        reason: Reason,
    },
    /// The propensity is not that of a unit with these attributes.
    #[error(
        "{version} was assigned with propensity {logged}, such a unit gets it with {}: give the \
         attributes that it was assigned by",
        .found.unwrap_or(0.0)
    )]
    OtherAttributes {
        /// The version that was assigned.
        version: String,
        /// The propensity in the assignment.
        logged: f64,
        /// The propensity for a unit with the attributes given; `None` if it never gets it.
        found: Option<f64>,
    },
    /// The target gives such units a version that the plan that ran never gave them.
    #[error(
        "the target gives {version} with probability {target}, which was never given: compare with \
         a target that gives what ran"
    )]
    NotCovered {
        /// The version.
        version: String,
        /// The probability with which the target gives it.
        target: f64,
    },
    /// A number was refused.
    #[error(transparent)]
    Refused(#[from] OffPolicyError),
}
