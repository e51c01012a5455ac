//! Versions that are tonic services, as they are generated, and no newtype around them.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    pin::Pin,
    task::{Context, Poll},
};

use axum::{Router as Pages, http, http::uri::PathAndQuery};
use switchstand::{Ending, OnError, Policy, Router, Share, Ticket, tower::RoutedService};
use tokio::sync::mpsc;
use tonic::{
    Code, Request, Response, Status,
    body::Body,
    client,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    server::{self, NamedService, ServerStreamingService, UnaryService},
    service::Routes,
};
use tower_service::Service;

use super::{Channel, ended, is_in_use};

/// Messages that are texts.
#[derive(Clone, Copy)]
struct Text;

impl Codec for Text {
    type Encode = String;
    type Decode = String;
    type Encoder = Text;
    type Decoder = Text;

    fn encoder(&mut self) -> Text {
        Text
    }

    fn decoder(&mut self) -> Text {
        Text
    }
}

impl Encoder for Text {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, text: String, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes::BufMut::put_slice(buffer, text.as_bytes());
        Ok(())
    }
}

impl Decoder for Text {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let length = bytes::Buf::remaining(buffer);
        let bytes = bytes::Buf::copy_to_bytes(buffer, length);
        Ok(Some(String::from_utf8(bytes.into()).unwrap()))
    }
}

/// The pieces of a streamed answer, sent by a test as it likes.
type Pieces = mpsc::Sender<Result<String, Status>>;

/// A service as `tonic-build` would generate it, and its two methods.
#[derive(Clone)]
struct Chat {
    name: &'static str,
    hands: mpsc::Sender<Pieces>,
}

impl UnaryService<String> for Chat {
    type Response = String;
    type Future = Ready<Result<Response<String>, Status>>;

    fn call(&mut self, request: Request<String>) -> Self::Future {
        ready(match request.get_ref().as_str() {
            "bad" => Err(Status::invalid_argument("a bad request")),
            "boom" if self.name == "v2" => Err(Status::internal("cuda")),
            text => Ok(Response::new(format!("{} {text}", self.name))),
        })
    }
}

impl ServerStreamingService<String> for Chat {
    type Response = String;
    type ResponseStream = Channel<Result<String, Status>>;
    type Future =
        Pin<Box<dyn Future<Output = Result<Response<Self::ResponseStream>, Status>> + Send>>;

    fn call(&mut self, _: Request<String>) -> Self::Future {
        let hands = self.hands.clone();
        Box::pin(async move {
            let (pieces, stream) = mpsc::channel(9);
            hands.send(pieces).await.unwrap();
            Ok(Response::new(Channel(stream)))
        })
    }
}

impl<B> Service<http::Request<B>> for Chat
where
    B: axum::body::HttpBody + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let chat = self.clone();
        Box::pin(async move {
            let mut grpc = server::Grpc::new(Text);
            Ok(match request.uri().path() {
                "/chat.Chat/Say" => grpc.unary(chat, request).await,
                _ => grpc.server_streaming(chat, request).await,
            })
        })
    }
}

impl NamedService for Chat {
    const NAME: &'static str = "chat.Chat";
}

fn chat(name: &'static str) -> (Chat, mpsc::Receiver<Pieces>) {
    let (hands, handed) = mpsc::channel(9);
    (Chat { name, hands }, handed)
}

/// Versions `v1` and `v2`, the second for everybody.
fn canary<S: Send + Sync + 'static>(first: S, second: S) -> Router<S> {
    let router = Router::new("chat", "v1", first).unwrap();
    router.deploy("v2", second).unwrap();
    router.validate("v2", |_| Ok::<(), ()>(())).unwrap();
    let policy = Policy::canary("all", "v2", Share::ALL).on_error(OnError::Live);
    router.release(policy).unwrap();
    router
}

/// Routes by the metadata `x-user`; who has none is refused as gRPC refuses.
fn admit<S, Q>(
    router: &Router<S>,
    request: &http::Request<Q>,
) -> Result<Ticket<S>, Box<http::Response<Body>>>
where
    S: Send + Sync + 'static,
{
    let user = request.headers().get("x-user");
    match user.and_then(|user| user.to_str().ok()) {
        Some(user) => Ok(router.admit(user)),
        None => Err(Box::new(Status::unauthenticated("who?").into_http())),
    }
}

/// Calls the service behind these routes, without a socket.
type Client = client::Grpc<Routes>;

fn request(text: &str, user: Option<&str>) -> Request<String> {
    let mut request = Request::new(text.to_owned());
    if let Some(user) = user {
        request
            .metadata_mut()
            .insert("x-user", user.parse().unwrap());
    }
    request
}

async fn say(client: &mut Client, text: &str, user: Option<&str>) -> Result<String, Code> {
    client.ready().await.unwrap();
    let path = PathAndQuery::from_static("/chat.Chat/Say");
    let answer = client.unary(request(text, user), path, Text).await;
    answer
        .map(Response::into_inner)
        .map_err(|status| status.code())
}

