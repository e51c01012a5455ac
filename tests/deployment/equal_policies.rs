//! A policy that is in force already is not released once more.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot be set up fails, and threads are what some test"
)]

use switchstand::{
    Policy, Router, Share, Timestamp, attr,
    deployment::{Deployments, Operation, Order},
};

fn canary(percent: u32) -> Policy {
    Policy::canary("r", "v2", Share::percent(percent).unwrap())
}

fn router() -> Router<()> {
    let router = Router::new("equal", "v1", ()).unwrap();
    router.deploy("v2", ()).unwrap();
    router.validate("v2", |()| Ok::<_, String>(())).unwrap();
    router
}

#[test]
fn e2_a_policy_equal_to_the_one_in_force_takes_no_generation() {
    let router = router();
    let staff = || canary(5).or_for(attr("tier").is("internal"));
    let generation = router.release(staff()).unwrap();
    let early = router.route("ana");
    for _ in 0..2_000 {
        assert_eq!(router.release(staff()), Ok(generation));
    }
    assert_eq!(router.generation(), generation);
    // Its route is still put into words: nothing was pushed out.
    assert!(router.assignment(&early).is_ok());
    assert_eq!(router.release(canary(6)), Ok(generation + 1));
    assert_eq!(router.release(canary(5)), Ok(generation + 2));
}

#[test]
fn a_stale_order_is_refused_even_for_an_equal_policy() {
    let router = router();
    let generation = router.release(canary(5)).unwrap();
    let late = router.operator().expecting(generation - 1);
    assert!(late.release(canary(5)).is_err());
}

#[test]
fn an_equal_policy_is_refused_while_its_version_is_rejected_and_revives_a_new_one() {
    let router = router();
    router.release(canary(5)).unwrap();
    router.reject("v2", "wrong").unwrap();
    assert!(router.release(canary(5)).is_err());
    router.reclaim("v2").unwrap();
    router.deploy("v2", ()).unwrap();
    let before = router.validate("v2", |()| Ok::<_, String>(())).unwrap();
    assert_eq!(router.release(canary(5)), Ok(before + 1));
}

#[test]
fn a_release_that_changes_nothing_leaves_no_record_and_old_records_replay() {
    let mut state = Deployments::new("v1").unwrap();
    let start = state.clone();
    let order = Order::new(Timestamp::from_secs(1));
    let release = || Operation::Release {
        policy: Box::new(Policy::live_only("r")),
    };
    let change = state.carry_out(release(), &order).unwrap().unwrap();
    assert_eq!(state.carry_out(release(), &order), Ok(None));
    // An earlier edition counted it, and recorded it.
    let mut again = change.clone();
    again.generation += 1;
    let replayed = start.replay([&change, &again]).unwrap();
    assert_eq!(replayed.generation(), 2);
}
