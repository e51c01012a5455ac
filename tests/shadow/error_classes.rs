//! Classes of errors are bounded: what is beyond is counted together.
#![cfg(feature = "stats")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot be set up fails, and threads are what some test"
)]

use switchstand::comparison::{PairedComparison, Tally};
use switchstand::{
    UnitKey,
    shadow::{Comparison, Pair},
};

/// Fails so often, each time with another class, and gives what was kept.
fn failing(classes: impl Iterator<Item = String>) -> Tally<u8> {
    let comparison = PairedComparison::new(|answer: &u8| *answer, String::clone);
    let unit = UnitKey::from("ana");
    for class in classes {
        let [primary, shadow] = [Ok(1), Err(class)].map(|answer| comparison.project(&answer));
        let versions = ["v1", "v2"];
        comparison.compare(Pair::new(&unit, versions, &primary, &shadow));
    }
    comparison.tally("v1", "v2").unwrap()
}

fn numbered(count: u32) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("timed out after {number} ms"))
}

#[test]
fn classes_that_never_repeat_are_counted_beyond() {
    let tally = failing(numbered(5_000).chain(["timed out after 0 ms".to_owned()]));
    assert_eq!(tally.errors().count(), 1_024);
    assert_eq!(tally.errors_beyond(), 5_000 - 1_024);
    let counted: u64 = tally.errors().map(|(.., times)| times).sum();
    assert_eq!(counted + tally.errors_beyond(), tally.pairs());
    assert_eq!(
        tally.errors().next(),
        Some((None, Some("timed out after 0 ms"), 2))
    );
}

#[test]
fn a_class_of_many_bytes_is_not_kept() {
    let tally = failing(["x".repeat(256), "x".repeat(257)].into_iter());
    assert_eq!((tally.errors().count(), tally.errors_beyond()), (1, 1));
}

#[test]
fn what_is_beyond_merges() {
    let mut tally = failing(numbered(1_500));
    tally.merge(&failing(numbered(2_000))).unwrap();
    assert_eq!(tally.errors().count(), 1_024);
    assert_eq!(tally.pairs(), 3_500);
    let counted: u64 = tally.errors().map(|(.., times)| times).sum();
    assert_eq!(counted + tally.errors_beyond(), 3_500);
}

#[cfg(feature = "serde")]
#[test]
fn the_first_stored_form_is_read_and_bounded() {
    let tally = failing(numbered(1_500));
    let mut stored = serde_json::to_value(&tally).unwrap();
    assert_eq!(stored["version"], 2);
    assert_eq!(stored["errors_beyond"], 1_500 - 1_024);
    let read: Tally<u8> = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(read, tally);
    let mut classes: Vec<String> = numbered(1_500).collect();
    classes.sort_unstable();
    let all: Vec<_> = classes
        .iter()
        .map(|class| ((None::<String>, class), 1))
        .collect();
    stored["errors"] = serde_json::to_value(all).unwrap();
    stored["version"] = 1.into();
    assert!(serde_json::from_value::<Tally<u8>>(stored.clone()).is_err());
    stored.as_object_mut().unwrap().remove("errors_beyond");
    let read: Tally<u8> = serde_json::from_value(stored).unwrap();
    assert_eq!(
        (read.errors().count(), read.errors_beyond()),
        (1_024, 1_500 - 1_024)
    );
}
