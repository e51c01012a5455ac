//! Routing among tower services.

use core::{
    future::{Future, Ready, pending, ready},
    pin::pin,
    task::{Context, Poll, Waker},
};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use switchstand::{
    Arm, Ending, Observer, OnError, Policy, Router, Share, UnitKey,
    journal::JournalCapacity,
    shadow::{Comparison, DropReason, Pair, ShadowFuture, ShadowOutcome},
    tower::RoutedService,
};
use tower_service::Service;

/// What a service is like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Is {
    Well,
    /// Becomes ready at the third look.
    Busy,
    NeverReady,
    Broken,
    Failing,
    PanicsWhenAsked,
    PanicsWhenCalled,
    Hanging,
}

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

type Answer = std::pin::Pin<Box<dyn Future<Output = Result<u64, String>> + Send>>;

impl Service<u64> for Fixed {
    type Response = u64;
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

    fn call(&mut self, request: u64) -> Answer {
        assert!(
            self.is != Is::Busy || self.looks >= 3,
            "called before ready"
        );
        self.calls.fetch_add(1, Ordering::SeqCst);
        match self.is {
            Is::PanicsWhenCalled => panic!("called"),
            Is::Failing => Box::pin(ready(Err("failed".to_owned()))),
            Is::Hanging => Box::pin(pending()),
            _ => Box::pin(ready(Ok(request * 2))),
        }
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

#[derive(Default)]
struct Pairs(Mutex<Vec<(Option<u64>, Option<u64>)>>);

impl Comparison<u64, String> for Pairs {
    type Projection = Option<u64>;

    fn project(&self, answer: &Result<u64, String>) -> Option<u64> {
        answer.as_ref().ok().copied()
    }

    fn compare(&self, pair: Pair<'_, Option<u64>>) {
        self.0.lock().unwrap().push((*pair.primary, *pair.shadow));
    }
}

/// Serves one request and runs its shadows to their end, or to where they hang.
fn serve(primary: Is, shadow: Is) -> (Option<Result<u64, String>>, Router<Fixed>, Arc<Pairs>) {
    let pairs = Arc::new(Pairs::default());
    let router = Router::builder("test")
        .comparison(Arc::clone(&pairs))
        .build("v1", service(primary))
        .unwrap();
    router.deploy("v2", service(shadow)).unwrap();
    router
        .release(Policy::shadow("look", "v2", Share::ALL))
        .unwrap();
    let spawned: Arc<Mutex<Vec<ShadowFuture>>> = Arc::default();
    let spawn = {
        let spawned = Arc::clone(&spawned);
        move |future| spawned.lock().unwrap().push(future)
    };
    let key = |request: &u64| UnitKey::U64(*request);
    let mut routed = RoutedService::new(router.clone(), key, spawn);
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(routed.poll_ready(&mut context), Poll::Ready(Ok(())));
    let answer = run(routed.call(21));
    for future in spawned.lock().unwrap().drain(..) {
        let _ended = run(future);
    }
    (answer, router, pairs)
}

#[test]
fn s2_the_answer_is_that_of_the_chosen_service_whatever_the_shadow_is() {
    use ShadowOutcome::{Answered, Dropped, Failed, Panicked};
    for (shadow, outcome) in [
        (Is::Well, Answered),
        (Is::Busy, Dropped(DropReason::NotReady)),
        (Is::NeverReady, Dropped(DropReason::NotReady)),
        (Is::Broken, Failed),
        (Is::Failing, Failed),
        (Is::PanicsWhenAsked, Panicked),
        (Is::PanicsWhenCalled, Panicked),
        (Is::Hanging, Dropped(DropReason::Cancelled)),
    ] {
        for (primary, expected) in [
            (Is::Well, Some(Ok(42))),
            (Is::Busy, Some(Ok(42))),
            (Is::Failing, Some(Err("failed".to_owned()))),
        ] {
            let (answer, router, _) = serve(primary, shadow);
            assert_eq!(answer, expected);
            let counts = router.shadow_counts("v2").unwrap();
            assert_eq!(counts.ended(outcome), 1, "{shadow:?}");
            assert_eq!((counts.sampled(), counts.pending()), (1, 0));
            assert_eq!(router.shadows_in_flight(), 0);
        }
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

impl Comparison<u64, String> for KeepsBombs {
    type Projection = Bomb;

    fn project(&self, _: &Result<u64, String>) -> Bomb {
        Bomb
    }

    fn compare(&self, _: Pair<'_, Bomb>) {}
}

#[test]
fn s2_a_projection_that_cannot_be_dropped_does_not_harm_the_request() {
    let router = Router::builder("test")
        .comparison(Arc::new(KeepsBombs))
        .build("v1", service(Is::Well))
        .unwrap();
    router.deploy("v2", service(Is::Well)).unwrap();
    router
        .release(Policy::shadow("look", "v2", Share::ALL))
        .unwrap();
    let key = |request: &u64| UnitKey::U64(*request);
    // The shadow is given up at once, so the request is the last to hold the projection.
    let mut routed = RoutedService::new(router, key, drop);
    assert_eq!(run(routed.call(21)), Some(Ok(42)));
}

#[test]
fn s6_answers_are_compared_also_when_the_primary_failed() {
    let (_, _, pairs) = serve(Is::Failing, Is::Well);
    assert_eq!(*pairs.0.lock().unwrap(), [(None, Some(42))]);
}

#[test]
fn s3_a_request_given_up_leaves_its_shadow_counted() {
    let (answer, router, _) = serve(Is::NeverReady, Is::Well);
    assert_eq!(answer, None);
    let counts = router.shadow_counts("v2").unwrap();
    assert_eq!(counts.ended(ShadowOutcome::Dropped(DropReason::Unrun)), 1);
}

#[test]
fn the_live_service_steps_in_for_one_that_fails() {
    for failing in [Is::Failing, Is::Broken] {
        let live = service(Is::Well);
        let calls = Arc::clone(&live.calls);
        let router = Router::new("test", "v1", live).unwrap();
        router.deploy("v2", service(failing)).unwrap();
        router.validate("v2", |_| Ok::<(), String>(())).unwrap();
        let policy = Policy::ab_test("all", [Arm::from(("v2", 1))]).on_error(OnError::Live);
        router.release(policy).unwrap();
        let key = |request: &u64| UnitKey::U64(*request);
        let mut routed = RoutedService::new(router, key, drop);
        assert_eq!(run(routed.call(21)), Some(Ok(42)));
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn services_of_other_kinds_are_routed_too() {
    #[derive(Clone)]
    struct Twice;
    impl Service<u64> for Twice {
        type Response = u64;
        type Error = std::convert::Infallible;
        type Future = Ready<Result<u64, std::convert::Infallible>>;

        fn poll_ready(
            &mut self,
            _: &mut Context<'_>,
        ) -> Poll<Result<(), std::convert::Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: u64) -> Self::Future {
            ready(Ok(request * 2))
        }
    }
    let router = Router::new("test", "v1", Twice).unwrap();
    let key = |request: &u64| UnitKey::U64(*request);
    let mut routed = RoutedService::new(router, key, drop);
    assert_eq!(run(routed.clone().call(2)), Some(Ok(4)));
    assert_eq!(run(routed.call(3)), Some(Ok(6)));
}

#[test]
fn e9_what_a_service_answers_is_journalled_with_its_excerpt() {
    let note = || Some(21u64.to_le_bytes().to_vec());
    for (green, expected) in [
        (Is::Well, (Ending::Answered, note())),
        (Is::Failing, (Ending::Failed, note())),
        (Is::NeverReady, (Ending::GivenUp, None)),
    ] {
        let router = Router::builder("test")
            .journal(JournalCapacity::new(10).unwrap())
            .excerpt(|request: &u64, _| request.to_le_bytes().to_vec())
            .build("v1", service(Is::Well))
            .unwrap();
        router.deploy("v2", service(green)).unwrap();
        router.validate("v2", |_| Ok::<(), String>(())).unwrap();
        router.swap("v2").unwrap();
        let recording = router.recording().unwrap();
        let key = |request: &u64| UnitKey::U64(*request);
        let _answer = run(RoutedService::new(router, key, drop).call(21));
        let entries = recording.take();
        let told: Vec<_> = entries
            .iter()
            .map(|entry| (entry.ending, entry.excerpt.as_deref().map(<[u8]>::to_vec)))
            .collect();
        assert_eq!(told, [expected], "{green:?}");
    }
}

#[test]
fn s4_a_request_is_cloned_only_where_a_second_service_may_need_it() {
    /// Counts its clones.
    struct Counted(Arc<AtomicUsize>);
    impl Clone for Counted {
        fn clone(&self) -> Counted {
            self.0.fetch_add(1, Ordering::SeqCst);
            Counted(Arc::clone(&self.0))
        }
    }
    #[derive(Clone)]
    struct Swallows;
    impl Service<Counted> for Swallows {
        type Response = ();
        type Error = String;
        type Future = Ready<Result<(), String>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), String>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Counted) -> Self::Future {
            ready(Ok(()))
        }
    }
    let all = || Policy::ab_test("all", [Arm::from(("v2", 1))]);
    for (policy, expected) in [
        (all(), 0),
        (all().on_error(OnError::Live), 1),
        (all().with_shadow("v1", Share::ALL), 1),
        (Policy::live_only("live").on_error(OnError::Live), 0),
    ] {
        // With an observer every request has more to it than its model.
        let router = Router::builder("test").observer(Arc::new(Silent));
        let router = router.build("v1", Swallows).unwrap();
        router.deploy("v2", Swallows).unwrap();
        router.validate("v2", |_| Ok::<(), String>(())).unwrap();
        router.release(policy).unwrap();
        let clones = Arc::new(AtomicUsize::new(0));
        let mut routed = RoutedService::new(router, |_: &Counted| UnitKey::U64(1), drop);
        assert_eq!(run(routed.call(Counted(Arc::clone(&clones)))), Some(Ok(())));
        assert_eq!(clones.load(Ordering::SeqCst), expected);
    }
}

struct Silent;

impl Observer for Silent {}
