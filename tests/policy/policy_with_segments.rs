//! The policy with ten segments of the guide: read, explained, tested in one line each.
#![cfg(all(
    feature = "serde",
    feature = "testing",
    feature = "semver",
    feature = "ipnet",
    feature = "jiff"
))]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use switchstand::{
    Policy, Unit, attr,
    targeting::Value,
    testing::{Population, assert_never, assert_only_grows, assert_share},
};

/// The policy as the chapter has it.
fn file() -> &'static str {
    let chapter = include_str!("../../src/guide/policy_files.md");
    let (_, behind) = chapter.split_once("# A policy with ten segments").unwrap();
    let (_, block) = behind.split_once("```toml\n").unwrap();
    block.split_once("```").unwrap().0
}

/// How the rule of those who keep the live version is told.
const KEPT: &str = "in segment \"key accounts\" or in segment minors or in segment freeze";

fn policy() -> Policy {
    toml::from_str(file()).unwrap()
}

#[test]
fn it_is_read_with_its_ten_segments_and_written_as_it_was() {
    let policy = policy();
    assert_eq!(policy.segments().count(), 10);
    let written = toml::to_string(&policy).unwrap();
    assert_eq!(
        toml::from_str::<Policy>(&written).unwrap(),
        policy,
        "{written}"
    );
    assert!(policy.segment("staf").is_none());
}

#[test]
fn it_gives_each_kind_of_unit_what_its_words_say() {
    let plan = policy().compile("v1", ["v2", "v3"]).unwrap();
    let groups = ["beta"];
    let beta = Value::List(&groups);
    for (attributes, version, told) in [
        // Testers get the canary, whatever is drawn.
        (
            vec![("email", Value::from("Ana@Example.COM"))],
            "v2",
            "in segment testers",
        ),
        (vec![("groups", beta)], "v2", "in segment testers"),
        // But not where a rule before them keeps them out.
        (
            vec![("groups", beta), ("account", "acme".into())],
            "v1",
            KEPT,
        ),
        (vec![("groups", beta), ("age", "17".into())], "v1", KEPT),
        (vec![("groups", beta), ("age", 17.into())], "v1", KEPT),
        (
            vec![("groups", beta), ("age", "18".into())],
            "v2",
            "in segment testers",
        ),
        (
            vec![
                ("groups", beta),
                ("now", "2026-12-24T18:00:00+01:00".into()),
            ],
            "v1",
            KEPT,
        ),
        (
            vec![("groups", beta), ("now", "2027-01-03T00:00:00Z".into())],
            "v2",
            "in segment testers",
        ),
        (
            vec![
                ("address", "::ffff:10.1.2.3".into()),
                ("device", "tablet-9".into()),
            ],
            "v3",
            "in segment office and in segment handhelds",
        ),
        // An app that is too old, too new, or unknown is not drawn.
        (
            vec![("app", "1.9.9".into())],
            "v1",
            "only within in segment \"supported apps\"",
        ),
        (
            vec![("app", "3.0.0-beta".into())],
            "v1",
            "only within in segment \"supported apps\"",
        ),
        (vec![], "v1", "only within in segment \"supported apps\""),
    ] {
        let unit = Unit::from("user-1").with(&attributes);
        let explained = plan.explain(unit);
        let words = explained.to_string();
        assert_eq!(
            plan.version_of(&explained.route),
            Some(version),
            "{attributes:?}\n{words}"
        );
        assert!(words.contains(told), "{attributes:?}\n{words}");
    }
    let tester = plan.route(Unit::from("test-7"));
    assert_eq!(plan.version_of(&tester), Some("v2"));
}

#[test]
fn what_must_hold_of_it_is_one_line_each() {
    let policy = policy();
    let next: Policy = toml::from_str(&file().replace("\"5%\"", "\"20%\"")).unwrap();
    let segment = |name| policy.segment(name).unwrap();
    let users = Population::synthetic(20_000, 7)
        .with("app", [("2.1.0", 1)])
        .unwrap();
    assert_never(&policy, segment("key accounts"), "v2");
    assert_never(&policy, segment("minors"), "v3");
    assert_never(&policy, segment("freeze"), "v2");
    assert_never(
        &policy,
        &attr("app")
            .semver("<1.10.0")
            .and(segment("testers").clone().not()),
        "v2",
    );
    assert_share(
        &policy.compile("v1", ["v2", "v3"]).unwrap(),
        "v2",
        "5%",
        &users,
    );
    assert_only_grows(&policy, &next);
}

/// The lines of the chapter are those of the test above.
#[test]
fn the_lines_of_the_chapter_are_those_that_run() {
    let chapter = include_str!("../../src/guide/policy_files.md");
    let (_, block) = chapter.split_once("```rs\n").unwrap();
    // However they are broken into lines.
    let plain = |code: &str| {
        code.split_whitespace()
            .collect::<String>()
            .replace(",)", ")")
    };
    let here = plain(include_str!("policy_with_segments.rs"));
    for line in block.split_once("```").unwrap().0.lines() {
        assert!(here.contains(&plain(line)), "{line}");
    }
}

#[test]
fn a_segment_that_none_of_its_lines_prove_is_found() {
    let reached = |segment: &str, version: &str| {
        let policy = policy();
        let segment = policy.segment(segment).unwrap();
        switchstand::testing::find_reached(&policy, segment, version).unwrap()
    };
    let found = reached("office", "v3").unwrap();
    assert!(
        found.to_string().contains("by the rule \"audience\""),
        "{found}"
    );
    assert!(reached("testers", "v2").is_some());
}
