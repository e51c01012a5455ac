//! The journal loses nothing of what a newly live version answered.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a failed expectation ends a test, and threads are what is tested"
)]

use std::{
    collections::BTreeSet,
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use switchstand::{
    Attributes, Batch, Builder, Ending, Model, OnError, Policy, Router, Share, Unit, UnitKey, attr,
    journal::{JournalCapacity, JournalCounts, JournalEnding},
    operator::Recording,
    targeting::Value,
};

/// Doubles even numbers, fails on odd ones and panics on 13.
struct Halting {
    version: u64,
    fails: bool,
}

impl Model for Halting {
    type Input = u64;
    type Output = u64;
    type Error = &'static str;

    fn predict(&self, input: &u64) -> Result<u64, &'static str> {
        assert_ne!(*input, 13, "this model is superstitious");
        if self.fails && input % 2 == 1 {
            Err("odd")
        } else {
            Ok(self.version)
        }
    }
}

fn halting(version: u64) -> Halting {
    Halting {
        version,
        fails: version == 2,
    }
}

fn builder(capacity: usize) -> Builder<Halting> {
    Router::builder("r").journal(JournalCapacity::new(capacity).unwrap())
}

fn pair(builder: Builder<Halting>) -> Router<Halting> {
    let router = builder.build("v1", halting(1)).unwrap();
    router.deploy("v2", halting(2)).unwrap();
    router.validate("v2", |_| Ok::<(), Infallible>(())).unwrap();
    router
}

fn counts(recording: &Recording) -> (u64, u64, u64) {
    let JournalCounts {
        entries,
        overflow,
        pending,
        ..
    } = recording.counts();
    (entries, overflow, pending)
}

#[test]
fn e9_what_green_answered_is_recorded_until_the_roll_back() {
    let router = pair(builder(100).excerpt(|input: &u64, _| input.to_le_bytes().to_vec()));
    router.predict("before", &0).answer.unwrap();
    assert!(router.recording().is_none());
    let swapped = router.swap("v2").unwrap();
    let recording = router.recording().unwrap();
    assert_eq!(recording.version(), "v2");
    assert_eq!(recording.generation(), swapped);
    assert_eq!(recording.seal(), None);
    router.predict("even", &2).answer.unwrap();
    router.predict("odd", &3).answer.unwrap_err();
    let panicked = catch_unwind(AssertUnwindSafe(|| router.predict("unlucky", &13)));
    assert!(panicked.is_err());
    let mut told = router.admit(7u64);
    told.excerpt(|| b"seven".to_vec());
    let silent = router.admit(8u64);
    assert_eq!(counts(&recording), (3, 0, 2));
    told.end(Ending::Answered);
    assert_eq!(counts(&recording), (4, 0, 1));

    // Rolled back while a request runs: it is pending, then an entry.
    let back = router.rollback("wrong").unwrap();
    router.predict("after", &4).answer.unwrap();
    assert!(router.recording().is_none());
    let seal = recording.seal().unwrap();
    assert_eq!(
        (seal.generation, seal.ending),
        (back, JournalEnding::RolledBack)
    );
    assert!(!recording.is_final());
    drop(silent);
    assert!(recording.is_final());
    assert_eq!(counts(&recording), (5, 0, 0));

    let handed = router.take_recordings();
    assert_eq!(handed.len(), 1);
    assert!(router.take_recordings().is_empty());
    let entries = handed[0].take();
    let units: Vec<_> = entries.iter().map(|entry| entry.unit.clone()).collect();
    let expected: [UnitKey; 5] = [
        "even".into(),
        "odd".into(),
        "unlucky".into(),
        7u64.into(),
        8u64.into(),
    ];
    assert_eq!(units, expected);
    let notes: Vec<_> = entries
        .iter()
        .map(|entry| entry.excerpt.as_deref())
        .collect();
    let [two, three] = [2u64, 3].map(u64::to_le_bytes);
    assert_eq!(
        notes,
        [Some(&two[..]), Some(&three), None, Some(b"seven"), None]
    );
    let outcomes: Vec<_> = entries.iter().map(|entry| entry.ending).collect();
    use Ending::{Answered, Failed, GivenUp};
    // Who panicked has failed.
    assert_eq!(outcomes, [Answered, Failed, Failed, Answered, GivenUp]);
    let sequences: Vec<_> = entries.iter().map(|entry| entry.sequence).collect();
    assert_eq!(sequences, [0, 1, 2, 3, 4]);
    let fingerprint = Policy::live_only("initial").fingerprint();
    for entry in &entries {
        assert_eq!(entry.generation, swapped);
        assert_eq!(entry.fingerprint, fingerprint);
    }
    // Taking entries out changes no count.
    assert_eq!(counts(&recording), (5, 0, 0));
    assert!(recording.take().is_empty());
}

