//! From a request over HTTP to an answer that comes piece by piece.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    http::{HeaderMap, StatusCode},
    response::sse::{Event, Sse},
};
use futures_util::{Stream, StreamExt as _, stream};
use serde::Deserialize;
use switchstand::{Ending, Ticket, Unit, outcomes::Lent};
use tokio::time::{sleep, timeout};

use crate::{
    admin::{Answer, refuse},
    app::{Fault, Pixels, Reader},
    gate::Ready,
    known::{self, Known},
    predict::{PATIENCE, who},
};

/// Digits beyond so many are cut from a shadow's answer.
const LONGEST: usize = 1_000;

/// What a client sends.
#[derive(Deserialize)]
struct Request {
    images: Vec<Pixels>,
    #[serde(default)]
    attributes: Known,
}

/// Answers each image with an event, as soon as it is read; all are read by one version.
///
/// The first digit decides the status, and the live version may step in until it is there. From
/// then on the stream carries the ticket: the version stays until the last event is sent, and an
/// error in the middle, or a client that hangs up, is the ending of that version.
pub(crate) async fn digits(
    Ready(app): Ready,
    headers: HeaderMap,
    body: String,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Answer> {
    let nobody = |_| refuse(StatusCode::BAD_REQUEST, "header x-unit names nobody");
    let unit = Unit::try_from_input(who(&headers)).map_err(nobody)?;
    let no_images = |_| refuse(StatusCode::BAD_REQUEST, "the body has no images");
    let Request { images, attributes } = serde_json::from_str(&body).map_err(no_images)?;
    let images: Arc<[Pixels]> = images.into();
    let known = known::with_the_present(attributes);
    let patience = PATIENCE * app.patience;

    let mut ticket = app.router.admit(unit.with(&known));
    let begun = ticket.call_fut(|model| begin(model, Arc::clone(&images)));
    let reading = match timeout(patience, begun).await {
        Ok(Ok(Begun::Reading(reading))) => reading,
        Ok(Ok(Begun::Refused(fault))) => {
            ticket.end(Ending::Refused);
            return Err(refuse(StatusCode::BAD_REQUEST, fault));
        }
        Ok(Err(fault)) => return Err(refuse(StatusCode::BAD_GATEWAY, fault)),
        Err(_) => {
            return Err(refuse(
                StatusCode::GATEWAY_TIMEOUT,
                "the model does not answer",
            ));
        }
    };
    let version = ticket.version().to_owned();
    let shadow_patience = app.patience;
    let digits = ticket.stream_with(rest(reading, patience), move |ticket, item| match item {
        Some(Ok(_)) => Ending::Answered,
        Some(Err(fault)) if fault.is_refusal() => Ending::Refused,
        Some(Err(_)) => Ending::Failed,
        None => {
            shadow(ticket, &images, shadow_patience);
            Ending::Answered
        }
    });
    let last = stream::once(async move { Event::default().event("end").data(version) });
    let events = digits.map(|item| match item {
        Ok(digit) => Event::default().event("digit").data(digit.to_string()),
        Err(fault) => Event::default().event("error").data(fault.to_string()),
    });
    Ok(Sse::new(events.chain(last).map(Ok)))
}

/// A model in the middle of its images.
struct Reading {
    model: Lent<Reader>,
    images: Arc<[Pixels]>,
    /// The digit of the first image, until it is sent.
    first: Option<u32>,
    next: usize,
}

enum Begun {
    Reading(Reading),
    Refused(Fault),
}

/// Reads the first image.
async fn begin(model: Lent<Reader>, images: Arc<[Pixels]>) -> Result<Begun, Fault> {
    let first = match images.first() {
        Some(image) => match model.predict_boxed(image).await {
            Ok(digit) => Some(digit),
            // The request's own fault is no failure, for which the live version would step in.
            Err(fault) if fault.is_refusal() => return Ok(Begun::Refused(fault)),
            Err(fault) => return Err(fault),
        },
        None => None,
    };
    let next = usize::from(first.is_some());
    Ok(Begun::Reading(Reading {
        model,
        images,
        first,
        next,
    }))
}

/// Reads the other images; a digit that takes too long is the last word.
fn rest(reading: Reading, patience: Duration) -> impl Stream<Item = Result<u32, Fault>> {
    stream::unfold(Some(reading), move |reading| async move {
        let mut reading = reading?;
        if let Some(first) = reading.first.take() {
            return Some((Ok(first), Some(reading)));
        }
        let image = reading.images.get(reading.next)?;
        reading.next += 1;
        let digit = timeout(patience, reading.model.predict_boxed(image)).await;
        let late = |_| Err(Fault::Failed("the model does not answer".to_owned()));
        let digit = digit.unwrap_or_else(late);
        let goes_on = digit.is_ok().then_some(reading);
        Some((digit, goes_on))
    })
}

/// Lets the unseen versions read the same images, to the end or as long as they may.
fn shadow(ticket: &mut Ticket<Reader>, images: &Arc<[Pixels]>, patience: Duration) {
    while let Some(task) = ticket.shadow_task(|| Arc::clone(images)) {
        let run = task.drain(
            |model: &Reader, images: &Arc<[Pixels]>| {
                let all = stream::iter(images.iter());
                Box::pin(all.then(|image| model.predict_boxed(image)))
            },
            |digits: &mut u64, _| {
                *digits += 1;
                1
            },
            LONGEST,
            sleep(patience),
        );
        tokio::spawn(run);
    }
}
