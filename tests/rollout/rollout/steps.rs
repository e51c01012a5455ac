//! What each step releases, and what two decisions that nobody carried out leave in force.

use switchstand::rollout::{Action, Phase, Rollout};
use switchstand::{Policy, Share};

use crate::rollout::releases::{abort, at, good, rollout, simple, step};

#[test]
fn c1_each_step_releases_the_next_share_of_its_ladder() {
    let mut rollout = rollout(simple());
    let mut released = Vec::new();
    let mut now = 0;
    while rollout.phase() != Phase::Baking {
        let sample = rollout.tag().map(|_| good(&rollout));
        if let Some(Action::Release { policy }) = step(&mut rollout, now, sample) {
            released.push(*policy);
        }
        now += 3600;
    }
    let ladder = rollout.schedule().ladder().shares();
    assert!(ladder.is_sorted());
    assert_eq!(ladder.last(), Some(&Share::ALL));
    let below = &ladder[..ladder.len() - 1];
    let canary = |share: &Share| Policy::canary("ranker-2026-11", "v2", *share);
    assert_eq!(released, below.iter().map(canary).collect::<Vec<_>>());
}

#[test]
fn c9_what_is_in_force_is_remembered_under_two_decisions_that_nobody_carried_out() {
    let mut rollout = rollout(simple());
    assert!(rollout.step(at(0), []).is_some());
    assert!(rollout.step(at(1), [abort()]).is_some());
    assert_eq!(rollout.phase(), Phase::Pending);
    let stored = serde_json::to_string(&rollout).unwrap();
    let resumed: Rollout = serde_json::from_str(&stored).unwrap();
    assert_eq!(resumed.phase(), Phase::Pending);
    assert_eq!(resumed, rollout);
}
