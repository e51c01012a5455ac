//! What no trial with planned looks can be.
#![cfg(feature = "stats")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use switchstand::stats::group_sequential::{Fractions, GroupSequential, Monitor, Spending};
use switchstand::stats::planning::Sides;
use switchstand::stats::{Alpha, Alternative, Refusal};

const ALPHA: Alpha = Alpha::FIVE_PERCENT;

#[test]
fn t4_what_no_trial_can_be_is_refused() {
    assert!(Fractions::equally_spaced(0).is_err());
    assert!(Fractions::equally_spaced(201).is_err());
    for bad in [
        &[][..],
        &[0.0],
        &[0.5, 0.5],
        &[0.5, 1.1],
        &[f64::NAN],
        &[0.5, 0.500_01],
    ] {
        assert!(Fractions::new(bad).is_err(), "{bad:?}");
    }
    for bad in [0.0, -1.0, 41.0, f64::NAN, f64::INFINITY] {
        assert!(Spending::power(bad).is_err(), "{bad}");
    }
    for bad in [-41.0, f64::NAN, f64::INFINITY] {
        assert!(Spending::hwang_shih_decani(bad).is_err(), "{bad}");
    }
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Monitor::new(Spending::POCOCK, ALPHA, Alternative::Less, bad).is_err());
    }
    let looks = Fractions::equally_spaced(2).unwrap();
    let two_sided = GroupSequential::new(&looks, Spending::POCOCK, ALPHA, Sides::Two).unwrap();
    assert!(two_sided.inflation(0.02).is_err() && two_sided.inflation(1.0).is_err());
    assert!(
        two_sided
            .clone()
            .with_futility(0.8, Spending::POCOCK)
            .is_err()
    );
    let ends_early = Fractions::new(&[0.5, 0.8]).unwrap();
    let one_sided = GroupSequential::new(&ends_early, Spending::POCOCK, ALPHA, Sides::One).unwrap();
    assert!(one_sided.with_futility(0.8, Spending::POCOCK).is_err());
}

#[test]
fn t4_a_refused_look_changes_nothing() {
    let both = Alternative::TwoSided;
    let mut trial = Monitor::new(Spending::OBRIEN_FLEMING, ALPHA, both, 1.0).unwrap();
    trial.look(0.3, 0.1, 0.2).unwrap();
    let before = trial.clone();
    for (time, effect, error) in [
        (0.3, 0.1, 0.2),
        (0.2, 0.1, 0.2),
        (0.300_05, 0.1, 0.2),
        (f64::NAN, 0.1, 0.2),
        (f64::INFINITY, 0.1, 0.2),
        (0.5, f64::NAN, 0.2),
        (0.5, 0.1, 0.0),
        (0.5, 0.1, -1.0),
        (0.5, 1e300, 1e-300),
    ] {
        assert!(
            trial.look(time, effect, error).is_err(),
            "{time} {effect} {error}"
        );
        assert_eq!(trial, before);
    }
    trial.look(0.6, 9.0, 0.2).unwrap();
    let refused = trial.look(0.9, 9.0, 0.2);
    assert_eq!(refused, Err(Refusal::Concluded { look: 2 }));
}
