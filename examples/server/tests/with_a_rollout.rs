//! Roll-outs that a timer drives while clients send requests.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::Duration,
};

use serde_json::{Value, json};
use switchstand::AsyncModel;
use tokio::task::JoinSet;

use crate::{
    Fault, Pixels, Reader, Settings,
    tests::http::{ask, begin_for_good},
};

const USERS: u32 = 60;
/// How often the server's timer ticks.
pub(crate) const TICK: Duration = Duration::from_millis(20);

/// An image that takes some time to be read.
pub(crate) const SLOWLY: f32 = 1_000.0;

/// Reads a digit rightly, except for digits up to a limit.
struct WrongUpTo(u32);

impl AsyncModel for WrongUpTo {
    type Input = Pixels;
    type Output = u32;
    type Error = Fault;

    async fn predict(&self, pixels: &Pixels) -> Result<u32, Fault> {
        if pixels.first() == Some(&SLOWLY) {
            tokio::time::sleep(TICK).await;
        }
        let digit = pixels.iter().sum::<f32>() as u32 % 10;
        Ok(if digit < self.0 { digit + 1 } else { digit })
    }
}

/// Reads all digits rightly, but answers some good requests otherwise.
enum Bad {
    Refuses,
    Hangs,
    Panics,
}

impl AsyncModel for Bad {
    type Input = Pixels;
    type Output = u32;
    type Error = Fault;

    async fn predict(&self, pixels: &Pixels) -> Result<u32, Fault> {
        let user = pixels.iter().sum::<f32>() as u32;
        match self {
            Bad::Refuses if user.is_multiple_of(3) => {
                return Err(Fault::Refused("no digit".to_owned()));
            }
            Bad::Hangs if user.is_multiple_of(3) => std::future::pending().await,
            Bad::Panics if user.is_multiple_of(3) => panic!("a bug"),
            _ => {}
        }
        Ok(user % 10)
    }

    fn refuses(&self, fault: &Fault) -> bool {
        fault.is_refusal()
    }
}

pub(crate) fn load(version: &str) -> Option<Reader> {
    let bad = match version {
        "refuses" => Some(Bad::Refuses),
        "hangs" => Some(Bad::Hangs),
        "panics" => Some(Bad::Panics),
        _ => None,
    };
    if let Some(bad) = bad {
        return Some(Box::new(bad));
    }
    let limit = match version {
        "old" | "healthy" => 1,
        "harmful" => 9,
        _ => return None,
    };
    Some(Box::new(WrongUpTo(limit)))
}

pub(crate) async fn start(candidate: &str) -> SocketAddr {
    let mut settings = Settings::new("old", load);
    (settings.patience, settings.tick) = (TICK, TICK);
    let address = begin_for_good(settings).await;
    for step in ["deploy", "validate"] {
        post(address, &format!("/admin/{step}/{candidate}"), "").await;
    }
    address
}

pub(crate) async fn post(server: SocketAddr, path: &str, body: &str) -> Value {
    let response = ask(server, path, "operator", body).await;
    assert_eq!(response.status, 200, "{path}: {}", response.body);
    serde_json::from_str(&response.body).unwrap()
}

/// What a client asks for, with so long on each step.
pub(crate) fn asked(candidate: &str, dwell: &str, bake: &str) -> String {
    let body = json!({
        "policy": {
            "scheme": "v1",
            "release": "test-2026-11",
            "canary": { "version": candidate, "share": "0%" },
        },
        "schedule": {
            "ladder": ["20%", "50%", "100%"],
            "climb": { "dwell": { "time": dwell, "exposures": 5 } },
            "bake": bake,
            "bake_exposures": 5,
        },
    });
    body.to_string()
}

pub(crate) async fn release(server: SocketAddr, candidate: &str) -> Value {
    begin(server, candidate, "50ms").await
}

pub(crate) async fn begin(server: SocketAddr, candidate: &str, dwell: &str) -> Value {
    begin_with(server, &asked(candidate, dwell, dwell)).await
}

pub(crate) async fn begin_with(server: SocketAddr, asked: &str) -> Value {
    let begun = post(server, "/admin/rollout", asked).await;
    // The timer carries the first step out; a request before that is none of the release's.
    for _ in 0..500 {
        let answer = post(server, "/predict", "{\"pixels\": [1]}").await;
        let body = json!({ "unit": "operator", "route": answer["route"], "right": true });
        if post(server, "/feedback", &body.to_string()).await["counted"] == true {
            break;
        }
        tokio::time::sleep(TICK).await;
    }
    begun
}

pub(crate) async fn status(server: SocketAddr) -> Value {
    post(server, "/admin/rollout", "").await
}

/// Lets every user send a request, and returns what each got.
pub(crate) async fn serve(server: SocketAddr) -> BTreeMap<u32, Value> {
    let mut asked = JoinSet::new();
    for user in 0..USERS {
        asked.spawn(async move {
            let body = format!("{{\"pixels\": [{user}]}}");
            let response = ask(server, "/predict", &format!("user-{user}"), &body).await;
            assert_eq!(response.status, 200, "{}", response.body);
            (user, serde_json::from_str(&response.body).unwrap())
        });
    }
    asked.join_all().await.into_iter().collect()
}

