//! From an admitted request to the last byte of its response.

use core::future::poll_fn;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header::CONTENT_LENGTH};
use http_body::Body;
use tower_service::Service;

use super::rules::Rules;
use crate::{
    contain::{Contained, contain},
    outcome::Ending,
    router::{LeasedBody, Ticket, poll_noting},
    shadow::{Primary, ShadowTask},
    timestamp::Timestamp,
};

pub(super) async fn serve<S, Q, B, T>(
    mut ticket: Ticket<S>,
    request: Request<Q>,
    rules: Arc<Rules<S, Q, T>>,
) -> Result<Response<LeasedBody<B>>, S::Error>
where
    S: Service<Request<Q>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
    Q: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    T: Send + 'static,
{
    let mut beside = Beside::of(&mut ticket, &request, Arc::clone(&rules));
    // A service consumes its request, so each copy that is needed later is made before the call,
    // and from the original: a copy of a copy may have lost something.
    let spare = rules.copied_if(ticket.has_stand_in(), &request);
    let kept = rules.copied_if(ticket.wants_excerpt(), &request);
    let has_no_body = request.method() == Method::HEAD;
    let (mut answer, ending) = ask(&mut ticket, request, &rules).await;
    if ending == Ending::Failed && ticket.has_stand_in() {
        match spare {
            None => ticket.desk().count_not_copied(),
            Some(request) => {
                if ticket.fall_back().is_some() {
                    (answer, _) = ask(&mut ticket, request, &rules).await;
                }
            }
        }
    }
    beside.answered(&ticket, kept);
    match answer {
        Ok(response) => Ok(leased(ticket, response, has_no_body, beside)),
        Err(error) => {
            let failed = Err(error);
            beside.end(&mut ticket, &failed);
            match failed {
                Err(error) => Err(error),
                #[expect(clippy::unreachable, reason = "it is the error of three lines above")]
                Ok(_) => unreachable!("an error"),
            }
        }
    }
}

/// Puts the ticket into the response's body, which ends the request.
fn leased<S, Q, B, T>(
    mut ticket: Ticket<S>,
    mut response: Response<B>,
    has_no_body: bool,
    beside: Beside<S, Q, T>,
) -> Response<LeasedBody<B>>
where
    S: Service<Request<Q>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
    Q: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    T: Send + 'static,
{
    let rules = Arc::clone(&beside.rules);
    rules.mark(&mut ticket, &mut response);
    if let Some(header) = &rules.version_header
        && let Ok(version) = HeaderValue::from_bytes(ticket.version().as_bytes())
    {
        response.headers_mut().insert(header, version);
    }
    let begun = contain(|| (rules.answering.begin)(&response));
    let mut open = begun.map(|transcript| (Contained::new(transcript), beside));
    let left = if has_no_body {
        Some(0)
    } else {
        let exact = response.body().size_hint().exact();
        exact.or_else(|| {
            response
                .headers()
                .get(CONTENT_LENGTH)?
                .to_str()
                .ok()?
                .parse()
                .ok()
        })
    };
    let answering = Arc::clone(&rules.answering);
    response.map(|body| {
        ticket.body_of(body, left, move |ticket, frame| {
            let Some(Ok(frame)) = frame else {
                if let Some((mut transcript, beside)) = open.take() {
                    // An answer that breaks off is compared up to the place where it broke.
                    let transcript = transcript.take().map(Ok);
                    transcript.inspect(|answer| beside.end(ticket, answer));
                }
                return frame.map_or(Ending::Answered, |_| Ending::Failed);
            };
            let add = |(transcript, _): &mut (Contained<T>, _)| {
                let transcript = transcript.get_mut();
                transcript.map(|transcript| contain(|| answering.add(transcript, frame)))
            };
            if open
                .as_mut()
                .and_then(add)
                .is_some_and(|added| added.is_none())
            {
                open = None;
            }
            answering.ending_of(frame)
        })
    })
}

/// Asks the service that answers now, and notes how that ends.
async fn ask<S, Q, B, T>(
    ticket: &mut Ticket<S>,
    request: Request<Q>,
    rules: &Rules<S, Q, T>,
) -> (Result<Response<B>, S::Error>, Ending)
where
    S: Service<Request<Q>, Response = Response<B>> + Clone,
{
    let before = ticket.begin();
    let (service, progress) = ticket.model_and_progress();
    let call = ready_call(service.clone(), request);
    let answer = poll_noting(progress, before, call).await;
    let ending = rules.answering.ending(&answer);
    *progress = before.and(ending);
    (answer, ending)
}

/// Waits until a service of its own is ready, and calls it.
async fn ready_call<S: Service<Q>, Q>(mut service: S, request: Q) -> Result<S::Response, S::Error> {
    poll_fn(|context| service.poll_ready(context)).await?;
    service.call(request).await
}

/// What is kept for a request until its last byte is sent.
struct Beside<S: Service<Request<Q>>, Q, T> {
    rules: Arc<Rules<S, Q, T>>,
    shadows: Vec<ShadowTask<S, Request<Q>>>,
    /// When the service was called and when it had the head, where that is compared.
    called: Option<Timestamp>,
    headed: Option<Timestamp>,
    /// The request, where an excerpt of it is kept.
    request: Option<Request<Q>>,
}

impl<S, Q, B, T> Beside<S, Q, T>
where
    S: Service<Request<Q>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
    Q: Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    T: Send + 'static,
{
    /// Takes the shadows, each with a copy of the request, before a service consumes it.
    fn of(
        ticket: &mut Ticket<S>,
        request: &Request<Q>,
        rules: Arc<Rules<S, Q, T>>,
    ) -> Beside<S, Q, T> {
        let mut shadows = Vec::new();
        if rules.spawn.is_some() {
            while let Some(task) = ticket.copied_shadow_task(|| rules.copied(request)) {
                shadows.push(task);
            }
        }
        let has_shadows = !shadows.is_empty();
        Beside {
            rules,
            shadows,
            called: has_shadows.then(|| ticket.desk().now()).flatten(),
            headed: None,
            request: None,
        }
    }

    /// Notes that the head of the answer is there.
    fn answered(&mut self, ticket: &Ticket<S>, request: Option<Request<Q>>) {
        if self.called.is_some() {
            self.headed = ticket.desk().now();
        }
        self.request = request;
    }

    /// Keeps what is wanted of the answer, and hands the shadows out.
    fn end(self, ticket: &mut Ticket<S>, answer: &Result<T, S::Error>) {
        ticket.compare_later(answer);
        if let Some(request) = &self.request {
            ticket.keep_excerpt(request, answer);
        }
        let Some(spawn) = self
            .rules
            .spawn
            .as_ref()
            .filter(|_| !self.shadows.is_empty())
        else {
            return;
        };
        let desk = ticket.desk();
        let comparison = desk.comparison::<T, S::Error>();
        if comparison.is_none() {
            desk.count_not_comparable();
        }
        let latency = self
            .called
            .zip(self.headed)
            .map(|(called, at)| at.since(called));
        let primary = comparison.and_then(|it| Primary::new(it, answer, latency));
        let version = desk.label(ticket.route().version());
        // The version that stepped in is not its own shadow.
        let others = self.shadows.into_iter();
        for mut task in others.filter(|task| task.version() != version) {
            task.answered(*ticket.route(), primary.clone(), ticket.kept_excerpt());
            let run = task.into_call(Arc::clone(&self.rules.answering));
            contain(|| spawn(run));
        }
    }
}
