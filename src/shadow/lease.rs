//! The lease that keeps a model while a request or a shadow may use it.

use std::sync::Arc;

use super::Desk;
use crate::{
    assignment::Assignment,
    observer::Observers,
    outcome::{Ending, OutcomeCounts},
    plan::Words,
    route::Route,
    sync::{AtomicU64, Ordering},
    version::VersionId,
};

/// A proof that a request may still use a version's model. It counts how its requests end.
///
/// The requests of one stripe and snapshot share one lease by reference count; so it knows the
/// words, the observers and the counts of its own snapshot. What threads write on every request is
/// on cache lines of their stripe's own; two lines (128 bytes), because processors fetch lines in
/// pairs.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Lease<M> {
    counts: Counts,
    version: VersionId,
    model: Arc<M>,
    desk: Arc<Desk>,
    /// The words of the snapshot that the lease was made for, as its observers are.
    words: Arc<Words>,
    observers: Option<Arc<Observers>>,
}

/// How many requests were admitted on a lease, and how they ended.
///
/// All counts only grow. An ending is counted with release, and read with acquire before the
/// admissions, so a reader that sees an ending also sees its admission. This costs `admit` 0.15
/// times the hash.
#[derive(Debug)]
struct Counts {
    admitted: AtomicU64,
    ended: [AtomicU64; 4],
    stood_in: [AtomicU64; 4],
    noted: [AtomicU64; 4],
}

impl<M> Lease<M> {
    pub(crate) fn new(
        version: VersionId,
        model: Arc<M>,
        desk: Arc<Desk>,
        words: Arc<Words>,
        observers: Option<Arc<Observers>>,
    ) -> Lease<M> {
        let zeros = || [(); 4].map(|()| AtomicU64::new(0));
        Lease {
            counts: Counts {
                admitted: AtomicU64::new(0),
                ended: zeros(),
                stood_in: zeros(),
                noted: zeros(),
            },
            version,
            model,
            desk,
            words,
            observers,
        }
    }

    pub(crate) const fn version(&self) -> VersionId {
        self.version
    }

    #[inline(always)]
    pub(crate) fn model(&self) -> &M {
        &self.model
    }

    pub(crate) const fn shared_model(&self) -> &Arc<M> {
        &self.model
    }

    pub(crate) const fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    pub(crate) const fn words(&self) -> &Arc<Words> {
        &self.words
    }

    #[inline(always)]
    pub(crate) const fn observers(&self) -> Option<&Arc<Observers>> {
        self.observers.as_ref()
    }

    /// Returns the version's label.
    pub(crate) fn label(&self) -> &str {
        self.desk.label(self.version)
    }

    /// Returns a route of this lease's snapshot in words.
    pub(crate) fn assignment(&self, route: &Route) -> Assignment<'_> {
        Assignment::of(&self.words, route, self.desk.label(route.version()))
    }

    /// Counts requests that were admitted.
    #[inline(always)]
    pub(crate) fn admit(&self, requests: u64) {
        self.counts.admitted.fetch_add(requests, Ordering::Relaxed);
    }

    /// Counts how requests ended.
    #[inline(always)]
    pub(crate) fn end(&self, ending: Ending, requests: u64) {
        add(&self.counts.ended, ending, requests);
    }

    /// Counts how a request ended for the live version, after its version had failed.
    pub(crate) fn stand_in(&self, ending: Ending) {
        add(&self.counts.stood_in, ending, 1);
    }

    /// Counts how a request ended that was only routed.
    pub(crate) fn note(&self, ending: Ending) {
        add(&self.counts.noted, ending, 1);
    }

    /// Adds up everything but the admissions, which must be read afterwards.
    pub(crate) fn read_ended(&self, into: &mut OutcomeCounts) {
        for (sums, counts) in [
            (&mut into.ended, &self.counts.ended),
            (&mut into.stood_in, &self.counts.stood_in),
            (&mut into.noted, &self.counts.noted),
        ] {
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count.load(Ordering::Acquire);
            }
        }
    }

    /// Adds up the admissions.
    pub(crate) fn read_admitted(&self, into: &mut OutcomeCounts) {
        into.admitted += self.counts.admitted.load(Ordering::Relaxed);
    }
}

#[inline(always)]
fn add(counts: &[AtomicU64; 4], ending: Ending, requests: u64) {
    if let Some(count) = counts.get(ending.place()) {
        count.fetch_add(requests, Ordering::Release);
    }
}
