//! Whatever way a request is answered, it ends in one outcome (O1, O3, O5).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation ends a test"
)]

use core::{
    future::{Future, pending, poll_fn},
    pin::pin,
    task::{Context, Poll, Waker},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use switchstand::{
    AsyncModel, Batch, Ending, Model, OnError, Policy, Router, Share, Ticket, Timestamp,
    outcomes::{OutcomeRecord, WiringFault},
};

use super::log::{Clock, Log};

/// Answers with its version; what it is asked says how.
struct Scripted(&'static str);

/// What a request makes of every version, or of `v2` alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ask {
    Answer,
    Fail,
    FailOnV2,
    Refuse,
    Panic,
}

impl Scripted {
    fn ask(&self, ask: Ask) -> Result<&'static str, Ask> {
        match ask {
            Ask::FailOnV2 if self.0 == "v2" => Err(ask),
            Ask::Answer | Ask::FailOnV2 => Ok(self.0),
            Ask::Fail | Ask::Refuse => Err(ask),
            Ask::Panic => panic!("told to"),
        }
    }
}

impl Model for Scripted {
    type Input = Ask;
    type Output = &'static str;
    type Error = Ask;

    fn predict(&self, input: &Ask) -> Result<&'static str, Ask> {
        self.ask(*input)
    }

    fn refuses(&self, error: &Ask) -> bool {
        *error == Ask::Refuse
    }
}

impl AsyncModel for Scripted {
    type Input = Ask;
    type Output = &'static str;
    type Error = Ask;

    async fn predict(&self, input: &Ask) -> Result<&'static str, Ask> {
        // One turn through the executor, so that a panic comes at the second poll.
        let mut is_second = false;
        poll_fn(|context| {
            context.waker().wake_by_ref();
            if core::mem::replace(&mut is_second, true) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        self.ask(*input)
    }

    fn refuses(&self, error: &Ask) -> bool {
        *error == Ask::Refuse
    }
}

fn run<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..5).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    })
}

/// A router of which `v2` is drawn for everybody, and its log.
fn observed(on_error: OnError) -> (Router<Scripted>, Arc<Log>) {
    let log = Arc::<Log>::default();
    let router = Router::builder("ranker")
        .observer(Arc::clone(&log))
        .build("v1", Scripted("v1"))
        .unwrap();
    router.deploy("v2", Scripted("v2")).unwrap();
    router.validate("v2", |_| Ok::<_, ()>(())).unwrap();
    let policy = Policy::canary("r", "v2", Share::ALL).on_error(on_error);
    router.release(policy).unwrap();
    let _ = log.take();
    (router, log)
}

type Way = fn(&Router<Scripted>, Ask);

/// Every way to answer one request of `ana`.
const WAYS: &[(&str, Way)] = &[
    ("predict", |router, ask| {
        let _ = router.predict("ana", &ask).answer;
    }),
    ("ticket.predict_blocking", |router, ask| {
        let _ = router.admit("ana").predict_blocking(&ask);
    }),
    ("ticket.predict", |router, ask| {
        let _ = run(router.admit("ana").predict(&ask)).unwrap();
    }),
    ("call", |router, ask| {
        let mut ticket = router.admit("ana");
        let _ = ticket.judge(|model| model.ask(ask), judge);
    }),
    ("call_with", |router, ask| {
        let mut ticket = router.admit("ana");
        if ask == Ask::Refuse {
            return ticket.end(Ending::Refused);
        }
        let _ = ticket.call_with(ask, |model, ask| model.ask(ask));
    }),
    ("call_fut", |router, ask| {
        let mut ticket = router.admit("ana");
        if ask == Ask::Refuse {
            return ticket.end(Ending::Refused);
        }
        let call = ticket.call_fut(|model| async move { AsyncModel::predict(&*model, &ask).await });
        let _ = run(call).unwrap();
    }),
    ("pinned", |router, ask| {
        let pin = router.pin(&router.route("ana")).unwrap();
        let _ = router.admit_pinned("ana", &pin).predict_blocking(&ask);
    }),
    ("reader", |router, ask| {
        let _ = router.reader().admit("ana").predict_blocking(&ask);
    }),
    ("by hand", |router, ask| {
        let mut ticket = router.admit("ana");
        let answer = ticket.model().ask(ask);
        let ending = judge(&answer);
        if ending == Ending::Failed
            && let Some(live) = ticket.fall_back()
        {
            let ending = judge(&live.ask(ask));
            return ticket.end(ending);
        }
        ticket.end(ending);
    }),
];

fn judge(answer: &Result<&'static str, Ask>) -> Ending {
    match answer {
        Ok(_) => Ending::Answered,
        Err(Ask::Refuse) => Ending::Refused,
        Err(_) => Ending::Failed,
    }
}

/// What a record says of an ending: of the version drawn, of the stand-in, and who answered.
type Said = (Ending, Option<Ending>, Option<String>);

fn said(record: &OutcomeRecord) -> Said {
    assert_eq!(&*record.assignment.version, "v2", "the version drawn");
    assert_eq!(record.unit, Some("ana".into()));
    (record.ending, record.stand_in, record.answered_by.clone())
}

