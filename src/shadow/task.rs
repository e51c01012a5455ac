//! One run of a version whose answer nobody gets.

use super::{Desk, DueShadow, Lease, Primary, Ran, Stub};
use crate::{
    contain::{Contained, contain},
    model::{AsyncModel, BoxedAnswer, Model},
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
    time::Duration,
};

/// One run of a version whose answer nobody gets.
///
/// It owns all that it needs, so it can run on any thread and at any later time. It has no output:
/// its answer goes to the router's comparison and is dropped. It is counted exactly once, however
/// it ends, also if it is dropped.
///
/// A panic of the model, of the comparison, or of a destructor of either is caught. This is not
/// possible in a program that is built with `panic = "abort"`, nor for an abort, a stack overflow
/// or lack of memory.
///
/// No response can be made of it:
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
    // Fields are dropped in this order: the permit is given back last.
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

    /// Sets the time after which the task is no longer started.
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
        self.run_by(M::predict);
    }
}

impl<M: Send + Sync + 'static, I: 'static> ShadowTask<M, I> {
    /// Runs any method of the version and compares its answer with the primary's.
    ///
    /// It is compared if the router has a comparison of such answers. `run` is a function, or a
    /// closure that captures nothing, so that no answer can get out.
    ///
    /// ```
    /// use switchstand::{Policy, Router, Share};
    /// struct Ranker(u64);
    /// impl Ranker {
    ///     fn rank(&self, items: &[u64]) -> Result<u64, String> {
    ///         items.iter().max().map(|best| best + self.0).ok_or("no items".to_owned())
    ///     }
    /// }
    /// let router = Router::new("ranker", "v1", Ranker(0))?;
    /// router.deploy("v2", Ranker(1))?;
    /// router.release(Policy::shadow("look", "v2", Share::ALL))?;
    /// let items = vec![3, 9, 4];
    /// let mut ticket = router.admit("user-42");
    /// assert_eq!(ticket.call(|ranker| ranker.rank(&items)), Ok(9));
    /// while let Some(task) = ticket.shadow_task(|| items.clone()) {
    ///     task.run_with(|ranker, items| ranker.rank(items));
    /// }
    /// assert_eq!(router.shadow_counts("v2").unwrap().run(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn run_with<T: 'static, E: 'static>(self, run: fn(&M, &I) -> Result<T, E>) {
        self.run_by(run);
    }

    fn run_by<T: 'static, E: 'static>(self, run: impl FnOnce(&M, &I) -> Result<T, E>) {
        let ShadowTask {
            input,
            primary,
            lease,
            mut stub,
        } = self;
        stub.start();
        let ran = contain(|| {
            let (lease, input) = (lease.get()?, input.get()?);
            let started = stub.desk().now();
            let answer = run(lease.model(), input);
            let took = since(&stub, started);
            Some(conclude(
                &stub,
                primary.as_ref(),
                Some(input),
                &answer,
                took,
            ))
        });
        drop((input, primary, lease));
        end(stub, ran.flatten());
    }
}

impl<M: AsyncModel + Send + Sync + 'static> IntoFuture for ShadowTask<M, M::Input> {
    type Output = ();
    type IntoFuture = ShadowFuture;

    /// Returns the run as a future, to be given to any runtime.
    fn into_future(self) -> ShadowFuture {
        self.run_async()
    }
}

impl<M: AsyncModel + Send + Sync + 'static> ShadowTask<M, M::Input> {
    /// Returns the run as a future, to be given to any runtime.
    pub fn run_async(self) -> ShadowFuture {
        ShadowFuture(Box::pin(run(self, |model: &M, input| {
            Box::pin(model.predict(input))
        })))
    }
}

