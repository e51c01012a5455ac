//! The asynchronous form: hanging, panicking and abandoned futures.

use core::{
    future::{Future, pending, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use switchstand::{
    AsyncModel, BoxedAsyncModel, Policy, Router, Share, Timestamp,
    shadow::{Comparison, DropReason, Pair, ShadowBudget, ShadowFuture, ShadowOutcome},
};

use super::faults::{assert_only, counts, dropped};

#[derive(Clone, Copy, Debug)]
enum Does {
    Answer,
    Fail,
    Hang,
    /// Panics before it returns a future.
    PanicAtConstruction,
    PanicAtPoll(usize),
    /// Hangs, and panics when it is given up.
    HangBomb,
}

struct Slow(Does);

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a destructor panics");
    }
}

impl AsyncModel for Slow {
    type Input = u64;
    type Output = u64;
    type Error = String;

    fn predict(&self, input: &u64) -> impl Future<Output = Result<u64, String>> + Send {
        let (does, input) = (self.0, *input);
        assert!(
            !matches!(does, Does::PanicAtConstruction),
            "the construction panics"
        );
        async move {
            match does {
                Does::Fail => Err("no answer".to_owned()),
                Does::Hang => pending().await,
                Does::HangBomb => {
                    let _bomb = Bomb;
                    pending().await
                }
                Does::PanicAtPoll(which) => {
                    let mut polls = 0;
                    poll_fn(move |context| {
                        polls += 1;
                        assert!(polls < which, "poll {polls} panics");
                        context.waker().wake_by_ref();
                        Poll::Pending
                    })
                    .await
                }
                Does::Answer | Does::PanicAtConstruction => Ok(input),
            }
        }
    }
}

fn router(primary: Does, shadow: Does) -> Router<Slow> {
    let router = Router::builder("test")
        .shadow_budget(ShadowBudget::in_flight(4))
        .build("v1", Slow(primary))
        .unwrap();
    router.deploy("v2", Slow(shadow)).unwrap();
    router
        .release(Policy::shadow("look", "v2", Share::ALL))
        .unwrap();
    router
}

fn poll(future: Pin<&mut impl Future<Output = ()>>) -> Poll<()> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future is not ready"),
    }
}

/// Answers one request and returns its shadow.
fn serve<M>(router: &Router<M>, value: u64) -> Option<ShadowFuture>
where
    M: AsyncModel<Input = u64, Output = u64, Error = String> + Send + Sync + 'static,
{
    let mut ticket = router.admit(value);
    assert_eq!(ready(ticket.predict(&value)), Ok(value));
    ticket.shadow_task(|| value).map(IntoFuture::into_future)
}

#[test]
fn s2_a_shadow_that_panics_at_any_poll_is_contained() {
    let panics = [Does::PanicAtConstruction]
        .into_iter()
        .chain((1..=4).map(Does::PanicAtPoll));
    for does in panics {
        let router = router(Does::Answer, does);
        let mut shadow = pin!(serve(&router, 1).unwrap());
        let mut polls = 1;
        while poll(shadow.as_mut()).is_pending() {
            polls += 1;
        }
        let expected = match does {
            Does::PanicAtPoll(which) => which,
            _ => 1,
        };
        assert_eq!(polls, expected);
        assert_only(&router, ShadowOutcome::Panicked, 1);
    }
}

#[test]
fn s3_answers_and_errors_are_told_apart() {
    let answering = router(Does::Answer, Does::Answer);
    ready(serve(&answering, 1).unwrap());
    assert_only(&answering, ShadowOutcome::Answered, 1);
    let failing = router(Does::Answer, Does::Fail);
    ready(serve(&failing, 1).unwrap());
    assert_only(&failing, ShadowOutcome::Failed, 1);
}

#[test]
fn s2_hanging_shadows_use_up_their_budget_and_nothing_else() {
    let router = router(Does::Answer, Does::Hang);
    let mut hanging = Vec::new();
    for value in 0..100 {
        if let Some(mut shadow) = serve(&router, value) {
            assert!(poll(Pin::new(&mut shadow)).is_pending());
            hanging.push(shadow);
        }
        assert_eq!(router.shadows_in_flight(), hanging.len());
    }
    let counts = counts(&router);
    assert_eq!((counts.sampled(), counts.pending()), (100, 4));
    assert_eq!(counts.ended(dropped(DropReason::NoPermit)), 96);
}

