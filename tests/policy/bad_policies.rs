//! Every bad policy is refused with the error that names it, and changes nothing.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::refusals::all_are_refused;
use switchstand::{
    Arm, Audience, Policy, Share, UnitKey, VersionState, attr,
    release::{PolicyError, SplitError},
    targeting::AudienceError,
};

fn canary(version: &str) -> Policy {
    Policy::canary("r", version, Share::ALL)
}

fn test(arms: &[(&str, u32)]) -> Policy {
    Policy::ab_test("r", arms.iter().copied())
}

fn shadow(version: &str) -> Policy {
    Policy::shadow("r", version, Share::ALL)
}

fn unknown(field: &'static str) -> PolicyError {
    PolicyError::UnknownVersion {
        field,
        version: "v9".to_owned(),
    }
}

fn not_ready(field: &'static str, version: &str, state: VersionState) -> PolicyError {
    PolicyError::NotReady {
        field,
        version: version.to_owned(),
        state,
    }
}

fn empty(field: &'static str) -> PolicyError {
    PolicyError::EmptyName { field }
}

fn too_long(field: &'static str) -> PolicyError {
    PolicyError::NameTooLong {
        field,
        length: 257,
        limit: 256,
    }
}

#[test]
fn a_version_that_may_not_answer_is_refused() {
    use VersionState::{Rejected, Retiring, Staged};
    let user = ["user-1"];
    all_are_refused(vec![
        (
            canary("v9"),
            unknown("canary.version"),
            &["canary.version", "\"v9\""],
        ),
        (
            test(&[("v1", 1), ("v9", 0)]),
            unknown("ab_test.arms.version"),
            &["arms", "\"v9\""],
        ),
        (
            canary("v2").with_units("v9", user),
            unknown("units.version"),
            &["units", "\"v9\""],
        ),
        (
            canary("v2").with_rule(Audience::everyone(), "v9"),
            unknown("rule.version"),
            &["rule.version", "\"v9\""],
        ),
        (
            shadow("v9"),
            unknown("shadow.version"),
            &["shadow.version", "\"v9\""],
        ),
        (
            canary("staged"),
            not_ready("canary.version", "staged", Staged),
            &[
                "canary.version",
                "\"staged\"",
                "is staged: validate it first",
            ],
        ),
        (
            test(&[("v1", 1), ("retiring", 1)]),
            not_ready("ab_test.arms.version", "retiring", Retiring),
            &["ab_test.arms.version", "\"retiring\"", "is retiring"],
        ),
        (
            canary("v2").with_units("staged", user),
            not_ready("units.version", "staged", Staged),
            &["units.version", "\"staged\""],
        ),
        (
            canary("v2").with_rule(Audience::everyone(), "staged"),
            not_ready("rule.version", "staged", Staged),
            &["rule.version", "\"staged\""],
        ),
        (
            shadow("rejected"),
            not_ready("shadow.version", "rejected", Rejected),
            &["shadow.version", "\"rejected\""],
        ),
        (
            shadow("retiring"),
            not_ready("shadow.version", "retiring", Retiring),
            &["shadow.version", "\"retiring\""],
        ),
    ]);
}