#[test]
fn e9_acceptance_ends_the_recording_and_keeps_nothing() {
    let router = pair(builder(100));
    router.swap("v2").unwrap();
    let recording = router.recording().unwrap();
    router.predict("a", &2).answer.unwrap();
    // Releases in between belong to the same swap.
    router.release(Policy::live_only("other")).unwrap();
    router.predict("b", &2).answer.unwrap();
    let generation = router.accept().unwrap();
    router.predict("c", &2).answer.unwrap();
    let seal = recording.seal().unwrap();
    assert_eq!(
        (seal.generation, seal.ending),
        (generation, JournalEnding::Kept)
    );
    assert_eq!(counts(&recording), (2, 0, 0));
    assert!(router.take_recordings().is_empty());
    let entries = recording.take();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[1].generation, entries[0].generation + 1);
    assert_ne!(entries[1].fingerprint, entries[0].fingerprint);
    assert!(entries.iter().all(|entry| entry.excerpt.is_none()));
    assert_eq!(entries[0].ending, Ending::Answered);
}

#[test]
fn e9_the_requests_of_a_batch_are_recorded() {
    let router = pair(builder(100));
    let half = Policy::ab_test("half", [("v1", 1), ("v2", 1)]);
    router.swap_with("v2", half).unwrap();
    let recording = router.recording().unwrap();
    let mut batch = Batch::new();
    let units: Vec<u64> = (0..50).collect();
    router.partition(units.iter().copied(), &mut batch);
    let green: Vec<u64> = batch
        .groups()
        .filter(|(_, model, _)| model.version == 2)
        .flat_map(|(_, _, units)| units.iter().map(|unit| *unit as u64))
        .collect();
    assert!((10..40).contains(&green.len()));
    assert_eq!(counts(&recording), (0, 0, green.len() as u64));
    for unit in 0..50 {
        batch.excerpt(unit, || vec![unit as u8]);
        assert!(batch.end(unit, Ending::Answered));
    }
    batch.clear();
    assert_eq!(counts(&recording), (green.len() as u64, 0, 0));
    let entries = recording.take();
    let units: Vec<_> = entries.iter().map(|entry| entry.unit.clone()).collect();
    let expected: Vec<_> = green.iter().map(|unit| UnitKey::from(*unit)).collect();
    assert_eq!(units, expected);
    for (entry, unit) in entries.iter().zip(&green) {
        assert_eq!(entry.excerpt.as_deref(), Some(&[*unit as u8][..]));
        assert_eq!(entry.ending, Ending::Answered);
    }
}

#[test]
fn e9_rejecting_the_standby_ends_the_recording() {
    let router = pair(builder(100));
    router.swap("v2").unwrap();
    let recording = router.recording().unwrap();
    router.reject("v1", "never again").unwrap();
    assert_eq!(recording.seal().unwrap().ending, JournalEnding::Kept);
    assert!(router.recording().is_none());
}