#[test]
fn s3_a_shadow_given_up_while_it_runs_is_counted_as_cancelled() {
    for does in [Does::Hang, Does::HangBomb] {
        let router = router(Does::Answer, does);
        let mut shadow = serve(&router, 1).unwrap();
        assert!(poll(Pin::new(&mut shadow)).is_pending());
        drop(shadow);
        assert_only(&router, dropped(DropReason::Cancelled), 1);
    }
}

#[test]
fn s3_a_shadow_that_was_never_polled_is_counted_as_unrun() {
    let router = router(Does::Answer, Does::Hang);
    drop(serve(&router, 1).unwrap());
    assert_only(&router, dropped(DropReason::Unrun), 1);
}

#[test]
fn s3_a_client_that_goes_away_leaves_its_shadow_counted() {
    let router = router(Does::Hang, Does::Answer);
    let request = async {
        let mut ticket = router.admit("ana");
        let _answer = ticket.predict(&1).await;
        while let Some(task) = ticket.shadow_task(|| 1) {
            task.await;
        }
    };
    {
        let mut request = pin!(request);
        assert!(poll(request.as_mut()).is_pending());
        assert_eq!(counts(&router).pending(), 1);
    }
    assert_only(&router, dropped(DropReason::Unrun), 1);
}

#[test]
fn s5_a_deadline_holds_for_the_asynchronous_form() {
    let router = router(Does::Answer, Does::Answer);
    let mut ticket = router.admit("ana");
    assert_eq!(ready(ticket.predict(&1)), Ok(1));
    let task = ticket.shadow_task(|| 1).unwrap();
    let due = task.due(Timestamp::from_secs(1));
    assert!(due.start(Timestamp::from_secs(2)).is_none());
    assert_only(&router, dropped(DropReason::Deadline), 1);
}

#[test]
fn s6_boxed_models_are_compared_with_their_latency() {
    #[derive(Default)]
    struct Clocked {
        pairs: Mutex<Vec<[Option<u64>; 4]>>,
    }

    impl Comparison<u64, String> for Clocked {
        type Projection = Option<u64>;

        fn project(&self, answer: &Result<u64, String>) -> Option<u64> {
            answer.as_ref().ok().copied()
        }

        fn compare(&self, pair: Pair<'_, Option<u64>>) {
            let nanos = |latency: Option<core::time::Duration>| {
                latency.map(|latency| latency.as_nanos() as u64)
            };
            self.pairs.lock().unwrap().push([
                *pair.primary,
                *pair.shadow,
                nanos(pair.primary_latency),
                nanos(pair.shadow_latency),
            ]);
        }
    }

    type Any = Box<dyn BoxedAsyncModel<Input = u64, Output = u64, Error = String> + Send + Sync>;
    let clocked = Arc::new(Clocked::default());
    let ticks = AtomicUsize::new(0);
    let router = Router::<Any>::builder("test")
        .comparison(Arc::clone(&clocked))
        .clock(move || {
            // Each look is one nanosecond further from the one before than that was.
            let tick = ticks.fetch_add(1, Ordering::SeqCst) as u64;
            Timestamp::from_nanos(tick * tick)
        })
        .build("v1", Box::new(Slow(Does::Answer)))
        .unwrap();
    router.deploy("v2", Box::new(Slow(Does::Fail))).unwrap();
    router
        .release(Policy::shadow("look", "v2", Share::ALL))
        .unwrap();
    ready(serve(&router, 8).unwrap());
    // Looks at 0 and 1 for the primary, at 4 and 9 for the shadow.
    assert_eq!(
        *clocked.pairs.lock().unwrap(),
        [[Some(8), None, Some(1), Some(5)]]
    );
}

#[test]
fn s1_a_task_can_go_anywhere_and_returns_nothing() {
    fn anywhere<T: Send + 'static>(_: &T) {}
    fn nothing<F: Future<Output = ()>>(_: &F) {}
    let router = router(Does::Answer, Does::Answer);
    let mut ticket = router.admit("ana");
    anywhere(&ticket);
    let task = ticket.shadow_task(|| 1).unwrap();
    anywhere(&task);
    let future = task.into_future();
    anywhere(&future);
    nothing(&future);
}
