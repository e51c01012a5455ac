//! The guide: its Python agrees with the frozen vectors, and its contents name every chapter.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{collections::BTreeSet, fs, path::Path, process::Command};

const CHAPTERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide");
const VECTORS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/vectors/routing/bucketing.json"
);

#[test]
#[ignore = "needs python3"]
fn r1_the_python_of_the_guide_agrees_with_every_frozen_vector() {
    let chapter = include_str!("../src/guide/bucketing.md");
    let (_, rest) = chapter.split_once("```python\n").unwrap();
    let (functions, _) = rest.split_once("```").unwrap();
    let check = include_str!("guide/frozen_vectors.py");
    let run = Command::new("python3")
        .args(["-c", &format!("{functions}\n{check}"), VECTORS])
        .output()
        .unwrap();
    print!("{}", String::from_utf8_lossy(&run.stdout));
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
}

#[test]
fn the_contents_name_every_chapter() {
    let files = fs::read_dir(Path::new(CHAPTERS)).unwrap();
    let mut chapters: BTreeSet<String> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert!(chapters.remove("contents"), "{CHAPTERS}: no contents");
    let contents = include_str!("../src/guide/contents.md");
    let guide = include_str!("../src/guide.rs");
    for chapter in &chapters {
        assert!(
            contents.contains(&format!("]({chapter})")),
            "contents.md does not link the chapter {chapter}"
        );
        assert!(
            guide.contains(&format!("include_str!(\"guide/{chapter}.md\")")),
            "guide.rs does not include the chapter {chapter}"
        );
    }
}
