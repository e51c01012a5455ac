//! From a request to its answer, by any method of any model.

use core::{future::Future, ops::Deref, pin::pin};
use std::sync::Arc;

use super::{Ticket, extras::Extras, ticket::Progress};
use crate::{
    outcome::Ending,
    shadow::{Desk, Primary},
};

/// A model lent to a call that awaits. It keeps the model alive, not the request.
#[derive(Debug)]
pub struct Lent<M>(Arc<M>);

impl<M> Lent<M> {
    pub(super) const fn of(model: Arc<M>) -> Lent<M> {
        Lent(model)
    }
}

impl<M> Deref for Lent<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.0
    }
}

impl<M> Ticket<M> {
    /// Answers the request by `run`, which may call any method of the model. A stream that it
    /// returns is not covered by the lease.
    ///
    /// An error is a failure of the version: `run` is called again with the live version if the
    /// policy says so. If it panics, the request has failed, the live version is not asked, and the
    /// panic continues to unwind. If one request needs several calls, make them in one closure, so
    /// that all reach the same version.
    ///
    /// The lease lasts as long as the ticket. An answer that is a stream or borrows the model needs
    /// the ticket until its last byte: `Ticket::stream` keeps it there with the feature
    /// `futures-core`, `Ticket::body` with `http-body`; by hand, keep the ticket with it and call
    /// [`end`](Ticket::end) after the last byte. Here the ticket is gone when the stream begins:
    ///
    /// ```
    /// # use switchstand::Router;
    /// # let router = Router::new("ranker", "v1", vec![1, 2, 3])?;
    /// let stream = router.admit("ana").call(|model| Ok::<_, ()>(model.clone().into_iter()));
    /// assert_eq!(router.in_flight("v1"), Some(0)); // wrong: the version may be reclaimed
    ///
    /// let ticket = router.admit("ana");
    /// let stream = ticket.model().iter();
    /// assert_eq!(router.in_flight("v1"), Some(1)); // right, until the ticket ends
    /// # drop(stream);
    /// # ticket.end(switchstand::Ending::Answered);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// What `run` calls an error, with the version drawn or with the live one that stepped in.
    #[inline]
    pub fn call<T: 'static, E: 'static>(
        &mut self,
        run: impl FnMut(&M) -> Result<T, E>,
    ) -> Result<T, E> {
        let answer = self.run(run, |_, answer| Ending::of(answer));
        self.compare_later(&answer);
        answer
    }

    /// Answers the request by `run`, which may consume what it captures.
    ///
    /// So no other version can step in if this one fails; [`call_with`](Ticket::call_with) copies
    /// the input for that.
    ///
    /// # Errors
    /// What `run` calls an error.
    #[inline]
    pub fn call_once<T: 'static, E: 'static>(
        &mut self,
        run: impl FnOnce(&M) -> Result<T, E>,
    ) -> Result<T, E> {
        let before = self.begin();
        let answer = run(self.model());
        self.progress = before.and(Ending::of(&answer));
        self.compare_later(&answer);
        answer
    }

