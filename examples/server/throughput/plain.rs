//! The server without the crate: one model, and no way to another.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use switchstand_server::{Pixels, Reader};

type Answer = (StatusCode, Json<Value>);

#[derive(Deserialize)]
struct Request {
    pixels: Pixels,
    #[serde(default)]
    #[expect(dead_code, reason = "it is read, as the other server reads it")]
    attributes: BTreeMap<String, Value>,
}

pub(crate) fn routes(model: Reader) -> axum::Router {
    axum::Router::new()
        .route("/predict", post(one))
        .with_state(Arc::new(model))
}

/// Does what the server's handler does, but for the router.
async fn one(State(model): State<Arc<Reader>>, headers: HeaderMap, body: String) -> Answer {
    let unit = headers.get("x-unit").and_then(|value| value.to_str().ok());
    if unit.unwrap_or_default().is_empty() {
        return refuse(StatusCode::BAD_REQUEST, "header x-unit names nobody");
    }
    let Ok(Request { pixels, .. }) = serde_json::from_str(&body) else {
        return refuse(StatusCode::BAD_REQUEST, "the body has no pixels");
    };
    let patience = Duration::from_secs(50);
    let Ok(answer) = tokio::time::timeout(patience, model.predict_boxed(&pixels)).await else {
        return refuse(StatusCode::GATEWAY_TIMEOUT, "the model does not answer");
    };
    let mut body = Map::from_iter([("version".to_owned(), json!("logistic"))]);
    match answer {
        Ok(digit) => {
            body.insert("digit".to_owned(), json!(digit));
            (StatusCode::OK, Json(body.into()))
        }
        Err(fault) if fault.is_refusal() => refuse(StatusCode::BAD_REQUEST, &fault.to_string()),
        Err(fault) => refuse(StatusCode::BAD_GATEWAY, &fault.to_string()),
    }
}

fn refuse(status: StatusCode, why: &str) -> Answer {
    (status, Json(json!({ "error": why })))
}
