//! From a request to its answer.

use core::fmt;

use super::{Router, Ticket, extras::Extras};
use crate::{
    model::{AsyncModel, Model},
    record::{Exposure, Record},
    route::Route,
    shadow::{Primary, ShadowTask},
    timestamp::Timestamp,
    unit::{Unit, UnitKey},
};

/// Holds exactly one answer, how it came about, and the shadows to run.
#[non_exhaustive]
pub struct Served<M: Model> {
    /// What the model answered, or its error.
    pub answer: Result<M::Output, M::Error>,
    /// The decision, marked as a fallback if the live version stepped in.
    pub route: Route,
    /// The shadows of this request that got a permit.
    ///
    /// They are to be run where the application likes. They are there also when the primary failed: those pairs tell the most.
    pub shadows: Vec<ShadowTask<M, M::Input>>,
}

impl<M: Model + Send + Sync + 'static> Router<M>
where
    M::Input: Clone,
{
    /// Answers a request with the model that the policy chooses for the unit.
    ///
    /// The input is cloned only for a shadow that was sampled and got a permit.
    #[inline]
    pub fn predict<'a>(&self, unit: impl Into<Unit<'a>>, input: &M::Input) -> Served<M> {
        let unit = unit.into();
        let ticket = Ticket::admit(&self.shared, &unit);
        if ticket.is_plain() {
            return Served {
                answer: ticket.model().predict(input),
                route: *ticket.route(),
                shadows: Vec::new(),
            };
        }
        serve(&unit, ticket, input)
    }
}

/// Answers, falls back, records and takes shadows, where the policy or the router asks for it.
#[inline(never)]
fn serve<M: Model + Send + Sync + 'static>(
    unit: &Unit<'_>,
    mut ticket: Ticket<M>,
    input: &M::Input,
) -> Served<M>
where
    M::Input: Clone,
{
    let answer = ticket.answer(input);
    ticket.expose(answer.is_err(), || unit.key().to_owned());
    let mut shadows = Vec::new();
    while let Some(task) = ticket.shadow_task(|| input.clone()) {
        shadows.push(task);
    }
    Served {
        answer,
        route: *ticket.route(),
        shadows,
    }
}

impl<M: Model + Send + Sync + 'static> Ticket<M> {
    /// Answers the request on this thread: the form of [`predict`](Ticket::predict) for a
    /// [`Model`].
    ///
    /// # Errors
    /// What the model calls an error, or the live version's if it stepped in.
    #[inline]
    pub fn predict_blocking(&mut self, input: &M::Input) -> Result<M::Output, M::Error> {
        let answer = self.answer(input);
        self.expose_kept(answer.is_err());
        answer
    }

    #[inline]
    fn answer(&mut self, input: &M::Input) -> Result<M::Output, M::Error> {
        let started = self.start::<M::Output, M::Error>();
        let mut answer = self.model().predict(input);
        if answer.is_err()
            && let Some(live) = self.fall_back()
        {
            answer = live.predict(input);
        }
        self.journal(input, &answer);
        self.answered(&answer, started);
        answer
    }
}

impl<M: AsyncModel + Send + Sync + 'static> Ticket<M> {
    /// Answers the request.
    ///
    /// Dropping the future gives the request up: no answer is recorded. The shadows wait in the
    /// ticket meanwhile.
    ///
    /// # Errors
    /// What the model calls an error, or the live version's if it stepped in.
    pub async fn predict(&mut self, input: &M::Input) -> Result<M::Output, M::Error> {
        let started = self.start::<M::Output, M::Error>();
        let mut answer = self.model().predict(input).await;
        if answer.is_err()
            && let Some(live) = self.fall_back()
        {
            answer = live.predict(input).await;
        }
        self.journal(input, &answer);
        self.answered(&answer, started);
        self.expose_kept(answer.is_err());
        answer
    }
}

impl<M> Ticket<M> {
    /// Takes the next shadow of the request, to be run where the application likes.
    ///
    /// To be called again until it returns `None`; also when the primary failed, for those pairs
    /// tell the most. A permit is taken before `input` is asked for; a shadow that gets none is
    /// counted as dropped. Before the primary has answered there is nothing to compare with, so
    /// what is run then is counted but not compared.
    #[must_use]
    pub fn shadow_task<I>(&mut self, input: impl FnOnce() -> I) -> Option<ShadowTask<M, I>> {
        let (extras, desk) = self.extras_and_desk()?;
        extras.next(desk, input)
    }

    /// Tells the journal of an answer, if the request is journalled.
    #[inline]
    fn journal<I: 'static, O, E>(&mut self, input: &I, answer: &Result<O, E>) {
        if let Some(running) = self.running() {
            running.keep(input);
            running.answered(answer);
        }
    }

    /// Lets the journal keep what it wants of an input that the model will consume.
    #[cfg(feature = "tower")]
    pub(crate) fn keep_for_journal<I: 'static>(&mut self, input: &I) {
        if let Some(running) = self.running() {
            running.keep(input);
        }
    }

    #[cfg(feature = "tower")]
    pub(crate) fn answered_for_journal<O, E>(&mut self, answer: &Result<O, E>) {
        if let Some(running) = self.running() {
            running.answered(answer);
        }
    }

    #[inline]
    fn has_shadows(&self) -> bool {
        self.extras().is_some_and(Extras::has_shadows)
    }

    /// Reads the time if it will be needed.
    #[inline]
    pub(crate) fn start<O: 'static, E: 'static>(&self) -> Option<Timestamp> {
        if self.has_shadows() {
            self.desk().now::<O, E>()
        } else {
            None
        }
    }

    /// Keeps what of the primary's answer the shadows will be compared with.
    #[inline]
    pub(crate) fn answered<O: 'static, E: 'static>(
        &mut self,
        answer: &Result<O, E>,
        started: Option<Timestamp>,
    ) {
        if self.has_shadows() {
            self.keep_for_shadows(answer, started);
        }
    }

    #[cold]
    fn keep_for_shadows<O: 'static, E: 'static>(
        &mut self,
        answer: &Result<O, E>,
        started: Option<Timestamp>,
    ) {
        if let Some((extras, desk)) = self.extras_and_desk()
            && extras.take_permits(desk)
            && let Some(comparison) = desk.comparison::<O, E>()
        {
            extras.answered(Primary::new(comparison, answer, started));
        }
    }

    /// Records the exposure of the unit that the ticket has kept.
    pub(crate) fn expose_kept(&self, failed: bool) {
        if let Some(unit) = self.extras().and_then(Extras::unit) {
            self.expose(failed, || unit.clone());
        }
    }

    /// Records that the unit got the answer of the version in the route.
    #[inline]
    fn expose(&self, failed: bool, unit: impl FnOnce() -> UnitKey) {
        if let Some(recorder) = &self.desk().recorder {
            recorder.record(Record::Exposure(Exposure {
                at: recorder.now(),
                unit: unit(),
                assignment: self.assignment(),
                failed,
            }));
        }
    }
}

impl<M: Model> fmt::Debug for Served<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served")
            .field("ok", &self.answer.is_ok())
            .field("route", &self.route)
            .field("shadows", &self.shadows)
            .finish_non_exhaustive()
    }
}
