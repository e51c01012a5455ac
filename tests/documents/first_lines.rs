//! The first word of a documentation: a noun phrase for a type, a verb for a function.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::{fs, path::Path};

/// Words with which either may begin: nouns that end as a verb does, and verbs that may be nouns.
const NOUNS: &[&str] = &[
    "Units",
    "Requests",
    "Values",
    "Sizes",
    "Bias",
    "Keys",
    "Counts",
    "Means",
    "Sums",
    "Integrals",
    "Variances",
    "Distances",
    "Arms",
    "Versions",
    "Rows",
    "Bytes",
    "Rules",
    "Cohen's",
    "Wilcoxon's",
];

#[test]
fn types_begin_with_a_noun_and_functions_with_a_verb() {
    let mut faults = Vec::new();
    let mut seen = [0_usize; 2];
    read(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")),
        &mut |file, line, first, item| {
            let word = first.split([' ', ',', '.', ':']).next().unwrap_or_default();
            let may_be_verb = word.ends_with('s');
            let wanted = match kind(item) {
                Some(Kind::Type) => false,
                Some(Kind::Function) => true,
                None => return,
            };
            if let Some(seen) = seen.get_mut(usize::from(wanted)) {
                *seen += 1;
            }
            if may_be_verb != wanted && !NOUNS.contains(&word) {
                let wanted = if wanted { "a verb" } else { "a noun" };
                faults.push(format!("{file}:{line}: {wanted} first, found: {first}"));
            }
        },
    );
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    let [types, functions] = seen;
    assert!(
        types > 200 && functions > 800,
        "{types} types, {functions} functions were read"
    );
}

enum Kind {
    Type,
    Function,
}

fn kind(item: &str) -> Option<Kind> {
    let mut words = item.split(' ').skip_while(|word| {
        let is_scope = word.starts_with("pub") || word.ends_with(')') && !word.contains("()");
        is_scope || matches!(*word, "const" | "async" | "unsafe")
    });
    match words.next()? {
        "struct" | "enum" | "trait" => Some(Kind::Type),
        // What is private to its file may say what it returns, or what a test is of.
        "fn" => item.starts_with("pub").then_some(Kind::Function),
        _ => None,
    }
}

/// Hands over each first line of documentation with its file, its number and the item below it.
fn read(folder: &Path, each: &mut impl FnMut(&str, usize, &str, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, each);
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (place, line) in lines.iter().enumerate() {
            let is_first = place == 0 || !lines[place - 1].starts_with("///");
            let Some(first) = line.strip_prefix("/// ").filter(|_| is_first) else {
                continue;
            };
            // Attributes stand between, some of several lines.
            let mut is_open = false;
            let below = lines[place..].iter().find(|line| {
                let is_attribute = is_open || line.starts_with("#[");
                is_open = is_attribute && !line.ends_with(']');
                !is_attribute && !line.starts_with("//")
            });
            let item = below.copied().unwrap_or_default();
            each(&path.display().to_string(), place + 1, first, item);
        }
    }
}
