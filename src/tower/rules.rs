//! The application's rules for requests and answers.

use core::future::pending;
use std::sync::Arc;

use http::{HeaderName, Request, Response};
use tower_service::Service;

use super::by_status;
use crate::{
    contain::contain,
    router::{Router, Ticket, by_grpc_status},
    shadow::{Add, Answering, ShadowFuture},
};

type Refused<S, Q> = Box<<S as Service<Request<Q>>>::Response>;
type Admit<S, Q> =
    dyn Fn(&Router<S>, &Request<Q>) -> Result<Ticket<S>, Refused<S, Q>> + Send + Sync;
type Copy<Q> = dyn Fn(&Request<Q>) -> Option<Request<Q>> + Send + Sync;
type Mark<S, Q> = dyn Fn(&mut Ticket<S>, &mut <S as Service<Request<Q>>>::Response) + Send + Sync;
type Spawn = dyn Fn(ShadowFuture) + Send + Sync;
type AnsweringOf<S, Q, T> =
    Answering<<S as Service<Request<Q>>>::Response, <S as Service<Request<Q>>>::Error, T>;
type Begin<S, Q, T> = dyn Fn(&<S as Service<Request<Q>>>::Response) -> T + Send + Sync;

/// What the application says of its requests and answers; shared by all requests.
pub(super) struct Rules<S: Service<Request<Q>>, Q, T> {
    pub(super) admit: Arc<Admit<S, Q>>,
    pub(super) copy: Option<Arc<Copy<Q>>>,
    pub(super) version_header: Option<HeaderName>,
    pub(super) mark: Option<Arc<Mark<S, Q>>>,
    /// Without it no shadow runs.
    pub(super) spawn: Option<Arc<Spawn>>,
    /// Separate, because shadows need it after their request is gone.
    pub(super) answering: Arc<AnsweringOf<S, Q, T>>,
}

impl<S, Q, B> Rules<S, Q, ()>
where
    S: Service<Request<Q>, Response = Response<B>>,
    S::Error: 'static,
    B: 'static,
{
    pub(super) fn new(
        admit: impl Fn(&Router<S>, &Request<Q>) -> Result<Ticket<S>, Box<Response<B>>>
        + Send
        + Sync
        + 'static,
    ) -> Rules<S, Q, ()> {
        Rules {
            admit: Arc::new(admit),
            copy: None,
            version_header: None,
            mark: None,
            spawn: None,
            answering: Arc::new(Answering {
                judge: Arc::new(by_status),
                judge_trailers: Arc::new(by_grpc_status),
                begin: Arc::new(|_| ()),
                add: Arc::new(|(), _| ()),
                limit: usize::MAX,
                until: Arc::new(|| Box::pin(pending())),
            }),
        }
    }
}

impl<S: Service<Request<Q>>, Q, T> Rules<S, Q, T> {
    /// Returns the same rules with another transcript.
    pub(super) fn transcribed<U>(
        self,
        begin: Arc<Begin<S, Q, U>>,
        add: Arc<Add<U>>,
    ) -> Rules<S, Q, U> {
        let answering = &self.answering;
        let answering = Arc::new(Answering {
            judge: Arc::clone(&answering.judge),
            judge_trailers: Arc::clone(&answering.judge_trailers),
            begin,
            add,
            limit: answering.limit,
            until: Arc::clone(&answering.until),
        });
        Rules {
            admit: self.admit,
            copy: self.copy,
            version_header: self.version_header,
            mark: self.mark,
            spawn: self.spawn,
            answering,
        }
    }

    /// Returns what is said of answers, to be changed.
    pub(super) fn answering_mut(&mut self) -> &mut AnsweringOf<S, Q, T> {
        Arc::make_mut(&mut self.answering)
    }

    /// Lets the application change a response; its panic leaves it as it then is.
    pub(super) fn mark(&self, ticket: &mut Ticket<S>, response: &mut S::Response) {
        if let Some(mark) = &self.mark {
            contain(|| mark(ticket, response));
        }
    }

    /// Copies a request where a copy is needed.
    pub(super) fn copied_if(&self, is_needed: bool, request: &Request<Q>) -> Option<Request<Q>> {
        is_needed.then(|| self.copied(request)).flatten()
    }

    /// Copies a request, if the application says how; its panic makes no copy.
    pub(super) fn copied(&self, request: &Request<Q>) -> Option<Request<Q>> {
        let copy = self.copy.as_ref()?;
        contain(|| copy(request)).flatten()
    }
}

impl<S: Service<Request<Q>>, Q, T> Clone for Rules<S, Q, T> {
    fn clone(&self) -> Rules<S, Q, T> {
        Rules {
            admit: Arc::clone(&self.admit),
            copy: self.copy.clone(),
            version_header: self.version_header.clone(),
            mark: self.mark.clone(),
            spawn: self.spawn.clone(),
            answering: Arc::clone(&self.answering),
        }
    }
}
