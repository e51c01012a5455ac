//! Changing the arms of a split moves nobody who need not move.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use proptest::prelude::*;
use switchstand::{
    Arm, Policy, Unit,
    release::{PolicyError, Split, SplitError, Stretch},
};

const LINE: u128 = 1 << 64;

/// The stretches of a split as `(start, end, label)`.
fn spans(split: &Split) -> Vec<(u128, u128, String)> {
    let stretches = split.stretches();
    let ends = stretches
        .iter()
        .skip(1)
        .map(|stretch| u128::from(stretch.from))
        .chain([LINE]);
    stretches
        .iter()
        .zip(ends)
        .map(|(stretch, end)| (u128::from(stretch.from), end, stretch.arm.clone()))
        .collect()
}

/// The points that change their arm, as `(from, to, points)`, by looking at each overlap.
fn moves(old: &Split, new: &Split) -> Vec<(String, String, u128)> {
    let mut moves = Vec::new();
    for (start, end, from) in spans(old) {
        for (begin, stop, to) in spans(new) {
            let points = end.min(stop).saturating_sub(start.max(begin));
            if points > 0 && from != to {
                moves.push((from.clone(), to, points));
            }
        }
    }
    moves
}

/// The points of each arm by the rule of the scheme: arms in the order of their labels.
fn points(weights: &[u32]) -> Vec<u128> {
    let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    let mut before = 0u128;
    weights
        .iter()
        .map(|weight| {
            let start = (before * LINE).div_ceil(sum);
            before += u128::from(*weight);
            (before * LINE).div_ceil(sum) - start
        })
        .collect()
}

fn label(place: usize) -> String {
    format!("arm-{place:02}")
}

fn split(weights: &[u32]) -> Split {
    let arms = weights.iter().enumerate();
    Split::new(arms.map(|(place, weight)| Arm::new(&label(place), "v", *weight))).unwrap()
}

