//! Routing among tower services over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation ends a test"
)]

use core::{
    future::{Ready, pending, ready},
    task::{Context, Poll},
};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use http::{HeaderName, Method, Request, Response, StatusCode, header::CONTENT_LENGTH};
use switchstand::{
    Ending, Observer, OnError, Outcome, Policy, Reason, Router, Secret, Share, Unit, attr,
    journal::JournalCapacity,
    operator::ReclaimError,
    outcomes::WiringFault,
    shadow::{DropReason, ShadowOutcome},
    tower::{RoutedService, by_status},
};
use tower_service::Service;

use super::fixed::{
    ALL, ERROR_500, Is, OK, Upload, ask, canary, copy, ok, routed, run, service, shadowed,
    transcribed,
};
use crate::pieces::{
    Piece::{Data, Error, Status},
    Pieces, Says, read,
};

#[test]
fn o5_the_live_service_steps_in_for_one_that_fails_by_error_or_status() {
    for failing in [Is::Failing, Is::Broken, ERROR_500, Is::Well(204, &[])] {
        let router = canary(OK, failing, OnError::Live);
        let routed = routed(&router)
            .copying(copy)
            .judging(|answer| match answer {
                // A rule of the application's own.
                Ok(response) if response.status() == 204 => Ending::Refused,
                _ => by_status(answer),
            });
        let is_refused = failing == Is::Well(204, &[]);
        let expected = match is_refused {
            true => Some(Ok((204, String::new()))),
            false => ok("ab"),
        };
        assert_eq!(ask(routed), expected, "{failing:?}");
        let (live, drawn) = (
            router.outcomes("v1").unwrap(),
            router.outcomes("v2").unwrap(),
        );
        let failed = u64::from(!is_refused);
        assert_eq!(drawn.ended(Ending::Failed), failed, "{failing:?}");
        assert_eq!(live.stood_in(Ending::Answered), failed, "{failing:?}");
        assert_eq!(
            (router.in_flight("v1"), router.in_flight("v2")),
            (Some(0), Some(0))
        );
    }
}

#[test]
fn o5_without_a_copy_nobody_steps_in_and_it_is_counted() {
    let router = canary(OK, ERROR_500, OnError::Live);
    for routed in [routed(&router), routed(&router).copying(|_| None)] {
        assert_eq!(ask(routed), Some(Ok((500, "sorry".to_owned()))));
    }
    let wiring = router.wiring();
    assert_eq!(
        (wiring[0].fault, wiring[0].times),
        (WiringFault::NotCopied, 2)
    );
    assert_eq!(router.outcomes("v2").unwrap().ended(Ending::Failed), 2);
    // Its shadows are counted as well.
    let (router, _) = shadowed(OK, OK);
    assert_eq!(ask(routed(&router).shadowing(drop, 4, pending)), ok("ab"));
    let not_copied = ShadowOutcome::Dropped(DropReason::NotCopied);
    assert_eq!(router.shadow_counts("v2").unwrap().ended(not_copied), 1);
    assert_eq!(router.shadows_in_flight(), 0);
}

#[test]
fn o1_each_answer_ends_by_its_head_its_body_and_its_reader() {
    let cases: [(Is, usize, Ending); 12] = [
        (OK, ALL, Ending::Answered),
        (OK, 1, Ending::GivenUp),
        (ERROR_500, ALL, Ending::Failed),
        (ERROR_500, 0, Ending::Failed), // whoever reads it, it has failed
        (Is::Well(404, &[Data("no")]), ALL, Ending::Refused),
        (Is::Well(404, &[Data("no")]), 0, Ending::Refused),
        (Is::Well(200, &[Data("a"), Error]), ALL, Ending::Failed),
        (
            Is::Well(200, &[Data("a"), Status("14")]),
            ALL,
            Ending::Failed,
        ),
        (
            Is::Well(200, &[Data("a"), Status("16")]),
            ALL,
            Ending::Refused,
        ),
        (Is::Failing, ALL, Ending::Failed),
        (Is::Hanging, ALL, Ending::GivenUp),
        (Is::NeverReady, ALL, Ending::GivenUp),
    ];
    for (is, polls, ending) in cases {
        let router = Router::new("test", "v1", service(is)).unwrap();
        let answer = run(routed(&router).call(Request::new(Upload(21))));
        if let Some(Ok(response)) = answer {
            assert_eq!(router.in_flight("v1"), Some(1), "{is:?}");
            let _ = read(&mut response.into_body(), polls);
        }
        let counts = router.outcomes("v1").unwrap();
        assert_eq!(counts.ended(ending), 1, "{is:?}, {polls} polls");
        assert_eq!((counts.admitted(), counts.in_flight()), (1, 0));
    }
}

