//! The journal of one swap, which requests write and operators read.

use core::fmt;
use std::sync::{Arc, OnceLock};

use super::published::STRIPES;
use crate::{
    deployment::VersionId,
    fingerprint::Fingerprint,
    journal::{Budget, JournalCounts, JournalEnding, JournalEntry, JournalSeal, Page},
    outcome::Ending,
    plan::Plan,
    route::Route,
    sync::{AtomicU64, Mutex, Ordering},
    unit::{Unit, UnitKey},
};

/// What a newly live version answered between a swap and its acceptance or roll-back.
///
/// It is a handle: copies show the same recording. It is sealed when the swap ends, and final when
/// after that no request is pending; see [`Router::recording`](crate::Router::recording).
#[derive(Clone)]
pub struct Recording {
    inner: Arc<Inner>,
}

struct Inner {
    version: VersionId,
    label: Box<str>,
    generation: u64,
    seal: OnceLock<JournalSeal>,
    stripes: Box<[Arc<Stripe>]>,
    budget: Arc<Budget>,
}

/// The part of a recording that one stripe's threads write to.
#[repr(align(128))]
pub(crate) struct Stripe {
    /// Requests that were counted before they looked at the stamp for the second time.
    begun: AtomicU64,
    page: Mutex<Page>,
    number: u16,
    version: VersionId,
    budget: Arc<Budget>,
}

impl Recording {
    pub(super) fn start(
        version: VersionId,
        label: &str,
        generation: u64,
        budget: &Arc<Budget>,
    ) -> Recording {
        let stripe = |number| {
            Arc::new(Stripe {
                begun: AtomicU64::new(0),
                page: Mutex::new(Page::default()),
                number,
                version,
                budget: Arc::clone(budget),
            })
        };
        Recording {
            inner: Arc::new(Inner {
                version,
                label: label.into(),
                generation,
                seal: OnceLock::new(),
                stripes: (0..STRIPES as u16).map(stripe).collect(),
                budget: Arc::clone(budget),
            }),
        }
    }

    /// Returns the label of the version whose requests are recorded.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.inner.label
    }

    /// Returns the generation that the swap made.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.inner.generation
    }

    /// Says how the swap ended, once it has.
    #[must_use]
    pub fn seal(&self) -> Option<JournalSeal> {
        self.inner.seal.get().copied()
    }

    /// Counts the requests that the version has got since the swap.
    ///
    /// The counts of a final recording no longer change.
    #[must_use]
    pub fn counts(&self) -> JournalCounts {
        self.inner
            .stripes
            .iter()
            .map(|stripe| stripe.counts())
            .fold(JournalCounts::default(), JournalCounts::plus)
    }

    /// Tells whether the swap and all its requests have ended.
    #[must_use]
    pub fn is_final(&self) -> bool {
        // The order matters: counts that are read after the seal include every request before it.
        self.seal().is_some() && self.counts().pending == 0
    }

    /// Takes the entries out.
    ///
    /// Entries come one stripe after the other, each in the order of its numbers. Taking them makes
    /// room for further entries. Until the recording is final, later calls may return more.
    #[must_use]
    pub fn take(&self) -> Vec<JournalEntry> {
        let is_final = self.is_final();
        let take = |stripe: &Arc<Stripe>| {
            let mut page = stripe.page.lock();
            if is_final {
                page.close(&self.inner.budget);
            }
            page.take(&self.inner.budget)
        };
        self.inner.stripes.iter().flat_map(take).collect()
    }

    pub(super) fn version_id(&self) -> VersionId {
        self.inner.version
    }

    pub(super) fn stripe(&self, number: usize) -> Option<Arc<Stripe>> {
        self.inner.stripes.get(number).map(Arc::clone)
    }

    /// Says how the swap ended; to be called when the snapshot after it is published.
    pub(super) fn end(&self, generation: u64, ending: JournalEnding) {
        let _ = self.inner.seal.set(JournalSeal { generation, ending });
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("version", &self.version())
            .field("generation", &self.generation())
            .field("seal", &self.seal())
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

impl Stripe {
    /// Tells whether a request that goes this way may have to be recorded.
    #[inline]
    pub(super) fn concerns(&self, route: &Route, plan: &Plan) -> bool {
        self.answers(route) || plan.falls_back(route)
    }

    /// Tells whether the recorded version answers a request that goes this way.
    #[inline]
    pub(super) fn answers(&self, route: &Route) -> bool {
        route.version() == self.version
    }

    fn counts(&self) -> JournalCounts {
        let page = self.page.lock();
        page.counts(self.begun.load(Ordering::SeqCst))
    }
}

impl Drop for Stripe {
    fn drop(&mut self) {
        let page = self.page.get_mut();
        page.close(&self.budget);
        drop(page.take(&self.budget));
    }
}

/// A request that counts as pending until this is dropped.
pub(crate) struct Running {
    stripe: Arc<Stripe>,
    request: Option<Request>,
    is_admitted: bool,
}

struct Request {
    unit: UnitKey,
    generation: u64,
    fingerprint: Fingerprint,
    ending: Ending,
    excerpt: Option<Box<[u8]>>,
    /// Whether the recorded version answers; another may, until it fails.
    is_recorded: bool,
}

impl Running {
    /// Counts a request that may be admitted; the stamp must be read afterwards.
    pub(super) fn begin(stripe: &Arc<Stripe>) -> Running {
        stripe.begun.fetch_add(1, Ordering::SeqCst);
        Running {
            stripe: Arc::clone(stripe),
            request: None,
            is_admitted: false,
        }
    }

    /// Describes the request.
    pub(super) fn describe(mut self, unit: &Unit<'_>, plan: &Plan, route: &Route) -> Running {
        self.request = Some(Request {
            unit: unit.key().to_owned(),
            generation: route.generation(),
            fingerprint: plan.fingerprint(),
            ending: Ending::GivenUp,
            excerpt: None,
            is_recorded: route.version() == self.stripe.version,
        });
        self
    }

    /// Notes that the request was admitted; without this call it does not count.
    pub(super) fn admit(&mut self) {
        self.is_admitted = true;
    }

    /// Notes that the recorded version answers instead of one that failed.
    pub(super) fn fall_back(&mut self) {
        if let Some(request) = &mut self.request {
            request.is_recorded = true;
        }
    }

    /// Notes how the request ended for the version that answered, and what is kept of it.
    pub(super) fn end(&mut self, ending: Ending, excerpt: Option<&[u8]>) {
        if let Some(request) = &mut self.request {
            request.ending = ending;
            request.excerpt = excerpt.map(Box::from);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let stripe = &*self.stripe;
        let mut page = stripe.page.lock();
        match self.request.take() {
            Some(request) if self.is_admitted && request.is_recorded => {
                page.record(&stripe.budget, |sequence| JournalEntry {
                    stripe: stripe.number,
                    sequence,
                    unit: request.unit,
                    generation: request.generation,
                    fingerprint: request.fingerprint,
                    ending: request.ending,
                    excerpt: request.excerpt,
                });
            }
            _ => page.withdraw(),
        }
    }
}
