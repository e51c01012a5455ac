//! Units that have had a bad event, on one server and on many.

use proptest::prelude::*;
use switchstand::stats::guard::{
    Margins, RateGuard, RateMethod, RateTest, RatioGrid, Recorded, SeenUnits, Side, StageTally,
};
use switchstand::stats::{Alpha, Refusal};

use crate::rate_guard::{RAMP, events, feed, share, side_of};

proptest! {
    #[test]
    fn t2_eight_servers_in_any_order_merge_to_the_guard_of_all_events(
        events in events(),
        servers in prop::collection::vec(0..8_usize, 400),
        order in Just((0..8_usize).collect::<Vec<_>>()).prop_shuffle(),
        capacity in prop_oneof![Just(16_usize), Just(40), Just(1_000)],
    ) {
        let new = || RateGuard::by_unit_within(RateTest::default(), capacity).unwrap();
        let mut whole = new();
        feed(&mut whole, &events);
        let mut parts = vec![new(); 8];
        for (event, &server) in events.iter().zip(&servers) {
            feed(&mut parts[server], &[*event]);
        }
        let mut merged = new();
        for server in order {
            merged.merge(&parts[server]).unwrap();
        }
        prop_assert_eq!(&merged, &whole);
        prop_assert_eq!(merged.reading(), whole.reading());
    }

    #[test]
    fn t2_counts_of_requests_merge_bit_by_bit(
        counts in prop::collection::vec((0..RAMP.len(), 0..1_000_u64, 0..1_000_u64), 1..40),
        split in 0..40_usize,
    ) {
        let mut whole = StageTally::new();
        let mut parts = [StageTally::new(), StageTally::new()];
        for (index, &(step, candidate, control)) in counts.iter().enumerate() {
            for tally in [&mut whole, &mut parts[usize::from(index < split)]] {
                tally.record_many(Side::Candidate, share(RAMP[step]), candidate).unwrap();
                tally.record_many(Side::Control, share(RAMP[step]), control).unwrap();
            }
        }
        let [mut merged, other] = parts;
        merged.merge(&other).unwrap();
        let test = RateTest::default();
        prop_assert_eq!(test.harm(&merged).ln_e.to_bits(), test.harm(&whole).ln_e.to_bits());
        prop_assert_eq!(test.safe(&merged).ln_e.to_bits(), test.safe(&whole).ln_e.to_bits());
        prop_assert_eq!(merged, whole);
    }

    #[test]
    fn t6_a_unit_counts_once_however_often_it_fails(events in events()) {
        let mut guard = RateGuard::by_unit(RateTest::default());
        feed(&mut guard, &events);
        let mut units: Vec<u64> = events.iter().map(|&(unit, _)| unit).collect();
        units.sort_unstable();
        units.dedup();
        let reading = guard.reading();
        let counted = reading.candidate_events + reading.control_events;
        prop_assert_eq!(counted, units.len() as u64);
        // The share of the first event stands, also when the unit fails again later.
        let mut expected = StageTally::new();
        for unit in units {
            let (_, step) = events.iter().find(|&&(other, _)| other == unit).unwrap();
            let side = side_of(unit, RAMP[*step]);
            expected.record(side, share(RAMP[*step])).unwrap();
        }
        prop_assert_eq!(guard.tally(), &expected);
    }

    #[test]
    fn t6_a_full_set_keeps_a_sample_that_does_not_depend_on_the_sides(
        units in prop::collection::vec(any::<u64>(), 100..300),
        flip in any::<u64>(),
    ) {
        let mut plain = SeenUnits::with_capacity(Margins::default(), 32).unwrap();
        let mut flipped = plain.clone();
        for &unit in &units {
            let side = side_of(unit, 0.3);
            let other = side_of(unit ^ flip, 0.5);
            plain.record(unit, side, share(0.3)).unwrap();
            flipped.record(unit, other, share(0.3)).unwrap();
        }
        prop_assert_eq!(plain.level(), flipped.level());
        prop_assert_eq!(plain.len(), flipped.len());
        prop_assert!(plain.len() <= 32 && plain.level() >= 1);
    }
}