#[test]
fn o1_a_server_that_asks_for_no_more_has_got_all() {
    #[derive(Clone)]
    struct OfLength;
    impl Service<Request<()>> for OfLength {
        type Response = Response<Pieces>;
        type Error = String;
        type Future = Ready<Result<Response<Pieces>, String>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), String>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<()>) -> Self::Future {
            let body = Pieces::new(&[Data("a"), Data("b")], Says::default());
            let response = Response::builder().header(CONTENT_LENGTH, "2");
            ready(Ok(response.body(body).unwrap()))
        }
    }
    for (method, polls, ending) in [
        (Method::GET, 2, Ending::Answered),
        (Method::GET, 1, Ending::GivenUp),
        // Of this one the server asks no body at all.
        (Method::HEAD, 0, Ending::Answered),
    ] {
        let router = Router::new("test", "v1", OfLength).unwrap();
        let mut routed = RoutedService::new(router.clone(), |router, _: &Request<()>| {
            Ok(router.admit("ana"))
        });
        let request = Request::builder().method(method).body(()).unwrap();
        let response = run(routed.call(request)).unwrap().unwrap();
        let _ = read(&mut response.into_body(), polls);
        assert_eq!(router.outcomes("v1").unwrap().ended(ending), 1, "{polls}");
    }
}

#[test]
fn o4_reclaim_waits_for_the_last_byte_of_a_response() {
    let router = canary(OK, OK, OnError::Return);
    let response = run(routed(&router).call(Request::new(Upload(21))));
    let mut body = response.unwrap().unwrap().into_body();
    router.reject("v2", "slow").unwrap();
    assert_eq!(read(&mut body, 2), "ab");
    let in_use = router.reclaim("v2").unwrap_err();
    assert!(matches!(
        in_use,
        ReclaimError::StillInUse { in_flight: 1, .. }
    ));
    assert_eq!(read(&mut body, 1), "");
    router.reclaim("v2").unwrap();
}

/// The reason and the version of each outcome.
#[derive(Default)]
struct Reasons(Mutex<Vec<(String, Reason)>>);

impl Observer for Reasons {
    fn outcome(&self, outcome: &Outcome<'_>) {
        let line = (outcome.version().to_owned(), outcome.reason());
        self.0.lock().unwrap().push(line);
    }
}

