//! Batches before and behind the router.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::Duration,
};

use serde_json::json;
use switchstand::{Ending, Policy, Router, Share, UnitKey};
use tokio::task::JoinSet;

use crate::{
    Fault, Pixels, Reader,
    batcher::{
        Limits, ReadsMany,
        before::{Batcher, Many},
        behind::Actor,
    },
};

const LIMITS: Limits = Limits {
    size: 1_000,
    wait: Duration::from_millis(100),
};

/// Adds a number to the first pixel, remembers the sizes of its batches, and fails as it is told.
#[derive(Clone)]
struct Adding {
    number: u32,
    batches: Arc<Mutex<Vec<usize>>>,
    /// Of the images that it cannot read: those that leave this remainder by 5.
    fails: Option<u32>,
}

impl Adding {
    fn new(number: u32, fails: Option<u32>) -> Adding {
        let batches = Arc::default();
        Adding {
            number,
            batches,
            fails,
        }
    }

    fn sizes(&self) -> Vec<usize> {
        self.batches.lock().unwrap().clone()
    }
}

impl ReadsMany for Adding {
    fn read_many(&self, images: &[&Pixels]) -> Vec<Result<u32, Fault>> {
        self.batches.lock().unwrap().push(images.len());
        let read = |image: &&Pixels| {
            let value = image.first().map_or(0, |value| *value as u32);
            match (self.fails == Some(value % 5), value % 7) {
                (true, _) => Err(Fault::Failed(format!("cannot read {value}"))),
                (false, 6) => Err(Fault::Refused(format!("{value} is no image"))),
                _ => Ok(value + self.number),
            }
        };
        images.iter().map(read).collect()
    }
}

