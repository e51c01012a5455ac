//! Who is told about outcomes, shadows and changes.

use core::fmt;
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use crate::{contain::contain, deployment::Change, outcome::Outcome, record::ShadowRun};

/// A receiver of outcomes, runs of shadows and changes: a log, the evidence of a roll-out, an
/// experiment, a registry of metrics.
///
/// Each method is empty by default. They run on the thread on which the request, the shadow or the
/// operation ended, while no lock is held. They should return quickly; hand longer work to another
/// thread. A panic is caught and counted: see [`Router::wiring`](crate::Router::wiring).
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
/// use switchstand::{Ending, Observer, Outcome, Router};
///
/// #[derive(Default)]
/// struct Failures(AtomicU64);
///
/// impl Observer for Failures {
///     fn needs_unit(&self) -> bool {
///         false
///     }
///     fn outcome(&self, outcome: &Outcome<'_>) {
///         if outcome.ending() == Ending::Failed {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// let failures = Arc::new(Failures::default());
/// let router = Router::new("ranker", "v1", ())?;
/// let seat = router.attach(Arc::clone(&failures));
/// let _ = router.admit("user-42").call(|_| Err::<(), _>("no memory"));
/// assert_eq!(failures.0.load(Ordering::Relaxed), 1);
/// drop(seat);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Observer: Send + Sync {
    /// Tells whether outcomes must have the unit's key.
    ///
    /// If no observer needs it, a ticket keeps no key, so a long text key is never copied.
    fn needs_unit(&self) -> bool {
        true
    }

    /// Takes the outcome of one request.
    fn outcome(&self, outcome: &Outcome<'_>) {
        let _ = outcome;
    }

    /// Takes the end of one sampled shadow.
    fn shadow(&self, run: &ShadowRun<'_>) {
        let _ = run;
    }

    /// Takes one change of deployment or release.
    fn change(&self, change: &Change<'_>) {
        let _ = change;
    }
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn needs_unit(&self) -> bool {
        (**self).needs_unit()
    }

    fn outcome(&self, outcome: &Outcome<'_>) {
        (**self).outcome(outcome);
    }

    fn shadow(&self, run: &ShadowRun<'_>) {
        (**self).shadow(run);
    }

    fn change(&self, change: &Change<'_>) {
        (**self).change(change);
    }
}

/// An observer's place on a router; dropping it detaches the observer.
///
/// A drop only marks the place: the next operation on the router, or
/// [`Router::sweep`](crate::Router::sweep), publishes it. The observer is still told about requests
/// that were admitted before.
#[must_use = "dropping the seat detaches the observer: `keep` leaves it attached"]
#[derive(Debug)]
pub struct Seat {
    mark: Arc<AtomicBool>,
}

impl Seat {
    /// Leaves the observer attached for as long as the router lives.
    pub fn keep(self) {
        core::mem::forget(self);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.mark.store(true, Ordering::Release);
    }
}

/// One attached observer, as the router keeps it.
#[derive(Clone)]
pub(crate) struct Seated {
    observer: Arc<dyn Observer>,
    is_left: Arc<AtomicBool>,
}

impl Seated {
    pub(crate) fn new(observer: Arc<dyn Observer>) -> (Seated, Seat) {
        let mark = Arc::new(AtomicBool::new(false));
        let seat = Seat {
            mark: Arc::clone(&mark),
        };
        let is_left = mark;
        (Seated { observer, is_left }, seat)
    }

    pub(crate) fn is_left(&self) -> bool {
        self.is_left.load(Ordering::Acquire)
    }
}

impl fmt::Debug for Seated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seated")
            .field("is_left", &self.is_left)
            .finish_non_exhaustive()
    }
}

/// The observers of one snapshot.
pub(crate) struct Observers {
    all: Box<[Arc<dyn Observer>]>,
    need_unit: bool,
    /// Shared by all snapshots of a router.
    panics: Arc<AtomicU64>,
}

impl Observers {
    /// Returns these observers; `None` if there are none.
    pub(crate) fn of(seats: &[Seated], panics: &Arc<AtomicU64>) -> Option<Arc<Observers>> {
        let all: Box<[_]> = seats
            .iter()
            .map(|seat| Arc::clone(&seat.observer))
            .collect();
        let need_unit = |it: &Arc<dyn Observer>| contain(|| it.needs_unit()).unwrap_or(true);
        (!all.is_empty()).then(|| {
            Arc::new(Observers {
                need_unit: all.iter().any(need_unit),
                all,
                panics: Arc::clone(panics),
            })
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    #[inline]
    pub(crate) const fn need_unit(&self) -> bool {
        self.need_unit
    }

    /// Tells each observer; a panic of one is caught.
    pub(crate) fn tell(&self, tell: impl Fn(&dyn Observer)) {
        for observer in &self.all {
            if contain(|| tell(&**observer)).is_none() {
                self.panics.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observers")
            .field("count", &self.all.len())
            .finish_non_exhaustive()
    }
}
