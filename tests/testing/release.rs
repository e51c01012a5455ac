//! The release that is rehearsed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

use core::time::Duration;

use switchstand::rollout::{Check, Climb, Guard, Ladder, Schedule};
use switchstand::stats::Worse;
use switchstand::stats::guard::RateTest;
use switchstand::{Policy, Share};

pub(crate) fn percent(percent: u32) -> Share {
    Share::percent(percent).unwrap()
}

pub(crate) fn policy() -> Policy {
    Policy::canary("ranker-2026-11", "v2", Share::NONE)
}

pub(crate) fn memory() -> Guard {
    Guard::new(
        "memory",
        Check::Limit {
            worse: Worse::Higher,
            limit: 0.8,
        },
    )
}

pub(crate) fn errors(test: RateTest) -> Guard {
    Guard::new("errors", Check::Rate(test))
}

/// A schedule of one step at this share, which it never leaves of itself.
pub(crate) fn one_step(share: u32, guard: Guard) -> Schedule {
    let climb = Climb::Dwell {
        time: Duration::from_secs(1 << 40),
        exposures: 1,
    };
    let ladder = Ladder::custom([percent(share), Share::ALL]).unwrap();
    Schedule::new([guard])
        .unwrap()
        .with_ladder(ladder)
        .with_climb(climb)
        .unwrap()
}

pub(crate) fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}
