//! An answer that is a stream.

use core::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;

use super::{Ticket, held::Held};
use crate::outcome::Ending;

/// A stream that keeps the ticket of its request to the last item.
///
/// The request ends with the stream; until then the version is in use. If the stream is dropped
/// before its end, because the client went away, the request counts as given up, unless an item
/// already gave it another ending; if it panics, it has failed. A fallback is possible only before
/// the stream exists.
///
/// Made by [`Ticket::stream`] and [`Ticket::stream_with`].
#[must_use = "streams do nothing unless polled"]
pub struct LeasedStream<M, S: Stream, F = Watch<M, <S as Stream>::Item>> {
    // In the order in which they are dropped: the stream may hold what the lease keeps.
    stream: Pin<Box<S>>,
    held: Option<Held<M, F>>,
}

/// The function that is shown each item, and then the end.
type Watch<M, Item> = fn(&mut Ticket<M>, Option<&Item>) -> Ending;

impl<M> Ticket<M> {
    /// Keeps the lease to the last item of an answer that is a stream of results.
    ///
    /// The request ends with the stream: as failed if one of its items is an error, as given up if
    /// it is dropped before its end. For another rule, and for a transcript, there is
    /// [`stream_with`](Ticket::stream_with).
    ///
    /// ```
    /// # use core::{pin::{Pin, pin}, task::{Context, Poll, Waker}};
    /// # use futures_core::Stream;
    /// # struct Words(std::vec::IntoIter<String>);
    /// # impl Stream for Words {
    /// #     type Item = Result<String, String>;
    /// #     fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
    /// #         Poll::Ready(self.0.next().map(Ok))
    /// #     }
    /// # }
    /// # struct Generator;
    /// # impl Generator {
    /// #     fn generate(&self, prompt: &str) -> Result<Words, String> {
    /// #         Ok(Words(prompt.split(' ').map(str::to_owned).collect::<Vec<_>>().into_iter()))
    /// #     }
    /// # }
    /// # let mut context = Context::from_waker(Waker::noop());
    /// use switchstand::{Ending, Router};
    /// let router = Router::new("chat", "v1", Generator)?;
    ///
    /// let naive = router.admit("ana").call(|model| model.generate("so it ends"))?;
    /// assert_eq!(router.in_flight("v1"), Some(0)); // wrong: v1 may be reclaimed in mid-stream
    ///
    /// let mut ticket = router.admit("ana");
    /// let tokens = ticket.call(|model| model.generate("so it ends"))?;
    /// let mut tokens = pin!(ticket.stream(tokens));
    /// assert_eq!(router.in_flight("v1"), Some(1)); // right, until the last token
    /// while let Poll::Ready(Some(_)) = tokens.as_mut().poll_next(&mut context) {}
    /// assert_eq!(router.in_flight("v1"), Some(0));
    /// # drop(naive);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stream<S, T, E>(self, stream: S) -> LeasedStream<M, S>
    where
        S: Stream<Item = Result<T, E>>,
    {
        let watch: Watch<M, S::Item> = |_, item| item.map_or(Ending::Answered, Ending::of);
        self.stream_with(stream, watch)
    }

