//! Answers that are streams, of requests and of shadows.
#![cfg(feature = "futures-core")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation ends a test"
)]

use core::{
    future::{Future, pending, ready},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_core::Stream;
use switchstand::{
    Ending, Observer, OnError, Outcome, Policy, Router, Share, Ticket, Timestamp,
    operator::ReclaimError,
    shadow::{Comparison, DropReason, Pair, ShadowOutcome},
};

/// What a stream does when it is polled.
#[derive(Clone, Copy, Debug)]
enum Step {
    Item(&'static str),
    Error(&'static str),
    Wait,
    Panic,
    /// An item again and again, without an end.
    Endless,
}

use Step::{Endless, Error, Item, Panic, Wait};

#[derive(Debug)]
struct Script(VecDeque<Step>);

impl Stream for Script {
    type Item = Result<String, String>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.0.pop_front() {
            Some(Item(text)) => Poll::Ready(Some(Ok(text.to_owned()))),
            Some(Error(text)) => Poll::Ready(Some(Err(text.to_owned()))),
            Some(Wait) => Poll::Pending,
            Some(Panic) => panic!("in mid-stream"),
            Some(Endless) => {
                self.0.push_front(Endless);
                Poll::Ready(Some(Ok(String::new())))
            }
            None => Poll::Ready(None),
        }
    }
}

/// A model that answers with a stream, or fails before it has one.
#[derive(Clone, Copy, Debug)]
struct Generator(Option<&'static [Step]>);

impl Generator {
    fn generate(&self) -> Result<Script, String> {
        let steps = self.0.ok_or("no memory")?;
        Ok(Script(steps.iter().copied().collect()))
    }

    fn boxed(&self) -> Pin<Box<dyn Stream<Item = Result<String, String>> + Send>> {
        Box::pin(Script(self.0.unwrap_or(&[]).iter().copied().collect()))
    }
}

#[derive(Default)]
struct Log(Mutex<Vec<(String, Ending, Option<Duration>)>>);

impl Observer for Log {
    fn outcome(&self, outcome: &Outcome<'_>) {
        let line = (
            outcome.version().to_owned(),
            outcome.ending(),
            outcome.took(),
        );
        self.0.lock().unwrap().push(line);
    }
}

fn poll<S: Stream>(stream: &mut Pin<&mut S>) -> Poll<Option<S::Item>> {
    let mut context = Context::from_waker(Waker::noop());
    stream.as_mut().poll_next(&mut context)
}

/// Polls a stream so often, or to its end.
fn read<S: Stream>(stream: &mut Pin<&mut S>, polls: usize) -> Vec<S::Item> {
    let mut items = Vec::new();
    for _ in 0..polls {
        match poll(stream) {
            Poll::Ready(Some(item)) => items.push(item),
            Poll::Ready(None) => break,
            Poll::Pending => {}
        }
    }
    items
}

const ALL: usize = 100;

#[test]
fn o4_a_lease_lasts_to_the_last_item_of_a_stream() {
    let router = Router::new("chat", "v1", Generator(Some(&[]))).unwrap();
    router
        .deploy("v2", Generator(Some(&[Item("a"), Wait, Item("b")])))
        .unwrap();
    router.validate("v2", |_| Ok::<(), ()>(())).unwrap();
    router
        .release(Policy::canary("all", "v2", Share::ALL))
        .unwrap();
    let mut ticket = router.admit("ana");
    let stream = ticket.call(Generator::generate).unwrap();
    let mut stream = pin!(ticket.stream(stream));
    router.reject("v2", "slow").unwrap();
    for _ in 0..3 {
        assert!(!matches!(poll(&mut stream), Poll::Ready(None)));
        assert_eq!(router.in_flight("v2"), Some(1));
        let in_use = router.reclaim("v2").unwrap_err();
        assert!(matches!(
            in_use,
            ReclaimError::StillInUse { in_flight: 1, .. }
        ));
    }
    assert_eq!(poll(&mut stream), Poll::Ready(None));
    assert_eq!(router.in_flight("v2"), Some(0));
    router.reclaim("v2").unwrap();
    assert_eq!(router.outcomes("v2").unwrap().ended(Ending::Answered), 1);
}

#[test]
fn o1_a_stream_ends_its_request_once_and_as_it_ended_itself() {
    let cases: [(&'static [Step], usize, Ending); 8] = [
        (&[Item("a"), Wait, Item("b")], ALL, Ending::Answered),
        (&[], ALL, Ending::Answered),
        (&[Item("a"), Error("cuda"), Item("b")], ALL, Ending::Failed),
        // Who reads an error asks for no more.
        (&[Item("a"), Error("cuda")], 2, Ending::Failed),
        (&[Item("a"), Item("b")], 1, Ending::GivenUp),
        (&[Item("a"), Wait, Item("b")], 2, Ending::GivenUp),
        (&[Item("a")], 0, Ending::GivenUp),
        (&[Item("a"), Panic], ALL, Ending::Failed),
    ];
    for (steps, polls, ending) in cases {
        let log = Arc::new(Log::default());
        let router = Router::builder("chat")
            .observer(Arc::clone(&log))
            .build("v1", Generator(Some(steps)))
            .unwrap();
        let mut ticket = router.admit("ana");
        let stream = ticket.call(Generator::generate).unwrap();
        let mut stream = Box::pin(ticket.stream(stream));
        let _ = catch_unwind(AssertUnwindSafe(|| read(&mut stream.as_mut(), polls)));
        drop(stream);
        let counts = router.outcomes("v1").unwrap();
        assert_eq!(counts.ended(ending), 1, "{steps:?}, {polls} polls");
        assert_eq!((counts.admitted(), counts.in_flight()), (1, 0));
        let told = [("v1".to_owned(), ending, None)];
        assert_eq!(*log.0.lock().unwrap(), told, "{steps:?}, {polls} polls");
    }
}

#[test]
fn o1_the_application_says_how_an_item_counts() {
    for (polls, ending) in [
        (1, Ending::GivenUp),
        (2, Ending::Refused),
        (ALL, Ending::Refused),
    ] {
        let router = Router::new("chat", "v1", ()).unwrap();
        let script = Script([Item("a"), Error("too long")].into());
        let stream = router
            .admit("ana")
            .stream_with(script, |_, item| match item {
                Some(Err(_)) => Ending::Refused,
                _ => Ending::Answered,
            });
        let mut stream = Box::pin(stream);
        let _ = read(&mut stream.as_mut(), polls);
        drop(stream);
        assert_eq!(router.outcomes("v1").unwrap().ended(ending), 1, "{polls}");
    }
}

#[test]
fn o5_a_stream_of_the_live_version_that_stepped_in_counts_beside_the_failure() {
    let router = Router::new("chat", "v1", Generator(Some(&[Item("a"), Error("cuda")]))).unwrap();
    router.deploy("v2", Generator(None)).unwrap();
    router.validate("v2", |_| Ok::<(), ()>(())).unwrap();
    let policy = Policy::canary("all", "v2", Share::ALL).on_error(OnError::Live);
    router.release(policy).unwrap();
    let mut ticket = router.admit("ana");
    let stream = ticket.call(Generator::generate).unwrap();
    assert_eq!(ticket.version(), "v1");
    let mut stream = pin!(ticket.stream(stream));
    assert_eq!(
        (router.in_flight("v1"), router.in_flight("v2")),
        (Some(1), Some(1))
    );
    assert_eq!(read(&mut stream, ALL).len(), 2);
    let (live, drawn) = (
        router.outcomes("v1").unwrap(),
        router.outcomes("v2").unwrap(),
    );
    assert_eq!(drawn.ended(Ending::Failed), 1);
    assert_eq!((live.admitted(), live.stood_in(Ending::Failed)), (0, 1));
    assert_eq!(
        (router.in_flight("v1"), router.in_flight("v2")),
        (Some(0), Some(0))
    );
}

#[test]
fn o3_an_outcome_s_time_ends_with_the_stream() {
    let seconds = Arc::new(AtomicU64::new(10));
    let log = Arc::new(Log::default());
    let clock = Arc::clone(&seconds);
    let router = Router::builder("chat")
        .observer(Arc::clone(&log))
        .clock(move || Timestamp::from_secs(clock.load(Ordering::SeqCst)))
        .build("v1", Generator(Some(&[Item("a")])))
        .unwrap();
    let mut ticket = router.admit("ana");
    let stream = ticket.call(Generator::generate).unwrap();
    let mut stream = pin!(ticket.stream(stream));
    let _ = poll(&mut stream);
    seconds.store(17, Ordering::SeqCst);
    assert_eq!(poll(&mut stream), Poll::Ready(None));
    let took = log.0.lock().unwrap()[0].2;
    assert_eq!(took, Some(Duration::from_secs(7)));
}

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

/// A router whose version `v2` shadows all, with what it compares.
fn shadowed(shadow: Generator) -> (Router<Generator>, Arc<Pairs>) {
    let pairs = Arc::new(Pairs::default());
    let router = Router::builder("chat")
        .comparison_of_calls(Arc::clone(&pairs))
        .build("v1", Generator(Some(&[Item("a"), Item("b"), Item("c")])))
        .unwrap();
    router.deploy("v2", shadow).unwrap();
    router
        .release(Policy::shadow("look", "v2", Share::ALL))
        .unwrap();
    (router, pairs)
}

/// Takes the shadow when the stream has ended, and polls it so often.
fn shadow_at_the_end(
    ticket: &mut Ticket<Generator>,
    limit: usize,
    until: impl Future<Output = ()> + Send + 'static,
    polls: usize,
) -> bool {
    let task = ticket.shadow_task(|| ()).unwrap();
    let add = |all: &mut String, item: String| {
        assert_ne!(item, "poison");
        all.push_str(&item);
        item.len()
    };
    let mut run = pin!(task.drain(|model, ()| model.boxed(), add, limit, until));
    let mut context = Context::from_waker(Waker::noop());
    (0..polls).any(|_| run.as_mut().poll(&mut context).is_ready())
}

/// Answers one request whose shadow takes up to three bytes, to the primary's end.
fn serve(router: &Router<Generator>, until: impl Future<Output = ()> + Send + 'static) -> bool {
    let mut ticket = router.admit("ana");
    let stream = ticket.call(Generator::generate).unwrap();
    let mut transcript = String::new();
    let (mut until, mut has_ended) = (Some(until), false);
    {
        let stream = ticket.stream_with(stream, |ticket, item| {
            match item {
                Some(item) => transcript.push_str(item.as_ref().unwrap()),
                None => {
                    ticket.compare_with(&Ok::<_, String>(transcript.clone()));
                    has_ended = shadow_at_the_end(ticket, 3, until.take().unwrap(), 5);
                }
            }
            Ending::Answered
        });
        let mut stream = pin!(stream);
        assert_eq!(read(&mut stream, ALL).len(), 3);
    }
    has_ended
}

#[test]
fn s6_transcripts_of_two_streams_are_compared() {
    let cases: [(&'static [Step], Result<&str, &str>, ShadowOutcome); 3] = [
        (
            &[Item("ab"), Wait, Item("d")],
            Ok("abd"),
            ShadowOutcome::Answered,
        ),
        (
            &[Item("ab"), Error("cuda")],
            Err("cuda"),
            ShadowOutcome::Failed,
        ),
        (&[], Ok(""), ShadowOutcome::Answered),
    ];
    for (steps, shadow, outcome) in cases {
        let (router, pairs) = shadowed(Generator(Some(steps)));
        assert!(serve(&router, pending()));
        let owned = shadow.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(*pairs.0.lock().unwrap(), [[Ok("abc".to_owned()), owned]]);
        assert_eq!(router.shadow_counts("v2").unwrap().ended(outcome), 1);
        // That the stream itself is compared by nothing is no fault: its transcript is.
        assert!(router.wiring().is_empty(), "{:?}", router.wiring());
    }
}

#[test]
fn s3_a_streamed_shadow_is_cut_at_its_limit_and_at_its_deadline() {
    let too_long: &'static [Step] = &[Item("ab"), Item("cd")];
    let hangs: &'static [Step] = &[Item("a"), Wait, Wait, Wait, Wait, Wait, Wait];
    for (steps, is_late) in [(too_long, false), (hangs, true)] {
        let (router, pairs) = shadowed(Generator(Some(steps)));
        let ended = match is_late {
            true => serve(&router, ready(())),
            false => serve(&router, pending()),
        };
        assert!(ended, "{steps:?}");
        let counts = router.shadow_counts("v2").unwrap();
        let cut = ShadowOutcome::Dropped(DropReason::Cut);
        assert_eq!((counts.ended(cut), counts.pending()), (1, 0), "{steps:?}");
        assert!(pairs.0.lock().unwrap().is_empty());
        assert_eq!(
            (router.shadows_in_flight(), router.in_flight("v2")),
            (0, Some(0))
        );
    }
    // Without its deadline the one that hangs would hang on.
    let (router, _) = shadowed(Generator(Some(hangs)));
    assert!(!serve(&router, pending()));
}

#[test]
fn s2_a_shadow_that_panics_in_mid_stream_harms_nobody() {
    let cases: [&'static [Step]; 2] = [&[Item("a"), Panic], &[Item("poison")]];
    for steps in cases {
        let (router, _) = shadowed(Generator(Some(steps)));
        assert!(serve(&router, pending()));
        let counts = router.shadow_counts("v2").unwrap();
        assert_eq!(counts.ended(ShadowOutcome::Panicked), 1);
        assert_eq!(router.shadows_in_flight(), 0);
    }
}

#[test]
fn s2_an_endless_shadow_gives_other_tasks_their_turn() {
    let (router, _) = shadowed(Generator(Some(&[Endless])));
    // Five polls return, though each item is there at once and weighs nothing.
    assert!(!serve(&router, pending()));
    let cancelled = ShadowOutcome::Dropped(DropReason::Cancelled);
    assert_eq!(router.shadow_counts("v2").unwrap().ended(cancelled), 1);
}

#[test]
fn s2_who_reads_a_stream_does_not_notice_that_its_watch_panics() {
    let router = Router::new("chat", "v1", ()).unwrap();
    let script = Script([Item("a"), Item("b")].into());
    let calls = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&calls);
    let stream = router.admit("ana").stream_with(script, move |_, _| {
        count.fetch_add(1, Ordering::SeqCst);
        panic!("a transcript");
    });
    let mut stream = Box::pin(stream);
    assert_eq!(read(&mut stream.as_mut(), ALL).len(), 2);
    assert_eq!(calls.load(Ordering::SeqCst), 1, "it is not asked again");
    assert_eq!(router.outcomes("v1").unwrap().ended(Ending::Answered), 1);
}

#[test]
fn o1_streams_that_stay_on_their_thread_are_leased_too() {
    struct Here(Rc<u64>);
    impl Stream for Here {
        type Item = Result<Rc<u64>, String>;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready((Rc::strong_count(&self.0) < 3).then(|| Ok(Rc::clone(&self.0))))
        }
    }
    let router = Router::new("chat", "v1", ()).unwrap();
    let mut stream = pin!(router.admit("ana").stream(Here(Rc::new(7))));
    assert_eq!(read(&mut stream, ALL).len(), 2);
    assert_eq!(router.outcomes("v1").unwrap().ended(Ending::Answered), 1);
}
