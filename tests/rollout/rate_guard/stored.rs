//! Guards that are stored and read back.

use switchstand::stats::guard::{RateGuard, RateTest, Side};

use crate::rate_guard::{share, side_of};

#[test]
fn t2_a_stored_guard_reads_back_and_goes_on() {
    let new = || RateGuard::by_unit_within(RateTest::default(), 64).unwrap();
    let mut guard = new();
    for unit in 0..500 {
        guard
            .record(unit, side_of(unit, 0.05), share(0.05))
            .unwrap();
    }
    let text = serde_json::to_string(&guard).unwrap();
    let mut again: RateGuard = serde_json::from_str(&text).unwrap();
    assert_eq!(again, guard);
    assert_eq!(again.reading(), guard.reading());
    assert_eq!(serde_json::to_string(&again).unwrap(), text);
    for unit in 400..900 {
        for guard in [&mut guard, &mut again] {
            guard
                .record(unit, side_of(unit, 0.25), share(0.25))
                .unwrap();
        }
    }
    assert_eq!(again, guard);
}

#[test]
fn a_state_that_no_events_lead_to_is_refused() {
    let mut guard = RateGuard::by_unit_within(RateTest::default(), 16).unwrap();
    guard.record(1, Side::Candidate, share(0.05)).unwrap();
    let good = serde_json::to_value(&guard).unwrap();
    let read = |value: &serde_json::Value| {
        serde_json::from_value::<RateGuard>(value.clone()).map_err(|e| e.to_string())
    };
    assert!(read(&good).is_ok());
    let mut version = good.clone();
    version["version"] = 2.into();
    assert!(read(&version).unwrap_err().contains("version 2"));
    let mut unknown = good.clone();
    unknown["surprise"] = 1.into();
    assert!(read(&unknown).is_err());
    let seen = "/counted/first_events";
    let edits: [(&str, serde_json::Value); 6] = [
        ("capacity", 3.into()),
        ("level", 61.into()),
        ("level", 60.into()),
        ("shares", serde_json::json!([0.05, 0.05])),
        ("shares", serde_json::json!([1.5])),
        ("shares", serde_json::json!([])),
    ];
    for (key, value) in edits {
        let mut bad = good.clone();
        bad.pointer_mut(seen).unwrap()[key] = value;
        assert!(read(&bad).is_err(), "{key}");
    }
    let mut twice = good.clone();
    let units = twice.pointer_mut("/counted/first_events/units").unwrap();
    let unit = units[0].clone();
    units.as_array_mut().unwrap().push(unit);
    assert!(read(&twice).is_err());
}

#[test]
fn t6_a_stored_guard_keeps_what_thinning_has_left_out() {
    let mut guard = RateGuard::by_unit(RateTest::default());
    for step in 0..3 {
        for unit in 0..200 {
            let share = share(0.1 * f64::from(step + 1));
            guard.record(unit, Side::Candidate, share).unwrap();
        }
    }
    assert!(guard.safe_tally().stages().len() == 3);
    let stored = serde_json::to_value(&guard).unwrap();
    let again: RateGuard = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(again, guard);
    assert_eq!(again.reading(), guard.reading());
    let late = "/counted/first_events/late_for_safety";
    let units = stored.pointer(late).unwrap().as_array().unwrap().len();
    assert!(units > 40 && units < 100, "{units}");
    type Edit = fn(&mut Vec<serde_json::Value>);
    let edits: [Edit; 5] = [
        |units| drop(units.pop()),
        |units| units.push(units[0].clone()),
        |units| units[0][0] = 7.into(),
        |units| units[0][1] = 4.into(),
        |units| units[0][2] = serde_json::json!([[0.7, 1]]),
    ];
    for (index, edit) in edits.iter().enumerate() {
        let mut bad = stored.clone();
        edit(bad.pointer_mut(late).unwrap().as_array_mut().unwrap());
        assert!(serde_json::from_value::<RateGuard>(bad).is_err(), "{index}");
    }
    // Also before the first event: it would be thinned for another test.
    let empty = RateGuard::by_unit(RateTest::default());
    let mut margins = serde_json::to_value(&empty).unwrap();
    margins["counted"]["first_events"]["margins"]["safe"] = 2.0.into();
    let refused = serde_json::from_value::<RateGuard>(margins).unwrap_err();
    assert!(refused.to_string().contains("other margins"), "{refused}");
}
