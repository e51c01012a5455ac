//! A batcher behind the router: each version collects for itself.

use std::{
    fmt,
    sync::mpsc::{SyncSender, TrySendError, sync_channel},
    thread,
};

use switchstand::AsyncModel;
use tokio::sync::oneshot;

use super::{Limits, ReadsMany, collect, read};
use crate::{Fault, Pixels};

/// A version whose model lives on a thread of its own: an actor, and the channel to it.
///
/// The router needs nothing of that. When the version is reclaimed the channel closes, and the
/// model ends on its own thread.
pub struct Actor {
    requests: SyncSender<Request>,
}

struct Request {
    image: Pixels,
    answer: oneshot::Sender<Result<u32, Fault>>,
}

impl Actor {
    /// Starts the actor of a model; so many requests may wait.
    #[expect(
        clippy::disallowed_methods,
        reason = "a server may start a thread; the library may not"
    )]
    #[must_use]
    pub fn start(model: impl ReadsMany + 'static, limits: Limits, waiting: usize) -> Actor {
        let (requests, received) = sync_channel::<Request>(waiting);
        thread::spawn(move || {
            while let Some(mut requests) = collect(&received, limits) {
                // Given up: the time-out or the client was quicker. It is counted already.
                requests.retain(|request| !request.answer.is_closed());
                if requests.is_empty() {
                    continue;
                }
                let images: Vec<&Pixels> = requests.iter().map(|request| &request.image).collect();
                let answers = read(&model, &images);
                for (request, answer) in requests.into_iter().zip(answers) {
                    let _ = request.answer.send(answer);
                }
            }
        });
        Actor { requests }
    }
}

impl AsyncModel for Actor {
    type Input = Pixels;
    type Output = u32;
    type Error = Fault;

    async fn predict(&self, image: &Pixels) -> Result<u32, Fault> {
        let (answer, answered) = oneshot::channel();
        let image = image.clone();
        let sent = self.requests.try_send(Request { image, answer });
        sent.map_err(|refused| {
            // A version that is too slow for its share has failed its users.
            Fault::Failed(match refused {
                TrySendError::Full(_) => "too many requests wait".to_owned(),
                TrySendError::Disconnected(_) => "the model has ended".to_owned(),
            })
        })?;
        let ended = |_| Err(Fault::Failed("the model has ended".to_owned()));
        answered.await.unwrap_or_else(ended)
    }

    fn refuses(&self, fault: &Fault) -> bool {
        fault.is_refusal()
    }
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Actor").finish_non_exhaustive()
    }
}