#[test]
fn e9_only_what_green_answers_is_recorded() {
    let router = pair(builder(100));
    router
        .swap_with("v2", Policy::canary("back", "v1", Share::ALL))
        .unwrap();
    let recording = router.recording().unwrap();
    for unit in 0..10u64 {
        assert_eq!(router.predict(unit, &2).answer, Ok(1));
    }
    assert_eq!(counts(&recording), (0, 0, 0));
}

#[test]
fn e9_a_fallback_on_green_is_green_s_answer() {
    // Here the old version fails on odd inputs, and the new one steps in.
    let router = builder(100).build("v1", halting(2)).unwrap();
    router.deploy("v2", halting(1)).unwrap();
    router.validate("v2", |_| Ok::<(), Infallible>(())).unwrap();
    let policy = Policy::canary("back", "v1", Share::ALL).on_error(OnError::Live);
    router.swap_with("v2", policy).unwrap();
    let recording = router.recording().unwrap();
    let ticket = router.admit(0u64);
    assert_eq!(counts(&recording), (0, 0, 1));
    drop(ticket);
    assert_eq!(counts(&recording), (0, 0, 0));
    for input in 0..10 {
        assert_eq!(router.predict(input, &input).answer, Ok(2 - input % 2));
    }
    assert_eq!(counts(&recording), (5, 0, 0));
    let units: Vec<_> = recording.take().into_iter().map(|e| e.unit).collect();
    assert_eq!(units, [1u64, 3, 5, 7, 9].map(UnitKey::from));
}

#[test]
fn e9_overflow_is_counted_and_room_is_given_back() {
    let router = pair(builder(3));
    router.swap("v2").unwrap();
    let recording = router.recording().unwrap();
    for unit in 0..5u64 {
        router.predict(unit, &2).answer.unwrap();
    }
    assert_eq!(counts(&recording), (3, 2, 0));
    assert_eq!(recording.take().len(), 3);
    for unit in 5..9u64 {
        router.predict(unit, &2).answer.unwrap();
    }
    assert_eq!(counts(&recording), (6, 3, 0));
    assert_eq!(recording.counts().requests(), 9);
    let sequences: Vec<_> = recording.take().iter().map(|e| e.sequence).collect();
    assert_eq!(sequences, [3, 4, 5]);
    // Entries that nobody takes fill the journal until their recording is gone.
    router.predict(9u64, &2).answer.unwrap();
    router.predict(10u64, &2).answer.unwrap();
    router.rollback("wrong").unwrap();
    router.reclaim("v2").unwrap();
    router.deploy("v2", halting(2)).unwrap();
    router.validate("v2", |_| Ok::<(), Infallible>(())).unwrap();
    router.swap("v2").unwrap();
    for unit in 0..3u64 {
        router.predict(unit, &2).answer.unwrap();
    }
    assert_eq!(counts(&router.recording().unwrap()), (1, 2, 0));
    drop(recording);
    drop(router.take_recordings());
    for unit in 0..3u64 {
        router.predict(unit, &2).answer.unwrap();
    }
    assert_eq!(counts(&router.recording().unwrap()), (3, 3, 0));
}

#[test]
fn without_a_journal_there_is_no_recording() {
    let router = pair(Router::builder("r"));
    router.swap("v2").unwrap();
    assert!(router.recording().is_none());
    let mut ticket = router.admit(1u64);
    ticket.excerpt(|| panic!("nobody keeps this"));
    ticket.end(Ending::Answered);
    router.rollback("wrong").unwrap();
    assert!(router.take_recordings().is_empty());
}

#[test]
fn a_restored_open_swap_is_recorded_again() {
    let router = pair(builder(10));
    router.swap("v2").unwrap();
    let models = [("v1", halting(1)), ("v2", halting(2))];
    let restored = builder(10).restore(router.deployments(), models).unwrap();
    restored.predict(1u64, &2).answer.unwrap();
    assert_eq!(counts(&restored.recording().unwrap()), (1, 0, 0));
    restored.rollback("wrong").unwrap();
    assert_eq!(restored.take_recordings().len(), 1);
}

