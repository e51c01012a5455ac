//! Deployed versions and the states they move through.

mod change;
mod operation;
#[cfg(feature = "serde")]
mod stored;

use core::{fmt, iter, slice};

use thiserror::Error;

pub use change::{Change, Order, ReplayError};
pub use operation::{Operation, OperationError};

use crate::{policy::Policy, share::Share};

/// Identifies one deployment of a version within a router; never used twice.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct VersionId(pub(crate) u32);

/// Names what a deployed version may do.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum VersionState {
    /// Loaded, not yet validated: it may run as a shadow, but answer nobody.
    Staged,
    /// Validated: a policy may let it answer.
    Ready,
    /// Answers whatever no policy gives to another version.
    Live,
    /// Was live before the last swap, and is again after a roll-back.
    Standby,
    /// Takes no new requests; waits for the last one to end.
    Retiring,
    /// Was judged bad; takes no new requests.
    Rejected,
}

impl VersionState {
    /// Tells whether a version in this state may answer requests.
    #[must_use]
    pub const fn may_answer(self) -> bool {
        matches!(
            self,
            VersionState::Ready | VersionState::Live | VersionState::Standby
        )
    }

    /// Tells whether a version in this state may run as a shadow.
    #[must_use]
    pub const fn may_shadow(self) -> bool {
        matches!(self, VersionState::Staged) || self.may_answer()
    }
}

impl fmt::Display for VersionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            VersionState::Staged => "staged",
            VersionState::Ready => "ready",
            VersionState::Live => "live",
            VersionState::Standby => "standby",
            VersionState::Retiring => "retiring",
            VersionState::Rejected => "rejected",
        })
    }
}

/// Holds one deployed version and its state.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Deployment {
    id: VersionId,
    label: String,
    state: VersionState,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "is_none"))]
    shed: Share,
}

#[cfg(feature = "serde")]
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
fn is_none(share: &Share) -> bool {
    *share == Share::NONE
}

impl Deployment {
    /// Returns the share of the version's units that fall to the live version.
    #[must_use]
    pub const fn shed(&self) -> Share {
        self.shed
    }

    /// Returns the deployment's number.
    #[must_use]
    pub const fn id(&self) -> VersionId {
        self.id
    }

    /// Returns the version's label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Returns what the version may do.
    #[must_use]
    pub const fn state(&self) -> VersionState {
        self.state
    }
}

/// Holds all deployed versions, the policy in force and the generation: a pure state machine.
///
/// Exactly one version is live. Every operation that succeeds raises the generation by one; an
/// operation that fails changes nothing.
///
/// It is a value: it can be stored, compared and rehearsed without a router. In serialised form
/// it has a version, and is checked as a whole when it is read.
///
/// ```
/// use switchstand::{Deployments, Operation, Order, Timestamp};
/// let start = Deployments::new("v1")?;
/// let mut now = start.clone();
/// let order = Order::new(Timestamp::from_secs(60)).named("ana").because("new features");
/// let change = now.carry_out(Operation::Deploy { version: "v2".into() }, &order)?;
/// assert_eq!((change.before(), change.generation), (0, 1));
/// assert_eq!(start.replay([&change])?, now);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(into = "stored::State", try_from = "stored::State")
)]
pub struct Deployments {
    generation: u64,
    live: Deployment,
    /// All versions but the live one, in the order of deployment.
    others: Vec<Deployment>,
    policy: Policy,
    /// Versions that the policy in force names and that were rejected under it.
    killed: Vec<String>,
    next: u32,
}

impl Deployments {
    /// Most versions that may be deployed at once.
    pub const MAX_DEPLOYED: usize = 1024;

    /// Starts with `live` answering everybody, at generation 0.
    ///
    /// # Errors
    /// [`LabelError`] if the label is empty or too long.
    pub fn new(live: &str) -> Result<Deployments, LabelError> {
        let live = Deployment {
            id: VersionId(0),
            label: label(live)?,
            state: VersionState::Live,
            shed: Share::NONE,
        };
        Ok(Deployments {
            generation: 0,
            live,
            others: Vec::new(),
            policy: Policy::live_only("initial"),
            killed: Vec::new(),
            next: 1,
        })
    }

    /// Returns the number of operations that have succeeded.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Returns the version that is live.
    #[must_use]
    pub const fn live(&self) -> &Deployment {
        &self.live
    }

    /// Returns the version that a roll-back would make live, if there is one.
    #[must_use]
    pub fn standby(&self) -> Option<&Deployment> {
        self.others
            .iter()
            .find(|deployment| deployment.state == VersionState::Standby)
    }

    /// Returns the policy in force.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Iterates over the deployed versions, the live one first.
    pub fn iter(&self) -> DeploymentIter<'_> {
        DeploymentIter(iter::once(&self.live).chain(&self.others))
    }

    /// Returns the version under this label, if it is deployed.
    #[must_use]
    pub fn get(&self, label: &str) -> Option<&Deployment> {
        self.iter().find(|deployment| deployment.label == label)
    }

    /// Deploys a version that needs no validation, for tests of policies.
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

    pub(crate) fn is_killed(&self, label: &str) -> bool {
        self.killed.iter().any(|killed| killed == label)
    }
}

impl<'a> IntoIterator for &'a Deployments {
    type Item = &'a Deployment;
    type IntoIter = DeploymentIter<'a>;

    fn into_iter(self) -> DeploymentIter<'a> {
        self.iter()
    }
}

/// Iterates over deployed versions, the live one first.
#[derive(Clone, Debug)]
pub struct DeploymentIter<'a>(iter::Chain<iter::Once<&'a Deployment>, slice::Iter<'a, Deployment>>);

impl<'a> Iterator for DeploymentIter<'a> {
    type Item = &'a Deployment;

    fn next(&mut self) -> Option<&'a Deployment> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

/// Refuses a text that cannot be a version's label.
pub(crate) fn check_label(text: &str) -> Result<(), LabelError> {
    label(text).map(drop)
}

fn label(text: &str) -> Result<String, LabelError> {
    if text.is_empty() {
        return Err(LabelError::Empty);
    }
    if text.len() > Policy::MAX_NAME {
        return Err(LabelError::TooLong {
            length: text.len(),
            limit: Policy::MAX_NAME,
        });
    }
    Ok(text.to_owned())
}

/// Tells why a text cannot be a version's label.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum LabelError {
    /// The label is empty.
    #[error("the version's label is empty")]
    Empty,
    /// The label is longer than allowed.
    #[error("the version's label has {length} bytes, at most {limit} are allowed")]
    TooLong {
        /// The label's length in bytes.
        length: usize,
        /// The most bytes allowed.
        limit: usize,
    },
}
