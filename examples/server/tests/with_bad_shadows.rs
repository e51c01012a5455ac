//! Answers and their count are what they would be without a shadow (S1, S2).

use core::future::{Future, pending, poll_fn};
use core::task::Poll;
use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use switchstand::AsyncModel;
use tokio::task::JoinSet;

use crate::{
    Fault, Pixels, Reader, Settings,
    tests::http::{Response, ask, begin_for_good, metric, send},
};

const REQUESTS: usize = 60;
const BUDGET: u32 = 8;

/// A model by what its name says.
struct Named(&'static str);

impl AsyncModel for Named {
    type Input = Pixels;
    type Output = u32;
    type Error = Fault;

    fn predict(&self, pixels: &Pixels) -> impl Future<Output = Result<u32, Fault>> + Send {
        assert!(self.0 != "panics-at-once", "at once");
        let sum = pixels.iter().sum::<f32>() as u32;
        let mut polls = 0;
        async move {
            match self.0 {
                "panics-late" => {
                    poll_fn(move |context| {
                        polls += 1;
                        assert!(polls < 3, "late");
                        context.waker().wake_by_ref();
                        Poll::<()>::Pending
                    })
                    .await;
                    Ok(sum)
                }
                "hangs" => pending().await,
                "errs" => Err(Fault::Failed("always".to_owned())),
                _ if sum.is_multiple_of(7) => Err(Fault::Failed(format!("cannot read {sum}"))),
                _ => Ok(sum % 10),
            }
        }
    }
}

fn load(version: &str) -> Option<Reader> {
    ["good", "panics-at-once", "panics-late", "hangs", "errs"]
        .into_iter()
        .find(|name| *name == version)
        .map(|name| Box::new(Named(name)) as Reader)
}

async fn start() -> SocketAddr {
    let mut settings = Settings::new("good", load);
    settings.shadows = BUDGET;
    settings.patience = Duration::from_millis(300);
    begin_for_good(settings).await
}

/// Sends all requests, several at once, and returns what came back, in order.
async fn all_answers(server: SocketAddr) -> Vec<Response> {
    let mut asked = JoinSet::new();
    for request in 0..REQUESTS {
        asked.spawn(async move {
            let body = format!("{{\"pixels\": [{request}, 3]}}");
            let unit = format!("user-{request}");
            (request, ask(server, "/predict", &unit, &body).await)
        });
    }
    let answers: BTreeMap<_, _> = asked.join_all().await.into_iter().collect();
    answers.into_values().collect()
}

async fn command(server: SocketAddr, path: &str, body: &str) {
    let response = ask(server, path, "operator", body).await;
    assert_eq!(response.status, 200, "{path}: {}", response.body);
}

async fn shadow(server: SocketAddr, version: &str) {
    command(server, &format!("/admin/deploy/{version}"), "").await;
    let policy = format!(
        "{{\"scheme\": \"v1\", \"release\": \"with-{version}\", \
         \"shadow\": [{{\"version\": \"{version}\", \"share\": \"100%\"}}]}}"
    );
    command(server, "/admin/release", &policy).await;
}

/// Waits until no shadow of the version is pending.
async fn settle(server: SocketAddr, version: &str) {
    let pending = "switchstand_shadows_pending";
    for _ in 0..1_000 {
        if metric(server, pending, &[("version", version)]).await == 0.0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("shadows of {version} stay pending");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_answers_and_their_count_are_as_without_a_shadow() {
    let server = start().await;
    let alone = all_answers(server).await;
    assert_eq!(alone.len(), REQUESTS);
    // The primary itself fails at times, and those answers must not change either.
    let failed = alone.iter().filter(|answer| answer.status == 502).count();
    let right = alone.iter().filter(|answer| answer.status == 200).count();
    // Multiples of 7 from 3 to 62.
    assert_eq!((failed, right), (8, 52));
    assert_eq!(alone[1].body, "{\"digit\":4,\"version\":\"good\"}");

    for (version, outcome) in [
        ("panics-at-once", "panicked"),
        ("panics-late", "panicked"),
        ("errs", "failed"),
        ("hangs", "dropped: cancelled"),
    ] {
        shadow(server, version).await;
        assert_eq!(all_answers(server).await, alone, "beside {version}");
        settle(server, version).await;
        let ended = async |ending| {
            let labels = [("version", version), ("ending", ending)];
            metric(server, "switchstand_shadows_total", &labels).await
        };
        // On a machine that is busy, a shadow may be given up before it gets round to failing.
        let (ran, given_up) = match ended("dropped: cancelled").await {
            given_up if outcome == "dropped: cancelled" => (given_up, 0.0),
            given_up => (ended(outcome).await, given_up),
        };
        let refused = ended("dropped: no permit").await;
        assert_eq!(ran + given_up + refused, REQUESTS as f64, "{version}");
        assert!(ran >= 1.0, "{version}: {ran} ran");
        assert_eq!(
            metric(server, "switchstand_shadows_in_flight", &[]).await,
            0.0
        );
    }
    for (ending, each) in [("answered", right), ("failed", failed)] {
        let labels = [("version", "good"), ("ending", ending)];
        let counted = metric(server, "switchstand_requests_total", &labels).await;
        assert_eq!(counted, 5.0 * each as f64);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_a_client_that_goes_away_leaves_its_shadow_counted() {
    let server = start().await;
    // The version that answers hangs; the one that answered before is its shadow.
    command(server, "/admin/deploy/hangs", "").await;
    command(server, "/admin/validate/hangs", "").await;
    command(server, "/admin/swap/hangs", "").await;
    let policy = "{\"scheme\": \"v1\", \"release\": \"reverse\", \
                  \"shadow\": [{\"version\": \"good\", \"share\": \"100%\"}]}";
    command(server, "/admin/release", policy).await;
    let stream = send(server, "/predict", "ana", "{\"pixels\": [1]}").await;
    let good = [("version", "good")];
    while metric(server, "switchstand_shadows_pending", &good).await == 0.0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(stream);
    settle(server, "good").await;
    let unrun = [("version", "good"), ("ending", "dropped: unrun")];
    assert_eq!(
        metric(server, "switchstand_shadows_total", &unrun).await,
        1.0
    );

    command(server, "/admin/rollback", "it hangs").await;
    let answer = ask(server, "/predict", "ana", "{\"pixels\": [1]}").await;
    assert_eq!(answer.body, "{\"digit\":1,\"version\":\"good\"}");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let server = start().await;
    for (path, unit, body, status) in [
        ("/predict", "", "{\"pixels\": [1]}", 400),
        ("/predict", "ana", "pixels", 400),
        ("/admin/deploy/unheard-of", "", "", 404),
        ("/admin/release", "", "{\"scheme\": \"v0\"}", 400),
        ("/admin/swap/hangs", "", "", 409),
        ("/admin/rollback", "", "no reason", 409),
    ] {
        let answer = ask(server, path, unit, body).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
    }
}
