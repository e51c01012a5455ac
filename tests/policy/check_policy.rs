//! The example `check_policy`: what it says of two files, and its exit codes.
#![cfg(all(
    feature = "serde",
    feature = "testing",
    feature = "semver",
    feature = "regex",
    feature = "ipnet",
    feature = "jiff"
))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "../../examples/check_policy/report.rs"]
mod report;

use std::{fs, path::Path};

use report::compare;

const HEAD: &str = "scheme = 'v1'\nrelease = 'ranker-2026-11'\n";

/// Writes the two files and compares them.
fn compared(name: &str, files: [&str; 2], live: &str) -> (u8, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("check_policy");
    fs::create_dir_all(&folder).unwrap();
    let paths = ["old", "new"].map(|side| folder.join(format!("{name}-{side}.toml")));
    for (path, file) in paths.iter().zip(files) {
        fs::write(path, format!("{HEAD}{file}")).unwrap();
    }
    let [old, new] = paths.map(|path| path.to_str().unwrap().to_owned());
    let report = compare(&old, &new, live);
    (report.code, report.text)
}

fn canary(share: &str, within: &str) -> String {
    format!(
        "[canary]\nversion = 'v2'\nshare = '{share}'\nwithin = {within}\n[segments]\n\
         'key accounts' = {{ attr = 'account', one_of = ['acme', 'globex'] }}\n\
         phones = {{ attr = 'device', starts_with = ['phone-'] }}\nnobody = {{ any = [] }}"
    )
}

#[test]
fn a_good_file_is_told_with_who_moves_loses_and_can_get_what() {
    let old = canary("5%", "{ not = { segment = 'key accounts' } }");
    let new = canary("10%", "{ everyone = true }");
    let (code, text) = compared("good", [&old, &new], "v1");
    assert_eq!(code, 0, "{text}");
    let (_, told) = text.split_once('\n').unwrap();
    assert_eq!(
        told,
        "moves:\n  \
         everybody else: nobody moves\n  \
         everyone: 10% move from v1 to v2\n  \
         not (in segment \"key accounts\"): 5% move from v2 to v1\n  \
         not (in segment \"key accounts\") and everyone: 5% move from v1 to v2\n\
         loses a version:\n  nobody\n\
         can get:\n  \
         everyone: v1 (live), v2\n  \
         segment \"key accounts\": v1 (live), newly v2\n  \
         segment \"nobody\": nobody is in it\n  \
         segment \"phones\": v1 (live), v2\n"
    );
}

#[test]
fn a_version_that_is_lost_and_one_that_only_a_pattern_keeps_away_are_told() {
    let old = canary("5%", "{ everyone = true }");
    let new = canary("5%", "{ not = { segment = 'phones' } }");
    let (code, text) = compared("lost", [&old, &new], "v1");
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("loses a version:\n  of units such as"),
        "{text}"
    );
    assert!(
        text.contains("segment \"phones\": v1 (live), no longer v2\n"),
        "{text}"
    );
    let pattern = "regex = '^phone-[0-9]+$'";
    let [old, new] = [old, new].map(|file| file.replace("starts_with = ['phone-']", pattern));
    let (code, text) = compared("pattern", [&old, &new], "v1");
    assert_eq!(code, 0, "{text}");
    let phones = text.lines().find(|line| line.contains("\"phones\""));
    let perhaps = "perhaps v2 (no unit was found against it, but `regex` of attribute \"device\"";
    assert!(phones.unwrap().contains(perhaps), "{text}");
    assert!(
        text.contains("loses a version:\n  not known: no unit was found"),
        "{text}"
    );
}

#[test]
fn a_file_that_would_be_refused_ends_with_one_and_the_reason() {
    let good = canary("5%", "{ everyone = true }");
    for (name, rest, reason) in [
        (
            "layer",
            "[layer]\nsalt = 'l'\nfrom = '50%'\nto = '50%'",
            "refused: ",
        ),
        (
            "live",
            "[canary]\nversion = 'v1'\nshare = '5%'",
            "refused: ",
        ),
        (
            "two",
            "[canary]\nversion = 'v2'\n[ab_test]\narms = [{ label = 'a', version = 'v2', weight = 1 }]",
            "refused: ",
        ),
    ] {
        let (code, text) = compared(name, [&good, rest], "v1");
        assert_eq!(code, 1, "{text}");
        assert!(text.starts_with(reason), "{text}");
        // The old file's faults are told, and are not the new one's.
        let (code, text) = compared(name, [rest, &good], "v1");
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("the old file would be refused: "), "{text}");
        assert!(
            text.contains("can get:\n  everyone: v1 (live), v2\n"),
            "{text}"
        );
    }
}

#[test]
fn a_file_that_cannot_be_read_ends_with_two_and_its_name() {
    let good = canary("5%", "{ everyone = true }");
    for (files, named) in [
        ([good.as_str(), "canery = 1"], "bad-new"),
        (["canery = 1", good.as_str()], "bad-old"),
    ] {
        let (code, text) = compared("bad", files, "v1");
        assert_eq!(code, 2, "{text}");
        assert!(text.contains(named) && text.contains("canery"), "{text}");
    }
    let report = compare("no/such/file.toml", "no/such/other.toml", "v1");
    assert_eq!(report.code, 2);
    assert!(report.text.contains("no/such/file.toml: ") && report.text.contains("other.toml: "));
}

#[test]
fn the_output_in_the_guide_is_what_is_printed() {
    let chapter = include_str!("../../src/guide/policy_files.md");
    let (_, behind) = chapter.split_once("# A policy with ten segments").unwrap();
    let (_, file) = behind.split_once("```toml\n").unwrap();
    let file = file.split_once("```").unwrap().0;
    let (_, shown) = behind.split_once("```text\n").unwrap();
    let shown = shown.split_once("```").unwrap().0;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let paths = ["guide-old.toml", "guide-new.toml"].map(|name| folder.join(name));
    fs::write(&paths[0], file).unwrap();
    fs::write(&paths[1], file.replace("\"5%\"", "\"20%\"")).unwrap();
    let [old, new] = paths.map(|path| path.to_str().unwrap().to_owned());
    let report = compare(&old, &new, "v1");
    assert_eq!(report.code, 0, "{}", report.text);
    let (_, told) = report.text.split_once('\n').unwrap();
    assert!(told.starts_with(shown), "{told}");
}
