//! An answer that is an HTTP body.

use core::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Buf;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

use super::{Ticket, held::Held};
use crate::outcome::Ending;

/// An HTTP body that keeps the ticket of its request to the last byte.
///
/// The request ends when everything is sent; until then the version is in use. If the body is
/// dropped before, because the client hung up, the request counts as given up, unless it already
/// had another ending. An error in the middle is a failure.
///
/// Made by [`Ticket::body`] and [`Ticket::body_with`], and by `tower::RoutedService` around each
/// response.
#[must_use = "a body that nobody reads is a request that was given up"]
pub struct LeasedBody<B: Body> {
    // In the order in which they are dropped: the body may hold what the lease keeps.
    body: Pin<Box<B>>,
    /// None once the request has ended.
    held: Option<Box<dyn Holds<Polled<B>> + Send>>,
    /// How many bytes are still to come, if that is known; a server does not ask for more.
    left: Option<u64>,
}

/// What a body gives when it is polled.
type Polled<B> = Result<Frame<<B as Body>::Data>, <B as Body>::Error>;

impl<M: Send + Sync + 'static> Ticket<M> {
    /// Keeps the lease to the last byte of an answer that is an HTTP body.
    ///
    /// The request ends with the body: as failed if it breaks off with an error, as its trailers
    /// say if they have a `grpc-status` ([`by_grpc_status`]), as given up if it is dropped before
    /// its end. For another rule there is [`body_with`](Ticket::body_with).
    ///
    /// ```
    /// use switchstand::Router;
    /// # use core::{pin::Pin, task::{Context, Poll}};
    /// # use http_body::{Body, Frame};
    /// # struct Pages(u8);
    /// # impl Body for Pages {
    /// #     type Data = &'static [u8];
    /// #     type Error = std::convert::Infallible;
    /// #     fn poll_frame(
    /// #         mut self: Pin<&mut Self>,
    /// #         _: &mut Context<'_>,
    /// #     ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
    /// #         Poll::Ready(self.0.checked_sub(1).map(|left| {
    /// #             self.0 = left;
    /// #             Ok(Frame::data(&b"page"[..]))
    /// #         }))
    /// #     }
    /// # }
    /// # struct Book;
    /// # impl Book { fn read(&self) -> Result<http::Response<Pages>, String> { Ok(http::Response::new(Pages(2))) } }
    /// let router = Router::new("book", "v1", Book)?;
    /// let mut ticket = router.admit("ana");
    /// let response = ticket.call(|book| book.read())?;
    /// let response = response.map(|body| ticket.body(body));
    /// assert_eq!(router.in_flight("v1"), Some(1));
    /// # let mut body = response.into_body();
    /// # let mut context = Context::from_waker(core::task::Waker::noop());
    /// # while let Poll::Ready(Some(_)) = Pin::new(&mut body).poll_frame(&mut context) {}
    /// # let counts = router.outcomes("v1").unwrap();
    /// # assert_eq!((counts.in_flight(), counts.ended(switchstand::Ending::Answered)), (0, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn body<B: Body>(self, body: B) -> LeasedBody<B> {
        self.body_with(body, |_, frame| ending_of(frame))
    }

    /// Keeps the lease to the last byte of any body, and shows `watch` each piece.
    ///
    /// `watch` is called with each frame or error, and with `None` when the body has ended: see
    /// [`stream_with`](Ticket::stream_with), which works alike.
    pub fn body_with<B, F>(self, body: B, watch: F) -> LeasedBody<B>
    where
        B: Body,
        F: FnMut(&mut Ticket<M>, Option<&Polled<B>>) -> Ending + Send + 'static,
    {
        let left = body.size_hint().exact();
        self.body_of(body, left, watch)
    }

    /// Keeps the lease to the last byte of a body of `left` bytes.
    pub(crate) fn body_of<B, F>(self, body: B, left: Option<u64>, watch: F) -> LeasedBody<B>
    where
        B: Body,
        F: FnMut(&mut Ticket<M>, Option<&Polled<B>>) -> Ending + Send + 'static,
    {
        LeasedBody {
            body: Box::pin(body),
            held: Some(Box::new(Held::new(self, watch))),
            left,
        }
        .ended_if_empty()
    }
}

