//! How a ticket's request ends, once.

use super::Ticket;
use crate::{
    outcome::{Decision, Ending, Outcome, StandIn},
    router::extras::{Extras, Watch},
    unit::{Key, Unit, UnitKey},
};

/// How far a request is, for the version that answers it now.
#[derive(Clone, Copy)]
pub(crate) enum Progress {
    /// No ending yet: if it is dropped now, it counts as given up.
    Open,
    /// How it ends if nothing more is said.
    Ended(Ending),
    Booked,
}

impl Progress {
    /// Returns the progress after one more call that ended so.
    pub(crate) fn and(self, ending: Ending) -> Progress {
        Progress::Ended(match self {
            Progress::Ended(before) => before.worse(ending),
            Progress::Open | Progress::Booked => ending,
        })
    }
}

impl<M> Ticket<M> {
    /// Returns when the request began, if an observer is to be told.
    pub(in crate::router) fn watch(&self) -> Watch {
        match self.lease.observers() {
            Some(_) => Watch::start(self.lease.desk()),
            None => Watch::default(),
        }
    }

    /// Notes that an answer has begun whose end is still to come.
    #[cfg(any(feature = "futures-core", feature = "http-body"))]
    pub(super) fn go_on(&mut self) {
        if let Some(extras) = &mut self.extras {
            extras.go_on();
        }
    }

    /// Keeps when the request began, if there is a place for it.
    pub(in crate::router) fn keep_watch(&mut self, watch: Watch) {
        if let Some(extras) = &mut self.extras {
            extras.remember(None, watch);
        }
    }

    #[inline(never)]
    pub(super) fn remember_for_observers(&mut self, unit: &Unit<'_>) {
        let needs_unit = self.lease.observers().is_some_and(|all| all.need_unit());
        let watch = self.watch();
        if needs_unit || watch.started.is_some() {
            let unit: Option<UnitKey> = needs_unit.then(|| unit.key().to_owned());
            self.extras
                .get_or_insert_with(|| Box::new(Extras::none()))
                .remember(unit, watch);
        }
    }

    /// Books the end of the request, once; `unit` and `watch` are what only the caller knows.
    #[inline(always)]
    pub(in crate::router) fn book(&mut self, unit: Option<Key<'_>>, watch: Watch) {
        let ending = match self.progress {
            Progress::Booked => return,
            Progress::Open => Ending::GivenUp,
            Progress::Ended(ending) => ending,
        };
        self.progress = Progress::Booked;
        if self.is_plain() {
            self.lease.end(ending, 1);
        } else {
            self.tell(ending, unit, watch);
        }
    }

    /// Tells the journal and the observers, then counts.
    #[inline(never)]
    fn tell(&mut self, ending: Ending, unit: Option<Key<'_>>, watch: Watch) {
        let lease = &self.lease;
        let desk = lease.desk();
        let mut drawn = ending;
        let mut stand_in = None;
        if let Some(extras) = self.extras.as_deref_mut() {
            if let Some(standing) = extras.standing() {
                drawn = standing.drawn;
                standing.lease.stand_in(ending);
                stand_in = Some(StandIn {
                    version: desk.label(standing.lease.version()),
                    ending,
                });
            }
            extras.end_running(ending);
        }
        if let Some(observers) = lease.observers() {
            let extras = self.extras.as_deref();
            let kept = extras.map(Extras::watch).unwrap_or_default();
            let started = watch.started.or(kept.started);
            let at = kept.ended.or(watch.ended).or_else(|| desk.now());
            let outcome = Outcome {
                decision: Decision::Made {
                    words: lease.words(),
                    route: self.route,
                    version: lease.label(),
                },
                unit: unit.or_else(|| extras.and_then(Extras::unit).map(UnitKey::as_key)),
                ending: drawn,
                stand_in,
                is_noted: false,
                at,
                took: at.and_then(|at| Some(at.since(started?))),
                excerpt: extras.and_then(Extras::excerpt),
            };
            observers.tell(|observer| observer.outcome(&outcome));
        }
        lease.end(drawn, 1);
    }
}

impl<M> Drop for Ticket<M> {
    #[inline]
    fn drop(&mut self) {
        self.book(None, Watch::default());
    }
}
