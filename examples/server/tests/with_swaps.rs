//! Clients of every kind, while versions come and go under load.

use core::future::pending;
use std::{
    collections::BTreeMap,
    io::{self, Write},
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use switchstand::AsyncModel;
use tokio::task::JoinSet;

use crate::{
    Fault, Log, Pixels, Reader, Settings,
    tests::{
        client::{Client, FAILS, Kind, PANICS, REFUSED, SLOW},
        http::{ask, begin_for_good, sum},
    },
};

const CLIENTS: usize = 16;

/// Reads the first pixel; some images it never reads, fails at or refuses.
struct Version;

impl AsyncModel for Version {
    type Input = Pixels;
    type Output = u32;
    type Error = Fault;

    async fn predict(&self, pixels: &Pixels) -> Result<u32, Fault> {
        let value = pixels.first().copied().unwrap_or_default();
        match value {
            SLOW => pending().await,
            FAILS => Err(Fault::Failed("out of memory".to_owned())),
            PANICS => std::panic::resume_unwind(Box::new("a bug")),
            REFUSED => Err(Fault::Refused("no image".to_owned())),
            value => Ok(value as u32),
        }
    }

    fn refuses(&self, fault: &Fault) -> bool {
        fault.is_refusal()
    }
}

fn load(version: &str) -> Option<Reader> {
    let is_known = version.starts_with('v');
    is_known.then(|| Box::new(Version) as Reader)
}

/// The server's own log, in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Swaps to a new version again and again, accepts it or takes it back, and frees the old one.
async fn swap(server: SocketAddr, swaps: usize, done: Arc<AtomicUsize>) {
    let order = async |path: String, body: &str| {
        let answer = ask(server, &path, "operator", body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    };
    let mut live = "v0".to_owned();
    for swap in 1..=swaps {
        let new = format!("v{swap}");
        order(format!("/admin/deploy/{new}"), "").await;
        order(format!("/admin/validate/{new}"), "").await;
        let canary = json!({
            "scheme": "v1", "release": format!("r-{swap}"),
            "canary": { "version": new, "share": "30%" },
            "shadow": [{ "version": live, "share": "10%" }],
        });
        order("/admin/release".to_owned(), &canary.to_string()).await;
        order(format!("/admin/swap/{new}"), "").await;
        let old = if swap % 3 == 0 {
            order("/admin/rollback".to_owned(), "only a test").await;
            new
        } else {
            order("/admin/accept".to_owned(), "").await;
            std::mem::replace(&mut live, new)
        };
        // Its last requests end within the time-out.
        for round in 0.. {
            let freed = ask(server, &format!("/admin/reclaim/{old}"), "operator", "").await;
            if freed.status == 200 {
                break;
            }
            assert!(
                freed.body.contains("in use") && round < 2_000,
                "{}",
                freed.body
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        done.store(swap, Ordering::Relaxed);
    }
}

async fn under_load(requests: u32, swaps: usize) {
    let lines = Lines::default();
    let log = Log::to(lines.clone());
    let mut settings = Settings::new("v0", load);
    settings.patience = Duration::from_millis(1);
    settings.log = Some(log.clone());
    let server = begin_for_good(settings).await;

    let (next, swapped) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicUsize::new(0)));
    let swapping = tokio::spawn(swap(server, swaps, Arc::clone(&swapped)));
    let is_swapping = Arc::new(AtomicBool::new(true));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (next, is_swapping) = (Arc::clone(&next), Arc::clone(&is_swapping));
        clients.spawn(async move {
            let (mut client, mut answers) = (Client::new(server), Vec::new());
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                // The load lasts as long as the swaps do.
                if number >= requests && !is_swapping.load(Ordering::Relaxed) {
                    return answers;
                }
                answers.push((number, client.ask(number).await));
            }
        });
    }
    swapping.await.unwrap();
    is_swapping.store(false, Ordering::Relaxed);
    let answers: BTreeMap<u32, _> = clients.join_all().await.into_iter().flatten().collect();
    assert!(answers.len() >= requests as usize);
    assert_eq!(swapped.load(Ordering::Relaxed), swaps);

    // Those whose clients are gone end when the server has noticed it.
    let metrics = loop {
        let text = ask(server, "/metrics", "", "").await.body;
        if sum(&text, "switchstand_in_flight", &[]) == 0.0 {
            break text;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    tokio::task::spawn_blocking(move || log.flush())
        .await
        .unwrap();
    let text = lines.0.lock().unwrap().clone();
    let mut logged = BTreeMap::<String, Vec<Value>>::new();
    let mut count = 0;
    for line in text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let record: Value = serde_json::from_slice(line).unwrap();
        if record["record"] == "outcome" {
            count += 1;
            let unit = record["unit"].as_str().unwrap().to_owned();
            logged.entry(unit).or_default().push(record);
        }
    }
    assert_eq!(sum(&metrics, "switchstand_log_lines_lost", &[]), 0.0);
    assert_eq!(
        sum(&metrics, "switchstand_requests_total", &[]) as usize,
        count
    );

    let mut kinds = BTreeMap::<Kind, usize>::new();
    for (number, answer) in answers {
        let kind = Kind::of(number);
        let outcomes = logged.remove(&format!("u-{number}")).unwrap_or_default();
        *kinds.entry(kind).or_default() += 1;
        match (kind.expected(), answer) {
            ((Some(status), ending), Some((found, body))) => {
                assert_eq!(found, status, "{number}, {kind:?}: {body}");
                let expected: Vec<_> = ending.into_iter().collect();
                let endings: Vec<_> = outcomes
                    .iter()
                    .map(|it| it["ending"].as_str().unwrap())
                    .collect();
                if kind == Kind::StreamsAndHangsUp {
                    assert_eq!(endings.len(), 1, "{number}: {outcomes:?}");
                    assert!(["given_up", "failed"].contains(&endings[0]), "{outcomes:?}");
                } else {
                    assert_eq!(endings, expected, "{number}, {kind:?}: {outcomes:?}");
                }
                if kind == Kind::Streams {
                    let last = body.rsplit("event: end").next().unwrap();
                    let version = outcomes[0]["answered_by"].as_str().unwrap();
                    assert!(last.contains(&format!("data: {version}\n")), "{body}");
                    assert_eq!(body.matches("event: digit").count(), 3, "{body}");
                }
                if kind == Kind::Good {
                    let answer: Value = serde_json::from_str(&body).unwrap();
                    assert_eq!(answer["digit"], number % 1_000);
                    assert_eq!(
                        answer["version"], outcomes[0]["answered_by"],
                        "{outcomes:?}"
                    );
                }
            }
            ((None, _), _) => assert!(outcomes.len() <= 1, "{number}, {kind:?}: {outcomes:?}"),
            (_, None) => panic!("{number}, {kind:?}: no response"),
        }
        assert!(
            kind != Kind::HangsUpEarly || outcomes.is_empty(),
            "{outcomes:?}"
        );
    }
    assert!(
        logged.is_empty(),
        "outcomes of requests that nobody sent: {logged:?}"
    );
    assert_eq!(kinds.len(), 13, "every kind was there: {kinds:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o1_e3_each_response_has_one_outcome_in_the_log_while_versions_come_and_go() {
    under_load(1_000, 25).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes of CPU in the debug profile"]
async fn o1_e3_each_of_100_000_responses_has_one_outcome_while_versions_come_and_go() {
    under_load(100_000, 200).await;
}