#[test]
fn o1_attributes_pins_wishes_and_refusals_come_from_the_request() {
    let reasons = Arc::new(Reasons::default());
    let router = Router::builder("test")
        .secret(Secret::new([7; 16]))
        .observer(Arc::clone(&reasons))
        .build("v1", service(OK))
        .unwrap();
    router.deploy("v2", service(OK)).unwrap();
    router.validate("v2", |_| Ok::<(), String>(())).unwrap();
    let policy = Policy::canary("some", "v2", Share::NONE)
        .or_for(attr("tier").is("internal"))
        .with_overrides(["v2"]);
    router.release(policy).unwrap();
    let header = |request: &Request<Upload>, name: &str| {
        let value = request.headers().get(name);
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    let mut routed =
        RoutedService::new(router.clone(), move |router, request: &Request<Upload>| {
            let refused = || {
                let mut response = Response::new(Pieces::new(&[Data("who?")], Says::default()));
                *response.status_mut() = StatusCode::UNAUTHORIZED;
                response
            };
            let user = header(request, "x-user").unwrap_or_default();
            let unit = Unit::try_from_input(&user).map_err(|_| refused())?;
            let tier = header(request, "x-tier").unwrap_or_default();
            let attributes = [("tier", tier.as_str())];
            let unit = unit.with(&attributes);
            if let Some(pin) = header(request, "x-pin") {
                let pin = pin.parse().map_err(|_| refused())?;
                let pin = router.check_pin(unit, &pin).map_err(|_| refused())?;
                return Ok(router.admit_pinned(unit, pin));
            }
            Ok(match header(request, "x-want") {
                Some(wanted) => router.admit(unit.asking_for(&wanted)),
                None => router.admit(unit),
            })
        })
        .naming_version_in(HeaderName::from_static("x-version"))
        .marking(|ticket, response| {
            let reason = ticket.route().reason().to_string();
            response
                .headers_mut()
                .insert("x-reason", reason.parse().unwrap());
        });
    let pin = router
        .pin(&router.route(Unit::from("ana").with(&[("tier", "internal")])))
        .unwrap();
    let pin = router.tag_pin("ana", pin).unwrap().to_string();
    let mut said = |headers: &[(&'static str, &str)]| {
        let mut request = Request::new(Upload(1));
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let response = run(routed.call(request)).unwrap().unwrap();
        let header = |name: &str| {
            let value = response.headers().get(name);
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        let said = (
            response.status().as_u16(),
            header("x-version"),
            header("x-reason"),
        );
        let _ = read(&mut response.into_body(), ALL);
        said
    };
    let answered =
        |version: &str, reason: Reason| (200, Some(version.to_owned()), Some(reason.to_string()));
    assert_eq!(said(&[("x-user", "ana")]), answered("v1", Reason::Gate));
    let internal = [("x-user", "ana"), ("x-tier", "internal")];
    assert_eq!(said(&internal), answered("v2", Reason::Audience));
    let wants = [("x-user", "ana"), ("x-want", "v2")];
    assert_eq!(said(&wants), answered("v2", Reason::Override));
    assert_eq!(
        said(&[("x-user", "ana"), ("x-pin", &pin)]),
        answered("v2", Reason::Pinned)
    );
    // Refused by the application: nobody's request.
    assert_eq!(
        said(&[("x-user", "ben"), ("x-pin", &pin)]),
        (401, None, None)
    );
    assert_eq!(said(&[]), (401, None, None));
    assert_eq!(reasons.0.lock().unwrap().len(), 4);
}

#[test]
fn o5_the_header_names_who_stepped_in() {
    let router = canary(OK, Is::Failing, OnError::Live);
    let mut routed = routed(&router)
        .copying(copy)
        .naming_version_in(HeaderName::from_static("x-version"));
    let response = run(routed.call(Request::new(Upload(21)))).unwrap().unwrap();
    assert_eq!(response.headers()["x-version"], "v1");
}

#[test]
fn e9_what_a_service_answers_is_journalled_with_its_excerpt() {
    let note = || Some(b"21, 200:ab".to_vec());
    for (green, expected) in [
        (OK, (Ending::Answered, note())),
        (Is::Failing, (Ending::Failed, Some(b"21, failed".to_vec()))),
        (Is::NeverReady, (Ending::GivenUp, None)),
    ] {
        let router = Router::builder("test")
            .journal(JournalCapacity::new(10).unwrap())
            .excerpt_of_calls(
                |request: &Request<Upload>, answer: &Result<String, String>| {
                    let answer = answer.as_ref().unwrap_or_else(|error| error);
                    format!("{}, {answer}", request.body().0).into_bytes()
                },
            )
            .build("v1", service(OK))
            .unwrap();
        router.deploy("v2", service(green)).unwrap();
        router.validate("v2", |_| Ok::<(), String>(())).unwrap();
        router.swap("v2").unwrap();
        let recording = router.recording().unwrap();
        let (routed, _) = transcribed(&router, false);
        let _answer = ask(routed);
        let entries = recording.take();
        let told: Vec<_> = entries
            .iter()
            .map(|entry| (entry.ending, entry.excerpt.as_deref().map(<[u8]>::to_vec)))
            .collect();
        assert_eq!(told, [expected], "{green:?}");
    }
}

#[test]
fn o1_clones_of_a_service_are_handles_on_one_router() {
    let router = Router::new("test", "v1", service(OK)).unwrap();
    let asked = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&asked);
    let first = routed(&router);
    let second = first
        .clone()
        .marking(move |_, _| seen.store(true, Ordering::SeqCst));
    assert_eq!(ask(first), ok("ab"));
    assert!(!asked.load(Ordering::SeqCst), "rules are each handle's own");
    assert_eq!(ask(second), ok("ab"));
    assert!(asked.load(Ordering::SeqCst));
    assert_eq!(router.outcomes("v1").unwrap().admitted(), 2);
}
