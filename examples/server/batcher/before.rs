//! A batcher before the router: one batch, dealt to the versions.

use std::{
    fmt,
    sync::{
        Arc,
        mpsc::{SyncSender, TrySendError, sync_channel},
    },
    thread,
};

use switchstand::{Batch, Ending, Router, UnitKey};
use tokio::sync::oneshot;

use super::{Limits, ReadsMany, collect, read};
use crate::{Fault, Pixels};

/// What the router of such a batcher serves.
pub type Many = Arc<dyn ReadsMany>;

/// A batcher that a thread of its own serves; the thread ends with the last handle.
#[derive(Clone)]
pub struct Batcher {
    requests: SyncSender<Request>,
}

/// An answer, and the label of the version that gave it.
pub type Answered = (Result<u32, Fault>, String);

struct Request {
    unit: UnitKey,
    image: Pixels,
    answer: oneshot::Sender<Answered>,
}

impl Batcher {
    /// Starts a batcher in front of a router; so many requests may wait.
    #[expect(
        clippy::disallowed_methods,
        reason = "a server may start a thread; the library may not"
    )]
    #[must_use]
    pub fn start(router: Router<Many>, limits: Limits, waiting: usize) -> Batcher {
        let (requests, received) = sync_channel(waiting);
        thread::spawn(move || {
            // The buffer is filled anew by each batch.
            let mut batch = Batch::new();
            while let Some(requests) = collect(&received, limits) {
                serve(&router, &mut batch, requests);
            }
        });
        Batcher { requests }
    }

    /// Reads an image in the next batch.
    ///
    /// # Errors
    /// What the version says; or that too many wait, where no version was asked.
    pub async fn read(&self, unit: UnitKey, image: Pixels) -> Result<Answered, &'static str> {
        let (answer, answered) = oneshot::channel();
        let request = Request {
            unit,
            image,
            answer,
        };
        self.requests
            .try_send(request)
            .map_err(|refused| match refused {
                TrySendError::Full(_) => "too many requests wait",
                TrySendError::Disconnected(_) => "the batcher has ended",
            })?;
        answered.await.map_err(|_| "the batcher has ended")
    }
}

fn serve(router: &Router<Many>, batch: &mut Batch<Many>, mut requests: Vec<Request>) {
    // Whoever has hung up meanwhile is no request of any version.
    requests.retain(|request| !request.answer.is_closed());
    router.partition(requests.iter().map(|request| &request.unit), batch);
    let mut answers = Vec::with_capacity(requests.len());
    for (version, model, units) in batch.groups() {
        let images = units
            .iter()
            .filter_map(|unit| Some(&requests.get(*unit)?.image));
        let images: Vec<&Pixels> = images.collect();
        let label = router.label(version).unwrap_or_default().to_owned();
        let read = read(&**model, &images).into_iter();
        answers.extend(
            units
                .iter()
                .zip(read)
                .map(|(unit, answer)| (*unit, answer, label.clone())),
        );
    }
    let mut shadows = Vec::new();
    answers.sort_unstable_by_key(|(unit, ..)| *unit);
    for ((unit, answer, label), request) in answers.into_iter().zip(requests) {
        match &answer {
            // The request's own fault is no failure of the version.
            Err(fault) if fault.is_refusal() => batch.end(unit, Ending::Refused),
            answer => batch.answered(unit, answer),
        };
        while let Some(shadow) = batch.shadow_task(unit, || request.image.clone()) {
            shadows.push(shadow);
        }
        // A client that has hung up since wants no answer.
        let _ = request.answer.send((answer, label));
    }
    // Here every outcome is told.
    batch.clear();
    for shadow in shadows {
        // Unseen versions read image by image, after all users have their answers. Where that is
        // too slow they go to a pool, or to a version that collects behind the router.
        shadow.run_with(|model, image| {
            let answer = model.read_many(&[image]).pop();
            answer.unwrap_or_else(|| Err(Fault::Failed("the model gave no answer".to_owned())))
        });
    }
}

impl fmt::Debug for Batcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batcher").finish_non_exhaustive()
    }
}