impl<M: Send + Sync + 'static, I: Send + Sync + 'static> ShadowTask<M, I> {
    /// Returns the run of any method that awaits, as a future for any runtime.
    ///
    /// As for [`run_with`](ShadowTask::run_with), `run` may capture nothing:
    /// `task.run_async_with(|model, input| Box::pin(model.rank(input)))`.
    pub fn run_async_with<T: Send + 'static, E: Send + 'static>(
        self,
        run_: for<'a> fn(&'a M, &'a I) -> BoxedAnswer<'a, T, E>,
    ) -> ShadowFuture {
        ShadowFuture(Box::pin(run(self, run_)))
    }
}

async fn run<M, I, T, E>(
    task: ShadowTask<M, I>,
    start: impl for<'a> FnOnce(&'a M, &'a I) -> BoxedAnswer<'a, T, E>,
) where
    M: Send + Sync + 'static,
    I: Send + Sync + 'static,
    T: 'static,
    E: 'static,
{
    // Dropped last if the future is dropped: only then is the permit given back.
    let mut stub = task.stub;
    let (input, primary, lease) = (task.input, task.primary, task.lease);
    stub.start();
    let ran = {
        let started = stub.desk().now();
        let call = contain(|| {
            let (lease, input) = (lease.get()?, input.get()?);
            Some(start(lease.model(), input))
        });
        match call {
            Some(Some(future)) => {
                let mut future = Contained::new(future);
                let answer = poll_fn(|context| poll(future.get_mut(), context)).await;
                let took = since(&stub, started);
                answer.and_then(|answer| {
                    let (stub, input, primary) = (&stub, input.get(), primary.as_ref());
                    // The answer is dropped here, where a panic of its destructor is caught.
                    contain(move || {
                        let answer = answer;
                        conclude(stub, primary, input, &answer, took)
                    })
                })
            }
            _ => None,
        }
    };
    drop((input, primary, lease));
    end(stub, ran);
}

/// Polls a future of the application; if it panics, it is ready without a result.
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

/// Returns how long a shadow has run, if the router has a clock.
pub(super) fn since(stub: &Stub, started: Option<Timestamp>) -> Option<Duration> {
    Some(stub.desk().now()?.since(started?))
}

/// Hands a shadow's answer to the comparison, and keeps its excerpt.
///
/// If the application's code panics here, the caller catches it.
pub(super) fn conclude<I: 'static, O: 'static, E: 'static>(
    stub: &Stub,
    primary: Option<&Primary>,
    input: Option<&I>,
    answer: &Result<O, E>,
    took: Option<Duration>,
) -> Ran {
    let desk: &Desk = stub.desk();
    if let Some(primary) = primary
        && let Some(projection) = primary.projection()
    {
        if let Some(comparison) = desk.comparison::<O, E>() {
            let shadow = comparison.project(answer);
            comparison.compare(Pair {
                unit: stub.unit(),
                primary_version: stub.primary_version(),
                shadow_version: stub.version(),
                primary: projection,
                shadow: &*shadow,
                primary_latency: primary.latency,
                shadow_latency: took,
            });
        } else {
            desk.count_not_comparable();
        }
    }
    let excerpt = input
        .filter(|_| stub.has_excerpt())
        .and_then(|input| desk.excerpts.make(input, answer));
    Ran {
        outcome: match answer {
            Ok(_) => ShadowOutcome::Answered,
            Err(_) => ShadowOutcome::Failed,
        },
        took,
        excerpt,
    }
}

fn end(stub: Stub, ran: Option<Ran>) {
    stub.end(ran.unwrap_or(Ran::only(ShadowOutcome::Panicked)));
}

/// The future that runs a shadow when it is polled; it has no output.
///
/// Dropped before it is ready, it is counted as cancelled, or as unrun if it was never polled.
#[must_use = "futures do nothing unless polled"]
pub struct ShadowFuture(Pin<Box<dyn Future<Output = ()> + Send>>);

impl ShadowFuture {
    #[cfg(any(feature = "futures-core", feature = "tower"))]
    pub(super) fn new(run: impl Future<Output = ()> + Send + 'static) -> ShadowFuture {
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
