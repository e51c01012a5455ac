//! Shadows that are tower services.

use core::{
    future::poll_fn,
    task::{Context, Poll, Waker},
};

use tower_service::Service;

use super::{
    Primary, Ran, ShadowFuture, ShadowTask,
    task::{conclude, poll},
};
use crate::{
    contain::{Contained, contain},
    record::{DropReason, ShadowOutcome},
    route::Route,
};

impl<S, Request> ShadowTask<S, Request>
where
    S: Service<Request> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Response: Send + 'static,
    S::Error: Send + 'static,
    Request: Send + 'static,
{
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
    pub(crate) fn into_call(self) -> ShadowFuture {
        ShadowFuture::new(call(self))
    }
}

async fn call<S, Request>(task: ShadowTask<S, Request>)
where
    S: Service<Request> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Response: Send + 'static,
    S::Error: Send + 'static,
    Request: Send + 'static,
{
    let mut stub = task.stub;
    let (mut input, primary, lease) = (task.input, task.primary, task.lease);
    stub.start();
    let ran = 'ran: {
        let started = stub.desk().now();
        let service = contain(|| lease.get().map(|lease| lease.model().clone()));
        let Some(Some(service)) = service else {
            break 'ran None;
        };
        let mut service = Contained::new(service);
        let ready = contain(|| {
            // A waker that wakes nobody: a shadow waits for nothing.
            let mut context = Context::from_waker(Waker::noop());
            Some(service.get_mut()?.poll_ready(&mut context))
        });
        match ready.flatten() {
            Some(Poll::Ready(Ok(()))) => {}
            Some(Poll::Ready(Err(error))) => {
                break 'ran contain(|| {
                    let answer = Err::<S::Response, S::Error>(error);
                    conclude::<Request, _, _>(&stub, primary.as_ref(), None, &answer, started)
                });
            }
            Some(Poll::Pending) => {
                drop((input, primary, lease, service));
                return stub.drop_for(DropReason::NotReady);
            }
            None => break 'ran None,
        }
        let future = contain(|| {
            let (service, input) = (service.get_mut()?, input.take()?);
            Some(Box::pin(service.call(input)))
        });
        let Some(Some(future)) = future else {
            break 'ran None;
        };
        let mut future = Contained::new(future);
        let answer = poll_fn(|context| poll(future.get_mut(), context)).await;
        answer.and_then(|answer| {
            let (stub, primary) = (&stub, primary.as_ref());
            contain(move || {
                let answer = answer;
                conclude::<Request, _, _>(stub, primary, None, &answer, started)
            })
        })
    };
    drop((input, primary, lease));
    stub.end(ran.unwrap_or(Ran::only(ShadowOutcome::Panicked)));
}
