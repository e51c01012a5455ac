//! The server, from start to shutdown.

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::routing::{get, post};
use switchstand::operator::CloseError;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time};

use crate::{
    admin,
    app::{App, Reader, Settings},
    gate::{self, Gate},
    log::Log,
    metrics, predict, rollout, stream, timer,
};

/// A server that runs: it listens at once, and is ready when its models are there.
pub struct Server {
    address: SocketAddr,
    gate: Arc<Gate>,
    serving: JoinHandle<io::Result<()>>,
    /// Opens the gate, and leaves the timer.
    opening: JoinHandle<Result<JoinHandle<()>, String>>,
    stop: oneshot::Sender<()>,
}

impl Server {
    /// Starts a server behind a listener.
    ///
    /// # Errors
    /// Whatever the listener says of its address.
    pub fn start(listener: TcpListener, settings: Settings) -> io::Result<Server> {
        let address = listener.local_addr()?;
        let gate = Arc::new(Gate::default());
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async move {
            // A server that is dropped stops, too.
            let _ = stopped.await;
        };
        let serve = axum::serve(listener, routes(Arc::clone(&gate)));
        let serving = tokio::spawn(serve.with_graceful_shutdown(stopped).into_future());
        let opening = tokio::spawn(open(Arc::clone(&gate), settings));
        Ok(Server {
            address,
            gate,
            serving,
            opening,
            stop,
        })
    }

    /// Returns where the server listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the server is ready, or says that it will never be.
    ///
    /// # Errors
    /// What is missing; the server goes on to say so at `/ready`.
    pub async fn opened(&self) -> Result<(), String> {
        self.gate.settled().await
    }

    /// Ends the server.
    ///
    /// It asks for no more requests, and waits `notice` until nobody sends any. Open answers and
    /// streams come to their end, within `patience`. Then the state is stored and the models are
    /// given back: returned are their labels. A version whose stream did not end keeps its model.
    pub async fn close(self, notice: Duration, patience: Duration) -> Vec<String> {
        self.gate.close();
        time::sleep(notice).await;
        // Nobody listens where the server has ended by itself.
        let _ = self.stop.send(());
        if time::timeout(patience, self.serving).await.is_err() {
            tracing::warn!("some streams did not end within {patience:?}");
        }
        let timer = self.opening.await;
        if let Ok(Ok(timer)) = timer {
            timer.abort();
            let _ = timer.await;
        }
        let Some(app) = self.gate.app().map(Arc::clone) else {
            return Vec::new();
        };
        drop(self.gate);
        give_back(app).await
    }
}

/// Loads the models, does the first round, and lets requests in.
async fn open(gate: Arc<Gate>, settings: Settings) -> Result<JoinHandle<()>, String> {
    let opened = tokio::task::spawn_blocking(|| {
        let app = App::open(settings).map_err(|error| error.to_string())?;
        timer::once(&app, false);
        Ok::<_, String>(Arc::new(app))
    });
    match opened.await.unwrap_or_else(|panic| Err(panic.to_string())) {
        Ok(app) => {
            let timer = tokio::spawn(timer::run(Arc::clone(&app)));
            tracing::info!(generation = app.router.generation(), "ready");
            gate.open(app);
            Ok(timer)
        }
        Err(why) => {
            tracing::error!("cannot start: {why}");
            gate.fail(&why);
            Err(why)
        }
    }
}

/// Stores the state, and drops the models where no request waits for it.
async fn give_back(mut app: Arc<App>) -> Vec<String> {
    let last = Arc::clone(&app);
    let stored = tokio::task::spawn_blocking(move || timer::once(&last, true)).await;
    if let Err(panic) = stored {
        tracing::error!("the last round failed: {panic}");
    }
    // The last connections let go of what they share a moment after their last byte.
    let mut turns = 0..200;
    let app = loop {
        match Arc::try_unwrap(app) {
            Ok(app) => break app,
            Err(shared) if turns.next().is_some() => app = shared,
            Err(_) => return Vec::new(),
        }
        time::sleep(Duration::from_millis(5)).await;
    };
    let App {
        router, ramp, log, ..
    } = app;
    drop(ramp);
    let mut closing = match router.close() {
        Ok(models) => return labels(models, log).await,
        Err(CloseError::InUse(closing)) => closing,
        Err(error) => {
            tracing::error!("the models were not given back: {error}");
            return Vec::new();
        }
    };
    // Shadows that still run, until they are given up.
    for _ in 0..200 {
        time::sleep(Duration::from_millis(10)).await;
        closing = match closing.poll() {
            Ok(models) => return labels(models, log).await,
            Err(closing) => closing,
        };
    }
    Vec::new()
}

async fn labels(models: Vec<(String, Reader)>, log: Option<Log>) -> Vec<String> {
    // Destructors may take long, and a log's last lines are written.
    let ended = tokio::task::spawn_blocking(move || {
        if let Some(log) = log {
            log.flush();
        }
        models.into_iter().map(|(label, _)| label).collect()
    });
    ended.await.unwrap_or_default()
}

/// Returns the server's routes: `axum::Router` beside the router of versions, which has its own
/// name nowhere in this file.
fn routes(gate: Arc<Gate>) -> axum::Router {
    axum::Router::new()
        .route("/predict", post(predict::one))
        .route("/predict/stream", post(stream::digits))
        .route("/metrics", get(metrics::text))
        .route("/live", get(gate::live))
        .route("/ready", get(gate::ready))
        .merge(admin::routes())
        .merge(rollout::routes())
        .with_state(gate)
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
