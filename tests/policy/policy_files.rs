//! Policies in files: what is read, what is written, and what is refused with which words.

#![cfg(feature = "serde")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use switchstand::{Arm, Audience, OnError, Policy, Share, Unit, attr};

const FILE: &str = r#"
scheme  = "v1"
release = "ranker-2026-11"
[canary]
version  = "v2"
share    = "5%"
or_for   = { attr = "tier", is = "internal" }
[[shadow]]
version = "v3"
share   = "10%"
"#;

fn in_code() -> Policy {
    Policy::canary("ranker-2026-11", "v2", Share::percent(5).unwrap())
        .or_for(attr("tier").is("internal"))
        .with_shadow("v3", Share::percent(10).unwrap())
}

/// Reads a file that must be refused, and returns the whole message.
fn refusal(file: &str) -> String {
    match toml::from_str::<Policy>(file) {
        Ok(policy) => panic!("{file} was read as {policy:?}"),
        Err(refused) => refused.to_string(),
    }
}

/// Returns [`FILE`] with one piece of text replaced, which must be there.
fn file_with(from: &str, to: &str) -> String {
    assert!(FILE.contains(from), "{from} is not in the file");
    FILE.replacen(from, to, 1)
}

#[test]
fn a_file_says_the_same_as_code() {
    let policy: Policy = toml::from_str(FILE).unwrap();
    assert_eq!(policy, in_code());
    assert_eq!(policy.fingerprint(), in_code().fingerprint());
}

#[test]
fn r1_a_file_and_code_route_every_unit_alike() {
    let read: Policy = toml::from_str(FILE).unwrap();
    let read = read.compile("v1", ["v2", "v3"]).unwrap();
    let built = in_code().compile("v1", ["v2", "v3"]).unwrap();
    let internal = [("tier", "internal")];
    for number in 0..10_000u64 {
        let plain = Unit::from(number);
        for unit in [plain, plain.with(&internal)] {
            assert_eq!(read.route(unit), built.route(unit), "unit {number}");
        }
    }
}

#[test]
fn what_is_written_is_read_back_the_same() {
    let share = |text: &str| text.parse::<Share>().unwrap();
    let adults = || {
        attr("age")
            .at_least(18)
            .and(attr("country").one_of(["es", "pt"]))
    };
    let policies = [
        Policy::live_only("freeze"),
        in_code(),
        Policy::canary("all-fields", "v2", share("0.0000001%"))
            .within(adults())
            .or_for(Audience::units(["user-1"]).or(Audience::units([42u64])))
            .with_holdout("holdout-2026", share("2.5%"))
            .with_layer("page", Share::NONE, share("50%"))
            .with_rule(attr("beta").exists().not(), "v1")
            .with_units("v2", [7u128])
            .with_units("v1", ["7"])
            .with_shadow("v3", Share::ALL)
            .with_shadow("v4", Share::NONE)
            .on_error(OnError::Live),
        Policy::ab_test(
            "names",
            [
                Arm::new("blue \"button\"\n", "v1", u32::MAX),
                Arm::new("ü", "v2", 0),
            ],
        )
        .gate(share("12.3456789%"))
        .within(adults()),
    ];
    for policy in policies {
        let file = toml::to_string(&policy).unwrap();
        let read: Policy = toml::from_str(&file).unwrap_or_else(|e| panic!("{e} in\n{file}"));
        assert_eq!(read, policy, "{file}");
        assert_eq!(read.fingerprint(), policy.fingerprint(), "{file}");
        let json = serde_json::to_string(&policy).unwrap();
        assert_eq!(
            serde_json::from_str::<Policy>(&json).unwrap(),
            policy,
            "{json}"
        );
    }
    let shortest = toml::to_string(&Policy::live_only("freeze")).unwrap();
    assert_eq!(shortest, "scheme = \"v1\"\nrelease = \"freeze\"\n");
}

#[test]
fn the_order_of_fields_in_a_file_does_not_matter() {
    let shuffled: Policy = toml::from_str(
        r#"
        release = "ranker-2026-11"
        shadow = [{ share = "10.0%", version = "v3" }]
        scheme = "v1"
        canary.or_for = { is = "internal", attr = "tier" }
        canary.share = "5.00%"
        canary.version = "v2"
        "#,
    )
    .unwrap();
    assert_eq!(shuffled, in_code());
}

