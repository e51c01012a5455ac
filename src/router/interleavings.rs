//! Model checking of the real admission: requests and operators in all interleavings.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test -p switchstand --no-default-features --lib interleavings
//! ```
//!
//! All interleavings up to loom's bounds. In each model a second ticket on the version is held.
//! Without it the operator takes back a lease that nobody holds, and then no mutation would be
//! noticed.
//!
//! If any step is left out, a test fails. Five orderings may each be weakened to `Relaxed` without
//! a failure, because a fence or a lock beside them does the same work: the first look at the
//! stamp, the second look, the stamp's publication, and the count of begun requests of a journal,
//! written and read. They stay: loom treats sequentially consistent loads and stores as acquire and
//! release, so it cannot prove that they are not needed, and on x86-64 a load or an addition costs
//! the same with them.

use std::sync::Arc;

use loom::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use super::{Router, Ticket};
use crate::{
    deployment::VersionState,
    journal::JournalCapacity,
    outcome::{Ending, OutcomeCounts},
    policy::Policy,
    share::Share,
};

/// The label and, as the model, the label again.
type Labelled = Router<&'static str>;

/// Loom's own stacks are too short for a router.
const STACK: usize = 1 << 16;

fn explore(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let model = Arc::new(model);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(move || {
        let model = Arc::clone(&model);
        spawn(move || model()).join().unwrap();
    });
}

fn spawn<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    let builder = thread::Builder::new().stack_size(STACK);
    builder.spawn(run).unwrap()
}

/// Returns a router on which everybody gets the candidate `v2`.
fn canary() -> Labelled {
    let router = Router::new("model", "v1", "v1").unwrap();
    router.deploy("v2", "v2").unwrap();
    router.validate("v2", |_| Ok::<(), ()>(())).unwrap();
    router
        .release(Policy::canary("canary", "v2", Share::ALL))
        .unwrap();
    router
}

fn admit(router: &Labelled) -> Ticket<&'static str> {
    router.admit("user-42")
}

