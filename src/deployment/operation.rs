//! What an operator may do, and how it changes the deployments.

use std::sync::Arc;

use super::{Deployments, OperationError};
use crate::{
    policy::{CheckedPolicy, Policy, PolicyError},
    share::Share,
    sorting::sort_by,
    version::{Deployment, VersionId, VersionState},
};

/// One step of deployment or release.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
#[non_exhaustive]
pub enum Operation {
    /// A version was loaded; it is reachable by nobody.
    Deploy {
        /// The version's label.
        version: String,
    },
    /// The last checks on a version passed.
    Validate {
        /// The version's label.
        version: String,
    },
    /// A policy comes into force.
    Release {
        /// The policy.
        policy: Box<Policy>,
    },
    /// A version takes the live one's place, which stands by.
    Swap {
        /// The label of the version that becomes live.
        version: String,
        /// The policy that comes into force with it; `None`: the live version answers all.
        policy: Option<Box<Policy>>,
    },
    /// The live version is kept; the stand-by retires and no longer shadows. If the policy lets it
    /// answer the units that are kept out, it stays and is ready.
    Accept,
    /// A version must no longer answer anybody; if it was live, the stand-by is live again.
    Reject {
        /// The version's label.
        version: String,
        /// Why, in the operator's words.
        cause: String,
    },
    /// A version is overloaded or unhealthy: a share of its units goes to the live one.
    Shed {
        /// The version's label.
        version: String,
        /// The share that goes to the live one; [`Share::NONE`] ends it.
        share: Share,
    },
    /// A version that no policy names takes no new requests.
    Retire {
        /// The version's label.
        version: String,
    },
    /// A version that nothing can reach any more is removed.
    Reclaim {
        /// The version's label.
        version: String,
    },
}

/// A policy that was checked, or what is wrong with it.
pub(crate) type CheckResult = Result<Arc<CheckedPolicy>, PolicyError>;

impl Operation {
    /// Returns the operation's name in logs and metrics.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Operation::Deploy { .. } => "deploy",
            Operation::Validate { .. } => "validate",
            Operation::Release { .. } => "release",
            Operation::Swap { .. } => "swap",
            Operation::Accept => "accept",
            Operation::Reject { .. } => "reject",
            Operation::Shed { .. } => "shed",
            Operation::Retire { .. } => "retire",
            Operation::Reclaim { .. } => "reclaim",
        }
    }

    /// Checks the form of the policy that the operation brings, if it brings one.
    ///
    /// Its time grows with the number of listed units, so it runs without a lock, before
    /// [`Deployments::apply_checked`] runs under one.
    pub(crate) fn check_policy(&self, before: &CheckedPolicy) -> Option<CheckResult> {
        let policy = match self {
            Operation::Release { policy } => policy,
            Operation::Swap { policy, .. } => policy.as_ref()?,
            _ => return None,
        };
        let checked = CheckedPolicy::new(Policy::clone(policy), Some(before));
        Some(checked.map(Arc::new))
    }
}

impl Deployments {
    /// Carries out one operation and raises the generation by one.
    ///
    /// The release of a policy with the same [fingerprint](Policy::fingerprint) as the one in force
    /// changes nothing and takes no generation, unless one of its versions was rejected. So a file
    /// may be released every time it is read.
    ///
    /// # Errors
    /// [`OperationError`] if the operation is not possible in this state; nothing changes then.
    pub fn apply(&mut self, operation: &Operation) -> Result<(), OperationError> {
        let policy = operation.check_policy(&self.policy);
        self.apply_checked(operation, policy)
    }

    /// Carries out an operation whose policy was checked before, in the form that it had then.
    pub(crate) fn apply_checked(
        &mut self,
        operation: &Operation,
        policy: Option<CheckResult>,
    ) -> Result<(), OperationError> {
        if let (Operation::Release { .. }, Some(Ok(policy))) = (operation, &policy)
            && policy.fingerprint() == self.policy.fingerprint()
            && self.versions.killed.is_empty()
        {
            return Ok(policy.policy().check_against(&self.versions)?);
        }
        self.apply_counted(operation, policy)
    }

    /// Carries out an operation that takes a generation, whatever it changes.
    pub(super) fn apply_counted(
        &mut self,
        operation: &Operation,
        policy: Option<CheckResult>,
    ) -> Result<(), OperationError> {
        let mut next = self.clone();
        match operation {
            Operation::Deploy { version } => next.deploy(version)?,
            Operation::Validate { version } => next.validate(version)?,
            Operation::Release { .. } => next.release(policy)?,
            Operation::Swap { version, .. } => next.swap(version, policy)?,
            Operation::Accept => next.accept()?,
            Operation::Reject { version, .. } => next.reject(version)?,
            Operation::Shed { version, share } => next.other(version)?.shed = *share,
            Operation::Retire { version } => next.retire(version)?,
            Operation::Reclaim { version } => next.reclaim(version)?,
        }
        next.versions.generation += 1;
        *self = next;
        Ok(())
    }

