//! The handlers of the roll-out, and the timer that drives it.

use std::{
    sync::{Arc, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use serde_json::json;
use switchstand::{Assignment, rollout::Command};

use crate::{
    app::{Answer, App, now, refuse},
    ramp::Ramp,
};

/// Returns the routes of the roll-out.
pub(crate) fn routes() -> axum::Router<Arc<App>> {
    axum::Router::new()
        .route("/feedback", post(feedback))
        .route("/admin/rollout", get(status).post(start))
        .route("/admin/rollout/{command}", post(command))
}

/// Drives the roll-out, if there is one, for as long as the server runs.
pub(crate) async fn tick(app: Arc<App>, every: Duration) {
    let mut timer = tokio::time::interval(every);
    loop {
        timer.tick().await;
        if let Some(ramp) = &mut *current(&app) {
            ramp.tick(&app.router, now(), None);
        }
    }
}

/// Returns the roll-out of this moment; it is never held while anything is awaited.
pub(crate) fn current(app: &App) -> MutexGuard<'_, Option<Ramp>> {
    app.ramp.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn start(State(app): State<Arc<App>>, body: String) -> Answer {
    let ramp = match Ramp::read(&body) {
        Ok(ramp) => ramp,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, error),
    };
    let mut current = current(&app);
    if current.as_ref().is_some_and(Ramp::is_running) {
        return refuse(StatusCode::CONFLICT, "a roll-out is running");
    }
    let ramp = current.insert(ramp);
    ramp.tick(&app.router, now(), None);
    (StatusCode::OK, Json(ramp.status()))
}

async fn status(State(app): State<Arc<App>>) -> Answer {
    match &*current(&app) {
        Some(ramp) => (StatusCode::OK, Json(ramp.status())),
        None => refuse(StatusCode::NOT_FOUND, "there is no roll-out"),
    }
}

async fn command(State(app): State<Arc<App>>, Path(command): Path<String>, why: String) -> Answer {
    let command = match command.as_str() {
        "pause" => Command::Pause,
        "resume" => Command::Resume,
        "promote" => Command::Promote,
        "take_over" => Command::TakeOver { why },
        "abort" => Command::Abort { why },
        _ => return refuse(StatusCode::NOT_FOUND, "no command of this name"),
    };
    match &mut *current(&app) {
        Some(ramp) => {
            ramp.tick(&app.router, now(), Some(command));
            (StatusCode::OK, Json(ramp.status()))
        }
        None => refuse(StatusCode::NOT_FOUND, "there is no roll-out"),
    }
}

/// Takes what a client says about an answer, with the route that came with it.
///
/// A client that is not trusted could make up a route; such a server would sign it.
async fn feedback(State(app): State<Arc<App>>, body: String) -> Answer {
    let Outcome { unit, route, right } = match serde_json::from_str(&body) {
        Ok(outcome) => outcome,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, error),
    };
    let mut ramp = current(&app);
    let counted = ramp
        .as_mut()
        .is_some_and(|ramp| ramp.outcome(&unit, &route, right));
    (StatusCode::OK, Json(json!({ "counted": counted })))
}

/// Whether an answer was right, which is known later than the answer.
#[derive(serde::Deserialize)]
struct Outcome {
    unit: String,
    /// As it came with the answer.
    route: Assignment<'static>,
    right: bool,
}
