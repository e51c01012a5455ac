//! Services over HTTP that do as they are told.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation ends a test"
)]

use core::{
    future::{Future, pending, ready},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use http::{Request, Response, StatusCode};
use switchstand::{
    Arm, OnError, Policy, Router, Share,
    shadow::{Comparison, Pair, ShadowFuture},
    tower::RoutedService,
};
use tower_service::Service;

use crate::pieces::{
    Piece::{self, Data},
    Pieces, Says, read,
};

pub(super) const ALL: usize = 100;

/// What a service is like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Is {
    /// Answers with this status and these pieces.
    Well(u16, &'static [Piece]),
    /// Becomes ready at the third look.
    Busy,
    NeverReady,
    Broken,
    Failing,
    PanicsWhenAsked,
    PanicsWhenCalled,
    Hanging,
}

pub(super) const OK: Is = Is::Well(200, &[Data("a"), Data("b")]);
pub(super) const ERROR_500: Is = Is::Well(500, &[Data("sorry")]);

#[derive(Debug)]
pub(super) struct Fixed {
    is: Is,
    looks: usize,
    calls: Arc<AtomicUsize>,
}

impl Clone for Fixed {
    /// A clone has to become ready by itself.
    fn clone(&self) -> Fixed {
        Fixed {
            is: self.is,
            looks: 0,
            calls: Arc::clone(&self.calls),
        }
    }
}

pub(super) fn service(is: Is) -> Fixed {
    Fixed {
        is,
        looks: 0,
        calls: Arc::default(),
    }
}

/// The body of a request; it cannot be cloned.
#[derive(Debug)]
pub(super) struct Upload(pub(super) u64);

pub(super) type Answer = Pin<Box<dyn Future<Output = Result<Response<Pieces>, String>> + Send>>;

impl Service<Request<Upload>> for Fixed {
    type Response = Response<Pieces>;
    type Error = String;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), String>> {
        self.looks += 1;
        match self.is {
            Is::Busy if self.looks < 3 => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Is::NeverReady => Poll::Pending,
            Is::Broken => Poll::Ready(Err("broken".to_owned())),
            Is::PanicsWhenAsked => panic!("asked"),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, _: Request<Upload>) -> Answer {
        assert!(
            self.is != Is::Busy || self.looks >= 3,
            "called before ready"
        );
        self.calls.fetch_add(1, Ordering::SeqCst);
        let (status, pieces) = match self.is {
            Is::PanicsWhenCalled => panic!("called"),
            Is::Failing => return Box::pin(ready(Err("failed".to_owned()))),
            Is::Hanging => return Box::pin(pending()),
            Is::Well(status, pieces) => (status, pieces),
            _ => (200, &[Data("a"), Data("b")][..]),
        };
        let mut response = Response::new(Pieces::new(pieces, Says::default()));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        Box::pin(ready(Ok(response)))
    }
}

pub(super) fn run<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..10).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    })
}

pub(super) type Routed<T = ()> = RoutedService<Fixed, Upload, T>;

/// A service that routes all by the number in the request's body.
pub(super) fn routed(router: &Router<Fixed>) -> Routed {
    RoutedService::new(router.clone(), |router, request: &Request<Upload>| {
        Ok(router.admit(request.body().0))
    })
}

pub(super) fn copy(request: &Request<Upload>) -> Option<Request<Upload>> {
    Some(Request::new(Upload(request.body().0)))
}

/// Asks once, and reads the answer to its end: status and text, or the error.
pub(super) fn ask<T: Send + 'static>(
    mut routed: Routed<T>,
) -> Option<Result<(u16, String), String>> {
    let answer = run(routed.call(Request::new(Upload(21))))?;
    Some(answer.map(|response| {
        let status = response.status().as_u16();
        (status, read(&mut response.into_body(), ALL))
    }))
}

pub(super) fn ok(text: &str) -> Option<Result<(u16, String), String>> {
    Some(Ok((200, text.to_owned())))
}

/// A router with `v2` for everybody.
pub(super) fn canary(live: Is, candidate: Is, on_error: OnError) -> Router<Fixed> {
    let router = Router::new("test", "v1", service(live)).unwrap();
    router.deploy("v2", service(candidate)).unwrap();
    router.validate("v2", |_| Ok::<(), String>(())).unwrap();
    let policy = Policy::ab_test("all", [Arm::from(("v2", 1))]).on_error(on_error);
    router.release(policy).unwrap();
    router
}

/// Pairs of transcripts: of the primary and of the shadow.
#[derive(Default)]
pub(super) struct Pairs(pub(super) Mutex<Vec<[Result<String, String>; 2]>>);

impl Comparison<String, String> for Pairs {
    type Projection = Result<String, String>;

    fn project(&self, answer: &Result<String, String>) -> Self::Projection {
        answer.clone()
    }

    fn compare(&self, pair: Pair<'_, Self::Projection>) {
        let pair = [pair.primary.clone(), pair.shadow.clone()];
        self.0.lock().unwrap().push(pair);
    }
}

/// A router whose `v1` is shadowed by `v2` for everybody, and what it compares.
pub(super) fn shadowed(primary: Is, shadow: Is) -> (Router<Fixed>, Arc<Pairs>) {
    let pairs = Arc::new(Pairs::default());
    let router = Router::builder("test")
        .comparison_of_calls(Arc::clone(&pairs))
        .build("v1", service(primary))
        .unwrap();
    router.deploy("v2", service(shadow)).unwrap();
    router
        .release(Policy::shadow("look", "v2", Share::ALL))
        .unwrap();
    (router, pairs)
}

pub(super) type Spawned = Arc<Mutex<Vec<ShadowFuture>>>;

/// Runs what was spawned to its end, or to where it hangs.
pub(super) fn run_all(spawned: &Spawned) {
    let spawned = core::mem::take(&mut *spawned.lock().unwrap());
    for future in spawned {
        let _ended = run(future);
    }
}

/// A service that makes transcripts and runs shadows of up to four bytes.
pub(super) fn transcribed(router: &Router<Fixed>, until: bool) -> (Routed<String>, Spawned) {
    let spawned = Spawned::default();
    let spawn = Arc::clone(&spawned);
    let routed = routed(router)
        .copying(copy)
        .shadowing(
            move |future| spawn.lock().unwrap().push(future),
            4,
            move || {
                core::future::poll_fn(move |_| {
                    if until {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
                })
            },
        )
        .transcribing(
            |response| format!("{}:", response.status().as_u16()),
            |transcript, data| transcript.push_str(core::str::from_utf8(data).unwrap()),
        );
    (routed, spawned)
}
