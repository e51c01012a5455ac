//! Model checking of publication, leases, reclaiming and the journal's counts.
//!
//! All interleavings of a request and an operator are tried, up to loom's bounds, on the real
//! stamp. The counts of leases are spelled out here, because loom has no `Weak`: `upgrade` and
//! `try_unwrap` do what those of `std::sync` do to the strong count. Run by
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test --no-default-features --test loom_publication
//! ```
//!
//! Each law has a twin in which one step of the protocol is left out, and which must fail: a
//! model that cannot fail shows nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation ends a test"
)]
#![cfg(loom)]

#[path = "../src/router/stamp.rs"]
mod stamp;

use loom::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence},
    },
    thread,
};
use stamp::Stamp;

/// The strong count of a lease, as `Arc` and `Weak` treat it.
struct Lease {
    strong: AtomicUsize,
    taken: AtomicBool,
}

impl Lease {
    fn new() -> Lease {
        Lease {
            strong: AtomicUsize::new(1),
            taken: AtomicBool::new(false),
        }
    }

    /// Does what `Weak::upgrade` does.
    fn upgrade(&self) -> bool {
        let mut strong = self.strong.load(Ordering::Relaxed);
        while strong != 0 {
            match self.strong.compare_exchange(
                strong,
                strong + 1,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(found) => strong = found,
            }
        }
        false
    }

    /// Does what dropping an `Arc` does that is not the last.
    fn release(&self) {
        self.strong.fetch_sub(1, Ordering::Release);
    }

    /// Does what `Arc::try_unwrap` does: takes the last count, or nothing.
    fn try_unwrap(&self) -> bool {
        let last = self
            .strong
            .compare_exchange(1, 0, Ordering::Relaxed, Ordering::Relaxed);
        if last.is_ok() {
            fence(Ordering::Acquire);
        }
        last.is_ok()
    }

    fn in_flight(&self) -> usize {
        self.strong.load(Ordering::Relaxed).saturating_sub(1)
    }

    fn call(&self) {
        assert!(!self.taken.load(Ordering::Relaxed), "the model is gone");
    }

    fn take_model(&self) {
        self.taken.store(true, Ordering::Relaxed);
    }
}

/// Which step of the protocol a twin leaves out.
#[derive(Clone, Copy, PartialEq)]
enum Without {
    Nothing,
    /// Reclaiming looks at nothing.
    Leases,
    /// The request does not look at the stamp again.
    SecondLook,
}

/// A router with one version that may be rejected, stamp 1, and its replacement, stamp 2.
struct Router {
    stamp: Stamp,
    old: Lease,
    /// The number of the operation that has returned; operators tell requests through it.
    returned: AtomicU64,
    without: Without,
}

impl Router {
    fn new(without: Without) -> Arc<Router> {
        Arc::new(Router {
            stamp: Stamp::new(1),
            old: Lease::new(),
            returned: AtomicU64::new(0),
            without,
        })
    }

    /// Admits a request by what the thread remembers of stamp 1; `false` if it must ask anew.
    fn admit(&self) -> bool {
        let seen = self.stamp.seen();
        if seen != 1 || !self.old.upgrade() {
            return false;
        }
        if self.without == Without::SecondLook || self.stamp.is_still(seen) {
            return true;
        }
        self.old.release();
        false
    }

    fn reject(&self) {
        self.stamp.publish(2);
    }

    fn reclaim(&self) -> bool {
        let alone = match self.without {
            Without::Leases => true,
            _ => self.old.try_unwrap(),
        };
        if alone {
            self.old.take_model();
        }
        alone
    }
}

fn a_model_is_never_taken_from_a_request(without: Without) {
    // Three threads: all interleavings with up to three preemptions.
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let router = Router::new(without);
        let requests: Vec<_> = (0..2)
            .map(|_| {
                let router = Arc::clone(&router);
                thread::spawn(move || {
                    if router.admit() {
                        router.old.call();
                        router.old.release();
                    }
                })
            })
            .collect();
        router.reject();
        let at_once = router.reclaim();
        for request in requests {
            request.join().unwrap();
        }
        // When all requests have ended, trying again succeeds.
        if without == Without::Nothing {
            assert!(at_once || router.reclaim());
        }
    });
}

