//! The guard's error rate holds on a fleet, and the ways that break it are shown to.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use switchstand_fleet::alarms::{Way, stopped};

fn alarms(way: Way, releases: u64, every: u64) -> usize {
    let runs = (0..releases).map(|seed| stopped(way, seed, 1, every).unwrap());
    runs.flatten().count()
}

#[test]
fn c10_the_right_ways_raise_no_false_alarm_and_the_worst_ones_do() {
    for way in Way::ALL.into_iter().filter(|way| way.is_right()) {
        assert_eq!(alarms(way, 3, 20), 0, "{way:?}");
    }
    assert!(alarms(Way::EveryEvent, 20, 10) >= 3);
    assert_eq!(alarms(Way::ShareTooLow, 2, 20), 2);
}

#[test]
fn c10_harm_is_found_whatever_the_network_does() {
    for way in Way::ALL.into_iter().filter(|way| way.is_right()) {
        for seed in 1_000_000..1_000_001 {
            let minute = stopped(way, seed, 3, 10).unwrap();
            assert!(minute.is_some_and(|minute| minute <= 40), "{way:?}");
        }
    }
}

/// With 300 releases the exact upper limit of 3 alarms at 1 % is passed by chance in 8 of 100, of
/// 8 in 1 of 100: so many are let pass for the right ways.
#[test]
#[ignore = "3,600 releases take minutes"]
fn c10_the_twelve_rows_of_the_table_in_300_releases() {
    for way in Way::ALL {
        let alarms = alarms(way, 300, 1);
        match way {
            way if way.is_right() => assert!(alarms <= 8, "{way:?}: {alarms}"),
            Way::EveryEvent => assert!(alarms > 60, "{alarms}"),
            Way::ShareTooLow => assert!(alarms > 250, "{alarms}"),
            _ => {}
        }
    }
}
