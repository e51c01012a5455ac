//! Every answer that a unit gets is recorded, whichever way the request was admitted.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation ends a test"
)]

use core::{
    convert::Infallible,
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};
use std::sync::{Arc, Mutex};

use switchstand::{
    AsyncModel, Exposure, Model, Policy, Reason, Record, Recorder, Router, Share, Ticket, Timestamp,
};

struct Doubler;

impl Model for Doubler {
    type Input = u64;
    type Output = u64;
    type Error = Infallible;

    fn predict(&self, input: &u64) -> Result<u64, Infallible> {
        Ok(input * 2)
    }
}

impl AsyncModel for Doubler {
    type Input = u64;
    type Output = u64;
    type Error = Infallible;

    async fn predict(&self, input: &u64) -> Result<u64, Infallible> {
        Ok(input * 2)
    }
}

#[derive(Default)]
struct Log(Mutex<Vec<Exposure<'static>>>);

impl Recorder for Log {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(7)
    }

    fn record(&self, record: Record<'_>) {
        if let Record::Exposure(exposure) = record.into_owned() {
            self.0.lock().unwrap().push(exposure);
        }
    }
}

impl Log {
    /// Returns who was answered by what and why since the last time.
    fn take(&self) -> Vec<(String, String, Reason)> {
        let taken = core::mem::take(&mut *self.0.lock().unwrap());
        taken
            .into_iter()
            .map(|exposure| {
                let assignment = exposure.assignment;
                let version = assignment.version.into_owned();
                (exposure.unit.to_string(), version, assignment.reason)
            })
            .collect()
    }
}

/// A router whose canary answers everybody, and its log.
fn recorded() -> (Router<Doubler>, Arc<Log>) {
    let log = Arc::<Log>::default();
    let recorder: Arc<dyn Recorder> = Arc::<Log>::clone(&log);
    let router = Router::builder("ranker")
        .recorder(recorder)
        .build("v1", Doubler)
        .unwrap();
    router.deploy("v2", Doubler).unwrap();
    router.validate("v2", |_| Ok::<_, ()>(())).unwrap();
    router
        .release(Policy::canary("r", "v2", Share::ALL))
        .unwrap();
    (router, log)
}

fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future is not ready"),
    }
}

#[test]
fn an_answer_is_recorded_once_however_the_request_was_admitted() {
    let (router, log) = recorded();
    let pin = router.pin(&router.route("ana")).unwrap();
    let mut reader = router.reader();
    let mut admit: [(&mut dyn FnMut() -> Ticket<Doubler>, Reason); 3] = [
        (&mut || router.admit("ana"), Reason::Gate),
        (&mut || router.admit_pinned("ana", &pin), Reason::Pinned),
        (&mut || reader.admit("ana"), Reason::Gate),
    ];
    for (admit, reason) in &mut admit {
        let expected = [("ana".to_owned(), "v2".to_owned(), *reason)];
        assert_eq!(admit().predict_blocking(&21), Ok(42));
        assert_eq!(log.take(), expected);
        assert_eq!(ready(admit().predict(&21)), Ok(42));
        assert_eq!(log.take(), expected);
        // A request that was given up got no answer.
        drop(admit());
        assert_eq!(log.take(), []);
    }
    let _ = router.predict("ana", &21);
    let expected = ("ana".to_owned(), "v2".to_owned(), Reason::Gate);
    assert_eq!(log.take(), [expected]);
}
