//! The guard's error rate holds on a fleet, and the ways that break it are shown to.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::ops::Range;

use switchstand_fleet::alarms::{Found, Way, misfit, release};

fn runs(way: Way, seeds: Range<u64>, ratio: f64, every: u64) -> Vec<Found> {
    seeds
        .map(|seed| release(way, seed, ratio, every).unwrap())
        .collect()
}

fn alarms(way: Way, releases: u64, every: u64) -> usize {
    let runs = runs(way, 0..releases, 1.0, every);
    runs.iter().filter(|found| found.harm.is_some()).count()
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
            let minute = release(way, seed, 3.0, 10).unwrap().harm;
            assert!(minute.is_some_and(|minute| minute <= 40), "{way:?}");
        }
    }
}

/// A false alarm is rare even where evidence is wrong. Of 30 harmless releases the right ways had at
/// the most 0.6 % of the units in another place than one server, the wrong ones at least 13 %.
#[test]
fn c16_a_wrong_way_has_other_units_than_one_server_would_have_counted() {
    for way in Way::ALL {
        let found = misfit(way, 1).unwrap();
        let worse = found.missing.max(found.too_many);
        println!("{way:?}: {found:?}");
        assert_eq!(worse < 0.02, way.is_right(), "{way:?}: {found:?}");
        if !matches!(way, Way::Behind) && way.is_right() {
            assert_eq!(worse, 0.0, "{way:?}");
        }
    }
}

/// Requests of the candidate fail 1.5 times as often, which nobody may call safe.
#[test]
fn c16_the_leaders_present_share_calls_harm_safe_and_the_share_that_decided_does_not() {
    let safe = |way| {
        let found = runs(way, 2_000_000..2_000_008, 1.5, 10);
        println!("{way:?}: {found:?}");
        found.iter().filter(|found| found.safe.is_some()).count()
    };
    assert_eq!(safe(Way::Behind), 0);
    assert!(safe(Way::BehindPresentShare) >= 4);
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
