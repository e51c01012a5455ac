//! From a request to its answer, by the model's own way of predicting.

use core::fmt;

use super::{Router, Ticket, calls::poll_noting, extras::Watch};
use crate::{
    model::{AsyncModel, Model},
    outcome::Ending,
    route::Route,
    shadow::ShadowTask,
    unit::{Key, Unit},
};

/// One answer, its decision, and the shadows to run.
#[must_use = "it has the answer, and the shadows that are still to be run"]
#[non_exhaustive]
pub struct Served<M: Model> {
    /// What the model answered, or its error.
    pub answer: Result<M::Output, M::Error>,
    /// The decision, marked as a fallback if the live version stepped in.
    pub route: Route,
    /// The decision as it was drawn, also where the live version stepped in.
    pub drawn: Route,
    /// The shadows of this request that got a permit.
    ///
    /// Run them on any thread. There are shadows also if the primary failed, because such pairs
    /// tell the most.
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
        let mut ticket = Ticket::admit(&self.shared, &unit);
        if ticket.is_plain() {
            let answer = ticket.run(|model| model.predict(input), judge);
            let route = *ticket.drawn();
            return Served {
                answer,
                route,
                drawn: route,
                shadows: Vec::new(),
            };
        }
        serve(&unit, ticket, input)
    }
}

/// Answers a request that may need a fallback, observers or shadows.
#[inline(never)]
fn serve<M: Model + Send + Sync + 'static>(
    unit: &Unit<'_>,
    ticket: Ticket<M>,
    input: &M::Input,
) -> Served<M>
where
    M::Input: Clone,
{
    let watch = ticket.watch();
    let mut asked = Asked {
        unit: unit.key(),
        watch,
        ticket,
    };
    let ticket = &mut asked.ticket;
    ticket.keep_watch(watch);
    let answer = ticket.answer(input);
    if ticket.extras().is_none() {
        asked.watch.end(ticket.desk());
    }
    let mut shadows = Vec::new();
    while let Some(task) = ticket.shadow_task(|| input.clone()) {
        shadows.push(task);
    }
    Served {
        answer,
        route: *ticket.route(),
        drawn: *ticket.drawn(),
        shadows,
    }
}

/// A ticket whose unit is still at hand: it is told to observers without a copy, also where the
/// model panics.
struct Asked<'a, M> {
    unit: Key<'a>,
    watch: Watch,
    ticket: Ticket<M>,
}

impl<M> Drop for Asked<'_, M> {
    fn drop(&mut self) {
        self.ticket.book(Some(self.unit), self.watch);
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
        self.answer(input)
    }

    #[inline]
    fn answer(&mut self, input: &M::Input) -> Result<M::Output, M::Error> {
        let answer = self.run(|model| model.predict(input), judge);
        self.compare_later(&answer);
        self.keep_excerpt(input, &answer);
        answer
    }
}

impl<M: AsyncModel + Send + Sync + 'static> Ticket<M> {
    /// Answers the request.
    ///
    /// Dropping the future gives the request up. The shadows wait in the ticket meanwhile.
    ///
    /// ```
    /// # use core::{convert::Infallible, pin::pin, task::{Context, Poll, Waker}};
    /// # use switchstand::{AsyncModel, Policy, Router, Share};
    /// # struct Doubler;
    /// # impl AsyncModel for Doubler {
    /// #     type Input = f64;
    /// #     type Output = f64;
    /// #     type Error = Infallible;
    /// #     async fn predict(&self, input: &f64) -> Result<f64, Infallible> { Ok(input * 2.0) }
    /// # }
    /// # fn spawn(task: impl Future) {
    /// #     assert!(pin!(task).poll(&mut Context::from_waker(Waker::noop())).is_ready());
    /// # }
    /// # let router = Router::new("ranker", "v1", Doubler)?;
    /// # router.deploy("v2", Doubler)?;
    /// # router.release(Policy::shadow("look", "v2", Share::ALL))?;
    /// # spawn(async {
    /// let input = 21.0;
    /// let mut ticket = router.admit("user-42");
    /// let answer = ticket.predict(&input).await;
    /// while let Some(task) = ticket.shadow_task(|| input.clone()) {
    ///     spawn(task.run_async());
    /// }
    /// # assert_eq!(answer, Ok(42.0));
    /// # });
    /// # assert_eq!(router.shadow_counts("v2").unwrap().run(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// What the model calls an error, or the live version's if it stepped in.
    pub async fn predict(&mut self, input: &M::Input) -> Result<M::Output, M::Error> {
        let (mut answer, ending) = self.ask(input).await;
        if ending == Ending::Failed && self.fall_back().is_some() {
            (answer, _) = self.ask(input).await;
        }
        self.compare_later(&answer);
        self.keep_excerpt(input, &answer);
        answer
    }

    async fn ask(&mut self, input: &M::Input) -> (Result<M::Output, M::Error>, Ending) {
        let before = self.begin();
        let (model, progress) = self.model_and_progress();
        let answer = poll_noting(progress, before, model.predict(input)).await;
        let ending = match &answer {
            Err(error) if model.refuses(error) => Ending::Refused,
            answer => Ending::of(answer),
        };
        *progress = before.and(ending);
        (answer, ending)
    }
}

/// Says how an answer of a model counts.
fn judge<M: Model>(model: &M, answer: &Result<M::Output, M::Error>) -> Ending {
    match answer {
        Err(error) if model.refuses(error) => Ending::Refused,
        answer => Ending::of(answer),
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
