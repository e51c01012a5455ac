//! The laws of the fuzz targets, over seeds and over inputs that once broke one.
#![cfg(all(feature = "serde", feature = "stats"))]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the laws are those of the fuzz targets, which panic"
)]

#[path = "../../fuzz/laws/audience.rs"]
mod audience;
#[path = "../../fuzz/laws/bytes.rs"]
mod bytes;
#[path = "../../fuzz/laws/methods.rs"]
mod methods;
#[path = "../../fuzz/laws/policy.rs"]
mod policy;
#[path = "../../fuzz/laws/reweight.rs"]
mod reweight;
#[path = "../../fuzz/laws/rollout.rs"]
mod rollout;
#[path = "../../fuzz/laws/special.rs"]
mod special;
#[path = "../../fuzz/laws/state.rs"]
mod state;

use std::{fs, path::Path};

use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};
use switchstand::experiment::{Experiment, Kind, Metric, Setup};
use switchstand::stats::Worse;

fn inputs(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/policy/inputs")
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

/// Bytes of a fixed generator: as many strings of `length`, and whatever once broke the law.
fn random(target: &str, strings: u64, length: usize) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/policy/inputs")
        .join(target);
    let found = if folder.exists() {
        inputs(target)
    } else {
        Vec::new()
    };
    let string = |seed| {
        let mut bytes = vec![0; length];
        ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
        bytes
    };
    found.into_iter().chain((0..strings).map(string)).collect()
}

#[test]
fn an_audience_says_what_its_parts_say() {
    random("audience", 2_000, 200)
        .iter()
        .for_each(|bytes| audience::check(bytes));
}

#[test]
fn t4_special_functions_keep_their_ranges_and_tails() {
    random("special", 2_000, 64)
        .iter()
        .for_each(|bytes| special::check(bytes));
}

#[test]
fn t4_any_accumulators_give_finite_numbers_or_a_refusal() {
    random("methods", 2_000, 400)
        .iter()
        .for_each(|bytes| methods::check(bytes));
}

#[test]
fn c1_to_c9_hold_whatever_a_roll_out_is_told() {
    random("rollout", 300, 1_500)
        .iter()
        .for_each(|bytes| rollout::check(bytes));
}

/// What a server has noted of a small experiment. Made here, as it is too long to be read.
fn part() -> Vec<u8> {
    let metrics = [
        Metric::goal("clicks", Kind::Rate, Worse::Lower, 0.01),
        Metric::goal("score", Kind::Mean, Worse::Lower, 0.01),
        Metric::watched("p99", Kind::Quantile { order: 0.99 }),
        Metric::watched("load", Kind::Gauge),
    ];
    let setup = Setup::new("r", [("v1", 1), ("v2", 1)], metrics).expect("a setup");
    let experiment = Experiment::new(setup);
    for unit in 0..8u64 {
        let label = ["v1", "v2"][usize::from(unit % 2 == 1)];
        let arm = experiment.arm(label).expect("an arm");
        experiment.expose_arm(arm, unit).expect("its own arm");
        let value = f64::from(u8::from(unit.is_multiple_of(3)));
        for metric in ["clicks", "score", "p99"] {
            let metric = experiment.metric(metric).expect("a metric");
            let noted = experiment.record(metric, unit, value);
            noted.expect("a value that can be noted");
        }
        let load = experiment.metric("load").expect("a metric");
        let noted = experiment.record_gauge(load, arm, value);
        noted.expect("a value that can be noted");
    }
    serde_json::to_vec(&experiment.part()).expect("a part can be written")
}

#[test]
fn stored_state_is_refused_or_works() {
    for input in inputs("state").into_iter().chain([part()]) {
        let text = String::from_utf8_lossy(&input);
        assert!(state::check(&input), "a seed is accepted: {text}");
        // About a hundred of each: the target is there for more.
        let turned = variants(&input).step_by(1 + input.len() * 9 / 100);
        turned.for_each(|bytes| {
            state::check(&bytes);
        });
    }
}
