//! The README shows code that runs elsewhere: it must be the real one.

#[test]
fn the_stage_in_the_readme_is_the_one_that_runs() {
    let readme = include_str!("../README.md");
    let stage = include_str!("../examples/lifecycle/stages/holdout.rs");
    assert!(
        readme.contains(&format!("```rs\n{stage}```\n")),
        "README.md and examples/lifecycle/stages/holdout.rs differ"
    );
}

#[test]
fn the_test_of_a_policy_in_the_readme_is_the_one_that_runs() {
    let readme = include_str!("../README.md");
    let test = include_str!("one_line_tests.rs").split_once("\n\n");
    let shown = test.is_some_and(|(_, test)| readme.contains(&format!("```rs\n{test}```\n")));
    assert!(shown, "README.md and tests/one_line_tests.rs differ");
}
