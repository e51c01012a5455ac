//! From a request over HTTP to its answer.

use std::panic::AssertUnwindSafe;

use axum::{
    Json,
    http::{HeaderMap, StatusCode},
};
use futures_util::FutureExt as _;
use serde::Deserialize;
use serde_json::{Map, json};
use switchstand::Unit;

use crate::{
    admin::{Answer, refuse},
    app::Pixels,
    gate::Ready,
    known::{self, Known},
};

/// How often longer than a shadow an answer may take.
pub(crate) const PATIENCE: u32 = 50;

/// What a client sends.
#[derive(Deserialize)]
struct Request {
    pixels: Pixels,
    #[serde(default)]
    attributes: Known,
}

/// Answers one image with one digit.
pub(crate) async fn one(Ready(app): Ready, headers: HeaderMap, body: String) -> Answer {
    let Ok(unit) = Unit::try_from_input(who(&headers)) else {
        return refuse(StatusCode::BAD_REQUEST, "header x-unit names nobody");
    };
    let Ok(Request { pixels, attributes }) = serde_json::from_str(&body) else {
        return refuse(StatusCode::BAD_REQUEST, "the body has no pixels");
    };
    let known = known::with_the_present(attributes);
    let mut ticket = app.router.admit(unit.with(&known));
    // Dropped by a time-out, or because the client hung up, the request was given up.
    let patience = PATIENCE * app.patience;
    let answering = AssertUnwindSafe(ticket.predict(&pixels)).catch_unwind();
    let answer = match tokio::time::timeout(patience, answering).await {
        Ok(Ok(answer)) => answer,
        // It is counted as failed; let go on, the panic would cut the connection.
        Ok(Err(_)) => return refuse(StatusCode::INTERNAL_SERVER_ERROR, "the model has a bug"),
        Err(_) => return refuse(StatusCode::GATEWAY_TIMEOUT, "the model does not answer"),
    };
    while let Some(task) = ticket.shadow_task(|| pixels.clone()) {
        // Giving a shadow up is an ending that is counted, too.
        tokio::spawn(tokio::time::timeout(app.patience, task.run_async()));
    }
    let version = app.router.label(ticket.route().version());
    let mut body = Map::from_iter([("version".to_owned(), json!(version))]);
    if app.ramp().is_some() {
        // The client gives it back with the outcome.
        body.insert("route".to_owned(), json!(ticket.assignment()));
    }
    match answer {
        Ok(digit) => {
            body.insert("digit".to_owned(), json!(digit));
            (StatusCode::OK, Json(body.into()))
        }
        Err(fault) if fault.is_refusal() => refuse(StatusCode::BAD_REQUEST, fault),
        Err(fault) => refuse(StatusCode::BAD_GATEWAY, fault),
    }
}

/// Returns who asks; nobody where the header does not say.
pub(crate) fn who(headers: &HeaderMap) -> &str {
    let unit = headers.get("x-unit").and_then(|value| value.to_str().ok());
    unit.unwrap_or_default()
}
