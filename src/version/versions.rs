//! The versions against which a policy is compiled.

use core::{iter, slice};

use super::Deployment;

/// The deployed versions at one generation, against which a policy is checked and compiled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Versions {
    pub(crate) generation: u64,
    pub(crate) live: Deployment,
    /// All versions but the live one, in the order of deployment.
    pub(crate) others: Vec<Deployment>,
    /// Versions that the policy in force names and that were rejected under it.
    pub(crate) killed: Vec<String>,
}

impl Versions {
    /// Iterates over the deployed versions, the live one first.
    pub(crate) fn iter(&self) -> iter::Chain<iter::Once<&Deployment>, slice::Iter<'_, Deployment>> {
        iter::once(&self.live).chain(&self.others)
    }

    /// Returns the version under this label, if it is deployed.
    pub(crate) fn get(&self, label: &str) -> Option<&Deployment> {
        self.iter().find(|deployment| deployment.label == label)
    }

    /// Tells whether the version was rejected under the policy in force, which names it.
    pub(crate) fn is_killed(&self, label: &str) -> bool {
        self.killed.iter().any(|killed| killed == label)
    }
}
