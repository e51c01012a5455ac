//! A fingerprint names what a policy says, and nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::{collections::BTreeMap, hash::Hasher as _};

use siphasher::sip128::{Hasher128 as _, SipHasher24};
use switchstand::{Arm, Audience, OnError, Policy, Share, UnitKey, attr};

fn nanos(nanos: u32) -> Share {
    Share::from_nanos(nanos).unwrap()
}

fn canary() -> Policy {
    Policy::canary("r", "v2", nanos(5))
}

fn arms(arms: &[(&str, &str, u32)]) -> Policy {
    let arms = arms.iter().map(|arm| Arm::new(arm.0, arm.1, arm.2));
    Policy::ab_test("r", arms)
}

fn even() -> Policy {
    arms(&[("a", "v1", 1), ("b", "v2", 1)])
}

#[test]
fn policies_that_differ_in_anything_have_different_fingerprints() {
    let everyone = Audience::everyone;
    let paying = || attr("tier").is("paying");
    let policies = [
        Policy::live_only("r"),
        Policy::live_only("s"),
        Policy::live_only("r").on_error(OnError::Live),
        canary(),
        Policy::canary("r", "v3", nanos(5)),
        Policy::canary("r", "v2", nanos(6)),
        Policy::canary("r", "v2", Share::NONE),
        canary().within(everyone()),
        canary().or_for(everyone()),
        canary().or_for(paying()),
        canary().or_for(paying().not()),
        canary().within(everyone()).or_for(everyone()),
        even(),
        even().gate(Share::ALL),
        even().gate(nanos(5)),
        even().within(everyone()),
        arms(&[("a", "v1", 2), ("b", "v2", 1)]),
        arms(&[("a", "v1", 2), ("b", "v2", 2)]),
        arms(&[("a", "v2", 1), ("b", "v1", 1)]),
        arms(&[("a", "v1", 1), ("c", "v2", 1)]),
        arms(&[("av", "1", 1), ("b", "v2", 1)]),
        arms(&[("a", "v1", 1)]),
        canary().with_holdout("h", nanos(1)),
        canary().with_holdout("h", nanos(2)),
        canary().with_holdout("i", nanos(1)),
        canary().with_holdout("i", nanos(1)).with_kept_out("v1"),
        canary().with_holdout("i", nanos(1)).with_kept_out("v0"),
        canary().with_layer("h", Share::NONE, nanos(1)),
        canary().with_layer("h", nanos(1), nanos(2)),
        canary().with_layer("i", Share::NONE, nanos(1)),
        canary().with_units("v2", ["42"]),
        canary().with_units("v3", ["42"]),
        canary().with_units("v2", [42u64]),
        canary().with_units("v2", [42u128]),
        canary().with_units("v2", [UnitKey::from(&b"42"[..])]),
        canary().with_units("v2", ["42", "43"]),
        canary().with_rule(paying(), "v2"),
        canary().with_rule(paying(), "v3"),
        canary().with_rule(everyone(), "v2"),
        canary()
            .with_rule(paying(), "v2")
            .with_rule(everyone(), "v3"),
        canary()
            .with_rule(everyone(), "v3")
            .with_rule(paying(), "v2"),
        canary().with_shadow("v3", nanos(1)),
        canary().with_shadow("v3", nanos(2)),
        canary().with_shadow("v4", nanos(1)),
        canary()
            .with_shadow("v3", nanos(1))
            .with_shadow("v4", nanos(1)),
    ];
    let mut seen: BTreeMap<_, &Policy> = BTreeMap::new();
    for policy in &policies {
        if let Some(other) = seen.insert(policy.fingerprint(), policy) {
            panic!("one fingerprint for {policy:?} and {other:?}");
        }
    }
}

#[test]
fn what_means_the_same_has_one_fingerprint() {
    let same = |left: Policy, right: Policy| {
        assert_eq!(
            left.fingerprint(),
            right.fingerprint(),
            "{left:?} {right:?}"
        );
    };
    same(even(), arms(&[("b", "v2", 1), ("a", "v1", 1)]));
    same(
        canary()
            .with_shadow("v3", nanos(1))
            .with_shadow("v4", nanos(2)),
        canary()
            .with_shadow("v4", nanos(2))
            .with_shadow("v3", nanos(1)),
    );
    same(
        canary()
            .with_units("v2", ["a", "b"])
            .with_units("v3", ["c"]),
        canary()
            .with_units("v3", ["c"])
            .with_units("v2", ["b"])
            .with_units("v2", ["a"]),
    );
    same(
        canary().or_for(attr("tier").one_of(["a", "b"])),
        canary().or_for(attr("tier").one_of(["b", "a", "b"])),
    );
}

/// Writes the documented bytes once more: numbers of 64 bits, texts behind their lengths.
enum Part {
    Number(u64),
    Text(&'static str),
}

fn hash(parts: &[Part]) -> String {
    let mut hasher = SipHasher24::new_with_key(b"switchstand.poli");
    for part in parts {
        match part {
            Part::Number(number) => hasher.write(&number.to_le_bytes()),
            Part::Text(text) => {
                hasher.write(&(text.len() as u64).to_le_bytes());
                hasher.write(text.as_bytes());
            }
        }
    }
    // The hash's sixteen bytes are a little-endian number, which is printed.
    let mut bytes = hasher.finish128().as_bytes();
    bytes.reverse();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_bytes_of_a_fingerprint_are_frozen() {
    use Part::{Number, Text};
    // Scheme, release, on_error, holdout, layer, canary, ab_test, units, rules, shadows.
    let live = [
        Text("v1"),
        Text("nightly"),
        Number(0),
        Number(0),
        Number(0),
        Number(0),
        Number(0),
        Number(0),
        Number(0),
        Number(0),
    ];
    assert_eq!(
        Policy::live_only("nightly").fingerprint().to_string(),
        hash(&live)
    );
    let test = [
        Text("v1"),
        Text("r"),
        Number(1),
        Number(1),
        Text("group"),
        Number(10_000_000),
        Number(1),
        Text("page"),
        Number(0),
        Number(500_000_000),
        Number(0),
        Number(1),
        Number(1),
        Number(5),
        Number(0),
        Number(2),
        Text("a"),
        Text("v1"),
        Number(1),
        Text("b"),
        Text("v2"),
        Number(1),
        Number(0),
        Number(1),
        Number(0),
        Text("ana"),
        Text("v2"),
        Number(0),
        Number(1),
        Text("v3"),
        Number(1_000_000_000),
    ];
    let policy = even()
        .gate(nanos(5))
        .on_error(OnError::Live)
        .with_holdout("group", Share::percent(1).unwrap())
        .with_layer("page", Share::NONE, Share::percent(50).unwrap())
        .with_units("v2", ["ana"])
        .with_shadow("v3", Share::ALL);
    assert_eq!(policy.fingerprint().to_string(), hash(&test));
    let read = hash(&test).parse();
    assert_eq!(read, Ok(policy.fingerprint()));
}
