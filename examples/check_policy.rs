//! Compares two policy files before the new one is merged, for the checks of a repository.
//!
//! ```text
//! cargo run --example check_policy -- old.toml new.toml [live version]
//! ```
//!
//! Prints what would be refused, who moves, and which versions each kind of unit can get. The exit
//! code is 0 if the new file is good, 1 if it would be refused, 2 if a file cannot be read.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command prints"
)]

use std::{collections::BTreeSet, process::ExitCode};

use switchstand::Policy;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (old, new, live) = match arguments.as_slice() {
        [old, new] => (old, new, "live"),
        [old, new, live] => (old, new, live.as_str()),
        _ => {
            eprintln!("usage: check_policy old.toml new.toml [live version]");
            return ExitCode::from(2);
        }
    };
    match (read(old), read(new)) {
        (Ok(old), Ok(new)) => check(&old, &new, live),
        (old, new) => {
            for problem in [old.err(), new.err()].into_iter().flatten() {
                eprintln!("{problem}");
            }
            ExitCode::from(2)
        }
    }
}

fn read(path: &str) -> Result<Policy, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    toml::from_str(&text).map_err(|error| format!("{path}: {error}"))
}

fn check(old: &Policy, new: &Policy, live: &str) -> ExitCode {
    // Every version that the file names is taken as ready; which are deployed, only a server knows.
    let versions = versions(new);
    let others = versions
        .iter()
        .map(String::as_str)
        .filter(|version| *version != live);
    if let Err(refusal) = new.compile(live, others) {
        println!("refused: {refusal}");
        return ExitCode::from(1);
    }
    println!("{} -> {}", old.fingerprint(), new.fingerprint());
    match old.diff(new) {
        Ok(diff) => println!("{diff}"),
        Err(refusal) => {
            println!("the old file would be refused: {refusal}");
        }
    }
    println!("versions that can answer: {live} (live)");
    for version in versions {
        println!("versions that the file names: {version}");
    }
    ExitCode::SUCCESS
}

/// Returns the versions that the policy names, as its file spells them.
fn versions(policy: &Policy) -> BTreeSet<String> {
    fn walk(value: &toml::Value, found: &mut BTreeSet<String>) {
        match value {
            toml::Value::Table(table) => {
                for (field, value) in table {
                    match value {
                        toml::Value::String(version) if field == "version" => {
                            found.insert(version.clone());
                        }
                        toml::Value::Array(list) if field == "versions" => {
                            found.extend(
                                list.iter()
                                    .filter_map(|one| one.as_str().map(str::to_owned)),
                            );
                        }
                        other => walk(other, found),
                    }
                }
            }
            toml::Value::Array(list) => list.iter().for_each(|one| walk(one, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    if let Ok(value) = toml::Value::try_from(policy) {
        walk(&value, &mut found);
    }
    found
}