/// Says how an answer of gRPC counts, by the `grpc-status` in its headers or trailers.
///
/// Codes of a client's fault count as refused, `CANCELLED` as given up, `OK` or no header as
/// answered, and all others as failed.
#[must_use]
pub fn by_grpc_status(headers: &HeaderMap) -> Ending {
    let code = headers.get("grpc-status").map(|code| code.as_bytes());
    match code {
        None | Some(b"0") => Ending::Answered,
        Some(b"1") => Ending::GivenUp,
        // Invalid argument, not found, already exists, permission denied, resource exhausted,
        // failed precondition, aborted, out of range, unauthenticated.
        Some(b"3" | b"5" | b"6" | b"7" | b"8" | b"9" | b"10" | b"11" | b"16") => Ending::Refused,
        Some(_) => Ending::Failed,
    }
}

/// Says how a frame, an error or the end counts where the application has no rule.
fn ending_of<D, E>(frame: Option<&Result<Frame<D>, E>>) -> Ending {
    match frame {
        Some(Ok(frame)) => frame
            .trailers_ref()
            .map_or(Ending::Answered, by_grpc_status),
        Some(Err(_)) => Ending::Failed,
        None => Ending::Answered,
    }
}

impl<B: Body> LeasedBody<B> {
    /// Returns a body that no request waits for.
    #[cfg(feature = "tower")]
    pub(crate) fn free(body: B) -> LeasedBody<B> {
        LeasedBody {
            body: Box::pin(body),
            held: None,
            left: None,
        }
    }

    fn ended_if_empty(mut self) -> LeasedBody<B> {
        if self.body.is_end_stream() {
            self.end();
        }
        self
    }

    fn end(&mut self) {
        if let Some(held) = self.held.take() {
            held.end();
        }
    }
}

impl<B: Body> Body for LeasedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Polled<B>>> {
        let this = self.get_mut();
        let Some(held) = &mut this.held else {
            return this.body.as_mut().poll_frame(context);
        };
        held.ask();
        let polled = this.body.as_mut().poll_frame(context);
        match &polled {
            Poll::Pending => held.wait(),
            Poll::Ready(Some(frame)) => {
                held.see(frame);
                let sent = frame.as_ref().ok().and_then(Frame::data_ref);
                if let (Some(left), Some(data)) = (&mut this.left, sent) {
                    *left = left.saturating_sub(data.remaining() as u64);
                }
                // A server does not poll a body again after it has said that it is at its end.
                if this.body.is_end_stream() {
                    this.end();
                }
            }
            Poll::Ready(None) => this.end(),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B: Body> Drop for LeasedBody<B> {
    fn drop(&mut self) {
        // A server does not poll a body again after it has sent the promised length.
        if self.left == Some(0) {
            self.end();
        }
    }
}

/// A ticket and what watches its answer, whose types are forgotten.
trait Holds<Piece> {
    fn ask(&mut self);
    fn wait(&mut self);
    fn see(&mut self, piece: &Piece);
    fn end(self: Box<Self>);
}

impl<M, F, Piece> Holds<Piece> for Held<M, F>
where
    F: FnMut(&mut Ticket<M>, Option<&Piece>) -> Ending,
{
    fn ask(&mut self) {
        Held::ask(self);
    }

    fn wait(&mut self) {
        Held::wait(self);
    }

    fn see(&mut self, piece: &Piece) {
        Held::see(self, |watch, ticket| watch(ticket, Some(piece)));
    }

    fn end(self: Box<Self>) {
        Held::end(*self, |watch, ticket| watch(ticket, None));
    }
}

// The body is pinned in its box.
impl<B: Body> Unpin for LeasedBody<B> {}

impl<B: Body> fmt::Debug for LeasedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeasedBody")
            .field("has_ended", &self.held.is_none())
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}
