//! The labels and arms that the numbers in a plan's routes stand for.

use super::{Named, Plan};
use crate::{
    fingerprint::Fingerprint,
    route::{Route, ShadowSet},
    share::Share,
    version::VersionId,
};

/// The labels that put the routes of a plan into words, without the parts that decide.
///
/// It is kept when the plan is gone. It takes a few hundred bytes, however long the plan's lists
/// and rules were.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    pub(super) generation: u64,
    pub(super) fingerprint: Fingerprint,
    pub(super) release: String,
    /// In the order of their numbers.
    pub(super) versions: Box<[Named]>,
    pub(super) arms: Box<[Named]>,
    /// The share of the canary's units that are shed to the live version; 0 without a canary.
    pub(super) shed_of_canary: Share,
}

impl Words {
    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    pub(crate) const fn shed_of_canary(&self) -> Share {
        self.shed_of_canary
    }

    pub(crate) fn release(&self) -> &str {
        &self.release
    }

    /// Returns the label of a version that the plan knows.
    pub(crate) fn label_of(&self, id: VersionId) -> Option<&str> {
        let place = self.place_of(id)?;
        self.versions.get(place).map(|named| named.label.as_str())
    }

    /// Returns the label of the version that a route of this generation names.
    pub(crate) fn version_of(&self, route: &Route) -> Option<&str> {
        self.is_own(route).then(|| self.label_of(route.version))?
    }

    /// Returns the label of the arm that a route of this generation names.
    pub(crate) fn arm_of(&self, route: &Route) -> Option<&str> {
        let arm = self.arms.get(usize::from(route.arm))?;
        self.is_own(route).then_some(arm.label.as_str())
    }

    /// Tells whether a route is of this generation: others have other arms under the same numbers.
    pub(super) const fn is_own(&self, route: &Route) -> bool {
        route.generation == self.generation
    }

    pub(super) fn place_of(&self, id: VersionId) -> Option<usize> {
        self.versions
            .binary_search_by_key(&id, |named| named.version)
            .ok()
    }
}

impl Plan {
    /// Returns the label of the version that a route of this plan names.
    ///
    /// `None` for the route of another generation, because its numbers may mean something else
    /// here. For such a route use [`Router::assignment`](crate::Router::assignment).
    #[must_use]
    pub fn version_of(&self, route: &Route) -> Option<&str> {
        self.words.version_of(route)
    }

    /// Returns the label of the arm that a route of this plan names.
    ///
    /// `None` for a unit that takes no part, and for the route of another generation.
    #[must_use]
    pub fn arm_of(&self, route: &Route) -> Option<&str> {
        self.words.arm_of(route)
    }

    /// Iterates over the labels of the versions in a route's shadow set.
    ///
    /// Empty for the route of another generation.
    pub fn shadows_of(&self, route: &Route) -> impl Iterator<Item = &str> {
        let set = if self.words.is_own(route) {
            route.shadows()
        } else {
            ShadowSet(0)
        };
        self.shadow_ids(set)
            .filter_map(|id| self.words.label_of(id))
    }
}
