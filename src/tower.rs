//! Routes HTTP requests among services that speak tower's `Service`: axum's routers, tonic's
//! services, hyper's clients.
//!
//! The routed service is always ready, because before a request comes it is not known which service
//! will answer. It then waits until the chosen one is ready, so a slow version delays only its own
//! requests. If load must be shed, put a layer for that around it.
//!
//! A service whose answers are not HTTP responses does not need this module: call a clone of it by
//! [`Ticket::call_fut`].

mod rules;
mod serve;

use core::{
    fmt,
    future::{Future, ready},
    pin::Pin,
    task::{Context, Poll},
};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::{
    outcome::Ending,
    router::{LeasedBody, Router, Ticket, by_grpc_status},
    shadow::ShadowFuture,
};
use rules::Rules;

/// A service that routes HTTP requests among the services that a router's versions are.
///
/// Its response has the version's body in a [`LeasedBody`]: the version is in use, and the request
/// is in flight, until the last byte is sent. A body that fails in the middle counts as failed, and
/// a client that hangs up as given up.
///
/// Nothing of a request is copied unless the application says how ([`copying`]). Services are
/// cloned for each request, as usual with tower.
///
/// `S` is the versions' service, `Q` the body of requests, and `T` a transcript of an answer
/// ([`transcribing`]).
///
/// ```
/// # use core::{convert::Infallible, future::{Ready, ready}, pin::Pin, task::{Context, Poll}};
/// # use http_body::{Body, Frame};
/// # use tower_service::Service;
/// # struct Full(Option<bytes::Bytes>);
/// # impl Body for Full {
/// #     type Data = bytes::Bytes;
/// #     type Error = Infallible;
/// #     fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>)
/// #         -> Poll<Option<Result<Frame<bytes::Bytes>, Infallible>>> {
/// #         Poll::Ready(self.0.take().map(|data| Ok(Frame::data(data))))
/// #     }
/// # }
/// # #[derive(Clone)]
/// # struct Version(&'static str);
/// # impl Service<Request<()>> for Version {
/// #     type Response = Response<Full>;
/// #     type Error = Infallible;
/// #     type Future = Ready<Result<Response<Full>, Infallible>>;
/// #     fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
/// #         Poll::Ready(Ok(()))
/// #     }
/// #     fn call(&mut self, _: Request<()>) -> Self::Future {
/// #         ready(Ok(Response::new(Full(Some(self.0.into())))))
/// #     }
/// # }
/// # let mut context = Context::from_waker(core::task::Waker::noop());
/// use http::{HeaderName, Request, Response, StatusCode};
/// use switchstand::{Router, Unit, tower::RoutedService};
///
/// let router = Router::new("pages", "v1", Version("the first page"))?;
/// let mut service = RoutedService::new(router.clone(), |router, request: &Request<()>| {
///     let user = request.headers().get("x-user").and_then(|user| user.to_str().ok());
///     match Unit::try_from_input(user.unwrap_or_default()) {
///         Ok(unit) => Ok(router.admit(unit)),
///         Err(_) => {
///             let mut refused = Response::new(Full(None));
///             *refused.status_mut() = StatusCode::UNAUTHORIZED;
///             Err(Box::new(refused))
///         }
///     }
/// })
/// .naming_version_in(HeaderName::from_static("x-version"));
/// # let mut ask = |request: Request<()>| {
/// #     match service.call(request).as_mut().poll(&mut context) {
/// #         Poll::Ready(Ok(response)) => response,
/// #         _ => panic!("no response"),
/// #     }
/// # };
/// # use core::future::Future;
///
/// let response = ask(Request::builder().header("x-user", "ana").body(())?);
/// assert_eq!(response.headers()["x-version"], "v1");
/// assert_eq!(router.in_flight("v1"), Some(1)); // until the body is read or dropped
/// drop(response);
/// assert_eq!(router.in_flight("v1"), Some(0));
/// assert_eq!(ask(Request::new(())).status(), StatusCode::UNAUTHORIZED);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [`copying`]: RoutedService::copying
/// [`transcribing`]: RoutedService::transcribing
pub struct RoutedService<S: Service<Request<Q>>, Q, T = ()> {
    router: Router<S>,
    rules: Arc<Rules<S, Q, T>>,
}