    /// Answers the request by `run`, which consumes the input.
    ///
    /// The input is copied only where the live version may have to step in, or where an excerpt
    /// of it is kept ([`Builder::excerpt_of_calls`](crate::Builder::excerpt_of_calls)).
    ///
    /// # Errors
    /// What `run` calls an error, with the version drawn or with the live one that stepped in.
    pub fn call_with<I: Clone + 'static, T: 'static, E: 'static>(
        &mut self,
        input: I,
        mut run: impl FnMut(&M, I) -> Result<T, E>,
    ) -> Result<T, E> {
        let is_kept = self.has_stand_in() || self.extras().is_some_and(Extras::wants_excerpt);
        let spare = is_kept.then(|| input.clone());
        let before = self.begin();
        let mut answer = run(self.model(), input);
        self.progress = before.and(Ending::of(&answer));
        if answer.is_err()
            && let Some(input) = &spare
            && self.fall_back().is_some()
        {
            let before = self.begin();
            answer = run(self.model(), input.clone());
            self.progress = before.and(Ending::of(&answer));
        }
        self.compare_later(&answer);
        if let Some(input) = &spare {
            self.keep_excerpt(input, &answer);
        }
        answer
    }

    /// Answers the request by `run`; `judge` says how an answer counts.
    ///
    /// For answers that are not a `Result`, and for errors that are the request's own fault: if
    /// `judge` returns [`Refused`](Ending::Refused), the request is not run again on the live
    /// version. The answer may borrow from the input. It is compared with a shadow's only through
    /// [`compare_with`](Ticket::compare_with).
    ///
    /// ```
    /// use switchstand::{Ending, Router};
    /// let router = Router::new("ranker", "v1", ())?;
    /// let status = router.admit("user-42").judge(|_model| 429, |status| match status {
    ///     200..400 => Ending::Answered,
    ///     400..500 => Ending::Refused,
    ///     _ => Ending::Failed,
    /// });
    /// assert_eq!(status, 429);
    /// assert_eq!(router.outcomes("v1").unwrap().ended(Ending::Refused), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn judge<R>(&mut self, run: impl FnMut(&M) -> R, judge: impl Fn(&R) -> Ending) -> R {
        self.run(run, |_, answer| judge(answer))
    }

    /// Answers the request by a future that `run` makes of the lent model.
    ///
    /// It asks the live version as [`call`](Ticket::call) does. A panic of the future is a failure;
    /// if the future is dropped before it is ready, because of a time-out or because the client
    /// went away, the request counts as given up. The future is `Send` if what `run` captures is.
    ///
    /// ```
    /// # use core::{pin::pin, task::{Context, Poll, Waker}};
    /// use switchstand::Router;
    /// struct Ranker;
    /// impl Ranker {
    ///     async fn rank(&self, items: &[u64]) -> Result<u64, String> {
    ///         items.iter().max().copied().ok_or("no items".to_owned())
    ///     }
    /// }
    /// # async fn serve(router: Router<Ranker>) {
    /// let items = vec![3, 9, 4];
    /// let mut ticket = router.admit("user-42");
    /// let answer = ticket.call_fut(|ranker| { let items = &items; async move { ranker.rank(items).await } }).await;
    /// assert_eq!(answer, Ok(9));
    /// # }
    /// # let served = pin!(serve(Router::new("ranker", "v1", Ranker)?));
    /// # assert!(served.poll(&mut Context::from_waker(Waker::noop())).is_ready());
    /// # use core::future::Future;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// What the future calls an error, with the version drawn or with the live one.
    pub async fn call_fut<T: 'static, E: 'static, F: Future<Output = Result<T, E>>>(
        &mut self,
        mut run: impl FnMut(Lent<M>) -> F,
    ) -> Result<T, E> {
        let mut answer = self.call_fut_once(&mut run).await;
        if answer.is_err() && self.fall_back().is_some() {
            answer = self.call_fut_once(&mut run).await;
        }
        answer
    }

    /// Answers the request by a future that `run` makes of the lent model and what it captures.
    ///
    /// As [`call_once`](Ticket::call_once): no other version steps in.
    ///
    /// # Errors
    /// What the future calls an error.
    pub async fn call_fut_once<T: 'static, E: 'static, F: Future<Output = Result<T, E>>>(
        &mut self,
        run: impl FnOnce(Lent<M>) -> F,
    ) -> Result<T, E> {
        let before = self.begin();
        let lent = Lent(Arc::clone(self.answering().shared_model()));
        let future = run(lent);
        let answer = poll_noting(&mut self.progress, before, future).await;
        self.progress = before.and(Ending::of(&answer));
        self.compare_later(&answer);
        answer
    }

    /// Keeps the part of an answer with which the request's shadows are compared.
    ///
    /// For answers from [`judge`](Ticket::judge) or by hand; the other calls do it themselves. Call
    /// it before you take the shadows.
    #[inline]
    pub fn compare_with<T: 'static, E: 'static>(&mut self, answer: &Result<T, E>) {
        self.compare_later(answer);
    }

    /// Runs the request, and once more where the version drawn has failed and the live one may
    /// step in.
    #[inline]
    pub(super) fn run<R>(
        &mut self,
        mut run: impl FnMut(&M) -> R,
        judge: impl Fn(&M, &R) -> Ending,
    ) -> R {
        let before = self.begin();
        let mut answer = run(self.model());
        let ending = judge(self.model(), &answer);
        self.progress = before.and(ending);
        if ending == Ending::Failed && self.fall_back().is_some() {
            let before = self.begin();
            answer = run(self.model());
            self.progress = before.and(judge(self.model(), &answer));
        }
        answer
    }

    /// Notes that a model is called: should it panic, the request has failed.
    #[inline]
    pub(crate) fn begin(&mut self) -> Progress {
        if let Some((extras, desk)) = self.extras_and_desk() {
            extras.call(desk);
        }
        core::mem::replace(&mut self.progress, Progress::Ended(Ending::Failed))
    }

    #[inline]
    pub(crate) fn has_stand_in(&self) -> bool {
        self.extras().is_some_and(Extras::has_stand_in)
    }

    /// Keeps the part of the primary's answer with which the shadows will be compared.
    #[inline]
    pub(crate) fn compare_later<O: 'static, E: 'static>(&mut self, answer: &Result<O, E>) {
        if let Some((extras, desk)) = self.extras_and_desk() {
            keep_for_shadows(extras, desk, answer);
        }
    }

    /// Keeps an excerpt of the input and the answer, if the router's hook knows them.
    #[inline]
    pub(crate) fn keep_excerpt<I: 'static, O: 'static, E: 'static>(
        &mut self,
        input: &I,
        answer: &Result<O, E>,
    ) {
        if let Some((extras, desk)) = self.extras_and_desk()
            && extras.wants_excerpt()
        {
            extras.keep_excerpt(desk.excerpts.make(input, answer));
        }
    }
}

#[inline(never)]
fn keep_for_shadows<M, O: 'static, E: 'static>(
    extras: &mut Extras<M>,
    desk: &Arc<Desk>,
    answer: &Result<O, E>,
) {
    extras.stop(desk);
    if !extras.has_shadows() || !extras.take_permits(desk) {
        return;
    }
    match desk.comparison::<O, E>() {
        Some(comparison) => {
            let latency = extras.latency(desk);
            extras.keep_primary(Primary::new(comparison, answer, latency));
        }
        None => extras.keep_not_comparable(),
    }
}

/// Polls a future of the application: while it runs a panic is a failure, while it waits a drop
/// gives the request up.
pub(crate) async fn poll_noting<F: Future>(
    progress: &mut Progress,
    before: Progress,
    future: F,
) -> F::Output {
    let mut future = pin!(future);
    core::future::poll_fn(|context| {
        *progress = Progress::Ended(Ending::Failed);
        let polled = future.as_mut().poll(context);
        if polled.is_pending() {
            *progress = before.and(Ending::GivenUp);
        }
        polled
    })
    .await
}
