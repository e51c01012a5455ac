//! Stored comparisons come back the same, and what no requests lead to is refused.
#![cfg(all(feature = "stats", feature = "serde"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use core::{fmt::Debug, time::Duration};

use proptest::{collection::vec, option, prelude::*};
use serde::{
    Deserialize as _, Serialize,
    de::DeserializeOwned,
    de::value::{Error, MapAccessDeserializer, MapDeserializer},
};
use serde_json::{Value, json};
use switchstand::comparison::{Agreement, Confusion, Difference, PairedComparison, Tally, Worst};
use switchstand::{
    UnitKey,
    shadow::{Comparison, Pair},
    stats::Refusal,
};

/// A unit, what each side answered or the class of its error, and perhaps how long both took.
type Request = (u64, [Result<u8, u8>; 2], Option<[u32; 2]>);

/// The answer that has no score and that no other is near.
const ODD: u8 = 9;

fn tally(requests: &[Request], worst: usize, seed: u64) -> Tally<u8> {
    let far = |a: &u8, b: &u8| match (a, b) {
        (a, b) if a == b => Difference::NONE,
        (&ODD, _) | (_, &ODD) => Difference::BEYOND,
        (a, b) => Difference::of(f64::from(a.abs_diff(*b)) / 3.0),
    };
    let score = |answer: &u8| match *answer {
        ODD => f64::NAN,
        answer => f64::from(answer) / 7.0,
    };
    let comparison = PairedComparison::new(|answer: &u8| *answer, u8::to_string)
        .comparing("exact", Difference::unless_equal)
        .comparing("far", far)
        .label(u8::to_string)
        .score(score)
        .keeping_worst(worst, seed);
    for (unit, sides, latencies) in requests {
        let unit = match unit % 3 {
            0 => UnitKey::U64(*unit),
            1 => UnitKey::Text(unit.to_string()),
            _ => UnitKey::Bytes(unit.to_le_bytes().to_vec()),
        };
        let [primary, shadow] = sides.map(|side| comparison.project(&side));
        let mut pair = Pair::new(&unit, ["v1", "v2"], &primary, &shadow);
        if let Some([primary, shadow]) = latencies {
            pair.primary_latency = Some(Duration::from_micros((*primary).into()));
            pair.shadow_latency = Some(Duration::from_micros((*shadow).into()));
        }
        comparison.compare(pair);
    }
    comparison.tally("v1", "v2").unwrap()
}

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let side = || prop_oneof![4 => (0..=ODD).prop_map(Ok), 1 => (0..3u8).prop_map(Err)];
    let latencies = option::of([any::<u32>(), any::<u32>()]);
    vec((0..20u64, [side(), side()], latencies), 1..60)
}

#[track_caller]
fn read_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> T {
    let text = serde_json::to_string(value).unwrap();
    let read: T = serde_json::from_str(&text).unwrap();
    assert_eq!(&read, value, "{text}");
    read
}

proptest! {
    #[test]
    fn what_is_stored_comes_back_the_same(
        requests in requests(), others in requests(), worst in 0..6usize, seed in any::<u64>(),
    ) {
        let mut tally = tally(&requests, worst, seed);
        for _ in 0..2 {
            read_back(&tally);
            read_back(tally.labels());
            for (_, agreement) in tally.agreements() {
                read_back(agreement);
                read_back(agreement.worst());
                agreement.worst().iter().for_each(|kept| { read_back(kept); });
            }
            // Once more with what servers of another seed and capacity have kept.
            tally.merge(&self::tally(&others, 3, seed ^ 1)).unwrap();
        }
    }

    #[test]
    fn t2_what_was_stored_adds_up_as_if_it_had_not_been(
        parts in [requests(), requests(), requests()], worst in 0..6usize,
    ) {
        let [mut total, second, third] = parts.map(|requests| tally(&requests, worst, 7));
        let mut read = read_back(&total);
        for part in [second, third] {
            total.merge(&part).unwrap();
            read.merge(&read_back(&part)).unwrap();
            prop_assert_eq!(&read, &total);
        }
    }
}

/// A tally of which nothing is empty: 8 pairs, 2 of them errors, 2 without a score.
fn fixed() -> Value {
    let requests = [
        (0, [Ok(1), Ok(4)], Some([300, 400])),
        (3, [Ok(1), Ok(4)], Some([500, 400])),
        (6, [Ok(1), Ok(2)], None),
        (9, [Ok(1), Ok(ODD)], None),
        (1, [Ok(ODD), Ok(ODD)], None),
        (2, [Ok(5), Ok(5)], None),
        (4, [Ok(1), Err(1)], None),
        (5, [Err(2), Err(1)], None),
    ];
    serde_json::to_value(tally(&requests, 4, 1)).unwrap()
}

