//! A shadow that has ended holds nothing, and what it held harms nobody (S2, S3).

use std::sync::{Arc, Mutex, OnceLock};

use switchstand::{
    Observer, Policy, Router, Share, Timestamp,
    shadow::{Comparison, DropReason, Pair, ShadowOutcome, ShadowRun},
};

use super::faults::{Answer, Does, Faulty, Input, Log, built, counts, dropped};

/// What cannot be dropped in peace.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a destructor panics");
    }
}

struct KeepsBombs;

impl Comparison<Answer, String> for KeepsBombs {
    type Projection = Bomb;

    fn project(&self, _: &Result<Answer, String>) -> Bomb {
        Bomb
    }

    fn compare(&self, _: Pair<'_, Bomb>) {}
}

#[test]
fn s2_a_projection_that_cannot_be_dropped_does_not_harm_the_request() {
    let builder = Router::builder("test").comparison(Arc::new(KeepsBombs));
    let router = built(builder, Does::Answer, Does::Answer);
    let input = Input::new(1);
    // The ticket is the last to hold the projection: no shadow was taken, or it has run.
    for is_run in [false, true] {
        let mut ticket = router.admit("ana");
        assert_eq!(ticket.predict_blocking(&input).unwrap().value, 1);
        if is_run {
            ticket.shadow_task(|| input.clone()).unwrap().run();
        }
        drop(ticket);
    }
    let counts = counts(&router);
    assert_eq!(counts.ended(dropped(DropReason::Unrun)), 1);
    assert_eq!((counts.run(), counts.pending()), (1, 0));
}

#[test]
fn s2_a_shadow_that_outlives_its_router_and_cannot_be_dropped_does_not_harm_the_request() {
    let log = Arc::new(Log::default());
    let router = Router::builder("test")
        .observer(Arc::clone(&log))
        .build("v1", None)
        .unwrap();
    router.deploy("v2", Some(Bomb)).unwrap();
    router.deploy("v3", Some(Bomb)).unwrap();
    let both = Policy::shadow("look", "v2", Share::ALL).with_shadow("v3", Share::ALL);
    router.release(both).unwrap();
    let ticket = router.admit("ana");
    drop(router);
    drop(ticket);
    let unrun = |version: &str| (version.to_owned(), dropped(DropReason::Unrun));
    assert_eq!(*log.shadows.lock().unwrap(), ["v2", "v3"].map(unrun));
}

/// Looks, whenever a shadow is said to have ended, how many leases are held on its version.
#[derive(Default)]
struct Looks {
    router: OnceLock<Router<Faulty>>,
    seen: Mutex<Vec<(ShadowOutcome, usize)>>,
}

impl Observer for Looks {
    fn shadow(&self, run: &ShadowRun<'_>) {
        if let Some(router) = self.router.get() {
            let held = router.in_flight(&run.shadow).unwrap();
            self.seen.lock().unwrap().push((run.outcome, held));
        }
    }
}

#[test]
fn s3_a_shadow_holds_no_lease_when_it_is_said_to_have_ended() {
    let looks = Arc::new(Looks::default());
    let builder = Router::builder("test").observer(Arc::clone(&looks));
    let router = built(builder, Does::Answer, Does::Answer);
    assert!(looks.router.set(router.clone()).is_ok());
    let input = Input::new(1);
    let task = || router.admit("ana").shadow_task(|| input.clone()).unwrap();
    let past = Timestamp::from_secs(1);

    task().run();
    drop(task());
    assert!(task().due(past).start(Timestamp::from_secs(2)).is_none());
    drop(router.admit("ana"));
    let no_input = router
        .admit("ana")
        .shadow_task(|| -> Input { panic!("no input") });
    assert!(no_input.is_none());

    let unrun = dropped(DropReason::Unrun);
    let late = dropped(DropReason::Deadline);
    let (ran, panicked) = (ShadowOutcome::Answered, ShadowOutcome::Panicked);
    let expected = [ran, unrun, late, unrun, panicked].map(|outcome| (outcome, 0));
    assert_eq!(*looks.seen.lock().unwrap(), expected);
}
