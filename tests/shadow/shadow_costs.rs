//! What a request is spared that no shadow runs beside (S2).

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use switchstand::{
    Model, Observer, Policy, Router, Share, Timestamp,
    shadow::{Comparison, Pair, ShadowBudget},
};

struct Echo;

impl Model for Echo {
    type Input = u64;
    type Output = u64;
    type Error = String;

    fn predict(&self, input: &u64) -> Result<u64, String> {
        Ok(*input)
    }
}

/// Counts how often it is asked.
#[derive(Default)]
struct Asked {
    times: AtomicU64,
    projections: AtomicU64,
}

impl Asked {
    fn counts(&self) -> [u64; 2] {
        [&self.times, &self.projections].map(|count| count.swap(0, Ordering::Relaxed))
    }
}

impl Observer for Asked {}

impl Comparison<u64, String> for Asked {
    type Projection = ();

    fn project(&self, _: &Result<u64, String>) {
        self.projections.fetch_add(1, Ordering::Relaxed);
    }

    fn compare(&self, _: Pair<'_, ()>) {}
}

/// A router with an observer, so that requests are timed, or without one.
fn router(asked: &Arc<Asked>, is_observed: bool, budget: u32, share: Share) -> Router<Echo> {
    let builder = Router::builder("costs")
        .comparison(Arc::clone(asked))
        .shadow_budget(ShadowBudget::in_flight(budget));
    let times = Arc::clone(asked);
    let builder = builder.clock(move || {
        times.times.fetch_add(1, Ordering::Relaxed);
        Timestamp::from_secs(1)
    });
    let builder = if is_observed {
        builder.observer(Arc::clone(asked))
    } else {
        builder
    };
    let router = builder.build("v1", Echo).unwrap();
    router.deploy("v2", Echo).unwrap();
    router.release(Policy::shadow("look", "v2", share)).unwrap();
    asked.counts();
    router
}

#[test]
fn s2_no_time_is_read_and_nothing_kept_for_a_request_without_shadows() {
    for is_observed in [false, true] {
        let asked = Arc::new(Asked::default());
        let router = router(&asked, is_observed, 8, Share::NONE);
        // The outcome alone is timed, at both ends, where there is somebody to tell it.
        let expected = [2 * u64::from(is_observed), 0];
        assert!(router.predict("ana", &1).shadows.is_empty());
        assert_eq!(asked.counts(), expected);
        let mut ticket = router.admit("ana");
        assert_eq!(ticket.predict_blocking(&1), Ok(1));
        drop(ticket);
        assert_eq!(asked.counts(), expected);
    }
}

#[test]
fn s4_nothing_of_an_answer_is_kept_for_a_shadow_that_got_no_permit() {
    let asked = Arc::new(Asked::default());
    let none = router(&asked, false, 0, Share::ALL);
    assert!(none.predict("ana", &1).shadows.is_empty());
    let [_, projections] = asked.counts();
    assert_eq!(projections, 0);
    let one = router(&asked, false, 1, Share::ALL);
    assert_eq!(one.predict("ana", &1).shadows.len(), 1);
    let [_, projections] = asked.counts();
    assert_eq!(projections, 1);
}
