//! Laws of the guard that hold for every sequence of events.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use proptest::prelude::*;
use switchstand::stats::Alpha;
use switchstand::stats::guard::{
    BetaPrior, CandidateShare, GuardError, Margins, Method, RateGuard, RateTest, RatioGrid,
    Recorded, Scenario, SeenUnits, Side, Tally, Verdict,
};

fn share(value: f64) -> CandidateShare {
    CandidateShare::new(value).unwrap()
}

/// A ramp of sticky units: unit `u` is the candidate's from the step on whose share exceeds its
/// point, which any fixed scrambling of `u` will do for.
const RAMP: [f64; 4] = [0.01, 0.05, 0.25, 0.5];

fn side_of(unit: u64, share: f64) -> Side {
    let point = unit.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11;
    if (point as f64) < share * (1u64 << 53) as f64 {
        Side::Candidate
    } else {
        Side::Control
    }
}

fn events() -> impl Strategy<Value = Vec<(u64, usize)>> {
    // Few units, so that most come again; steps in order of time.
    prop::collection::vec((0..120_u64, 0..RAMP.len()), 0..400).prop_map(|mut events| {
        events.sort_by_key(|&(_, step)| step);
        events
    })
}

/// Numbers of all sizes, and those that are none.
fn wild() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), -21.0..21.0_f64]
        .prop_map(|x| if x.abs() < 21.0 { x.exp() } else { x })
}

fn feed(guard: &mut RateGuard, events: &[(u64, usize)]) {
    for &(unit, step) in events {
        let side = side_of(unit, RAMP[step]);
        guard.record(unit, side, share(RAMP[step])).unwrap();
    }
}

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
        let mut whole = Tally::new();
        let mut parts = [Tally::new(), Tally::new()];
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
        let mut expected = Tally::new();
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
        let mut plain = SeenUnits::with_capacity(32).unwrap();
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

    #[test]
    fn more_events_of_the_candidate_are_more_evidence_of_harm_and_less_of_safety(
        candidate in 0..2_000_u64, control in 0..20_000_u64, step in 0..RAMP.len(),
    ) {
        let prior = BetaPrior::Concentration(100.0);
        for method in [
            Method::Grid(RatioGrid::below(1.5)), Method::TruncatedBeta(prior), Method::Sprt,
        ] {
            let alpha = Alpha::ONE_PERCENT;
            let test = RateTest::new(Margins::default(), method, alpha, alpha).unwrap();
            let mut tally = Tally::new();
            tally.record_many(Side::Candidate, share(RAMP[step]), candidate).unwrap();
            tally.record_many(Side::Control, share(RAMP[step]), control).unwrap();
            let (harm, safe) = (test.harm(&tally).ln_e, test.safe(&tally).ln_e);
            prop_assert!(harm.is_finite() && safe.is_finite());
            tally.record(Side::Candidate, share(RAMP[step])).unwrap();
            prop_assert!(test.harm(&tally).ln_e > harm);
            prop_assert!(test.safe(&tally).ln_e < safe);
        }
    }

    #[test]
    fn t4_no_number_makes_a_test_panic_or_answer_nan(
        harm in wild(), safe in wild(), ratio in wild(), point in any::<f64>(), k in wild(), counts in any::<[u32; 2]>(),
    ) {
        let Ok(share) = CandidateShare::new(point.abs().fract()) else { return Ok(()) };
        let Ok(margins) = Margins::new(harm, safe) else { return Ok(()) };
        let mut tally = Tally::new();
        tally.record_many(Side::Candidate, share, u64::from(counts[0])).unwrap();
        tally.record_many(Side::Control, share, u64::from(counts[1])).unwrap();
        for method in [
            Method::Grid(RatioGrid::new(&[ratio], &[ratio])),
            Method::Grid(RatioGrid::new(&[harm * 2.0], &[safe / 2.0])),
            Method::Sprt,
        ] {
            let alpha = Alpha::ONE_PERCENT;
            let Ok(test) = RateTest::new(margins, method, alpha, alpha) else { continue };
            prop_assert!(!test.harm(&tally).ln_e.is_nan());
            prop_assert!(!test.safe(&tally).ln_e.is_nan());
        }
        for prior in [
            BetaPrior::Concentration(k), BetaPrior::Parameters { a: k, b: 1.0 / k },
        ] {
            let alpha = Alpha::ONE_PERCENT;
            let method = Method::TruncatedBeta(prior);
            let Ok(test) = RateTest::new(margins, method, alpha, alpha) else { continue };
            prop_assert!(!test.harm(&tally).ln_e.is_nan());
            prop_assert!(!test.safe(&tally).ln_e.is_nan());
        }
    }
}

