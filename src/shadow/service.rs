//! Shadows that are tower services over HTTP.

use core::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, Waker},
};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use tower_service::Service;

use super::{
    Primary, Ran, ShadowFuture, ShadowTask,
    drain::{Drained, drain},
    task::{conclude, poll, since},
};
use crate::{
    contain::{Contained, contain},
    outcome::Ending,
    record::{DropReason, ShadowOutcome},
    route::Route,
};

/// A timer of the application's runtime.
type Timer = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The function that says how the head of an answer counts.
type Judge<R, E> = dyn Fn(&Result<R, E>) -> Ending + Send + Sync;

/// The function that takes a piece of a body into a transcript.
pub(crate) type Add<T> = dyn Fn(&mut T, &[u8]) + Send + Sync;

/// What the application says about answers: how they count, and which part of them is compared.
pub(crate) struct Answering<R, E, T> {
    pub(crate) judge: Arc<Judge<R, E>>,
    pub(crate) judge_trailers: Arc<dyn Fn(&HeaderMap) -> Ending + Send + Sync>,
    /// Begins a transcript with the head of an answer.
    pub(crate) begin: Arc<dyn Fn(&R) -> T + Send + Sync>,
    pub(crate) add: Arc<Add<T>>,
    /// How many bytes of a shadow's body are read.
    pub(crate) limit: usize,
    /// Starts the timer at whose end a shadow is stopped.
    pub(crate) until: Arc<dyn Fn() -> Timer + Send + Sync>,
}

impl<R, E, T> Answering<R, E, T> {
    /// Says how an answer counts; if the application's rule panics, only an error is a failure.
    pub(crate) fn ending(&self, answer: &Result<R, E>) -> Ending {
        contain(|| (self.judge)(answer)).unwrap_or(Ending::of(answer))
    }

    /// Takes a frame of a body into a transcript.
    pub(crate) fn add(&self, transcript: &mut T, frame: &Frame<Bytes>) {
        if let Some(data) = frame.data_ref() {
            (self.add)(transcript, data);
        }
    }

    /// Says how a frame counts.
    pub(crate) fn ending_of(&self, frame: &Frame<Bytes>) -> Ending {
        let trailers = frame.trailers_ref();
        trailers.map_or(Ending::Answered, |trailers| (self.judge_trailers)(trailers))
    }
}

impl<R, E, T> Clone for Answering<R, E, T> {
    fn clone(&self) -> Answering<R, E, T> {
        Answering {
            judge: Arc::clone(&self.judge),
            judge_trailers: Arc::clone(&self.judge_trailers),
            begin: Arc::clone(&self.begin),
            add: Arc::clone(&self.add),
            limit: self.limit,
            until: Arc::clone(&self.until),
        }
    }
}

impl<S, Q> ShadowTask<S, Request<Q>> {
    /// Notes what the primary answered to the request of which this task has a copy.
    pub(crate) fn answered(
        &mut self,
        route: Route,
        primary: Option<Primary>,
        excerpt: Option<&[u8]>,
    ) {
        self.stub.reroute(route);
        self.primary = primary;
        if let Some(excerpt) = excerpt {
            self.stub.keep_excerpt(excerpt);
        }
    }

    /// Returns the call as a future that first asks, once, whether the service is ready.
    pub(crate) fn into_call<B, T>(
        self,
        answering: Arc<Answering<Response<B>, S::Error, T>>,
    ) -> ShadowFuture
    where
        S: Service<Request<Q>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send,
        S::Error: Send + 'static,
        Q: Send + 'static,
        B: Body<Data = Bytes> + Send + 'static,
        T: Send + 'static,
    {
        ShadowFuture::new(call(self, answering))
    }
}

async fn call<S, Q, B, T>(
    task: ShadowTask<S, Request<Q>>,
    answering: Arc<Answering<Response<B>, S::Error, T>>,
) where
    S: Service<Request<Q>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
    Q: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    T: Send + 'static,
{
    let mut stub = task.stub;
    let (mut input, primary, lease) = (task.input, task.primary, task.lease);
    stub.start();
    let mut is_cut = false;
    let ran = 'ran: {
        let started = stub.desk().now();
        let service = contain(|| lease.get().map(|lease| lease.model().clone()));
        let Some(Some(service)) = service else {
            break 'ran None;
        };
        let mut service = Contained::new(service);
        let ready = contain(|| {
            // A waker that does nothing, because a shadow does not wait.
            let mut context = Context::from_waker(Waker::noop());
            Some(service.get_mut()?.poll_ready(&mut context))
        });
        let called = match ready.flatten() {
            Some(Poll::Ready(Ok(()))) => contain(|| {
                let (service, input) = (service.get_mut()?, input.take()?);
                Some(Ok(Box::pin(service.call(input))))
            }),
            Some(Poll::Ready(Err(error))) => Some(Some(Err(error))),
            Some(Poll::Pending) => {
                drop((input, primary, lease, service));
                return stub.drop_for(DropReason::NotReady);
            }
            None => None,
        };
        let answer = match called.flatten() {
            Some(Ok(future)) => {
                let mut future = Contained::new(future);
                poll_fn(|context| poll(future.get_mut(), context)).await
            }
            Some(Err(error)) => Some(Err(error)),
            None => None,
        };
        // Only the head is timed, because the rest of a body comes as fast as it is read.
        let took = since(&stub, started);
        let Some(answer) = answer else {
            break 'ran None;
        };
        let mut ending = answering.ending(&answer);
        let answer = match answer {
            Ok(response) => {
                let begun = contain(|| (answering.begin)(&response));
                let until = contain(|| (answering.until)());
                let (Some(begun), Some(until)) = (begun, until) else {
                    contain(|| drop(response));
                    break 'ran None;
                };
                let mut body = Contained::new(Box::pin(response.into_body()));
                let next = |context: &mut Context<'_>| match body.get_mut() {
                    Some(body) => body.as_mut().poll_frame(context),
                    None => Poll::Ready(None),
                };
                let add = |transcript: &mut T, frame: Frame<Bytes>| {
                    answering.add(transcript, &frame);
                    ending = ending.worse(answering.ending_of(&frame));
                    frame.data_ref().map_or(0, Bytes::len)
                };
                match drain(next, add, begun, answering.limit, until).await {
                    Drained::Whole(transcript) => Ok(transcript),
                    Drained::Failed(error) => {
                        contain(|| drop(error));
                        break 'ran Some(Ran {
                            outcome: ShadowOutcome::Failed,
                            took,
                            excerpt: None,
                        });
                    }
                    Drained::Cut => {
                        is_cut = true;
                        break 'ran None;
                    }
                    Drained::Panicked => break 'ran None,
                }
            }
            Err(error) => Err(error),
        };
        let (stub, primary) = (&stub, primary.as_ref());
        contain(move || {
            // Dropped within, where its destructor may panic.
            let answer = answer;
            let mut ran = conclude::<Request<Q>, T, _>(stub, primary, None, &answer, took);
            if ending == Ending::Failed {
                ran.outcome = ShadowOutcome::Failed;
            }
            ran
        })
    };
    drop((input, primary, lease));
    if is_cut {
        return stub.drop_for(DropReason::Cut);
    }
    stub.end(ran.unwrap_or(Ran::only(ShadowOutcome::Panicked)));
}