#[test]
fn e9_counts_agree_with_the_requests_of_many_threads() {
    let router = pair(builder(1_500));
    for round in 0..20u64 {
        let over = AtomicBool::new(false);
        let recording = thread::scope(|scope| {
            let work = |worker: u64| {
                let (router, over) = (&router, &over);
                move || {
                    let mut seen = Vec::new();
                    let mut unit = (round * 4 + worker) << 40;
                    while !over.load(Ordering::Relaxed) {
                        unit += 1;
                        let ticket = router.admit(unit);
                        if ticket.model().version == 2 {
                            seen.push((ticket.route().generation(), unit));
                        }
                    }
                    seen
                }
            };
            let workers: Vec<_> = (0..4).map(|n| scope.spawn(work(n))).collect();
            router.swap("v2").unwrap();
            let recording = router.recording().unwrap();
            // Pending may rise and fall, but what has ended never does.
            let mut ended = 0;
            while ended < 2_000 {
                let counts = recording.counts();
                assert!(counts.entries + counts.overflow >= ended);
                ended = counts.entries + counts.overflow;
                thread::yield_now();
            }
            let back = router.rollback("wrong").unwrap();
            over.store(true, Ordering::Relaxed);
            let mut answered = Vec::new();
            for worker in workers {
                answered.extend(worker.join().unwrap());
            }
            assert!(answered.iter().all(|(generation, _)| *generation < back));
            assert!(recording.is_final());
            let counts = recording.counts();
            assert_eq!(counts.requests(), answered.len() as u64);
            assert_eq!(counts.pending, 0);
            assert!(counts.overflow > 0 || counts.entries <= 1_500);
            let units: BTreeSet<_> = answered
                .iter()
                .map(|(_, unit)| UnitKey::from(*unit))
                .collect();
            let entries = recording.take();
            assert_eq!(entries.len() as u64, counts.entries);
            let recorded: BTreeSet<_> = entries.iter().map(|entry| entry.unit.clone()).collect();
            assert_eq!(recorded.len(), entries.len(), "recorded twice");
            assert!(recorded.is_subset(&units), "recorded what was not asked");
            recording
        });
        assert_eq!(recording.seal().unwrap().ending, JournalEnding::RolledBack);
        router.reclaim("v2").unwrap();
        router.deploy("v2", halting(2)).unwrap();
        router.validate("v2", |_| Ok::<(), Infallible>(())).unwrap();
    }
    assert_eq!(router.take_recordings().len(), 20);
}

#[test]
fn e9_a_request_from_within_another_is_recorded() {
    /// Publishes anew and asks the router again, while the router reads the plan before.
    struct Within<'a>(&'a Router<Halting>);

    impl Attributes for Within<'_> {
        fn get(&self, _: &str) -> Option<Value<'_>> {
            for version in ["v2", "v1"] {
                self.0.release(within(version)).unwrap();
                self.0.admit("inner").predict_blocking(&2).unwrap();
            }
            None
        }
    }

    fn within(version: &str) -> Policy {
        Policy::live_only("r")
            .with_units(version, ["inner"])
            .with_rule(attr("tier").is("internal"), "v2")
    }

    let router = pair(builder(100));
    router.swap_with("v2", within("v2")).unwrap();
    let recording = router.recording().unwrap();
    drop(router.admit("by heart"));
    let attributes = Within(&router);
    router.route(Unit::from("outer").with(&attributes));
    // One of the two within was answered by the version that the journal is about.
    assert_eq!(counts(&recording), (2, 0, 0));
    let entries = recording.take();
    let units: Vec<_> = entries.iter().map(|entry| &entry.unit).collect();
    assert_eq!(units, [&UnitKey::from("by heart"), &"inner".into()]);
}
