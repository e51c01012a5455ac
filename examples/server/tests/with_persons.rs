//! Bad candidates, persons and restarts, over HTTP.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::{io::AsyncReadExt as _, task::JoinSet};

use crate::tests::{
    http::{ask, send},
    with_a_rollout::{TICK, asked, begin, begin_with, post, serve, start, status, users_of},
};

/// Sends a request of each of 240 users and reads whatever comes back, or nothing.
async fn knock(server: SocketAddr) {
    let mut asked = JoinSet::new();
    for user in 0..240_u32 {
        asked.spawn(async move {
            let body = format!("{{\"pixels\": [{user}]}}");
            let mut stream = send(server, "/predict", &format!("user-{user}"), &body).await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        });
    }
    asked.join_all().await;
}

/// Lets users send requests until the roll-out is in this phase.
async fn until(server: SocketAddr, phase: &str) -> Value {
    for _ in 0..60 {
        let now = status(server).await;
        if now["phase"] == phase {
            return now;
        }
        knock(server).await;
        tokio::time::sleep(TICK).await;
    }
    panic!("{}", status(server).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o5_a_candidate_that_refuses_hangs_or_panics_is_rolled_back_and_the_cause_says_how() {
    for (candidate, ending) in [
        ("refuses", "refused"),
        ("hangs", "given up"),
        ("panics", "failed"),
    ] {
        let server = start(candidate).await;
        begin(server, candidate, "2s").await;
        let end = until(server, "rolled back").await;
        let cause = end["cause"].as_str().unwrap();
        assert!(
            cause.starts_with("guard \"failures\" breached: harm"),
            "{cause}"
        );
        let (_, how) = cause.split_once("requests of the candidate: ").unwrap();
        assert!(how.contains(ending), "{candidate}: {how}");
        assert_eq!(users_of(&serve(server).await, "old").len(), 60);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c12_a_hotfix_over_http_in_mid_ramp_stays_in_force() {
    let server = start("healthy").await;
    begin(server, "healthy", "3s").await;
    until(server, "ramping, step 1").await;
    let hotfix = r#"{ "scheme": "v1", "release": "hotfix" }"#;
    let put = ask(server, "/admin/release", "", hotfix).await;
    assert_eq!(put.status, 200, "{}", put.body);
    // Longer than the step would have lasted.
    for _ in 0..35 {
        tokio::time::sleep(5 * TICK).await;
        assert_eq!(users_of(&serve(server).await, "old").len(), 60);
    }
    let now = status(server).await;
    assert_eq!(now["phase"], "ramping, step 1");
    let waits = now["waiting_for"][0].as_str().unwrap();
    assert_eq!(
        waits,
        "by hand: release \"hotfix\" was put in force by \"operator\""
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c12_a_rollback_over_http_in_mid_bake_ends_as_rolled_back_by_that_person() {
    let server = start("healthy").await;
    // Long enough for a busy machine to see it.
    begin_with(server, &asked("healthy", "200ms", "1h")).await;
    for _ in 0..500 {
        if status(server).await["phase"] == "baking" {
            break;
        }
        knock(server).await;
    }
    post(server, "/admin/rollback", "p99 doubled").await;
    let end = until(server, "rolled back").await;
    assert_eq!(
        end["cause"],
        "by hand: version \"healthy\" was rejected by \"operator\": p99 doubled"
    );
    assert_eq!(users_of(&serve(server).await, "old").len(), 60);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c16_a_server_that_was_killed_takes_its_rollout_up_again() {
    let first = start("healthy").await;
    begin(first, "healthy", "3s").await;
    until(first, "ramping, step 1").await;
    post(first, "/admin/rollout/pause", "restart").await;
    let mut stream = tokio::net::TcpStream::connect(first).await.unwrap();
    let request = "GET /admin/rollout/store HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes())
        .await
        .unwrap();
    let mut stored = String::new();
    stream.read_to_string(&mut stored).await.unwrap();
    let (_, stored) = stored.split_once("\r\n\r\n").unwrap();
    let on_first = users_of(&serve(first).await, "healthy");

    let second = start("healthy").await;
    let resumed = post(second, "/admin/rollout/restore", stored).await;
    assert_eq!(resumed["phase"], "ramping, step 1");
    assert_eq!(users_of(&serve(second).await, "healthy"), on_first);
    // The pause was stored, too; its end lets the release climb on to its own.
    post(second, "/admin/rollout/resume", "").await;
    until(second, "promoted").await;
}
