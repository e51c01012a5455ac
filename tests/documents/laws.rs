//! The chapter *Laws* of the guide lists each test whose name begins with a law, and no other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The law, as letter and number, with the names of its tests.
type Laws = BTreeMap<(char, u32), BTreeSet<String>>;

#[test]
fn the_chapter_lists_each_test_of_each_law() {
    let chapter = fs::read_to_string(Path::new(ROOT).join("src/guide/laws.md")).unwrap();
    let (held, open) = chapter.split_once("\n# Not held yet\n").unwrap();
    let (listed, open) = (laws_of(held), laws_of(open));
    let mut found = Laws::new();
    for folder in ["src", "tests", "examples"] {
        collect(&Path::new(ROOT).join(folder), &mut found);
    }
    let mut faults = String::new();
    for (law, tests) in &found {
        match listed.get(law) {
            Some(listed) if listed == tests => {}
            Some(listed) => {
                let strike: Vec<_> = listed.difference(tests).collect();
                let block: String = tests.iter().map(|test| format!("{test}\n")).collect();
                let id = id(*law);
                writeln!(
                    faults,
                    "{id}: not found {strike:?}; its block must be\n\n{block}"
                )
                .unwrap();
            }
            None if open.contains_key(law) => {
                let id = id(*law);
                writeln!(faults, "{id} is not held yet, but has tests: {tests:?}").unwrap();
            }
            None => writeln!(faults, "no law {} for {tests:?}", id(*law)).unwrap(),
        }
    }
    for (law, _) in listed.iter().filter(|(law, _)| !found.contains_key(law)) {
        writeln!(faults, "{} is said to be held, and has no test", id(*law)).unwrap();
    }
    for (law, tests) in &open {
        if listed.contains_key(law) || !tests.is_empty() {
            writeln!(faults, "{} is held, or not held yet: not both", id(*law)).unwrap();
        }
    }
    assert!(faults.is_empty(), "src/guide/laws.md:\n{faults}");
}

#[test]
fn each_law_that_is_held_names_a_mutation() {
    let chapter = include_str!("../../src/guide/laws.md");
    let (held, _) = chapter.split_once("\n# Not held yet\n").unwrap();
    for part in held.split("\n**").skip(1) {
        let (law, text) = part.split_once(".** ").unwrap();
        assert!(text.contains("\n*Seen to catch*: "), "{law}: no mutation");
    }
}

#[test]
fn a_test_may_hold_several_laws() {
    let of = |name: &str| {
        laws_in(name)
            .into_iter()
            .map(id)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(of("r2_raising"), "R2");
    assert_eq!(of("e3_e4_e10_hold"), "E3 E4 E10");
    assert_eq!(of("c1_to_c4_hold"), "C1 C2 C3 C4");
    assert_eq!(of("raising_r2"), "");
    assert_eq!(of("e_bh_rejects"), "");
}

fn id((letter, number): (char, u32)) -> String {
    format!("{}{number}", letter.to_uppercase())
}

/// Returns the laws that a name begins with; `c1_to_c3` names three.
fn laws_in(name: &str) -> Vec<(char, u32)> {
    let law = |word: &str| {
        let letter = word.chars().next().filter(char::is_ascii_lowercase)?;
        Some((letter, word.get(1..)?.parse::<u32>().ok()?))
    };
    let mut laws = Vec::new();
    let mut words = name.split('_');
    while let Some(word) = words.next() {
        match (law(word), laws.last().copied()) {
            (Some(next), _) => laws.push(next),
            (None, Some((letter, first))) if word == "to" => {
                let Some((_, last)) = words.next().and_then(law) else {
                    break;
                };
                laws.extend((first + 1..=last).map(|number| (letter, number)));
            }
            _ => break,
        }
    }
    laws
}

/// Reads the laws of a part of the chapter: `**R1.** sentence`, and a block of tests below it.
fn laws_of(part: &str) -> Laws {
    let mut laws = Laws::new();
    let (mut law, mut is_block) = (None, false);
    for line in part.lines() {
        if let Some((name, _)) = line
            .strip_prefix("**")
            .and_then(|line| line.split_once(".** "))
        {
            let read = laws_in(&name.to_lowercase());
            assert_eq!(read.len(), 1, "no law: {line}");
            let is_new = laws.insert(read[0], BTreeSet::new()).is_none();
            assert!(is_new, "{name} stands twice");
            law = Some(read[0]);
        } else if line.starts_with("```") {
            is_block = !is_block;
        } else if is_block {
            laws.get_mut(&law.unwrap()).unwrap().insert(line.to_owned());
        }
    }
    laws
}

/// Finds the functions below a folder whose names begin with a law.
fn collect(folder: &Path, laws: &mut Laws) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, laws);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(path).unwrap();
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            for rest in code.flat_map(|line| line.split("fn ").skip(1)) {
                let end = rest.find(|char: char| !char.is_alphanumeric() && char != '_');
                let name = rest.get(..end.unwrap_or(rest.len())).unwrap();
                // `m2` is a name of its own, `r2_..` that of a test.
                let laws_of_test = if name.contains('_') {
                    laws_in(name)
                } else {
                    Vec::new()
                };
                for law in laws_of_test {
                    laws.entry(law).or_default().insert(name.to_owned());
                }
            }
        }
    }
}
