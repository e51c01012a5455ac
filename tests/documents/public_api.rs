//! The public API, as `.ci/public-api.txt` lists it: one name is one type, one item has one path,
//! and the root is small. `.ci/release api` tells whether the list is the present one.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

const LISTED: &str = include_str!("../../.ci/public-api.txt");

/// What the root may export at most: a first program needs no more.
const LARGEST_ROOT: usize = 30;

/// Names of two types each, with the name that the one of roll-outs or experiments is to get.
const TO_BE_RENAMED: &[(&str, &str)] = &[
    ("Change", "of a roll-out's trail: `StateChange`"),
    ("Comparison", "of a finding: `ArmFinding`"),
    ("Refusal", "of a roll-out's input: `Refused`"),
    ("Sample", "of a roll-out's step: `StepSample`"),
];

#[test]
fn no_two_public_types_have_one_name() {
    let mut paths: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for item in items(LISTED).filter(Item::is_type) {
        paths.entry(item.name).or_default().push(item.path());
    }
    assert!(paths.len() > 100, "only {} types are listed", paths.len());
    let twice: BTreeMap<_, _> = paths.iter().filter(|(_, paths)| paths.len() > 1).collect();
    let allowed: BTreeSet<&str> = TO_BE_RENAMED.iter().map(|(name, _)| *name).collect();
    let mut faults = String::new();
    for (name, paths) in &twice {
        if !allowed.contains(**name) {
            writeln!(faults, "{name}: {}", paths.join(", ")).unwrap();
        }
    }
    for name in allowed.iter().filter(|name| !twice.contains_key(*name)) {
        writeln!(faults, "{name} stands once: strike the exception").unwrap();
    }
    assert!(faults.is_empty(), "one name, several types:\n{faults}");
}

#[test]
fn no_item_has_two_public_paths() {
    // Two paths of one item show the same name with the same signature, fields and all.
    let mut paths: BTreeMap<(&str, &str, &str), Vec<String>> = BTreeMap::new();
    for item in items(LISTED).filter(|item| !item.is_type() && item.kind != "mod") {
        let key = (item.kind, item.name, item.signature);
        paths.entry(key).or_default().push(item.path());
    }
    assert!(paths.len() > 50, "only {} functions", paths.len());
    let twice = paths.into_iter().filter(|(_, paths)| paths.len() > 1);
    let faults: Vec<String> = twice.map(|(_, paths)| paths.join(" = ")).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_root_has_few_names_and_all_of_them_are_listed() {
    let listed: BTreeSet<&str> = items(LISTED)
        .filter(|item| item.kind != "mod" && item.module == "switchstand")
        .map(|item| item.name)
        .collect();
    assert!(
        listed.len() <= LARGEST_ROOT,
        "{} names at the root, {LARGEST_ROOT} at most: {listed:?}",
        listed.len()
    );
    let root = include_str!("../../src/lib.rs");
    assert_eq!(
        listed,
        exported(root),
        "left: in .ci/public-api.txt; right: in src/lib.rs. `.ci/release --keep api` renews the list"
    );
}

#[test]
fn items_are_told_from_their_members() {
    let listed = "pub mod switchstand\npub mod switchstand::stats\n\
        pub struct switchstand::stats::Alpha(_)\n\
        pub fn switchstand::stats::Alpha::new(level: f64) -> Self\n\
        pub type switchstand::stats::Pair<P>::Projection = u8\n\
        pub type &M::Output = <M as switchstand::Model>::Output\n\
        pub switchstand::stats::Side::Left\n\
        #[non_exhaustive] pub enum switchstand::Side\n\
        pub fn switchstand::Batch<M: core::ops::Fn() -> u8>::new() -> Self\n\
        pub const fn switchstand::stats::means::welch(n: u64) -> u64\n\
        impl core::fmt::Debug for switchstand::Side";
    let found: Vec<_> = items(listed)
        .map(|item| (item.kind, item.module, item.name, item.signature))
        .collect();
    let expected = [
        ("mod", "", "switchstand", ""),
        ("mod", "switchstand", "stats", ""),
        ("struct", "switchstand::stats", "Alpha", "(_)"),
        ("enum", "switchstand", "Side", ""),
        (
            "fn",
            "switchstand::stats::means",
            "welch",
            "(n: u64) -> u64",
        ),
    ];
    assert_eq!(found, expected);
    let root =
        "pub use a::{One, Two};\npub use b::Three;\nmod c;\npub mod d {\n    pub use e::Four;\n}";
    assert_eq!(exported(root), BTreeSet::from(["One", "Two", "Three"]));
}

/// An item that stands in a module, not in a type.
#[derive(Clone, Copy)]
struct Item<'a> {
    kind: &'a str,
    module: &'a str,
    name: &'a str,
    /// What follows the name.
    signature: &'a str,
}

impl Item<'_> {
    fn is_type(&self) -> bool {
        matches!(self.kind, "struct" | "enum" | "trait" | "union" | "type")
    }

    fn path(&self) -> String {
        format!("{}::{}", self.module, self.name)
    }
}

/// Reads the items of a list, without members, variants and implementations.
fn items(listed: &str) -> impl Iterator<Item = Item<'_>> {
    listed.lines().filter_map(item)
}

fn item(line: &str) -> Option<Item<'_>> {
    // Attributes come first, `#[non_exhaustive] pub enum ..`.
    let words = match line.split_once("] pub ") {
        Some((attributes, words)) if attributes.starts_with("#[") => words,
        _ => line.strip_prefix("pub ")?,
    };
    let start = words.find("switchstand")?;
    let (before, rest) = words.split_at(start);
    // `&M::Output = <M as ..` is of an implementation, not an item.
    let is_keyword = |word: &str| word.chars().all(|char| char.is_ascii_lowercase());
    if !before.split_whitespace().all(is_keyword) {
        return None;
    }
    let kind = before.split_whitespace().last()?;
    let is_in_path = |char: char| char.is_alphanumeric() || char == '_' || char == ':';
    let end = rest.find(|char| !is_in_path(char)).unwrap_or(rest.len());
    // `Metric: Sized` of a trait: its path ends before the colon.
    let path = rest.get(..end)?.trim_end_matches(':');
    let signature = rest.get(path.len()..)?;
    let (module, name) = path.rsplit_once("::").unwrap_or(("", path));
    // What belongs to a type is no item of its own.
    let is_type = |segment: &str| segment.starts_with(|first: char| first.is_uppercase());
    let is_member = module.split("::").any(is_type) || is_generic_owner(signature);
    (!is_member).then_some(Item {
        kind,
        module,
        name,
        signature,
    })
}

/// Tells whether parameters of a type come next, and then a member of it: `<T>::name`.
fn is_generic_owner(signature: &str) -> bool {
    let mut depth = 0;
    let mut before = ' ';
    for (at, char) in signature.char_indices() {
        match char {
            '<' => depth += 1,
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at > 0
                && signature
                    .get(at + 1..)
                    .is_some_and(|rest| rest.starts_with("::"));
        }
        before = char;
    }
    false
}

/// Returns the names that the root itself exports, in lines that are not indented.
fn exported(root: &str) -> BTreeSet<&str> {
    let first = root.strip_prefix("pub use ");
    let uses = first.into_iter().chain(root.split("\npub use ").skip(1));
    uses.filter_map(|rest| rest.split(';').next())
        .flat_map(|path| path.split(['{', '}', ',']).map(str::trim))
        .filter(|name| !name.is_empty() && !name.ends_with("::"))
        .filter_map(|name| name.rsplit("::").next())
        .collect()
}
