//! What the guide shows of this package is what the package has.

const CHAPTER: &str = include_str!("../../../src/guide/in_a_server.md");
const FILES: [&str; 2] = [include_str!("../metrics.rs"), include_str!("../stream.rs")];

#[test]
fn each_block_that_is_not_run_stands_in_a_file_word_for_word() {
    let blocks: Vec<&str> = CHAPTER.split("```rs\n").skip(1).collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let (block, _) = block.split_once("```").unwrap();
        let stands = FILES.iter().any(|file| file.contains(block));
        assert!(stands, "in no file of this package:\n{block}");
    }
}

#[test]
fn each_metric_that_the_guide_names_is_recorded() {
    let gauges = include_str!("../metrics/gauges.rs");
    let (_, table) = CHAPTER.split_once("| metric | labels | from |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let mut names = 0;
    let mut family = "";
    for name in table
        .split('`')
        .filter(|word| word.contains('_') && !word.contains(' '))
    {
        // `_phase` is short for the name before it, but for its last word.
        let name = match name.strip_prefix('_') {
            Some(rest) => format!("{family}_{rest}"),
            None => name.to_owned(),
        };
        if name.starts_with("switchstand_rollout_") {
            family = "switchstand_rollout";
        }
        if name.starts_with("switchstand_") {
            names += 1;
            let quoted = format!("\"{name}\"");
            assert!(
                FILES[0].contains(&quoted) || gauges.contains(&quoted),
                "{name}"
            );
        }
    }
    assert!(names >= 16, "{names} names were read");
}