async fn listen(client: &mut Client) -> tonic::Streaming<String> {
    client.ready().await.unwrap();
    let path = PathAndQuery::from_static("/chat.Chat/Listen");
    let answer = client.server_streaming(request("", Some("ana")), path, Text);
    answer.await.unwrap().into_inner()
}

#[tokio::test]
async fn o5_unary_answers_of_grpc_count_by_their_status() {
    let ((first, _hf), (second, _hs)) = (chat("v1"), chat("v2"));
    let router = canary(first, second);
    // The request's body is a stream of messages: here it is not copied.
    let routed = RoutedService::new(router.clone(), admit);
    let pages = Pages::new().route_service("/chat.Chat/{*rest}", routed);
    let mut client = Client::new(Routes::from(pages));
    assert_eq!(
        say(&mut client, "hello", Some("ana")).await,
        Ok("v2 hello".to_owned())
    );
    assert_eq!(
        say(&mut client, "bad", Some("ana")).await,
        Err(Code::InvalidArgument)
    );
    assert_eq!(
        say(&mut client, "boom", Some("ana")).await,
        Err(Code::Internal)
    );
    assert_eq!(
        say(&mut client, "hello", None).await,
        Err(Code::Unauthenticated)
    );
    let endings = Ending::ALL.map(|ending| ended(&router, "v2", ending));
    assert_eq!(endings, [1, 1, 1, 0]);
    assert_eq!(router.outcomes("v2").unwrap().admitted(), 3);
}

#[tokio::test]
async fn o5_the_live_version_answers_over_grpc_where_the_request_was_copied() {
    let ((first, _hf), (second, _hs)) = (chat("v1"), chat("v2"));
    // A version may be several services: then it is their routes.
    let router = canary(Routes::new(first), Routes::new(second));
    let read_whole = axum::middleware::from_fn(super::read_whole);
    let routed = RoutedService::new(router.clone(), admit).copying(super::copy);
    let pages = Pages::new().fallback_service(routed).layer(read_whole);
    let mut client = Client::new(Routes::from(pages));
    assert_eq!(
        say(&mut client, "boom", Some("ana")).await,
        Ok("v1 boom".to_owned())
    );
    assert_eq!(ended(&router, "v2", Ending::Failed), 1);
    let live = router.outcomes("v1").unwrap();
    assert_eq!((live.admitted(), live.stood_in(Ending::Answered)), (0, 1));
}

#[tokio::test]
async fn o4_a_streaming_service_is_in_use_until_its_last_message() {
    let ((first, _hf), (second, mut handed)) = (chat("v1"), chat("v2"));
    let router = canary(first, second);
    let routed = RoutedService::new(router.clone(), admit);
    let pages = Pages::new().route_service("/chat.Chat/{*rest}", routed);
    let mut client = Client::new(Routes::from(pages));
    let mut messages = listen(&mut client).await;
    let pieces = handed.recv().await.unwrap();
    pieces.send(Ok("first".to_owned())).await.unwrap();
    assert_eq!(messages.message().await.unwrap().as_deref(), Some("first"));
    router.reject("v2", "slow").unwrap();
    assert!(is_in_use(router.reclaim("v2")));
    pieces.send(Ok("last".to_owned())).await.unwrap();
    assert_eq!(messages.message().await.unwrap().as_deref(), Some("last"));
    assert!(is_in_use(router.reclaim("v2")));
    drop(pieces);
    assert_eq!(messages.message().await.unwrap(), None);
    assert_eq!(ended(&router, "v2", Ending::Answered), 1);
    drop(router.reclaim("v2").unwrap());
}

#[tokio::test]
async fn o1_a_stream_of_grpc_fails_in_its_middle_or_is_given_up() {
    let ((first, _hf), (second, mut handed)) = (chat("v1"), chat("v2"));
    let router = canary(first, second);
    let routed = RoutedService::new(router.clone(), admit);
    let pages = Pages::new().route_service("/chat.Chat/{*rest}", routed);
    let mut client = Client::new(Routes::from(pages));
    for (error, ending) in [
        (Some(Status::internal("cuda")), Ending::Failed),
        (Some(Status::out_of_range("too long")), Ending::Refused),
        (None, Ending::GivenUp),
    ] {
        let mut messages = listen(&mut client).await;
        let pieces = handed.recv().await.unwrap();
        pieces.send(Ok("first".to_owned())).await.unwrap();
        assert_eq!(messages.message().await.unwrap().as_deref(), Some("first"));
        assert_eq!(router.in_flight("v2"), Some(1));
        if let Some(error) = error {
            let code = error.code();
            pieces.send(Err(error)).await.unwrap();
            let found = messages.message().await.unwrap_err();
            assert_eq!(found.code(), code);
        }
        drop(messages);
        assert_eq!(ended(&router, "v2", ending), 1, "{ending}");
        assert_eq!(router.in_flight("v2"), Some(0));
    }
}