/// Runs a request against a rejection; it remembers the snapshot in which `v2` answers.
fn request_against_rejection(then: impl Fn(&Labelled, &'static str, bool) + Send + Sync + 'static) {
    let then = Arc::new(then);
    explore(3, move || {
        let router = Arc::new(canary());
        let beside = admit(&router);
        assert_eq!(*beside.model(), "v2");
        let pin = router.pin(beside.route()).unwrap();
        let returned = Arc::new(AtomicBool::new(false));
        let request = {
            let (router, returned, then) = (
                Arc::clone(&router),
                Arc::clone(&returned),
                Arc::clone(&then),
            );
            spawn(move || {
                // From here on the thread remembers the snapshot.
                drop(admit(&router));
                let returned = returned.load(Ordering::Acquire);
                // Decided by the plan that the thread remembers, if it is still in force.
                let route = router.route_pinned("user-42", &pin);
                assert!(!returned || route.generation() == 4, "an old decision");
                let ticket = admit(&router);
                then(&router, ticket.model(), returned);
                ticket
            })
        };
        router.reject("v2", "wrong answers").unwrap();
        returned.store(true, Ordering::Release);
        let counted = router.in_flight("v2").unwrap();
        let ticket = request.join().unwrap();
        // One ticket is held throughout; a request that got the rejected version was counted, too.
        let held = 1 + usize::from(*ticket.model() == "v2");
        assert!(
            counted >= held,
            "{counted} counted, {held} hold the version"
        );
        assert_eq!(router.in_flight("v2"), Some(held), "when all is still");
        assert!(router.reclaim("v2").is_err(), "given back under a request");
        drop((beside, ticket));
        assert_eq!(router.reclaim("v2").unwrap(), "v2");
    });
}

#[test]
fn e4_e5_who_has_a_rejected_version_was_counted_when_the_rejection_returned() {
    request_against_rejection(|_, model, returned| {
        assert!(!(returned && model == "v2"), "admitted after the rejection");
    });
}

#[test]
fn e3_the_route_the_words_and_the_model_are_of_one_snapshot() {
    explore(3, || {
        let router = Arc::new(canary());
        let beside = admit(&router);
        let request = {
            let router = Arc::clone(&router);
            spawn(move || {
                drop(admit(&router));
                let ticket = admit(&router);
                let assignment = ticket.assignment();
                assert_eq!(assignment.version, *ticket.model());
                let release = match assignment.generation {
                    3 => ("canary", "v2"),
                    4 => ("freeze", "v1"),
                    other => panic!("generation {other}"),
                };
                assert_eq!((&*assignment.release, *ticket.model()), release);
            })
        };
        router.release(Policy::live_only("freeze")).unwrap();
        request.join().unwrap();
        assert_eq!(beside.assignment().release, "canary");
    });
}

#[test]
fn e5_a_model_is_given_back_when_its_requests_have_ended() {
    explore(2, || {
        let router = Arc::new(canary());
        let beside = admit(&router);
        let request = {
            let router = Arc::clone(&router);
            spawn(move || {
                let ticket = admit(&router);
                (*ticket.model() == "v2").then(|| ticket.assignment().generation)
            })
        };
        router.reject("v2", "wrong answers").unwrap();
        assert!(router.reclaim("v2").is_err(), "a ticket is held beside");
        drop(beside);
        let at_once = router.reclaim("v2").is_ok();
        request.join().unwrap();
        // Trying again succeeds, when all have ended.
        assert!(at_once || router.reclaim("v2").is_ok());
    });
}

#[test]
fn o2_whoever_sees_an_ending_sees_its_admission_and_none_is_lost() {
    explore(3, || {
        let router = Arc::new(canary());
        let beside = admit(&router);
        let request = {
            let router = Arc::clone(&router);
            spawn(move || admit(&router).end(Ending::Answered))
        };
        // Read while the request runs, and while its lease is folded into the version's counts.
        let before = router.outcomes("v2").unwrap();
        router.release(Policy::live_only("freeze")).unwrap();
        let then = router.outcomes("v2").unwrap();
        let ended = |counts: &OutcomeCounts| counts.ended(Ending::Answered);
        for counts in [&before, &then] {
            assert!(
                ended(counts) < counts.admitted(),
                "the ticket beside has not ended"
            );
        }
        assert!(ended(&before) <= ended(&then) && before.admitted() <= then.admitted());
        request.join().unwrap();
        drop(beside);
        let both = ["v1", "v2"].map(|version| router.outcomes(version).unwrap());
        let sum = |count: fn(&OutcomeCounts) -> u64| both.iter().map(count).sum::<u64>();
        assert_eq!(sum(OutcomeCounts::admitted), 2);
        assert_eq!(sum(|counts| counts.ended(Ending::Answered)), 1);
        assert_eq!(sum(|counts| counts.ended(Ending::GivenUp)), 1);
        assert_eq!(sum(OutcomeCounts::in_flight), 0);
    });
}

#[test]
fn e9_a_sealed_recording_with_nothing_pending_is_final() {
    explore(3, || {
        let router = Router::builder("model")
            .journal(JournalCapacity::new(100).unwrap())
            .build("v1", "v1")
            .unwrap();
        router.deploy("v2", "v2").unwrap();
        router.validate("v2", |_| Ok::<(), ()>(())).unwrap();
        router.swap("v2").unwrap();
        let router = Arc::new(router);
        let recording = router.recording().unwrap();
        let beside = admit(&router);
        let request = {
            let router = Arc::clone(&router);
            spawn(move || {
                drop(admit(&router));
                let ticket = admit(&router);
                let is_green = u64::from(*ticket.model() == "v2");
                ticket.end(Ending::Answered);
                is_green
            })
        };
        router.rollback("wrong answers").unwrap();
        // The ticket held throughout is pending; no request may become pending after this.
        let then = recording.counts();
        let admitted = request.join().unwrap();
        let now = recording.counts();
        assert!(
            then.pending > 1 || now.entries == then.entries,
            "an entry came after the end"
        );
        assert!(now.entries >= admitted);
        drop(beside);
        assert!(recording.is_final());
        assert_eq!(router.state("v1"), Some(VersionState::Live));
    });
}
