//! What a router tells of its requests: counts, observers, and what is wired wrong.

use std::sync::{Arc, atomic::Ordering};

use super::{
    Router, Shared,
    admission::{Keeper as _, OfThread},
    next_stamp,
    pinned::UnknownRoute,
    snapshot::Snapshot,
    wiring::{Wiring, WiringFault},
};
use crate::{
    contain::contain,
    observer::{Observer, Observers, Seat, Seated},
    outcome::{Decision, Ending, Outcome, OutcomeCounts},
    plan::Words,
    route::Route,
    unit::{Key, Unit},
};

impl<M: Send + Sync + 'static> Router<M> {
    /// Attaches an observer: it is told of every request that is admitted from now on, and of
    /// every shadow and change.
    ///
    /// It takes no generation. Dropping the seat detaches it.
    pub fn attach(&self, observer: Arc<impl Observer + 'static>) -> Seat {
        let (seated, seat) = Seated::new(observer);
        self.shared.republish(Some(seated));
        seat
    }

    /// Detaches the observers whose seats were dropped. The next operation does it, too.
    ///
    /// They are still told about requests that were admitted before.
    pub fn sweep(&self) {
        if self.shared.published.lock().has_left_seats() {
            self.shared.republish(None);
        }
    }

    /// Counts how the requests ended for which a version was drawn.
    ///
    /// The counts add up all versions that were ever deployed under the label in this router, so
    /// they never decrease. `None` if there was no such version.
    #[must_use]
    pub fn outcomes(&self, version: &str) -> Option<OutcomeCounts> {
        self.shared.published.lock().outcomes(version)
    }

    /// Notes how a request ended that was only routed here and answered elsewhere.
    ///
    /// It is counted separately ([`OutcomeCounts::noted`]), and observers are told. There is no
    /// lease, no fallback and no shadow. Call it once for each route. A route of the present
    /// generation is noted without a lock.
    ///
    /// ```
    /// use switchstand::{Ending, Router};
    /// let router = Router::new("ranker", "v1", ())?;
    /// let route = router.route("user-42");
    /// // .. the model is asked elsewhere, and fails ..
    /// router.note("user-42", &route, Ending::Failed)?;
    /// assert_eq!(router.outcomes("v1").unwrap().noted(Ending::Failed), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`UnknownRoute`] if the route is of another router, or older than its last 16 changes.
    pub fn note<'a>(
        &self,
        unit: impl Into<Unit<'a>>,
        route: &Route,
        ending: Ending,
    ) -> Result<(), UnknownRoute> {
        let unit = unit.into();
        let shared = &self.shared;
        let stamp = shared.stamp.seen();
        let mut keeper = OfThread(shared.id.number());
        let lease = keeper.read(stamp, |snapshot: &Snapshot<M>| {
            if snapshot.plan.generation() != route.generation() {
                return None;
            }
            snapshot.lease(route.version())
        });
        let Some(lease) = lease else {
            return shared.note_slowly(unit.key(), route, ending);
        };
        lease.note(ending);
        if let Some(observers) = lease.observers() {
            let (words, version) = (lease.words(), lease.label());
            shared.tell_note(observers, words, version, unit.key(), route, ending);
        }
        Ok(())
    }

    /// Lists wiring faults that requests have met: parts that were put together in a way that
    /// cannot work.
    ///
    /// An empty list is good. Faults that the types exclude cannot appear.
    #[must_use]
    pub fn wiring(&self) -> Vec<Wiring> {
        let desk = &self.shared.desk;
        let panics = self
            .shared
            .published
            .lock()
            .observer_panics()
            .load(Ordering::Relaxed);
        let faults = [
            (WiringFault::NotComparable, desk.not_comparable()),
            (
                WiringFault::ExcerptOfOtherTypes,
                desk.excerpts.of_other_types(),
            ),
            (WiringFault::ExcerptPanicked, desk.excerpts.panics()),
            (WiringFault::ObserverPanicked, panics),
            (WiringFault::NotCopied, desk.not_copied()),
            (
                WiringFault::DeadlineWithoutClock,
                desk.deadlines_without_clock(),
            ),
        ];
        let seen = faults.into_iter().filter(|(_, times)| *times > 0);
        seen.map(|(fault, times)| Wiring { fault, times }).collect()
    }
}

impl<M: Send + Sync + 'static> Shared<M> {
    /// Publishes the plan in force once more, to those who are attached now.
    fn republish(&self, seated: Option<Seated>) {
        let unheld = {
            let mut published = self.published.lock();
            if let Some(seated) = seated {
                published.seat(seated);
            }
            let stamp = next_stamp();
            let unheld = published.republish(stamp);
            // While the lock is held, so that the newest snapshot has the newest stamp.
            self.stamp.publish(stamp);
            unheld
        };
        contain(|| drop(unheld));
    }

    /// Notes the end of a request by what the router remembers of its last generations.
    #[cold]
    #[inline(never)]
    fn note_slowly(
        &self,
        unit: Key<'_>,
        route: &Route,
        ending: Ending,
    ) -> Result<(), UnknownRoute> {
        let generation = route.generation();
        let unknown = UnknownRoute { generation };
        let label = self.desk.labels.get(route.version()).ok_or(unknown)?;
        let (words, observers) = {
            let mut published = self.published.lock();
            let words = published.plans.words_at(generation).map(Arc::clone);
            let words = words.ok_or(unknown)?;
            published.note(route.version(), label, ending);
            (words, published.observers().map(Arc::clone))
        };
        if let Some(observers) = observers {
            self.tell_note(&observers, &words, label, unit, route, ending);
        }
        Ok(())
    }

    #[inline(never)]
    fn tell_note(
        &self,
        observers: &Observers,
        words: &Words,
        version: &str,
        unit: Key<'_>,
        route: &Route,
        ending: Ending,
    ) {
        let outcome = Outcome {
            decision: Decision::Made {
                words,
                route: *route,
                version,
            },
            unit: Some(unit),
            ending,
            stand_in: None,
            is_noted: true,
            at: self.desk.now(),
            took: None,
            excerpt: None,
        };
        observers.tell(|observer| observer.outcome(&outcome));
    }
}
