//! Trials with planned looks survive a restart.
#![cfg(all(feature = "stats", feature = "serde"))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::{Value, json};
use switchstand::stats::group_sequential::{Fractions, GroupSequential, Monitor, Spending};
use switchstand::stats::planning::Sides;
use switchstand::stats::{Alpha, Alternative};

fn trials() -> Vec<Monitor> {
    let alpha = Alpha::FIVE_PERCENT;
    let trial = |spending, alternative| Monitor::new(spending, alpha, alternative, 5e3).unwrap();
    let steep = Spending::hwang_shih_decani(40.0).unwrap();
    let looks = Fractions::equally_spaced(4).unwrap();
    let design = GroupSequential::new(&looks, Spending::POCOCK, alpha, Sides::One).unwrap();
    let may_be_given_up = trial(Spending::POCOCK, Alternative::Greater)
        .with_futility(&design, 0.8, Spending::OBRIEN_FLEMING)
        .unwrap();
    vec![
        trial(Spending::OBRIEN_FLEMING, Alternative::TwoSided),
        trial(Spending::power(2.0).unwrap(), Alternative::Less),
        trial(steep, Alternative::TwoSided),
        may_be_given_up,
    ]
}

fn stored(trial: &Monitor) -> String {
    serde_json::to_string(trial).unwrap()
}

#[test]
fn c9_a_trial_read_back_at_any_look_goes_on_as_if_it_had_not_stopped() {
    for mut trial in trials() {
        for information in [1_250.0, 2_500.0, 4_700.0, 5_003.0] {
            let back: Monitor = serde_json::from_str(&stored(&trial)).unwrap();
            assert_eq!(back, trial);
            assert_eq!(back.conclusion(), trial.conclusion());
            trial
                .look(information, 0.01, 1.0 / f64::sqrt(information))
                .unwrap();
        }
        let back: Monitor = serde_json::from_str(&stored(&trial)).unwrap();
        assert_eq!(back, trial);
        assert!(back.conclusion().is_some());
    }
}

#[test]
fn c9_an_early_end_is_remembered() {
    for effect in [0.0, 10.0] {
        for mut trial in trials() {
            trial.look(1_000.0, 0.0, 1.0).unwrap();
            trial.last_look(3_000.0, effect, 1.0).unwrap();
            let mut back: Monitor = serde_json::from_str(&stored(&trial)).unwrap();
            assert_eq!(back, trial);
            assert!(back.look(4_000.0, 0.0, 1.0).is_err());
        }
    }
}

#[test]
fn t4_states_that_no_trial_has_are_refused() {
    let mut trial = trials().pop().unwrap();
    trial.look(1_000.0, 0.0, 1.0).unwrap();
    let good: Value = serde_json::from_str(&stored(&trial)).unwrap();
    let read = |value: &Value| serde_json::from_value::<Monitor>(value.clone());
    assert!(read(&good).is_ok());
    let look = good.pointer("/looks/0").unwrap().clone();
    for (at, bad) in [
        ("/version", json!(2)),
        ("/maximum", json!(-1.0)),
        ("/alpha", json!(0.0)),
        ("/alternative", json!("two_sided")),
        ("/futility/drift", json!(-1.0)),
        ("/futility/rate", json!(1.0)),
        ("/spending", json!({"power": -1.0})),
        ("/looks", json!([look, look])),
        ("/looks/0/fraction", json!(0.0)),
        ("/looks/0/standard_error", json!(0.0)),
    ] {
        let mut value = good.clone();
        *value.pointer_mut(at).unwrap() = bad;
        assert!(read(&value).is_err(), "{at}");
    }
}
