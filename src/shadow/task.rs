//! One run of a version whose answer nobody gets.

use super::{
    Desk, DueShadow, Lease, Primary, Stub,
    comparison::elapsed,
    contain::{Contained, contain},
};
use crate::{
    model::{AsyncModel, Model},
    record::{DropReason, ShadowOutcome},
    shadow::Pair,
    sync::Strong,
    timestamp::Timestamp,
};
use core::{
    fmt,
    future::{Future, IntoFuture, poll_fn},
    pin::Pin,
    task::{Context, Poll},
};

/// Holds one run of a version whose answer nobody gets.
///
/// It owns all that it needs, so that it can run on any thread and at any later time. It has no
/// output: its answer goes to the router's comparison and is dropped. However it ends, and if it
/// is dropped, it is counted once.
///
/// A panic of the model, of the comparison, or of a destructor of either goes no further. It
/// cannot be contained in a program that is built with `panic = "abort"`, nor can an abort, an
/// overflow of the stack, or memory that runs out.
///
/// A response cannot be made of it:
///
/// ```compile_fail,E0308
/// # use core::convert::Infallible;
/// # use switchstand::{shadow::ShadowTask, Model};
/// # struct Doubler;
/// # impl Model for Doubler {
/// #     type Input = f64;
/// #     type Output = f64;
/// #     type Error = Infallible;
/// #     fn predict(&self, input: &f64) -> Result<f64, Infallible> { Ok(input * 2.0) }
/// # }
/// fn respond(task: ShadowTask<Doubler>) -> f64 {
///     task.run()
/// }
/// ```
#[must_use = "a shadow that nobody runs is counted as dropped"]
pub struct ShadowTask<M, I = <M as Model>::Input> {
    // In the order in which they are dropped: a permit is given back when all else is gone.
    pub(super) input: Contained<I>,
    pub(super) primary: Option<Primary>,
    pub(super) lease: Contained<Strong<Lease<M>>>,
    pub(super) stub: Stub,
}

impl<M, I> ShadowTask<M, I> {
    pub(crate) fn new(
        stub: Stub,
        lease: Strong<Lease<M>>,
        primary: Option<Primary>,
        input: I,
    ) -> ShadowTask<M, I> {
        ShadowTask {
            input: Contained::new(input),
            primary,
            lease: Contained::new(lease),
            stub,
        }
    }

    /// Returns the label of the version that runs.
    #[must_use]
    pub fn version(&self) -> &str {
        self.stub.version()
    }

    /// Sets the time after which the task is not started any more.
    pub const fn due(self, deadline: Timestamp) -> DueShadow<M, I> {
        DueShadow::new(self, Some(deadline))
    }

    /// Gives the task up.
    pub(super) fn drop_for(self, reason: DropReason) {
        let ShadowTask {
            input,
            primary,
            lease,
            stub,
        } = self;
        drop((input, primary, lease));
        stub.drop_for(reason);
    }
}

impl<M: Model + Send + Sync + 'static> ShadowTask<M, M::Input> {
    /// Runs the version and compares its answer with the primary's.
    pub fn run(self) {
        let ShadowTask {
            input,
            primary,
            lease,
            mut stub,
        } = self;
        stub.start();
        let outcome = contain(|| {
            let (lease, input) = (lease.get()?, input.get()?);
            let started = stub.desk().now::<M::Output, M::Error>();
            let answer = lease.model().predict(input);
            Some(compare(&stub, primary.as_ref(), answer, started))
        });
        drop((input, primary, lease));
        end(stub, outcome);
    }
}

impl<M: AsyncModel + Send + Sync + 'static> IntoFuture for ShadowTask<M, M::Input> {
    type Output = ();
    type IntoFuture = ShadowFuture;

    /// Returns the run as a future, to be given to any runtime.
    fn into_future(self) -> ShadowFuture {
        ShadowFuture(Box::pin(run(self)))
    }
}

async fn run<M: AsyncModel + Send + Sync + 'static>(task: ShadowTask<M, M::Input>) {
    // The last to be dropped if the future is, and so the permit's end.
    let mut stub = task.stub;
    let (input, primary, lease) = (task.input, task.primary, task.lease);
    stub.start();
    let outcome = {
        let started = stub.desk().now::<M::Output, M::Error>();
        let call = contain(|| {
            let (lease, input) = (lease.get()?, input.get()?);
            Some(Box::pin(lease.model().predict(input)))
        });
        match call {
            Some(Some(future)) => {
                let mut future = Contained::new(future);
                let answer = poll_fn(|context| poll(future.get_mut(), context)).await;
                answer.and_then(|answer| {
                    contain(|| Some(compare(&stub, primary.as_ref(), answer, started)))
                })
            }
            _ => None,
        }
    };
    drop((input, primary, lease));
    end(stub, outcome);
}

/// Polls a future of the application; one that panics is ready with nothing.
pub(super) fn poll<F: Future + Unpin>(
    future: Option<&mut F>,
    context: &mut Context<'_>,
) -> Poll<Option<F::Output>> {
    let polled = contain(|| future.map(|future| Pin::new(future).poll(context)));
    match polled.flatten() {
        Some(Poll::Ready(answer)) => Poll::Ready(Some(answer)),
        Some(Poll::Pending) => Poll::Pending,
        None => Poll::Ready(None),
    }
}

/// Hands a shadow's answer to the comparison and drops it.
pub(super) fn compare<O: 'static, E: 'static>(
    stub: &Stub,
    primary: Option<&Primary>,
    answer: Result<O, E>,
    started: Option<Timestamp>,
) -> ShadowOutcome {
    let desk: &Desk = stub.desk();
    if let Some(comparison) = desk.comparison::<O, E>()
        && let Some(primary) = primary
        && let Some(projection) = primary.projection()
    {
        let latency = elapsed(comparison, started);
        let shadow = comparison.project(&answer);
        comparison.compare(Pair {
            unit: stub.unit(),
            primary_version: stub.primary_version(),
            shadow_version: stub.version(),
            primary: projection,
            shadow: &*shadow,
            primary_latency: primary.latency,
            shadow_latency: latency,
        });
    }
    match answer {
        Ok(_) => ShadowOutcome::Answered,
        Err(_) => ShadowOutcome::Failed,
    }
}

fn end(stub: Stub, outcome: Option<Option<ShadowOutcome>>) {
    stub.end(outcome.flatten().unwrap_or(ShadowOutcome::Panicked));
}

/// Runs a shadow when polled; has no output.
///
/// Dropped before it is ready, it is counted as cancelled, or as unrun if it was never polled.
#[must_use = "futures do nothing unless polled"]
pub struct ShadowFuture(Pin<Box<dyn Future<Output = ()> + Send>>);

impl ShadowFuture {
    #[cfg(feature = "tower")]
    pub(crate) fn new(run: impl Future<Output = ()> + Send + 'static) -> ShadowFuture {
        ShadowFuture(Box::pin(run))
    }
}

impl Future for ShadowFuture {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(context)
    }
}

impl<M, I> fmt::Debug for ShadowTask<M, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShadowTask")
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ShadowFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShadowFuture").finish_non_exhaustive()
    }
}
