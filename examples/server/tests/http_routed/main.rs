//! Versions that are axum routers and tonic services, routed by `RoutedService`, over real sockets
//! where a socket makes a difference.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation ends a test"
)]

mod grpc;

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router as Pages,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderName, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use futures_core::Stream;
use switchstand::{
    Ending, OnError, Policy, Router, Share, Unit,
    operator::ReclaimError,
    outcomes::WiringFault,
    shadow::{Comparison, DropReason, Pair, ShadowOutcome},
    tower::RoutedService,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{sleep, timeout},
};

/// The pieces of a body, sent by a test as it likes.
type Pieces = mpsc::Sender<Result<Bytes, io::Error>>;

/// A stream of what comes out of a channel.
pub(crate) struct Channel<T>(pub(crate) mpsc::Receiver<T>);

impl<T> Stream for Channel<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        self.0.poll_recv(context)
    }
}

/// A version whose `/stream` hands its other end to the test.
fn version(name: &'static str) -> (Pages, mpsc::Receiver<Pieces>) {
    let (hands, handed) = mpsc::channel(9);
    let stream = |State(hands): State<mpsc::Sender<Pieces>>| async move {
        let (pieces, body) = mpsc::channel(9);
        hands.send(pieces).await.unwrap();
        Body::from_stream(Channel(body))
    };
    let pages = Pages::new()
        .route("/name", get(move || async move { name }))
        .route(
            "/echo",
            post(move |text: String| async move { format!("{name} {text}") }),
        )
        .route(
            "/flaky",
            post(move |text: String| async move {
                match name {
                    "v2" => Err((StatusCode::INTERNAL_SERVER_ERROR, text)),
                    _ => Ok(format!("{name} {text}")),
                }
            }),
        )
        .route("/stream", get(stream))
        .with_state(hands);
    (pages, handed)
}

/// Versions `v1` and `v2`, the second for everybody.
fn canary(on_error: OnError) -> (Router<Pages>, [mpsc::Receiver<Pieces>; 2]) {
    let ((first, of_first), (second, of_second)) = (version("v1"), version("v2"));
    let router = Router::new("pages", "v1", first).unwrap();
    router.deploy("v2", second).unwrap();
    router.validate("v2", |_| Ok::<(), ()>(())).unwrap();
    let policy = Policy::canary("all", "v2", Share::ALL).on_error(on_error);
    router.release(policy).unwrap();
    (router, [of_first, of_second])
}

/// Routes by the header `x-user`.
fn routed(router: &Router<Pages>) -> RoutedService<Pages, Body> {
    RoutedService::new(router.clone(), |router, request: &Request| {
        let user = request.headers().get("x-user");
        let user = user.and_then(|user| user.to_str().ok()).unwrap_or_default();
        match Unit::try_from_input(user) {
            Ok(unit) => Ok(router.admit(unit)),
            Err(error) => {
                let refused = (StatusCode::UNAUTHORIZED, error.to_string());
                Err(Box::new(refused.into_response()))
            }
        }
    })
    .naming_version_in(HeaderName::from_static("x-version"))
}

