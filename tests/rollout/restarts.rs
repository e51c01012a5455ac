//! Trails, stored releases and restarts.

use switchstand::rollout::{Before, Command, Input, OnBreach, Rollout, Schedule};

use crate::releases::{
    DWELL, at, good, load, memory, policy, ramping, rollout, simple, started, step,
};

#[test]
fn c8_the_trail_replays_to_the_state() {
    let guard = memory().on_breach(OnBreach::Pause);
    let schedule = Schedule::new([guard]).unwrap();
    let schedule = schedule.with_gate("hours", Before::EachStep).unwrap();
    let mut rollout = started(schedule.clone());
    let gate = |open| Input::Gate {
        name: "hours".to_owned(),
        open,
    };
    let bad = load(&rollout, 1, 0.9);
    let _ = step(&mut rollout, 5, [gate(true), bad]);
    let better = load(&rollout, 2, 0.1);
    let _ = step(
        &mut rollout,
        DWELL,
        [Input::Command(Command::Resume), better],
    );
    let _ = step(
        &mut rollout,
        DWELL + 5,
        [gate(false), Input::Command(Command::Pause)],
    );
    assert_eq!(rollout.phase(), ramping(1));
    for length in 0..=rollout.trail().len() {
        let trail = rollout.trail()[..length].to_vec();
        let replayed = Rollout::replay(policy(), schedule.clone(), trail).unwrap();
        let is_whole = length == rollout.trail().len();
        assert_eq!(replayed.state() == rollout.state(), is_whole);
    }
    let mut torn = rollout.trail().to_vec();
    torn.remove(0);
    assert!(Rollout::replay(policy(), schedule, torn).is_err());
}

#[test]
fn c9_a_stored_release_goes_on_after_a_restart() {
    let mut rollout = started(simple());
    let sample = good(&rollout);
    let _ = step(&mut rollout, DWELL - 1, [sample]);
    let stored = serde_json::to_string(&rollout).unwrap();
    let mut resumed: Rollout = serde_json::from_str(&stored).unwrap();
    assert_eq!(resumed, rollout);
    assert_eq!(step(&mut resumed, DWELL, []), step(&mut rollout, DWELL, []));
    assert_eq!(resumed, rollout);

    let mut value: serde_json::Value = serde_json::from_str(&stored).unwrap();
    value["version"] = 2.into();
    assert!(serde_json::from_value::<Rollout>(value.clone()).is_err());
    value["version"] = 1.into();
    value["surplus"] = 1.into();
    assert!(serde_json::from_value::<Rollout>(value).is_err());
}

#[test]
fn c9_an_action_that_was_not_confirmed_is_there_after_a_restart_and_holds_the_release() {
    let mut rollout = rollout(simple());
    let action = rollout.step(at(0), []);
    assert!(action.is_some());
    let stored = serde_json::to_string(&rollout).unwrap();
    let mut resumed: Rollout = serde_json::from_str(&stored).unwrap();
    assert_eq!(resumed.unconfirmed(), action);
    let sample = good(&resumed);
    assert_eq!(resumed.step(at(DWELL), [sample]), None);
    resumed.confirm();
    assert_eq!(resumed.unconfirmed(), None);
    assert!(resumed.step(at(DWELL), []).is_some());
}
