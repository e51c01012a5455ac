//! Times a routed service beside the service that it routes to.

use core::{
    convert::Infallible,
    future::{Future, Ready, ready},
    hint::black_box,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use criterion::Criterion;
use http::{HeaderName, Request, Response};
use http_body::{Body, Frame};
use switchstand::{Policy, Router, tower::RoutedService};
use tower_service::Service;

/// A body of one piece.
struct Once(Option<Bytes>);

impl Body for Once {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|data| Ok(Frame::data(data))))
    }
}

/// Answers at once with the same text.
#[derive(Clone)]
struct Page;

impl Service<Request<()>> for Page {
    type Response = Response<Once>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Once>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(Once(Some(Bytes::from_static(b"page"))))))
    }
}

/// Times requests of all keys in turn, each to the last byte of its answer.
///
/// A service is cloned for each request, as axum and hyper do.
pub(crate) fn services(c: &mut Criterion) {
    let keys = super::keys();
    let router = Router::new("pages", "v1", Page).unwrap();
    router.deploy("v2", Page).unwrap();
    router.validate("v2", |_| Ok::<(), ()>(())).unwrap();
    router
        .release(Policy::ab_test("even", [("v1", 1), ("v2", 1)]))
        .unwrap();
    let routed = RoutedService::new(router, |router, request: &Request<()>| {
        let user = request.headers().get("x-user").map(|user| user.as_bytes());
        Ok(router.admit(user.unwrap_or_default()))
    });
    let named = routed
        .clone()
        .naming_version_in(HeaderName::from_static("x-version"));
    row(c, "the service alone", &keys, &Page);
    row(c, "routed", &keys, &routed);
    row(c, "routed, the version in a header", &keys, &named);
}

fn row<S, B>(c: &mut Criterion, name: &str, keys: &[[u8; 16]], service: &S)
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible> + Clone,
    B: Body<Data = Bytes> + Unpin,
{
    let mut group = c.benchmark_group("tower");
    group.throughput(criterion::Throughput::Elements(keys.len() as u64));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            for key in keys {
                black_box(ask(service.clone(), key));
            }
        })
    });
    group.finish();
}

fn ask<S, B>(mut service: S, key: &[u8; 16]) -> usize
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
    B: Body<Data = Bytes> + Unpin,
{
    let mut context = Context::from_waker(Waker::noop());
    let mut request = Request::new(());
    let user = http::HeaderValue::from_bytes(key).unwrap();
    request.headers_mut().insert("x-user", user);
    let mut answer = pin!(service.call(request));
    let Poll::Ready(Ok(response)) = answer.as_mut().poll(&mut context) else {
        return 0;
    };
    let mut body = response.into_body();
    let mut length = 0;
    while let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut body).poll_frame(&mut context) {
        length += frame.data_ref().map_or(0, Bytes::len);
    }
    length
}
