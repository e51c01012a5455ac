//! Routing among tower services over HTTP.

use core::{
    future::{Future, Ready, pending, ready},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use http::{HeaderName, Method, Request, Response, StatusCode, header::CONTENT_LENGTH};
use switchstand::{
    Arm, Ending, Observer, OnError, Outcome, Policy, Reason, Router, Secret, Share, Unit, attr,
    journal::JournalCapacity,
    operator::ReclaimError,
    outcomes::WiringFault,
    shadow::{Comparison, DropReason, Pair, ShadowFuture, ShadowOutcome},
    tower::{RoutedService, by_status},
};
use tower_service::Service;

use crate::pieces::{
    Piece::{self, Data, Error, Panic, Status, Wait},
    Pieces, Says, read,
};

const ALL: usize = 100;

/// What a service is like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Is {
    /// Answers with this status and these pieces.
    Well(u16, &'static [Piece]),
    /// Becomes ready at the third look.
    Busy,
    NeverReady,
    Broken,
    Failing,
    PanicsWhenAsked,
    PanicsWhenCalled,
    Hanging,
}

const OK: Is = Is::Well(200, &[Data("a"), Data("b")]);
const ERROR_500: Is = Is::Well(500, &[Data("sorry")]);

#[derive(Debug)]
struct Fixed {
    is: Is,
    looks: usize,
    calls: Arc<AtomicUsize>,
}

impl Clone for Fixed {
    /// A clone has to become ready by itself.
    fn clone(&self) -> Fixed {
        Fixed {
            is: self.is,
            looks: 0,
            calls: Arc::clone(&self.calls),
        }
    }
}

fn service(is: Is) -> Fixed {
    Fixed {
        is,
        looks: 0,
        calls: Arc::default(),
    }
}

/// The body of a request; it cannot be cloned.
#[derive(Debug)]
struct Upload(u64);

type Answer = Pin<Box<dyn Future<Output = Result<Response<Pieces>, String>> + Send>>;

impl Service<Request<Upload>> for Fixed {
    type Response = Response<Pieces>;
    type Error = String;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), String>> {
        self.looks += 1;
        match self.is {
            Is::Busy if self.looks < 3 => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Is::NeverReady => Poll::Pending,
            Is::Broken => Poll::Ready(Err("broken".to_owned())),
            Is::PanicsWhenAsked => panic!("asked"),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, _: Request<Upload>) -> Answer {
        assert!(
            self.is != Is::Busy || self.looks >= 3,
            "called before ready"
        );
        self.calls.fetch_add(1, Ordering::SeqCst);
        let (status, pieces) = match self.is {
            Is::PanicsWhenCalled => panic!("called"),
            Is::Failing => return Box::pin(ready(Err("failed".to_owned()))),
            Is::Hanging => return Box::pin(pending()),
            Is::Well(status, pieces) => (status, pieces),
            _ => (200, &[Data("a"), Data("b")][..]),
        };
        let mut response = Response::new(Pieces::new(pieces, Says::default()));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        Box::pin(ready(Ok(response)))
    }
}

fn run<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..10).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    })
}

type Routed<T = ()> = RoutedService<Fixed, Upload, T>;

/// A service that routes all by the number in the request's body.
fn routed(router: &Router<Fixed>) -> Routed {
    RoutedService::new(router.clone(), |router, request: &Request<Upload>| {
        Ok(router.admit(request.body().0))
    })
}

fn copy(request: &Request<Upload>) -> Option<Request<Upload>> {
    Some(Request::new(Upload(request.body().0)))
}

/// Asks once, and reads the answer to its end: status and text, or the error.
fn ask<T: Send + 'static>(mut routed: Routed<T>) -> Option<Result<(u16, String), String>> {
    let answer = run(routed.call(Request::new(Upload(21))))?;
    Some(answer.map(|response| {
        let status = response.status().as_u16();
        (status, read(&mut response.into_body(), ALL))
    }))
}

fn ok(text: &str) -> Option<Result<(u16, String), String>> {
    Some(Ok((200, text.to_owned())))
}

/// A router with `v2` for everybody.
fn canary(live: Is, candidate: Is, on_error: OnError) -> Router<Fixed> {
    let router = Router::new("test", "v1", service(live)).unwrap();
    router.deploy("v2", service(candidate)).unwrap();
    router.validate("v2", |_| Ok::<(), String>(())).unwrap();
    let policy = Policy::ab_test("all", [Arm::from(("v2", 1))]).on_error(on_error);
    router.release(policy).unwrap();
    router
}

/// Pairs of transcripts: of the primary and of the shadow.
#[derive(Default)]
struct Pairs(Mutex<Vec<[Result<String, String>; 2]>>);

impl Comparison<String, String> for Pairs {
    type Projection = Result<String, String>;

    fn project(&self, answer: &Result<String, String>) -> Self::Projection {
        answer.clone()
    }

    fn compare(&self, pair: Pair<'_, Self::Projection>) {
        let pair = [pair.primary.clone(), pair.shadow.clone()];
        self.0.lock().unwrap().push(pair);
    }
}

/// A router whose `v1` is shadowed by `v2` for everybody, and what it compares.
fn shadowed(primary: Is, shadow: Is) -> (Router<Fixed>, Arc<Pairs>) {
    let pairs = Arc::new(Pairs::default());
    let router = Router::builder("test")
        .comparison_of_calls(Arc::clone(&pairs))
        .build("v1", service(primary))
        .unwrap();
    router.deploy("v2", service(shadow)).unwrap();
    router
        .release(Policy::shadow("look", "v2", Share::ALL))
        .unwrap();
    (router, pairs)
}

type Spawned = Arc<Mutex<Vec<ShadowFuture>>>;

/// Runs what was spawned to its end, or to where it hangs.
fn run_all(spawned: &Spawned) {
    let spawned = core::mem::take(&mut *spawned.lock().unwrap());
    for future in spawned {
        let _ended = run(future);
    }
}

/// A service that makes transcripts and runs shadows of up to four bytes.
fn transcribed(router: &Router<Fixed>, until: bool) -> (Routed<String>, Spawned) {
    let spawned = Spawned::default();
    let spawn = Arc::clone(&spawned);
    let routed = routed(router)
        .copying(copy)
        .shadowing(
            move |future| spawn.lock().unwrap().push(future),
            4,
            move || {
                core::future::poll_fn(move |_| {
                    if until {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
                })
            },
        )
        .transcribing(
            |response| format!("{}:", response.status().as_u16()),
            |transcript, data| transcript.push_str(core::str::from_utf8(data).unwrap()),
        );
    (routed, spawned)
}

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