/// Asserts that the state is read, and that with one value changed it is refused as it must be.
#[track_caller]
fn refuses<T: DeserializeOwned + Debug>(stored: &Value, changes: &[(&str, Value, &str)]) {
    serde_json::from_value::<T>(stored.clone()).unwrap();
    for (place, value, why) in changes {
        let mut changed = stored.clone();
        *changed.pointer_mut(place).unwrap() = value.clone();
        let refusal = serde_json::from_value::<T>(changed)
            .unwrap_err()
            .to_string();
        assert!(refusal.contains(why), "{place} = {value}: {refusal}");
    }
    for part in ["/version", "/extra"] {
        let mut changed = stored.clone();
        let fields = changed.as_object_mut().unwrap();
        if fields.remove(&part[1..]).is_none() {
            fields.insert(part[1..].to_owned(), json!(0));
        }
        assert!(serde_json::from_value::<T>(changed).is_err(), "{part}");
    }
}

#[test]
fn a_tally_that_does_not_add_up_is_refused() {
    let stored = fixed();
    let errors = stored["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2);
    let mut coarse = stored["latencies"].clone();
    coarse[0]["bits"] = json!(3);
    let beyond = (1u64 << 53) + 1;
    refuses::<Tally<u8>>(
        &stored,
        &[
            ("/version", json!(3), "tally has version 3"),
            ("/pairs", json!(0), "pairs are kept"),
            ("/pairs", json!(1), "2 pairs with an error, at most 1"),
            ("/pairs", json!(7), "at most 5"),
            ("/pairs", json!(beyond), "9007199254740993 pairs"),
            ("/pairs", json!(-1), "invalid value"),
            ("/errors/0/1", json!(0), "errors of two classes"),
            ("/errors/0/1", json!(2), "at most 5"),
            ("/errors/0/1", json!(u64::MAX), "pairs with an error"),
            ("/errors/0/0", json!([null, null]), "no side failed"),
            ("/errors/1", errors[0].clone(), "number 1 from the first"),
            ("/agreements/far/pairs", json!(7), "7 pairs of an agreement"),
            ("/labels/cells/0/2", json!(9), "pairs with labels"),
            ("/unscored", json!(3), "7 pairs with scores"),
            ("/unscored", json!(u64::MAX), "pairs with scores"),
            ("/latencies/0/zeros", json!(1), "3 latencies of the primary"),
            ("/latencies/1/zeros", json!(1), "3 of the shadow"),
            ("/latency", stored["scores"].clone(), "4 of both"),
            ("/latencies/0/bits", json!(3), "out of order or range"),
            ("/latencies/0/buckets", json!([]), "0 latencies"),
            ("/scores/cross", json!(1e9), "the covariance"),
        ],
    );
    let mut bits = stored.clone();
    bits["latencies"][0] = json!({ "version": 1, "bits": 3, "zeros": 2, "buckets": [] });
    refuses_whole(bits, "relative error");
    let mut many = stored;
    for side in [0, 1] {
        many["latencies"][side]["zeros"] = json!(7);
    }
    let nine = json!({ "version": 1, "n": 9, "mean": 0.0, "mean_low": 0.0, "m2": 0.0 });
    for field in ["x", "y", "difference"] {
        many["latency"][field] = nine.clone();
    }
    many["latency"]["cross"] = json!(0.0);
    refuses_whole(many, "9 pairs with latencies, at most 8");
}

#[track_caller]
fn refuses_whole(stored: Value, why: &str) {
    let refusal = serde_json::from_value::<Tally<u8>>(stored).unwrap_err();
    assert!(refusal.to_string().contains(why), "{refusal}");
}

#[test]
fn an_agreement_that_does_not_add_up_is_refused() {
    let stored = fixed()["agreements"]["far"].clone();
    assert_eq!(stored["disagreeing"], json!(4));
    refuses::<Agreement<u8>>(
        &stored,
        &[
            ("/version", json!(0), "agreement has version 0"),
            ("/pairs", json!(3), "4 disagreeing pairs, at most 3"),
            ("/pairs", json!(u64::MAX), "at most 9007199254740992"),
            ("/disagreeing", json!(3), "4 worst disagreements, at most 3"),
            ("/disagreeing", json!(7), "7 disagreeing pairs, at most 6"),
        ],
    );
    let mut none = stored;
    (none["pairs"], none["disagreeing"]) = (json!(0), json!(0));
    none["worst"]["kept"] = json!([]);
    assert!(serde_json::from_value::<Agreement<u8>>(none).is_err());
}

#[test]
fn worst_disagreements_keep_their_bound_and_their_order() {
    let stored = fixed()["agreements"]["far"]["worst"].clone();
    let kept = &stored["kept"];
    let sizes: Vec<&Value> = (0..4).map(|place| &kept[place]["difference"]).collect();
    assert_eq!(sizes[0], &json!("beyond"));
    assert_eq!((sizes[1], sizes[2]), (&json!({ "size": 1.0 }), sizes[1]));
    let size = |size: f64| json!({ "size": size });
    refuses::<Worst<u8>>(
        &stored,
        &[
            ("/version", json!(2), "version 2"),
            ("/capacity", json!(3), "4 worst disagreements, at most 3"),
            ("/kept/1", kept[0].clone(), "number 1 from the first"),
            ("/kept/0/difference", size(0.5), "number 1 from the first"),
            ("/kept/3/difference", size(2.0), "number 3 from the first"),
            ("/kept/1/lot", json!(0), "number 2 from the first"),
            ("/kept/2/lot", json!(u64::MAX), "number 2 from the first"),
            ("/kept/3/unit", kept[0]["unit"].clone(), "is kept twice"),
            ("/kept/3/difference", size(0.0), "but its answers agree"),
            ("/kept/3/difference", size(-0.1), "is no size"),
            ("/kept/3/difference", size(-0.0), "is no size"),
            ("/kept/3/difference", size(f64::NAN), "null"),
            ("/kept/3/difference", json!("worse"), "unknown variant"),
            ("/kept/3/primary", json!(256), "invalid value"),
        ],
    );
    // Room for more, or another seed for those to come, is no contradiction.
    for (field, value) in [("capacity", 5), ("seed", 2)] {
        let mut changed = stored.clone();
        changed[field] = json!(value);
        assert!(serde_json::from_value::<Worst<u8>>(changed).is_ok());
    }
}

#[test]
fn a_difference_of_any_format_has_a_size() {
    let read = |size: f64| {
        let fields = MapDeserializer::<_, Error>::new([("size", size)].into_iter());
        Difference::deserialize(MapAccessDeserializer::new(fields))
    };
    assert_eq!(read(0.5).unwrap(), Difference::of(0.5));
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0] {
        assert!(read(bad).is_err(), "{bad}");
    }
    for difference in [Difference::NONE, Difference::of(0.1), Difference::BEYOND] {
        read_back(&difference);
    }
}

