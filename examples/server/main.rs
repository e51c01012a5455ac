//! Starts the server:
//!
//! ```sh
//! cargo run --release -p switchstand-server -- 127.0.0.1:3000
//! curl -H 'x-unit: ana' -d '{"pixels": [0, 0, 5, 13, 9, 1, 0, 0]}' localhost:3000/predict
//! curl -N -H 'x-unit: ana' -d '{"images": [[0, 0, 5], [0, 9, 1]]}' localhost:3000/predict/stream
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
//! With `--release-file release.toml` it releases what the file says, and again when the file
//! changes. With `--state state.json` it continues after a restart where it was. With
//! `--log log.jsonl` it writes a line for each outcome. The file may be a policy or a whole release:
//!
//! ```toml
//! [policy]
//! scheme  = "v1"
//! release = "digits-2026-11"
//! canary  = { version = "forest" }
//! [schedule]
//! steps = ["10%", "50%", "100%"]
//! dwell = "1m"
//! [[guard]]
//! watches = "failures"
//! ```
//!
//! The attributes that a policy's rules ask for are in the request. Conditions on versions, times,
//! addresses and patterns need `--features conditions`:
//!
//! ```sh
//! curl --data-binary @policy.toml localhost:3000/admin/release
//! curl -H 'x-unit: ana' -d '{"pixels": [0, 0, 5], "attributes": {"groups": ["beta"], "app": "2.1.0"}}' \
//!     localhost:3000/predict
//! ```
//!
//! A roll-out may be started over HTTP too. A client tells later whether an answer was right, and
//! sends the route that came with the answer:
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

use std::{env, error::Error, fs::OpenOptions, time::Duration};

use switchstand_server::{Log, Server, Settings, models};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).init();

    let mut address = "127.0.0.1:3000".to_owned();
    let mut settings = Settings::new("logistic", models::loader());
    settings.probe = Some(models::probe());
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or_else(|| format!("{argument} needs a file"))
        };
        match argument.as_str() {
            "--release-file" => settings.release_file = Some(value()?.into()),
            "--state" => settings.state_file = Some(value()?.into()),
            "--log" => {
                let file = OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(value()?)?;
                settings.log = Some(Log::to(file));
            }
            _ if argument.starts_with('-') => return Err(format!("there is no {argument}").into()),
            _ => address = argument,
        }
    }

    let mut terminate = signal(SignalKind::terminate())?;
    let server = Server::start(TcpListener::bind(&address).await?, settings)?;
    tracing::info!(address = %server.address(), "listening");
    server.opened().await?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    // A load balancer looks every few seconds; an answer that streams may take longer.
    let given_back = server
        .close(Duration::from_secs(2), Duration::from_secs(30))
        .await;
    tracing::info!(?given_back, "closed");
    Ok(())
}
