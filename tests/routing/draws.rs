//! What names a draw, and what a draw gives away.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;

use switchstand::{
    Policy, Router, Secret, Share,
    bucketing::{Draw, Key, Purpose},
};

const PURPOSES: [Purpose; 5] = [
    Purpose::Split,
    Purpose::Canary,
    Purpose::Holdout,
    Purpose::Layer,
    Purpose::Shadow,
];

#[test]
fn r4_no_two_names_of_draws_have_one_key() {
    // Salts and labels that run together if they are only put one behind the other.
    let texts = [
        "", "a", "ab", "b", "abc", "bc", "c", "a\0", "\0", "split", "canary",
    ];
    let secrets = [[0; 16], [1; 16], *b"0123456789abcdef"];
    let mut keys = BTreeSet::new();
    for secret in secrets {
        for purpose in PURPOSES {
            for salt in texts {
                for label in texts {
                    let secret = Secret::new(secret);
                    let draw = Draw::new(&secret, purpose, salt, label).unwrap();
                    assert!(keys.insert(draw.key()), "{purpose:?} {salt:?} {label:?}");
                }
            }
        }
    }
    assert_eq!(keys.len(), 3 * 5 * 11 * 11);
}

#[test]
fn neither_a_secret_nor_a_key_is_printed() {
    let secret = Secret::new(*b"very secret word");
    assert_eq!(format!("{secret:?}"), "Secret(..)");
    let draw = Draw::new(&secret, Purpose::Split, "release", "").unwrap();
    assert_eq!(format!("{draw:?}"), "Draw(..)");
    assert_eq!(format!("{draw:#?}"), "Draw(..)");
}

#[test]
fn r4_another_secret_deals_all_units_anew() {
    let half = Share::percent(50).unwrap();
    let canary = |secret: Option<Secret>| {
        let builder = Router::builder("secret");
        let builder = match secret {
            Some(secret) => builder.secret(secret),
            None => builder,
        };
        let router = builder.build("v1", "v1").unwrap();
        router.deploy("v2", "v2").unwrap();
        router.validate("v2", |_| Ok::<_, ()>(())).unwrap();
        router.release(Policy::canary("r", "v2", half)).unwrap();
        let group: Vec<bool> = (0..4_000u64)
            .map(|unit| *router.admit(unit).model() == "v2")
            .collect();
        group
    };
    let plain = canary(None);
    assert_eq!(plain, canary(Some(Secret::default())));
    let keyed = canary(Some(Secret::new([7; 16])));
    assert_eq!(keyed, canary(Some(Secret::new([7; 16]))));
    // Independent halves agree on a half: 2,000 ± 5 standard deviations of 31.6.
    let agree = plain.iter().zip(&keyed).filter(|(a, b)| a == b).count();
    assert!(agree.abs_diff(2_000) < 158, "{agree}");
    // The secret is the one that the key derivation takes.
    let draw = Draw::new(&Secret::new([7; 16]), Purpose::Canary, "r", "").unwrap();
    let expected: Vec<bool> = (0..4_000)
        .map(|unit| draw.point(Key::U64(unit)).is_in(half))
        .collect();
    assert_eq!(keyed, expected);
}
