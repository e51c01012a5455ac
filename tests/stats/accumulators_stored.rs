//! Stored accumulators come back the same, and nothing else is accepted.
#![cfg(all(feature = "stats", feature = "serde"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt::Debug;
use switchstand::stats::off_policy::{LoggedDecision, MaxWeight, OffPolicy};
use switchstand::stats::{
    Alpha, Alternative, Counts, HigherMoments, Histogram, Interval, Moments, PairedCounts,
    PairedMoments, RatioMoments, Refusal, means,
};

#[track_caller]
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Value {
    let stored = serde_json::to_value(value).unwrap();
    let text = stored.to_string();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value);
    assert_eq!(stored.get("version"), Some(&json!(1)));
    let mut newer = stored.clone();
    newer["version"] = json!(9);
    assert!(serde_json::from_value::<T>(newer).is_err(), "other version");
    let mut more = stored.clone();
    more["extra"] = json!(0);
    assert!(serde_json::from_value::<T>(more).is_err(), "unknown field");
    let mut less = stored.clone();
    less.as_object_mut().unwrap().remove("version");
    assert!(serde_json::from_value::<T>(less).is_err(), "no version");
    stored
}

/// Asserts that none of the changes to the stored state is accepted.
#[track_caller]
fn refuses<T: DeserializeOwned + Debug>(stored: &Value, changes: &[(&str, Value)]) {
    for (field, value) in changes {
        let mut changed = stored.clone();
        changed[*field] = value.clone();
        let read = serde_json::from_value::<T>(changed);
        assert!(read.is_err(), "{field} = {value} gives {read:?}");
    }
}

#[test]
fn stored_counts_are_consistent() {
    let stored = round_trip(&Counts::new(3, 7).unwrap());
    refuses::<Counts>(
        &stored,
        &[
            ("successes", json!(8)),
            ("trials", json!(u64::MAX)),
            ("trials", json!(-1)),
        ],
    );
    let pairs = round_trip(&PairedCounts::new(1, 2, 3, 4).unwrap());
    refuses::<PairedCounts>(&pairs, &[("both", json!(u64::MAX))]);
}

#[test]
fn stored_moments_are_consistent() {
    round_trip(&Moments::new());
    let mut moments = Moments::new();
    moments.extend_from_slice(&[0.1, 0.2, 0.7]).unwrap();
    let stored = round_trip(&moments);
    refuses::<Moments>(
        &stored,
        &[
            ("m2", json!(-1.0)),
            ("m2", json!(null)),
            ("mean", json!(null)),
            ("n", json!(1)),
            ("n", json!(0)),
            ("n", json!(u64::MAX)),
        ],
    );
}

#[test]
fn stored_higher_moments_are_consistent() {
    round_trip(&HigherMoments::new());
    let mut moments = HigherMoments::new();
    moments.extend_from_slice(&[0.1, 0.2, 0.7]).unwrap();
    let stored = round_trip(&moments);
    refuses::<HigherMoments>(
        &stored,
        &[
            ("m2", json!(-1.0)),
            ("m4", json!(-1.0)),
            ("m3", json!(null)),
            ("mean", json!(0.8)),
            ("min", json!(0.8)),
            ("n", json!(1)),
        ],
    );
    // Two sets of 2^53 values that do not vary: it is their number that is too large.
    let mut many = stored;
    for (field, value) in [
        ("m2", 0.0),
        ("m3", 0.0),
        ("m4", 0.0),
        ("min", 0.5),
        ("max", 0.5),
    ] {
        many[field] = json!(value);
    }
    (many["mean"], many["n"]) = (json!(0.5), json!(1_u64 << 53));
    let mut many: HigherMoments = serde_json::from_value(many).unwrap();
    let what = "number of values";
    assert_eq!(many.merge(&many.clone()), Err(Refusal::Overflow { what }));
}

#[test]
fn stored_pairs_are_consistent() {
    let (x, y) = ([1.0, 2.0, 4.0], [1.5, 2.5, 9.0]);
    let mut pairs = PairedMoments::new();
    pairs.extend_from_slices(&x, &y).unwrap();
    let stored = round_trip(&pairs);
    let empty = serde_json::to_value(Moments::new()).unwrap();
    refuses::<PairedMoments>(
        &stored,
        &[
            ("cross", json!(1e3)),
            ("cross", json!(null)),
            ("difference", empty.clone()),
        ],
    );
    let mut ratio = RatioMoments::new();
    ratio.extend_from_slices(&x, &y).unwrap();
    let stored = round_trip(&ratio);
    refuses::<RatioMoments>(&stored, &[("cross", json!(-1e3)), ("denominator", empty)]);
}