#[test]
fn o1_every_way_and_every_ending_makes_exactly_one_outcome() {
    let by = |version: &str| Some(version.to_owned());
    for (on_error, ask, expected) in [
        (
            OnError::Return,
            Ask::Answer,
            (Ending::Answered, None, by("v2")),
        ),
        (OnError::Return, Ask::Fail, (Ending::Failed, None, by("v2"))),
        (
            OnError::Return,
            Ask::Refuse,
            (Ending::Refused, None, by("v2")),
        ),
        (
            OnError::Live,
            Ask::FailOnV2,
            (Ending::Failed, Some(Ending::Answered), by("v1")),
        ),
        (
            OnError::Live,
            Ask::Fail,
            (Ending::Failed, Some(Ending::Failed), by("v1")),
        ),
        // The request's own fault is not run twice.
        (
            OnError::Live,
            Ask::Refuse,
            (Ending::Refused, None, by("v2")),
        ),
    ] {
        for (way, answer) in WAYS {
            let (router, log) = observed(on_error);
            answer(&router, ask);
            let told: Vec<Said> = log.outcomes().iter().map(said).collect();
            assert_eq!(
                told,
                core::slice::from_ref(&expected),
                "{way}, {ask:?}, {on_error:?}"
            );
            // O5: it is counted for the version drawn, and nowhere else.
            let drawn = router.outcomes("v2").unwrap();
            assert_eq!(drawn.admitted(), 1, "{way}");
            assert_eq!(drawn.ended(expected.0), 1, "{way}");
            assert_eq!(drawn.in_flight(), 0, "{way}");
            let live = router.outcomes("v1").unwrap();
            assert_eq!(live.admitted(), 0, "{way}");
            let stood_in = expected.1.map_or(0, |ending| live.stood_in(ending));
            assert_eq!(stood_in, u64::from(expected.1.is_some()), "{way}");
        }
    }
}

#[test]
fn o1_a_panic_of_the_model_is_a_failure_that_nobody_stands_in_for() {
    for (way, answer) in WAYS {
        if *way == "by hand" {
            continue; // Nobody said that a model was called.
        }
        let (router, log) = observed(OnError::Live);
        let unwound = catch_unwind(AssertUnwindSafe(|| answer(&router, Ask::Panic)));
        assert!(unwound.is_err(), "{way}");
        let told: Vec<Said> = log.outcomes().iter().map(said).collect();
        assert_eq!(
            told,
            [(Ending::Failed, None, Some("v2".to_owned()))],
            "{way}"
        );
    }
}

#[test]
fn o1_who_goes_away_has_given_up() {
    let (router, log) = observed(OnError::Live);
    let given_up = |log: &Log| {
        let told: Vec<Said> = log.outcomes().iter().map(said).collect();
        let _ = log.take();
        told == [(Ending::GivenUp, None, None)]
    };
    drop(router.admit("ana"));
    assert!(given_up(&log), "a ticket that was dropped");
    let mut ticket = router.admit("ana");
    let call = ticket.call_fut(|_| pending::<Result<(), ()>>());
    assert!(run(call).is_none());
    drop(ticket);
    assert!(given_up(&log), "a future that was dropped while it waited");
    let mut ticket = router.admit("ana");
    drop(ticket.call_fut(|_| pending::<Result<(), ()>>()));
    drop(ticket);
    assert!(given_up(&log), "a future that was never polled");
    // A call that ended does not hide one that did not.
    let mut ticket = router.admit("ana");
    let _ = ticket.call(|_| Ok::<_, ()>(1));
    assert!(run(ticket.call_fut(|_| pending::<Result<(), ()>>())).is_none());
    drop(ticket);
    assert!(given_up(&log), "the second of two calls");
}

#[test]
fn o1_of_several_calls_the_worst_ending_counts() {
    let (router, log) = observed(OnError::Return);
    let mut ticket = router.admit("ana");
    let _ = ticket.call(|_| Err::<(), _>("no memory"));
    let _ = ticket.call(|_| Ok::<_, &str>(()));
    drop(ticket);
    assert_eq!(log.outcomes()[0].ending, Ending::Failed);
}

#[test]
fn o5_after_a_fallback_all_further_calls_reach_the_live_version() {
    let (router, log) = observed(OnError::Live);
    let mut ticket = router.admit("ana");
    assert_eq!(ticket.call(|model| model.ask(Ask::FailOnV2)), Ok("v1"));
    assert_eq!(ticket.call(|model| model.ask(Ask::FailOnV2)), Ok("v1"));
    assert!(ticket.fall_back().is_none(), "it has stepped in already");
    assert_ne!(ticket.route().version(), ticket.drawn().version());
    assert_eq!(&*ticket.assignment().version, "v2");
    drop(ticket);
    assert_eq!(log.outcomes()[0].stand_in, Some(Ending::Answered));
}

