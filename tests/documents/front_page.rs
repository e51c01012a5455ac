//! The links of the front pages, as they stand in the repository and as rustdoc shows them; and
//! what a published package must say of itself.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

/// Each page with the file whose attributes show it, and the name by which it is included.
const PAGES: [(&str, &str, &str, &str); 3] = [
    (
        "README.md",
        include_str!("../../README.md"),
        include_str!("../../src/lib.rs"),
        "\"../README.md\"",
    ),
    (
        "README.es.md",
        include_str!("../../README.es.md"),
        include_str!("../../src/guide.rs"),
        "\"../README.es.md\"",
    ),
    (
        "CHANGELOG.md",
        include_str!("../../CHANGELOG.md"),
        include_str!("../../src/guide.rs"),
        "\"../CHANGELOG.md\"",
    ),
];

#[test]
fn no_link_of_a_front_page_breaks_in_rustdoc() {
    for (file, page, shown_in, name) in PAGES {
        let (before, _) = shown_in.split_once(name).unwrap();
        let prose: String = page.split("```").step_by(2).collect();
        for link in prose.split("](").skip(1) {
            let target = link.split(')').next().unwrap();
            assert!(
                target.starts_with("https://") || target.starts_with('#'),
                "{file}: `({target})` leads nowhere in rustdoc: write `[text]` or `[text][name]`, \
                 and define it below and before the include of {name}"
            );
        }
        for line in prose.lines().filter(|line| line.starts_with('[')) {
            let Some((label, target)) = line.split_once("]: ") else {
                continue;
            };
            if target.starts_with("https://") {
                continue;
            }
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(target);
            assert!(
                path.exists(),
                "{file}: {label}] leads to {target}, which is not there"
            );
            assert!(
                before.contains(&format!("\"{label}]: ")),
                "{file}: {label}] is a file, and rustdoc has no definition before {name}"
            );
        }
    }
}

#[test]
#[ignore = "fails until the package names its repository: for the day of the release"]
fn ready_to_publish() {
    let manifest = include_str!("../../Cargo.toml");
    let has = |key: &str| manifest.lines().any(|line| line.starts_with(key));
    for key in [
        "repository = \"https://",
        "documentation = ",
        "keywords = ",
        "categories = ",
    ] {
        assert!(has(key), "Cargo.toml: {key}.. is missing");
    }
}
