//! What holds a model while a request or a shadow may touch it.

use std::sync::Arc;

use super::Desk;
use crate::{deployment::VersionId, plan::Words, record::Assignment, route::Route};

/// Proves that a request may still touch a version's model, and knows what its route means.
///
/// The requests of one stripe and generation share one lease by reference count. What threads
/// write on every request is a cache line of their stripe's own: two lines, because processors
/// fetch in pairs.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Lease<M> {
    version: VersionId,
    model: Arc<M>,
    desk: Arc<Desk>,
    /// Those of the snapshot that the lease was made for.
    words: Arc<Words>,
}

impl<M> Lease<M> {
    pub(crate) const fn new(
        version: VersionId,
        model: Arc<M>,
        desk: Arc<Desk>,
        words: Arc<Words>,
    ) -> Lease<M> {
        Lease {
            version,
            model,
            desk,
            words,
        }
    }

    pub(crate) const fn version(&self) -> VersionId {
        self.version
    }

    pub(crate) fn model(&self) -> &M {
        &self.model
    }

    pub(crate) const fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    pub(crate) const fn words(&self) -> &Arc<Words> {
        &self.words
    }

    /// Returns a route of this lease's snapshot in words.
    pub(crate) fn assignment(&self, route: &Route) -> Assignment<'_> {
        Assignment::of(&self.words, route, self.desk.label(route.version()))
    }
}
