//! Whether an audience can get a version at all.

use core::fmt;

use super::{LIVE, Member, TestError, fail};
use crate::{Audience, Policy, Reason, audience::TooMany};

/// Kinds of units that are tried one by one, at the most.
pub(super) const MAX_KINDS: usize = 100_000;

/// Asserts that no unit of an audience can get a version.
///
/// It is exhaustive: it holds for all units, for every release name and secret, and for any share.
/// From the conditions of policy and audience it makes one unit for each kind of unit that they can
/// distinguish, and follows all outcomes of the draws for each of them. Overrides count if the
/// policy allows them. Regular expressions, and attributes with conditions of two kinds (for
/// example on texts and on versions), are only sampled: if no unit is found there, the assertion
/// fails and names the condition. [`LIVE`] is the live version. That it may answer for a version
/// that failed or was rejected is not counted.
///
/// ```
/// use switchstand::{Policy, attr};
/// use switchstand::testing::assert_never;
/// let policy = Policy::canary("ranker-2026-11", "v2", "5%".parse()?)
///     .within(attr("age").at_least(18));
/// assert_never(&policy, &attr("age").less_than(18), "v2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If a unit of the audience can get the version; the message names one. Or with a [`TestError`],
/// if that cannot be decided.
#[track_caller]
pub fn assert_never(policy: &Policy, audience: &Audience, version: &str) {
    match find_reached(policy, audience, version) {
        Ok(None) => {}
        Ok(Some(reached)) => fail(reached),
        Err(error) => fail(error),
    }
}

/// Returns a unit of an audience that can get a version, if there is one.
///
/// It is [`assert_never`] without the panic.
///
/// # Errors
/// [`TestError`] tells why that cannot be found out.
pub fn find_reached(
    policy: &Policy,
    audience: &Audience,
    version: &str,
) -> Result<Option<ReachedUnit>, TestError> {
    policy.check_form()?;
    audience
        .check()
        .map_err(|source| crate::policy::PolicyError::Audience {
            field: "audience",
            source,
        })?;
    let kinds = Policy::kinds_of_units(&[policy], Some(audience), MAX_KINDS).map_err(too_many)?;
    let members = kinds.iter().filter(|kind| audience.matches(&kind.unit()));
    for kind in members {
        let unit = kind.unit();
        let mut reached = policy.reach(&unit).into_iter();
        if let Some((_, reason)) = reached.find(|(label, _)| label.unwrap_or(LIVE) == version) {
            return Ok(Some(ReachedUnit {
                member: Member::of(kind.clone()),
                audience: audience.to_string(),
                version: version.to_owned(),
                reason,
            }));
        }
    }
    followed(&[policy], Some(audience)).map(|()| None)
}

/// Refuses to call it proved where the kinds of units that were tried are only a sample.
pub(super) fn followed(policies: &[&Policy], audience: Option<&Audience>) -> Result<(), TestError> {
    match Policy::sampled(policies, audience) {
        Some(condition) => Err(TestError::Sampled { condition }),
        None => Ok(()),
    }
}

pub(super) fn too_many(TooMany(found): TooMany) -> TestError {
    TestError::TooManyKinds {
        found,
        limit: MAX_KINDS,
    }
}

/// A unit that can get a version.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReachedUnit {
    /// The unit. Its key is that of a list of the policy, or stands for any other.
    pub member: Member,
    /// The audience that it belongs to, in words.
    pub audience: String,
    /// The version.
    pub version: String,
    /// The rule by which it can get it.
    pub reason: Reason,
}

impl fmt::Display for ReachedUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "version {:?} can answer units where {}: for example {}, by the rule {:?}",
            self.version,
            self.audience,
            self.member,
            self.reason.to_string(),
        )
    }
}