#[test]
fn a_name_that_is_empty_or_too_long_is_refused() {
    let long = "x".repeat(257);
    let one = Share::from_nanos(1).unwrap();
    let arms = [Arm::new(&long, "v1", 1)];
    all_are_refused(vec![
        (Policy::live_only(""), empty("release"), &["release"]),
        (
            Policy::live_only(&long),
            too_long("release"),
            &["release", "257", "256"],
        ),
        (canary(""), empty("canary.version"), &["canary.version"]),
        (
            canary(&long),
            too_long("canary.version"),
            &["canary.version", "257"],
        ),
        (
            Policy::ab_test("r", [Arm::new("a", "", 1)]),
            empty("ab_test.arms.version"),
            &["ab_test.arms.version"],
        ),
        (
            Policy::ab_test("r", arms),
            too_long("ab_test.arms.label"),
            &["label", "257"],
        ),
        (
            canary("v2").with_units("", ["u"]),
            empty("units.version"),
            &["units.version"],
        ),
        (
            canary("v2").with_rule(Audience::everyone(), ""),
            empty("rule.version"),
            &["rule.version"],
        ),
        (shadow(""), empty("shadow.version"), &["shadow.version"]),
        (
            canary("v2").with_holdout("", one),
            empty("holdout.salt"),
            &["holdout.salt"],
        ),
        (
            canary("v2").with_holdout(&long, one),
            too_long("holdout.salt"),
            &["holdout.salt", "257"],
        ),
        (
            canary("v2").with_layer("", Share::NONE, one),
            empty("layer.salt"),
            &["layer.salt"],
        ),
        (
            canary("v2").with_layer(&long, Share::NONE, one),
            too_long("layer.salt"),
            &["layer.salt", "257"],
        ),
    ]);
    assert!(
        Policy::live_only(&"x".repeat(256))
            .compile("v1", [])
            .is_ok()
    );
}

#[test]
fn arms_that_make_no_split_are_refused() {
    let split = |source| PolicyError::Split { source };
    let duplicate = split(SplitError::DuplicateArm {
        label: "v1".to_owned(),
    });
    let arms = (0..65_536).map(|number| Arm::new(&number.to_string(), "v1", 1));
    let (found, limit) = (65_536, 1024);
    let nameless = Policy::ab_test("r", [Arm::new("", "v2", 1)]);
    let no_label = split(SplitError::EmptyLabel {
        version: "v2".to_owned(),
    });
    all_are_refused(vec![
        (
            test(&[]),
            split(SplitError::NoWeight { arms: 0 }),
            &["ab_test.arms", "0 arms"],
        ),
        (
            test(&[("v1", 0), ("v2", 0)]),
            split(SplitError::NoWeight { arms: 2 }),
            &["ab_test.arms", "2 arms", "weight above 0"],
        ),
        (
            test(&[("v1", 1), ("v2", 1), ("v1", 2)]),
            duplicate,
            &["ab_test.arms", "\"v1\""],
        ),
        (
            nameless,
            no_label,
            &["ab_test.arms", "\"v2\"", "empty label"],
        ),
        (
            Policy::ab_test("r", arms),
            split(SplitError::TooManyArms { found, limit }),
            &["ab_test.arms", "65536", "1024"],
        ),
    ]);
}

#[test]
fn techniques_that_do_not_fit_are_refused() {
    let misplaced = |field, kinds, found| PolicyError::Misplaced {
        field,
        kinds,
        release: "r".to_owned(),
        found,
    };
    let neither = "neither a canary nor an A/B test";
    let everyone = Audience::everyone;
    let even = || test(&[("v1", 1), ("v2", 1)]);
    let one = Share::from_nanos(1).unwrap();
    let layer = |from, to| canary("v2").with_layer("l", from, to);
    all_are_refused(vec![
        (
            even().or_for(everyone()),
            misplaced("or_for", "canaries", "an A/B test"),
            &["or_for is for canaries; release \"r\" is an A/B test"],
        ),
        (
            Policy::live_only("r").or_for(everyone()),
            misplaced("or_for", "canaries", neither),
            &["or_for"],
        ),
        (
            Policy::live_only("r").within(everyone()),
            misplaced("within", "canaries and A/B tests", neither),
            &["within", "\"r\""],
        ),
        (
            canary("v2").gate(one),
            misplaced("gate", "A/B tests", "a canary"),
            &["gate", "\"r\""],
        ),
        (
            canary("v1"),
            PolicyError::CanaryIsLive {
                version: "v1".to_owned(),
            },
            &["canary.version", "\"v1\""],
        ),
        (
            layer(one, one),
            PolicyError::EmptyLayer { from: one, to: one },
            &["layer", "0.0000001%"],
        ),
        (
            layer(Share::ALL, Share::NONE),
            PolicyError::EmptyLayer {
                from: Share::ALL,
                to: Share::NONE,
            },
            &["layer", "100%", "0%"],
        ),
    ]);
}

