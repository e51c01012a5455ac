//! Shadows of calls of any method, and what their log says (S1, S6).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation ends a test"
)]

use std::sync::{Arc, Mutex};

use switchstand::{
    AsyncModel, Batch, Model, Observer, Policy, Router, Share, Ticket,
    outcomes::WiringFault,
    shadow::{Comparison, Pair, ShadowOutcome, ShadowRun},
};

/// A model with a method of its own beside `predict`.
struct Ranker(u64);

impl Ranker {
    fn rank(&self, items: &[u64]) -> Result<u64, String> {
        match items {
            [] => Err("no items".to_owned()),
            [13, ..] => panic!("this model is superstitious"),
            [first, ..] => Ok(first + self.0),
        }
    }
}

impl Model for Ranker {
    type Input = u64;
    type Output = bool;
    type Error = ();

    fn predict(&self, input: &u64) -> Result<bool, ()> {
        Ok(*input == self.0)
    }
}

impl AsyncModel for Ranker {
    type Input = Vec<u64>;
    type Output = u64;
    type Error = String;

    async fn predict(&self, items: &Vec<u64>) -> Result<u64, String> {
        self.rank(items)
    }
}

/// Keeps the pairs that it is shown.
#[derive(Default)]
struct Pairs(Mutex<Vec<[Option<u64>; 2]>>);

impl Comparison<u64, String> for Pairs {
    type Projection = Option<u64>;

    fn project(&self, answer: &Result<u64, String>) -> Option<u64> {
        answer.as_ref().ok().copied()
    }

    fn compare(&self, pair: Pair<'_, Option<u64>>) {
        self.0.lock().unwrap().push([*pair.primary, *pair.shadow]);
    }
}

/// Keeps how shadows ended, and what was kept of both answers.
#[derive(Default)]
struct Log(Mutex<Vec<Told>>);

/// How a shadow ended, with the excerpts of the primary's answer and its own.
type Told = (ShadowOutcome, [Option<Vec<u8>>; 2]);

impl Observer for Log {
    fn shadow(&self, run: &ShadowRun<'_>) {
        let excerpts = [&run.primary_excerpt, &run.excerpt];
        let kept = excerpts.map(|excerpt| excerpt.as_deref().map(<[u8]>::to_vec));
        self.0.lock().unwrap().push((run.outcome, kept));
    }
}

fn shadowed(pairs: &Arc<Pairs>, log: &Arc<Log>) -> Router<Ranker> {
    let router = Router::builder("ranker")
        .comparison_of_calls(Arc::clone(pairs))
        .excerpt_of_calls(|items: &Vec<u64>, answer: &Result<u64, String>| {
            format!("{items:?} {answer:?}").into_bytes()
        })
        .observer(Arc::clone(log))
        .build("v1", Ranker(0))
        .unwrap();
    router.deploy("v2", Ranker(1)).unwrap();
    router
        .release(Policy::shadow("look", "v2", Share::ALL))
        .unwrap();
    router
}

fn run_all(mut ticket: Ticket<Ranker>, items: &[u64]) {
    while let Some(task) = ticket.shadow_task(|| items.to_vec()) {
        task.run_with(|ranker, items| ranker.rank(items));
    }
}

#[test]
fn s6_a_shadow_of_any_method_is_compared_with_the_call() {
    let (pairs, log) = (Arc::<Pairs>::default(), Arc::<Log>::default());
    let router = shadowed(&pairs, &log);
    for items in [&[7, 3][..], &[]] {
        let mut ticket = router.admit("ana");
        let _ = ticket.call(|ranker| ranker.rank(items));
        run_all(ticket, items);
    }
    assert_eq!(*pairs.0.lock().unwrap(), [[Some(7), Some(8)], [None, None]]);
    // A method that awaits is run the same way.
    let mut ticket = router.admit("ana");
    let _ = ticket.call(|ranker| ranker.rank(&[9]));
    let task = ticket.shadow_task(|| vec![9]).unwrap();
    super::shadow::asynchronous::ready(
        task.run_async_with(|ranker, items| Box::pin(AsyncModel::predict(ranker, items))),
    );
    assert_eq!(pairs.0.lock().unwrap()[2], [Some(9), Some(10)]);
    assert_eq!(router.wiring(), []);
}

