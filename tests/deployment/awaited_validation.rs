//! Checks of models that await.
#![allow(clippy::unwrap_used, reason = "a failed expectation ends a test")]

use core::{
    cell::Cell,
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll, Waker},
};
use std::rc::Rc;

use switchstand::{
    Policy, Router, Share, VersionState,
    deployment::OperationError,
    operator::{ReclaimError, ValidateError},
    outcomes::Lent,
};

/// A model that answers at the second time of asking.
#[derive(Debug)]
struct Remote(&'static str);

impl Remote {
    async fn ask(&self, question: &str) -> Result<String, String> {
        let mut is_there = false;
        poll_fn(|_| match core::mem::replace(&mut is_there, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
        match self.0 {
            "broken" => Err(format!("{question}: no answer")),
            name => Ok(format!("{name}: {question}")),
        }
    }
}

async fn is_well(model: Lent<Remote>) -> Result<String, String> {
    model.ask("ready?").await
}

fn router(second: &'static str) -> Router<Remote> {
    let router = Router::new("chat", "v1", Remote("first")).unwrap();
    router.deploy("v2", Remote(second)).unwrap();
    router
}

fn poll<T>(future: core::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_model_that_awaits_is_ready_when_its_check_has_passed_and_not_before() {
    let router = router("second");
    {
        let mut check = pin!(router.validate_fut("v2", is_well));
        assert!(poll(check.as_mut()).is_pending());
        assert_eq!(router.state("v2"), Some(VersionState::Staged));
        // Nothing is locked: others operate and ask meanwhile.
        router
            .release(Policy::shadow("look", "v2", Share::ALL))
            .unwrap();
        drop(router.admit("ana"));
        assert_eq!(poll(check.as_mut()), Poll::Ready(Ok(3)));
    }
    assert_eq!(router.state("v2"), Some(VersionState::Ready));
}

#[test]
fn a_check_that_fails_or_is_dropped_leaves_the_version_staged() {
    let router = router("broken");
    let mut check = Box::pin(router.validate_fut("v2", is_well));
    assert!(poll(check.as_mut()).is_pending());
    let Poll::Ready(Err(ValidateError::Failed { version, cause })) = poll(check.as_mut()) else {
        panic!("it has passed");
    };
    assert_eq!(
        (version.as_str(), cause.as_str()),
        ("v2", "ready?: no answer")
    );
    let mut check = Box::pin(router.validate_fut("v2", is_well));
    assert!(poll(check.as_mut()).is_pending());
    drop(check);
    assert_eq!(router.state("v2"), Some(VersionState::Staged));
    assert_eq!(router.generation(), 1);
}

#[test]
fn e5_a_model_that_is_being_checked_is_not_given_back_and_another_is_not_made_ready() {
    let router = router("second");
    let mut check = Box::pin(router.validate_fut("v2", is_well));
    assert!(poll(check.as_mut()).is_pending());
    router.retire("v2").unwrap();
    let in_use = router.reclaim("v2").unwrap_err();
    assert!(matches!(
        in_use,
        ReclaimError::StillInUse { in_flight: 0, .. }
    ));
    drop(check);
    assert!(router.reclaim("v2").is_ok());
    // A version of the same label that came while the first one was checked.
    router.deploy("v2", Remote("second")).unwrap();
    let other = router.clone();
    let checked = router.validate_fut("v2", move |model| async move {
        drop(model);
        other.retire("v2").unwrap();
        other.reclaim("v2").map_err(|error| error.to_string())?;
        other
            .deploy("v2", Remote("unchecked"))
            .map_err(|error| error.to_string())?;
        Ok::<_, String>(())
    });
    let refused = poll(pin!(checked));
    assert!(matches!(
        refused,
        Poll::Ready(Err(ValidateError::Operation(
            OperationError::UnknownVersion { .. }
        )))
    ));
    assert_eq!(router.state("v2"), Some(VersionState::Staged));
}

#[test]
fn e6_a_check_that_others_have_overtaken_is_refused() {
    let router = router("second");
    let operator = router.operator().named("ana").expecting(1);
    let mut check = pin!(operator.validate_fut("v2", is_well));
    assert!(poll(check.as_mut()).is_pending());
    router.release(Policy::live_only("freeze")).unwrap();
    let stale = poll(check.as_mut());
    assert!(matches!(
        stale,
        Poll::Ready(Err(ValidateError::Operation(OperationError::Stale {
            expected: 1,
            found: 2
        })))
    ));
}

#[test]
fn o1_futures_that_stay_on_their_thread_check_and_answer() {
    let router = router("second");
    let asked = Rc::new(Cell::new(0));
    let count = |model: Lent<Remote>| {
        let asked = Rc::clone(&asked);
        async move {
            let answer = model.ask("here?").await;
            asked.set(asked.get() + 1);
            answer
        }
    };
    let mut check = pin!(router.validate_fut("v2", count));
    assert!(poll(check.as_mut()).is_pending());
    assert_eq!(poll(check.as_mut()), Poll::Ready(Ok(2)));
    let mut ticket = router.admit("ana");
    let mut answer = pin!(ticket.call_fut(count));
    assert!(poll(answer.as_mut()).is_pending());
    let answered = Poll::Ready(Ok("first: here?".to_owned()));
    assert_eq!(poll(answer.as_mut()), answered);
    assert_eq!(asked.get(), 2);
}
