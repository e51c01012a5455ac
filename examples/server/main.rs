//! An inference server that reads handwritten digits, and changes its model while it runs.
//!
//! ```sh
//! cargo run --release -p switchstand-server -- 127.0.0.1:3000
//! curl -H 'x-unit: ana' -d '{"pixels": [0, 0, 5, 13, 9, 1, 0, 0]}' localhost:3000/predict
//! curl -X POST localhost:3000/admin/deploy/forest
//! curl -d '{"scheme": "v1", "release": "look", "shadow": [{"version": "forest", "share": "10%"}]}' \
//!     localhost:3000/admin/release
//! curl localhost:3000/metrics
//! curl -X POST localhost:3000/admin/validate/forest
//! curl -X POST localhost:3000/admin/swap/forest
//! curl -d 'p99 doubled' localhost:3000/admin/rollback
//! curl -X POST localhost:3000/admin/reclaim/forest
//! ```
//!
//! A policy file is released as it is; what its rules ask for stands in the request. Conditions on
//! versions, times, addresses and patterns need `--features conditions`:
//!
//! ```sh
//! curl --data-binary @policy.toml localhost:3000/admin/release
//! curl -H 'x-unit: ana' -d '{"pixels": [0, 0, 5], "attributes": {"groups": ["beta"], "app": "2.1.0"}}' \
//!     localhost:3000/predict
//! ```
//!
//! Or let the release climb by itself; a client tells later whether an answer was right, with
//! the route that came with it:
//!
//! ```sh
//! curl -d '{"policy": {"scheme": "v1", "release": "digits-2026-11",
//!     "canary": {"version": "forest", "share": "0%"}}, "schedule": {"ladder": ["10%", "50%", "100%"]}}' \
//!     localhost:3000/admin/rollout
//! curl -d '{"unit": "ana", "right": false, "route": {..}}' localhost:3000/feedback
//! curl localhost:3000/admin/rollout
//! curl -X POST localhost:3000/admin/rollout/pause
//! curl -X POST localhost:3000/admin/rollout/resume
//! curl -d 'p99 doubled' localhost:3000/admin/rollout/abort
//! ```

mod app;
mod known;
mod metrics;
mod rollout;
#[cfg(test)]
mod tests;

use std::{env, error::Error, sync::Arc, time::Duration};

use app::{App, Pixels, Reader};
use switchstand::{AsyncModel, Router, shadow::ShadowBudget};
use tokio::net::TcpListener;

/// One of the lifecycle's models, asked on the thread of the runtime: it takes microseconds.
struct Local(Arc<digits::Reader>);

impl AsyncModel for Local {
    type Input = Pixels;
    type Output = u32;
    type Error = String;

    async fn predict(&self, pixels: &Pixels) -> Result<u32, String> {
        let grey = std::array::from_fn(|place| pixels.get(place).copied().unwrap_or(0.0));
        let answer = switchstand::Model::predict(&*self.0, &digits::Image::new(grey));
        answer.map_err(|error| error.to_string())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:3000");
    let trained = digits::train()?;
    let models = [
        ("logistic", Arc::new(trained.logistic)),
        ("forest", Arc::new(trained.forest)),
    ];
    let load = move |version: &str| -> Option<Reader> {
        let (_, model) = models.iter().find(|(name, _)| *name == version)?;
        Some(Box::new(Local(Arc::clone(model))))
    };
    let live = load("logistic").ok_or("no model of this name")?;
    let comparison = app::comparison();
    let router = Router::builder("digits")
        .comparison(Arc::clone(&comparison))
        .clock(app::now)
        .shadow_budget(ShadowBudget::in_flight(64))
        .build("logistic", live)?;
    let app = App::new(router, comparison, load, Duration::from_secs(1));
    tokio::spawn(rollout::tick(Arc::clone(&app), Duration::from_secs(1)));
    axum::serve(TcpListener::bind(address).await?, app::routes(app)).await?;
    Ok(())
}
