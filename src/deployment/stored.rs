//! The stored form of deployments, and the rules that it must satisfy.

use std::sync::Arc;

use thiserror::Error;

use super::{Deployments, Origin};
use crate::{
    policy::{CheckedPolicy, Policy, PolicyError},
    sorting::sort_by,
    version::{Deployment, LabelError, VersionState, Versions, check_label},
};

/// The layout that this release writes. The first, which names no router, is read, too.
const VERSION: u32 = 2;
const FIRST: u32 = 1;
/// Generations beyond are refused: the largest number that every format can hold.
const MAX_GENERATION: u64 = i64::MAX as u64;

/// The stored form: all deployed versions in the order of deployment, and what else the state
/// holds.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
    generation: u64,
    next: u32,
    killed: Vec<String>,
    deployed: Vec<Deployment>,
    policy: Policy,
}

impl From<Deployments> for State {
    fn from(deployments: Deployments) -> State {
        let mut deployed: Vec<_> = deployments.iter().cloned().collect();
        sort_by(&mut deployed, |left, right| left.id.cmp(&right.id));
        State {
            version: VERSION,
            origin: deployments.origin,
            generation: deployments.versions.generation,
            next: deployments.next,
            killed: deployments.versions.killed,
            deployed,
            policy: deployments.policy.policy().clone(),
        }
    }
}

impl TryFrom<State> for Deployments {
    type Error = StoredError;

    fn try_from(state: State) -> Result<Deployments, StoredError> {
        state.check_numbers()?;
        let (live, others): (Vec<_>, Vec<_>) = state
            .deployed
            .into_iter()
            .partition(|deployment| deployment.state == VersionState::Live);
        let found = live.len();
        let live = match <[Deployment; 1]>::try_from(live) {
            Ok([live]) => live,
            Err(_) => return Err(StoredError::Live { found }),
        };
        let deployments = Deployments {
            versions: Versions {
                generation: state.generation,
                live,
                others,
                killed: state.killed,
            },
            policy: Arc::new(CheckedPolicy::new(state.policy, None)?),
            next: state.next,
            origin: state.origin,
        };
        deployments.check_labels()?;
        deployments.check_killed()?;
        Ok(deployments)
    }
}

impl State {
    fn check_numbers(&self) -> Result<(), StoredError> {
        if self.version != VERSION && (self.version != FIRST || self.origin.is_some()) {
            return Err(StoredError::Version {
                found: self.version,
                expected: VERSION,
            });
        }
        if self.generation > MAX_GENERATION {
            return Err(StoredError::Generation {
                found: self.generation,
                limit: MAX_GENERATION,
            });
        }
        if self.deployed.len() > Deployments::MAX_DEPLOYED {
            return Err(StoredError::TooMany {
                found: self.deployed.len(),
                limit: Deployments::MAX_DEPLOYED,
            });
        }
        let ids = self.deployed.iter().map(|deployment| deployment.id.0);
        let after = ids.clone().skip(1).chain([self.next]);
        match ids.zip(after).find(|(id, after)| id >= after) {
            Some((found, after)) => Err(StoredError::Order { found, after }),
            None => Ok(()),
        }
    }
}

impl Deployments {
    fn check_labels(&self) -> Result<(), StoredError> {
        let mut labels = Vec::new();
        for deployment in self.iter() {
            let text = deployment.label();
            check_label(text).map_err(|source| StoredError::Label { source })?;
            labels.push(text);
        }
        labels.sort_unstable();
        if let Some(twice) = first_repeated(&labels) {
            return Err(StoredError::Twice {
                version: twice.to_owned(),
            });
        }
        let standbys = |deployment: &&Deployment| deployment.state == VersionState::Standby;
        match self.iter().filter(standbys).nth(1) {
            Some(second) => Err(StoredError::Standbys {
                version: second.label.clone(),
            }),
            None => Ok(()),
        }
    }

    fn check_killed(&self) -> Result<(), StoredError> {
        let policy = self.policy();
        let mut killed: Vec<&str> = self.versions.killed.iter().map(String::as_str).collect();
        killed.sort_unstable();
        if let Some(twice) = first_repeated(&killed) {
            return Err(StoredError::Twice {
                version: twice.to_owned(),
            });
        }
        for version in killed {
            let state = self.get(version).map(Deployment::state);
            let serves = matches!(state, Some(VersionState::Live | VersionState::Standby));
            if serves || !policy.names(version) {
                return Err(StoredError::Killed {
                    version: version.to_owned(),
                });
            }
        }
        let shadows = policy.shadow.iter();
        let shadows = shadows.map(|shadow| ("shadow.version", shadow.version.as_str()));
        policy
            .answering()
            .map(|named| (named, VersionState::may_answer as fn(VersionState) -> bool))
            .chain(shadows.map(|named| (named, VersionState::may_shadow as fn(_) -> _)))
            .filter(|((_, version), _)| !self.versions.is_killed(version))
            .try_for_each(|((field, version), may)| self.check_named(field, version, may))
    }

    fn check_named(
        &self,
        field: &'static str,
        version: &str,
        may: fn(VersionState) -> bool,
    ) -> Result<(), StoredError> {
        let version = version.to_owned();
        let wrong = match self.get(&version).map(Deployment::state) {
            Some(state) if may(state) => return Ok(()),
            Some(state) => PolicyError::NotReady {
                field,
                version,
                state,
            },
            None => PolicyError::UnknownVersion { field, version },
        };
        Err(wrong.into())
    }
}

fn first_repeated<'a>(sorted: &[&'a str]) -> Option<&'a str> {
    let mut pairs = sorted.iter().zip(sorted.iter().skip(1));
    pairs
        .find(|(left, right)| left == right)
        .map(|(left, _)| *left)
}

/// Why a stored state is not accepted: no operations lead to it.
#[derive(Clone, Debug, Error, PartialEq)]
pub(super) enum StoredError {
    #[error("deployments have version {found}, this release reads version {expected}")]
    Version { found: u32, expected: u32 },
    #[error("generation {found} is beyond {limit}")]
    Generation { found: u64, limit: u64 },
    #[error("{found} versions are deployed, at most {limit} may be")]
    TooMany { found: usize, limit: usize },
    #[error("the number {found} is not below {after}, which comes after it")]
    Order { found: u32, after: u32 },
    #[error("{found} versions are live, exactly one must be")]
    Live { found: usize },
    #[error("version {version:?} is a second stand-by")]
    Standbys { version: String },
    #[error("version {version:?} stands twice")]
    Twice { version: String },
    #[error("{source}")]
    Label { source: LabelError },
    #[error("version {version:?} cannot have been rejected under this policy")]
    Killed { version: String },
    #[error(transparent)]
    Policy(#[from] PolicyError),
}
