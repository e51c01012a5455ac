//! What is linked and what is packed: licences, sources, unused dependencies, files.
//!
//! ```text
//! cargo test --test documents package -- --ignored
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot read what cargo says fails"
)]

use std::{fs, path::Path, process::Command};

use serde_json::Value;

/// Licences under which a dependency may be linked, by their SPDX names.
const LICENCES: [&str; 6] = [
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "Unicode-3.0",
    "Zlib",
];
/// What a packed crate may hold at its top.
const TOP: [&str; 13] = [
    ".cargo_vcs_info.json",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "Cargo.toml.orig",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "README.es.md",
    "clippy.toml",
    ".rustfmt.toml",
    "SECURITY.md",
];
const FOLDERS: [&str; 3] = ["examples", "src", "tests"];

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "cargo {arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn packages() -> Vec<Value> {
    let text = cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--all-features",
    ]);
    let metadata: Value = serde_json::from_str(&text).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

/// Tells whether an SPDX expression can be satisfied by the licences that may be linked.
fn is_allowed(expression: &str) -> bool {
    // Parentheses stand in these expressions around alternatives only.
    let conjunction = expression.replace(['(', ')'], "");
    conjunction.split(" AND ").all(|part| {
        part.split(" OR ")
            .flat_map(|licence| licence.split('/'))
            .any(|licence| LICENCES.contains(&licence.trim()))
    })
}

#[test]
fn a_licence_is_allowed_if_one_of_its_alternatives_is() {
    for allowed in ["MIT", "Unlicense/MIT", "(MIT OR GPL-3.0) AND Unicode-3.0"] {
        assert!(is_allowed(allowed), "{allowed}");
    }
    for refused in ["GPL-3.0", "MIT AND GPL-3.0", "", "MITX"] {
        assert!(!is_allowed(refused), "{refused}");
    }
}

#[test]
#[ignore = "asks cargo for the dependencies"]
fn every_dependency_may_be_linked_and_comes_from_the_registry() {
    let packages = packages();
    assert!(packages.len() > 10);
    // Where the hash comes from, everything must come from.
    let mut all = packages.iter();
    let hash = all.find(|package| package["name"] == "siphasher").unwrap();
    let registry = hash["source"].as_str().unwrap();
    assert!(registry.starts_with("registry+"), "{registry}");
    for package in &packages {
        let name = package["name"].as_str().unwrap();
        // What the workspace holds is our own, and none of it but the library is published.
        if package["source"].is_null() {
            let is_published = package["publish"] != serde_json::json!([]);
            assert_eq!(is_published, name == env!("CARGO_PKG_NAME"), "{name}");
            continue;
        }
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(is_allowed(licence), "{name} is licensed {licence:?}");
        let source = package["source"].as_str();
        assert_eq!(source, Some(registry), "where {name} comes from");
    }
}

/// All Rust and Markdown files under a folder, as one text.
fn texts(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, text);
        } else if path
            .extension()
            .is_some_and(|kind| kind == "rs" || kind == "md")
        {
            text.push_str(&fs::read_to_string(&path).unwrap_or_default());
        }
    }
}

#[test]
#[ignore = "asks cargo for the dependencies"]
fn every_dependency_is_named_in_the_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let of = |folders: &[&str]| {
        let mut text = String::new();
        folders
            .iter()
            .for_each(|folder| texts(&root.join(folder), &mut text));
        text
    };
    let (library, all) = (of(&["src"]), of(&FOLDERS));
    let packages = packages();
    let own = packages
        .iter()
        .find(|package| package["name"] == env!("CARGO_PKG_NAME"))
        .unwrap();
    for dependency in own["dependencies"].as_array().unwrap() {
        let name = dependency["name"].as_str().unwrap();
        let in_code = name.replace('-', "_");
        let text = match dependency["kind"].as_str() {
            Some("dev") => &all,
            _ => &library,
        };
        let is_named = [format!("{in_code}::"), format!("{in_code}!")]
            .iter()
            .any(|usage| text.contains(usage));
        assert!(is_named, "{name} is a dependency that nothing uses");
    }
}

#[test]
#[ignore = "asks cargo for the package's files"]
fn the_package_holds_the_library_and_what_explains_it() {
    let listed = cargo(&[
        "package",
        "-p",
        env!("CARGO_PKG_NAME"),
        "--list",
        "--locked",
        "--allow-dirty",
    ]);
    let files: Vec<String> = listed.lines().map(|line| line.replace('\\', "/")).collect();
    for file in &files {
        let is_expected = match file.split_once('/') {
            Some((folder, _)) => FOLDERS.contains(&folder),
            None => TOP.contains(&file.as_str()),
        };
        assert!(is_expected, "{file} does not belong into the package");
    }
    for needed in [
        "Cargo.toml",
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "src/lib.rs",
    ] {
        assert!(
            files.iter().any(|file| file == needed),
            "{needed} is missing"
        );
    }
    let bytes: u64 = files
        .iter()
        .filter_map(|file| fs::metadata(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).ok())
        .map(|file| file.len())
        .sum();
    // The registry takes ten megabytes, packed.
    assert!(bytes < 30_000_000, "{bytes} bytes, not yet packed");
}