/// Tells the server which answers were right, and returns how many of them count.
async fn label(server: SocketAddr, answers: BTreeMap<u32, Value>) -> usize {
    let mut counted = 0;
    for (user, answer) in answers {
        let right = answer["digit"] == user % 10;
        let body =
            json!({ "unit": format!("user-{user}"), "route": answer["route"], "right": right });
        let said = post(server, "/feedback", &body.to_string()).await;
        counted += usize::from(said["counted"] == true);
    }
    counted
}

pub(crate) fn users_of(answers: &BTreeMap<u32, Value>, version: &str) -> BTreeSet<u32> {
    let of = |(user, answer): (&u32, &Value)| (answer["version"] == version).then_some(*user);
    answers.iter().filter_map(of).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c1_a_healthy_candidate_climbs_by_the_timer_and_is_promoted() {
    let server = start("healthy").await;
    assert_eq!(release(server, "healthy").await["phase"], "ramping, step 0");
    let twice = ask(server, "/admin/rollout", "", "{\"policy\": 1}").await;
    assert_eq!(twice.status, 400, "{}", twice.body);

    // While paused nothing advances, however much evidence comes.
    let paused = post(server, "/admin/rollout/pause", "").await;
    assert_eq!(paused["paused"], json!(["paused by \"operator\""]));
    let answers = serve(server).await;
    assert!(label(server, answers).await > 0);
    tokio::time::sleep(5 * TICK).await;
    assert_eq!(status(server).await["phase"], "ramping, step 0");
    post(server, "/admin/rollout/resume", "").await;

    let mut reached = BTreeSet::new();
    for round in 0.. {
        assert!(round < 500, "{}", status(server).await);
        let before = status(server).await;
        let answers = serve(server).await;
        let now = users_of(&answers, "healthy");
        if before["phase"] != "promoted" {
            // Whoever has the new version keeps it.
            assert!(reached.is_subset(&now), "{reached:?} and {now:?}");
            reached = now;
            label(server, answers).await;
        } else {
            assert_eq!(now.len(), USERS as usize);
            break;
        }
    }
    let end = status(server).await;
    let phases: Vec<_> = end["trail"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| {
            event["change"]["advanced"]["to"]
                .as_str()
                .map(str::to_owned)
        })
        .collect();
    assert_eq!(phases, ["baking", "promoted"]);
    assert_eq!(end["share"], "100%");
    assert_eq!(end["breached"], json!({}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c4_a_harmful_candidate_is_taken_back_on_labels_that_come_late() {
    let server = start("harmful").await;
    begin(server, "harmful", "500ms").await;
    // Nobody knows yet that the answers are wrong, so the release climbs.
    let first = serve(server).await;
    let mut round = 0;
    while status(server).await["phase"] == "ramping, step 0" {
        round += 1;
        assert!(round < 500, "{}", status(server).await);
        serve(server).await;
    }
    post(server, "/admin/rollout/pause", "").await;
    let harmed = users_of(&first, "harmful");
    assert!(!harmed.is_empty() && harmed.len() < USERS as usize / 2);

    // The labels of the first step come in; they count for the share of the first step.
    assert_eq!(label(server, first).await, USERS as usize);
    let mut round = 0;
    while status(server).await["phase"] != "rolled back" {
        round += 1;
        assert!(round < 500, "{}", status(server).await);
        let answers = serve(server).await;
        label(server, answers).await;
        tokio::time::sleep(TICK).await;
    }
    let end = status(server).await;
    let cause = end["cause"].as_str().unwrap();
    assert!(
        cause.starts_with("guard \"wrong\" breached: harm: "),
        "{cause}"
    );
    assert_eq!(end["share"], "0%");

    let after = serve(server).await;
    assert_eq!(users_of(&after, "old").len(), USERS as usize);
    // What comes now counts for nothing.
    assert_eq!(label(server, after).await, 0);
    let again = release_is_refused(server).await;
    assert_eq!(again, "rejected");
}

/// Starts the rejected version's release once more, and returns the version's state.
async fn release_is_refused(server: SocketAddr) -> String {
    let refused = ask(
        server,
        "/admin/rollout",
        "",
        &asked("harmful", "50ms", "50ms"),
    )
    .await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(
        refused.body.contains("which is rejected"),
        "{}",
        refused.body
    );
    let metrics = ask(server, "/metrics", "", "").await.body;
    let state = metrics.lines().find_map(|line| {
        let line = line.strip_prefix("switchstand_version_state{version=\"harmful\",state=\"")?;
        line.strip_suffix("\"} 1")
    });
    state.unwrap_or("gone").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c4_an_abort_over_http_reaches_everybody_at_once() {
    let server = start("healthy").await;
    assert_eq!(ask(server, "/admin/rollout", "", "").await.status, 404);
    begin(server, "healthy", "1h").await;
    assert!(!users_of(&serve(server).await, "healthy").is_empty());
    let end = post(server, "/admin/rollout/abort", "pager").await;
    assert_eq!(
        (end["phase"].as_str(), end["cause"].as_str()),
        (Some("rolled back"), Some("aborted: pager (\"operator\")"))
    );
    assert!(users_of(&serve(server).await, "healthy").is_empty());
    let unheard = ask(server, "/admin/rollout/hurry", "", "").await;
    assert_eq!(unheard.status, 404);
    let feedback = ask(server, "/feedback", "", "{\"unit\": \"ana\"}").await;
    assert_eq!(feedback.status, 400);
}
