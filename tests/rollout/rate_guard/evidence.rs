//! What the counts say, and what is refused.

use proptest::prelude::*;
use switchstand::stats::guard::*;
use switchstand::stats::{Alpha, Refusal};

use crate::rate_guard::{RAMP, share, wild};

proptest! {
    #[test]
    fn more_events_of_the_candidate_are_more_evidence_of_harm_and_less_of_safety(
        candidate in 0..2_000_u64, control in 0..20_000_u64, step in 0..RAMP.len(),
    ) {
        let prior = BetaPrior::Concentration(100.0);
        for method in [
            RateMethod::Grid(RatioGrid::below(1.5)), RateMethod::TruncatedBeta(prior), RateMethod::Sprt,
        ] {
            let alpha = Alpha::ONE_PERCENT;
            let test = RateTest::new(Margins::default(), method, alpha, alpha).unwrap();
            let mut tally = StageTally::new();
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
        let mut tally = StageTally::new();
        tally.record_many(Side::Candidate, share, u64::from(counts[0])).unwrap();
        tally.record_many(Side::Control, share, u64::from(counts[1])).unwrap();
        for method in [
            RateMethod::Grid(RatioGrid::new(&[ratio], &[ratio])),
            RateMethod::Grid(RatioGrid::new(&[harm * 2.0], &[safe / 2.0])),
            RateMethod::Sprt,
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
            let method = RateMethod::TruncatedBeta(prior);
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
    let on_boundary = new(RateMethod::Grid(RatioGrid::new(&[1.0], &[0.5])));
    assert!(
        matches!(on_boundary, Refusal::OutOfRange { what: "the harm grid", value, .. } if value == 1.0)
    );
    let empty = new(RateMethod::Grid(RatioGrid::new(&[2.0], &[])));
    assert_eq!(
        empty.to_string(),
        "the safe grid is 0, expected a grid of 1 to 64 ratios"
    );
    let prior = new(RateMethod::TruncatedBeta(BetaPrior::Concentration(0.0)));
    assert!(matches!(prior, Refusal::OutOfRange { value, .. } if value == 0.0));
    assert!(Margins::new(f64::NAN, 1.5).is_err());
    assert!(Margins::new(0.0, 1.5).is_err());
    let swapped = Margins::new(1.5, 1.0).unwrap();
    assert!(RateTest::new(swapped, RateMethod::Sprt, alpha, alpha).is_err());
    assert!(matches!(
        SeenUnits::with_capacity(Margins::default(), 15),
        Err(Refusal::OutOfRange { value: 15.0, .. })
    ));
    assert!(matches!(
        CandidateShare::of_weights(0, 3),
        Err(Refusal::OutOfRange { value: 0.0, .. })
    ));
    assert!(matches!(
        CandidateShare::of_weights(3, 0),
        Err(Refusal::OutOfRange { value: 1.0, .. })
    ));
    assert!(matches!(
        CandidateShare::of_weights(0, 0),
        Err(Refusal::OutOfRange { .. })
    ));
}

#[test]
fn the_default_test_is_the_checked_one() {
    let alpha = Alpha::ONE_PERCENT;
    let grid = RateMethod::Grid(RatioGrid::below(1.5));
    let checked = RateTest::new(Margins::default(), grid, alpha, alpha).unwrap();
    assert_eq!(RateTest::default(), checked);
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
    assert_eq!(read(0, 0), GuardVerdict::Undecided);
    assert_eq!(read(90, 10), GuardVerdict::Harm);
    assert_eq!(read(100, 100), GuardVerdict::Undecided);
    assert_eq!(read(1_000, 1_000), GuardVerdict::Safe);
    assert_eq!(read(2_400, 2_000), GuardVerdict::HarmWithinMargin);
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

#[test]
fn a_latch_keeps_what_a_look_has_shown_and_reads_back() {
    let mut guard = RateGuard::where_each_request_is_its_own_unit(RateTest::default());
    let mut latch = Latch::new();
    assert_eq!(latch.look(guard.reading()), GuardVerdict::Undecided);
    let mut first = None;
    for unit in 0..40 {
        guard.record(unit, Side::Candidate, share(0.5)).unwrap();
        latch.look(guard.reading());
        if guard.reading().harm.is_significant() {
            first.get_or_insert(guard.reading());
        }
    }
    let alarm = *latch.harm().unwrap();
    assert_eq!(Some(alarm), first, "the first look that shows it");
    assert!(alarm.candidate_events < 40);
    for unit in 0..4_000 {
        guard.record(unit, Side::Control, share(0.5)).unwrap();
    }
    assert_eq!(guard.reading().verdict(), GuardVerdict::Safe);
    assert_eq!(latch.verdict(), GuardVerdict::Harm);
    assert_eq!(latch.look(guard.reading()), GuardVerdict::HarmWithinMargin);
    assert_eq!(latch.harm(), Some(&alarm));
    assert!(latch.safe().unwrap().control_events == 4_000);
    #[cfg(feature = "serde")]
    {
        let text = serde_json::to_string(&latch).unwrap();
        assert_eq!(serde_json::from_str::<Latch>(&text).unwrap(), latch);
    }
}

/// Thinned events are tested against equal rates: at an even split each event of the control
/// multiplies the likelihood ratio of a ratio `f` of the boundary by `(1 / (1 + f)) / (1 / 2)`.
#[test]
fn t6_safety_of_units_is_tested_against_equal_rates_of_thinned_events() {
    let mut guard = RateGuard::by_unit(RateTest::default());
    for unit in 0..20 {
        guard.record(unit, Side::Control, share(0.5)).unwrap();
    }
    let fractions: [f64; 6] = [0.1, 0.2, 1.0 / 3.0, 0.5, 2.0 / 3.0, 0.8];
    let sum: f64 = fractions.iter().map(|f| (2.0 / (1.0 + f)).powi(20)).sum();
    let expected = (sum / 6.0).ln() + (63.0_f64 / 64.0).ln();
    let found = guard.reading().safe.ln_e;
    assert!(
        (found - expected).abs() < 1e-12 * expected,
        "{found} {expected}"
    );
}

#[test]
fn t1_what_is_missing_is_the_distance_to_the_threshold_and_nothing_beyond_it() {
    let mut guard = RateGuard::where_each_request_is_its_own_unit(RateTest::default());
    let mut seen = [false; 2];
    for unit in 0..200 {
        let harm = guard.reading().harm;
        let expected = match harm.is_significant() {
            true => 0.0,
            false => harm.threshold - harm.ln_e,
        };
        assert_eq!(harm.missing(), expected);
        seen[usize::from(harm.is_significant())] = true;
        guard.record(unit, Side::Candidate, share(0.1)).unwrap();
    }
    assert_eq!(seen, [true; 2]);
}

#[test]
fn t2_guards_of_every_request_merge_to_the_guard_of_all() {
    let new = || RateGuard::where_each_request_is_its_own_unit(RateTest::default());
    let (mut whole, mut parts) = (new(), [new(), new()]);
    for unit in 0..300_u64 {
        let side = match unit % 7 {
            0 => Side::Candidate,
            _ => Side::Control,
        };
        whole.record(unit % 50, side, share(0.1)).unwrap();
        parts[(unit % 2) as usize]
            .record(unit % 50, side, share(0.1))
            .unwrap();
    }
    let [mut merged, other] = parts;
    merged.merge(&other).unwrap();
    assert_eq!(merged, whole);
    assert_eq!(merged.reading().candidate_events, 43);
    let by_unit = RateGuard::by_unit(RateTest::default());
    assert!(matches!(
        merged.merge(&by_unit),
        Err(Refusal::Mismatch { .. })
    ));
    assert_eq!(merged, whole);
}