#[test]
fn a_bad_file_is_refused_and_names_the_field_and_the_value() {
    let table: &[(&str, &str, &[&str])] = &[
        // What is replaced, by what, and what the message must name.
        (r#""v1""#, r#""v9""#, &["scheme", "\"v9\"", "\"v1\""]),
        (r#"scheme  = "v1""#, "", &["scheme"]),
        (r#"release = "ranker-2026-11""#, "", &["release"]),
        (
            "release =",
            "relaese =",
            &["relaese", "ranker-2026-11", "`release`"],
        ),
        ("[canary]", "[canari]", &["canari", "`canary`"]),
        (r#"version  = "v2""#, "", &["canary", "version"]),
        ("share    =", "percent  =", &["percent", "5%", "`share`"]),
        (
            r#""5%""#,
            r#""100.0000001%""#,
            &["share", "100.0000001%", "over 100%"],
        ),
        (r#""5%""#, r#""500%""#, &["share", "500%", "over 100%"]),
        (r#""5%""#, r#""-5%""#, &["share", "-5%", "not a percentage"]),
        (r#""5%""#, r#""5""#, &["share", "\"5\"", "not a percentage"]),
        (
            r#""5%""#,
            r#""0.05""#,
            &["share", "\"0.05\"", "not a percentage"],
        ),
        (r#""5%""#, "0.05", &["share", "0.05", "percentage"]),
        (r#""5%""#, "5", &["share", "5", "percentage"]),
        (
            r#""5%""#,
            r#""NaN%""#,
            &["share", "NaN%", "not a percentage"],
        ),
        (
            r#""5%""#,
            r#""0.00000001%""#,
            &["share", "0.00000001%", "seven decimals"],
        ),
        (r#""10%""#, r#""110%""#, &["share", "110%", "over 100%"]),
        (
            r#"is = "internal""#,
            r#"equals = "internal""#,
            &["or_for", "equals", "internal"],
        ),
        (
            r#"is = "internal""#,
            "one_of = 5",
            &["or_for", "one_of", "list"],
        ),
        (
            r#"share   = "10%""#,
            "share   = \"10%\"\nbudget = 3",
            &["budget", "`share`"],
        ),
        (r#"share   = "10%""#, "", &["shadow", "share"]),
    ];
    for (from, to, names) in table {
        let message = refusal(&file_with(from, to));
        for name in *names {
            assert!(message.contains(name), "{to:?}: no {name} in\n{message}");
        }
    }
}

#[test]
fn a_bad_arm_is_refused_and_names_the_field_and_the_value() {
    let arms = |arm: &str| format!("scheme = \"v1\"\nrelease = \"ab\"\n[[ab_test.arms]]\n{arm}");
    let table: &[(&str, &[&str])] = &[
        (
            "label = \"a\"\nversion = \"v1\"\nweight = -1",
            &["weight", "-1"],
        ),
        (
            "label = \"a\"\nversion = \"v1\"\nweight = 4294967296",
            &["weight", "4294967296"],
        ),
        (
            "label = \"a\"\nversion = \"v1\"\nweight = 0.5",
            &["weight", "0.5"],
        ),
        ("label = \"a\"\nversion = \"v1\"", &["weight"]),
        (
            "label = \"a\"\nversion = \"v1\"\nweight = 1\nshare = \"5%\"",
            &["share", "`weight`"],
        ),
    ];
    for (arm, names) in table {
        let message = refusal(&arms(arm));
        for name in *names {
            assert!(message.contains(name), "{arm:?}: no {name} in\n{message}");
        }
    }
}

#[test]
fn a_file_that_is_well_formed_and_wrong_is_refused_when_it_is_compiled() {
    let compiled = |file: &str| {
        let policy: Policy = toml::from_str(file).unwrap();
        policy.compile("v1", ["v2", "v3"]).unwrap_err().to_string()
    };
    let table = [
        (
            r#""v2""#,
            r#""v7""#,
            "canary.version names version \"v7\", which is not deployed: deploy it first",
        ),
        (
            r#""v2""#,
            r#""v1""#,
            "canary.version is \"v1\", which is live already: swap to another version, or release a \
             policy without it",
        ),
        (
            r#""v2""#,
            r#""""#,
            "canary.version is empty: give it a name",
        ),
        (
            r#""v3""#,
            r#""v8""#,
            "shadow.version names version \"v8\", which is not deployed: deploy it first",
        ),
        (
            r#""ranker-2026-11""#,
            r#""""#,
            "release is empty: give it a name",
        ),
    ];
    for (from, to, message) in table {
        assert_eq!(compiled(&file_with(from, to)), message);
    }
    let arms = |weights: [u32; 2], labels: [&str; 2]| {
        let arm = |at: usize| {
            format!(
                "[[ab_test.arms]]\nlabel = \"{}\"\nversion = \"v{}\"\nweight = {}\n",
                labels[at],
                at + 1,
                weights[at]
            )
        };
        compiled(&format!(
            "scheme = \"v1\"\nrelease = \"ab\"\n{}{}",
            arm(0),
            arm(1)
        ))
    };
    assert_eq!(
        arms([0, 0], ["a", "b"]),
        "ab_test.arms: none of 2 arms has a weight above 0: give one a weight"
    );
    assert_eq!(
        arms([1, 1], ["a", "a"]),
        "ab_test.arms: arm \"a\" stands twice: give each arm a label of its own"
    );
}

#[test]
fn a_point_of_a_layout_is_sixteen_lower_case_digits() {
    let read = |point: &str| {
        let text = format!("from = \"{point}\"\narm = \"a\"");
        toml::from_str::<switchstand::release::Stretch>(&text)
    };
    assert_eq!(read("00000000000000af").unwrap().from, 0xaf);
    assert_eq!(read("ffffffffffffffff").unwrap().from, u64::MAX);
    for point in [
        "",
        "af",
        "00000000000000AF",
        "+0000000000000af",
        "00000000000000a",
        "00000000000000aff",
        "00000000000000ag",
    ] {
        let refused = read(point).unwrap_err().to_string();
        assert!(refused.contains("16 lower-case"), "{refused}");
    }
}

#[cfg(not(feature = "regex"))]
#[test]
fn a_segment_that_nobody_uses_need_not_be_judged_by_this_build() {
    let file = |within: &str| {
        let head = "scheme = 'v1'\nrelease = 'r'\n[canary]\nversion = 'v2'\nshare = '5%'";
        let segments = "[segments]\nstaff = { attr = 'staff', is = true }\n\
                        phones = { attr = 'device', regex = '^phone-' }";
        let file = format!("{head}\nwithin = {{ segment = '{within}' }}\n{segments}");
        toml::from_str::<Policy>(&file).unwrap()
    };
    assert!(file("staff").compile("v1", ["v2"]).is_ok());
    let refused = file("phones").compile("v1", ["v2"]).unwrap_err();
    assert!(
        refused.to_string().contains("build with feature `regex`"),
        "{refused}"
    );
}