/// Reads a body to its end before it is routed, so that it can be copied.
async fn read_whole(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match to_bytes(body, 1 << 20).await {
        Ok(bytes) => {
            parts.extensions.insert(bytes.clone());
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        Err(_) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    }
}

/// Copies a request whose body was read before.
fn copy(request: &Request) -> Option<Request> {
    let bytes = request.extensions().get::<Bytes>()?.clone();
    let mut copy = Request::new(Body::from(bytes));
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

async fn serve(app: Pages) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Sends a request and leaves the answer in the connection.
async fn send(server: SocketAddr, line: &str, user: &str, body: &str) -> TcpStream {
    let mut connection = TcpStream::connect(server).await.unwrap();
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nhost: test\r\nx-user: {user}\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    connection
}

/// Reads until `text` was there, or to the end.
async fn read_until(connection: &mut TcpStream, text: &str) -> String {
    let mut all = Vec::new();
    let mut some = [0; 1024];
    loop {
        let count = timeout(Duration::from_secs(9), connection.read(&mut some)).await;
        let count = count.unwrap().unwrap_or(0);
        all.extend_from_slice(&some[..count]);
        let read = String::from_utf8_lossy(&all).into_owned();
        if count == 0 || (!text.is_empty() && read.contains(text)) {
            return read;
        }
    }
}

async fn ask(server: SocketAddr, line: &str, user: &str, body: &str) -> String {
    let mut connection = send(server, line, user, body).await;
    read_until(&mut connection, "").await
}

/// Waits until something that other tasks do has happened.
pub(crate) async fn until(what: &str, has_happened: impl Fn() -> bool) {
    for _ in 0..500 {
        if has_happened() {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("not within five seconds: {what}");
}

fn is_in_use<M>(reclaimed: Result<M, ReclaimError>) -> bool {
    matches!(
        reclaimed,
        Err(ReclaimError::StillInUse { in_flight: 1, .. })
    )
}

fn ended<M: Send + Sync + 'static>(router: &Router<M>, version: &str, ending: Ending) -> u64 {
    router.outcomes(version).unwrap().ended(ending)
}

#[tokio::test]
async fn o4_a_version_is_in_use_until_the_last_byte_is_sent_over_a_socket() {
    let (router, [_, mut handed]) = canary(OnError::Return);
    let server = serve(Pages::new().fallback_service(routed(&router))).await;
    let mut client = send(server, "GET /stream", "ana", "").await;
    let pieces = handed.recv().await.unwrap();
    pieces.send(Ok("first".into())).await.unwrap();
    let head = read_until(&mut client, "first").await;
    assert!(head.contains("x-version: v2"), "{head}");
    router.reject("v2", "slow").unwrap();
    assert!(is_in_use(router.reclaim("v2")));
    pieces.send(Ok("last".into())).await.unwrap();
    let _ = read_until(&mut client, "last").await;
    assert!(is_in_use(router.reclaim("v2")), "the end was not sent yet");
    drop(pieces);
    let _ = read_until(&mut client, "").await;
    until("the end of the request", || {
        router.in_flight("v2") == Some(0)
    })
    .await;
    assert_eq!(ended(&router, "v2", Ending::Answered), 1);
    drop(router.reclaim("v2").unwrap());
}

#[tokio::test]
async fn o1_who_hangs_up_gives_up_and_a_body_that_breaks_off_has_failed() {
    let (router, [_, mut handed]) = canary(OnError::Live);
    let server = serve(Pages::new().fallback_service(routed(&router))).await;
    let mut client = send(server, "GET /stream", "ana", "").await;
    let pieces = handed.recv().await.unwrap();
    pieces.send(Ok("first".into())).await.unwrap();
    let _ = read_until(&mut client, "first").await;
    drop(client);
    until("given up", || ended(&router, "v2", Ending::GivenUp) == 1).await;
    assert!(
        pieces.send(Ok("last".into())).await.is_err(),
        "the body is gone"
    );

    let mut client = send(server, "GET /stream", "ana", "").await;
    let pieces = handed.recv().await.unwrap();
    pieces.send(Ok("first".into())).await.unwrap();
    pieces.send(Err(io::Error::other("cuda"))).await.unwrap();
    let broken = read_until(&mut client, "").await;
    assert!(
        broken.contains("200 OK") && !broken.ends_with("0\r\n\r\n"),
        "{broken}"
    );
    until("failed", || ended(&router, "v2", Ending::Failed) == 1).await;
    assert_eq!(router.in_flight("v2"), Some(0));

    // A version that hangs before its head, and a client that waits no longer.
    let hangs = Pages::new().route(
        "/",
        get(|| async {
            std::future::pending::<()>().await;
            "never"
        }),
    );
    let router = Router::new("pages", "v1", hangs).unwrap();
    let server = serve(Pages::new().fallback_service(routed(&router))).await;
    let client = send(server, "GET /", "ana", "").await;
    until("in flight", || router.in_flight("v1") == Some(1)).await;
    drop(client);
    until("given up", || ended(&router, "v1", Ending::GivenUp) == 1).await;
}

#[tokio::test]
async fn o5_the_live_version_answers_for_a_500_where_the_request_was_copied() {
    let (router, _handed) = canary(OnError::Live);
    let app = Pages::new()
        .fallback_service(routed(&router).copying(copy))
        .layer(middleware::from_fn(read_whole));
    let server = serve(app).await;
    let answer = ask(server, "POST /flaky", "ana", "hello").await;
    assert!(
        answer.contains("200 OK") && answer.ends_with("v1 hello"),
        "{answer}"
    );
    assert!(answer.contains("x-version: v1"), "{answer}");
    assert_eq!(ended(&router, "v2", Ending::Failed), 1);
    let live = router.outcomes("v1").unwrap();
    assert_eq!((live.admitted(), live.stood_in(Ending::Answered)), (0, 1));

    // Bodies that are not read before go through as they come, and cannot be copied.
    let (router, _handed) = canary(OnError::Live);
    let server = serve(Pages::new().fallback_service(routed(&router).copying(copy))).await;
    let answer = ask(server, "POST /flaky", "ana", "hello").await;
    assert!(
        answer.contains("500 Internal") && answer.ends_with("hello"),
        "{answer}"
    );
    assert_eq!(ended(&router, "v2", Ending::Failed), 1);
    let wiring = router.wiring();
    assert_eq!(
        (wiring[0].fault, wiring[0].times),
        (WiringFault::NotCopied, 1)
    );
    let answer = ask(server, "POST /echo", "ana", "hello").await;
    assert!(answer.ends_with("v2 hello"), "{answer}");
    // The client's mistake is no failure, and the application's refusal nobody's request.
    let answer = ask(server, "GET /nowhere", "ana", "").await;
    assert!(answer.contains("404 Not Found"), "{answer}");
    assert_eq!(ended(&router, "v2", Ending::Refused), 1);
    let answer = ask(server, "GET /name", "", "").await;
    assert!(
        answer.contains("401") && answer.contains("empty"),
        "{answer}"
    );
    assert_eq!(router.outcomes("v2").unwrap().admitted(), 3);
}

#[derive(Default)]
struct Pairs(Mutex<Vec<[String; 2]>>);

impl Comparison<String, Infallible> for Pairs {
    type Projection = String;

    fn project(&self, answer: &Result<String, Infallible>) -> String {
        answer.as_ref().unwrap().clone()
    }

    fn compare(&self, pair: Pair<'_, String>) {
        let pair = [pair.primary.clone(), pair.shadow.clone()];
        self.0.lock().unwrap().push(pair);
    }
}

#[tokio::test]
async fn s6_bodies_of_shadows_are_read_and_compared_within_their_time() {
    let ((first, mut of_first), (second, mut of_second)) = (version("v1"), version("v2"));
    let pairs = Arc::new(Pairs::default());
    let router = Router::builder("pages")
        .comparison_of_calls(Arc::clone(&pairs))
        .build("v1", first.route("/both", get(|| async { "same" })))
        .unwrap();
    let streamed = second.route("/both", get(|| async { "other" }));
    router.deploy("v2", streamed).unwrap();
    router
        .release(Policy::shadow("look", "v2", Share::ALL))
        .unwrap();
    let routed = routed(&router)
        .copying(copy)
        .shadowing(
            |run| drop(tokio::spawn(run)),
            1024,
            || sleep(Duration::from_millis(100)),
        )
        .transcribing(
            |response| response.status().as_str().to_owned(),
            |text, data| {
                text.push(' ');
                text.push_str(&String::from_utf8_lossy(data));
            },
        );
    let app = Pages::new()
        .fallback_service(routed)
        .layer(middleware::from_fn(read_whole));
    let server = serve(app).await;
    let answer = ask(server, "GET /both", "ana", "").await;
    assert!(answer.ends_with("same"), "{answer}");
    until("compared", || !pairs.0.lock().unwrap().is_empty()).await;
    let expected = [["200 same".to_owned(), "200 other".to_owned()]];
    assert_eq!(*pairs.0.lock().unwrap(), expected);
    // The primary's stream ends, the shadow's does not.
    let mut client = send(server, "GET /stream", "ana", "").await;
    drop(of_first.recv().await.unwrap());
    let _ = read_until(&mut client, "").await;
    let pieces = of_second.recv().await.unwrap();
    let cut = ShadowOutcome::Dropped(DropReason::Cut);
    until("cut", || {
        router.shadow_counts("v2").unwrap().ended(cut) == 1
    })
    .await;
    assert!(pieces.is_closed());
    assert_eq!(router.shadows_in_flight(), 0);
}