#[test]
fn a_moved_input_has_no_stand_in_and_is_copied_only_for_one() {
    struct Input(Arc<()>);
    impl Clone for Input {
        fn clone(&self) -> Input {
            Input(Arc::clone(&self.0))
        }
    }
    let copies = |on_error| {
        let (router, _) = observed(on_error);
        let count = Arc::new(());
        let mut seen = 0;
        let input = Input(Arc::clone(&count));
        let _ = router.admit("ana").call_with(input, |_, input| {
            seen = Arc::strong_count(&count);
            drop(input);
            Ok::<_, ()>(())
        });
        // The count itself, the input, and its copy.
        seen - 2
    };
    assert_eq!((copies(OnError::Return), copies(OnError::Live)), (0, 1));
    let (router, _) = observed(OnError::Live);
    let input = "moved".to_owned();
    let answer = router.admit("ana").call_once(move |_| Err::<(), _>(input));
    assert_eq!(answer, Err("moved".to_owned()));
    assert_eq!(router.outcomes("v1").unwrap().stood_in(Ending::Failed), 0);
}

#[test]
fn a_deadline_keeps_the_live_version_from_a_second_try() {
    let now = Clock::default();
    now.set(10);
    let build = |with_clock: bool| {
        let builder = Router::builder("ranker");
        let now = now.clone();
        let builder = if with_clock {
            builder.clock(move || now.now())
        } else {
            builder
        };
        let router = builder.build("v1", Scripted("v1")).unwrap();
        router.deploy("v2", Scripted("v2")).unwrap();
        router.validate("v2", |_| Ok::<_, ()>(())).unwrap();
        let policy = Policy::canary("r", "v2", Share::ALL).on_error(OnError::Live);
        router.release(policy).unwrap();
        router
    };
    let router = build(true);
    let ask = |deadline| {
        let mut ticket = router.admit("ana").deadline(Timestamp::from_secs(deadline));
        ticket.call(|model| model.ask(Ask::FailOnV2))
    };
    assert_eq!(ask(10), Ok("v1"));
    assert_eq!(ask(9), Err(Ask::FailOnV2));
    assert_eq!(router.wiring(), []);
    // Without a clock there is no deadline, which does not go unsaid.
    let blind = build(false);
    let mut ticket = blind.admit("ana").deadline(Timestamp::from_secs(9));
    assert_eq!(ticket.call(|model| model.ask(Ask::FailOnV2)), Ok("v1"));
    let wiring = blind.wiring();
    assert_eq!(wiring[0].fault, WiringFault::DeadlineWithoutClock);
    assert_eq!((wiring.len(), wiring[0].times), (1, 1));
}

#[test]
fn o1_each_unit_of_a_batch_is_a_request_of_its_own() {
    let units = ["ana", "ben", "cho", "dov"];
    // Where nobody is told, the units of a version are counted together.
    let quiet = {
        let router = Router::new("ranker", "v1", Scripted("v1")).unwrap();
        router.deploy("v2", Scripted("v2")).unwrap();
        router.validate("v2", |_| Ok::<_, ()>(())).unwrap();
        let all = Policy::canary("r", "v2", Share::ALL);
        router.release(all).unwrap();
        router
    };
    let (observed, log) = observed(OnError::Return);
    for router in [&quiet, &observed] {
        let mut batch = Batch::new();
        router.partition(units, &mut batch);
        assert_eq!(router.outcomes("v2").unwrap().in_flight(), 4);
        assert!(batch.end(0, Ending::Refused));
        assert!(batch.answered(1, &Ok::<_, ()>(1)));
        assert!(batch.answered(2, &Err::<(), _>(1)));
        assert!(!batch.end(0, Ending::Answered), "it has ended");
        assert!(!batch.end(4, Ending::Answered), "there is none");
        batch.clear();
        let counts = router.outcomes("v2").unwrap();
        assert_eq!(Ending::ALL.map(|ending| counts.ended(ending)), [1; 4]);
        assert_eq!((counts.admitted(), counts.in_flight()), (4, 0));
    }
    let mut told: Vec<_> = log
        .outcomes()
        .into_iter()
        .map(|it| (it.unit.unwrap().to_string(), it.ending))
        .collect();
    told.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    let endings = [
        Ending::Refused,
        Ending::Answered,
        Ending::Failed,
        Ending::GivenUp,
    ];
    let expected: Vec<_> = units.map(str::to_owned).into_iter().zip(endings).collect();
    assert_eq!(told, expected);
}

#[test]
fn futures_of_calls_are_send_if_what_they_capture_is() {
    fn sendable<T: Send>(future: T) -> T {
        future
    }
    let (router, _) = observed(OnError::Live);
    let items = [1, 2, 3];
    let mut ticket: Ticket<Scripted> = router.admit("ana");
    let call = ticket.call_fut(|model| {
        let items = &items;
        async move { Ok::<_, ()>((model.0, items.len())) }
    });
    assert_eq!(run(sendable(call)), Some(Ok(("v2", 3))));
    // What cannot be sent is called too, on a runtime of one thread.
    let local = std::rc::Rc::new(7);
    let call = ticket.call_fut(|_| {
        let local = std::rc::Rc::clone(&local);
        async move { Ok::<_, ()>(*local) }
    });
    assert_eq!(run(call), Some(Ok(7)));
}