#[test]
fn s6_a_shadow_of_a_unit_of_a_batch_is_compared_with_what_that_unit_was_answered() {
    let (pairs, log) = (Arc::<Pairs>::default(), Arc::<Log>::default());
    let router = shadowed(&pairs, &log);
    let mut batch = Batch::new();
    router.partition(["ana", "ben", "cho"], &mut batch);
    for unit in [0, 2] {
        let items = vec![unit as u64];
        assert!(batch.answered(unit, &Ranker(0).rank(&items)));
        let task = batch.shadow_task(unit, || items).unwrap();
        task.run_with(|ranker, items| ranker.rank(items));
    }
    batch.clear();
    let seen = [[Some(0), Some(1)], [Some(2), Some(3)]];
    assert_eq!(*pairs.0.lock().unwrap(), seen);
    let counts = router.shadow_counts("v2").unwrap();
    // The third unit was given up, and its shadow with it.
    assert_eq!(
        (counts.sampled(), counts.run(), counts.dropped()),
        (3, 2, 1)
    );
    assert_eq!((counts.pending(), router.in_flight("v2")), (0, Some(0)));
}

#[test]
fn s2_a_panic_of_any_method_is_contained() {
    let (pairs, log) = (Arc::<Pairs>::default(), Arc::<Log>::default());
    let router = shadowed(&pairs, &log);
    let mut ticket = router.admit("ana");
    let _ = ticket.call(|_| Ok::<u64, String>(1));
    run_all(ticket, &[13]);
    let counts = router.shadow_counts("v2").unwrap();
    assert_eq!(counts.ended(ShadowOutcome::Panicked), 1);
    assert_eq!(router.shadows_in_flight(), 0);
}

#[test]
fn an_answer_that_nothing_compares_is_counted_and_named() {
    let (pairs, log) = (Arc::<Pairs>::default(), Arc::<Log>::default());
    let router = shadowed(&pairs, &log);
    let mut ticket = router.admit("ana");
    // Its types are others than those of the comparison.
    let _ = ticket.call(|_| Ok::<(), ()>(()));
    run_all(ticket, &[1]);
    assert!(pairs.0.lock().unwrap().is_empty());
    let wiring = router.wiring();
    assert_eq!(wiring.len(), 1, "{wiring:?}");
    assert_eq!(wiring[0].fault, WiringFault::NotComparable);
    assert_eq!(wiring[0].times, 1);
    // Without a comparison there is nothing wired wrong.
    let plain = Router::new("ranker", "v1", Ranker(0)).unwrap();
    plain.deploy("v2", Ranker(1)).unwrap();
    plain
        .release(Policy::shadow("look", "v2", Share::ALL))
        .unwrap();
    let mut ticket = plain.admit("ana");
    let _ = ticket.call(|_| Ok::<(), ()>(()));
    run_all(ticket, &[1]);
    assert_eq!(plain.wiring(), []);
}

#[test]
fn the_log_alone_says_what_both_answered() {
    let (pairs, log) = (Arc::<Pairs>::default(), Arc::<Log>::default());
    let router = shadowed(&pairs, &log);
    let mut ticket = router.admit("ana");
    let items = vec![7, 3];
    let _ = ticket.call_with(items.clone(), |ranker, items| ranker.rank(&items));
    run_all(ticket, &items);
    // Who goes away before the answer leaves no excerpt.
    drop(router.admit("ben"));
    let told = log.0.lock().unwrap();
    let primary = Some(b"[7, 3] Ok(7)".to_vec());
    let shadow = Some(b"[7, 3] Ok(8)".to_vec());
    assert_eq!(told[0], (ShadowOutcome::Answered, [primary, shadow]));
    assert_eq!(told[1].1, [None, None]);
}
