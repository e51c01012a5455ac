//! HTTP bodies that do as they are told.
#![cfg(feature = "http-body")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation ends a test"
)]

use core::{
    pin::Pin,
    task::{Context, Poll, Waker},
};
use std::collections::VecDeque;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};

/// What a body does when it is polled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Piece {
    Data(&'static str),
    /// Trailers with this `grpc-status`.
    Status(&'static str),
    Error,
    Wait,
    Panic,
}

/// What a body says of itself beforehand.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Says {
    /// That it has so many bytes.
    pub(crate) length: Option<u64>,
    /// When it has ended.
    pub(crate) end: bool,
}

#[derive(Debug)]
pub(crate) struct Pieces {
    left: VecDeque<Piece>,
    says: Says,
}

impl Pieces {
    pub(crate) fn new(pieces: &[Piece], says: Says) -> Pieces {
        Pieces {
            left: pieces.iter().copied().collect(),
            says,
        }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = String;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, String>>> {
        let frame = match self.left.pop_front() {
            None => return Poll::Ready(None),
            Some(Piece::Wait) => return Poll::Pending,
            Some(Piece::Panic) => panic!("in the middle of a body"),
            Some(Piece::Error) => Err("broken off".to_owned()),
            Some(Piece::Data(text)) => Ok(Frame::data(Bytes::from_static(text.as_bytes()))),
            Some(Piece::Status(code)) => {
                let mut trailers = HeaderMap::new();
                trailers.insert("grpc-status", HeaderValue::from_static(code));
                Ok(Frame::trailers(trailers))
            }
        };
        Poll::Ready(Some(frame))
    }

    fn is_end_stream(&self) -> bool {
        self.says.end && self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.says
            .length
            .map(SizeHint::with_exact)
            .unwrap_or_default()
    }
}

/// Polls a body so often, or to its end, and returns its text.
pub(crate) fn read<B: Body<Data = Bytes> + Unpin>(body: &mut B, polls: usize) -> String {
    let mut context = Context::from_waker(Waker::noop());
    let mut text = String::new();
    for _ in 0..polls {
        match Pin::new(&mut *body).poll_frame(&mut context) {
            Poll::Ready(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    text.push_str(core::str::from_utf8(&data).unwrap());
                }
            }
            Poll::Ready(Some(Err(_)) | None) => break,
            Poll::Pending => {}
        }
    }
    text
}
