//! A checked policy, with the tables that compiling needs.

use std::sync::Arc;

use super::{Policy, PolicyError, Shadow, UnitTable};
use crate::{
    audience::Audience,
    fingerprint::Fingerprint,
    split::{Finder, Split},
};

/// A policy whose form was checked, without regard to what is deployed.
///
/// The large parts that do not depend on versions are made once here and shared by all plans: the
/// table of listed units, the rules, the finder of arms.
#[derive(Clone, Debug)]
pub(crate) struct CheckedPolicy {
    policy: Policy,
    fingerprint: Fingerprint,
    split: Option<Arc<Split>>,
    finder: Option<Arc<Finder>>,
    rules: Arc<[Audience]>,
    units: Arc<UnitTable>,
}

impl CheckedPolicy {
    /// Checks a policy, and reuses what it has in common with an earlier one.
    pub(crate) fn new(
        policy: Policy,
        before: Option<&CheckedPolicy>,
    ) -> Result<CheckedPolicy, PolicyError> {
        policy.check_shape()?;
        let before_split = before.filter(|before| before.policy.has_the_arms_of(&policy));
        let (split, finder) = match (&policy.ab_test, before_split) {
            (Some(_), Some(before)) => (before.split.clone(), before.finder.clone()),
            (Some(test), None) => {
                let split = test.split()?;
                let finder = Arc::new(Finder::new(split.layout()));
                (Some(Arc::new(split)), Some(finder))
            }
            (None, _) => (
                None,
                policy.canary.is_some().then(Finder::whole).map(Arc::new),
            ),
        };
        policy.check_names()?;
        let units = match before.filter(|before| before.units.is_of(&policy.units)) {
            Some(before) => Arc::clone(&before.units),
            None => Arc::new(policy.check_units()?),
        };
        policy.check_audiences()?;
        let is_ruled_by = |rules: &[Audience]| {
            rules
                .iter()
                .eq(policy.served().map(|(audience, _)| audience))
        };
        let rules = match before.filter(|before| is_ruled_by(&before.rules)) {
            Some(before) => Arc::clone(&before.rules),
            None => policy
                .served()
                .map(|(audience, _)| audience.clone())
                .collect(),
        };
        Ok(CheckedPolicy {
            fingerprint: policy.fingerprint_with(split.as_deref()),
            policy,
            split,
            finder,
            rules,
            units,
        })
    }

    /// Returns what [`Policy::live_only`] is, for a release whose name was checked.
    pub(crate) fn live_only(release: &str) -> CheckedPolicy {
        let policy = Policy::live_only(release);
        CheckedPolicy {
            fingerprint: policy.fingerprint_with(None),
            policy,
            split: None,
            finder: None,
            rules: Arc::default(),
            units: Arc::default(),
        }
    }

    /// Returns the policy without the shadow of a version; `None` if it has no such shadow.
    pub(crate) fn without_shadow(&self, version: &str) -> Option<CheckedPolicy> {
        let is_another = |shadow: &Shadow| shadow.version != version;
        if self.policy.shadow.iter().all(is_another) {
            return None;
        }
        let mut without = self.clone();
        without.policy.shadow.retain(is_another);
        without.fingerprint = without.policy.fingerprint_with(self.split());
        Some(without)
    }

    pub(crate) const fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(crate) const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    pub(crate) fn split(&self) -> Option<&Split> {
        self.split.as_deref()
    }

    /// Returns the finder of a point's arm; `None` if nothing is drawn.
    pub(crate) const fn finder(&self) -> Option<&Arc<Finder>> {
        self.finder.as_ref()
    }

    /// Returns the audiences that a version answers whatever is drawn, as [`Policy::served`].
    pub(crate) const fn rules(&self) -> &Arc<[Audience]> {
        &self.rules
    }

    /// Returns the listed units; the places of their lists are those in the policy.
    pub(crate) const fn units(&self) -> &Arc<UnitTable> {
        &self.units
    }
}

impl PartialEq for CheckedPolicy {
    fn eq(&self, other: &CheckedPolicy) -> bool {
        self.policy == other.policy
    }
}

impl Policy {
    /// Checks everything that does not depend on what is deployed.
    #[cfg(feature = "stats")]
    pub(crate) fn check_form(&self) -> Result<(), PolicyError> {
        CheckedPolicy::new(self.clone(), None).map(drop)
    }

    fn has_the_arms_of(&self, other: &Policy) -> bool {
        match (&self.ab_test, &other.ab_test) {
            (Some(one), Some(other)) => one.arms == other.arms && one.layout == other.layout,
            _ => false,
        }
    }
}
