//! A server that goes on where another has ended.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{io::AsyncReadExt as _, net::TcpListener};

use crate::{
    Server, Settings,
    tests::{
        http::{ask, begin, send},
        with_a_release_file::Own,
        with_a_rollout::{
            SLOWLY, TICK, begin as begin_rollout, load, post, serve, status, users_of,
        },
    },
};

fn settings(state: &Own) -> Settings {
    let mut settings = Settings::new("old", load);
    (settings.patience, settings.tick) = (TICK, TICK);
    settings.state_file = Some(state.0.clone());
    settings
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c16_after_a_restart_in_mid_ramp_nobody_is_let_in_before_the_candidate_is_there() {
    let state = Own::new("restart.json");
    let first = begin(settings(&state)).await;
    let address = first.address();
    for step in ["deploy", "validate"] {
        post(address, &format!("/admin/{step}/healthy"), "").await;
    }
    begin_rollout(address, "healthy", "1h").await;
    let on_candidate = users_of(&serve(address).await, "healthy");
    assert!(!on_candidate.is_empty());
    let generation = post(address, "/ready", "").await["generation"].clone();
    // The state is stored at every change, so that also one that is killed finds it.
    for round in 0.. {
        assert!(round < 500, "the state is not stored");
        let stored = std::fs::read_to_string(&state.0).unwrap_or_default();
        if stored.contains(&format!("\"generation\":{generation}")) {
            break;
        }
        tokio::time::sleep(TICK).await;
    }
    let kept = std::fs::read(&state.0).unwrap();

    // The candidate takes long to load.
    let may_load = Arc::new(AtomicBool::new(false));
    let is_asked = Arc::new(AtomicBool::new(false));
    let mut slow = settings(&state);
    let (may, asked) = (Arc::clone(&may_load), Arc::clone(&is_asked));
    slow.load = Arc::new(move |version| {
        // Not for ever, or a test that fails would not end.
        for _ in 0..20_000 {
            if version != "healthy" || may.load(Ordering::Relaxed) {
                break;
            }
            asked.store(true, Ordering::Relaxed);
            std::thread::park_timeout(Duration::from_millis(1));
        }
        load(version)
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let second = Server::start(listener, slow).unwrap();
    let address = second.address();
    while !is_asked.load(Ordering::Relaxed) {
        tokio::time::sleep(TICK).await;
    }
    assert_eq!(ask(address, "/live", "", "").await.status, 200);
    for path in ["/ready", "/predict"] {
        let early = ask(
            address,
            path,
            "user-1",
            if path == "/ready" { "" } else { "{}" },
        )
        .await;
        assert_eq!(
            (early.status, early.body.contains("being loaded")),
            (503, true),
            "{path}"
        );
    }
    may_load.store(true, Ordering::Relaxed);
    second.opened().await.unwrap();
    assert_eq!(post(address, "/ready", "").await["generation"], generation);
    assert_eq!(status(address).await["phase"], "ramping, step 0");
    assert_eq!(users_of(&serve(address).await, "healthy"), on_candidate);

    // A candidate that there is no more is named, and the server never says that it is ready.
    let without = Own::new("without.json");
    std::fs::write(&without.0, kept).unwrap();
    let mut lacking = settings(&without);
    lacking.load = Arc::new(|version| {
        if version == "healthy" {
            None
        } else {
            load(version)
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let third = Server::start(listener, lacking).unwrap();
    assert!(
        third
            .opened()
            .await
            .unwrap_err()
            .contains("no model \"healthy\"")
    );
    let refused = ask(third.address(), "/ready", "", "").await;
    assert_eq!(
        (refused.status, refused.body.contains("no model")),
        (503, true)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e8_a_server_that_closes_answers_what_is_open_and_gives_its_models_back() {
    let state = Own::new("close.json");
    let server = begin(settings(&state)).await;
    let address = server.address();
    post(address, "/admin/deploy/healthy", "").await;
    // A stream that takes longer than it takes until nobody listens.
    let images: Vec<[f32; 1]> = vec![[SLOWLY]; 200];
    let body = serde_json::json!({ "images": images }).to_string();
    let mut stream = send(address, "/predict/stream", "ana", &body).await;
    let mut bytes = Vec::new();
    assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
    let closing = tokio::spawn(server.close(Duration::from_secs(3), Duration::from_secs(60)));
    // A load balancer is told first; who comes all the same is answered.
    for round in 0.. {
        assert!(round < 500, "it stays ready");
        if ask(address, "/ready", "", "").await.status == 503 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(users_of(&serve(address).await, "old").len(), 60);
    stream.read_to_end(&mut bytes).await.unwrap();
    let streamed = String::from_utf8(bytes).unwrap();
    assert_eq!(streamed.matches("event: digit").count(), 200, "{streamed}");
    assert!(streamed.contains("event: end\ndata: old"), "{streamed}");
    let mut labels = closing.await.unwrap();
    labels.sort_unstable();
    assert_eq!(labels, ["healthy", "old"]);
    let gone = tokio::net::TcpStream::connect(address).await;
    assert!(gone.is_err(), "nobody listens any more");
}
