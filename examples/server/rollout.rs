//! The handlers of the roll-out, which the timer drives.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::Path,
    http::StatusCode,
    routing::{get, post},
};
use serde_json::{Map, Value, json};
use switchstand::{
    Assignment, Policy,
    ramp::Ramp,
    rollout::{Command, Guard, Receipt, Rollout, Schedule},
};

use crate::{
    admin::{Answer, refuse},
    app::{App, Reader, now},
    gate::{Gate, Ready},
};

/// Answers that clients have found wrong; failures are counted by the roll-out itself.
pub(crate) const WRONG: &str = "wrong";

/// Returns the routes of the roll-out.
pub(crate) fn routes() -> axum::Router<Arc<Gate>> {
    axum::Router::new()
        .route("/feedback", post(feedback))
        .route("/admin/rollout", get(status).post(start))
        .route("/admin/rollout/store", get(store))
        .route("/admin/rollout/restore", post(restore))
        .route("/admin/rollout/{command}", post(command))
}

fn keep(app: &App, ramp: Ramp<Reader>) -> Answer {
    let _ = ramp.tick(now());
    let status = said(&ramp);
    app.keep_ramp(ramp);
    app.changed.notify_one();
    (StatusCode::OK, Json(status))
}

/// What a client asks for: a canary policy, and a schedule without guards.
#[derive(serde::Deserialize)]
struct Asked {
    policy: Policy,
    schedule: Map<String, Value>,
}

async fn start(Ready(app): Ready, body: String) -> Answer {
    let asked = || {
        let mut asked: Asked = serde_json::from_str(&body)?;
        // The server knows what it can measure, so the guards are its own.
        let guards = json!([Guard::failures(), Guard::rate(WRONG)]);
        asked.schedule.insert("guards".to_owned(), guards);
        let schedule: Schedule = serde_json::from_value(Value::Object(asked.schedule))?;
        Ok::<_, Box<dyn std::error::Error>>(Rollout::new(asked.policy, schedule)?)
    };
    let rollout = match asked() {
        Ok(rollout) => rollout,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, error),
    };
    match app.router.begin(rollout) {
        Ok(ramp) => keep(&app, ramp),
        Err(error) => refuse(StatusCode::CONFLICT, error),
    }
}

async fn status(Ready(app): Ready) -> Answer {
    match app.ramp() {
        Some(ramp) => (StatusCode::OK, Json(said(&ramp))),
        None => refuse(StatusCode::NOT_FOUND, "there is no roll-out"),
    }
}

/// Gives the roll-out with its evidence, for the time after a restart.
async fn store(Ready(app): Ready) -> Answer {
    match app.ramp() {
        Some(ramp) => (StatusCode::OK, Json(json!(ramp.store()))),
        None => refuse(StatusCode::NOT_FOUND, "there is no roll-out"),
    }
}

async fn restore(Ready(app): Ready, body: String) -> Answer {
    // With nobody holding it another one ends where it is, and does not stand in the way.
    match serde_json::from_str(&body).map(|stored| app.router.resume(stored)) {
        Ok(Ok(ramp)) => keep(&app, ramp),
        Ok(Err(error)) => refuse(StatusCode::CONFLICT, error),
        Err(error) => refuse(StatusCode::BAD_REQUEST, error),
    }
}

async fn command(Ready(app): Ready, Path(command): Path<String>, why: String) -> Answer {
    let order = match command.as_str() {
        "pause" => Command::pause("operator", &why),
        "resume" => Command::resume("operator", &why),
        "promote" => Command::promote("operator", &why),
        "take_over" => Command::take_over("operator", &why),
        "abort" => Command::abort("operator", &why),
        _ => return refuse(StatusCode::NOT_FOUND, "no command of this name"),
    };
    let Some(ramp) = app.ramp() else {
        return refuse(StatusCode::NOT_FOUND, "there is no roll-out");
    };
    match ramp.order(order) {
        Ok(_) => (StatusCode::OK, Json(said(&ramp))),
        Err(refused) => refuse(StatusCode::CONFLICT, refused),
    }
}

/// Takes what a client says about an answer, with the route that came with it.
///
/// A client that is not trusted could make up a route; such a server would sign it.
async fn feedback(Ready(app): Ready, body: String) -> Answer {
    let Feedback { unit, route, right } = match serde_json::from_str(&body) {
        Ok(feedback) => feedback,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, error),
    };
    let counted = app.ramp().is_some_and(|ramp| match right {
        _ if ramp.phase().is_final() => false,
        true => ramp.rollout().side_of(&route).is_some(),
        false => {
            let receipt = ramp
                .evidence(WRONG)
                .and_then(|wrong| wrong.bad(&unit, &route));
            matches!(receipt, Ok(Receipt::Counted | Receipt::Repeated))
        }
    });
    (StatusCode::OK, Json(json!({ "counted": counted })))
}

/// Whether an answer was right, which is known later than the answer.
#[derive(serde::Deserialize)]
struct Feedback {
    unit: String,
    /// As it came with the answer.
    route: Assignment<'static>,
    right: bool,
}

/// Says where the release stands.
fn said(ramp: &Ramp<Reader>) -> Value {
    let rollout = ramp.rollout();
    let state = rollout.state();
    let paused: Vec<_> = state.paused().iter().map(ToString::to_string).collect();
    let breached = state.breached().iter();
    let breached: BTreeMap<_, _> = breached
        .map(|(guard, found)| (guard, found.to_string()))
        .collect();
    let next = rollout.next_deadline();
    json!({
        "release": rollout.policy().release(),
        "version": rollout.version(),
        "phase": rollout.phase().to_string(),
        "share": rollout.share(),
        "paused": paused,
        "breached": breached,
        "cause": state.cause().map(ToString::to_string),
        "waiting_for": ramp.waiting_for(),
        "next": next.map(|next| next.as_nanos() / 1_000_000_000),
        "trail": rollout.trail().events(),
    })
}