#[test]
fn a_confusion_that_does_not_add_up_is_refused() {
    let stored = fixed()["labels"].clone();
    let cells = stored["cells"].as_array().unwrap();
    refuses::<Confusion>(
        &stored,
        &[
            ("/version", json!(2), "confusion has version 2"),
            ("/beyond", json!(1), "1 pairs have no labels"),
            ("/cells/0/2", json!(0), "pairs of two labels"),
            ("/cells/0/2", json!(u64::MAX), "at most 9007199254740992"),
            ("/cells/1", cells[0].clone(), "number 1 from the first"),
            ("/cells/0", cells[2].clone(), "number 1 from the first"),
        ],
    );
    let of = |cells: usize, beyond: u64| {
        let cells = (0..cells).map(|cell| (format!("{cell:05}"), "", 1));
        let cells: Vec<_> = cells.collect();
        json!({ "version": 1, "cells": cells, "beyond": beyond })
    };
    let full: Confusion = serde_json::from_value(of(Confusion::MAX_CELLS, 3)).unwrap();
    assert_eq!(read_back(&full).beyond(), 3);
    for (cells, beyond) in [(1, 0), (0, u64::MAX)] {
        let state = of(Confusion::MAX_CELLS + cells, beyond);
        assert!(serde_json::from_value::<Confusion>(state).is_err());
    }
}

#[test]
fn tallies_beyond_the_greatest_count_are_not_added() {
    let mut stored = fixed();
    stored["pairs"] = json!(1_u64 << 53);
    let mut full: Tally<u8> = serde_json::from_value(stored).unwrap();
    let before = full.clone();
    let what = "number of pairs";
    assert_eq!(full.merge(&before), Err(Refusal::Overflow { what }));
    assert_eq!(full, before);
}

#[test]
fn a_name_that_is_given_twice_names_the_later_comparator() {
    let comparison = PairedComparison::new(|answer: &u8| *answer, u8::to_string)
        .comparing("near", |_: &u8, _: &u8| Difference::BEYOND)
        .comparing("near", Difference::unless_equal);
    let [primary, shadow] = [1, 1].map(|answer| comparison.project(&Ok::<u8, u8>(answer)));
    let unit = UnitKey::U64(1);
    comparison.compare(Pair::new(&unit, ["v1", "v2"], &primary, &shadow));
    let tally = comparison.tally("v1", "v2").unwrap();
    let near = tally.agreement("near").unwrap();
    assert_eq!((near.pairs(), near.disagreeing()), (1, 0));
}