    fn deploy(&mut self, version: &str) -> Result<(), OperationError> {
        if let Some(deployment) = self.get(version) {
            return Err(OperationError::AlreadyDeployed {
                version: version.to_owned(),
                state: deployment.state,
            });
        }
        if self.versions.others.len() + 1 >= Deployments::MAX_DEPLOYED {
            return Err(OperationError::TooManyVersions {
                limit: Deployments::MAX_DEPLOYED,
            });
        }
        let id = VersionId(self.next);
        self.next = self
            .next
            .checked_add(1)
            .ok_or(OperationError::TooManyVersions {
                limit: u32::MAX as usize,
            })?;
        let staged = Deployment::new(id, version, VersionState::Staged)?;
        self.versions.others.push(staged);
        Ok(())
    }

    fn validate(&mut self, version: &str) -> Result<(), OperationError> {
        let deployment = self.other(version)?;
        match deployment.state {
            VersionState::Staged => deployment.state = VersionState::Ready,
            state => return Err(OperationError::wrong_state(version, state, "staged")),
        }
        Ok(())
    }

    /// Puts a policy in force; without one, the live version answers all.
    fn release(&mut self, policy: Option<CheckResult>) -> Result<(), OperationError> {
        self.policy = match policy {
            Some(policy) => policy?,
            None => Arc::new(CheckedPolicy::live_only(self.policy().release())),
        };
        self.policy().check_against(&self.versions)?;
        self.versions.killed.clear();
        Ok(())
    }

    fn swap(&mut self, version: &str, policy: Option<CheckResult>) -> Result<(), OperationError> {
        if let Some(standby) = self.standby() {
            return Err(OperationError::NotAccepted {
                live: self.versions.live.label.clone(),
                standby: standby.label.clone(),
            });
        }
        match self.other(version)?.state {
            VersionState::Ready => self.make_live(version, VersionState::Standby),
            state => return Err(OperationError::wrong_state(version, state, "ready")),
        }
        self.release(policy)
    }

    fn accept(&mut self) -> Result<(), OperationError> {
        let kept_out = self.policy().kept_out.clone();
        let standby = self
            .versions
            .others
            .iter_mut()
            .find(|deployment| deployment.state == VersionState::Standby)
            .ok_or_else(|| OperationError::NoStandby {
                version: self.versions.live.label.clone(),
            })?;
        let label = standby.label.clone();
        let stays = kept_out.as_ref() == Some(&label);
        standby.state = match stays {
            true => VersionState::Ready,
            false => VersionState::Retiring,
        };
        // The reverse shadow ends with its swap; it answered no request.
        if let Some(without) = self.policy.without_shadow(&label) {
            self.policy = Arc::new(without);
        }
        if self.policy().names(&label) && !stays {
            return Err(OperationError::NamedByPolicy {
                version: label,
                release: self.policy().release().to_owned(),
            });
        }
        Ok(())
    }

    fn reject(&mut self, version: &str) -> Result<(), OperationError> {
        if self.versions.live.label == version {
            let standby = self.standby().ok_or(OperationError::NoStandby {
                version: version.to_owned(),
            })?;
            let standby = standby.label.clone();
            self.make_live(&standby, VersionState::Rejected);
        } else {
            self.other(version)?.state = VersionState::Rejected;
        }
        // A rejected version that the policy does not name need not be remembered: this policy
        // cannot bring it back.
        if self.policy().names(version) && !self.versions.is_killed(version) {
            self.versions.killed.push(version.to_owned());
        }
        Ok(())
    }

    fn retire(&mut self, version: &str) -> Result<(), OperationError> {
        if self.policy().names(version) && !self.versions.is_killed(version) {
            return Err(OperationError::NamedByPolicy {
                version: version.to_owned(),
                release: self.policy().release().to_owned(),
            });
        }
        let deployment = self.other(version)?;
        match deployment.state {
            VersionState::Staged | VersionState::Ready | VersionState::Rejected => {
                deployment.state = VersionState::Retiring;
            }
            state => {
                return Err(OperationError::wrong_state(
                    version,
                    state,
                    "staged, ready or rejected",
                ));
            }
        }
        Ok(())
    }

    fn reclaim(&mut self, version: &str) -> Result<(), OperationError> {
        match self.other(version)?.state {
            VersionState::Retiring | VersionState::Rejected => {
                self.versions
                    .others
                    .retain(|deployment| deployment.label != version);
            }
            state => {
                return Err(OperationError::wrong_state(
                    version,
                    state,
                    "retiring or rejected",
                ));
            }
        }
        Ok(())
    }

    /// Puts the version `label` in the live one's place, which goes to `state`.
    fn make_live(&mut self, label: &str, state: VersionState) {
        if let Some(next) = self
            .versions
            .others
            .iter_mut()
            .find(|other| other.label == label)
        {
            core::mem::swap(&mut self.versions.live, next);
            next.state = state;
            self.versions.live.state = VersionState::Live;
            self.versions.live.shed = Share::NONE;
            sort_by(&mut self.versions.others, |left, right| {
                left.id.cmp(&right.id)
            });
        }
    }

    /// Returns a version that is deployed and not live.
    fn other(&mut self, version: &str) -> Result<&mut Deployment, OperationError> {
        if self.versions.live.label == version {
            return Err(OperationError::wrong_state(
                version,
                VersionState::Live,
                "another than the live version",
            ));
        }
        self.versions
            .others
            .iter_mut()
            .find(|deployment| deployment.label == version)
            .ok_or_else(|| OperationError::UnknownVersion {
                version: version.to_owned(),
            })
    }
}
