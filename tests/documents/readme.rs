//! The front pages: their code is the real one, and the Spanish page says what the English does.

use std::collections::BTreeSet;

const ENGLISH: &str = include_str!("../../README.md");
const SPANISH: &str = include_str!("../../README.es.md");

#[test]
fn the_stage_in_the_readme_is_the_one_that_runs() {
    let stage = include_str!("../../examples/lifecycle/stages/holdout.rs");
    assert!(
        ENGLISH.contains(&format!("```rs\n{stage}```\n")),
        "README.md and examples/lifecycle/stages/holdout.rs differ"
    );
}

#[test]
fn the_test_of_a_policy_in_the_readme_is_the_one_that_runs() {
    let test = include_str!("../testing/one_line_tests.rs").split_once("\n\n");
    let shown = test.is_some_and(|(_, test)| ENGLISH.contains(&format!("```rs\n{test}```\n")));
    assert!(shown, "README.md and tests/one_line_tests.rs differ");
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
