//! Clients that hang up, lose patience and send nonsense, beside good ones.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};

/// An image that is never read.
pub(crate) const SLOW: f32 = 1_000.0;
/// An image that the version fails at.
pub(crate) const FAILS: f32 = 1_001.0;
/// An image that shows a bug of the version.
pub(crate) const PANICS: f32 = 1_003.0;
/// An image that is refused.
pub(crate) const REFUSED: f32 = 1_002.0;

/// What one client does.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Kind {
    Good,
    Slow,
    Fails,
    Refused,
    Panics,
    /// Sends all of a request, and hangs up.
    HangsUp,
    /// Hangs up in the middle of the body.
    HangsUpEarly,
    /// Takes an answer as a stream of events, to its end.
    Streams,
    /// Hangs up after the first event.
    StreamsAndHangsUp,
    /// Does not wait until the server's own time-out.
    TimesOut,
    /// Sends no HTTP.
    Nonsense,
    /// Sends no JSON.
    NoImage,
    /// Does not say who it is.
    Nobody,
}

impl Kind {
    pub(crate) fn of(number: u32) -> Kind {
        match number % 100 {
            0 => Kind::Slow,
            1 | 2 => Kind::Fails,
            3 | 4 => Kind::Refused,
            5 | 6 => Kind::HangsUp,
            7 => Kind::HangsUpEarly,
            8 => Kind::TimesOut,
            9 => Kind::Nonsense,
            10 => Kind::NoImage,
            11 => Kind::Nobody,
            12..=15 => Kind::Streams,
            16 => Kind::StreamsAndHangsUp,
            17 => Kind::Panics,
            _ => Kind::Good,
        }
    }

    /// The status that the server must answer with, and the ending that its log must have.
    pub(crate) fn expected(self) -> (Option<u16>, Option<&'static str>) {
        match self {
            Kind::Good | Kind::Streams => (Some(200), Some("answered")),
            // It has read the head and an event, but not the end. Which comes first, its hang-up or
            // the server's time-out, is chance.
            Kind::StreamsAndHangsUp => (Some(200), Some("given_up or failed")),
            Kind::Slow => (Some(504), Some("given_up")),
            Kind::Fails => (Some(502), Some("failed")),
            Kind::Refused => (Some(400), Some("refused")),
            Kind::Panics => (Some(500), Some("failed")),
            // Nothing is promised to whoever is gone, but that it is counted at most once.
            Kind::HangsUp | Kind::HangsUpEarly | Kind::TimesOut => (None, None),
            // No version was drawn for what is no request.
            Kind::Nonsense | Kind::NoImage | Kind::Nobody => (Some(400), None),
        }
    }
}

/// A client that keeps its connection where it can.
pub(crate) struct Client {
    server: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

impl Client {
    pub(crate) const fn new(server: SocketAddr) -> Client {
        let stream = None;
        Client { server, stream }
    }

    async fn stream(&mut self) -> &mut BufReader<TcpStream> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.server).await.unwrap();
            stream.set_nodelay(true).unwrap();
            self.stream = Some(BufReader::new(stream));
        }
        self.stream.as_mut().unwrap()
    }

    /// Does what this request's kind does, and returns status and body where it waits for them.
    pub(crate) async fn ask(&mut self, number: u32) -> Option<(u16, String)> {
        let kind = Kind::of(number);
        let value = match kind {
            Kind::Slow | Kind::TimesOut => SLOW,
            Kind::Fails => FAILS,
            Kind::Refused => REFUSED,
            Kind::Panics => PANICS,
            _ => (number % 1_000) as f32,
        };
        let body = match kind {
            Kind::NoImage => "{\"pixels\": \"none\"}".to_owned(),
            Kind::Streams => format!("{{\"images\": [[{value}], [1], [2]]}}"),
            // The last image is never read: the client goes in the middle.
            Kind::StreamsAndHangsUp => format!("{{\"images\": [[{value}], [{SLOW}]]}}"),
            _ => format!("{{\"pixels\": [{value}]}}"),
        };
        let path = match kind {
            Kind::Streams | Kind::StreamsAndHangsUp => "/predict/stream",
            _ => "/predict",
        };
        let unit = match kind {
            Kind::Nobody => String::new(),
            _ => format!("x-unit: u-{number}\r\n"),
        };
        let length = body.len();
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: test\r\n{unit}content-length: {length}\r\n\r\n{body}"
        );
        match kind {
            Kind::HangsUpEarly => request.truncate(request.len() - 3),
            Kind::Nonsense => request = "\u{1}\u{2}\u{3} no HTTP\r\n\r\n".to_owned(),
            _ => {}
        }
        let stream = self.stream().await;
        stream
            .get_mut()
            .write_all(request.as_bytes())
            .await
            .unwrap();
        let answer = match kind {
            Kind::HangsUp | Kind::HangsUpEarly => None,
            Kind::TimesOut => timeout(Duration::from_millis(5), read(stream)).await.ok(),
            Kind::StreamsAndHangsUp => Some(read_until(stream, b"event: digit").await),
            _ => Some(read(stream).await),
        };
        if answer.is_none() || [Kind::Nonsense, Kind::StreamsAndHangsUp].contains(&kind) {
            self.stream = None;
        }
        answer
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> (u16, String) {
    read_until(stream, b"\r\n0\r\n\r\n").await
}

/// Reads an answer, or as much of one in chunks as ends with these bytes.
async fn read_until(stream: &mut BufReader<TcpStream>, end: &[u8]) -> (u16, String) {
    let (mut line, mut status, mut length) = (String::new(), 0, 0);
    let mut is_in_chunks = false;
    loop {
        line.clear();
        let read = timeout(Duration::from_secs(60), stream.read_line(&mut line)).await;
        assert_ne!(
            read.expect("the server answers").unwrap(),
            0,
            "cut: no response"
        );
        match line.trim_end().split_once(' ') {
            Some((version, rest)) if version.starts_with("HTTP/") => {
                status = rest.split(' ').next().unwrap().parse().unwrap();
            }
            Some(("content-length:", value)) => length = value.parse().unwrap(),
            Some(("transfer-encoding:", "chunked")) => is_in_chunks = true,
            None if line == "\r\n" => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    while is_in_chunks && !body.windows(end.len()).any(|bytes| bytes == end) {
        let read = timeout(Duration::from_secs(60), stream.read_buf(&mut body)).await;
        assert_ne!(read.expect("the stream goes on").unwrap(), 0, "cut: no end");
    }
    (status, String::from_utf8(body).unwrap())
}
