//! The mistakes that newcomers make: each ends in a sentence that names what, where and the cure.
//!
//! Those that the compiler refuses are in `tests/ui`.
#![cfg(all(feature = "serde", feature = "stats"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot be set up fails"
)]

mod ramps;
mod units;
mod words;

use core::fmt::Display;

use switchstand::experiment::{Kind, Metric};
use switchstand::rollout::{Guard, Rollout, Schedule};
use switchstand::stats::Worse;
use switchstand::{Policy, Router, Share, Timestamp};

fn router() -> Router<u32> {
    let router = Router::new("ranker", "v1", 1).unwrap();
    router.deploy("v2", 2).unwrap();
    router.validate("v2", |_| Ok::<(), String>(())).unwrap();
    router
}

fn canary(release: &str, version: &str) -> Policy {
    Policy::canary(release, version, Share::percent(10).unwrap())
}

fn ab() -> Policy {
    Policy::ab_test("ab", [("v1", 1), ("v2", 1)])
}

fn clicks() -> [Metric; 1] {
    [Metric::goal("clicks", Kind::CommonRate, Worse::Lower, 0.02)]
}

fn rollout(release: &str, version: &str) -> Rollout {
    let policy = Policy::canary(release, version, Share::NONE);
    Rollout::new(policy, Schedule::new([Guard::failures()]).unwrap()).unwrap()
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

/// Checks that the sentence has all these parts: what, where, the cure.
fn says(mistake: &str, sentence: impl Display, parts: &[&str]) {
    let sentence = sentence.to_string();
    for part in parts {
        assert!(
            sentence.contains(part),
            "{mistake}: {part:?} is not in: {sentence}"
        );
    }
}