impl<S, Q, B> RoutedService<S, Q>
where
    S: Service<Request<Q>, Response = Response<B>> + Send + Sync + 'static,
    S::Error: 'static,
    B: 'static,
{
    /// Returns a service that calls `admit` for each request, which admits it or refuses it with a
    /// response.
    ///
    /// `admit` reads from the request who asks, with attributes, a pin or an override, and may set
    /// a deadline: whatever the router and the [`Ticket`] offer. A request that it refuses counts
    /// for no version. A response is large, so it is boxed; `?` boxes it.
    pub fn new(
        router: Router<S>,
        admit: impl Fn(&Router<S>, &Request<Q>) -> Result<Ticket<S>, Box<Response<B>>>
        + Send
        + Sync
        + 'static,
    ) -> RoutedService<S, Q> {
        RoutedService {
            router,
            rules: Arc::new(Rules::new(admit)),
        }
    }
}

impl<S, Q, T, B> RoutedService<S, Q, T>
where
    S: Service<Request<Q>, Response = Response<B>> + Send + Sync + 'static,
{
    /// Says how a request is copied, for shadows and for a live version that has to step in.
    ///
    /// A copy is made only if it may be needed. Without one, because this was not called or `copy`
    /// returns `None`, a sampled shadow is dropped as [not
    /// copied](crate::shadow::DropReason::NotCopied), and the answer of a failing version is
    /// returned, which [`Router::wiring`] counts. To copy a body that comes piece by piece, read it
    /// to its end in a layer before this service.
    #[must_use]
    pub fn copying(
        self,
        copy: impl Fn(&Request<Q>) -> Option<Request<Q>> + Send + Sync + 'static,
    ) -> RoutedService<S, Q, T> {
        self.with(|rules| rules.copy = Some(Arc::new(copy)))
    }

    /// Sets how an answer counts, by its head; by default [`by_status`].
    ///
    /// If it has [`Failed`](Ending::Failed), the live version is asked if the policy says so and
    /// there is a copy of the request.
    #[must_use]
    pub fn judging(
        self,
        judge: impl Fn(&Result<Response<B>, S::Error>) -> Ending + Send + Sync + 'static,
    ) -> RoutedService<S, Q, T> {
        self.with(|rules| rules.answering_mut().judge = Arc::new(judge))
    }

    /// Sets how the trailers of a body count; by default [`by_grpc_status`].
    #[must_use]
    pub fn judging_trailers(
        self,
        judge: impl Fn(&HeaderMap) -> Ending + Send + Sync + 'static,
    ) -> RoutedService<S, Q, T> {
        self.with(|rules| rules.answering_mut().judge_trailers = Arc::new(judge))
    }

    /// Writes into a header of each response which version answered.
    ///
    /// A label with control characters cannot be in a header and is left out.
    #[must_use]
    pub fn naming_version_in(self, header: HeaderName) -> RoutedService<S, Q, T> {
        self.with(|rules| rules.version_header = Some(header))
    }

    /// Lets `mark` change each response before it is sent, for example to set a cookie with a pin.
    ///
    /// If it panics, the response is sent as it is at that moment.
    #[must_use]
    pub fn marking(
        self,
        mark: impl Fn(&mut Ticket<S>, &mut Response<B>) + Send + Sync + 'static,
    ) -> RoutedService<S, Q, T> {
        self.with(|rules| rules.mark = Some(Arc::new(mark)))
    }

    /// Runs shadows: each is handed to `spawn` when the primary's last byte is sent.
    ///
    /// A shadow's body is read to its end. It is stopped, and counted as
    /// [cut](crate::shadow::DropReason::Cut), after `limit` bytes or when the timer that `until`
    /// starts has run down: `|| tokio::time::sleep(Duration::from_secs(10))`. A service that is not
    /// ready at once does not run as a shadow. Without this call, and if the client hangs up,
    /// shadows are counted as unrun.
    #[must_use]
    pub fn shadowing<U: Future<Output = ()> + Send + 'static>(
        self,
        spawn: impl Fn(ShadowFuture) + Send + Sync + 'static,
        limit: usize,
        until: impl Fn() -> U + Send + Sync + 'static,
    ) -> RoutedService<S, Q, T> {
        self.with(|rules| {
            rules.spawn = Some(Arc::new(spawn));
            let answering = rules.answering_mut();
            answering.limit = limit;
            answering.until = Arc::new(move || Box::pin(until()));
        })
    }

    /// Makes a transcript of each answer, by which shadows are compared.
    ///
    /// `begin` makes it from the head, `add` takes each piece of the body. The router needs a
    /// comparison of `Result<T, E>`, where `E` is the error of the services
    /// ([`comparison_of_calls`](crate::Builder::comparison_of_calls)); a body that breaks off is
    /// compared as far as it came. Latencies are those of heads.
    #[must_use]
    pub fn transcribing<U>(
        self,
        begin: impl Fn(&Response<B>) -> U + Send + Sync + 'static,
        add: impl Fn(&mut U, &[u8]) + Send + Sync + 'static,
    ) -> RoutedService<S, Q, U> {
        let rules = Arc::unwrap_or_clone(self.rules);
        RoutedService {
            router: self.router,
            rules: Arc::new(rules.transcribed(Arc::new(begin), Arc::new(add))),
        }
    }

    /// Returns the router, to change the deployment and the release.
    pub const fn router(&self) -> &Router<S> {
        &self.router
    }

    fn with(self, set: impl FnOnce(&mut Rules<S, Q, T>)) -> RoutedService<S, Q, T> {
        let mut rules = Arc::unwrap_or_clone(self.rules);
        set(&mut rules);
        RoutedService {
            router: self.router,
            rules: Arc::new(rules),
        }
    }
}

