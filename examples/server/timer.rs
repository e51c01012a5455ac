//! What is done from time to time: the roll-out, the release file, the stored state.

use std::{sync::Arc, time::SystemTime};

use crate::app::{App, now};

/// Does it at every tick, and at once after a change, for as long as the server runs.
pub(crate) async fn run(app: Arc<App>) {
    let mut timer = tokio::time::interval(app.tick);
    loop {
        tokio::select! {
            _ = timer.tick() => {}
            () = app.changed.notified() => {}
        }
        let round = Arc::clone(&app);
        // It reads and writes files.
        if let Err(panic) = tokio::task::spawn_blocking(move || once(&round, false)).await {
            tracing::error!("the timer goes on after a bug: {panic}");
        }
    }
}

/// Does it once; the last time the state is written in any case.
#[expect(
    clippy::disallowed_methods,
    reason = "a server may look at the clock; the library may not"
)]
pub(crate) fn once(app: &App, is_last: bool) {
    if !is_last && let Some(file) = &app.release_file {
        file.look(app, SystemTime::now());
    }
    if let Some(ramp) = app.ramp()
        && let Err(error) = ramp.tick(now())
    {
        // It is tried again by the next tick; `waiting_for` says so, too.
        tracing::warn!("the roll-out waits: {error}");
    }
    if let Some(store) = &app.store
        && let Err(error) = store.write(app, is_last)
    {
        tracing::error!("the state was not stored: {error}");
    }
    app.metrics.keep_up();
}
