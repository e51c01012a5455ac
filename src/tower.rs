//! Routes requests among services that speak tower's `Service`.
//!
//! The service that routes is always ready, because which service will answer is not known
//! before the request is there. It then drives the readiness of the chosen one with the request
//! in hand, so a slow version holds up its own requests and nobody else's. Load that should be
//! shed must be shed by layers around it.

use core::{
    convert::Infallible,
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll},
};
use std::sync::Arc;

use tower_service::Service;

use crate::{
    contain::contain,
    outcome::Ending,
    router::{Router, Ticket, poll_noting},
    shadow::{Primary, ShadowFuture, ShadowTask},
    unit::{Unit, UnitKey},
};

/// A tower service that routes requests among the versions of a router.
///
/// The key tells who asks. A request is cloned for a shadow that was sampled and got a permit,
/// and where the live version may have to step in for a failing one; shadows are handed to
/// `spawn` when the answer is known. A shadow that is not ready at once is dropped and counted.
/// A request whose future is dropped leaves its shadows counted as unrun.
///
/// Services are cloned for each request, as tower's are, and shared by threads until then; where
/// a boxed one is needed, it is the kind that is `Sync`.
///
/// ```
/// # use core::{convert::Infallible, future::{Ready, ready}, pin::pin};
/// # use core::task::{Context, Poll, Waker};
/// # use tower_service::Service;
/// # #[derive(Clone)]
/// # struct Times(u64);
/// # impl Service<u64> for Times {
/// #     type Response = u64;
/// #     type Error = Infallible;
/// #     type Future = Ready<Result<u64, Infallible>>;
/// #     fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
/// #         Poll::Ready(Ok(()))
/// #     }
/// #     fn call(&mut self, request: u64) -> Self::Future { ready(Ok(request * self.0)) }
/// # }
/// use switchstand::{Router, UnitKey, tower::RoutedService};
/// let router = Router::new("ranker", "v1", Times(2))?;
/// let key = |request: &u64| UnitKey::U64(*request);
/// let mut service = RoutedService::new(router, key, |shadow| drop(shadow));
/// let mut answer = pin!(service.call(21));
/// # let mut context = Context::from_waker(Waker::noop());
/// assert_eq!(answer.as_mut().poll(&mut context), Poll::Ready(Ok(42)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RoutedService<S, K, F> {
    router: Router<S>,
    key: K,
    spawn: Arc<F>,
}

impl<S, K, F> RoutedService<S, K, F>
where
    S: Send + Sync + 'static,
    F: Fn(ShadowFuture) + Send + Sync + 'static,
{
    /// Returns a service that routes by `key` and hands shadows to `spawn`.
    pub fn new(router: Router<S>, key: K, spawn: F) -> RoutedService<S, K, F> {
        RoutedService {
            router,
            key,
            spawn: Arc::new(spawn),
        }
    }

    /// Returns the router, to change the deployment and the release.
    pub const fn router(&self) -> &Router<S> {
        &self.router
    }
}

impl<S, K, F, Request> Service<Request> for RoutedService<S, K, F>
where
    S: Service<Request> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Response: Send + 'static,
    S::Error: Send + 'static,
    Request: Clone + Send + 'static,
    K: Fn(&Request) -> UnitKey,
    F: Fn(ShadowFuture) + Send + Sync + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = RoutedFuture<S::Response, S::Error>;

    /// Is always ready: the service that will answer is not chosen yet.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> RoutedFuture<S::Response, S::Error> {
        let key = (self.key)(&request);
        let mut ticket = self.router.admit(Unit::from(&key));
        let mut shadows = Vec::new();
        while let Some(task) = ticket.shadow_task(|| request.clone()) {
            shadows.push(task);
        }
        let spawn = Arc::clone(&self.spawn);
        RoutedFuture(Box::pin(serve(ticket, shadows, request, spawn)))
    }
}

async fn serve<S, Request>(
    mut ticket: Ticket<S>,
    shadows: Vec<ShadowTask<S, Request>>,
    request: Request,
    spawn: Arc<impl Fn(ShadowFuture) + Send + Sync>,
) -> Result<S::Response, S::Error>
where
    S: Service<Request> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Response: Send + 'static,
    S::Error: Send + 'static,
    Request: Clone + Send + 'static,
{
    let called = if shadows.is_empty() {
        None
    } else {
        ticket.desk().now()
    };
    // A service consumes its request, so what is needed later is copied before.
    let is_kept = ticket.has_stand_in() || ticket.wants_excerpt();
    let spare = is_kept.then(|| request.clone());
    let mut answer = ask(&mut ticket, request).await;
    if answer.is_err()
        && let Some(request) = &spare
        && ticket.fall_back().is_some()
    {
        answer = ask(&mut ticket, request.clone()).await;
    }
    ticket.compare_later(&answer);
    if let Some(request) = &spare {
        ticket.keep_excerpt(request, &answer);
    }
    if !shadows.is_empty() {
        let desk = ticket.desk();
        let comparison = desk.comparison::<S::Response, S::Error>();
        if comparison.is_none() {
            desk.count_not_comparable();
        }
        let latency = called.and_then(|called| Some(desk.now()?.since(called)));
        let primary = comparison.and_then(|it| Primary::new(it, &answer, latency));
        let version = desk.label(ticket.route().version());
        // A version that stepped in for a failing one is no shadow of itself.
        for mut task in shadows.into_iter().filter(|task| task.version() != version) {
            task.answered(*ticket.route(), primary.clone(), ticket.kept_excerpt());
            contain(|| spawn(task.into_call()));
        }
    }
    answer
}

/// Asks the service that answers now, and notes how that ends.
async fn ask<S, Request>(ticket: &mut Ticket<S>, request: Request) -> Result<S::Response, S::Error>
where
    S: Service<Request> + Clone,
{
    let before = ticket.begin();
    let (service, progress) = ticket.model_and_progress();
    let call = ready_call(service.clone(), request);
    let answer = poll_noting(progress, before, call).await;
    *progress = before.and(Ending::of(&answer));
    answer
}

/// Waits until a service of its own is ready, and calls it.
async fn ready_call<S: Service<Request>, Request>(
    mut service: S,
    request: Request,
) -> Result<S::Response, S::Error> {
    poll_fn(|context| service.poll_ready(context)).await?;
    service.call(request).await
}

/// The future of a routed answer.
#[must_use = "futures do nothing unless polled"]
pub struct RoutedFuture<Response, Error = Infallible>(
    Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>,
);

impl<Response, Error> Future for RoutedFuture<Response, Error> {
    type Output = Result<Response, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl<Response, Error> fmt::Debug for RoutedFuture<Response, Error> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoutedFuture").finish_non_exhaustive()
    }
}

impl<S, K: Clone, F> Clone for RoutedService<S, K, F> {
    /// Returns another handle on the same router.
    fn clone(&self) -> RoutedService<S, K, F> {
        RoutedService {
            router: self.router.clone(),
            key: self.key.clone(),
            spawn: Arc::clone(&self.spawn),
        }
    }
}

impl<S, K, F> fmt::Debug for RoutedService<S, K, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoutedService")
            .field("router", &self.router)
            .finish_non_exhaustive()
    }
}
