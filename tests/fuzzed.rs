//! The laws of the fuzz targets, over seeds and over inputs that once broke one.
#![cfg(feature = "serde")]
#![expect(
    clippy::expect_used,
    reason = "the laws are those of the fuzz targets, which panic"
)]

#[path = "../fuzz/laws/policy.rs"]
mod policy;
#[path = "../fuzz/laws/reweight.rs"]
mod reweight;

use std::{fs, path::Path};

fn inputs(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzzed")
        .join(target);
    let entries = fs::read_dir(folder).expect("the folder of inputs");
    let inputs: Vec<_> = entries
        .map(|entry| fs::read(entry.expect("an input").path()).expect("an input that can be read"))
        .collect();
    assert!(!inputs.is_empty());
    inputs
}

/// Cuts inputs short and turns single bits, as a fuzzer would.
fn variants(input: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let cuts = (0..=input.len()).map(|length| input.iter().take(length).copied().collect());
    let flips = (0..input.len() * 8).map(|bit| {
        let mut turned = input.to_vec();
        if let Some(byte) = turned.get_mut(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
        turned
    });
    cuts.chain(flips)
}

#[test]
fn r1_a_policy_from_any_bytes_keeps_the_laws_or_is_refused() {
    for input in inputs("policy") {
        let read: switchstand::Policy = serde_json::from_slice(&input).expect("a seed is a policy");
        assert!(
            read.compile("v1", ["v2", "v3"]).is_ok(),
            "a seed is accepted"
        );
        variants(&input).for_each(|bytes| policy::check(&bytes));
    }
}

#[test]
fn r6_any_sequence_of_changes_moves_exactly_what_it_must() {
    for input in inputs("reweight") {
        variants(&input).for_each(|bytes| reweight::check(&bytes));
    }
}
