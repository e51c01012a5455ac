//! A shadow whose answer is sent piece by piece, and for which nobody waits.

use core::{
    future::{Future, poll_fn},
    task::{Context, Poll},
};

use super::task::poll;
use crate::contain::{Contained, contain};

/// How many pieces are taken before other tasks of the thread get a turn.
const PIECES_AT_ONCE: u32 = 32;

/// How the answer of a shadow ended.
pub(super) enum Drained<T, E> {
    Whole(T),
    Failed(E),
    /// At its deadline, or at the limit of its size.
    Cut,
    Panicked,
}

/// Takes all pieces of an answer, until they weigh more than `limit` or `until` is ready.
///
/// A panic of the application's code is caught.
pub(super) async fn drain<T, X, E>(
    mut next: impl FnMut(&mut Context<'_>) -> Poll<Option<Result<X, E>>>,
    mut add: impl FnMut(&mut T, X) -> usize,
    transcript: T,
    limit: usize,
    until: impl Future<Output = ()>,
) -> Drained<T, E> {
    let mut transcript = Contained::new(transcript);
    let mut until = Contained::new(Box::pin(until));
    let mut weight = 0_usize;
    let ended = poll_fn(|context| {
        for _ in 0..PIECES_AT_ONCE {
            if poll(until.get_mut(), context).is_ready() {
                return Poll::Ready(Drained::Cut);
            }
            match contain(|| next(context)) {
                Some(Poll::Pending) => return Poll::Pending,
                Some(Poll::Ready(None)) => return Poll::Ready(Drained::Whole(())),
                Some(Poll::Ready(Some(Err(error)))) => return Poll::Ready(Drained::Failed(error)),
                Some(Poll::Ready(Some(Ok(piece)))) => {
                    let added = contain(|| transcript.get_mut().map(|all| add(all, piece)));
                    let Some(Some(added)) = added else {
                        return Poll::Ready(Drained::Panicked);
                    };
                    weight = weight.saturating_add(added);
                    if weight > limit {
                        return Poll::Ready(Drained::Cut);
                    }
                }
                None => return Poll::Ready(Drained::Panicked),
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
    match ended {
        Drained::Whole(()) => match transcript.take() {
            Some(transcript) => Drained::Whole(transcript),
            None => Drained::Panicked,
        },
        Drained::Failed(error) => Drained::Failed(error),
        Drained::Cut => Drained::Cut,
        Drained::Panicked => Drained::Panicked,
    }
}