#[test]
fn e5_a_model_is_never_taken_from_a_request() {
    a_model_is_never_taken_from_a_request(Without::Nothing);
}

#[test]
#[should_panic(expected = "the model is gone")]
fn e5_fails_if_reclaiming_ignores_leases() {
    a_model_is_never_taken_from_a_request(Without::Leases);
}

#[test]
fn e5_the_counts_alone_protect_a_model_from_being_taken() {
    a_model_is_never_taken_from_a_request(Without::SecondLook);
}

/// Once no request holds a lease, no reader of an older generation gets one.
fn quiesced_is_final(without: Without) {
    loom::model(move || {
        let router = Router::new(without);
        let request = {
            let router = Arc::clone(&router);
            thread::spawn(move || router.admit())
        };
        router.reject();
        let counted = router.old.in_flight();
        let admitted = request.join().unwrap();
        assert!(
            counted > 0 || !admitted,
            "a reader of an older generation was not counted"
        );
    });
}

#[test]
fn e5_a_count_of_zero_is_final_once_published() {
    quiesced_is_final(Without::Nothing);
}

#[test]
#[should_panic(expected = "older generation")]
fn e5_fails_if_readers_of_an_older_generation_are_ignored() {
    quiesced_is_final(Without::SecondLook);
}

/// After an operator has returned, no request is admitted to what it rejected.
fn nothing_is_admitted_after_a_rejection(publish: bool) {
    loom::model(move || {
        let router = Router::new(Without::Nothing);
        let request = {
            let router = Arc::clone(&router);
            thread::spawn(move || {
                let returned = router.returned.load(Ordering::Acquire);
                (returned, router.admit())
            })
        };
        if publish {
            router.reject();
        }
        router.returned.store(1, Ordering::Release);
        let (returned, admitted) = request.join().unwrap();
        assert!(returned == 0 || !admitted, "admitted to a rejected version");
    });
}

#[test]
fn e4_nothing_is_admitted_after_a_rejection_returned() {
    nothing_is_admitted_after_a_rejection(true);
}

#[test]
#[should_panic(expected = "rejected version")]
fn e4_fails_if_nothing_is_published() {
    nothing_is_admitted_after_a_rejection(false);
}

/// The counts of one stripe of the journal.
struct Stripe {
    begun: AtomicU64,
    /// Entries and cancelled admissions.
    ended: Mutex<(u64, u64)>,
}

/// A sealed recording with nothing pending never gets another entry.
fn a_final_recording_is_complete(second_look: bool) {
    loom::model(move || {
        let router = Router::new(Without::Nothing);
        let stripe = Arc::new(Stripe {
            begun: AtomicU64::new(0),
            ended: Mutex::new((0, 0)),
        });
        let request = {
            let (router, stripe) = (Arc::clone(&router), Arc::clone(&stripe));
            thread::spawn(move || {
                let seen = router.stamp.seen();
                if seen != 1 {
                    return 0;
                }
                stripe.begun.fetch_add(1, Ordering::SeqCst);
                let admitted = !second_look || router.stamp.is_still(seen);
                let mut ended = stripe.ended.lock().unwrap();
                if admitted {
                    ended.0 += 1;
                } else {
                    ended.1 += 1;
                }
                u64::from(admitted)
            })
        };
        router.reject();
        let (entries, pending) = {
            let ended = stripe.ended.lock().unwrap();
            let begun = stripe.begun.load(Ordering::SeqCst);
            (ended.0, begun - ended.0 - ended.1)
        };
        let admitted = request.join().unwrap();
        assert!(
            pending > 0 || entries == admitted,
            "an entry came after the end"
        );
        assert_eq!(stripe.ended.lock().unwrap().0, admitted);
    });
}

#[test]
fn e9_a_sealed_recording_with_nothing_pending_is_final() {
    a_final_recording_is_complete(true);
}

#[test]
#[should_panic(expected = "after the end")]
fn e9_fails_without_the_second_look_at_the_stamp() {
    a_final_recording_is_complete(false);
}