#[test]
fn stored_histograms_are_consistent() {
    round_trip(&Histogram::new());
    let mut histogram = Histogram::with_relative_error(0.01).unwrap();
    histogram
        .extend_from_slice(&[0.0, 1e-300, 0.5, 0.5, 3.0, f64::MAX])
        .unwrap();
    let stored = round_trip(&histogram);
    refuses::<Histogram>(
        &stored,
        &[
            ("bits", json!(11)),
            ("zeros", json!(u64::MAX)),
            ("buckets", json!([[70_000, 1], [60_000, 1]])),
            ("buckets", json!([[60_000, 0]])),
            ("buckets", json!([[0, 1]])),
            ("buckets", json!([[u64::MAX, 1]])),
        ],
    );
}

#[test]
fn an_unbounded_interval_comes_back_unbounded() {
    let (a, b) = (
        Moments::from_summary(9, 1.0, 2.0),
        Moments::from_summary(9, 2.0, 2.0),
    );
    let test = means::welch(
        &a.unwrap(),
        &b.unwrap(),
        Alpha::FIVE_PERCENT,
        Alternative::Greater,
    );
    let interval = test.unwrap().interval;
    assert_eq!(interval.upper, f64::INFINITY);
    let stored = serde_json::to_string(&interval).unwrap();
    assert_eq!(serde_json::from_str::<Interval>(&stored).unwrap(), interval);
    for bad in ["null", "\"nan\"", "true"] {
        let text = format!(r#"{{"lower":0.0,"upper":{bad},"level":0.95}}"#);
        assert!(serde_json::from_str::<Interval>(&text).is_err(), "{bad}");
    }
}

#[test]
fn a_stored_estimate_goes_on_as_if_it_had_never_been_stored() {
    let actions = [(0.8, 0.5), (0.2, 0.5)];
    let start = OffPolicy::new(MaxWeight::over(actions).unwrap(), Alpha::FIVE_PERCENT);
    let push = |target: &mut OffPolicy, decisions: std::ops::Range<usize>| {
        for i in decisions {
            let (propensity, wanted) = actions[usize::from(i % 5 == 0)];
            let reward = f64::from(u8::from(i % 3 == 0));
            let decision = LoggedDecision::new(propensity, wanted, reward).unwrap();
            target.record(decision).unwrap();
        }
    };
    let mut whole = start;
    push(&mut whole, 0..500);
    round_trip(&start);
    let mut half = start;
    push(&mut half, 0..250);
    let mut read: OffPolicy = serde_json::from_value(round_trip(&half)).unwrap();
    push(&mut read, 250..500);
    assert_eq!(read, whole);
    assert_eq!(read.estimate().unwrap(), whole.estimate().unwrap());
}

#[test]
fn stored_estimates_are_consistent() {
    let mut target = OffPolicy::new(MaxWeight::over([(0.2, 0.5)]).unwrap(), Alpha::FIVE_PERCENT);
    let decision = |reward| LoggedDecision::new(0.2, 0.5, reward).unwrap();
    target.record(decision(0.0)).unwrap();
    target.record(decision(1.0)).unwrap();
    let fewer = round_trip(&target)["lost"].clone();
    target.record(decision(0.5)).unwrap();
    let stored = round_trip(&target);
    let other = |at: &str, alpha: f64| {
        let mut sequence = stored[at].clone();
        sequence["alpha"] = json!(alpha);
        sequence
    };
    refuses::<OffPolicy>(
        &stored,
        &[
            ("max_weight", json!(0.5)),
            ("max_weight", json!(1e13)),
            ("max_weight", json!(2.4)),
            ("alpha", json!(0.01)),
            ("weights", other("weights", 0.05)),
            ("earned", other("earned", 0.01)),
            ("lost", fewer),
        ],
    );
    for (field, value) in [
        ("reward", 3.1),
        ("reward", -0.1),
        ("weight", 7.6),
        ("weight", 0.0),
        ("weight_squared", 18.8),
        ("weight_squared", 18.7),
        ("weighted", 3.8),
        ("greatest_weight", 2.4),
        ("greatest_weight", 2.6),
    ] {
        let mut sums = stored["sums"].clone();
        sums[field] = json!(value);
        refuses::<OffPolicy>(&stored, &[("sums", sums)]);
    }
}
