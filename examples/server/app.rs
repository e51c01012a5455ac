//! The server's state and its handlers.

use std::{
    fmt::Display,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use switchstand::{
    BoxedAsyncModel, Ending, Policy, Router, Timestamp, Unit,
    comparison::{Exact, PairedComparison},
    ramp::Ramp,
};

use crate::{
    known::{self, Known},
    metrics::{self, Answers},
    rollout,
};

/// The grey values of one image.
pub(crate) type Pixels = Vec<f32>;

/// What the router serves: any model that reads a digit, now or later.
pub(crate) type Reader =
    Box<dyn BoxedAsyncModel<Input = Pixels, Output = u32, Error = String> + Send + Sync>;

/// Counts on which images two models read different digits, and which.
pub(crate) type Digits = PairedComparison<u32, String, u32>;

/// Loads the model of this name.
type Load = Box<dyn Fn(&str) -> Option<Reader> + Send + Sync>;

/// Holds what all handlers share.
pub(crate) struct App {
    pub(crate) router: Router<Reader>,
    pub(crate) comparison: Arc<Digits>,
    pub(crate) answers: Answers,
    /// The roll-out that is running, or the last one.
    pub(crate) ramp: Mutex<Option<Ramp<Reader>>>,
    load: Load,
    /// How long a shadow may take before it is given up.
    patience: Duration,
}

impl App {
    pub(crate) fn new(
        router: Router<Reader>,
        comparison: Arc<Digits>,
        load: impl Fn(&str) -> Option<Reader> + Send + Sync + 'static,
        patience: Duration,
    ) -> Arc<App> {
        Arc::new(App {
            router,
            comparison,
            answers: Answers::default(),
            ramp: Mutex::default(),
            load: Box::new(load),
            patience,
        })
    }
}

/// Returns a comparison of digits.
pub(crate) fn comparison() -> Arc<Digits> {
    let comparison = PairedComparison::new(|digit: &u32| *digit, |_: &String| "error".to_owned())
        .comparing("digit", Exact)
        .label(u32::to_string)
        .keeping_worst(20, 0);
    Arc::new(comparison)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a server may look at the clock; the library may not"
)]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp::default().after(since.unwrap_or_default())
}

/// Returns the server's routes.
pub(crate) fn routes(app: Arc<App>) -> axum::Router {
    axum::Router::new()
        .route("/predict", post(predict))
        .route("/metrics", get(metrics))
        .route("/admin/deploy/{version}", post(deploy))
        .route("/admin/validate/{version}", post(validate))
        .route("/admin/release", post(release))
        .route("/admin/swap/{version}", post(swap))
        .route("/admin/accept", post(accept))
        .route("/admin/rollback", post(rollback))
        .route("/admin/reclaim/{version}", post(reclaim))
        .merge(rollout::routes())
        .with_state(app)
}

pub(crate) type Answer = (StatusCode, Json<Value>);

async fn predict(State(app): State<Arc<App>>, headers: HeaderMap, body: String) -> Answer {
    let name = headers.get("x-unit").and_then(|value| value.to_str().ok());
    let name = name.unwrap_or_default();
    let Ok(unit) = Unit::try_from_input(name) else {
        return refuse(StatusCode::BAD_REQUEST, "header x-unit names nobody");
    };
    let Ok(Request { pixels, attributes }) = serde_json::from_str(&body) else {
        return refuse(StatusCode::BAD_REQUEST, "the body has no pixels");
    };
    let known = known::with_the_present(attributes);
    let mut ticket = app.router.admit(unit.with(&known));
    // Fifty times as long as a shadow may take; a ticket that is dropped then was given up.
    let answer = tokio::time::timeout(50 * app.patience, ticket.predict(&pixels)).await;
    let Ok(answer) = answer else {
        return refuse(StatusCode::GATEWAY_TIMEOUT, "the model does not answer");
    };
    while let Some(task) = ticket.shadow_task(|| pixels.clone()) {
        // Giving a shadow up is an ending that is counted too.
        tokio::spawn(tokio::time::timeout(app.patience, task.into_future()));
    }
    let version = app.router.label(ticket.route().version());
    let version = version.unwrap_or_default();
    app.answers.count(version, answer.is_ok());
    let mut body = Map::from_iter([("version".to_owned(), json!(version))]);
    if rollout::current(&app).is_some() {
        // The client gives it back with the outcome.
        body.insert("route".to_owned(), json!(ticket.assignment()));
    }
    match answer {
        Ok(digit) => {
            body.insert("digit".to_owned(), json!(digit));
            (StatusCode::OK, Json(body.into()))
        }
        Err(error) if error.starts_with("refused") => {
            // By the request's own fault, the model says: it is counted, and no failure.
            ticket.end(Ending::Refused);
            refuse(StatusCode::BAD_REQUEST, error)
        }
        Err(error) => refuse(StatusCode::BAD_GATEWAY, error),
    }
}

/// What a client sends.
#[derive(Deserialize)]
struct Request {
    pixels: Pixels,
    #[serde(default)]
    attributes: Known,
}

async fn metrics(State(app): State<Arc<App>>) -> String {
    metrics::text(&app)
}

async fn deploy(State(app): State<Arc<App>>, Path(version): Path<String>) -> Answer {
    let Some(model) = (app.load)(&version) else {
        return refuse(StatusCode::NOT_FOUND, "no model of this name");
    };
    changed(app.router.deploy(&version, model))
}

async fn validate(State(app): State<Arc<App>>, Path(version): Path<String>) -> Answer {
    // What a version must be able to do before it may answer: here, to be there.
    changed(app.router.validate(&version, |_| Ok::<(), String>(())))
}

async fn release(State(app): State<Arc<App>>, body: String) -> Answer {
    let read = if body.trim_start().starts_with('{') {
        serde_json::from_str::<Policy>(&body).map_err(|error| error.to_string())
    } else {
        toml::from_str::<Policy>(&body).map_err(|error| error.to_string())
    };
    match read {
        Ok(policy) => changed(app.router.operator().named("operator").release(policy)),
        Err(error) => refuse(StatusCode::BAD_REQUEST, error),
    }
}

async fn swap(State(app): State<Arc<App>>, Path(version): Path<String>) -> Answer {
    changed(app.router.swap(&version))
}

async fn accept(State(app): State<Arc<App>>) -> Answer {
    changed(app.router.accept())
}

async fn rollback(State(app): State<Arc<App>>, cause: String) -> Answer {
    changed(app.router.operator().named("operator").rollback(&cause))
}

async fn reclaim(State(app): State<Arc<App>>, Path(version): Path<String>) -> Answer {
    // The model ends here, and its label is free again.
    let reclaimed = app.router.reclaim(&version);
    changed(reclaimed.map(|_| app.router.generation()))
}

fn changed<E: Display>(result: Result<u64, E>) -> Answer {
    match result {
        Ok(generation) => (StatusCode::OK, Json(json!({ "generation": generation }))),
        Err(error) => refuse(StatusCode::CONFLICT, error),
    }
}

pub(crate) fn refuse(status: StatusCode, why: impl Display) -> Answer {
    (status, Json(json!({ "error": why.to_string() })))
}
