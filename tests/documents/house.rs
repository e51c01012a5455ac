//! The order of the modules: each uses only those that stand before it in one list.
//!
//! Read are the paths of the code itself: `use` lines, paths in bodies, `super::super`, `$crate`
//! and paths in attributes. Comments, documentation and code for tests are no part of the house.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

/// The modules of the crate, from the ground up; the chapter *Architecture* draws the same picture.
const ORDER: &[(&str, &[&str])] = &[
    ("statistics", &["stats"]),
    (
        "words",
        &[
            "hexadecimal",
            "timestamp",
            "share",
            "version",
            "fingerprint",
            "sync",
            "contain",
            "listing",
            "sorting",
        ],
    ),
    (
        "core",
        &[
            "attributes",
            "unit",
            "audience",
            "bucket",
            "split",
            "route",
            "policy",
            "pin",
            "plan",
        ],
    ),
    ("deployment", &["deployment"]),
    (
        "what happened",
        &["assignment", "outcome", "record", "observer", "journal"],
    ),
    ("shadows", &["model", "shadow"]),
    (
        "evidence",
        &["comparison", "off_policy", "rollout", "experiment", "fleet"],
    ),
    ("shell", &["router"]),
    ("outside", &["tower", "tracing", "testing", "guide"]),
];

/// What breaks the order today: a file, the module that it uses too early, and the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];
#[test]
fn each_module_uses_only_what_stands_before_it() {
    let house = House::read(Path::new(SOURCES));
    let found = house.breaches();
    let allowed: BTreeSet<(String, String)> = EXCEPTIONS
        .iter()
        .map(|(file, used, _)| ((*file).to_owned(), (*used).to_owned()))
        .collect();
    assert_eq!(
        allowed.len(),
        EXCEPTIONS.len(),
        "an exception is listed twice"
    );
    let mut faults = Vec::new();
    for ((file, used), lines) in &found {
        if !allowed.contains(&(file.clone(), used.clone())) {
            faults.push(format!("src/{file}, line {lines:?}: may not use `{used}`"));
        }
    }
    for (file, used) in allowed {
        if !found.contains_key(&(file.clone(), used.clone())) {
            faults.push(format!(
                "src/{file} does not use `{used}` any more: strike the exception"
            ));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_chapter_draws_the_same_picture() {
    let picture = ORDER
        .iter()
        .fold(String::new(), |picture, (layer, modules)| {
            picture + &format!("{layer:<16}{}\n", modules.join("  "))
        });
    assert!(
        include_str!("../../src/guide/architecture.md").contains(&format!("```text\n{picture}```")),
        "src/guide/architecture.md should have\n{picture}"
    );
}

#[test]
fn the_order_names_each_module_once() {
    let house = House::read(Path::new(SOURCES));
    let listed: Vec<&str> = order().collect();
    let names: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(names.len(), listed.len(), "a module is listed twice");
    let modules: BTreeSet<&str> = house.modules.iter().map(String::as_str).collect();
    assert_eq!(names, modules, "left: in the list; right: in src");
}

#[test]
fn every_way_to_name_a_module_is_seen() {
    let source = r##"
        //! crate::comment
        use crate::{alpha, beta::{Inner, other::Deep}, gamma as delta};
        use super::super::epsilon::Name;
        pub(crate) fn body() -> crate::zeta::Type { $crate::eta::call(r#"crate::text"#); 'x' }
        #[serde(with = "crate::theta")]
        mod inner { use super::super::super::iota::Name; fn f<'a>(of: &'a crate::Root) {} }
        #[cfg(test)]
        mod tests { use crate::test_only; }
        /* crate::block /* crate::nested */ */
        fn last() { crate::kappa::<u8>() }
    "##;
    let paths = paths(source, &["one".to_owned(), "two".to_owned()]);
    let first: Vec<&str> = paths.iter().map(|(path, _)| path[0].as_str()).collect();
    let expected = [
        "alpha", "beta", "beta", "gamma", "epsilon", "zeta", "eta", "theta", "iota", "Root",
        "kappa",
    ];
    assert_eq!(first, expected);
    assert_eq!(paths[2].0.join("::"), "beta::other::Deep");
    assert_eq!(paths[0].1, 3, "the line of the first path");
}

/// Iterates over the modules from the ground up.
fn order() -> impl Iterator<Item = &'static str> {
    ORDER
        .iter()
        .flat_map(|(_, modules)| modules.iter().copied())
}

/// The modules of the crate, and what each file names.
struct House {
    modules: BTreeSet<String>,
    /// Names that the root exports, with the modules they come from.
    exports: BTreeMap<String, String>,
    /// Files below `src` with the paths that they name, from the root on, and the lines.
    files: BTreeMap<String, Vec<(Vec<String>, usize)>>,
}

impl House {
    fn read(sources: &Path) -> Self {
        let mut texts = BTreeMap::new();
        collect(sources, "", &mut texts);
        let root = texts.remove("lib.rs").unwrap();
        let mut files = BTreeMap::new();
        let mut modules = BTreeSet::new();
        for (file, text) in texts {
            let module: Vec<String> = file
                .trim_end_matches(".rs")
                .split('/')
                .map(str::to_owned)
                .collect();
            modules.insert(module[0].clone());
            files.insert(file, paths(&text, &module));
        }
        // `pub use attributes::{..}` of the root, read as `pub use crate::attributes::{..}`.
        let root = root.replace("pub use ", "pub use crate::");
        let exports = paths(&root, &[])
            .into_iter()
            .filter(|(path, _)| path.len() > 1)
            .map(|(path, _)| (path.last().unwrap().clone(), path[0].clone()))
            .collect();
        Self {
            modules,
            exports,
            files,
        }
    }

    /// Returns each file that uses a later module, with that module and the lines.
    fn breaches(&self) -> BTreeMap<(String, String), BTreeSet<usize>> {
        let place = |module: &str| order().position(|other| other == module);
        let mut breaches: BTreeMap<_, BTreeSet<usize>> = BTreeMap::new();
        for (file, paths) in &self.files {
            let own = file.split(['/', '.']).next().unwrap();
            for (path, line) in paths {
                let used = self.module_of(file, path);
                if used != own && place(used) >= place(own) {
                    let breach = (file.clone(), used.to_owned());
                    breaches.entry(breach).or_default().insert(*line);
                }
            }
        }
        breaches
    }

    /// Returns the module that a path from the root leads to, directly or by what the root exports.
    fn module_of<'a>(&'a self, file: &str, path: &'a [String]) -> &'a str {
        let first = path.first().map(String::as_str).unwrap_or("*");
        match self.exports.get(first) {
            _ if self.modules.contains(first) => first,
            Some(module) => module,
            None => panic!("src/{file}: the root has no `{first}`"),
        }
    }
}

/// Reads all Rust files below a folder.
fn collect(folder: &Path, below: &str, texts: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{below}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), texts);
        } else if name.ends_with(".rs") {
            texts.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

/// A word, `::`, or one other character, with its line.
type Token = (String, usize);

/// Returns the paths that a module names, from the crate's root on, with their lines.
fn paths(source: &str, module: &[String]) -> Vec<(Vec<String>, usize)> {
    let tokens = without_tests(tokens(source));
    let mut found = Vec::new();
    // Inline modules that are open here, each with the depth of braces at which it ends.
    let mut inner: Vec<(String, usize)> = Vec::new();
    let (mut depth, mut at) = (0, 0);
    while let Some((word, line)) = tokens.get(at) {
        let word_at = |at: usize| tokens.get(at).map(|(word, _)| word.as_str());
        match word.as_str() {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                inner.pop_if(|(_, end)| *end == depth);
            }
            "mod" if word_at(at + 2) == Some("{") => {
                inner.push((word_at(at + 1).unwrap().to_owned(), depth));
            }
            "crate" | "super" | "self" if word_at(at + 1) == Some("::") => {
                let is_visibility = at > 0 && word_at(at - 1) == Some("in");
                let mut here: Vec<String> = module.to_vec();
                here.extend(inner.iter().map(|(name, _)| name.clone()));
                let mut ends = Vec::new();
                at = tree(&tokens, at, here, &mut ends);
                if !is_visibility {
                    found.extend(ends.into_iter().map(|path| (path, *line)));
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Reads one path, or a tree of them in braces, and returns where it ends.
fn tree(
    tokens: &[Token],
    mut at: usize,
    mut path: Vec<String>,
    ends: &mut Vec<Vec<String>>,
) -> usize {
    while let Some((word, _)) = tokens.get(at) {
        match word.as_str() {
            "crate" => path.clear(),
            "super" => drop(path.pop().expect("a module above")),
            "self" => {}
            "*" => path.push("*".to_owned()),
            "{" => {
                at += 1;
                while tokens[at].0 != "}" {
                    at = tree(tokens, at, path.clone(), ends);
                    if tokens[at].0 == "as" {
                        at += 2;
                    }
                    if tokens[at].0 == "," {
                        at += 1;
                    }
                }
                return at + 1;
            }
            word if is_word(word) => path.push(word.to_owned()),
            _ => break, // `::<` of a call
        }
        at += 1;
        match tokens.get(at) {
            Some((word, _)) if word == "::" => at += 1,
            _ => break,
        }
    }
    ends.push(path);
    at
}

fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphanumeric() || first == '_')
}

/// Leaves out every item that only tests see.
fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let attribute = ["#", "[", "cfg", "(", "test", ")", "]"];
        let is_test = attribute.iter().enumerate().all(|(offset, word)| {
            tokens
                .get(at + offset)
                .is_some_and(|token| token.0 == *word)
        });
        if !is_test {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at += attribute.len();
        let mut depth = 0;
        loop {
            match tokens[at].0.as_str() {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                _ => {}
            }
            let word = tokens[at].0.as_str();
            at += 1;
            if depth == 0 && (word == ";" || word == "}") {
                break;
            }
        }
    }
    kept
}

/// Cuts a source into tokens, without comments and texts; a text that is a path, as in an
/// attribute of serde, counts as one.
fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let mut tokens: Vec<Token> = Vec::new();
    let (mut at, mut line) = (0, 1);
    let starts = |at: usize, text: &str| {
        text.chars()
            .enumerate()
            .all(|(offset, char)| chars.get(at + offset) == Some(&char))
    };
    while at < chars.len() {
        let from = at;
        if starts(at, "//") {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if starts(at, "/*") {
            let mut depth = 0;
            loop {
                if starts(at, "/*") {
                    depth += 1;
                    at += 2;
                } else if starts(at, "*/") {
                    depth -= 1;
                    at += 2;
                } else {
                    at += 1;
                }
                if depth == 0 {
                    break;
                }
            }
        } else if let Some(hashes) = raw_text(&chars, at) {
            let end = format!("\"{}", "#".repeat(hashes));
            at += hashes + 2;
            while !starts(at, &end) {
                at += 1;
            }
            at += end.len();
        } else if chars[at] == '"' {
            at += 1;
            while chars[at] != '"' {
                at += 1 + usize::from(chars[at] == '\\');
            }
            at += 1;
            let text: String = chars[from + 1..at - 1].iter().collect();
            if text.starts_with("crate::") || text.starts_with("super::") {
                tokens.extend(
                    self::tokens(&text)
                        .into_iter()
                        .map(|(word, _)| (word, line)),
                );
            }
        } else if chars[at] == '\'' && chars.get(at + 1) == Some(&'\\') {
            at += 3;
            while chars[at] != '\'' {
                at += 1;
            }
            at += 1;
        } else if chars[at] == '\'' && chars.get(at + 2) == Some(&'\'') {
            at += 3;
        } else if starts(at, "::") {
            at += 2;
            tokens.push(("::".to_owned(), line));
        } else if chars[at].is_alphanumeric() || chars[at] == '_' {
            while chars
                .get(at)
                .is_some_and(|char| char.is_alphanumeric() || *char == '_')
            {
                at += 1;
            }
            tokens.push((chars[from..at].iter().collect(), line));
        } else {
            at += 1;
            if !chars[from].is_whitespace() {
                tokens.push((chars[from].to_string(), line));
            }
        }
        line += chars[from..at].iter().filter(|char| **char == '\n').count();
    }
    tokens
}

/// Returns how many `#` open a raw text that begins here, if one does.
fn raw_text(chars: &[char], at: usize) -> Option<usize> {
    let is_start = chars[at] == 'r' && (at == 0 || !chars[at - 1].is_alphanumeric());
    let hashes = chars[at + 1..]
        .iter()
        .take_while(|char| **char == '#')
        .count();
    (is_start && chars.get(at + 1 + hashes) == Some(&'"')).then_some(hashes)
}
