//! Actions of a roll-out that is led elsewhere, on a router that persons change.

use std::{sync::Barrier, thread};

use switchstand::deployment::OperationError;
use switchstand::rollout::{Action, Cause, Guard, Rollout, Schedule};
use switchstand::{Policy, Router, Share, VersionState};

use crate::rollout::persons::{quick, release, router};

fn step(percent: u32) -> Action {
    let policy = Policy::canary("led", "v2", Share::percent(percent).unwrap());
    let policy = Box::new(policy);
    Action::Release { policy }
}

fn swap() -> Action {
    let version = "v2".to_owned();
    Action::Swap {
        version,
        policy: None,
    }
}

fn accept() -> Action {
    let version = "v2".to_owned();
    Action::Accept {
        version,
        policy: None,
    }
}

fn reject() -> Action {
    let version = "v2".to_owned();
    let cause = Cause::DeadlinePassed;
    Action::Reject { version, cause }
}

fn in_force(router: &Router<()>) -> String {
    router.current().release().to_owned()
}

fn overruled(router: &Router<()>, action: &Action) -> String {
    match router.carry_out(action).unwrap_err() {
        OperationError::Overruled { by } => by,
        other => panic!("{other}"),
    }
}

#[test]
fn c12_a_hotfix_stands_against_actions_that_are_led_elsewhere() {
    let router = router();
    router.release(Policy::live_only("of last week")).unwrap();
    router.carry_out(&step(1)).unwrap();
    let ana = router.operator().named("ana").because("incident 7");
    ana.release(Policy::live_only("hotfix")).unwrap();
    let by = "by hand: release \"hotfix\" was put in force by \"ana\": incident 7";
    let alone = Action::Release {
        policy: Policy::live_only("nobody leads").into(),
    };
    for action in [step(1), step(5), swap(), alone] {
        assert_eq!(overruled(&router, &action), by);
        assert_eq!(in_force(&router), "hotfix");
    }
    let told = router.carry_out(&step(5)).unwrap_err().to_string();
    assert!(
        told.contains("that stands") && told.contains("`carry_out_over`"),
        "{told}"
    );
    // In words it goes on, or with the roll-out's own policy brought back.
    router
        .carry_out_over(&step(5), "the incident is over")
        .unwrap();
    assert_eq!(in_force(&router), "led");
    let own = router.deployments().policy().clone();
    router.release(Policy::live_only("hotfix")).unwrap();
    assert!(router.carry_out(&step(25)).is_err());
    router.release(own).unwrap();
    router.carry_out(&step(25)).unwrap();
    // A rejection is carried out whoever was there.
    router.release(Policy::live_only("hotfix")).unwrap();
    router.carry_out(&reject()).unwrap();
    assert_eq!(router.state("v2"), Some(VersionState::Rejected));
    assert_eq!(in_force(&router), "hotfix");
}

#[test]
fn c12_what_a_person_rejects_or_swaps_stands_against_actions_that_are_led_elsewhere() {
    let rejected = router();
    rejected.carry_out(&step(1)).unwrap();
    rejected
        .operator()
        .named("ana")
        .reject("v2", "p99")
        .unwrap();
    assert_eq!(
        overruled(&rejected, &step(5)),
        "by hand: version \"v2\" was rejected by \"ana\": p99"
    );
    let swapped = router();
    swapped.carry_out(&step(1)).unwrap();
    swapped.operator().named("ana").swap("v3").unwrap();
    for action in [step(5), swap(), accept()] {
        let by = overruled(&swapped, &action);
        assert_eq!(by, "by hand: version \"v3\" was swapped live by \"ana\"");
    }
    assert_eq!(swapped.state("v3"), Some(VersionState::Live));
    // While it bakes, another's swap is not accepted as its own.
    let baking = router();
    baking.carry_out(&swap()).unwrap();
    baking.operator().named("ana").accept().unwrap();
    baking.operator().named("ana").swap("v3").unwrap();
    assert!(overruled(&baking, &accept()).contains("\"v3\""));
    assert!(baking.rollback("v3 is bad").is_ok());
}

#[test]
fn c12_what_a_server_does_by_itself_and_the_next_release_overrule_nobody() {
    let router = router();
    router.carry_out(&step(5)).unwrap();
    let alone = Action::Release {
        policy: Policy::live_only("nobody leads").into(),
    };
    router.carry_out(&alone).unwrap();
    assert_eq!(in_force(&router), "nobody leads");
    router.carry_out(&step(5)).unwrap();
    assert_eq!(in_force(&router), "led");
    router.release(Policy::live_only("hotfix")).unwrap();
    // Another release begins as one does on this router: over what is in force.
    let policy = Policy::canary("next", "v3", Share::percent(1).unwrap());
    let policy = Box::new(policy);
    router.carry_out(&Action::Release { policy }).unwrap();
    assert_eq!(in_force(&router), "next");
}

#[test]
fn c12_nothing_is_led_from_elsewhere_beside_an_open_rollout() {
    let router = router();
    let ramp = release(&router, "v3", quick());
    let by = overruled(&router, &step(5));
    assert!(
        by.contains("the roll-out of \"v3\" in release \"release of v3\" is open"),
        "{by}"
    );
    drop(ramp);
    router.carry_out(&step(5)).unwrap();
    // Nor does one begin unseen beside what is led elsewhere.
    let policy = Policy::canary("own", "v3", Share::NONE);
    let schedule = Schedule::new([Guard::failures()]).unwrap();
    let ramp = router
        .begin(Rollout::new(policy, schedule).unwrap())
        .unwrap();
    let refused = ramp.tick(crate::rollout::releases::at(0)).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("the roll-out of \"v2\" in release \"led\"")
    );
    assert_eq!(in_force(&router), "led");
}

#[test]
fn c12_a_hotfix_that_races_an_action_is_in_force_in_the_end() {
    let router = router();
    let barrier = Barrier::new(2);
    let mut gone = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..500 {
                barrier.wait();
                router.release(Policy::live_only("hotfix")).unwrap();
                barrier.wait();
                barrier.wait();
            }
        });
        for _ in 0..500 {
            let _ = router.carry_out_over(&step(1), "again");
            barrier.wait();
            let _ = router.carry_out(&step(5));
            barrier.wait();
            let _ = router.carry_out(&step(25));
            gone += u32::from(in_force(&router) != "hotfix");
            barrier.wait();
        }
    });
    assert_eq!(gone, 0, "of 500 hotfixes");
}
