//! Shadows that answer with a stream.

use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;

use super::{
    Ran, ShadowFuture, ShadowTask,
    drain::{Drained, drain},
    task::{conclude, since},
};
use crate::{
    contain::{Contained, contain},
    record::{DropReason, ShadowOutcome},
};

/// A boxed stream of an answer's pieces.
pub type BoxedStream<'a, Piece, Error> =
    Pin<Box<dyn Stream<Item = Result<Piece, Error>> + Send + 'a>>;

impl<M: Send + Sync + 'static, I: Send + Sync + 'static> ShadowTask<M, I> {
    /// Returns the run of a method that answers with a stream, as a future for any runtime.
    ///
    /// All items are taken. `add` puts an item into the transcript and returns its size. The
    /// transcript is compared with what [`Ticket::compare_with`](crate::Ticket::compare_with) was
    /// given, as an answer of the type `Result<T, E>`. An item that is an error is a failure.
    ///
    /// If the sizes add up to more than `limit`, or `until` is ready before the stream ends, the
    /// shadow is stopped and counted as [cut](DropReason::Cut); it is not compared. `until` is a
    /// timer of your runtime, because the library has none.
    ///
    /// As for [`run_with`](ShadowTask::run_with), `start` and `add` may capture nothing.
    /// [`Ticket::stream_with`](crate::Ticket::stream_with) has an example.
    pub fn drain<T, X, E>(
        self,
        start: for<'a> fn(&'a M, &'a I) -> BoxedStream<'a, X, E>,
        add: fn(&mut T, X) -> usize,
        limit: usize,
        until: impl Future<Output = ()> + Send + 'static,
    ) -> ShadowFuture
    where
        T: Default + Send + 'static,
        X: Send + 'static,
        E: Send + 'static,
    {
        ShadowFuture::new(run(self, start, add, limit, until))
    }
}

async fn run<M, I, T, X, E>(
    task: ShadowTask<M, I>,
    start: for<'a> fn(&'a M, &'a I) -> BoxedStream<'a, X, E>,
    add: fn(&mut T, X) -> usize,
    limit: usize,
    until: impl Future<Output = ()> + Send + 'static,
) where
    M: Send + Sync + 'static,
    I: Send + Sync + 'static,
    T: Default + Send + 'static,
    X: Send + 'static,
    E: Send + 'static,
{
    // Dropped last if the future is dropped: only then is the permit given back.
    let mut stub = task.stub;
    let (input, primary, lease) = (task.input, task.primary, task.lease);
    stub.start();
    let started = stub.desk().now();
    let drained = {
        let begun = contain(|| {
            let (lease, input) = (lease.get()?, input.get()?);
            Some((start(lease.model(), input), T::default()))
        });
        match begun.flatten() {
            Some((stream, transcript)) => {
                let mut stream = Contained::new(stream);
                let next = |context: &mut Context<'_>| match stream.get_mut() {
                    Some(stream) => stream.as_mut().poll_next(context),
                    None => Poll::Ready(None),
                };
                drain(next, add, transcript, limit, until).await
            }
            None => Drained::Panicked,
        }
    };
    let took = since(&stub, started);
    let answer = match drained {
        Drained::Whole(transcript) => Some(Ok(transcript)),
        Drained::Failed(error) => Some(Err(error)),
        Drained::Panicked => None,
        Drained::Cut => {
            drop((input, primary, lease));
            return stub.drop_for(DropReason::Cut);
        }
    };
    let ran = answer.and_then(|answer: Result<T, E>| {
        let (stub, input, primary) = (&stub, input.get(), primary.as_ref());
        // The answer is dropped here, where a panic of its destructor is caught.
        contain(move || {
            let answer = answer;
            conclude(stub, primary, input, &answer, took)
        })
    });
    drop((input, primary, lease));
    stub.end(ran.unwrap_or(Ran::only(ShadowOutcome::Panicked)));
}