#[test]
fn t4_inputs_out_of_range_are_refused_by_name() {
    let alpha = Alpha::ONE_PERCENT;
    let margins = Margins::default();
    let new = |method| RateTest::new(margins, method, alpha, alpha).unwrap_err();
    let on_boundary = new(Method::Grid(RatioGrid::new(&[1.0], &[0.5])));
    assert!(
        matches!(on_boundary, GuardError::Ratio { what: "the harm grid", value, .. } if value == 1.0)
    );
    let empty = new(Method::Grid(RatioGrid::new(&[2.0], &[])));
    assert!(matches!(
        empty,
        GuardError::GridSize {
            what: "the safe grid",
            found: 0,
            ..
        }
    ));
    let prior = new(Method::TruncatedBeta(BetaPrior::Concentration(0.0)));
    assert!(matches!(prior, GuardError::OutOfRange { value, .. } if value == 0.0));
    assert!(Margins::new(f64::NAN, 1.5).is_err());
    assert!(Margins::new(0.0, 1.5).is_err());
    let swapped = Margins::new(1.5, 1.0).unwrap();
    assert!(RateTest::new(swapped, Method::Sprt, alpha, alpha).is_err());
    assert!(matches!(
        SeenUnits::with_capacity(15),
        Err(GuardError::Capacity { found: 15 })
    ));
    assert!(matches!(
        CandidateShare::of_weights(0, 3),
        Err(GuardError::Share { value: 0.0 })
    ));
    assert!(matches!(
        CandidateShare::of_weights(3, 0),
        Err(GuardError::Share { value: 1.0 })
    ));
    assert!(matches!(
        CandidateShare::of_weights(0, 0),
        Err(GuardError::Share { .. })
    ));
}

#[test]
fn t4_too_many_shares_are_refused_and_nothing_is_counted() {
    let mut guard = RateGuard::by_unit(RateTest::default());
    for step in 0..Tally::MAX_SHARES as u64 {
        let share = share((step as f64 + 0.5) / 2_048.0);
        guard.record(step, Side::Control, share).unwrap();
    }
    let before = guard.clone();
    let refused = guard.record(u64::MAX, Side::Candidate, share(0.9));
    assert!(matches!(refused, Err(GuardError::TooManyShares { .. })));
    assert_eq!(guard, before);
}

#[test]
fn guards_of_different_tests_are_not_merged() {
    let mut units = RateGuard::by_unit(RateTest::default());
    let requests = RateGuard::where_each_request_is_its_own_unit(RateTest::default());
    assert!(matches!(
        units.merge(&requests),
        Err(GuardError::Mismatch { .. })
    ));
    let five = Alpha::FIVE_PERCENT;
    let other = RateGuard::by_unit(RateTest::default().with_alpha(five, five));
    assert!(matches!(
        units.merge(&other),
        Err(GuardError::Mismatch { .. })
    ));
    let small = RateGuard::by_unit_within(RateTest::default(), 16).unwrap();
    assert!(matches!(
        units.merge(&small),
        Err(GuardError::Mismatch { .. })
    ));
}

#[test]
fn the_default_test_is_the_checked_one() {
    let alpha = Alpha::ONE_PERCENT;
    let grid = Method::Grid(RatioGrid::below(1.5));
    let checked = RateTest::new(Margins::default(), grid, alpha, alpha).unwrap();
    assert_eq!(RateTest::default(), checked);
}

#[test]
fn t6_the_sample_of_a_full_set_is_independent_of_the_bucketing() {
    // Units are given by their bucketing point, the worst case: those below 5 % are the
    // candidate's. The sample must still hold 5 % of them.
    let mut seen = SeenUnits::with_capacity(4_096).unwrap();
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
    let mut seen = SeenUnits::with_capacity(16).unwrap();
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
    let mut seen = SeenUnits::with_capacity(16).unwrap();
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
fn verdicts_name_what_the_evidence_allows() {
    let read = |candidate, control| {
        let mut guard = RateGuard::where_each_request_is_its_own_unit(RateTest::default());
        for unit in 0..candidate {
            guard.record(unit, Side::Candidate, share(0.5)).unwrap();
        }
        for unit in 0..control {
            guard.record(unit, Side::Control, share(0.5)).unwrap();
        }
        guard.reading().verdict()
    };
    assert_eq!(read(0, 0), Verdict::Undecided);
    assert_eq!(read(90, 10), Verdict::Harm);
    assert_eq!(read(100, 100), Verdict::Undecided);
    assert_eq!(read(1_000, 1_000), Verdict::Safe);
    assert_eq!(read(2_400, 2_000), Verdict::HarmWithinMargin);
}

#[test]
fn a_reading_says_what_is_missing() {
    let mut guard = RateGuard::where_each_request_is_its_own_unit(RateTest::default());
    guard.record(1, Side::Candidate, share(0.05)).unwrap();
    let text = guard.reading().to_string();
    assert!(text.starts_with("undecided: 1 bad events of the candidate, 0 of the control"));
    assert!(text.contains("of 4.61"), "{text}");
}

#[test]
fn outlook_is_infinite_for_harm_that_the_grid_never_sees_and_zero_after_the_alarm() {
    let mut guard = RateGuard::where_each_request_is_its_own_unit(RateTest::default());
    let scenario = |ratio| Scenario {
        ratio,
        control_rate: 0.01,
        share: share(0.05),
    };
    assert_eq!(
        guard.outlook(&scenario(0.8)).unwrap().requests,
        f64::INFINITY
    );
    let before = guard.outlook(&scenario(5.0)).unwrap();
    assert!(before.exact && before.requests < before.requests_90);
    guard.record(1, Side::Control, share(0.05)).unwrap();
    let after_control = guard.outlook(&scenario(5.0)).unwrap();
    assert!(after_control.requests > before.requests);
    for unit in 0..30 {
        guard.record(unit, Side::Candidate, share(0.05)).unwrap();
    }
    assert_eq!(guard.outlook(&scenario(5.0)).unwrap().requests, 0.0);
    assert!(
        guard
            .outlook(&Scenario {
                control_rate: 0.0,
                ..scenario(5.0)
            })
            .is_err()
    );
    assert!(guard.outlook(&scenario(f64::NAN)).is_err());
}

#[cfg(feature = "serde")]
mod stored {
    use super::*;

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
}
