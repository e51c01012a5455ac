//! The README shows a stage of the lifecycle example: it must be the real one.

#[test]
fn the_stage_in_the_readme_is_the_one_that_runs() {
    let readme = include_str!("../README.md");
    let stage = include_str!("../examples/lifecycle/stages/holdout.rs");
    assert!(
        readme.contains(&format!("```rs\n{stage}```\n")),
        "README.md and examples/lifecycle/stages/holdout.rs differ"
    );
}
