//! Shadows of services, and what may harm no request.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation ends a test"
)]

use core::future::pending;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use http::Request;
use switchstand::{
    Arm, Ending, Observer, OnError, Policy, Router, Share,
    outcomes::WiringFault,
    shadow::{Comparison, DropReason, Pair, ShadowOutcome},
};
use tower_service::Service;

use super::fixed::{
    ALL, ERROR_500, Fixed, Is, OK, Routed, Upload, ask, canary, copy, ok, routed, run, run_all,
    service, shadowed, transcribed,
};
use crate::pieces::{
    Piece::{Data, Error, Panic, Status, Wait},
    read,
};

#[test]
fn s2_the_answer_is_that_of_the_chosen_service_whatever_the_shadow_is() {
    use ShadowOutcome::{Answered, Dropped, Failed, Panicked};
    for (shadow, outcome) in [
        (OK, Answered),
        (Is::Well(200, &[Data("a"), Wait, Data("b")]), Answered),
        (Is::Well(404, &[]), Answered),
        (ERROR_500, Dropped(DropReason::Cut)),
        (Is::Well(500, &[]), Failed),
        (Is::Well(200, &[Data("a"), Status("13")]), Failed),
        (Is::Well(200, &[Data("a"), Error]), Failed),
        (Is::Well(200, &[Data("a"), Panic]), Panicked),
        (
            Is::Well(200, &[Data("abc"), Data("de")]),
            Dropped(DropReason::Cut),
        ),
        (Is::Busy, Dropped(DropReason::NotReady)),
        (Is::NeverReady, Dropped(DropReason::NotReady)),
        (Is::Broken, Failed),
        (Is::Failing, Failed),
        (Is::PanicsWhenAsked, Panicked),
        (Is::PanicsWhenCalled, Panicked),
        (Is::Hanging, Dropped(DropReason::Cancelled)),
    ] {
        for (primary, expected) in [
            (OK, ok("ab")),
            (Is::Busy, ok("ab")),
            (Is::Failing, Some(Err("failed".to_owned()))),
        ] {
            let (router, _) = shadowed(primary, shadow);
            let (routed, spawned) = transcribed(&router, false);
            assert_eq!(ask(routed), expected);
            run_all(&spawned);
            let counts = router.shadow_counts("v2").unwrap();
            assert_eq!(counts.ended(outcome), 1, "{shadow:?}: {counts:?}");
            assert_eq!((counts.sampled(), counts.pending()), (1, 0));
            assert_eq!(router.shadows_in_flight(), 0);
        }
    }
}

#[test]
fn s6_transcripts_are_compared_also_where_the_primary_failed_or_broke_off() {
    let whole = || Ok("200:ab".to_owned());
    for (primary, expected) in [
        (OK, whole()),
        (Is::Failing, Err("failed".to_owned())),
        (Is::Well(500, &[Data("x")]), Ok("500:x".to_owned())),
        (Is::Well(200, &[Data("a"), Error]), Ok("200:a".to_owned())),
    ] {
        let (router, pairs) = shadowed(primary, OK);
        let (routed, spawned) = transcribed(&router, false);
        let _ = ask(routed);
        run_all(&spawned);
        assert_eq!(*pairs.0.lock().unwrap(), [[expected, whole()]]);
        assert!(router.wiring().is_empty());
    }
    // Without a transcript there is nothing to compare, which is named.
    let (router, pairs) = shadowed(OK, OK);
    let routed = routed(&router).copying(copy).shadowing(drop, 4, pending);
    let _ = ask(routed);
    assert!(pairs.0.lock().unwrap().is_empty());
    let faults: Vec<_> = router.wiring().iter().map(|it| it.fault).collect();
    assert_eq!(faults, [WiringFault::NotComparable]);
}

#[test]
fn s3_a_shadow_whose_time_has_run_down_is_cut() {
    let (router, _) = shadowed(OK, Is::Well(200, &[Wait, Wait, Wait]));
    let (routed, spawned) = transcribed(&router, true);
    let _ = ask(routed);
    run_all(&spawned);
    let cut = ShadowOutcome::Dropped(DropReason::Cut);
    assert_eq!(router.shadow_counts("v2").unwrap().ended(cut), 1);
}

