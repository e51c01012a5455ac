//! What a bad version does to its users is that version's, in the metrics, beside the fallback.

use core::future::pending;
use std::{net::SocketAddr, time::Duration};

use serde_json::json;
use switchstand::AsyncModel;
use tokio::io::AsyncReadExt as _;

use crate::{
    Fault, Pixels, Reader, Settings,
    tests::http::{ask, begin_for_good, metric, send, sum},
};

const REQUESTS: usize = 12;

/// A version that answers, or fails in the way that its name says.
struct Named(&'static str);

impl AsyncModel for Named {
    type Input = Pixels;
    type Output = u32;
    type Error = Fault;

    async fn predict(&self, pixels: &Pixels) -> Result<u32, Fault> {
        let is_first = pixels.first() == Some(&1.0);
        match self.0 {
            "fails-later" if !is_first => Err(Fault::Failed("out of memory".to_owned())),
            "hangs-later" if !is_first => pending().await,
            "panics-later" if !is_first => panic!("a bug"),
            "fails" => Err(Fault::Failed("out of memory".to_owned())),
            "refuses" => Err(Fault::Refused("not my kind of image".to_owned())),
            "panics" => panic!("a bug"),
            "hangs" => pending().await,
            _ => Ok(7),
        }
    }

    fn refuses(&self, fault: &Fault) -> bool {
        fault.is_refusal()
    }
}

fn load(version: &str) -> Option<Reader> {
    let names = [
        "good",
        "fails",
        "refuses",
        "panics",
        "hangs",
        "slow",
        "fails-later",
        "hangs-later",
        "panics-later",
    ];
    let name = names.into_iter().find(|name| *name == version)?;
    Some(Box::new(Named(name)))
}

/// Starts a server all of whose users are drawn to this version.
async fn start(candidate: &str, patience: Duration) -> SocketAddr {
    let mut settings = Settings::new("good", load);
    settings.patience = patience;
    let server = begin_for_good(settings).await;
    let policy = json!({
        "scheme": "v1",
        "release": format!("with-{candidate}"),
        "on_error": "live",
        "canary": { "version": candidate, "share": "100%" },
    });
    for (path, body) in [
        (format!("/admin/deploy/{candidate}"), String::new()),
        (format!("/admin/validate/{candidate}"), String::new()),
        ("/admin/release".to_owned(), policy.to_string()),
    ] {
        let response = ask(server, &path, "operator", &body).await;
        assert_eq!(response.status, 200, "{path}: {}", response.body);
    }
    server
}

#[tokio::test]
async fn o5_a_version_that_fails_is_named_beside_the_one_that_answered() {
    let server = start("fails", Duration::from_secs(1)).await;
    for user in 0..REQUESTS {
        let answer = ask(
            server,
            "/predict",
            &format!("user-{user}"),
            "{\"pixels\": [1]}",
        )
        .await;
        // The user got a digit ..
        assert_eq!(answer.body, "{\"digit\":7,\"version\":\"good\"}");
    }
    let text = ask(server, "/metrics", "", "").await.body;
    let of = |name, labels: &[(&str, &str)]| sum(&text, name, labels) as usize;
    let failed = [
        ("release", "with-fails"),
        ("version", "fails"),
        ("reason", "gate"),
        ("ending", "failed"),
    ];
    // .. and the version has failed all the same.
    assert_eq!(of("switchstand_requests_total", &failed), REQUESTS);
    assert_eq!(of("switchstand_request_seconds_count", &failed), REQUESTS);
    assert_eq!(of("switchstand_requests_total", &[]), REQUESTS, "each once");
    let stepped_in = [
        ("release", "with-fails"),
        ("version", "fails"),
        ("answered_by", "good"),
        ("ending", "answered"),
    ];
    assert_eq!(of("switchstand_fallbacks_total", &stepped_in), REQUESTS);
    assert_eq!(of("switchstand_fallbacks_total", &[]), REQUESTS);
    assert_eq!(of("switchstand_in_flight", &[]), 0);
}

#[tokio::test]
async fn o1_o5_refused_panicked_and_given_up_are_counted_apart_and_nobody_steps_in() {
    for (candidate, status, ending) in [
        ("refuses", 400, "refused"),
        ("hangs", 504, "given_up"),
        ("panics", 500, "failed"),
    ] {
        let server = start(candidate, Duration::from_millis(1)).await;
        for user in 0..REQUESTS {
            let unit = format!("user-{user}");
            let answer = ask(server, "/predict", &unit, "{\"pixels\": [1]}").await;
            assert_eq!(answer.status, status, "{candidate}: {}", answer.body);
        }
        let labels = [("version", candidate), ("ending", ending)];
        let counted = metric(server, "switchstand_requests_total", &labels).await;
        assert_eq!(counted as usize, REQUESTS, "{candidate}");
        let all = metric(server, "switchstand_requests_total", &[]).await;
        assert_eq!(all as usize, REQUESTS, "{candidate}: in no other way");
        assert_eq!(
            metric(server, "switchstand_fallbacks_total", &[]).await,
            0.0
        );
    }
}

#[tokio::test]
async fn o1_a_client_that_hangs_up_has_given_the_version_up() {
    let server = start("hangs", Duration::from_secs(60)).await;
    let hangs = [("version", "hangs")];
    for user in 0..REQUESTS {
        let stream = send(
            server,
            "/predict",
            &format!("user-{user}"),
            "{\"pixels\": [1]}",
        )
        .await;
        while metric(server, "switchstand_in_flight", &hangs).await == 0.0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(stream);
        while metric(server, "switchstand_in_flight", &hangs).await > 0.0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let given_up = [("version", "hangs"), ("ending", "given_up")];
    let counted = metric(server, "switchstand_requests_total", &given_up).await;
    assert_eq!(counted as usize, REQUESTS);
}

/// Two images, of which some versions read the first only.
const IMAGES: &str = "{\"images\": [[1], [2]]}";

#[tokio::test]
async fn o1_o4_a_version_that_fails_in_mid_stream_has_failed_and_its_users_see_an_event() {
    for (candidate, ending, last) in [
        ("fails-later", "failed", "event: error\ndata: out of memory"),
        (
            "hangs-later",
            "failed",
            "event: error\ndata: the model does not answer",
        ),
        ("panics-later", "failed", ""),
        ("good", "answered", "event: digit\ndata: 7\n\n"),
    ] {
        let server = match candidate {
            "good" => begin_for_good(Settings::new("good", load)).await,
            _ => start(candidate, Duration::from_millis(2)).await,
        };
        for user in 0..REQUESTS {
            let mut stream = send(server, "/predict/stream", &format!("user-{user}"), IMAGES).await;
            let mut bytes = Vec::new();
            let _ = stream.read_to_end(&mut bytes).await;
            let text = String::from_utf8(bytes).unwrap();
            if candidate == "panics-later" {
                // What was not sent yet goes with the connection.
                assert!(!text.contains("event: end"), "{text}");
                continue;
            }
            assert!(text.contains("event: digit\ndata: 7"), "{text}");
            assert!(text.contains(last), "{text}");
            assert!(
                text.contains(&format!("event: end\ndata: {candidate}")),
                "{text}"
            );
        }
        let labels = [("version", candidate), ("ending", ending)];
        let counted = metric(server, "switchstand_requests_total", &labels).await;
        assert_eq!(counted as usize, REQUESTS, "{candidate}");
        let all = metric(server, "switchstand_requests_total", &[]).await;
        assert_eq!(all as usize, REQUESTS, "{candidate}: in no other way");
    }
}

#[tokio::test]
async fn o4_a_version_that_still_streams_is_in_use_until_its_client_is_gone() {
    let server = start("hangs-later", Duration::from_secs(60)).await;
    let mut stream = send(server, "/predict/stream", "ana", IMAGES).await;
    let mut bytes = Vec::new();
    while !String::from_utf8_lossy(&bytes).contains("event: digit") {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "{bytes:?}");
    }
    let reject = ask(server, "/admin/reject/hangs-later", "operator", "it hangs").await;
    assert_eq!(reject.status, 200, "{}", reject.body);
    let reclaim = async || ask(server, "/admin/reclaim/hangs-later", "operator", "").await;
    let in_use = reclaim().await;
    assert_eq!(
        (in_use.status, in_use.body.contains("in use by 1 request")),
        (409, true)
    );
    drop(stream);
    for round in 0.. {
        assert!(round < 1_000, "the lease outlives the stream");
        if reclaim().await.status == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let given_up = [("version", "hangs-later"), ("ending", "given_up")];
    assert_eq!(
        metric(server, "switchstand_requests_total", &given_up).await,
        1.0
    );
}

#[tokio::test]
async fn a_state_that_a_version_has_left_is_0_also_when_the_version_is_gone() {
    let server = start("slow", Duration::from_secs(1)).await;
    let state = async |state| {
        let labels = [("version", "slow"), ("state", state)];
        metric(server, "switchstand_version_state", &labels).await
    };
    assert_eq!((state("ready").await, state("rejected").await), (1.0, 0.0));
    assert_eq!(metric(server, "switchstand_generation", &[]).await, 3.0);
    for (path, expected) in [("/admin/reject/slow", 1.0), ("/admin/reclaim/slow", 0.0)] {
        let done = ask(server, path, "operator", "too slow").await;
        assert_eq!(done.status, 200, "{path}: {}", done.body);
        assert_eq!(
            (state("ready").await, state("rejected").await),
            (0.0, expected)
        );
    }
}
