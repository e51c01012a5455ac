//! As much of an HTTP client as the tests need.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::{Server, Settings};

/// What a server answered.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Sends one request and leaves the answer in the connection.
pub(crate) async fn send(server: SocketAddr, path: &str, unit: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let is_read = body.is_empty()
        && [
            "/metrics",
            "/admin/rollout",
            "/admin/release",
            "/ready",
            "/live",
        ]
        .contains(&path);
    let method = if is_read { "GET" } else { "POST" };
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\nx-unit: {unit}\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Sends one request and reads all that comes back.
pub(crate) async fn ask(server: SocketAddr, path: &str, unit: &str, body: &str) -> Response {
    let mut stream = send(server, path, unit, body).await;
    let mut bytes = Vec::new();
    timeout(Duration::from_secs(60), stream.read_to_end(&mut bytes))
        .await
        .expect("the server answers")
        .unwrap();
    let text = String::from_utf8(bytes).unwrap();
    // One response and no more: what follows the head is the body, whole.
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    assert_eq!(length.unwrap().parse(), Ok(body.len()));
    Response {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        body: body.to_owned(),
    }
}

/// Starts a server on a port of its own, and waits until it is ready.
pub(crate) async fn begin(settings: Settings) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::start(listener, settings).unwrap();
    server.opened().await.unwrap();
    server
}

/// Starts a server that lives as long as the test's runtime.
pub(crate) async fn begin_for_good(settings: Settings) -> SocketAddr {
    let server = begin(settings).await;
    let address = server.address();
    // Dropped, it would stop.
    std::mem::forget(server);
    address
}

/// Returns the sum of all samples of a metric that have these labels.
pub(crate) async fn metric(server: SocketAddr, name: &str, labels: &[(&str, &str)]) -> f64 {
    let text = ask(server, "/metrics", "", "").await.body;
    sum(&text, name, labels)
}

/// Returns the sum over a text that was read before.
pub(crate) fn sum(text: &str, name: &str, labels: &[(&str, &str)]) -> f64 {
    let has = |line: &str| {
        let mut labels = labels.iter();
        labels.all(|(label, value)| line.contains(&format!("{label}=\"{value}\"")))
    };
    let samples = text.lines().filter_map(|line| line.strip_prefix(name));
    let samples = samples.filter(|rest| rest.starts_with(['{', ' ']) && has(rest));
    // What was never counted has no sample.
    samples
        .map(|sample| sample.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .sum()
}
