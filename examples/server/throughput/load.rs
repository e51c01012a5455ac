//! A generator of load: connections that are kept, each with one request at a time.

use std::{
    error::Error,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

type Failed = Box<dyn Error + Send + Sync>;

/// A load on one server.
pub(crate) struct Load {
    server: SocketAddr,
    connections: usize,
}

impl Load {
    pub(crate) const fn new(server: SocketAddr, connections: usize) -> Load {
        Load {
            server,
            connections,
        }
    }

    /// Sends one order, and refuses any answer but 200.
    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Result<(), Failed> {
        let mut stream = TcpStream::connect(self.server).await?;
        stream.write_all(&request(path, "operator", body)).await?;
        answer(&mut stream, &mut Vec::new()).await
    }

    /// Asks as often as it can for so long, and returns the answers per second.
    #[expect(clippy::disallowed_methods, reason = "it measures the time")]
    pub(crate) async fn run(&mut self, time: Duration) -> Result<f64, Failed> {
        let start = Instant::now();
        let end = start + time;
        let mut connections = JoinSet::new();
        for connection in 0..self.connections {
            let server = self.server;
            connections.spawn(async move {
                let mut stream = TcpStream::connect(server).await?;
                stream.set_nodelay(true)?;
                let (mut buffer, mut answers) = (Vec::with_capacity(4_096), 0_u64);
                // Built before: the load must not cost more than the server.
                let requests: Vec<_> = (0..64).map(|user| asked(connection * 64 + user)).collect();
                for request in requests.iter().cycle() {
                    stream.write_all(request).await?;
                    answer(&mut stream, &mut buffer).await?;
                    answers += 1;
                    if Instant::now() >= end {
                        break;
                    }
                }
                Ok::<_, Failed>(answers)
            });
        }
        let mut answers = 0;
        while let Some(connection) = connections.join_next().await {
            answers += connection??;
        }
        Ok(answers as f64 / start.elapsed().as_secs_f64())
    }
}

/// An image of 64 pixels, as a client would send it.
fn asked(user: usize) -> Vec<u8> {
    let pixels: Vec<String> = (0..64)
        .map(|pixel| ((user + pixel) % 17).to_string())
        .collect();
    let body = format!("{{\"pixels\": [{}]}}", pixels.join(", "));
    request("/predict", &format!("user-{user}"), &body)
}

fn request(path: &str, unit: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = "HTTP/1.1\r\nhost: test";
    format!("POST {path} {head}\r\nx-unit: {unit}\r\ncontent-length: {length}\r\n\r\n{body}").into()
}

/// Reads one answer to its end.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<(), Failed> {
    buffer.clear();
    let head = loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err("the server hung up".into());
        }
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = std::str::from_utf8(buffer.get(..head).unwrap_or_default())?;
    if !text.starts_with("HTTP/1.1 200") {
        return Err(String::from_utf8_lossy(buffer).into());
    }
    let mut lines = text.lines();
    let length = lines.find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.ok_or("no length")?.parse()?;
    while buffer.len() < head + length {
        if stream.read_buf(buffer).await? == 0 {
            return Err("the server hung up".into());
        }
    }
    Ok(())
}
