//! What changed while an experiment ran.

use super::{
    ExperimentError, Setup,
    looks::TakenLook,
    setup::{Planned, arms_of},
};
use crate::{fingerprint::Fingerprint, policy::Policy, sorting::sort_by};

/// The policies under which the experiment ran, and the arms that were dropped.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub(super) struct Course {
    /// Sorted; empty for an experiment that was set up without a policy.
    pub(super) policies: Vec<Fingerprint>,
    /// A bit for every arm that was dropped.
    pub(super) dropped: u64,
    /// Looks that were taken, where they are planned.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(super) looks: Vec<TakenLook>,
}

impl Course {
    pub(super) fn of(setup: &Setup) -> Course {
        Course {
            policies: setup.fingerprint.into_iter().collect(),
            dropped: 0,
            looks: Vec::new(),
        }
    }

    /// Tells whether an assignment by this policy belongs to the experiment.
    pub(super) fn knows(&self, policy: Fingerprint) -> bool {
        self.policies.is_empty() || self.policies.contains(&policy)
    }

    pub(super) const fn is_dropped(&self, arm: usize) -> bool {
        self.dropped >> arm & 1 == 1
    }

    /// Continues under a changed policy of the same release.
    pub(super) fn follow(&mut self, setup: &Setup, policy: &Policy) -> Result<(), ExperimentError> {
        let refused = |why: String| ExperimentError::NotContinued {
            release: policy.release().to_owned(),
            why,
        };
        if policy.release() != setup.release {
            return Err(refused(format!("the experiment is on {:?}", setup.release)));
        }
        let arms = arms_of(policy)?;
        let there = |label: &str| arms.iter().find(|arm| arm.label == label);
        if let Some(new) = arms.iter().find(|arm| setup.arm(&arm.label).is_err()) {
            return Err(refused(format!("arm {:?} is new", new.label)));
        }
        let Some((control, candidates)) = setup.arms.split_first() else {
            return Ok(());
        };
        let Some(control_now) = there(&control.label) else {
            return Err(refused(format!(
                "the control {:?} is missing",
                control.label
            )));
        };
        let mut dropped = 0;
        for (arm, place) in candidates.iter().zip(1..) {
            let same = |now: &Planned| {
                u128::from(now.weight) * u128::from(control.weight)
                    == u128::from(arm.weight) * u128::from(control_now.weight)
            };
            match there(&arm.label) {
                None => dropped |= 1 << place,
                Some(_) if self.is_dropped(place) => {
                    return Err(refused(format!("arm {:?} was dropped before", arm.label)));
                }
                Some(now) if same(now) => {}
                Some(now) => {
                    return Err(refused(format!(
                        "arm {:?} has weight {} beside the control's {}, it had {} beside {}",
                        arm.label, now.weight, control_now.weight, arm.weight, control.weight
                    )));
                }
            }
        }
        self.dropped |= dropped;
        self.policies.push(policy.fingerprint());
        sort_by(&mut self.policies, Ord::cmp);
        self.policies.dedup();
        Ok(())
    }

    pub(super) fn merge(&mut self, other: &Course) {
        // An experiment without a policy takes all assignments, and so does the sum.
        if self.policies.is_empty() || other.policies.is_empty() {
            self.policies.clear();
        } else {
            self.policies.extend(&other.policies);
            sort_by(&mut self.policies, Ord::cmp);
            self.policies.dedup();
        }
        self.dropped |= other.dropped;
        // One server takes all looks, so the longer list is the complete one.
        if other.looks.len() > self.looks.len() {
            self.looks.clone_from(&other.looks);
        }
    }
}
