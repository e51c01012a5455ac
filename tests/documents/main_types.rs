//! The page of each main type names all methods that the type has, in the order of their use.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fs, path::Path};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

const TYPES: [(&str, &str); 7] = [
    ("Router", "router.rs"),
    ("Policy", "policy.rs"),
    ("Plan", "plan.rs"),
    ("Ticket", "router/ticket.rs"),
    ("Rollout", "rollout/controller.rs"),
    ("Ramp", "router/ramp.rs"),
    ("Experiment", "experiment.rs"),
];

#[test]
fn the_page_of_a_main_type_lists_its_methods() {
    let mut methods = Vec::new();
    read(Path::new(SOURCES), &mut methods);
    assert!(methods.len() > 150, "{} methods were read", methods.len());
    for (name, file) in TYPES {
        let text = fs::read_to_string(Path::new(SOURCES).join(file)).unwrap();
        let (page, _) = text.split_once(&format!("\npub struct {name}")).unwrap();
        assert!(page.contains("| in the order of use | methods |"), "{name}");
        for (_, method) in methods.iter().filter(|(of, _)| of == name) {
            let link = format!("({name}::{method})");
            assert!(page.contains(&link), "{name}: {method} is not in the table");
        }
    }
}

/// Collects type and name of each public method of a main type.
fn read(folder: &Path, methods: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, methods);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let mut of = None;
        for line in text.lines() {
            if line.starts_with("impl") {
                let is_own = |name: &&str| {
                    let words = |word: &str| word == *name || word.starts_with(&format!("{name}<"));
                    !line.contains(" for ") && line.split(' ').any(words)
                };
                of = TYPES.iter().map(|(name, _)| *name).find(is_own);
            }
            let function = line.strip_prefix("    pub ").and_then(|rest| {
                let rest = rest.strip_prefix("const ").unwrap_or(rest);
                let rest = rest.strip_prefix("async ").unwrap_or(rest);
                rest.strip_prefix("fn ")
            });
            if let (Some(of), Some(function)) = (of, function) {
                let name = function.split(['(', '<']).next().unwrap();
                methods.push((of.to_owned(), name.to_owned()));
            }
        }
    }
}
