//! Error rates and power of the guard where users come again and differ, by simulation.
//!
//! The short forms run in seconds; the long ones (`--release -- --ignored --nocapture`) print the
//! figures of the documentation. Error rates per request are gamma-distributed among users, with
//! shapes 0.05 (a few users have nearly all errors), 0.5 and 5 (nearly alike).
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    dead_code,
    reason = "a test may panic and print, and shares its draws with others"
)]

use super::draws::{Draws, Proportion};
use super::releases::*;
use switchstand::stats::guard::{RateGuard, RateTest, Side};

const EXPOSURES: [(&str, Exposure); 3] = [
    ("5 %", Exposure::Constant(0.05)),
    ("50 %", Exposure::Constant(0.5)),
    ("ramp 1, 5, 25, 50 %", Exposure::Ramp),
];
const SHAPES: [f64; 3] = [0.05, 0.5, 5.0];
const USERS: usize = 2_000;

type Events = Vec<(f64, u64, Side)>;

/// Runs a guard of the default test over each of `runs` releases; returns how often it alarmed.
fn rate(
    runs: usize,
    exposure: Exposure,
    alarm: Alarm,
    guard: impl Fn() -> RateGuard,
    mut events: impl FnMut() -> Events,
) -> Proportion {
    let hits = (0..runs).filter(|_| alarms(&mut guard(), &events(), exposure, alarm));
    Proportion::new(hits.count(), runs)
}

fn by_unit() -> RateGuard {
    RateGuard::by_unit(RateTest::default())
}

fn small() -> RateGuard {
    RateGuard::by_unit_within(RateTest::default(), 100).unwrap()
}

fn by_request() -> RateGuard {
    RateGuard::where_each_request_is_its_own_unit(RateTest::default())
}

fn harm(runs: usize) {
    for (name, exposure) in EXPOSURES {
        for shape in SHAPES {
            let mut draws = Draws::seeded(2);
            let mut of = |guard: fn() -> RateGuard, ratio| {
                let events = || sticky_events(&mut draws, USERS, shape, exposure, ratio);
                rate(runs, exposure, Alarm::Harm, guard, events)
            };
            let first = of(by_unit, 1.0);
            let in_small_set = of(small, 1.0);
            let every = of(by_request, 1.0);
            let caught = of(by_unit, 2.0);
            println!(
                "A/A, {name}, shape {shape}: first events {:.4}, in a set of 100 {:.4}, every \
                 event {:.4}; twice the errors caught {:.4}",
                first.value(),
                in_small_set.value(),
                every.value(),
                caught.value(),
            );
            first.assert_at_most(0.01, "first events of sticky users");
            in_small_set.assert_at_most(0.01, "first events in a set that overflows");
            if shape == 0.05 {
                // What the default is for: counting every event fails where few users err much.
                assert!(every.value() > 0.03, "{}", every.value());
            }
        }
    }
}

#[test]
fn t6_first_events_of_sticky_users_keep_the_error_rate() {
    harm(10);
}

#[test]
#[ignore = "takes minutes: 10,000 releases per population"]
fn t6_first_events_of_sticky_users_keep_the_error_rate_in_10_000_releases() {
    harm(10_000);
}

/// Tells whether safety is ever found in unthinned first events, whose ratio is that of units hit.
fn units_hit_look_safe(events: &Events, exposure: Exposure) -> bool {
    let mut guard = by_unit();
    events.iter().any(|&(time, unit, side)| {
        guard.record(unit, side, share(exposure.at(time))).unwrap();
        side == Side::Control && guard.test().safe(guard.tally()).is_significant()
    })
}

fn safety(runs: usize, users: usize, ratio: f64) -> [[Vec<Proportion>; 3]; 3] {
    EXPOSURES.map(|(name, exposure)| {
        SHAPES.map(|shape| {
            let mut draws = Draws::seeded(6);
            let mut events = || sticky_events(&mut draws, users, shape, exposure, ratio);
            let thinned = rate(runs, exposure, Alarm::Safe, by_unit, &mut events);
            let hits = (0..runs).filter(|_| units_hit_look_safe(&events(), exposure));
            let hits = Proportion::new(hits.count(), runs);
            let every = rate(runs, exposure, Alarm::Safe, by_request, &mut events);
            let mut first = || first_requests(&mut draws, users, shape, exposure, ratio);
            let first = rate(runs, exposure, Alarm::Safe, by_request, &mut first);
            println!(
                "{ratio} times the errors, {users} users, {name}, shape {shape}: found safe by \
                 thinned events {:.4}, by first events {:.4}, by every event {:.4}, by first \
                 requests {:.4}",
                thinned.value(),
                hits.value(),
                every.value(),
                first.value(),
            );
            vec![thinned, hits, first]
        })
    })
}

#[test]
fn t6_safety_speaks_of_requests_although_users_come_again() {
    let found = safety(4, USERS, 1.5);
    let pooled = |method: usize| {
        let all = found.iter().flatten().map(|found| &found[method]);
        all.fold(Proportion::new(0, 0), Proportion::and)
    };
    pooled(0).assert_at_most(0.01, "thinned events of sticky users");
    pooled(2).assert_at_most(0.01, "first requests of sticky users");
    // Enough users that what thinning corrects would show: each of them fails sooner or later.
    let (mut draws, exposure) = (Draws::seeded(7), Exposure::Constant(0.5));
    let mut wrong = [0; 2];
    for _ in 0..10 {
        let events = sticky_events(&mut draws, 6_000, 0.5, exposure, 1.5);
        wrong[0] += usize::from(alarms(&mut by_unit(), &events, exposure, Alarm::Safe));
        wrong[1] += usize::from(units_hit_look_safe(&events, exposure));
    }
    Proportion::new(wrong[0], 10).assert_at_most(0.01, "thinned events of many sticky users");
    assert!(wrong[1] > 3, "first events are no longer wrong: {wrong:?}");
}

#[test]
#[ignore = "takes minutes: thousands of releases per population"]
fn t6_safety_speaks_of_requests_although_users_come_again_in_4_000_releases() {
    for found in safety(4_000, USERS, 1.5).iter().flatten() {
        found[0].assert_at_most(0.01, "thinned events of sticky users");
        found[2].assert_at_most(0.01, "first requests of sticky users");
    }
    for found in safety(200, 20_000, 1.5).iter().flatten() {
        found[0].assert_at_most(0.01, "thinned events of 20,000 sticky users");
    }
    safety(200, 20_000, 1.0);
    safety(200, 20_000, 0.7);
}

#[test]
fn t6_a_small_set_still_finds_harm_after_it_has_overflowed() {
    // 20,000 units with a bad event each, the candidate's three times as likely.
    let mut draws = Draws::seeded(5);
    for _ in 0..5 {
        let mut guard = RateGuard::by_unit_within(RateTest::default(), 1_000).unwrap();
        for _ in 0..20_000 {
            let side = if draws.chance(0.75) {
                Side::Candidate
            } else {
                Side::Control
            };
            guard.record(draws.bits(), side, share(0.5)).unwrap();
        }
        let seen = guard.seen_units().unwrap();
        assert!(seen.level() >= 4 && seen.len() <= 1_000);
        assert!(guard.reading().harm.is_significant());
    }
}
