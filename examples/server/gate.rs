//! Who is let in: nobody before the models are there, and nobody new once the server closes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
};
use serde_json::json;
use tokio::sync::SetOnce;

use crate::{
    admin::{Answer, refuse},
    app::App,
};

/// Stands before the handlers.
#[derive(Default)]
pub(crate) struct Gate {
    /// The state, or why there will never be one.
    app: SetOnce<Result<Arc<App>, String>>,
    is_closing: AtomicBool,
}

impl Gate {
    pub(crate) fn open(&self, app: Arc<App>) {
        // It is opened once.
        let _ = self.app.set(Ok(app));
    }

    /// Says that the server cannot be opened.
    pub(crate) fn fail(&self, why: &str) {
        let _ = self.app.set(Err(why.to_owned()));
    }

    /// Asks for no more requests; those that come are answered all the same.
    pub(crate) fn close(&self) {
        self.is_closing.store(true, Ordering::Relaxed);
    }

    /// Returns the state, once the models are there.
    pub(crate) fn app(&self) -> Option<&Arc<App>> {
        self.app.get()?.as_ref().ok()
    }

    /// Waits until the models are there, or it is known that they will not be.
    pub(crate) async fn settled(&self) -> Result<(), String> {
        self.app
            .wait()
            .await
            .as_ref()
            .map(drop)
            .map_err(String::clone)
    }

    fn lacks(&self) -> Answer {
        let why = match self.app.get() {
            Some(Err(why)) => format!("cannot start: {why}"),
            _ => "the models are being loaded".to_owned(),
        };
        refuse(StatusCode::SERVICE_UNAVAILABLE, why)
    }
}

/// The state, for handlers; without it they answer 503.
///
/// A request that is let in before the candidate of a stored release is there would be answered by
/// the live version, and its user would see the versions change to and fro.
pub(crate) struct Ready(pub(crate) Arc<App>);

impl FromRequestParts<Arc<Gate>> for Ready {
    type Rejection = Answer;

    async fn from_request_parts(_: &mut Parts, gate: &Arc<Gate>) -> Result<Ready, Answer> {
        let app = gate.app().map(Arc::clone);
        app.map(Ready).ok_or_else(|| gate.lacks())
    }
}

/// Tells a load balancer whether to send requests.
pub(crate) async fn ready(State(gate): State<Arc<Gate>>) -> Answer {
    match gate.app() {
        _ if gate.is_closing.load(Ordering::Relaxed) => {
            refuse(StatusCode::SERVICE_UNAVAILABLE, "the server is closing")
        }
        None => gate.lacks(),
        Some(app) => {
            let generation = app.router.generation();
            (StatusCode::OK, Json(json!({ "generation": generation })))
        }
    }
}

/// Tells that the process lives; nothing else.
pub(crate) async fn live() -> &'static str {
    "live"
}
