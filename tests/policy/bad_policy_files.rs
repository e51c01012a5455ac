//! Every bad policy file is refused with a message that names what is wrong.
#![cfg(feature = "serde")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use super::refusals::all_are_refused;
use switchstand::{Policy, Share, release::PolicyError};

/// What a policy file says, and what the refusal must name.
const FILES: &[(&str, &[&str])] = &[
    ("release = 'r'", &["scheme"]),
    ("scheme = 'v1'", &["release"]),
    ("scheme = 'v2'\nrelease = 'r'", &["v2", "v1"]),
    ("scheme = 'V1'\nrelease = 'r'", &["V1"]),
    ("scheme = 1\nrelease = 'r'", &["1", "string"]),
    ("scheme = 'v1'\nrelease = 'r'\ncanery = 1", &["canery"]),
    (
        "scheme = 'v1'\nrelease = 'r'\non_error = 'retry'",
        &["retry"],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\n[canary]\nshare = '5%'",
        &["version"],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\n[canary]\nversion = 'v2'\nshare = 5",
        &["5"],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\n[canary]\nversion = 'v2'\nshare = '5'",
        &["\"5\""],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\n[canary]\nversion = 'v2'\nshare = '-5%'",
        &["-5%"],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\n[canary]\nversion = 'v2'\nshare = '5e0%'",
        &["5e0%"],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\n[canary]\nversion = 'v2'\nshare = 'NaN%'",
        &["NaN%"],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\n[canary]\nversion = 'v2'\nshare = '101%'",
        &["101%"],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\n[canary]\nversion = 'v2'\nshare = '100.0000001%'",
        &["100.0000001%"],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\n[canary]\nversion = 'v2'\nshare = '1.00000001%'",
        &["1.00000001%", "decimals"],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\n[canary]\nversion = 'v2'\nweight = 5",
        &["weight"],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\n[canary]\nversion = 'v2'\nor_for = {}",
        &["attr"],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\n[canary]\nversion = 'v2'\nor_for = { units = [''] }",
        &["units"],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\n[ab_test]\narms = [{ label = 'a', version = 'v2' }]",
        &["weight"],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\n[ab_test]\n\
         arms = [{ label = 'a', version = 'v2', weight = -1 }]",
        &["-1"],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\n[ab_test]\n\
         arms = [{ label = 'a', version = 'v2', weight = 4294967296 }]",
        &["4294967296"],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\n[ab_test]\n\
         arms = [{ label = 'a', version = 'v2', weight = 0.5 }]",
        &["0.5"],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\n[[shadow]]\nversion = 'v2'",
        &["share"],
    ),
    (
        "scheme = 'v1'\nrelease = 'r'\nmisplaced = 'gate'",
        &["misplaced"],
    ),
];

#[test]
fn a_file_that_says_something_else_is_refused() {
    for (file, named) in FILES {
        let message = match toml::from_str::<Policy>(file) {
            Ok(policy) => panic!("{file}\nis accepted: {policy:?}"),
            Err(error) => error.message().to_owned(),
        };
        for name in *named {
            assert!(
                message.contains(name),
                "{file}\ndoes not name {name}: {message}"
            );
        }
    }
    let good = "scheme = 'v1'\nrelease = 'r'\n[canary]\nversion = 'v2'\nshare = '5%'";
    assert!(toml::from_str::<Policy>(good).is_ok());
}

#[test]
fn a_file_with_two_techniques_is_refused_when_it_is_released() {
    let file = "scheme = 'v1'\nrelease = 'r'\n[canary]\nversion = 'v2'\nshare = '5%'\n\
                [ab_test]\narms = [{ label = 'a', version = 'v2', weight = 1 }]";
    let error = PolicyError::TwoTechniques {
        release: "r".to_owned(),
    };
    all_are_refused(vec![(
        toml::from_str(file).unwrap(),
        error,
        &["canary", "ab_test", "\"r\""],
    )]);
}

#[test]
fn a_policy_with_a_misplaced_part_does_not_become_good_in_a_file() {
    let policy = Policy::canary("r", "v2", Share::ALL).gate(Share::NONE);
    match toml::to_string(&policy) {
        Err(error) => assert!(error.to_string().contains("gate"), "{error}"),
        Ok(file) => assert!(toml::from_str::<Policy>(&file).is_err(), "{file}"),
    }
}
