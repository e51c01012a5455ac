//! The paths that the texts for contributors name are there, and the walks are short.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::{collections::BTreeSet, fs, path::Path};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The chapters, each a file of this folder.
const CHAPTERS: &str = "src/guide";

/// Files that a request may pass through in the walk *A unit to its answer*.
const LONGEST_WALK: usize = 6;

#[test]
fn every_path_in_the_texts_for_contributors_is_there() {
    let mut pages = vec!["CONTRIBUTING.md".to_owned(), "SECURITY.md".to_owned()];
    for entry in fs::read_dir(Path::new(ROOT).join(CHAPTERS)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") {
            pages.push(format!("{CHAPTERS}/{name}"));
        }
    }
    let mut faults = Vec::new();
    for page in &pages {
        let text = fs::read_to_string(Path::new(ROOT).join(page)).unwrap();
        let folder = Path::new(page).parent().unwrap();
        for link in links(&text) {
            // Chapters link one another as modules: `shadow` is the file `shadow.md`.
            let file = Path::new(ROOT).join(folder).join(&link);
            if !file.exists() && !file.with_extension("md").exists() {
                faults.push(format!("{page}: the link ({link}) leads nowhere"));
            }
        }
        for path in quoted(&text) {
            // A chapter names the files of a module as its code does: from `src`.
            let is_there = ["", "src"]
                .iter()
                .any(|from| Path::new(ROOT).join(from).join(&path).exists());
            if !is_there {
                faults.push(format!("{page}: there is no `{path}`"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_unit_reaches_its_answer_through_few_files() {
    let chapter = Path::new(ROOT).join(CHAPTERS).join("architecture.md");
    let chapter = fs::read_to_string(chapter).unwrap();
    let (_, walk) = chapter.split_once("\n**A unit to its answer**").unwrap();
    let (walk, _) = walk.split_once("\n**").unwrap();
    let numbered = |line: &&str| line.starts_with(|first: char| first.is_ascii_digit());
    let is_step = |line: &&str| numbered(line) || line.starts_with("   ");
    let steps: String = walk.lines().filter(is_step).collect();
    let files: BTreeSet<String> = quoted(&steps).into_iter().collect();
    assert!(files.len() > 2, "no walk is read: {files:?}");
    assert!(
        files.len() <= LONGEST_WALK,
        "{} files on the way from a unit to its answer: {files:?}",
        files.len()
    );
}

#[test]
fn a_path_is_told_from_a_name() {
    let text = "`src/plan.rs`, `plan.rs` and `.ci/run quick`; not `Plan::decide`, `v1`, `2.5%`,
        `#[ignore = \"a/b.rs\"]`, `src/<module>.rs` or [text](https://there/a.md). The [chapter](laws.md#r1)
        ```text\n`a/block`\n```\n[label]: ab_test.md\n[item]: crate::Router";
    assert_eq!(quoted(text), ["src/plan.rs", "plan.rs", ".ci/run"]);
    assert_eq!(links(text), ["laws.md", "ab_test.md"]);
}

/// Returns the prose of a page: what stands outside of blocks of code.
fn prose(page: &str) -> String {
    page.split("```").step_by(2).collect()
}

/// Returns the paths that a page names between back quotes, a command by its program.
fn quoted(page: &str) -> Vec<String> {
    let prose = prose(page);
    let spans = prose.split('`').skip(1).step_by(2);
    let firsts = spans.filter_map(|span| span.split_whitespace().next());
    firsts
        .filter(|first| is_path(first))
        .map(str::to_owned)
        .collect()
}

fn is_path(word: &str) -> bool {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "._-/".contains(char);
    let endings = [".rs", ".md", ".toml", ".json", ".txt", ".sql"];
    let is_file = endings.iter().any(|ending| word.ends_with(ending));
    // What begins with a slash is the path of a URL.
    let is_url = word.starts_with('/');
    word.chars().all(is_plain) && !is_url && (is_file || word.contains('/'))
}

/// Returns the files that a page links to, without the place in them.
fn links(page: &str) -> Vec<String> {
    let prose = prose(page);
    let inline = prose
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let defined = prose.lines().filter_map(|line| {
        let (_, target) = line.trim().strip_prefix('[')?.split_once("]: ")?;
        Some(target)
    });
    inline
        .chain(defined)
        .filter(|target| !target.contains("::") && !target.contains("//"))
        .filter_map(|target| target.split('#').next())
        .filter(|file| !file.is_empty())
        .map(str::to_owned)
        .collect()
}
