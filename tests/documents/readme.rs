//! The front pages: short, with the code that runs, and the Spanish page says what the English does.

use std::collections::BTreeSet;

const ENGLISH: &str = include_str!("../../README.md");
const SPANISH: &str = include_str!("../../README.es.md");

/// Words of the front page outside blocks of code and tables, and all its lines, at most.
const MOST_WORDS: usize = 1_400;
const MOST_LINES: usize = 350;

#[test]
fn the_front_page_is_short() {
    let prose: String = ENGLISH.split("```").step_by(2).collect();
    let lines = prose.lines().filter(|line| !line.starts_with('|'));
    let words: usize = lines.map(|line| line.split_whitespace().count()).sum();
    assert!(
        words <= MOST_WORDS,
        "README.md has {words} words, {MOST_WORDS} at most"
    );
    let lines = ENGLISH.lines().count();
    assert!(
        lines <= MOST_LINES,
        "README.md has {lines} lines, {MOST_LINES} at most"
    );
}

#[test]
fn the_test_command_stands_alone_on_a_line() {
    let alone = ENGLISH.lines().filter(|line| *line == "cargo test").count();
    assert_eq!(alone, 1, "README.md must have one line `cargo test`");
}

#[test]
fn the_techniques_on_the_front_page_are_those_that_run() {
    let tested = include_str!("five_techniques.rs");
    let shown = tested.split("    // README\n").skip(1);
    let blocks: Vec<String> = shown
        .filter_map(|rest| rest.split("    // end\n").next())
        .map(|block| {
            let unindented = block
                .lines()
                .map(|line| line.strip_prefix("    ").unwrap_or(line));
            unindented.fold(String::new(), |block, line| block + line + "\n")
        })
        .collect();
    assert_eq!(blocks.len(), 5, "five techniques");
    for block in blocks {
        assert!(
            ENGLISH.contains(&format!("```rs\n{block}```\n")),
            "README.md and tests/documents/five_techniques.rs differ in\n{block}"
        );
    }
}

#[test]
fn the_stage_in_the_guide_is_the_one_that_runs() {
    let stage = include_str!("../../examples/lifecycle/stages/holdout.rs");
    assert!(
        include_str!("../../src/guide/examples.md").contains(&format!("```rs\n{stage}```\n")),
        "src/guide/examples.md and examples/lifecycle/stages/holdout.rs differ"
    );
}

#[test]
fn the_test_of_a_policy_in_the_guide_is_the_one_that_runs() {
    let chapter = include_str!("../../src/guide/policies.md");
    let test = include_str!("../testing/one_line_tests.rs").split_once("\n\n");
    let shown = test.is_some_and(|(_, test)| chapter.contains(&format!("```rs\n{test}```\n")));
    assert!(
        shown,
        "src/guide/policies.md and tests/testing/one_line_tests.rs differ"
    );
}

/// Iterates over the blocks of code of a page.
fn blocks(page: &str) -> impl Iterator<Item = &str> {
    page.split("```").skip(1).step_by(2)
}

/// Returns what the prose of a page names in code, with its spaces made alike.
fn names(page: &str) -> BTreeSet<String> {
    let prose = page.split("```").step_by(2);
    let spans = prose.flat_map(|text| text.split('`').skip(1).step_by(2));
    spans
        .map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn both_front_pages_have_the_same_code() {
    for (number, (english, spanish)) in blocks(ENGLISH).zip(blocks(SPANISH)).enumerate() {
        assert_eq!(
            spanish, english,
            "block {number}: copy it from README.md to README.es.md"
        );
    }
    assert_eq!(blocks(SPANISH).count(), blocks(ENGLISH).count());
}

#[test]
fn the_spanish_front_page_names_all_that_the_english_does() {
    let (english, spanish) = (names(ENGLISH), names(SPANISH));
    let missing: Vec<_> = english.difference(&spanish).collect();
    assert!(
        missing.is_empty(),
        "README.es.md says nothing of {missing:?}"
    );
}
