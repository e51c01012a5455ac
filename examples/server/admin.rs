//! An operator's orders over HTTP. Who may give them is for a gateway to decide.

use core::fmt::Display;
use std::sync::Arc;

use axum::{
    Json,
    extract::Path,
    http::StatusCode,
    routing::{get, post},
};
use serde_json::{Value, json};
use switchstand::{Policy, outcomes::Lent};

use crate::{
    app::{App, Reader, check},
    gate::{Gate, Ready},
};

const OPERATOR: &str = "operator";

pub(crate) type Answer = (StatusCode, Json<Value>);

pub(crate) fn routes() -> axum::Router<Arc<Gate>> {
    axum::Router::new()
        .route("/admin/deploy/{version}", post(deploy))
        .route("/admin/validate/{version}", post(validate))
        .route("/admin/release", get(released).post(release))
        .route("/admin/swap/{version}", post(swap))
        .route("/admin/accept", post(accept))
        .route("/admin/rollback", post(rollback))
        .route("/admin/reject/{version}", post(reject))
        .route("/admin/reclaim/{version}", post(reclaim))
}

async fn deploy(Ready(app): Ready, Path(version): Path<String>) -> Answer {
    let (load, label) = (Arc::clone(&app.load), version.clone());
    // It may take long: not on a thread of the runtime.
    match tokio::task::spawn_blocking(move || load(&label)).await {
        Ok(Some(model)) => changed(
            &app,
            app.router
                .operator()
                .named(OPERATOR)
                .deploy(&version, model),
        ),
        Ok(None) => refuse(StatusCode::NOT_FOUND, "no model of this name"),
        Err(panic) => refuse(StatusCode::CONFLICT, panic),
    }
}

/// Lets the version read the probe; its first request is then as quick as any.
async fn validate(Ready(app): Ready, Path(version): Path<String>) -> Answer {
    let operator = app.router.operator().named(OPERATOR);
    let probe = app.probe.as_ref();
    let check = |model: Lent<Reader>| async move { check(&model, probe).await };
    changed(&app, operator.validate_fut(&version, check).await)
}

async fn release(Ready(app): Ready, body: String) -> Answer {
    let read = if body.trim_start().starts_with('{') {
        serde_json::from_str::<Policy>(&body).map_err(|error| error.to_string())
    } else {
        toml::from_str::<Policy>(&body).map_err(|error| error.to_string())
    };
    match read {
        Ok(policy) => changed(&app, app.router.operator().named(OPERATOR).release(policy)),
        Err(error) => refuse(StatusCode::BAD_REQUEST, error),
    }
}

/// Says what is released, and what became of the release file.
async fn released(Ready(app): Ready) -> Answer {
    let plan = app.router.current();
    let said = json!({
        "policy": app.router.deployments().policy(),
        "fingerprint": plan.fingerprint().to_string(),
        "generation": plan.generation(),
        "file": app.release_file.as_ref().map(|file| file.said()),
    });
    (StatusCode::OK, Json(said))
}

async fn swap(Ready(app): Ready, Path(version): Path<String>) -> Answer {
    changed(&app, app.router.operator().named(OPERATOR).swap(&version))
}

async fn accept(Ready(app): Ready) -> Answer {
    changed(&app, app.router.operator().named(OPERATOR).accept())
}

async fn rollback(Ready(app): Ready, cause: String) -> Answer {
    changed(&app, app.router.operator().named(OPERATOR).rollback(&cause))
}

async fn reject(Ready(app): Ready, Path(version): Path<String>, cause: String) -> Answer {
    changed(
        &app,
        app.router
            .operator()
            .named(OPERATOR)
            .reject(&version, &cause),
    )
}

async fn reclaim(Ready(app): Ready, Path(version): Path<String>) -> Answer {
    let reclaimed = app.router.reclaim(&version);
    let done = reclaimed.map(|model| {
        // Its destructor may take long: it runs where it holds up nobody.
        tokio::task::spawn_blocking(|| drop(model));
        app.router.generation()
    });
    changed(&app, done)
}

fn changed<E: Display>(app: &App, result: Result<u64, E>) -> Answer {
    match result {
        Ok(generation) => {
            // The state is stored now, not at the next tick.
            app.changed.notify_one();
            (StatusCode::OK, Json(json!({ "generation": generation })))
        }
        Err(error) => refuse(StatusCode::CONFLICT, error),
    }
}

pub(crate) fn refuse(status: StatusCode, why: impl Display) -> Answer {
    (status, Json(json!({ "error": why.to_string() })))
}
