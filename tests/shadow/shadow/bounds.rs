//! Budget, permit, deadline, queue (S3 to S5).

use core::{num::NonZeroUsize, time::Duration};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use switchstand::{
    Model, Policy, Router, Share, Timestamp,
    shadow::{DropReason, ShadowBudget, ShadowOutcome, ShadowQueue},
};

use super::faults::{Does, Faulty, Input, assert_only, built, counts, dropped, router};

fn limited(budget: u32) -> Router<Faulty> {
    let budget = ShadowBudget::in_flight(budget);
    let builder = Router::builder("test").shadow_budget(budget);
    built(builder, Does::Answer, Does::Answer)
}

#[test]
fn s3_no_more_shadows_are_in_flight_than_the_budget_allows() {
    let router = limited(3);
    let mut held = Vec::new();
    for value in 0..10 {
        held.extend(router.predict(value, &Input::new(value)).shadows);
        assert_eq!(router.shadows_in_flight(), held.len());
    }
    assert_eq!(held.len(), 3);
    let now = counts(&router);
    assert_eq!((now.sampled(), now.pending()), (10, 3));
    assert_eq!(now.ended(dropped(DropReason::NoPermit)), 7);
    held.pop().unwrap().run();
    assert_eq!(router.predict("ana", &Input::new(11)).shadows.len(), 1);
}

#[test]
fn s4_the_input_is_not_cloned_without_a_permit() {
    let input = Input::new(1);
    let router = limited(0);
    assert!(router.predict("ana", &input).shadows.is_empty());
    let mut ticket = router.admit("ana");
    assert!(ticket.shadow_task(|| input.clone()).is_none());
    assert_eq!(input.clones(), 0);
    assert_only(&router, dropped(DropReason::NoPermit), 2);
}

#[test]
fn s4_the_input_is_not_cloned_where_nothing_was_sampled() {
    let router = limited(5);
    router
        .release(Policy::shadow("off", "v2", Share::NONE))
        .unwrap();
    let input = Input::new(1);
    assert!(router.predict("ana", &input).shadows.is_empty());
    assert_eq!((input.clones(), counts(&router).sampled()), (0, 0));
}

#[test]
fn s4_a_sampled_shadow_costs_one_clone() {
    let router = limited(5);
    let input = Input::new(1);
    let served = router.predict("ana", &input);
    assert_eq!(input.clones(), 1);
    served.shadows.into_iter().for_each(|task| task.run());
    assert_eq!(input.clones(), 1);
}

#[test]
fn s5_a_shadow_past_its_deadline_is_not_started() {
    let router = limited(5);
    let deadline = Timestamp::from_secs(10);
    let due = |unit: &str| {
        let task = router.predict(unit, &Input::new(1)).shadows.pop().unwrap();
        task.due(deadline)
    };
    let late = due("ana").start(deadline.after(Duration::from_nanos(1)));
    assert!(late.is_none());
    assert_only(&router, dropped(DropReason::Deadline), 1);
    let in_time = due("bob").start(deadline);
    in_time.unwrap().run();
    assert_eq!(counts(&router).ended(ShadowOutcome::Answered), 1);
}

#[test]
fn s5_a_queue_skips_and_counts_what_is_late() {
    let router = limited(5);
    let queue = ShadowQueue::new(NonZeroUsize::new(5).unwrap());
    for (value, deadline) in [(1, 5), (2, 20), (3, 6), (4, 20)] {
        let task = router.predict(value, &Input::new(value)).shadows.pop();
        queue.push(task.unwrap().due(Timestamp::from_secs(deadline)));
    }
    while let Some(task) = queue.pop(Timestamp::from_secs(10)) {
        task.run();
    }
    let counts = counts(&router);
    assert_eq!(counts.ended(dropped(DropReason::Deadline)), 2);
    assert_eq!(counts.ended(ShadowOutcome::Answered), 2);
    assert_eq!(counts.pending(), 0);
}

#[test]
fn s3_a_full_queue_drops_the_newest_and_counts_it() {
    let router = limited(100);
    let queue = ShadowQueue::new(NonZeroUsize::new(4).unwrap());
    let push = |value: u64| {
        let task = router.predict(value, &Input::new(value)).shadows.pop();
        queue.push(task.unwrap());
    };
    (0..10).for_each(push);
    let full = counts(&router);
    assert_eq!(full.ended(dropped(DropReason::QueueFull)), 6);
    assert_eq!(full.pending(), 4);
    assert_eq!(router.shadows_in_flight(), 4);
    queue.pop(Timestamp::default()).unwrap().run();
    push(10);
    drop(queue);
    let empty = counts(&router);
    assert_eq!(empty.ended(dropped(DropReason::Unrun)), 4);
    assert_eq!((empty.run(), empty.pending()), (1, 0));
}

#[test]
fn s3_a_dropped_ticket_is_counted_as_unrun() {
    let router = router(Does::Answer, Does::Answer);
    drop(router.admit("ana"));
    let mut ticket = router.admit("bob");
    ticket.predict_blocking(&Input::new(1)).unwrap();
    drop(ticket);
    drop(router.predict("eve", &Input::new(1)));
    assert_only(&router, dropped(DropReason::Unrun), 3);
}

#[test]
fn s3_a_primary_that_panics_leaves_its_shadows_counted() {
    let router = router(Does::Panic, Does::Answer);
    let request = || router.predict("ana", &Input::new(1)).answer.is_ok();
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(request));
    assert!(unwound.is_err());
    assert_only(&router, dropped(DropReason::Unrun), 1);
}

/// A block of memory that is counted while it is held.
struct Block {
    held: Arc<AtomicUsize>,
    _bytes: Vec<u8>,
}

impl Block {
    fn new(held: &Arc<AtomicUsize>) -> Block {
        held.fetch_add(1, Ordering::SeqCst);
        Block {
            held: Arc::clone(held),
            _bytes: vec![0; 1 << 16],
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        self.held.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Large(Arc<AtomicUsize>);

/// An input whose copies hold memory.
struct Payload(
    #[expect(dead_code, reason = "what it holds is counted when it is dropped")] Option<Block>,
    Arc<AtomicUsize>,
);

impl Clone for Payload {
    fn clone(&self) -> Payload {
        Payload(Some(Block::new(&self.1)), Arc::clone(&self.1))
    }
}

impl Model for Large {
    type Input = Payload;
    type Output = Block;
    type Error = String;

    fn predict(&self, _: &Payload) -> Result<Block, String> {
        Ok(Block::new(&self.0))
    }
}

#[test]
fn s3_shadows_that_allocate_hold_no_more_than_the_budget() {
    let held = Arc::new(AtomicUsize::new(0));
    let router = Router::builder("test")
        .shadow_budget(ShadowBudget::in_flight(8))
        .build("v1", Large(Arc::default()))
        .unwrap();
    router.deploy("v2", Large(Arc::clone(&held))).unwrap();
    router
        .release(Policy::shadow("look", "v2", Share::ALL))
        .unwrap();
    let input = Payload(None, Arc::clone(&held));
    let mut waiting = Vec::new();
    for unit in 0..1_000u64 {
        waiting.extend(router.predict(unit, &input).shadows);
        assert!(held.load(Ordering::SeqCst) <= 8);
    }
    assert_eq!(held.load(Ordering::SeqCst), 8);
    waiting.into_iter().for_each(|task| task.run());
    assert_eq!(held.load(Ordering::SeqCst), 0);
    let counts = counts(&router);
    assert_eq!((counts.run(), counts.pending()), (8, 0));
    assert_eq!(counts.ended(dropped(DropReason::NoPermit)), 992);
}