/// Says how an HTTP answer counts: what is the client's fault is refused, an error of the server
/// failed.
///
/// An answer of gRPC has its status in headers or trailers: see [`by_grpc_status`].
pub fn by_status<B, E>(answer: &Result<Response<B>, E>) -> Ending {
    match answer {
        Ok(response) if response.status().is_server_error() => Ending::Failed,
        Ok(response) if response.status().is_client_error() => Ending::Refused,
        Ok(response) => by_grpc_status(response.headers()),
        Err(_) => Ending::Failed,
    }
}

impl<S, Q, T, B> Service<Request<Q>> for RoutedService<S, Q, T>
where
    S: Service<Request<Q>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
    Q: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    T: Send + 'static,
{
    type Response = Response<LeasedBody<B>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    /// Is always ready, because the service that will answer is not chosen yet.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        match (self.rules.admit)(&self.router, &request) {
            Ok(ticket) => Box::pin(serve::serve(ticket, request, Arc::clone(&self.rules))),
            Err(refused) => Box::pin(ready(Ok((*refused).map(LeasedBody::free)))),
        }
    }
}

impl<S: Service<Request<Q>>, Q, T> Clone for RoutedService<S, Q, T> {
    /// Returns another handle on the same router.
    fn clone(&self) -> RoutedService<S, Q, T> {
        RoutedService {
            router: self.router.clone(),
            rules: Arc::clone(&self.rules),
        }
    }
}

impl<S: Service<Request<Q>>, Q, T> fmt::Debug for RoutedService<S, Q, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoutedService")
            .field("router", &self.router)
            .finish_non_exhaustive()
    }
}
