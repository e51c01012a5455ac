//! Trails, stored releases and restarts.

use switchstand::rollout::{
    Before, Command, Input, OnBreach, Phase, Rollout, RolloutError, Schedule, Trail,
};

use crate::rollout::releases::{
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
    for length in 0..=rollout.trail().events().len() {
        let trail = rollout.trail().events()[..length].to_vec();
        let replayed = Rollout::replay(policy(), schedule.clone(), trail).unwrap();
        let is_whole = length == rollout.trail().events().len();
        assert_eq!(replayed.state() == rollout.state(), is_whole);
    }
    let mut torn = rollout.trail().events().to_vec();
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
    value["version"] = 3.into();
    assert!(serde_json::from_value::<Rollout>(value.clone()).is_err());
    value["version"] = 2.into();
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
    assert_eq!((resumed.phase(), resumed.tag()), (Phase::Pending, None));
    assert_eq!(resumed.step(at(DWELL), []), None);
    resumed.confirm();
    assert_eq!(resumed.unconfirmed(), None);
    assert_eq!(resumed.phase(), ramping(0));
    let sample = good(&resumed);
    assert_eq!(resumed.step(at(2 * DWELL - 1), [sample]), None);
    assert!(resumed.step(at(2 * DWELL), []).is_some());
}

/// A release at its first step that was paused and resumed so often.
fn paused_often(times: u64) -> Rollout {
    let mut rollout = started(simple());
    for second in 0..times {
        let _ = step(&mut rollout, second, [Input::Command(Command::Pause)]);
        let _ = step(&mut rollout, second, [Input::Command(Command::Resume)]);
    }
    rollout
}

#[test]
fn c8_a_trail_of_any_length_takes_bounded_room_and_replays_to_the_state() {
    for times in [500, 512, 5_000] {
        let mut rollout = paused_often(times);
        let _ = step(&mut rollout, times, [Input::Command(Command::Pause)]);
        let trail = rollout.trail().clone();
        assert!(trail.events().len() <= Trail::MAX_EVENTS);
        // The start, every pause and resumption, and the last pause.
        let all = trail.folded() + trail.events().len() as u64;
        assert_eq!(all, 1 + 2 * times + 1);
        assert_eq!(trail.folded() > 0, all > Trail::MAX_EVENTS as u64);
        let stored = serde_json::to_string(&rollout).unwrap();
        assert_eq!(serde_json::from_str::<Rollout>(&stored).unwrap(), rollout);
        let mut replayed = Rollout::replay(policy(), simple(), trail).unwrap();
        assert_eq!(replayed.state(), rollout.state());
        replayed.confirm();
        // What follows is the same too.
        for rollout in [&mut rollout, &mut replayed] {
            let resume = Input::Command(Command::Resume);
            let _ = step(rollout, times.max(DWELL), [resume, good(rollout)]);
            assert_eq!(rollout.phase(), ramping(1));
        }
        assert_eq!(replayed.trail(), rollout.trail());
    }
}

#[test]
fn c8_a_start_that_no_event_could_have_led_to_is_refused() {
    let gate = simple().with_gate("hours", Before::EachStep).unwrap();
    let mut rollout = started(gate.clone());
    for second in 0..600 {
        let name = || "hours".to_owned();
        for open in [true, false] {
            let gate = Input::Gate { name: name(), open };
            let _ = step(&mut rollout, second, [gate]);
        }
    }
    let good = serde_json::to_value(rollout.trail()).unwrap();
    let taken_up = |trail: &serde_json::Value| {
        let trail: Trail = serde_json::from_value(trail.clone()).unwrap();
        Rollout::replay(policy(), gate.clone(), trail)
    };
    assert!(taken_up(&good).is_ok());
    let breached = serde_json::json!({ "cpu": { "value": { "value": 2.0, "limit": 1.0 } } });
    for (field, value, what) in [
        (
            "phase",
            serde_json::json!({ "ramping": { "step": 4 } }),
            "a phase",
        ),
        ("phase", serde_json::json!("shadowing"), "a phase"),
        ("phase", serde_json::json!("promoted"), "a phase"),
        ("cause", serde_json::json!("deadline_passed"), "a phase"),
        ("started", serde_json::Value::Null, "a time"),
        ("open", serde_json::json!(["weekend"]), "a gate"),
        ("breached", breached, "a guard"),
        (
            "paused",
            serde_json::json!([{ "no_data": { "guard": "cpu" } }]),
            "a cause to wait",
        ),
    ] {
        let mut bad = good.clone();
        bad["start"][field] = value;
        let refused = RolloutError::ImpossibleStart { what };
        assert_eq!(taken_up(&bad).unwrap_err(), refused, "{field}");
    }
    // Without a folded event nothing has happened before the first.
    let mut bad = good;
    bad["folded"] = 0.into();
    let what = "a state of no event";
    assert_eq!(
        taken_up(&bad).unwrap_err(),
        RolloutError::ImpossibleStart { what }
    );
}