fn weights(arms: usize) -> impl Strategy<Value = Vec<u32>> {
    let weight = prop_oneof![Just(0), 1..100u32, any::<u32>()];
    prop::collection::vec(weight, arms).prop_filter("some weight", |weights| {
        weights.iter().any(|weight| *weight > 0)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn r6_each_reweighting_moves_exactly_the_total_variation_distance(
        steps in prop::collection::vec(weights(5), 2..20)
    ) {
        let mut current = split(&steps[0]);
        let mut before = points(&steps[0]);
        for step in &steps[1..] {
            let labels: Vec<String> = (0..step.len()).map(label).collect();
            let pairs = labels.iter().map(String::as_str).zip(step.iter().copied());
            let next = current.reweight(pairs).unwrap();
            let after = points(step);
            let distance: u128 =
                before.iter().zip(&after).map(|(old, new)| old.saturating_sub(*new)).sum();
            let moved: u128 = moves(&current, &next).iter().map(|(.., points)| points).sum();
            prop_assert_eq!(moved, distance);
            for (place, wanted) in after.iter().enumerate() {
                let spans = spans(&next);
                let has: u128 = spans
                    .iter()
                    .filter(|(.., arm)| *arm == label(place))
                    .map(|(start, end, _)| end - start)
                    .sum();
                prop_assert_eq!(has, *wanted);
            }
            (current, before) = (next, after);
        }
    }

    #[test]
    fn r3_a_new_arm_takes_units_and_moves_none_between_others(
        start in weights(4), step in weights(4), weight in 1u32..
    ) {
        let labels: Vec<String> = (0..4).map(label).collect();
        let pairs = labels.iter().map(String::as_str).zip(step);
        let old = split(&start).reweight(pairs).unwrap();
        let new = old.with_arm(Arm::new("arm-015", "v", weight)).unwrap();
        prop_assert!(moves(&old, &new).iter().all(|(_, to, _)| to == "arm-015"));
        let back = new.without_arm("arm-015").unwrap();
        prop_assert!(moves(&new, &back).iter().all(|(from, ..)| from == "arm-015"));
    }

    #[test]
    fn r3_renaming_and_retargeting_move_nobody(start in weights(4), step in weights(4)) {
        let labels: Vec<String> = (0..4).map(label).collect();
        let pairs = labels.iter().map(String::as_str).zip(step);
        let old = split(&start).reweight(pairs).unwrap();
        let renamed = old.rename("arm-01", "zz").unwrap();
        let all: Vec<_> = spans(&old)
            .into_iter()
            .map(|(start, end, arm)| (start, end, if arm == "arm-01" { "zz".into() } else { arm }))
            .collect();
        prop_assert_eq!(spans(&renamed), all);
        prop_assert_eq!(spans(&old.retarget("arm-02", "v9").unwrap()), spans(&old));
        // What was carried is accepted when a policy file brings it back.
        let again = Split::with_layout(renamed.arms().cloned(), &renamed.stretches()).unwrap();
        prop_assert_eq!(again, renamed);
    }

    #[test]
    fn r6_a_diff_tells_what_routing_then_shows(
        old in weights(3), new in weights(3), gate in 0u32..=100, next_gate in 0u32..=100
    ) {
        let policy = |weights: &[u32], gate| {
            let arms = weights.iter().enumerate();
            Policy::ab_test("test", arms.map(|(place, weight)| {
                Arm::new(&label(place), &format!("v{place}"), *weight)
            }))
            .gate(switchstand::Share::percent(gate).unwrap())
        };
        let (old, new) = (policy(&old, gate), policy(&new, next_gate));
        let versions = ["v0", "v1", "v2"];
        let (before, after) =
            (old.compile("live", versions).unwrap(), new.compile("live", versions).unwrap());
        let units = 4000u64;
        let moved = (0..units)
            .filter(|unit| {
                let unit = Unit::from(*unit);
                before.version_of(&before.route(unit)) != after.version_of(&after.route(unit))
            })
            .count();
        let told = old.diff(&new).unwrap().moved().as_fraction();
        let spread = (told * (1.0 - told) / units as f64).sqrt();
        prop_assert!((moved as f64 / units as f64 - told).abs() <= 6.0 * spread + 1e-12);
    }
}

#[test]
fn r6_a_common_ramp_moves_a_tenth_where_ranges_in_order_would_move_a_fifth() {
    let old = Policy::ab_test("ramp", [("a", 10), ("b", 10), ("c", 80)]);
    let new = old.reweight([("a", 20), ("c", 70)]).unwrap();
    assert_eq!(
        old.diff(&new).unwrap().to_string(),
        "everybody: 10% move from c to a"
    );
    let anew = Policy::ab_test("ramp", [("a", 20), ("b", 10), ("c", 70)]);
    assert_eq!(
        old.diff(&anew).unwrap().to_string(),
        "everybody: 10% move from b to a, 10% move from c to b"
    );
}

#[test]
fn r6_long_walks_keep_layouts_short() {
    let mut current = split(&[1; 8]);
    let mut state = 1u64;
    let mut longest = 0;
    for _ in 0..3000 {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let place = (state >> 60) as usize % 8;
        let weight = (state >> 32) as u32 % 100 + 1;
        current = current.reweight([(label(place).as_str(), weight)]).unwrap();
        longest = longest.max(current.stretches().len());
    }
    assert!(longest <= 100, "{longest} stretches");
}

#[test]
fn r6_a_layout_is_accepted_again_after_any_number_of_arms_came_and_went() {
    let mut current = split(&[1, 2]);
    for round in 0..300u32 {
        let weight = round.wrapping_mul(2_654_435_761) >> 20 | 1;
        let wider = current.with_arm(Arm::new("arm-99", "v", weight)).unwrap();
        current = wider.without_arm("arm-99").unwrap();
        for split in [&wider, &current] {
            let again = Split::with_layout(split.arms().cloned(), &split.stretches());
            assert_eq!(again.as_ref(), Ok(split), "round {round}");
        }
    }
}

#[test]
fn r3_no_layout_gives_a_point_to_an_arm_without_weight() {
    let arms = || [Arm::new("a", "v1", 1), Arm::new("b", "v2", 0)];
    assert!(Split::with_layout(arms(), &[Stretch::new(0, "a")]).is_ok());
    for stretches in [
        [Stretch::new(0, "a"), Stretch::new(u64::MAX, "b")],
        [Stretch::new(0, "b"), Stretch::new(1, "a")],
    ] {
        assert_eq!(
            Split::with_layout(arms(), &stretches),
            Err(SplitError::ShareMismatch { label: "b".into() })
        );
    }
}

#[test]
fn a_layout_may_have_as_many_stretches_as_the_limit_says() {
    let arms = || [Arm::new("a", "v1", 1), Arm::new("b", "v2", 1)];
    let label = |number: u64| if number.is_multiple_of(2) { "a" } else { "b" };
    let stretches = |count: u64| -> Vec<Stretch> {
        let starts = (0..4096).chain([4095]).take(count as usize);
        starts
            .map(|number| Stretch::new(number << 52, label(number)))
            .collect()
    };
    let most = Split::with_layout(arms(), &stretches(4096)).unwrap();
    assert_eq!(most.stretches(), stretches(4096));
    let refused = Split::with_layout(arms(), &stretches(4097)).unwrap_err();
    let (found, limit) = (4097, 4096);
    assert_eq!(refused, SplitError::TooManyStretches { found, limit });
}

#[test]
fn broken_layouts_are_refused() {
    let arms = || [Arm::new("a", "v1", 1), Arm::new("b", "v2", 1)];
    let half = 1 << 63;
    let refused = |stretches: &[Stretch]| Split::with_layout(arms(), stretches).unwrap_err();
    let stretch = Stretch::new;
    assert!(matches!(refused(&[]), SplitError::BrokenLayout { .. }));
    assert!(matches!(
        refused(&[stretch(1, "a")]),
        SplitError::BrokenLayout { from: 1 }
    ));
    assert!(matches!(
        refused(&[stretch(0, "a"), stretch(half, "b"), stretch(half, "a")]),
        SplitError::BrokenLayout { .. }
    ));
    assert_eq!(
        refused(&[stretch(0, "a"), stretch(half, "c")]),
        SplitError::UnknownArm { label: "c".into() }
    );
    assert_eq!(
        refused(&[stretch(0, "a"), stretch(half / 2, "b")]),
        SplitError::ShareMismatch { label: "a".into() }
    );
    let many: Vec<_> = (0..5000).map(|from| stretch(from, "a")).collect();
    assert_eq!(
        refused(&many),
        SplitError::TooManyStretches {
            found: 5000,
            limit: 4096
        }
    );
    assert!(matches!(
        Policy::live_only("r").reweight([("a", 1)]),
        Err(PolicyError::Misplaced {
            field: "reweight",
            ..
        })
    ));
}

#[cfg(feature = "serde")]
#[test]
fn a_carried_layout_survives_its_file_and_names_the_policy() {
    let old = Policy::ab_test("ramp", [("a", 10), ("b", 10), ("c", 80)]);
    let new = old.reweight([("a", 20), ("c", 70)]).unwrap();
    let file = toml::to_string(&new).unwrap();
    assert!(file.contains("from = \"0000000000000000\""), "{file}");
    let read: Policy = toml::from_str(&file).unwrap();
    assert_eq!(read, new);
    assert_eq!(read.fingerprint(), new.fingerprint());
    let anew = Policy::ab_test("ramp", [("a", 20), ("b", 10), ("c", 70)]);
    assert_ne!(anew.fingerprint(), new.fingerprint());
    // Back where it was, the layout is the fresh one again.
    let back = new.reweight([("a", 10), ("c", 80)]).unwrap();
    assert_eq!(back.fingerprint(), old.fingerprint());
}

#[test]
fn r6_boundaries_move_before_new_stretches_are_made() {
    let layout = |split: &Split| {
        let stretches = split.stretches();
        let from = |stretch: &Stretch| (stretch.from, stretch.arm.clone());
        stretches.iter().map(from).collect::<Vec<_>>()
    };
    let arms = |weights: [(&str, u32); 3]| Split::new(weights.map(Arm::from)).unwrap();
    let eighths = |eighths: u64| eighths << 61;
    // The arm in the middle goes, and those beside it become neighbours.
    let old = arms([("a", 2), ("b", 2), ("c", 4)]);
    let new = old.reweight([("a", 5), ("b", 0), ("c", 3)]).unwrap();
    assert_eq!(layout(&new), [(0, "a".into()), (eighths(5), "c".into())]);
    // Without a boundary between the two, the end of the stretch that shrinks is handed over.
    let old = arms([("a", 1), ("b", 1), ("c", 6)]);
    let new = old.reweight([("a", 2), ("c", 5)]).unwrap();
    let starts = [(0, "a"), (1, "b"), (2, "c"), (7, "a")];
    let starts = starts.map(|(start, arm)| (eighths(start), arm.to_owned()));
    assert_eq!(layout(&new), starts);
}
