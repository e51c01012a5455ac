//! What remains of a snapshot when others have come: its words, and nothing that is long.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot be set up fails, and threads are what some test"
)]

use std::thread;

use allocation_counter::measure;
use switchstand::{Arm, Policy, Router, Share, VersionState};

fn router() -> Router<&'static str> {
    let router = Router::new("snapshots", "v1", "v1").unwrap();
    router.deploy("v2", "v2").unwrap();
    router.validate("v2", |_| Ok::<_, ()>(())).unwrap();
    router
}

/// A policy whose plan takes more than a megabyte.
fn long_list(release: &str) -> Policy {
    let units: Vec<String> = (0..20_000).map(|unit| format!("user-{unit:011}")).collect();
    Policy::live_only(release).with_units("v2", units.iter().map(String::as_str))
}

/// Returns by how many bytes the memory in use shrank.
fn freed(run: impl FnOnce()) -> i64 {
    -measure(run).bytes_current
}

#[test]
fn e3_a_ticket_knows_its_own_words_however_many_releases_came_since() {
    let router = router();
    let arms = |release: &str| Policy::ab_test(release, [("v1", 1), ("v2", 1)]);
    router.release(arms("first")).unwrap();
    let pin = router.pin(&router.route("user-42")).unwrap();
    let mut reader = router.reader();
    let tickets = [
        router.admit("user-42"),
        reader.admit("user-42"),
        router.admit_pinned("user-42", &pin),
    ];
    let then: Vec<_> = tickets
        .iter()
        .map(|ticket| router.assignment(ticket.route()).unwrap())
        .collect();
    for number in 0..100 {
        router.release(arms(&format!("release-{number}"))).unwrap();
    }
    for (ticket, then) in tickets.iter().zip(then) {
        assert!(router.assignment(ticket.route()).is_err(), "long forgotten");
        assert_eq!(ticket.assignment(), then);
        assert_eq!(ticket.assignment().release, "first");
        assert_eq!(ticket.assignment().version, *ticket.model());
    }
    // Leases of other generations are counted, and hold the model.
    let held = tickets.iter().filter(|ticket| *ticket.model() == "v2");
    assert_eq!(router.in_flight("v2"), Some(held.count()));
}

#[test]
fn e3_a_plan_says_nothing_of_the_route_of_another_generation() {
    let router = router();
    router
        .release(Policy::ab_test("test", [("v1", 1), ("v2", 1)]).with_shadow("v2", Share::ALL))
        .unwrap();
    let before = router.current();
    let route = before.route("user-42");
    router
        .release(Policy::ab_test(
            "test",
            [Arm::new("a", "v1", 1), Arm::new("b", "v2", 1)],
        ))
        .unwrap();
    let now = router.current();
    assert_eq!((now.arm_of(&route), now.version_of(&route)), (None, None));
    assert_eq!(now.shadows_of(&route).count(), 0);
    assert_eq!(before.arm_of(&route), before.version_of(&route));
    let assignment = router.assignment(&route).unwrap();
    assert_eq!(assignment.arm.as_deref(), before.arm_of(&route));
}

#[test]
fn a_request_frees_no_plan_however_long_its_thread_was_idle() {
    let router = router();
    router.release(long_list("long")).unwrap();
    let _ = router.route("user-42");
    drop(router.admit("user-42"));
    let mut reader = router.reader();
    let _ = reader.route("user-42");
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..40 {
                let share = Share::percent(number).unwrap();
                let next = Policy::canary(&format!("release-{number}"), "v2", share);
                router.release(next).unwrap();
            }
        });
    });
    for request in [
        freed(|| drop(router.admit("user-42"))),
        freed(|| drop(reader.admit("user-42"))),
    ] {
        assert!(request < 10_000, "a request freed {request} bytes");
    }
    // The next operator frees it.
    let operator = freed(|| assert!(router.release(Policy::live_only("short")).is_ok()));
    assert!(operator > 1_000_000, "an operator freed {operator} bytes");
}

#[test]
fn a_request_frees_no_plan_of_a_router_that_is_gone() {
    let other = router();
    let gone = router();
    gone.release(long_list("long")).unwrap();
    drop(gone.admit("user-42"));
    thread::spawn(move || drop(gone)).join().unwrap();
    // A router that takes the number of the one that is gone, and with it its place.
    let routers: Vec<_> = (0..8).map(|_| router()).collect();
    for router in &routers {
        let request = freed(|| drop(router.admit("user-42")));
        assert!(request < 10_000, "a request freed {request} bytes");
    }
    let operator = freed(|| assert!(other.release(Policy::live_only("short")).is_ok()));
    assert!(operator > 1_000_000, "an operator freed {operator} bytes");
}

#[test]
fn an_earlier_plan_leaves_its_words_and_not_its_lists() {
    let router = router();
    let kept = measure(|| {
        for number in 0..17 {
            router
                .release(long_list(&format!("long-{number}")))
                .unwrap();
        }
        router.release(Policy::live_only("short")).unwrap();
    });
    let kept = kept.bytes_current;
    assert!(kept < 30_000, "{kept} bytes are kept");
    assert_eq!(router.state("v1"), Some(VersionState::Live));
}