#[test]
fn t6_the_sample_of_a_full_set_is_independent_of_the_bucketing() {
    // Units are given by their bucketing point, the worst case: those below 5 % are the
    // candidate's. The sample must still hold 5 % of them.
    let mut seen = SeenUnits::with_capacity(Margins::default(), 4_096).unwrap();
    let (units, canary) = (200_000_u64, 0.05);
    for unit in 0..units {
        let point = unit * (u64::MAX / units);
        let is_candidate = (unit as f64) < canary * units as f64;
        let side = if is_candidate {
            Side::Candidate
        } else {
            Side::Control
        };
        seen.record(point, side, share(canary)).unwrap();
    }
    assert!(seen.level() >= 5);
    let tally = seen.tally();
    let (candidate, control) = (
        tally.candidate_events() as f64,
        tally.control_events() as f64,
    );
    let n = candidate + control;
    let z = (candidate - canary * n) / (n * canary * (1.0 - canary)).sqrt();
    assert!(z.abs() < 3.5, "z = {z}, {candidate} of {n}");
    assert!((n / units as f64 / seen.sampled() - 1.0).abs() < 0.1);
}

#[test]
fn t6_the_stakes_of_all_levels_sum_to_at_most_one() {
    let mut seen = SeenUnits::with_capacity(Margins::default(), 16).unwrap();
    let mut stakes = vec![seen.ln_stake().exp()];
    for unit in 0..200_000_u64 {
        let level = seen.level();
        seen.record(unit, Side::Control, share(0.5)).unwrap();
        if seen.level() > level {
            assert_eq!(seen.level(), level + 1);
            stakes.push(seen.ln_stake().exp());
        }
    }
    assert!(stakes.len() > 10);
    let sum: f64 = stakes.iter().sum();
    assert!(sum <= 1.0 + 1e-12 && sum > 0.999, "{sum}");
}

#[test]
fn an_event_outside_of_the_sample_is_reported_as_such() {
    let mut seen = SeenUnits::with_capacity(Margins::default(), 16).unwrap();
    assert_eq!(
        seen.record(7, Side::Control, share(0.5)),
        Ok(Recorded::Counted)
    );
    assert_eq!(
        seen.record(7, Side::Control, share(0.5)),
        Ok(Recorded::Repeat)
    );
    for unit in 0..1_000 {
        seen.record(unit, Side::Control, share(0.5)).unwrap();
    }
    let outcomes: Vec<_> = (0..1_000)
        .map(|unit| seen.record(unit, Side::Control, share(0.5)).unwrap())
        .collect();
    let repeats = outcomes.iter().filter(|&&o| o == Recorded::Repeat).count();
    let ignored = outcomes
        .iter()
        .filter(|&&o| o == Recorded::NotSampled)
        .count();
    assert_eq!((repeats, repeats + ignored), (seen.len(), 1_000));
}

#[test]
fn guards_of_different_tests_are_not_merged() {
    let mut units = RateGuard::by_unit(RateTest::default());
    let requests = RateGuard::where_each_request_is_its_own_unit(RateTest::default());
    assert!(matches!(
        units.merge(&requests),
        Err(Refusal::Mismatch { .. })
    ));
    let five = Alpha::FIVE_PERCENT;
    let other = RateGuard::by_unit(RateTest::default().with_alpha(five, five));
    assert!(matches!(units.merge(&other), Err(Refusal::Mismatch { .. })));
    let small = RateGuard::by_unit_within(RateTest::default(), 16).unwrap();
    assert!(matches!(units.merge(&small), Err(Refusal::Mismatch { .. })));
}

#[test]
fn t4_too_many_shares_are_refused_and_nothing_is_counted() {
    let mut guard = RateGuard::by_unit(RateTest::default());
    for step in 0..StageTally::MAX_SHARES as u64 {
        let share = share((step as f64 + 0.5) / 2_048.0);
        guard.record(step, Side::Control, share).unwrap();
    }
    let before = guard.clone();
    let refused = guard.record(u64::MAX, Side::Candidate, share(0.9));
    assert!(matches!(refused, Err(Refusal::TooManyShares { .. })));
    assert_eq!(guard, before);
}