#[test]
fn shadows_that_cannot_be_are_refused() {
    let itself = || PolicyError::ShadowOfItself {
        version: "v1".to_owned(),
    };
    let twice = PolicyError::DuplicateShadow {
        version: "v2".to_owned(),
    };
    let nine = (0..9).fold(canary("v2"), |policy, _| {
        policy.with_shadow("v3", Share::ALL)
    });
    let too_many = PolicyError::TooMany {
        field: "shadow",
        found: 9,
        limit: 8,
    };
    all_are_refused(vec![
        (shadow("v1"), itself(), &["shadow.version", "\"v1\""]),
        (
            test(&[("v1", 1), ("v2", 0)]).with_shadow("v1", Share::ALL),
            itself(),
            &["shadow.version", "\"v1\""],
        ),
        (
            shadow("v2").with_shadow("v2", Share::NONE),
            twice,
            &["shadow.version", "\"v2\"", "twice"],
        ),
        (nine, too_many, &["shadow", "9", "8"]),
    ]);
}

#[test]
fn audiences_and_lists_that_cannot_match_are_refused() {
    let wrong = |field, source| PolicyError::Audience { field, source };
    let nobody = || Audience::units([""]);
    let no_units = || AudienceError::EmptyUnit;
    let nan = AudienceError::NanOperand {
        attribute: "age".to_owned(),
        operator: "at_least",
    };
    let rules = |count| {
        (0..count).fold(canary("v2"), |policy, number| {
            policy.with_rule(attr("number").is(number), "v3")
        })
    };
    let duplicate = || PolicyError::DuplicateUnit {
        key: "user-1".to_owned(),
    };
    let keys = |keys: &[&str]| keys.iter().copied().map(UnitKey::from).collect::<Vec<_>>();
    all_are_refused(vec![
        (
            canary("v2").or_for(nobody()),
            wrong("canary.or_for", no_units()),
            &["canary.or_for", "units"],
        ),
        (
            canary("v2").within(attr("age").at_least(f64::NAN)),
            wrong("canary.within", nan),
            &["canary.within", "\"age\"", "at_least", "NaN"],
        ),
        (
            test(&[("v1", 1)]).within(attr("").exists()),
            wrong("ab_test.within", AudienceError::EmptyName),
            &["ab_test.within", "attr"],
        ),
        (
            canary("v2").with_rule(nobody(), "v2"),
            wrong("rule.audience", no_units()),
            &["rule.audience", "units"],
        ),
        (
            rules(10_001),
            PolicyError::TooMany {
                field: "rule",
                found: 10_001,
                limit: 10_000,
            },
            &["rule", "10001", "10000"],
        ),
        (
            canary("v2").with_units("v2", keys(&["user-1", "user-2", "user-1"])),
            duplicate(),
            &["units.keys", "\"user-1\""],
        ),
        (
            canary("v2")
                .with_units("v2", ["user-1"])
                .with_units("v3", ["user-1"]),
            duplicate(),
            &["units.keys", "\"user-1\""],
        ),
        (
            canary("v2").with_units("v2", ["user-1", ""]),
            wrong("units.keys", AudienceError::EmptyUnit),
            &["units.keys", "empty key"],
        ),
        (
            canary("v2").with_units("v2", ["x".repeat(65_537)]),
            wrong(
                "units.keys",
                AudienceError::TextTooLong {
                    field: "units",
                    found: 65_537,
                    limit: 65_536,
                },
            ),
            &["units.keys", "65537", "65536"],
        ),
        (
            canary("v2").with_units("v2", 0..=1_048_576u64),
            wrong(
                "units.keys",
                AudienceError::ListTooLong {
                    list: "units",
                    found: 1_048_577,
                    limit: 1_048_576,
                },
            ),
            &["units.keys", "1048577", "1048576"],
        ),
    ]);
}