fn policy(text: serde_json::Value) -> Policy {
    serde_json::from_value(text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o1_each_unit_of_a_batch_has_its_own_version_answer_and_ending() {
    let (old, new, unseen) = (
        Adding::new(100, None),
        Adding::new(200, Some(3)),
        Adding::new(300, None),
    );
    let router = Router::<Many>::new("test", "old", Arc::new(old.clone())).unwrap();
    router.deploy("new", Arc::new(new.clone())).unwrap();
    router.deploy("unseen", Arc::new(unseen.clone())).unwrap();
    router.validate("new", |_| Ok::<_, String>(())).unwrap();
    let half = policy(json!({
        "scheme": "v1", "release": "batches",
        "canary": { "version": "new", "share": "50%" },
        "shadow": [{ "version": "unseen", "share": "100%" }],
    }));
    router.release(half).unwrap();
    let batcher = Batcher::start(router.clone(), LIMITS, 1_000);

    let mut asked = JoinSet::new();
    for user in 0..120_u32 {
        let batcher = batcher.clone();
        asked.spawn(async move {
            let unit = UnitKey::U64(user.into());
            (user, batcher.read(unit, vec![user as f32]).await.unwrap())
        });
    }
    let mut expected = HashMap::<(String, Ending), u64>::new();
    for (user, (answer, version)) in asked.join_all().await {
        let drawn = router
            .label(router.route(u64::from(user)).version())
            .unwrap()
            .to_owned();
        assert_eq!(version, drawn, "the version of the draw");
        let (number, fails) = if drawn == "new" {
            (200, true)
        } else {
            (100, false)
        };
        let ending = match (fails && user % 5 == 3, user % 7) {
            (true, _) => Ending::Failed,
            (false, 6) => Ending::Refused,
            _ => Ending::Answered,
        };
        match answer {
            Ok(read) => assert_eq!((read, ending), (user + number, Ending::Answered)),
            Err(fault) => assert_eq!(fault.is_refusal(), ending == Ending::Refused),
        }
        *expected.entry((drawn, ending)).or_default() += 1;
    }
    // The last batch is told of after its answers.
    while ["old", "new"]
        .iter()
        .any(|it| router.in_flight(it) != Some(0))
        || router.shadow_counts("unseen").unwrap().pending() > 0
    {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for version in ["old", "new"] {
        let counts = router.outcomes(version).unwrap();
        for ending in Ending::ALL {
            let expected = expected.get(&(version.to_owned(), ending)).copied();
            assert_eq!(
                counts.ended(ending),
                expected.unwrap_or(0),
                "{version} {ending}"
            );
        }
    }
    // One call for each version and batch, not one for each unit.
    let calls = (old.sizes().len(), new.sizes().len());
    assert!(calls.0 <= 12 && calls.1 <= 12, "{calls:?}");
    assert_eq!(old.sizes().iter().chain(&new.sizes()).sum::<usize>(), 120);
    // What was not answered at all has nothing to be compared with, and its shadow is unrun.
    let shadows = router.shadow_counts("unseen").unwrap();
    assert_eq!(shadows.sampled(), 120);
    let refused: u64 = ["old", "new"]
        .iter()
        .filter_map(|it| expected.get(&((*it).to_owned(), Ending::Refused)))
        .sum();
    assert_eq!(shadows.run(), 120 - refused);
}

/// A model that waits until it is let go on, or panics.
struct Stopped(Mutex<Receiver<bool>>);

impl ReadsMany for Stopped {
    fn read_many(&self, images: &[&Pixels]) -> Vec<Result<u32, Fault>> {
        let goes_on = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .recv();
        assert_eq!(goes_on, Ok(true), "it was told to panic");
        vec![Ok(1); images.len()]
    }
}

fn stopped() -> (SyncSender<bool>, Stopped) {
    let (go_on, waits) = sync_channel(100);
    (go_on, Stopped(Mutex::new(waits)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o1_a_model_that_panics_fails_its_batch_and_not_the_next_one() {
    let (go_on, model) = stopped();
    let router = Router::<Many>::new("test", "old", Arc::new(model)).unwrap();
    let batcher = Batcher::start(router.clone(), Limits { size: 2, ..LIMITS }, 10);
    go_on.send(false).unwrap();
    let both = tokio::join!(
        batcher.read(UnitKey::U64(1), vec![1.0]),
        batcher.read(UnitKey::U64(2), vec![2.0]),
    );
    assert!(both.0.unwrap().0.is_err() && both.1.unwrap().0.is_err());
    go_on.send(true).unwrap();
    assert!(matches!(
        batcher.read(UnitKey::U64(3), vec![3.0]).await,
        Ok((Ok(1), _))
    ));
    while router.in_flight("old") != Some(0) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let counts = router.outcomes("old").unwrap();
    assert_eq!(
        (counts.ended(Ending::Failed), counts.ended(Ending::Answered)),
        (2, 1)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o1_behind_the_router_a_batch_is_of_one_version_and_each_request_ends_once() {
    let (old, new) = (Adding::new(100, None), Adding::new(200, Some(3)));
    let actor = |model: &Adding| -> Reader { Box::new(Actor::start(model.clone(), LIMITS, 1_000)) };
    let router = Router::new("test", "old", actor(&old)).unwrap();
    router.deploy("new", actor(&new)).unwrap();
    router.validate("new", |_| Ok::<_, String>(())).unwrap();
    let half = Policy::canary("batches", "new", Share::percent(50).unwrap());
    router
        .release(half.on_error(switchstand::OnError::Live))
        .unwrap();

    let answered = Arc::new(AtomicU64::new(0));
    let mut asked = JoinSet::new();
    for user in 0..120_u64 {
        let (router, answered) = (router.clone(), Arc::clone(&answered));
        asked.spawn(async move {
            match router.admit(user).predict(&vec![user as f32]).await {
                Ok(_) => answered.fetch_add(1, Ordering::Relaxed),
                Err(fault) => {
                    assert!(
                        fault.is_refusal(),
                        "the live version steps in for what fails"
                    );
                    0
                }
            };
        });
    }
    asked.join_all().await;
    let counts = ["old", "new"].map(|version| router.outcomes(version).unwrap());
    let of = |ending| {
        counts
            .iter()
            .map(|counts| counts.ended(ending))
            .sum::<u64>()
    };
    assert_eq!(
        of(Ending::Answered) + of(Ending::Failed) + of(Ending::Refused),
        120
    );
    assert!(counts[1].ended(Ending::Failed) > 0 && counts[0].ended(Ending::Failed) == 0);
    assert!(
        old.sizes().len() + new.sizes().len() <= 24,
        "{:?} {:?}",
        old.sizes(),
        new.sizes()
    );
    // The old one has read the requests of the new one that failed, too.
    let read = old.sizes().iter().sum::<usize>() as u64;
    assert_eq!(read, counts[0].admitted() + counts[1].ended(Ending::Failed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o1_behind_the_router_time_outs_and_full_queues_are_the_version_s() {
    let (go_on, model) = stopped();
    let actor: Reader = Box::new(Actor::start(model, Limits { size: 1, ..LIMITS }, 1));
    let router = Router::new("test", "old", actor).unwrap();
    let patience = Duration::from_millis(100);
    let ask = async |user: u64| {
        let mut ticket = router.admit(user);
        tokio::time::timeout(patience, ticket.predict(&vec![1.0])).await
    };
    // The first is being read, the second waits in the queue, the third finds it full.
    let (first, second) = (ask(1).await, ask(2).await);
    assert!(first.is_err() && second.is_err(), "given up");
    let third = ask(3).await.unwrap();
    assert!(third.unwrap_err().to_string().contains("too many"));
    for _ in 0..2 {
        go_on.send(true).unwrap();
    }
    for round in 0.. {
        assert!(round < 1_000, "the queue stays full");
        match ask(4 + round).await {
            Ok(Ok(1)) => break,
            Ok(Err(_)) => tokio::time::sleep(patience).await,
            other => panic!("{other:?}"),
        }
    }
    let counts = router.outcomes("old").unwrap();
    assert_eq!(
        (
            counts.ended(Ending::GivenUp),
            counts.ended(Ending::Answered)
        ),
        (2, 1)
    );
    assert!(counts.ended(Ending::Failed) >= 1);
}