/// Any boundaries, on either side of 1, so that either side's events may be thinned.
fn margins() -> impl Strategy<Value = Margins> {
    let boundary = || prop_oneof![Just(1.0), 0.3..3.0_f64];
    (boundary(), boundary()).prop_map(|(harm, safe)| Margins::new(harm, safe).unwrap())
}

fn test_of(margins: Margins) -> RateTest {
    let grid = RatioGrid::new(&[2.0 * margins.harm()], &[0.5 * margins.safe()]);
    let alpha = Alpha::ONE_PERCENT;
    RateTest::new(margins, RateMethod::Grid(grid), alpha, alpha).unwrap()
}

proptest! {
    #[test]
    fn t2_thinned_events_merge_whatever_the_margins(
        events in events(),
        servers in prop::collection::vec(0..4_usize, 400),
        capacity in prop_oneof![Just(16_usize), Just(1_000)],
        margins in margins(),
    ) {
        let new = || RateGuard::by_unit_within(test_of(margins), capacity).unwrap();
        let mut whole = new();
        feed(&mut whole, &events);
        let mut parts = vec![new(); 4];
        for (event, &server) in events.iter().zip(&servers) {
            feed(&mut parts[server], &[*event]);
        }
        let mut merged = new();
        for part in parts.iter().rev() {
            merged.merge(part).unwrap();
        }
        prop_assert_eq!(merged.reading(), whole.reading());
        prop_assert_eq!(merged, whole);
    }

    #[test]
    fn t6_safety_counts_each_unit_at_most_once_and_every_unit_of_the_control(events in events()) {
        let mut guard = RateGuard::by_unit(RateTest::default());
        feed(&mut guard, &events);
        let (first, kept) = (guard.tally(), guard.safe_tally());
        // A unit whose every event was left out at the candidate is in neither count.
        prop_assert_eq!(kept.control_events(), first.control_events());
        prop_assert!(kept.candidate_events() <= first.candidate_events());
        // However long a unit goes on failing, it is kept in the end.
        let mut failing = guard.clone();
        for &(unit, step) in &events {
            for _ in 0..100 {
                feed(&mut failing, &[(unit, step)]);
            }
        }
        prop_assert_eq!(failing.tally(), guard.tally());
        prop_assert_eq!(failing.safe_tally().candidate_events(), first.candidate_events());
    }
}

#[test]
fn t6_a_candidates_first_events_are_kept_with_the_reciprocal_of_the_safe_boundary() {
    let mut guard = RateGuard::by_unit(RateTest::default());
    let units = 30_000_u64;
    for unit in 0..units {
        let side = if unit % 2 == 0 {
            Side::Control
        } else {
            Side::Candidate
        };
        guard.record(unit, side, share(0.5)).unwrap();
    }
    let (n, kept) = (units as f64 / 2.0, guard.safe_tally().candidate_events());
    let z = (kept as f64 - n / 1.5) / (n / 1.5 / 3.0).sqrt();
    assert!(z.abs() < 3.5, "{kept} of {n}");
    assert_eq!(guard.reading().kept_candidate_events, kept);
    assert_eq!(guard.safe_tally().control_events(), units / 2);
}

#[test]
fn t6_a_late_event_counts_with_the_share_of_its_moment() {
    let (early, late) = (share(0.05), share(0.25));
    let mut guard = RateGuard::by_unit(RateTest::default());
    for unit in 0..1_000 {
        guard.record(unit, Side::Candidate, early).unwrap();
    }
    let kept = guard.safe_tally().candidate_events();
    for unit in 0..1_000 {
        guard.record(unit, Side::Candidate, late).unwrap();
    }
    let stages = guard.safe_tally().stages();
    assert_eq!(stages[0].candidate, kept);
    assert!(stages[1].candidate > 0 && stages[1].candidate < 1_000 - kept);
    assert_eq!(guard.tally().stages().len(), 1);
}

#[test]
fn guards_of_other_margins_are_not_merged() {
    let other = Margins::new(1.0, 2.0).unwrap();
    let mut seen = SeenUnits::new(Margins::default());
    assert!(matches!(
        seen.merge(&SeenUnits::new(other)),
        Err(Refusal::Mismatch { .. })
    ));
}
