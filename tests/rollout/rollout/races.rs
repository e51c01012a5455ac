//! A person's order against a tick of the timer, at the same moment.

use std::{sync::Barrier, thread};

use switchstand::rollout::{Input, Phase};
use switchstand::{Policy, VersionState};

use crate::rollout::{
    persons::{quick, release, router},
    releases::at,
};

/// Lets two threads meet so often; in the end the hotfix must be in force.
fn hotfix_against_tick(rounds: u64) {
    let router = router();
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..rounds {
                barrier.wait();
                router.release(Policy::live_only("hotfix")).unwrap();
                barrier.wait();
                assert_eq!(router.current().release(), "hotfix", "round {round}");
                barrier.wait();
            }
        });
        for _ in 0..rounds {
            // A step of the ramp is due in the very moment of the hotfix.
            router.release(Policy::live_only("before")).unwrap();
            let rollout = release(&router, "v2", quick());
            rollout.tick_with(at(0), []).unwrap();
            let sample = rollout.rollout().sample().unwrap().exposed(100, 100);
            barrier.wait();
            rollout.tick_with(at(60), [Input::Sample(sample)]).unwrap();
            barrier.wait();
            for minute in 2..4 {
                rollout.tick_with(at(60 * minute), []).unwrap();
            }
            assert_eq!(router.current().release(), "hotfix");
            barrier.wait();
        }
    });
}

#[test]
fn c12_a_hotfix_that_races_a_tick_is_in_force_in_the_end() {
    hotfix_against_tick(500);
}

#[test]
#[ignore = "takes a minute; the short one runs always"]
fn c12_a_hotfix_that_races_a_tick_is_in_force_in_the_end_100_000_times() {
    hotfix_against_tick(100_000);
}

#[test]
fn c12_a_rejection_that_races_the_swap_leaves_the_old_version_live() {
    for _ in 0..500 {
        let router = router();
        let rollout = release(
            &router,
            "v2",
            quick().with_ladder(switchstand::rollout::Ladder::at_once()),
        );
        thread::scope(|scope| {
            scope.spawn(|| router.reject("v2", "by hand"));
            let _ = rollout.tick_with(at(0), []);
        });
        let _ = rollout.tick_with(at(60), []);
        assert_eq!(router.state("v1"), Some(VersionState::Live));
        assert_ne!(rollout.phase(), Phase::Baking);
    }
}