    /// Keeps the lease to the last item of any stream, and shows `watch` each item.
    ///
    /// `watch` is called with each item, and with `None` when the stream has ended, while the
    /// ticket is still there. It says how an item counts: the worst counts, and one that is
    /// [`Answered`](Ending::Answered) lets the stream go on. In it you can build a transcript,
    /// compare it, and take shadows; if the stream is given up, shadows are counted as unrun. If
    /// `watch` panics, it is not called again, and the reader of the stream does not notice.
    ///
    /// ```
    /// # use core::{pin::{Pin, pin}, task::{Context, Poll, Waker}};
    /// # use futures_core::Stream;
    /// # struct Words(std::vec::IntoIter<String>);
    /// # impl Stream for Words {
    /// #     type Item = Result<String, String>;
    /// #     fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
    /// #         Poll::Ready(self.0.next().map(Ok))
    /// #     }
    /// # }
    /// # struct Generator;
    /// # impl Generator {
    /// #     fn generate(&self, prompt: &str) -> Words {
    /// #         Words(prompt.split(' ').map(str::to_owned).collect::<Vec<_>>().into_iter())
    /// #     }
    /// # }
    /// # fn spawn(shadow: impl Future) {
    /// #     assert!(pin!(shadow).poll(&mut Context::from_waker(Waker::noop())).is_ready());
    /// # }
    /// # use std::future::{Future, pending};
    /// # let mut context = Context::from_waker(Waker::noop());
    /// use switchstand::{Ending, Policy, Router, Share};
    /// let router = Router::new("chat", "v1", Generator)?;
    /// router.deploy("v2", Generator)?;
    /// router.release(Policy::shadow("chat-2", "v2", Share::ALL))?;
    ///
    /// let prompt = "so it ends".to_owned();
    /// let ticket = router.admit("ana");
    /// let tokens = ticket.model().generate(&prompt);
    /// let mut transcript = Ok::<_, String>(String::new());
    /// let tokens = ticket.stream_with(tokens, move |ticket, item| match item {
    ///     Some(item) => {
    ///         match (&mut transcript, item) {
    ///             (Ok(so_far), Ok(token)) => so_far.push_str(token),
    ///             (_, Err(error)) => transcript = Err(error.clone()),
    ///             _ => {}
    ///         }
    ///         Ending::of(item)
    ///     }
    ///     None => {
    ///         ticket.compare_with(&transcript); // with `Builder::comparison_of_calls`
    ///         while let Some(task) = ticket.shadow_task(|| prompt.clone()) {
    ///             spawn(task.drain(
    ///                 |model, prompt| Box::pin(model.generate(prompt)),
    ///                 |transcript: &mut String, token| {
    ///                     transcript.push_str(&token);
    ///                     token.len()
    ///                 },
    ///                 64 * 1024, // bytes: longer ones are cut
    ///                 pending(), // in a server: `tokio::time::sleep(Duration::from_secs(10))`
    ///             ));
    ///         }
    ///         Ending::Answered
    ///     }
    /// });
    /// # let mut tokens = pin!(tokens);
    /// # while let Poll::Ready(Some(_)) = tokens.as_mut().poll_next(&mut context) {}
    /// # assert_eq!(router.shadow_counts("v2").unwrap().run(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stream_with<S, F>(self, stream: S, watch: F) -> LeasedStream<M, S, F>
    where
        S: Stream,
        F: FnMut(&mut Ticket<M>, Option<&S::Item>) -> Ending,
    {
        LeasedStream {
            stream: Box::pin(stream),
            held: Some(Held::new(self, watch)),
        }
    }
}

impl<M, S, F> Stream for LeasedStream<M, S, F>
where
    S: Stream,
    F: FnMut(&mut Ticket<M>, Option<&S::Item>) -> Ending,
{
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.get_mut();
        let Some(held) = &mut this.held else {
            return this.stream.as_mut().poll_next(context);
        };
        held.ask();
        let polled = this.stream.as_mut().poll_next(context);
        match &polled {
            Poll::Pending => held.wait(),
            Poll::Ready(Some(item)) => held.see(|watch, ticket| watch(ticket, Some(item))),
            Poll::Ready(None) => {
                if let Some(held) = this.held.take() {
                    held.end(|watch, ticket| watch(ticket, None));
                }
            }
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

// The stream is pinned in its box.
impl<M, S: Stream, F> Unpin for LeasedStream<M, S, F> {}

impl<M, S: Stream, F> fmt::Debug for LeasedStream<M, S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeasedStream")
            .field("has_ended", &self.held.is_none())
            .finish_non_exhaustive()
    }
}
