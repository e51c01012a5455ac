//! Layouts stay whole over any sequence of changes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use switchstand::{
    Arm,
    release::{Split, SplitError},
};

/// One change of the arms of a split.
#[derive(Clone, Debug)]
enum Change {
    Reweight(usize, u32),
    Add(usize, u32),
    Remove(usize),
    Rename(usize, usize),
}

fn label(place: usize) -> String {
    format!("arm-{place}")
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let place = || 0..6usize;
    let weight = || prop_oneof![Just(0), 1..8u32, any::<u32>()];
    let change = prop_oneof![
        (place(), weight()).prop_map(|(place, weight)| Change::Reweight(place, weight)),
        (place(), weight()).prop_map(|(place, weight)| Change::Add(place, weight)),
        place().prop_map(Change::Remove),
        (place(), place()).prop_map(|(old, new)| Change::Rename(old, new)),
    ];
    prop::collection::vec(change, 1..40)
}

fn carry_out(split: &Split, change: &Change) -> Result<Split, SplitError> {
    match change {
        Change::Reweight(place, weight) => split.reweight([(label(*place).as_str(), *weight)]),
        Change::Add(place, weight) => split.with_arm(Arm::new(&label(*place), "v", *weight)),
        Change::Remove(place) => split.without_arm(&label(*place)),
        Change::Rename(old, new) => split.rename(&label(*old), &label(*new)),
    }
}

proptest! {
    #[test]
    fn r3_after_any_changes_an_arm_has_points_if_it_has_weight(changes in changes()) {
        let arms = [Arm::new("arm-1", "v", 1), Arm::new("arm-3", "v", 2)];
        let mut current = Split::new(arms).unwrap();
        for change in &changes {
            let Ok(next) = carry_out(&current, change) else { continue };
            current = next;
            let stretches = current.stretches();
            for arm in current.arms() {
                let has = stretches.iter().any(|stretch| stretch.arm == arm.label);
                prop_assert_eq!(has, arm.weight > 0, "{:?}: {:?}", change, &arm);
            }
            // What a server wrote, another one reads.
            let again = Split::with_layout(current.arms().cloned(), &stretches);
            prop_assert_eq!(again.as_ref(), Ok(&current));
        }
    }
}
