//! Deployed versions, the policy in force, and what operators may do to them.

mod change;
mod operation;
mod operation_error;
mod origin;
#[cfg(feature = "serde")]
mod stored;

use core::{iter, slice};
use std::sync::Arc;

pub use change::{Change, Order, ReplayError};
pub(crate) use operation::CheckResult;
pub use operation::Operation;
pub use operation_error::OperationError;
pub(crate) use origin::Origin;

use crate::{
    bucket::Secret,
    plan::Plan,
    policy::{CheckedPolicy, Policy, PolicyError},
    version::Versions,
};

pub(crate) use crate::version::VersionState;
pub use crate::version::{Deployment, LabelError, VersionId};

/// All deployed versions, the policy in force and the generation: a pure state machine.
///
/// Exactly one version is live. Every operation that succeeds raises the generation by one; an
/// operation that fails changes nothing.
///
/// It is a value: it can be stored, compared and tested without a router. The serialised form has a
/// version number, and is checked as a whole when it is read.
///
/// ```
/// use switchstand::{deployment::{Deployments, Operation, Order}, Timestamp};
/// let start = Deployments::new("v1")?;
/// let mut now = start.clone();
/// let order = Order::new(Timestamp::from_secs(60)).named("ana").because("new features");
/// let change = now.carry_out(Operation::Deploy { version: "v2".into() }, &order)?;
/// let change = change.ok_or("it changed nothing")?;
/// assert_eq!((change.before(), change.generation), (0, 1));
/// assert_eq!(start.replay([&change])?, now);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(into = "stored::State", try_from = "stored::State")
)]
pub struct Deployments {
    versions: Versions,
    policy: Arc<CheckedPolicy>,
    /// The number that the next deployment gets.
    next: u32,
    /// The router that the state was taken from, if it was.
    origin: Option<Origin>,
}

impl Deployments {
    /// The maximum number of versions that may be deployed at once.
    pub const MAX_DEPLOYED: usize = 1024;

    /// Starts with `live` answering everybody, at generation 0.
    ///
    /// # Errors
    /// [`LabelError`] if the label is empty or too long.
    pub fn new(live: &str) -> Result<Deployments, LabelError> {
        Ok(Deployments {
            versions: Versions {
                generation: 0,
                live: Deployment::new(VersionId(0), live, VersionState::Live)?,
                others: Vec::new(),
                killed: Vec::new(),
            },
            policy: Arc::new(CheckedPolicy::live_only("initial")),
            next: 1,
            origin: None,
        })
    }

    /// Returns the number of operations that have succeeded.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.versions.generation
    }

    /// Returns the version that is live.
    #[must_use]
    pub const fn live(&self) -> &Deployment {
        &self.versions.live
    }

    /// Returns the version that a roll-back would make live, if there is one.
    #[must_use]
    pub fn standby(&self) -> Option<&Deployment> {
        let mut others = self.versions.others.iter();
        others.find(|deployment| deployment.state == VersionState::Standby)
    }

    /// Returns the policy in force.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        self.policy.policy()
    }

    /// Returns the policy in force with its tables.
    pub(crate) const fn checked_policy(&self) -> &Arc<CheckedPolicy> {
        &self.policy
    }

    /// Iterates over the deployed versions, the live one first.
    pub fn iter(&self) -> <&Deployments as IntoIterator>::IntoIter {
        self.versions.iter()
    }

    /// Returns the version under this label, if it is deployed.
    #[must_use]
    pub fn get(&self, label: &str) -> Option<&Deployment> {
        self.versions.get(label)
    }

    /// Returns what policies are checked and compiled against.
    pub(crate) const fn versions(&self) -> &Versions {
        &self.versions
    }

    /// Checks whether a policy could come into force now, and changes nothing.
    ///
    /// # Errors
    /// [`PolicyError`] names the first field that is wrong, and its value.
    pub fn check(&self, policy: &Policy) -> Result<(), PolicyError> {
        self.check_policy(policy).map(drop)
    }

    fn check_policy(&self, policy: &Policy) -> Result<CheckedPolicy, PolicyError> {
        let checked = CheckedPolicy::new(policy.clone(), Some(&self.policy))?;
        policy.check_against(&self.versions)?;
        Ok(checked)
    }

    /// Deploys a version without validation, for tests of policies.
    pub(crate) fn deploy_ready(&mut self, version: &str) -> Result<(), OperationError> {
        let version = version.to_owned();
        self.apply(&Operation::Deploy {
            version: version.clone(),
        })?;
        self.apply(&Operation::Validate { version })
    }

    /// Returns the number that the next deployment gets.
    pub(crate) const fn next(&self) -> u32 {
        self.next
    }
}

impl Policy {
    /// Compiles the policy as if `live` were live and `others` validated, to test it.
    ///
    /// # Errors
    /// [`OperationError`] if a label is refused, or the policy is.
    pub fn compile<'a>(
        &self,
        live: &str,
        others: impl IntoIterator<Item = &'a str>,
    ) -> Result<Plan, OperationError> {
        let mut deployments = Deployments::new(live)?;
        for version in others {
            deployments.deploy_ready(version)?;
        }
        let checked = deployments.check_policy(self)?;
        Ok(Plan::build(
            &checked,
            &deployments.versions,
            &Secret::default(),
        ))
    }
}

impl<'a> IntoIterator for &'a Deployments {
    type Item = &'a Deployment;
    type IntoIter = iter::Chain<iter::Once<&'a Deployment>, slice::Iter<'a, Deployment>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