#[test]
fn s3_a_shadow_of_a_request_given_up_is_counted_as_unrun() {
    let unrun = ShadowOutcome::Dropped(DropReason::Unrun);
    for (primary, polls) in [(Is::NeverReady, 0), (OK, 1)] {
        let (router, _) = shadowed(primary, OK);
        let (mut routed, spawned) = transcribed(&router, false);
        if let Some(response) = run(routed.call(Request::new(Upload(21)))) {
            let _ = read(&mut response.unwrap().into_body(), polls);
        }
        assert!(spawned.lock().unwrap().is_empty());
        assert_eq!(router.shadow_counts("v2").unwrap().ended(unrun), 1);
    }
}

/// What cannot be dropped in peace.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a destructor panics");
    }
}

struct KeepsBombs;

impl Comparison<String, String> for KeepsBombs {
    type Projection = Bomb;

    fn project(&self, _: &Result<String, String>) -> Bomb {
        Bomb
    }

    fn compare(&self, _: Pair<'_, Bomb>) {}
}

#[test]
fn s2_what_cannot_be_dropped_in_peace_does_not_harm_the_request() {
    let router = Router::builder("test")
        .comparison_of_calls(Arc::new(KeepsBombs))
        .build("v1", service(OK))
        .unwrap();
    router.deploy("v2", service(OK)).unwrap();
    router
        .release(Policy::shadow("look", "v2", Share::ALL))
        .unwrap();
    // The shadow is given up at once, so the request is the last to hold the projection.
    let (routed, _) = transcribed(&router, false);
    assert_eq!(ask(routed.shadowing(drop, 4, pending)), ok("ab"));
    // A transcript, of a body that is read and of one that is not.
    for polls in [ALL, 1] {
        let mut routed = routed_bombs(&router);
        let response = run(routed.call(Request::new(Upload(21)))).unwrap().unwrap();
        let _ = read(&mut response.into_body(), polls);
    }
}

fn routed_bombs(router: &Router<Fixed>) -> Routed<Bomb> {
    routed(router).transcribing(|_| Bomb, |_, _| ())
}

#[test]
fn s2_rules_of_the_application_that_panic_harm_no_request() {
    let router = canary(OK, ERROR_500, OnError::Live);
    let routed = routed(&router)
        .copying(|_| panic!("a copy"))
        .judging(|_| panic!("a judgement"))
        .marking(|_, _| panic!("a mark"))
        .transcribing(|_| (), |(), _| panic!("a transcript"));
    // Unjudged, only an error is a failure.
    assert_eq!(ask(routed), Some(Ok((500, "sorry".to_owned()))));
    assert_eq!(router.outcomes("v2").unwrap().ended(Ending::Answered), 1);
}

#[test]
fn s4_a_request_is_copied_only_where_a_second_service_may_need_it() {
    let all = || Policy::ab_test("all", [Arm::from(("v2", 1))]);
    for (policy, expected) in [
        (all(), 0),
        (all().on_error(OnError::Live), 1),
        (all().with_shadow("v1", Share::ALL), 1),
        (Policy::live_only("live").on_error(OnError::Live), 0),
    ] {
        // With an observer every request has more to it than its model.
        let router = Router::builder("test").observer(Arc::new(Silent));
        let router = router.build("v1", service(OK)).unwrap();
        router.deploy("v2", service(OK)).unwrap();
        router.validate("v2", |_| Ok::<(), String>(())).unwrap();
        router.release(policy).unwrap();
        let copies = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&copies);
        let routed = routed(&router)
            .copying(move |request| {
                counted.fetch_add(1, Ordering::SeqCst);
                copy(request)
            })
            .shadowing(drop, 4, pending);
        assert_eq!(ask(routed), ok("ab"));
        assert_eq!(copies.load(Ordering::SeqCst), expected);
    }
}

struct Silent;

impl Observer for Silent {}
