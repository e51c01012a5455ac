//! Runs the frozen vectors of scheme `v1`, which an independent implementation made.
//!
//! The file is `bucketing.json` in `tests/vectors/routing`, or in the folder that
//! `ROUTING_VECTORS_DIR` names. One line per section says how many of its cases passed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::{io::Write as _, path::PathBuf};

use serde_json::Value;
use switchstand::{
    Arm, Secret, Share, UnitKey,
    bucketing::{Draw, Point, Purpose},
    release::Split,
};

#[test]
fn r1_every_frozen_vector_of_scheme_v1_agrees() {
    let folder = std::env::var_os("ROUTING_VECTORS_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/routing"),
        PathBuf::from,
    );
    let text = std::fs::read_to_string(folder.join("bucketing.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(file["scheme"], "v1");

    let mut failures = Vec::new();
    for (section, check) in [
        ("derive", derive as fn(&Value) -> Check),
        ("point", point),
        ("share", share),
        ("split", split),
    ] {
        let cases = file[section].as_array().map_or(&[][..], Vec::as_slice);
        let mut passed = 0;
        for case in cases {
            let Check { found, expected } = check(case);
            if found == expected {
                passed += 1;
            } else {
                failures.push(format!("{section}: found {found} for {case}"));
            }
        }
        if cases.is_empty() {
            failures.push(format!("{section}: there are no cases"));
        }
        // Written past the capture of the test runner: the lines are wanted on success too.
        let line = format!("bucketing/{section}: {passed}/{}\n", cases.len());
        std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

struct Check {
    found: String,
    expected: String,
}

fn derive(case: &Value) -> Check {
    Check {
        found: hex(&draw(case).key()),
        expected: text(&case["key"]).to_owned(),
    }
}

fn point(case: &Value) -> Check {
    let value = text(&case["unit"]["value"]);
    let key = match text(&case["unit"]["kind"]) {
        "str" => UnitKey::Text(value.to_owned()),
        "bytes" => UnitKey::Bytes(unhex(value)),
        "u64" => UnitKey::U64(value.parse().unwrap()),
        "u128" => UnitKey::U128(value.parse().unwrap()),
        kind => panic!("unit kind {kind:?} is not known"),
    };
    Check {
        found: draw(case).point(key.as_key()).get().to_string(),
        expected: text(&case["point"]).to_owned(),
    }
}

fn share(case: &Value) -> Check {
    let share = Share::from_nanos(number(&case["nanos"])).unwrap();
    Check {
        found: place(case).is_in(share).to_string(),
        expected: case["in"].as_bool().unwrap().to_string(),
    }
}

fn split(case: &Value) -> Check {
    let weights = case["weights"].as_array().unwrap();
    // Labels in the order of the weights, because a layout stands in the order of labels.
    let arms = weights.iter().enumerate().map(|(place, weight)| {
        let label = format!("{place:05}");
        Arm::new(&label, "any", number(weight))
    });
    let split = Split::new(arms).unwrap();
    let found: usize = split.arm_at(place(case)).label.parse().unwrap();
    Check {
        found: found.to_string(),
        expected: case["arm"].to_string(),
    }
}

fn draw(case: &Value) -> Draw {
    let secret = unhex(text(&case["secret"])).try_into().unwrap();
    let purpose = match text(&case["purpose"]) {
        "split" => Purpose::Split,
        "canary" => Purpose::Canary,
        "holdout" => Purpose::Holdout,
        "layer" => Purpose::Layer,
        "shadow" => Purpose::Shadow,
        purpose => panic!("purpose {purpose:?} is not known"),
    };
    let (salt, label) = (text(&case["salt"]), text(&case["label"]));
    Draw::new(&Secret::new(secret), purpose, salt, label).unwrap()
}

fn place(case: &Value) -> Point {
    Point::new(text(&case["point"]).parse().unwrap())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn number(value: &Value) -> u32 {
    value.as_u64().unwrap().try_into().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
